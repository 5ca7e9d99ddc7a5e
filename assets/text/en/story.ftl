# What a step says. A count that is printed is written { $n-text }, so that it keeps the entries that
# it comes from (proto/text/src/lib.rs).

story-between = { $client } and { $server } · connection { $conn }
story-between-to = { $from } to { $to } · connection { $conn }

## How a message travelled.

story-calls = { $calls ->
        [one] { $calls-text } call
       *[other] { $calls-text } calls
    }
story-asks = { $who } asks: { $bytes }, moved at the socket in { story-calls }.
story-asks-timed = { $who } asks: { $bytes }, moved at the socket in { story-calls } and { $time } under way.
story-answers = { $who } answers: { $bytes }, moved at the socket in { story-calls }.
story-answers-timed = { $who } answers: { $bytes }, moved at the socket in { story-calls } and { $time } under way.
story-sent = { $who } sent { $bytes }, moved at the socket in { story-calls }.
story-sent-timed = { $who } sent { $bytes }, moved at the socket in { story-calls } and { $time } under way.
story-unread = They could not be read as HTTP.
story-fault = { $title }: { $sentence }

## A connection is opened.

story-open-title = TCP connection established
story-open = { $client } connected to { $server }: connection { $conn } of this run.
story-open-setup = On this link the set-up costs a round trip: { $held } pass before the first byte of a request gets under way.
# By lab; a lab without its own has that of http11.
story-open-why-http10 = With HTTP/1.0 it will carry one request and one answer, and the next request pays for a connection again.
story-open-why-http11 = With HTTP/1.1 it stays open after an answer, so that the next request need not pay for one.

## A request. Those for HTTP/1.0 are for a request that says HTTP/1.1 to a server that does not.

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

## The server waits at the gate.

story-gate-title = Paused: the real server waits
story-gate-answer = { $server } has stopped before it answers. { $client } really waits.
story-gate-close = { $server } has stopped before it closes the connection. { $client } really waits.
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
story-closed-lived = The connection lived { $lived } and carried { $answers ->
        [one] { $answers-text } answer
       *[other] { $answers-text } answers
    }.
story-closed-cut = It cut off { $requests ->
        [one] { $requests-text } request
       *[other] { $requests-text } requests
    } that had no answer yet.
