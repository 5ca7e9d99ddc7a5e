# What a step says. A count that is printed is written { $n-text }, so that it keeps the entries that
# it comes from (proto/text/src/lib.rs).

story-between = { $client } and { $server } · connection { $conn }
story-between-inside = { $client } and { $server } · in this process
story-between-to = { $from } to { $to } · connection { $conn }

## How a message travelled.

story-calls = { $calls ->
        [one] { $calls-text } call
       *[other] { $calls-text } calls
    }
# Where no call is known to have moved it alone, nothing is said of calls.
story-moved = { $calls ->
        [0] { "" }
       *[other] , moved at the socket in { story-calls }
    }
story-moved-timed = { $calls ->
        [0] , { $time } under way
       *[other] , moved at the socket in { story-calls } and { $time } under way
    }
story-asks = { $who } asks: { $bytes }{ story-moved }.
story-asks-timed = { $who } asks: { $bytes }{ story-moved-timed }.
story-answers = { $who } answers: { $bytes }{ story-moved }.
story-answers-timed = { $who } answers: { $bytes }{ story-moved-timed }.
story-sent = { $who } sent { $bytes }{ story-moved }.
story-sent-timed = { $who } sent { $bytes }{ story-moved-timed }.
story-unread = They could not be read as HTTP.
story-fault = { $title }: { $sentence }

## Several steps that are folded into one row.

story-fold-preflights = { $count ->
        [one] { $count-text } preflight
       *[other] { $count-text } preflights
    } from { $from } to { $until }, folded into one row.
story-fold-polls = { $count ->
        [one] { $count-text } empty poll
       *[other] { $count-text } empty polls
    } from { $from } to { $until }, folded into one row.
story-fold-polls-reads = { $count ->
        [one] { $count-text } empty poll
       *[other] { $count-text } empty polls
    } and { $reads ->
        [one] { $reads-text } read of nothing
       *[other] { $reads-text } reads of nothing
    } from { $from } to { $until }, folded into one row.
story-fold-reads = { $count ->
        [one] { $count-text } read of nothing
       *[other] { $count-text } reads of nothing
    } from { $from } to { $until }, folded into one row.
story-fold-pings = { $count ->
        [one] { $count-text } ping
       *[other] { $count-text } pings
    } from { $from } to { $until }, folded into one row.
story-fold-first = What follows is about the first of these steps.

## A connection is opened.

story-open-title = TCP connection established
story-open = { $client } connected to { $server }: connection { $conn } of this run.
story-open-setup = On this link the set-up costs a round trip: { $held } pass before the first byte of a request gets under way.
# By lab; a lab without its own has that of http11.
story-open-why-http10 = With HTTP/1.0 it will carry one request and one answer, and the next request pays for a connection again.
story-open-why-short_polling = It stays open after an answer, so that the next poll need not pay for one: only its request and its answer.
story-open-why-long_polling = It stays open after an answer, so that the next poll need not pay for one, if it goes to the same instance.
story-open-why-websocket = It begins as HTTP, and will go on as a WebSocket for as long as both sides like.
story-open-service = It hands messages in on it, and leaves it open for the next.
story-open-forwards = One instance passes messages on to the other over it: the user is not where the message came in.
story-open-why-sse = It will carry one answer that does not end.
story-open-store = It is the connection on which the instance calls the shared store, and it stays open.
story-open-why-http11 = With HTTP/1.1 it stays open after an answer, so that the next request need not pay for one.

## A request. Those for HTTP/1.0 are for a request that says HTTP/1.1 to a server that does not.

