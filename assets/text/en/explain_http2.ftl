# HTTP/2 and HPACK: a plain sentence for each field, each bit, each error code and each fault.

## The nine bytes before a payload.

explain-h2-preface-title = Connection preface
explain-h2-preface = With these 24 bytes every client begins: a server of HTTP/1 would not know what to do with them.
explain-h2-length-title = Length
explain-h2-length = The payload has { $size }; the nine of the frame's header do not count.
explain-h2-type-title = Type
explain-h2-type-data = Type { $number }, { $name }: content.
explain-h2-type-headers = Type { $number }, { $name }: a header block, or its beginning; it opens a stream or answers on one.
explain-h2-type-priority = Type { $number }, { $name }: an outdated wish for an order.
explain-h2-type-rst-stream = Type { $number }, { $name }: the stream ends here and now, the connection goes on.
explain-h2-type-settings = Type { $number }, { $name }: what this side tells of itself.
explain-h2-type-push-promise = Type { $number }, { $name }: a request that the server will answer though nobody made it.
explain-h2-type-ping = Type { $number }, { $name }: a question whether the other side is there, or the answer.
explain-h2-type-goaway = Type { $number }, { $name }: this side takes no new streams; the connection is about to end.
explain-h2-type-window-update = Type { $number }, { $name }: leave to send more.
explain-h2-type-continuation = Type { $number }, { $name }: more of the header block that the frame before began.
explain-h2-type-unknown = Type { $number }: no type that is known here; the frame is ignored.
explain-h2-flags-title = Flags
explain-h2-flags = Eight flags; the frame's type says which of them mean something.
explain-h2-flags-none = No flag is set.
explain-h2-flags-unused = A flag is set that means nothing here; it is ignored.
explain-h2-stream-title = Stream identifier
explain-h2-stream-zero = Stream 0: the frame is about the connection as a whole.
explain-h2-stream-client = Stream { $stream }, opened by the client: its number is odd.
explain-h2-stream-server = Stream { $stream }, opened by the server: its number is even.

## The flags.

explain-flag-end-stream-title = END_STREAM
explain-flag-end-stream = END_STREAM is set: this side says nothing more on the stream.
explain-flag-end-stream-not = END_STREAM is not set: this side has more to say on the stream.
explain-flag-end-headers-title = END_HEADERS
explain-flag-end-headers = END_HEADERS is set: the header block ends with this frame.
explain-flag-end-headers-not = END_HEADERS is not set: a CONTINUATION follows with more of the header block.
explain-flag-padded-title = PADDED
explain-flag-padded = PADDED is set: padding stands at the frame's end.
explain-flag-priority-title = PRIORITY
explain-flag-priority = PRIORITY is set: an outdated wish for an order stands before the header block.
explain-flag-ack-settings-title = ACK
explain-flag-ack-settings = ACK is set: this side has taken the other's settings.
explain-flag-ack-settings-not = ACK is not set: these are this side's own settings.
explain-flag-ack-ping-title = ACK
explain-flag-ack-ping = ACK is set: this is the answer to a ping.
explain-flag-ack-ping-not = ACK is not set: this is a ping, and asks for an answer.
explain-flag-not = It is not set.
explain-flag-unused-title = No meaning
explain-flag-unused = They mean nothing in this type of frame, and are not set.
explain-flag-unused-set = They mean nothing in this type of frame; that one is set is ignored.

## Payloads.

