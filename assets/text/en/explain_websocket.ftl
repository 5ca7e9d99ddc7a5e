# WebSocket: a plain sentence for each field, each bit, each close code and each fault.

## The first byte of a frame.

explain-fin-and-opcode-title = FIN and opcode
explain-fin-whole = FIN is set: the whole message is in this frame.
explain-fin-last = FIN is set: this is the last frame of its message.
explain-fin-not = FIN is not set: more frames of this message follow.
explain-fin-control = FIN is set, as in every control frame.
explain-fin-control-not = FIN is not set, though a control frame may not be in pieces.
explain-opcode-continuation = Opcode { $opcode }: more of a message that has begun.
explain-opcode-text = Opcode { $opcode }: a text.
explain-opcode-binary = Opcode { $opcode }: bytes that are no text.
explain-opcode-close = Opcode { $opcode }: a close; this side sends no more messages after it.
explain-opcode-ping = Opcode { $opcode }: a ping; the other side must answer with a pong.
explain-opcode-pong = Opcode { $opcode }: a pong, the answer to a ping.
explain-opcode-reserved = Opcode { $opcode }: kept for later use; it has no meaning yet.
explain-reserved-bits = A reserved bit is set: only an extension can give it a meaning.

explain-bit-fin-title = FIN
explain-bit-rsv1-title = RSV1
explain-bit-rsv2-title = RSV2
explain-bit-rsv3-title = RSV3
explain-bit-opcode-title = Opcode
explain-bit-mask-title = MASK
explain-bit-length-title = Length
explain-bit-reserved = Kept for extensions, and not set; compression would set RSV1.
explain-bit-reserved-set = Kept for extensions, and set: compression sets RSV1.

## The length and the mask.

explain-mask-and-length-title = Mask and length
explain-mask-client = MASK is set, as in every frame of a client.
explain-mask-server = MASK is set, though a server may not mask.
explain-mask-not-client = MASK is not set, though a client must mask.
explain-mask-not-server = MASK is not set: what a server sends lies open.
explain-length-here = The payload has { $size }.
explain-length-two = Length 126: the real length is in the next two bytes.
explain-length-eight = Length 127: the real length is in the next eight bytes.
explain-extended-length-title = Extended length
explain-extended-length = The payload has { $size }; the highest byte comes first.
explain-extended-length-odd = The highest bit is set, which it may not be: nobody knows how long the payload is.
explain-masking-key-title = Masking key
explain-masking-key = Four random bytes, new in each frame: XOR with them in turn masks the payload, so that nothing on the way takes it for HTTP. It keeps no secret.

## The payload.

explain-payload-title = Payload
explain-payload = { $size } of payload.
explain-payload-ping = { $size } that the pong must carry back.
explain-payload-pong = { $size } that came with the ping.
explain-payload-masked = It is masked with the key before it.
explain-payload-message = The whole message: { $size }.
explain-payload-piece = A piece of the message: { $size } of { $all }.
explain-more-pieces-title = More pieces
explain-more-pieces = { $size } of further frames of the message, not listed one by one.

## The close.

explain-close-code-title = Close code
explain-close-code = Why the conversation ends, as a number.
explain-close-done = { $code }: the conversation has done what it was for.
explain-close-away = { $code }: this side goes away: a server that stops, or a page that is left.
explain-close-protocol = { $code }: the other side broke the protocol.
explain-close-kind = { $code }: a kind of data came that this side does not take.
explain-close-none = { $code }: the close named no code. No frame says this; a side tells its own program so.
explain-close-abnormal = { $code }: the connection ended without a close. No frame says this; a side tells its own program so.
explain-close-data = { $code }: what came is not what it says it is, as a text that is not UTF-8.
explain-close-policy = { $code }: what came breaks a rule of this side's own.
explain-close-big = { $code }: a message was too big.
explain-close-extension = { $code }: the client needs an extension that the server did not take.
explain-close-error = { $code }: something went wrong in the server.
explain-close-restart = { $code }: the server restarts.
explain-close-later = { $code }: the server has too much to do; try again later.
explain-close-gateway = { $code }: a gateway got no good answer from the server behind it.
explain-close-tls = { $code }: TLS could not be agreed on. No frame says this; a side tells its own program so.
explain-close-registered = { $code }: a code that a library or framework has registered.
explain-close-private = { $code }: a code that this application gives its own meaning.
explain-close-unknown = { $code }: no code that a close may say.
explain-close-reason-title = Close reason
explain-close-reason = Why the conversation ends, in words for people.
explain-close-reason-said = Why, in words for people: “{ $reason }”.

## Headers of the handshake.

explain-header-upgrade = Which protocol this connection is to speak from here on, in place of HTTP.
explain-header-websocket-key = 16 random bytes in base64: the answer must show that the server has read them.
explain-header-websocket-accept = The key and 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 joined, SHA-1 of that, in base64: it proves that the server read the key and knows WebSocket. It keeps nothing safe.
explain-header-websocket-version = The version of the WebSocket protocol; 13 is the only one in use.
explain-header-websocket-protocol = What is spoken inside the messages: the client offers names, the server takes one.
explain-header-websocket-offer = Extensions that the client offers, such as compression. An answer without this header takes none; this server takes none, so that the bytes can be read.
explain-header-websocket-taken = Which of the offered extensions the server takes.
explain-header-last-event-id = The last event that the client has of the stream: the server goes on behind it.

## Faults.

explain-fault-accept-title = Wrong accept key
explain-fault-accept = This is not what the request's key makes: the answer may not be this server's, or not to this request.
explain-fault-reserved-bits-title = Reserved bit
explain-fault-reserved-bits = A reserved bit is set, but no extension was agreed on that gives it a meaning.
explain-fault-opcode-title = Unknown opcode
explain-fault-opcode = The opcode is one that is kept for later use.
explain-fault-not-masked-title = Not masked
explain-fault-not-masked = A client must mask each frame.
explain-fault-masked-title = Masked
explain-fault-masked = A server may not mask its frames.
explain-fault-control-long-title = Control frame too long
explain-fault-control-long = A control frame may have 125 bytes of payload and no more.
explain-fault-control-pieces-title = Control frame in pieces
explain-fault-control-pieces = A control frame must be whole: it may go between the pieces of a message.
explain-fault-continuation-title = Continuation of nothing
explain-fault-continuation = A continuation came where no message had begun.
explain-fault-message-within-title = Message within a message
explain-fault-message-within = A new message began before the last frame of the one under way.
explain-fault-length-not-minimal-title = Length too wide
explain-fault-length-not-minimal = The length takes more bytes than it needs.
explain-fault-length-too-large-title = Length too large
explain-fault-length-too-large = The highest bit of the length is set, which it may not be: nothing after it can be read.
explain-fault-utf8-title = Not UTF-8
explain-fault-utf8 = A text must be UTF-8; from this byte on it is not.
explain-fault-close-code-title = Bad close code
explain-fault-close-code = A close may not say this code.
explain-fault-close-short-title = Close too short
explain-fault-close-short = A close says nothing, or a code of two bytes; one byte is neither.
explain-fault-after-close-title = After the close
explain-fault-after-close = This side has said its close, and may send no more messages.