story-hands-in = { $client } hands a message in, for whoever asks or listens; { $server } gives it a number.
story-forwards = The user to whom the message is sits at { $server }, so { $client } passes it on.
story-request-first = It is request { $number } on connection { $conn }, which had to be opened first.
story-request-reuses = It is request { $number } on connection { $conn }: no new connection was needed.
story-request-saves = It is request { $number } on connection { $conn }: no new connection was needed, which saves a set-up of { $saved }.
story-request-first-http10 = It is request { $number } on connection { $conn }, which had to be opened first. It says HTTP/1.1, as browsers and most clients always do; the server will answer in HTTP/1.0 and close.
story-request-reuses-http10 = It is request { $number } on connection { $conn }, and says HTTP/1.1, as browsers and most clients always do; the server will answer in HTTP/1.0 and close: no new connection was needed.
story-request-saves-http10 = It is request { $number } on connection { $conn }, and says HTTP/1.1, as browsers and most clients always do; the server will answer in HTTP/1.0 and close: no new connection was needed, which saves a set-up of { $saved }.

## An answer.

story-content = { $content } of it are content, { $share }; the rest says how to read it.
story-took = The server took { $took }.
story-took-paused = The server took { $took }, its wait at the gate included.
story-stays = The connection stays open.
story-stays-for = The connection stays open; after { $time } without a request the server closes it.
story-stays-not = The connection will not carry another request.

## Nothing is on the connection.

story-hold-title = The server works
story-hold = { $server } had the request for { $took } before it answered. { $client } can do nothing on this connection but wait: with HTTP/1 the answers come in the order of the requests.
story-idle-title = The connection is idle
story-idle = For { $took } nothing went over the connection, and it stayed open. { $client } could have asked again at once; { $server } has no way to speak first.

## Polls, and what holds them.

story-poll = It asks what came after message { $after }.
story-poll-first = It asks for messages from the first one on.
story-poll-waits = If there is nothing new, { $server } may keep the request for up to { $wait } and answer later.
story-poll-empty = There was nothing new. So far { $polls ->
        [one] { $polls-text } poll has
       *[other] { $polls-text } polls have
    } come back with nothing, for { $bytes } of requests and answers.
story-poll-batch = It brings { $count ->
        [one] a message: { $ids }.
       *[other] { $count-text } messages: { $ids }.
    }
story-poll-left = It left { $took } after message { $id } had been stored.
story-poll-next = The next poll asks for what comes after { $last }, so that nothing is lost between two polls, whichever instance it goes to.
story-held-title = The server holds the poll
story-held = { $server } had nothing new, and kept the request for { $took } instead of saying so. { $client } has one request open; meanwhile nothing goes over the connection.
story-held-woken = Then the shared store told it that there was something.
story-held-pulled = Then it asked the shared store once more, and found something.
story-held-found = The newest message was { $id }, which had come in through { $through } { $ago } before.
story-held-limit = Then the { $limit } were over, and it answered that there was nothing.
story-held-ended = Then the run ended.
story-held-abandoned = Then nobody waited for it any more.
story-held-killed = Then the instance was killed, and the poll with it. The client still knows after which message it asks, and may ask any other instance the same.
story-held-store = Then the shared store did not answer.
story-held-cut = Then the connection was cut off, and the poll with it.

## A WebSocket.

story-upgrade-asks = It asks to go on as a WebSocket. So far this is plain HTTP, and passes wherever HTTP does.
story-upgrade = { $server } agrees. This was the last of HTTP on this connection: from here on both sides send frames, each whenever it likes.
story-upgrade-plain = { $client } offered an extension that compresses messages; { $server } took none, so they go over as they are.
story-upgrade-other = From here on the connection carries another protocol.
story-ws-message = The message has { $content }; { $frames ->
        [one] { $frames-text } frame carries
       *[other] { $frames-text } frames carry
    } it, with { $framing } of framing and no headers.
