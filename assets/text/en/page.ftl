# The words of the page.

dismiss = Dismiss
undo = Undo
close = Close
copy = Copy
copied = Copied
copy-refused = The browser did not let the page copy.
copied-part = Copied { $count } of { $all } bytes: the others were not kept, or are too many.
copy-cannot = The browser lets a page copy only over HTTPS or on localhost. The link is in the address bar, and the line can be marked.

## Top
skip = Skip to the diagram
export = Export log
open = Open a log
share = Copy link
looks = Looks
live = ● Live · { $seconds } s
live-file = From a file
live-away = Not connected
live-ready = Ready
live-stopped = Stopped
live-finished = Finished
live-failed = Failed

## What went wrong
trouble-away = The server does not answer. What was heard stays; the page asks again every second.
trouble-away-short = The server does not answer.
trouble-no-run = The server does not have the run { $run } any more: it keeps the newest runs, and none when it stops. Press Run to make one like it.
trouble-run-gone = The server no longer has this run. What was heard of it stays here.
trouble-missing = Entries are missing in this log, so its figures and moments are not whole.
trouble-no-log = This file is no log of Lifeline's: { $why }.
trouble-no-answer = The browser had no answer to one of its requests, so the run was stopped.
trouble-file-large = This file is larger than 64 MiB, the most that is opened.
trouble-file = The file cannot be read: { $why }.

## Labs and runs
labs = Labs
recent = Recent runs
recent-run = { $time } UTC · { $requests ->
    [one] 1 request
   *[other] { $requests } requests
}
recent-delete = Delete run { $run }
recent-deleted = Run { $run } is deleted.

## Run
run-section = Run
run = ▶ Run
stop = ■ Stop
more-knobs = More knobs
start-paused = Start paused
start-paused-title = The reader begins at the first step and goes on with Next; the traffic itself is not held up.
own-client = Your own client joins this run as a lane of its own:
own-client-which = For which client
waiting-for = { $count ->
    [one] Waiting for 1 client that is still connected: { $names }.
   *[other] Waiting for { $count } clients that are still connected: { $names }.
} The run ends when nobody is left, or with Stop.

## Buttons of a run under way
inputs = Buttons of this run
instances = Instances
send = Send
send-text = Another service sends
send-default = Hello
send-through = through
send-any = any instance
drop-stream = Drop the stream
drop-stream-title = The server cuts the event stream off. A browser or the agent comes back by itself; another client that wants the rest asks with Last-Event-ID.
instance-kill = Kill { $instance }
instance-restart = Restart { $instance }
instance-kill-title = For this run alone. A killed instance cuts its connections off and takes no new ones until it is restarted.

## Chat
chat = Chat
chat-from-name = As
chat-to-name = to
chat-text = say
chat-away = { $user } is not connected at this moment.
chat-name = Join as
chat-join = Join
chat-tab = In a second tab
chat-tab-title = Joins from another tab. On a phone, open the same address there.
chat-no-name = A name has 1 to 16 letters and digits.

## What a page says of itself
reports = Told by the page itself
reports-earlier = { $count ->
    [one] 1 more came before.
   *[other] { $count-text } more came before.
}
report-at = { $at } s: { $said }
report-socket = The socket of { $who } is closed, and the browser tells its page { $code }. { $means }
report-broke-first = { $who }: its event stream broke off before the first event. The browser comes back by itself.
report-broke = { $who }: its event stream broke off after event { $id }. The browser comes back by itself.
report-streams = The page opened { $wanted } event streams, and { $answered } were answered: a browser keeps at most six HTTP/1.1 connections to one origin. { $missing ->
    [one] One never reached the server, so nothing of it is on the diagram.
   *[other] { $missing-text } never reached the server, so nothing of them is on the diagram.
}
report-cannot-stream = { $method } was not called: a browser cannot stream requests over gRPC-web. Choose the agent as the client, under More knobs.
report-cannot-pipeline = { $who } asked in turn: no browser pipelines its requests. Choose the agent as the client, under More knobs.
report-no-trust = { $who } does not trust the certificate of the TLS port, so the browser asked nothing over HTTP/2. Once the authority is trusted, run the lab again.
report-call-broke = { $who } has no answer to its call of { $method }, and the browser does not tell the page why.

