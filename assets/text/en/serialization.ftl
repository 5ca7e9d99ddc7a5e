# The words of the lab that has no runs: one message in three encodings.

labs-contracts = Contracts

lab-serialization = Serialization
lab-serialization-summary = The same message as JSON, XML and Protocol Buffers: its bytes field by field, and how long each takes to write and read.

knob-message = Message
knob-message-help = The message alone, with 20 answers, or with 500.
knob-repeats = Repeats
knob-repeats-help = How often each form is written and read; a browser whose clock is coarse does it more often.

serialization-region = The message in three forms
serialization-controls = What is measured
serialization-measure = ▶ Measure
serialization-measuring = Measuring …
serialization-measured = Measured: the times are in the table.

## Times
serialization-times = Time to write and to read the message once
serialization-times-how = The median of all samples, and below it from the shortest to the one that nine of ten do not exceed. A sample is the mean of a batch, so a single slow act does not show.
serialization-form = Form
serialization-here = This browser
serialization-there = The server
serialization-encode = Write
serialization-decode = Read
serialization-spread = { $least } – { $most }
serialization-factor = { $factor } ×
serialization-due = { $side } comes next: on one machine the two would slow each other down.
serialization-under = { $side } measures …
serialization-done = { $side }: message { $message }, each act at least { $count } times, in { $samples ->
    [one] 1 sample
   *[other] { $samples-text } samples
} or more.
serialization-cut = { $side }: message { $message }. The time was over before each act was done { $wanted } times: it was at least { $count } times, in { $samples ->
    [one] 1 sample
   *[other] { $samples-text } samples
} or more.
serialization-debug = { $side } is a debug build: its code is not made to be quick, and its times are many times longer than those of a release build. Do not compare them with the other side's.
serialization-failed = { $side } has not measured. { $why }
serialization-no-clock = This browser has no clock for it.
serialization-clock = This browser's clock goes in steps of { $step }, on purpose: a page is not to know more. A batch is so long that the steps hardly matter.

## Columns
serialization-columns = The same message, field by field
serialization-columns-how = What stands out says the value; the rest is what the form needs besides: names, tags, lengths, marks. Protocol Buffers are written in hexadecimal.
serialization-field = Field
serialization-size = { $bytes } · { $share } values
serialization-of = { $value } of { $all ->
    [one] 1 byte
   *[other] { $all-text } bytes
}
serialization-all = { $all ->
    [one] 1 byte
   *[other] { $all-text } bytes
}
serialization-default = not written: it has its default
serialization-nothing = nothing
serialization-message-begin = the message begins
serialization-message-end = the message ends
serialization-begin = { $path } begins
serialization-end = { $path } ends
serialization-more = Show { $next } more of { $rest } rows
serialization-contract = The contract
serialization-contract-how = Without it the third column cannot be read: a name stands here and nowhere among the bytes, and so does the type.

## What a message costs the server
cost-title = What a message costs the server
cost-how = Processor time for one message to one client, by three protocols. The server starts an instance of its own for it, on a single thread whose clock tells what that thread took. Messages are put in one at a time; what putting them in takes is measured apart, with nobody listening, and is not in these times. The labs' runs are not touched.
cost-measure = ▶ Measure
cost-bytes = Text
cost-measuring = The server measures. It takes some seconds, ten at most …
cost-measured = Measured: the times are in the table.
cost-failed = The server has not measured. { $why }
cost-protocol = Protocol
cost-grpc = gRPC server stream
cost-sse = Server-Sent Events
cost-websocket = WebSocket
cost-delivery = Delivered, by the service alone
cost-heard = As in the labs, heard and decoded
cost-wire = Over the wire
cost-spread = { $least } – { $most }
cost-bytes-more = { $all }, { $more } beside the text
cost-compared = One message by gRPC took { $took } of processor time. Against Server-Sent Events: { $sse }. Against a WebSocket: { $websocket }.
cost-times = { $times } times as much
cost-not-apart = not told apart in this measurement, for the ranges overlap
cost-least = less than 0.1 µs
cost-claim-holds = It is said that gRPC needs more processor time than both. In this measurement it did.
cost-claim-fails = It is said that gRPC needs more processor time than both. In this measurement it needed less.
cost-claim-even = It is said that gRPC needs more processor time than both. In this measurement they are not told apart.
cost-claim-sse = It is said that gRPC needs more processor time than both. In this measurement it needed more than Server-Sent Events; that it needs more than a WebSocket is not seen.
cost-claim-websocket = It is said that gRPC needs more processor time than both. In this measurement it needed more than a WebSocket; that it needs more than Server-Sent Events is not seen.
cost-claim-not = It is said that gRPC needs more processor time than both. In this measurement it is not seen to need more than either.
cost-over = { $messages } messages of { $bytes } by each protocol, in { $rounds ->
    [one] 1 round
   *[other] { $rounds-text } rounds
} in which they took turns. The large figure is the median of the rounds; below it are those that one of ten and nine of ten do not exceed. Putting a message in took { $publish }.
cost-cut = The time was over before all { $messages } messages of { $bytes } were delivered: the figures are those of { $rounds ->
    [one] 1 round
   *[other] { $rounds-text } rounds
}. The large figure is the median of the rounds; below it are those that one of ten and nine of ten do not exceed. Putting a message in took { $publish }.
cost-debug = This server is built without optimisation, so these times say little of the protocols. Build it with cargo xtask run and measure again.
cost-way = As in the labs, a message by gRPC also goes through the lab's link, which lies there without a delay too; the two others go around it. That is this server's doing, and not the protocol's.