story-ws-masked = A client masks what it sends: the key is in the frame, so it hides nothing. It keeps proxies from taking the bytes for HTTP.
story-ws-unasked = Nobody asked for it: on a WebSocket the server may speak first.
story-ws-half = The message that it begins was never whole.
story-ws-unread = They could not be read as frames.
story-delivered-stored = Message { $id } was here { $took } after it had been stored.
story-delivered-sent = Message { $id } was here { $took } after its sender had sent it.
story-ping = { $who } asks whether { $other } is still there. The answer comes from its browser or library; its program hears nothing of it.
story-pong = It was back { $took } after the ping had left: the other side is there.
story-pong-alone = It answers no ping that was heard.
story-ws-close-first = { $who } says that it will send no more, and asks { $other } for the same. Then the connection closes.
story-ws-close-back = { $who } answers the close. Now both know that nothing is missing.
story-ws-code = Code { $code } means: { $name }.
story-ws-reason = It says why: { $reason }

## An event stream.

story-stream = { $server } leaves this answer open and writes an event into it whenever there is one. { $client } can send nothing back on it.
story-call = { $server } answers the call with messages, each as soon as there is one, and with the call's status at the end.
story-call-end = { $server } ended the answer to the call in order, after { $bytes }.
story-call-cut = The answer to the call broke off after { $bytes }: what was whole of it is known, and how the call ended is not.
story-event = { $server } writes it into the answer that is still open: { $client } asked once, long before.
story-event-id = If the stream breaks, { $client } comes back with { $id }, and what follows that number is sent.
story-event-id-other = If the stream breaks, a client that wants the rest asks with Last-Event-ID: { $id }, and what follows that number is sent.
story-event-silent = { $client } hears nothing of it: only a block with data is an event.
story-event-unfinished = No empty line ended it, so the client throws it away.
story-retry = It sets how long { $client } waits before it comes back by itself: { $retry }.
story-retry-other = It sets how long a client waits that comes back by itself, as browsers do: { $retry }.
story-comment = It is a comment: { $client } pays no attention to it, but whoever stands between sees that the connection is alive.
story-resumes = The last event that it has is { $id }: { $server } goes on after that one.
story-resumed = So far { $first } to { $last } followed.
story-stream-end = { $server } ended the answer in order, after { $events ->
        [one] { $events-text } event
       *[other] { $events-text } events
    } and { $bytes }.
story-stream-cut = The answer broke off after { $events ->
        [one] { $events-text } event
       *[other] { $events-text } events
    } and { $bytes }. What { $client } has up to the last empty line is whole, and it comes back by itself with the number of its last event.
story-stream-cut-other = The answer broke off after { $events ->
        [one] { $events-text } event
       *[other] { $events-text } events
    } and { $bytes }. What { $client } has up to the last empty line is whole. A client that wants the rest asks with Last-Event-ID.
story-dropped-title = The lab cuts the stream off
story-dropped = It does so after event { $after }, as its knob or a button wants. The client has done nothing wrong, and is not told why.

## The shared store.

story-store-append = { $client } puts message { $id } into the shared store, where every instance finds it.
story-store-read = { $client } asks for what came after { $after }, and gets { $ids }.
story-store-nothing = { $client } asks for what came after { $after }; there is nothing.
story-store-woke = The store tells { $client } that message { $id } is there, so that it need not ask again and again.
story-store-inside = The store is in this process: the call was no traffic, and there are no bytes to look at.
story-resp-xadd = { $client } adds a message to the run's stream in { $server }, which gives it its number.
story-resp-read = { $client } asks { $server } for the messages after a number.
story-resp-publish = { $client } has { $server } tell the instances that listen that there is something new.
story-resp-subscribe = { $client } wants to be told of what is new.
story-resp-expire = { $client } bounds how long the run's messages are kept.
story-resp-del = { $client } takes the run's messages away.
story-resp-hello = { $client } and { $server } agree on how they talk.
story-resp-command = { $server } will reply in the order of the commands.
story-resp-reply = It is the reply to { $command }.
story-resp-nothing = It is the reply to { $command }: there is nothing new.
story-resp-refuses = { $command } was refused.
story-resp-reply-alone = The command that it answers was not heard.
story-resp-took = The store took { $took }.
story-resp-push = Nobody asked for it just now: { $client } had subscribed.
story-resp-unread = They could not be read as RESP.

