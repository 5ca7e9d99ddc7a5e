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
