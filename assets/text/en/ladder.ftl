# The words on the ladder, and of its rows as a list.

ladder-open = Establish TCP connection
ladder-conn = tcp { $conn }
ladder-close = Close · { $who } first
ladder-reset = { $who } cut the connection off
ladder-setup = link: set-up, { $took }
ladder-hold = Server took { $took }
ladder-holds = Server works … { $took } s
ladder-idle = Idle for { $took }
ladder-idles = Idle … { $took } s
ladder-gap = { $took } folded
ladder-fold = { $count ->
    [one] 1 preflight folded, { $took }
   *[other] { $count } preflights folded, { $took }
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
ladder-gate-close = before it closes
ladder-gate-next = Next was pressed
ladder-gate-limit = went on by itself
ladder-gate-ended = the run ended
ladder-gate-abandoned = no longer needed
ladder-keep-alive-over = tcp { $conn }: { $after } idle, time is over
ladder-refused = refused, { $why }
ladder-refused-status = refused, { $status }: { $why }
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
row-idle = TCP connection { $conn } is idle for { $took }
row-gate = { $server } waits for Next
row-gate-over = { $server } waited { $took } at the gate
row-fold = { $count ->
    [one] 1 preflight, folded
   *[other] { $count } preflights, folded
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