## Figures
figures = Figures
figure-how = How is this counted?
figure-open = { $count } open
figure-answered = { $count } answered
figure-in = in { $took }
figure-median = median
figure-ways = { $up } up · { $down } down
figure-content = { $content } of content
figure-connections = TCP connections
figure-connections-how = TCP connections: those that the labs accepted for this run, and how many of them are open.
figure-requests = Requests
figure-requests-how = Requests: those that were heard whole, how many were answered, and how many answers to a poll brought no message. The time is from the first connection to the last answer's landing. Preflights are counted apart.
figure-empty = · { $count } empty
figure-empties = Empty answers
figure-empties-how = Empty answers: answers to a poll that brought no message, and their part of all polls that were answered.
figure-of-polls = { $part } of the polls
figure-lost = { $count ->
    [one] 1 more is lost for good
   *[other] { $count } more are lost for good
}
figure-messages = Messages
figure-messages-how = Messages: those that were delivered to a client, and how many bytes their own texts have.
figure-bytes = Bytes
figure-bytes-how = Bytes: every byte that moved at the labs' sockets, both ways, heads and bodies.
figure-share = Payload share
figure-share-how = Payload share: how much of all bytes is content of successful answers.
figure-of-bytes = of { $ways }
figure-delivery = Delivery delay
figure-delivery-how = Delivery delay: from the moment a message was stored, or left its sender where there is no store, to its last byte landed at the client's end of the link. Half of all messages took at most the median, 99 of 100 at most p99.
figure-median-p99 = median · p99 { $p99 }
figure-load = Load
figure-load-how = Load: what each instance had to do with clients, and its part of the whole. What instances say to each other is not counted.
figure-load-at = of the bytes at { $instance }
load-instance = Instance
load-connections = Connections
load-requests = Requests
load-messages = Messages
load-bytes = Bytes
figure-delay = Delivery delay
figure-delay-how = Delivery delay: from an answer's leaving the service to its last byte landed at the client's end of the link; the median of all answers.
figure-callback = Delivery delay
figure-callback-how = Delivery delay: from the moment a payment was done to the last byte of the delivery that site.com took, whatever failed before; the median of all payments that it was told of.

## Bar above the ladder
toolbar = How the ladder looks
clock = Distance
clock-steps = Steps
clock-steps-title = Rows are evenly spaced (T)
clock-time = True time
clock-time-title = Distance is time, long gaps are folded; rows that are closer than a line are spread (T)
layer = Layer
layer-message = Messages
layer-message-title = A row for each message (1)
layer-frame = Frames
layer-frame-title = A row for each head and body (2)
layer-bytes = Bytes
layer-bytes-title = A row for each read or write at the socket (3)
fold = Fold repeats
fold-title = Preflights, empty polls, reads of nothing and pings are folded into one row each (H)
zoom = Zoom
zoom-in = Zoom in
zoom-out = Zoom out
zoom-reset = Back to 100 % and all lanes (0)
fit = Fit
fit-title = Show all lanes, as far as they can be read (W)
follow = ↓ Follow the tail
show-lanes = { $lanes ->
    [one] 1 lane hidden
   *[other] { $lanes } lanes hidden
} with { $steps ->
    [one] 1 step
   *[other] { $steps } steps
} · show

## Ladder
ladder-name = Ladder
ladder-list = Steps of the run
lane-title = Move or hide this lane
lane-a-page = a page
lane-left = ← Move left
lane-right = Move right →
lane-hide = Hide
lane-group = Clients together or apart
empty-run = Press Run: the client and the server will really talk, and every message is drawn as it is heard.
loading = Opening the log: { $count } entries so far …
empty-connecting = Connecting to the live feed …
hints-title = First time here?
hint-run = Press Run. Time goes from top to bottom; each arrow is a message that was really sent.
hint-step = Step with Next or the arrow keys, and read under Explain what happened and why.
hint-bytes = Open Bytes to see each message byte by byte, with every field explained.
hint-keys = Press ? to see all keys.
hints-dismiss = Got it, do not show this again

