# gRPC, gRPC-web and Protocol Buffers: a plain sentence for each field, each bit, each status and each fault.

## The five bytes before a message.

explain-grpc-flag-title = Compressed flag
explain-grpc-flag-plain = { $flag }: the message is not compressed.
explain-grpc-flag-compressed = { $flag }: the message is compressed, in the way that grpc-encoding names.
explain-grpc-flag-trailers = { $flag }: no message but the trailers, which gRPC-web puts at the end of the content.
explain-grpc-flag-odd = { $flag }: no message begins so.
explain-grpc-length-title = Message length
explain-grpc-length = A piece of the message's length, which has four bytes.
explain-grpc-length-message = The message has { $size }.
explain-grpc-length-trailers = The trailers have { $size }.

explain-bit-trailers-title = Trailers
explain-bit-trailers-set = Set, for gRPC-web alone: what follows are the trailers.
explain-bit-trailers-not = Not set: what follows is a message.
explain-bit-spare-title = Spare
explain-bit-spare = Kept for later use.
explain-bit-compressed-title = Compressed
explain-bit-compressed-set = Set: what follows is compressed.
explain-bit-compressed-not = Not set: what follows is not compressed.

## Messages.

explain-grpc-payload-title = Message
explain-grpc-payload = { $size } of a message.
explain-grpc-payload-whole = The whole message: { $size }.
explain-grpc-payload-piece = A piece of the message: { $size } of { $all }.
explain-grpc-payload-compressed = { $size } of the message, compressed.
explain-grpc-base64-title = Base64
explain-grpc-base64 = { $size } of base64, for clients that can take only text.
explain-grpc-base64-holds = In them is a message of { $size }, and the five bytes before it.
explain-grpc-more-title = More of the message
explain-grpc-more = { $size } more, not listed piece by piece.

## Protocol Buffers.

explain-proto-tag-title = Tag
explain-proto-tag-varint = Field { $field }: a number in pieces of seven bits follows.
explain-proto-tag-fixed64 = Field { $field }: eight bytes follow.
explain-proto-tag-len = Field { $field }, length-delimited: a length follows, then so many bytes.
explain-proto-tag-group = Field { $field }: a group begins, which is outdated.
explain-proto-tag-group-end = Field { $field }: a group ends, which is outdated.
explain-proto-tag-fixed32 = Field { $field }: four bytes follow.
explain-proto-tag-odd = Field { $field }: there is no such wire type.
explain-proto-length-title = Length
explain-proto-length = The value has { $size }.
explain-proto-varint-title = Varint
explain-proto-varint = A number in pieces of seven bits, the lowest first: { $number }.
explain-proto-fixed-title = Fixed number
explain-proto-fixed = A number in { $size }, the lowest first.
explain-proto-text-title = String
explain-proto-text = The text “{ $text }”.
explain-proto-bytes-title = Bytes
explain-proto-bytes = { $size } of which the contract says nothing more.
explain-proto-readings = Read as: { $readings }.
explain-proto-piece = { $size } of a number that lies in more than one frame.

explain-bit-tag-title = Field number
explain-bit-tag = The field's number, or the lowest bits of it: { $number }.
explain-bit-wire-title = Wire type
explain-bit-wire = Wire type { $wire }, { $name }: how the value stands on the wire.

## Headers.

explain-header-te = What the client can take at the end: gRPC needs trailers, and says so here.
explain-header-grpc-timeout = For how long the client waits: digits and a unit, such as S for seconds or m for milliseconds.
explain-header-grpc-encoding = In which way messages are compressed that are.
explain-header-grpc-accept = Which ways of compressing messages the sender can undo.
explain-header-grpc-status = How the call ended, as a number; 0 is success. It comes at the end, when all messages are said.
explain-header-grpc-message = Why the call failed, in words; bytes that do not fit into a header are written with percent signs.
explain-header-grpc-details = More about why the call failed, as a Protocol Buffers message in base64.
explain-header-grpc-web = Says that gRPC-web is spoken.
explain-header-grpc-agent = Which library is asking; a page may not set User-Agent itself.

## Statuses.

explain-grpc-status-title = Status
explain-grpc-status-ok = { $code }, { $name }: the call succeeded.
explain-grpc-status-cancelled = { $code }, { $name }: the caller did not want the answer any more.
explain-grpc-status-unknown = { $code }, { $name }: it failed, and nobody says why.
explain-grpc-status-argument = { $code }, { $name }: what was asked makes no sense.
explain-grpc-status-deadline = { $code }, { $name }: the time that the client gave was over.
explain-grpc-status-not-found = { $code }, { $name }: what was asked for is not there.
explain-grpc-status-exists = { $code }, { $name }: what was to be made is there already.
explain-grpc-status-permission = { $code }, { $name }: the caller is known, and may not do this.
explain-grpc-status-exhausted = { $code }, { $name }: something is used up, such as a quota or memory.
explain-grpc-status-precondition = { $code }, { $name }: the service is not in a state in which this can be done.
explain-grpc-status-aborted = { $code }, { $name }: something else came between; begin again.
explain-grpc-status-range = { $code }, { $name }: past the end of what there is.
explain-grpc-status-unimplemented = { $code }, { $name }: this server has no such method.
explain-grpc-status-internal = { $code }, { $name }: something in the service or on the way is broken.
explain-grpc-status-unavailable = { $code }, { $name }: the service is not there now; try again later.
explain-grpc-status-data-loss = { $code }, { $name }: data is lost or damaged, and will not come back.
explain-grpc-status-unauthenticated = { $code }, { $name }: nobody knows who the caller is.
explain-grpc-status-unassigned = { $code }: no status that is known here.

## Faults.

explain-fault-grpc-flag-title = Bad flag
explain-fault-grpc-flag = The byte before a message is 0 or 1; nothing after this one can be read.
explain-fault-grpc-large-title = Message too large
explain-fault-grpc-large = The message is longer than is read of one.
explain-fault-grpc-base64-title = No base64
explain-fault-grpc-base64 = The content is to be base64 all over, and this is none.
explain-fault-proto-tag-title = Bad tag
explain-fault-proto-tag = No field has this number, or there is no such wire type.
explain-fault-proto-cut-title = Field cut off
explain-fault-proto-cut = The message ends before this field does.
explain-fault-proto-varint-title = Number too long
explain-fault-proto-varint = A number has ten bytes at most.
explain-fault-proto-utf8-title = Not UTF-8
explain-fault-proto-utf8 = A text must be UTF-8, and this is not.
explain-fault-proto-wire-title = Other than the contract says
explain-fault-proto-wire = The field stands on the wire in another way than the contract says.