explain-h2-data-title = Data
explain-h2-data = { $size } of content.
explain-h2-data-whole = All content of stream { $stream } this way: { $size }.
explain-h2-data-piece = A piece of the content of stream { $stream }: { $size } of { $all }.
explain-h2-windows = After this frame the connection's window is { $connection }.
explain-h2-windows-both = After this frame the connection's window is { $connection }, the stream's { $stream }.
explain-h2-fragment-title = Header block
explain-h2-fragment = { $size } of a header block.
explain-h2-fragment-whole = The whole header block: { $size }, as HPACK writes them.
explain-h2-fragment-first = The beginning of a header block: { $size }, as HPACK writes them.
explain-h2-fragment-more = More of a header block: { $size }.
explain-h2-fragment-last = The end of a header block: { $size }.
explain-h2-pad-length-title = Pad length
explain-h2-pad-length = { $size } of padding stand at the frame's end.
explain-h2-padding-title = Padding
explain-h2-padding = { $size } of zeros, which hide how long the rest is; they count for the windows.
explain-h2-priority-title = Priority
explain-h2-priority = An outdated wish, mostly ignored: after stream { $stream }, with weight { $weight }.
explain-h2-ping-title = Opaque data
explain-h2-ping = Eight bytes that the answer must carry back.
explain-h2-ping-answer = Eight bytes that came with the ping.
explain-h2-promised-title = Promised stream
explain-h2-promised = What is pushed will come on stream { $stream }.
explain-h2-last-title = Last stream
explain-h2-last = Streams up to { $stream } were or may yet be worked on; a request on a later one was not, and may be made again.
explain-h2-last-none = No stream of the client was worked on: its requests may be made again.
explain-h2-last-none-pushed = A client counts here the streams that the server opened, and none was worked on. Of its own requests this says nothing.
explain-h2-last-pushed = A client counts here the streams that the server opened: those up to { $stream } were or may yet be worked on. Of its own requests this says nothing.
explain-h2-last-all = { $stream } is the highest number there is: no stream is turned away yet. It is the notice of a graceful shutdown; a later GOAWAY names the last stream.
explain-h2-debug-title = Debug data
explain-h2-debug = { $size } beside the error code, for people who look for the cause.
explain-h2-debug-said = Beside the error code, in words for people: “{ $said }”.
explain-h2-increment-title = Window increment
explain-h2-increment = The other side may send { $size } more.
explain-h2-increment-connection = The other side may send { $size } more on the connection, all streams together.
explain-h2-increment-stream = The other side may send { $size } more on stream { $stream }.
explain-h2-increment-zero = Leave to send nothing, which may not be given.
explain-h2-payload-title = Payload
explain-h2-payload = { $size } of payload, not looked into.
explain-h2-more-title = More pieces
explain-h2-more = { $size } more, not listed piece by piece.
explain-h2-odd = { $size }, not as many as there must be.

## Settings.

explain-h2-setting-title = Setting
explain-h2-setting = Setting { $number }, { $name }: its value follows.
explain-h2-setting-unknown = Setting { $number }: none that is known here; who does not know a setting ignores it.
explain-h2-value-title = Value of the setting
explain-h2-value = { $value }: what that means is not known here.
explain-h2-value-table = The other side may use a dynamic table of { $size } when it writes header blocks to this one.
explain-h2-value-push-off = 0: the server may push nothing.
explain-h2-value-push-on = 1: the server may push what nobody asked for.
explain-h2-value-streams = So many streams may the other side have open at once: { $value }.
explain-h2-value-window = On each stream the other side may send { $size } before it is given leave for more.
explain-h2-value-frame = This side takes frames with a payload of up to { $size }.
explain-h2-value-list = This side takes heads of up to { $size }, unpacked, each header field with 32 bytes on top.
explain-h2-value-connect-on = 1: a stream may be opened as a tunnel, which WebSocket over HTTP/2 needs.
explain-h2-value-connect-off = { $value }: no stream may be opened as a tunnel for another protocol.
explain-h2-value-priorities-off = 1: this side pays no attention to the outdated priorities.
explain-h2-value-priorities-on = { $value }: this side may pay attention to the outdated priorities.

## Error codes.

explain-h2-error-title = Error code
explain-h2-error-none = { $code }, { $name }: nothing is wrong.
explain-h2-error-protocol = { $code }, { $name }: the other side broke the protocol.
explain-h2-error-internal = { $code }, { $name }: something went wrong on this side.
explain-h2-error-flow = { $code }, { $name }: the other side sent more than its windows allow.
explain-h2-error-timeout = { $code }, { $name }: the other side never said that it took the settings.
explain-h2-error-closed = { $code }, { $name }: a frame came on a stream that had ended.
explain-h2-error-size = { $code }, { $name }: a frame came with a length that it cannot have.
explain-h2-error-refused = { $code }, { $name }: nothing was done for this request; it may be made again.
explain-h2-error-cancel = { $code }, { $name }: this side does not need the stream any more.
explain-h2-error-compression = { $code }, { $name }: a header block could not be read, so no later one can be.
explain-h2-error-connect = { $code }, { $name }: the tunnel's connection broke.
explain-h2-error-calm = { $code }, { $name }: the other side asks too much of this one.
explain-h2-error-security = { $code }, { $name }: TLS is not safe enough for this.
explain-h2-error-http11 = { $code }, { $name }: HTTP/1.1 is to be used in place of HTTP/2.
explain-h2-error-unknown = { $code }: no error code that is known here.