## Inspector
inspector = Step
inspector-empty = Here you will read what happened at a step and why, and see its bytes.
inspector-empty-bytes = Press Run. Here you will see a step's bytes, and what each of them says.
inspector-empty-headers = Press Run. Here you will see the header fields of a step's message.
inspector-empty-timing = Press Run. Here you will see what a step's time was spent on.
inspector-empty-streams = Press Run. Here each connection gets a drawing, and in it each request a line: when it was asked, what it waited for, and when the bytes of its answer came.
tab-lesson = Lesson
tab-explain = Explain
tab-bytes = Bytes
tab-headers = Headers
tab-timing = Timing
step-place = Step { $step } of { $count } · { $at } s
fold-first = The first of them: { $first }
why = Why this step
state = State after this step
state-count = { $open ->
    [one] 1 connection is open
   *[other] { $open } connections are open
}; so far { $opened } opened and { $closed } closed.
state-conn = Connection
state-does = What it does
state-age = Open for
state-carried = { $requests ->
    [one] 1 request
   *[other] { $requests } requests
}, { $answers ->
    [one] 1 answer
   *[other] { $answers } answers
}
state-more = … and { $count } more.
state-conns = Connections that are open
state-messages = { $up ->
    [one] 1 message
   *[other] { $up-text } messages
} up, { $down-text } down
state-events = { $count ->
    [one] 1 event
   *[other] { $count-text } events
}
state-coming = and { $size } of the next message
state-down = Down: { $instances }.
state-store-memory = Shared store, in this process
state-store-redis = Shared store, Redis
state-store = Rows of the shared store
state-rows = { $count ->
    [one] 1 row.
   *[other] { $count-text } rows.
}
state-earlier = { $count } earlier ones are not listed.
state-row = Number
state-text = Text
state-users = Who is where
state-user = User
state-at = Instance
state-held = Polls that are held
state-held-by = Held by
state-held-for = For
state-held-since = { $age } of at most { $limit }
state-memory = In an instance's own memory
state-memory-of = Instance
state-memory-has = Messages
state-kept-for = for { $user }: { $numbers }
state-numbers = { $listed } and { $count } more
phase-fresh = Just opened
phase-asked = Waits for the answer
phase-gated = The server waits for Next
phase-idle = Idle
phase-done = Answered for the last time
phase-websocket = Carries a WebSocket
phase-stream = Carries an event stream
phase-call = Carries a gRPC call
phase-answering = Carries answers
headers-name = Name
headers-value = Value
headers-none = This step has no headers: it is no head of a message.
headers-in-content = Trailers, at the end of the content
headers-request = Request on stream { $stream }
headers-response = Answer on stream { $stream }
headers-interim = Answer before the answer, on stream { $stream }
headers-trailers = Trailers of stream { $stream }
headers-promise = Request that the server promises to answer unasked, on stream { $stream }
headers-size = The header block has { $wire } on the wire: { $share } of the { $plain } that the same lines of HTTP/1.1 have.
headers-unread = The header block has { $wire } on the wire, and nothing in it could be read.
headers-indexed = indexed { $number }, static table
headers-indexed-dynamic = indexed { $number }, dynamic table
headers-added = added, literal name
headers-added-name = added, name indexed { $number }
headers-plain = plain, literal name
headers-plain-name = plain, name indexed { $number }
headers-never = never indexed, literal name
headers-never-name = never indexed, name indexed { $number }
headers-evicted = { $count ->
    [one] 1 entry left the table for it
   *[other] { $count-text } entries left the table for it
}
headers-table-before = Dynamic table before this block
headers-table-after = Dynamic table after this block
headers-table = { $count ->
    [one] 1 entry
   *[other] { $count-text } entries
}, { $size } of at most { $limit }.
headers-table-limit = a number that is not known: its bytes were not kept
headers-table-part = Not every entry is known in full: a header block was lost, could not be read, or was too long to be kept.
headers-table-new = new
headers-table-leaves = leaves
headers-number = Number
headers-entry = Entry
values = What the message says
values-of = Message { $number } this way of { $path }.
values-name = Field
values-wire = Wire type
values-value = Value
values-field = number { $number }
values-unnamed = Not in the contract
values-could-be = could be { $kind }
values-compressed = It is compressed, and was not looked into.
values-empty = It has no bytes: every field has its default.
values-unread = It is too long to be looked into.
contracts = The same bytes by both contracts
contracts-how = In this run the service has contract v2, and its clients have v1. A field begins with its tag, which opened is a number and a wire type; everything else about it each side has from its own contract.
contracts-bytes = Bytes
contracts-tag = Tag opened
contracts-client-wrote = As the client wrote it (v1)
contracts-service-reads = As the service reads it (v2)
contracts-service-wrote = As the service wrote it (v2)
contracts-client-reads = As the client reads it (v1)
contracts-at = from byte { $at }
contracts-absent = Not on the wire
contracts-default = its default
contracts-nothing = (empty)
contracts-client-skips = Field { $number } is not in the client's contract: an old client skips it.
contracts-service-skips = Field { $number } is not in the service's contract: the service skips it.
contracts-impossible = { $name } is of type { $kind }, which stands on the wire as { $wanted }. This tag says { $wire }: reading stops here.
contracts-bad = It is not what its tag says: reading stops here.
contracts-unreached = Not read.
contracts-removed = Contract v2 has no method { $method }: the service reads none of these { $bytes }.
contracts-rest = { $size } more are not taken apart.
windows = Windows after this step
windows-sender = Who sends
windows-on = On
windows-left = Bytes that may be sent
windows-connection = the connection
windows-stream = stream { $stream }
timing-none = This step has no length of its own.
timing-spent = Spent on
timing-when = When
timing-took = Time
timing-total = { $took } altogether, as far as it was heard at both ends.
timing-setup = Connection set-up
timing-request = Request under way
timing-server = Server
timing-answer = Answer under way
timing-wait = This wait
bytes-none = This step has no bytes of its own.
bytes-head = Head
bytes-body = Body
bytes-frame = Frame
bytes-message = Message
bytes-event = Event
bytes-command = Command
bytes-reply = Reply
bytes-other = Bytes
bytes-dump = Bytes in hexadecimal and as text
bytes-more-fields = { $count } more fields are not listed.
bytes-more-events = { $count ->
    [one] 1 more frame is not shown.
   *[other] { $count-text } more frames are not shown.
}
bits-byte = Byte
bits-name = Bits
bits-value = Value
bits-means = Meaning
decoded = Decoded
decoded-title = The content alone: without the chunks' sizes and line ends, and unmasked
copy-hex = Copy as hex
copy-text = Copy as text
copy-c = Copy as C string

