# A plain sentence for each field, each header and each fault; X-title is the title of X.

# The digits are not parted: they are compared with those that the bytes hold.
explain-bytes = { $count ->
        [one] { $digits } byte
       *[other] { $digits } bytes
    }

## The start line.

explain-method-title = Method
explain-method-get = { $method } asks for the resource and changes nothing.
explain-method-head = { $method } asks for the head of the answer alone, without its body.
explain-method-post = { $method } hands the body to the resource, to do something with it.
explain-method-put = { $method } puts the body in the resource's place.
explain-method-delete = { $method } removes the resource.
explain-method-options = { $method } asks what may be asked; a browser's preflight uses it.
explain-method-connect = { $method } asks for a tunnel.
explain-method-trace = { $method } asks to have the request sent back.
explain-method-other = { $method } says what is to be done with the resource.

explain-version-title = HTTP version
explain-version-10 = The sender speaks HTTP/1.0: a connection for each request, unless both agree otherwise.
explain-version-11 = The sender speaks HTTP/1.1: a connection may serve many requests.
explain-version-other = The sender speaks { $version }.

explain-status-title = Status code
explain-status-interim = { $status }: interim: the real answer is still to come.
explain-status-success = { $status }: the request succeeded.
explain-status-elsewhere = { $status }: look elsewhere, or use what you have.
explain-status-request = { $status }: the request is at fault.
explain-status-server = { $status }: the server is at fault.
explain-status-other = { $status }: a class of its own.

explain-empty-line-title = Empty line
explain-empty-line = An empty line before the start line; a server skips it.
explain-target-title = Request target
explain-target = Which resource the request is about: the path and query of its address.
explain-reason-title = Reason phrase
explain-reason = Words for people beside the status code; a client pays no attention to them.
explain-space-title = Space
explain-space = One space parts the pieces of the start line.

## The head.

explain-field-name-title = Field name
explain-field-value-title = Field value
explain-colon-title = Colon
explain-colon = Parts a field's name from its value; no space may stand before it.
explain-white-space-title = White space
explain-white-space = Optional space around a field's value; it does not count.
explain-line-end-title = Line end
explain-line-end = Carriage return and line feed end a line.
explain-line-end-bare-title = Line end
explain-line-end-bare = A line feed alone: it should be carriage return and line feed.
explain-head-end-title = End of the head
explain-head-end = An empty line: the head is over, and what follows, if anything, is the body.
explain-more-lines-title = More of the head
explain-more-lines = { $size } of the head, not listed piece by piece.
explain-bad-line-title = Unreadable line
explain-bad-line = This line breaks the grammar; see the faults.

## The body.

explain-content-title = Content
explain-content = { $size } of content.
explain-content-whole = { $size }, as many as Content-Length said.
explain-content-short = { $size }, where Content-Length said { $said }: the rest never came.
explain-content-lost = { $size } of the { $said } that Content-Length said; the rest was not kept.
explain-content-until-close = { $size }; no length was said, so the close of the connection ends it.
explain-chunk-size-title = Chunk size
explain-chunk-size = The length of this chunk in hexadecimal: { $size } follow.
explain-chunk-size-last = A chunk of length 0: the body is over.
explain-chunk-size-odd = The length of this chunk in hexadecimal.
explain-chunk-extension-title = Chunk extension
explain-chunk-extension = Something said of this one chunk; nearly everyone ignores it.
explain-chunk-data-title = Chunk data
explain-chunk-data = { $size } of content.
explain-more-chunks-title = More chunks
explain-more-chunks = { $size } of further chunks, not listed one by one.
explain-body-end-title = End of the body
explain-body-end = An empty line after the last chunk and its trailers.
explain-undecoded-title = Undecoded
explain-undecoded = { $size } that were not decoded.

## Headers.

explain-header-host = The server's name as the client knows it; HTTP/1.1 requires it.
explain-header-connection = What goes for this connection alone: keep-alive leaves it open, close ends it.
explain-header-keep-alive = For how many idle seconds the server leaves the connection open.
explain-header-content-length = How many bytes the body has; without it the end must be told otherwise.
explain-header-content-type = What kind of data the body holds.
explain-header-transfer-encoding = How the body is wrapped for this connection; chunked parts it into pieces with lengths.
explain-header-user-agent = Which program is asking.
explain-header-date = When the server made the answer.
explain-header-accept = What the client would like to have: kind, language or compression.
explain-header-origin = Which page asks: the browser adds it when the server is of another origin.
explain-header-referer = The page from which the request comes.
explain-header-pragma = Asks caches not to answer from what they keep: how HTTP/1.0 says no-cache.
explain-header-cache-control = Who may keep the answer, and for how long.
explain-header-allow-origin = Pages of which origin may read this answer.
explain-header-timing-allow-origin = Pages of which origin may measure this exchange closely.
explain-header-vary = Which request headers the answer depends on.
explain-header-fetch = What kind of request the browser says this is.
explain-header-hint = A hint of which browser is asking.
explain-header-preflight = Part of the browser's question whether a page may ask another origin.
explain-header-access = What a page of another origin may ask here, and read of the answer.
explain-header-of-request = A header field: something more that the client says of its request.
explain-header-of-answer = A header field: something more that the server says of its answer.

## Faults.

explain-fault-start-line-title = Bad start line
explain-fault-start-line = The first line is no request line or status line.
explain-fault-field-name-title = Bad field name
explain-fault-field-name = A header's name may hold no space and no control byte.
explain-fault-field-value-title = Bad field value
explain-fault-field-value = A header's value holds a byte that it may not.
explain-fault-bare-lf-title = Bare line feed
explain-fault-bare-lf = The line ends in a line feed alone; two readers may disagree where it ends.
explain-fault-version-title = Unknown version
explain-fault-version = The version is neither HTTP/1.0 nor HTTP/1.1.
explain-fault-too-many-title = Too many headers
explain-fault-too-many = There are more headers than are read.
explain-fault-head-title = Head too large
explain-fault-head = The head is longer than is read of one.
explain-fault-length-title = Bad length
explain-fault-length = Content-Length is not a number.
explain-fault-conflicting-title = Conflicting lengths
explain-fault-conflicting = Two lengths that differ: a way to smuggle a second request past a reader.
explain-fault-repeated-title = Repeated length
explain-fault-repeated = The same length is said more than once.
explain-fault-both-title = Length beside coding
explain-fault-both = Both Content-Length and Transfer-Encoding: a way to smuggle a second request.
explain-fault-coding-title = Unknown coding
explain-fault-coding = The last transfer coding is not chunked, so nobody knows where the body ends.
explain-fault-coding-http10-title = Coding in HTTP/1.0
explain-fault-coding-http10 = HTTP/1.0 knows no Transfer-Encoding; what follows may be misread.
explain-fault-chunk-size-title = Bad chunk size
explain-fault-chunk-size = A chunk's length must be hexadecimal digits.
explain-fault-chunk-end-title = Bad chunk end
explain-fault-chunk-end = The chunk is longer than its length says.
explain-fault-trailer-title = Bad trailer
explain-fault-trailer = A line of the trailer section is no header.
explain-fault-host-title = Host missing or repeated
explain-fault-host = HTTP/1.1 requires exactly one Host.
explain-fault-unsolicited-title = No request for it
explain-fault-unsolicited = An answer came though no whole request was waiting for one.
explain-fault-incomplete-title = Cut off
explain-fault-incomplete = The stream ended in the middle of it.
explain-fault-loss-title = Not recorded
explain-fault-loss = What follows was not kept, so it is not decoded.