## HPACK: header fields.

explain-hpack-indexed-title = Indexed header field
explain-hpack-static = Header field { $index } of the static table: “{ $field }”.
explain-hpack-dynamic = Header field { $index }, in the dynamic table, where it was put before: “{ $field }”.
explain-hpack-unknown = Header field { $index }, in the dynamic table.
explain-hpack-zero = Header field { $index }: no table has one of this number.
explain-hpack-literal-title = Literal header field
explain-hpack-named-new = A header field whose name and value follow.
explain-hpack-named-static = A header field whose name is that of number { $index } in the static table, { $name }; its value follows.
explain-hpack-named-dynamic = A header field whose name is that of number { $index } in the dynamic table, { $name }; its value follows.
explain-hpack-named-unknown = A header field whose name is that of number { $index } in the dynamic table; its value follows.
explain-hpack-added = Both sides keep it in the dynamic table.
explain-hpack-plain = It is not kept in the dynamic table.
explain-hpack-never = It may never be kept in a table, by nobody on its way: so secrets are told.
explain-hpack-evicted = { $count ->
        [one] { $count-text } older one leaves the table for it.
       *[other] { $count-text } older ones leave the table for it.
    }
explain-hpack-update-title = Table size update
explain-hpack-update = From here on the dynamic table may have { $size }.
explain-hpack-piece = { $size } of a part that lies in more than one frame.

## HPACK: strings.

explain-hpack-length-title = String length
explain-hpack-length = A string of { $size } follows, as it is.
explain-hpack-length-huffman = A string of { $size } follows, in Huffman code.
explain-hpack-name-title = Header name
explain-hpack-name = { $size } of a header field's name.
explain-hpack-name-plain = The name: “{ $text }”.
explain-hpack-name-huffman = The name: “{ $text }”.
explain-hpack-value-title = Header value
explain-hpack-value = { $size } of a header field's value.
explain-hpack-value-plain = The value of { $name }: “{ $text }”.
explain-hpack-value-huffman = The value of { $name }: “{ $text }”.
explain-hpack-huffman = It is told in Huffman code: { $size }.
explain-hpack-huffman-for = It is told in Huffman code: { $size } for { $plain }.

## Bits of numbers.

explain-bit-more-title = More
explain-bit-more-set = More bytes of the number follow.
explain-bit-more-not = This is the last byte of the number.
explain-bit-seven-title = Number
explain-bit-seven = Seven bits of the number; they add { $adds } to it.
explain-bit-reserved-one-title = Reserved
explain-bit-reserved-one = Kept for later use; it is ignored.
explain-bit-stream-title = Stream
explain-bit-increment-title = Increment
explain-bit-increment = { $size } more may be sent.
explain-bit-exclusive-title = Exclusive
explain-bit-exclusive = Whether the stream would come between the other one and all that depend on it.
explain-bit-depends-title = Dependency
explain-bit-depends = The stream that this one would come after.
explain-bit-weight-title = Weight
explain-bit-weight = One less than the weight, which is { $weight }.

explain-bit-pattern-title = Pattern
explain-bit-indexed = 1: a header field that a table has, name and value.
explain-bit-added = 01: a header field that is told, and kept in the dynamic table.
explain-bit-never = 0001: a header field that is told, and may never be kept.
explain-bit-plain = 0000: a header field that is told, and not kept.
explain-bit-update = 001: a new limit for the dynamic table.
explain-bit-index-title = Index
explain-bit-index = Number { $value } of the tables; 0 stands for a name that follows.
explain-bit-size-title = Size
explain-bit-size = The dynamic table may have { $size }.
explain-bit-huffman-title = H
explain-bit-huffman-set = H is set: the string is in Huffman code.
explain-bit-huffman-not = H is not set: the string stands as it is.
explain-bit-string-title = Length
explain-bit-string = The string has { $size }.
explain-bit-full = All ones, { $value }: the bytes that follow add to it.

