# The words on the ladder, and of its rows as a list.

ladder-open = Establish TCP connection
ladder-conn = tcp { $conn }
ladder-close = Close · { $who } first
ladder-reset = { $who } cut the connection off
ladder-instance = Instance { $number }
ladder-setup = link: set-up, { $took }
ladder-hold = Server took { $took }
ladder-holds = Server works … { $took } s
ladder-held = Held { $took }
ladder-held-on = Held … { $took } s
ladder-released-woken = woken by the store
ladder-released-pulled = found when it asked again
ladder-released-limit = time is over
ladder-released-ended = the run ended
ladder-released-abandoned = nobody waits any more
ladder-released-killed = the instance was killed
ladder-released-store = the store does not answer
ladder-call-runs = Call open … { $took } s
ladder-stream-runs = Stream open … { $took } s
ladder-message-coming = A message is under way: { $bytes } so far
ladder-idle = Idle for { $took }
ladder-idles = Idle … { $took } s
ladder-gap = { $took } folded
ladder-fold = { $count ->
    [one] 1 preflight folded, { $took }
   *[other] { $count } preflights folded, { $took }
}
ladder-fold-polls = { $count ->
    [one] 1 empty poll folded, { $took }
   *[other] { $count } empty polls folded, { $took }
}
ladder-fold-polls-reads = { $count ->
    [one] 1 empty poll
   *[other] { $count } empty polls
} and { $reads ->
    [one] 1 read of nothing
   *[other] { $reads } reads of nothing
} folded, { $took }
ladder-fold-reads = { $count ->
    [one] 1 read of nothing folded, { $took }
   *[other] { $count } reads of nothing folded, { $took }
}
ladder-fold-pings = { $count ->
    [one] 1 ping folded, { $took }
   *[other] { $count } pings folded, { $took }
}
ladder-chunk = { $count ->
    [one] 1 byte, number { $from }
   *[other] { $count } bytes, { $from } to { $to }
}
ladder-body = Body
ladder-malformed = A head that breaks the rules
ladder-partial = Half a head
ladder-rest = Bytes not decoded
ladder-gate-waits = Waits for Next
ladder-gate-waited = Waited { $took }
ladder-gate-left = the client left
ladder-gate-answer = before it answers
ladder-gate-push = before it sends
ladder-gate-close = before it closes
ladder-gate-deliver = before it calls the endpoint
ladder-gate-transfer = before it hands the payment on
ladder-gate-next = Next was pressed
ladder-gate-limit = went on by itself
ladder-gate-ended = the run ended
ladder-gate-abandoned = no longer needed
ladder-keep-alive-over = tcp { $conn }: { $after } idle, time is over
ladder-refused = refused: { $why }
ladder-refused-status = refused, { $status }: { $why }
ladder-dropped = the lab cuts the stream off after #{ $after }
ladder-down = killed
ladder-up = started again
ladder-kept = keeps #{ $id } for { $to } in its memory
ladder-lost-died = { $count ->
    [one] { $ids } for { $user } is lost: { $instance } is down
   *[other] { $ids } for { $user } are lost: { $instance } is down
}
ladder-lost-unreachable = { $count ->
    [one] { $ids } for { $user } is lost: { $instance } cannot be reached
   *[other] { $ids } for { $user } are lost: { $instance } cannot be reached
}
ladder-lost-nobody = { $count ->
    [one] { $ids } for { $user } is lost: { $user } is nowhere
   *[other] { $ids } for { $user } are lost: { $user } is nowhere
}
ladder-lost-no-room = { $count ->
    [one] { $ids } for { $user } is lost: { $instance } keeps no more
   *[other] { $ids } for { $user } are lost: { $instance } keeps no more
}
ladder-lost = { $count ->
    [one] ⚠ 1 byte not kept
   *[other] ⚠ { $count } bytes not kept
}
ladder-lost-queue = the queue was full
ladder-lost-run = the run is full
ladder-lost-body = a body is kept only so far
ladder-group = { $count ->
    [one] 1 client
   *[other] { $count } clients
}
ladder-group-detail = of your own