## Instances that die, and what goes with them.

story-down-title = { $instance } is killed
story-down = For this run { $instance } is dead: it takes no new connections until it is started again.
story-down-everybody = { $instance } is dead for every run of this server until it is started again.
story-down-store = What is in the shared store is not touched: the clients may go to another instance and miss nothing.
story-down-memory = What it kept in its own memory for its users dies with it.
story-down-none = It had no connection that broke with it.
story-down-cut = { $conns ->
        [one] { $conns-text } connection was cut off with it.
       *[other] { $conns-text } connections were cut off with it.
    }
story-up-title = { $instance } is started again
story-up = { $instance } takes new connections again. What it had in its memory is gone; what was in a shared store is not.
story-kept = { $instance } keeps message { $id } from { $from } to { $to } in its own memory. Nobody else has it: if this instance dies before { $to } has it, it is gone.
story-gone = { $count ->
        [one] A message for { $user } is gone for good: { $ids }.
       *[other] { $count-text } messages for { $user } are gone for good: { $ids }.
    }
story-gone-died = { $instance } had them in its memory and nowhere else.
story-gone-unreachable = { $user } is at { $instance }, which could not be reached, and nobody else can deliver to { $user }.
story-gone-no-room = { $instance } keeps only so many messages for a user, and { $user } did not come for them.
story-gone-nobody = { $user } is at no instance, and there is no store that would keep them.

## The server waits at the gate.

story-gate-title = Paused: the real server waits
story-gate-answer = { $server } has stopped before it answers. { $client } really waits.
story-gate-push = { $server } has stopped before it sends something that nobody asked for. { $client } really waits.
story-gate-close = { $server } has stopped before it closes the connection. { $client } really waits.
story-gate-deliver = The payment service has stopped before it calls the endpoint. The delivery really waits.
story-gate-transfer = The payment service has stopped before it hands the payment on. The payment really waits.
story-gate-press = Press Next to let it go on; after { $limit } it does so by itself.
story-gate-next = It waited { $waited }: Next was pressed.
story-gate-limit = It waited { $waited }: nobody pressed Next, so it went on by itself.
story-gate-abandoned = It waited { $waited }: then nobody waited for it any more.
story-gate-ended = It waited { $waited }: the run ended.

## What the application says of itself.

story-keep-alive-title = Keep-alive time is over
story-keep-alive = Nothing was asked for { $after } after { $server }'s last answer had left it. That is the keep-alive time of this run, so it closes the connection to have its memory back.
story-refused-title = Refused
story-refused = Status { $status }: { $why }
story-cap-title = A cap struck
story-lost-title = Bytes not kept
story-lost = { $bytes } went over the connection and were counted, but not kept.

## A connection is closed.

story-closed-title = Connection closed
story-closed-fin = { $who } closed first.
story-closed-stopped = The run had been stopped, and with it everything that was open.
story-closed-announced = With its last answer it had said so: this answer was the end of the connection.
story-closed-quicker = The last answer had said that the connection ends with it. Then either side may close, and this time { $who } was quicker.
story-closed-reset = { $who } cut the connection off: the other side learns it as an error.
story-closed-said = Both had said with a close frame that they send no more.
story-closed-unsaid = No close frame had been sent before.
story-closed-killed = { $instance } was killed, and this connection with it.
story-closed-abnormal = No close frame was sent before. What the client's program is told then is its own library's word for it, and goes over no wire.
story-closed-age = The connection lived { $lived }.
story-closed-carried = The connection lived { $lived } and carried { $messages ->
        [one] { $messages-text } message
       *[other] { $messages-text } messages
    }.
story-closed-lived = The connection lived { $lived } and carried { $answers ->
        [one] { $answers-text } answer
       *[other] { $answers-text } answers
    }.
story-closed-cut = It cut off { $requests ->
        [one] { $requests-text } request
       *[other] { $requests-text } requests
    } that had no answer yet.

