# A plain sentence for each field and each fault of event streams and of RESP; X-title is the title of X.

## Server-Sent Events.

explain-stream-mark-title = Byte order mark
explain-stream-mark = A byte order mark: it may stand at the beginning of the stream, and is skipped.
explain-stream-name-title = Field name
explain-stream-name = What this line is about: id, event, data or retry.
explain-stream-name-data = A line of the event's data; further data lines are joined to it by line feeds.
explain-stream-name-event = The event's type: which listeners hear of it.
explain-stream-name-id = The id of this event: a client that comes back sends it as Last-Event-ID.
explain-stream-name-retry = How many milliseconds a client waits before it comes back.
explain-stream-name-other = { $text } is none of the four names, so the line is ignored.
explain-stream-colon-title = Colon
explain-stream-colon = Parts a field's name from its value.
explain-stream-space-title = Space
explain-stream-space = One space after the colon; it is not part of the value.
explain-stream-value-title = Field value
explain-stream-value = { $size }: the value of the field that this line names.
explain-stream-value-data = { $size } of the data that listeners are given.
explain-stream-value-event = Listeners for { $text } hear of this event.
explain-stream-value-id = The id is { $text }.
explain-stream-value-retry = A client comes back after { $text } milliseconds.
explain-stream-comment-title = Comment
explain-stream-comment = A line that begins with a colon is a comment: it keeps the connection busy and says nothing.
explain-stream-line-end-title = Line end
explain-stream-line-end = CR LF, LF or CR ends a line; all three mean the same.
explain-stream-end-title = End of the block
explain-stream-end = An empty line ends the block.
explain-stream-end-dispatched = An empty line ends the block, and listeners hear of the event.
explain-stream-end-silent = An empty line ends the block; it has no data, so listeners hear of nothing.
explain-stream-more-title = More of the block
explain-stream-more = { $size } of the block, not listed piece by piece.

## RESP: values.

explain-resp-type-title = Type
explain-resp-type = The first byte of a value tells its type.
explain-resp-type-simple = A simple string: a short text up to the end of the line.
explain-resp-type-error = An error: what went wrong, up to the end of the line.
explain-resp-type-integer = A whole number, up to the end of the line.
explain-resp-type-bulk = A bulk string: its length follows, then its bytes.
explain-resp-type-array = An array: the number of its elements follows.
explain-resp-type-null = Null: there is no value.
explain-resp-type-boolean = A truth value: t is true, f is false.
explain-resp-type-double = A number with a fraction, up to the end of the line.
explain-resp-type-big = A whole number of any length, up to the end of the line.
explain-resp-type-bulk-error = An error of any length: its length follows, then its bytes.
explain-resp-type-verbatim = A string to be shown as it is: its length follows, then its format and its bytes.
explain-resp-type-map = A map: the number of its pairs follows, each a key and a value.
explain-resp-type-attribute = An attribute: pairs that say something of the value that follows them.
explain-resp-type-set = A set: the number of its elements follows.
explain-resp-type-push = A push: the store says it by itself; the number of its elements follows.
explain-resp-length-title = Length
explain-resp-length = How long this value is, or how many elements it has.
explain-resp-length-bytes = So many bytes follow: { $text }.
explain-resp-length-elements = So many elements follow, or pairs of a map: { $text }.
explain-resp-length-null = There is no value.
explain-resp-value-title = Value
explain-resp-value = The value itself, up to the end of the line.
explain-resp-value-error = What went wrong; by custom its first word is the kind of error.
explain-resp-data-title = String
explain-resp-data = A string of { $size }.
explain-resp-argument = { $size }: an argument of the command.
explain-resp-push = What the push is about.
explain-resp-line-end-title = Line end
explain-resp-line-end = Carriage return and line feed end each part.
explain-resp-empty-line-title = Empty line
explain-resp-empty-line = An empty line where a command may begin; the store passes over it.
explain-resp-more-title = More elements
explain-resp-more = { $size } of further elements, not listed one by one.
explain-resp-bad-title = Unreadable
explain-resp-bad = This breaks the rules of RESP; see the faults.
explain-resp-undecoded-title = Undecoded
explain-resp-undecoded = { $size } that were not decoded.

## RESP: commands.

explain-resp-command-title = Command
explain-resp-plain = A command as a plain line, its words parted by spaces.
explain-resp-command-hello = HELLO opens the conversation and says which version of RESP the client would speak.
explain-resp-command-client = CLIENT says or asks something about this connection itself.
explain-resp-command-ping = PING asks whether the store is there.
explain-resp-command-xadd = XADD puts an entry at the end of a stream.
explain-resp-command-xrange = XRANGE reads the entries of a stream between two ids.
explain-resp-command-subscribe = SUBSCRIBE asks to be told of every message on a channel.
explain-resp-command-publish = PUBLISH sends a message to everyone who is subscribed to a channel.
explain-resp-command-multi = MULTI begins a transaction: the commands after it wait for EXEC.
explain-resp-command-exec = EXEC runs the commands since MULTI, with nobody else's in between.
explain-resp-command-del = DEL removes keys and what they hold.
explain-resp-command-expire = EXPIRE says after how many seconds a key is removed.
explain-resp-command-other = { $text } is the name of the command.

## Faults.

explain-fault-event-field-title = Unknown field
explain-fault-event-field = The line's field name is none of the four, so the line is ignored.
explain-fault-event-id-title = NUL in an event id
explain-fault-event-id = An event id may hold no NUL byte, so this id is ignored.
explain-fault-event-retry-title = Bad retry time
explain-fault-event-retry = The time to wait must be digits and nothing else, so it is ignored.
explain-fault-event-utf8-title = Not UTF-8
explain-fault-event-utf8 = An event stream is UTF-8; bytes that are not are read as U+FFFD.
explain-fault-resp-type-title = Unknown type
explain-fault-resp-type = The value's first byte is none that may stand here.
explain-fault-resp-length-title = Bad number
explain-fault-resp-length = This is no length, number or truth value.
explain-fault-resp-end-title = Bad end
explain-fault-resp-end = Carriage return and line feed must end this part, and do not.
explain-fault-resp-large-title = Value too large
explain-fault-resp-large = The value is longer, or nested more deeply, than is read of one.