# What goes over, beside the first line of HTTP.
ladder-nothing-new = { $said } · nothing new
ladder-resumes = { $said } · Last-Event-ID: { $id }
ladder-nothing = nothing
ladder-quoted = “{ $text }”
ladder-text = text, { $bytes }
ladder-binary = binary, { $bytes }
ladder-sent = to { $to }: { $text }
ladder-delivered = #{ $id }: { $text }
ladder-delivered-from = #{ $id } from { $from }: { $text }
ladder-frame-text = text frame, { $bytes }
ladder-frame-binary = binary frame, { $bytes }
ladder-frame-continuation = continuation, { $bytes }
ladder-frame-reserved = frame of an unknown kind, { $bytes }
ladder-frame-open = { $frame }, more to come
ladder-frame-partial = Half a frame
ladder-ping = ping
ladder-pong = pong
ladder-close-bare = close, without a code
ladder-close-code = close { $code }, { $name }
ladder-close-normal = normal closure
ladder-close-away = going away
ladder-close-protocol = protocol error
ladder-close-kind = unsupported data
ladder-close-invalid = invalid payload
ladder-close-policy = policy violation
ladder-close-big = message too big
ladder-close-extension = extension missing
ladder-close-error = internal error
ladder-close-restart = service restart
ladder-close-later = try again later
ladder-close-gateway = bad gateway
ladder-close-own = a code of the application's
ladder-close-unknown = a code without a name
ladder-event = #{ $id } { $kind }: { $data }
ladder-event-bare = { $kind }: { $data }
ladder-event-silent = nothing that is heard
ladder-event-unfinished = Half an event
ladder-retry = retry { $retry }
ladder-comment = comment
ladder-stream-end = Stream ends
ladder-call-end = Call ends
ladder-push = push { $said }
ladder-elements = { $count ->
    [one] 1 element
   *[other] { $count } elements
}
ladder-value-malformed = Bytes that break the rules
ladder-value-partial = Half a value
ladder-store-append = Append #{ $id } · in this process
ladder-store-read = Anything after #{ $after }? · in this process
ladder-store-woke = There is #{ $id } · in this process

# Where a step's time went; its fellows are in page.ftl.
timing-message = Message under way

# A row as one line of a list: "12. Instance 1 to Browser, HTTP/1.1 200 OK, 31 bytes".
row-open = { $client } and { $server } establish TCP connection { $conn }
row-close = { $who } closes TCP connection { $conn }, { $carried ->
    [one] 1 answer carried
   *[other] { $carried } answers carried
}
row-reset = { $who } cuts TCP connection { $conn } off
row-message = { $from } to { $to }, { $said }, { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
row-after = , after a wait of { $took }
row-hold = { $server } works for { $took }
row-held = { $server } holds the poll for { $took }
row-why = , { $why }
row-note = { $who }: { $said }
row-call = { $from } to { $to }, { $said }
row-idle = TCP connection { $conn } is idle for { $took }
row-gate = { $server } waits for Next
row-gate-over = { $server } waited { $took } at the gate
row-fold = { $count ->
    [one] 1 preflight, folded
   *[other] { $count } preflights, folded
}
row-fold-polls = { $count ->
    [one] 1 empty poll, folded
   *[other] { $count } empty polls, folded
}
row-fold-polls-reads = { $count ->
    [one] 1 empty poll
   *[other] { $count } empty polls
} and { $reads ->
    [one] 1 read of nothing
   *[other] { $reads } reads of nothing
}, folded
row-fold-reads = { $count ->
    [one] 1 read of nothing, folded
   *[other] { $count } reads of nothing, folded
}
row-fold-pings = { $count ->
    [one] 1 ping, folded
   *[other] { $count } pings, folded
}
row-chunk = { $from } to { $to }, one read or write at the socket, { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
row-fault = , { $count ->
    [one] 1 fault
   *[other] { $count } faults
}
ladder-chunk-title = One read or write at the socket

ladder-h2-preface = HTTP/2 preface
ladder-h2-stream = { $said }, stream { $stream }
ladder-h2-content = content, { $bytes }
ladder-h2-half-closed = nothing more
ladder-h2-trailers = trailers
ladder-grpc-status = status { $status } { $name }
ladder-grpc-partial = Half a message
ladder-grpc-id = id { $id }
ladder-grpc-empty = (empty)
ladder-grpc-message = message { $number }, { $bytes }
ladder-fold-frames = { $count ->
    [one] { $count } connection frame folded, { $took }
   *[other] { $count } connection frames folded, { $took }
}
row-fold-frames = { $count ->
    [one] { $count } connection frame, folded
   *[other] { $count } connection frames, folded
}