story-h2-preface = A client of HTTP/2 begins with these 24 bytes. A server that knows only HTTP/1 takes them for a request that cannot be, and refuses.
story-h2-unread = They could not be read as HTTP/2.
story-h2-request = It asks on stream { $stream }: many streams share this one connection, and each frame says whose it is.
story-h2-response = It answers on stream { $stream }. Answers come in whatever order they are ready.
story-h2-interim = An answer before the answer, on stream { $stream }.
story-h2-trailers = These header fields follow the content of stream { $stream }.
story-h2-promise = The server will answer on stream { $stream } without being asked.
story-h2-hpack = The head takes { $wire } on the wire and would take { $plain } as lines of HTTP/1.1: HPACK sends numbers for what both sides know.
story-h2-request-only = Nothing follows: the request ends with its head.
story-h2-content = The content has { $bytes }, in { $frames ->
        [one] { $frames-text } DATA frame
       *[other] { $frames-text } DATA frames
    }, on stream { $stream }.
story-h2-cut = It broke off before its end.
story-h2-settings = { $who } tells how it wants this connection used, in { $count ->
        [0] no setting
        [one] { $count-text } setting
       *[other] { $count-text } settings
    }: the rest has its defaults.
story-h2-settings-ack = { $who } has taken the settings of { $other }.
story-h2-window = { $who } lets { $other } send { $by } more on the whole connection.
story-h2-window-stream = { $who } lets { $other } send { $by } more on stream { $stream }.
story-h2-windows = After this, { $connection } bytes may be sent on the connection and { $window } on stream { $stream }.
story-h2-window-left = After this, { $connection } bytes may be sent on the connection.
story-h2-reset = { $who } ends stream { $stream } at once: { $name }. The connection and its other streams go on.
story-h2-goaway = { $who } ends the connection: { $name }. Stream { $last } is the last that was or may be worked on.
story-h2-ping = { $who } asks whether { $other } is still there.
story-h2-ping-ack = { $who } answers the ping of { $other }.
story-h2-data = { $who } sends a piece of the content of stream { $stream }.
story-h2-data-last = { $who } sends nothing more on stream { $stream }: its half of the stream is closed.
story-h2-frame = It belongs to stream { $stream }.
story-grpc-ok = The call ends with status { $status } { $name }: it succeeded.
story-grpc-failed = The call ends with status { $status } { $name }: it failed, whatever the HTTP status says.
story-grpc-why = It says why: “{ $message }”.
story-grpc-web-trailers = A browser's programs cannot read HTTP trailers, so gRPC-web puts them at the end of the content, with a flag of their own.
story-grpc-partial = A gRPC message that never became whole.
story-grpc-message = Message { $number } of this direction of the call has { $bytes }; five bytes before it tell its length and whether it is compressed.
story-grpc-base64 = It goes over as base64, four letters for three bytes.
story-grpc-compressed = It is compressed, and not looked into.
story-contract-added = { $reader } reads it by contract v2, which has one field more: { $number }, { $name }. None of the { $bytes } says it, so { $reader } takes “{ $default }”.
story-contract-skipped = { $writer } wrote { $name } as field { $number }, in { $bytes }. The contract of { $reader } has no such number: { $reader } skips these bytes and reads the rest.
story-contract-moved = { $writer } wrote { $name } as field { $number }, in { $bytes }. The contract of { $reader } has { $name } as field { $other } now: { $reader } skips these bytes and takes an empty { $name }. Nobody is told.
story-contract-type = By contract v2, field { $number }, { $name }, is of type { $kind } and stands on the wire as { $wanted }. The tag at byte { $at } of { $bytes } says { $wire }: there { $reader } stops reading, and refuses the call.
story-contract-removed = Contract v2 has no method { $method } any more: { $reader } reads none of these { $bytes }, and refuses the call.
story-fold-frames = { $count ->
        [one] { $count-text } connection frame
       *[other] { $count-text } connection frames
    } from { $from } to { $until }, folded into one row.