## Lesson
lesson-loading = The lesson is on its way …
lesson-minutes = In five minutes
lesson-depth = In depth
predict = Predict
predict-how = Write down what you expect, then press Run. The run answers when it is over.
predict-how-measured = Write down what you expect, then press Measure. The figures answer when both sides have measured.
predict-right = ✓ { $answer }: as you said.
predict-wrong = ✗ This run says { $answer }.
predict-number = Write a whole number.
predict-other-run = This run had other knobs. Set them as the question says, and run again.
predict-answer = This run says { $answer }.
predict-wrong-measured = ✗ It was { $answer }.
predict-answer-measured = It was { $answer }.

## Steps
player = Steps
play = ▶ Play
pause = ❚❚ Pause
first = First
back = ◀ Back
next = Next ▶
next-gate = Let it go on ▶
last = Last
speed = Speed
place = step { $step } of { $count }
place-none = no steps yet
scrub = Step
scrub-title = The whole run by time: drag to move through it. Press ? to read what the marks mean.
inspect = Details
inspect-close = Diagram
jump = Jump to …
jump-label = Jump to the next
seek-connect = Connection opens
seek-request = Request
seek-push = Push
seek-close = Connection closes
seek-fault = Fault
seek-none = None on the diagram: { $what }.
seek-only = There is no other one: { $what }.
seek-round = After the last one comes the first again: { $what }.
seek-round-back = Before the first one comes the last again: { $what }.

## Keys
keys-title = Keys and marks
key-run = Run
key-stop = Stop the run
key-play = Play or pause
key-next = Next step; at the gate of a paused run, let the server go on
key-back = Step back
key-first = First step
key-last = Last step, and follow the tail
key-connect = Next connection that opens
key-request = Next request
key-push = Next push
key-close = Next connection that closes
key-fault = Next fault
key-shift = With a letter above: the one before
key-layer = Messages, frames, bytes
key-clock = Steps or true time
key-fold = Fold repeats or not
key-zoom = Zoom in or out
key-way-back = Back to 100 % and all lanes
key-fit = Show all lanes
key-tab = Tab before or after
key-inspect = Details or diagram, where there is no room for both
key-keys = These keys and marks

## What marks without words mean
legend-line = Marks on the line below the diagram
legend-connection = A connection opens or closes
legend-request = A client sends something
legend-answer = A server sends something
legend-waiting = A wait, as long as it lasts: the server works, holds a poll or stands at the gate, or nothing is on a connection
legend-other = The application says something of itself, or bytes were not kept
legend-diagram = Marks on the diagram
legend-ribbon = At both ends of a connection, for as long as it is open; those beside each other differ in their pattern
legend-chunk = One read or write at the socket

## Settings
settings-title = Looks
settings-theme = Theme
theme-system = As the system has it
theme-light = Light
theme-dark = Dark
settings-contrast = High contrast
settings-large = Large letters, for a projector
settings-still = No motion
settings-quiet = Do not announce new steps
settings-no-letters = No keys of a single letter