## Pseudo-header fields.

explain-header-pseudo-method = What is to be done with the resource; in HTTP/1 it begins the request line.
explain-header-pseudo-scheme = Whether the address begins with http or https.
explain-header-pseudo-authority = The server's name as the client knows it; in HTTP/1 the header Host says it.
explain-header-pseudo-path = The path and query of the address; in HTTP/1 it is the request target.
explain-header-pseudo-status = How the request ended, in three digits; HTTP/2 has no words beside them.
explain-header-pseudo-protocol = Which protocol is to be spoken in the tunnel that this request asks for.

## Faults.

explain-fault-h2-preface-title = Bad preface
explain-fault-h2-preface = A client of HTTP/2 must begin with 24 bytes that are always the same, and this one does not.
explain-fault-h2-too-large-title = Frame too large
explain-fault-h2-too-large = The frame is longer than the other side said it takes.
explain-fault-h2-size-title = Bad frame size
explain-fault-h2-size = A frame of this type cannot have this length.
explain-fault-h2-stream-title = Wrong stream
explain-fault-h2-stream = A frame of this type may not be on this stream.
explain-fault-h2-padding-title = Bad padding
explain-fault-h2-padding = There is more padding than the frame has room for.
explain-fault-h2-interrupted-title = Header block interrupted
explain-fault-h2-interrupted = No other frame may stand between the frames of a header block.
explain-fault-h2-continuation-title = Continuation of nothing
explain-fault-h2-continuation = A CONTINUATION came where no header block had begun.
explain-fault-h2-increment-title = Increment of zero
explain-fault-h2-increment = A WINDOW_UPDATE must give leave for one byte or more.
explain-fault-h2-window-title = Window too large
explain-fault-h2-window = A window may not grow above 2147483647 bytes.
explain-fault-h2-exceeded-title = Window exceeded
explain-fault-h2-exceeded = More was sent than the other side had given leave for.
explain-fault-h2-setting-title = Bad setting
explain-fault-h2-setting = The setting cannot have this value.
explain-fault-h2-no-settings-title = No settings first
explain-fault-h2-no-settings = Each side's first frame must be its SETTINGS.
explain-fault-h2-idle-title = Stream not open
explain-fault-h2-idle = The frame is on a stream that nobody has opened.
explain-fault-h2-closed-title = Stream closed
explain-fault-h2-closed = This side had ended the stream, and may not say more on it.
explain-fault-h2-list-title = Head too large
explain-fault-h2-list = There are more header fields, or longer ones, than are read.
explain-fault-h2-pseudo-title = Bad pseudo-header field
explain-fault-h2-pseudo = A pseudo-header field is unknown, twice there, missing, or stands behind a regular one.
explain-fault-h2-uppercase-title = Capital letter
explain-fault-h2-uppercase = In HTTP/2 a header field's name must be in small letters.
explain-fault-h2-connection-title = Header of HTTP/1
explain-fault-h2-connection = HTTP/2 knows no header fields about the connection.
explain-fault-hpack-index-title = No such header field
explain-fault-hpack-index = Neither table has a header field of this number: this block and all later ones cannot be read.
explain-fault-hpack-integer-title = Number too large
explain-fault-hpack-integer = The number is larger than any that is read: this block and all later ones cannot be read.
explain-fault-hpack-huffman-title = Bad Huffman code
explain-fault-hpack-huffman = The string does not end as Huffman code must: this block and all later ones cannot be read.
explain-fault-hpack-update-title = Bad table size
explain-fault-hpack-update = The table may not become so large, or not here: a new limit stands at a block's beginning.
explain-fault-hpack-cut-title = Header block cut off
explain-fault-hpack-cut = The header block ends within a header field.
