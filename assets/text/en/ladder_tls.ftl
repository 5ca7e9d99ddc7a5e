# TLS on the ladder, in its list, and in what a step says. A count that is printed in a story is written
# { $n-text }, so that it keeps the entries that it comes from.

ladder-tls-record = { $name } · { $bytes }
ladder-tls-protected = Protected
ladder-tls-change = Change cipher spec
ladder-tls-alert = Alert
ladder-tls-alert-of = Alert { $what }
ladder-tls-handshake = Handshake
ladder-tls-data = Application data
ladder-tls-other = Record of type { $kind }
ladder-chunk-outside = { $count ->
    [one] Outside: 1 byte, number { $from }
   *[other] Outside: { $count } bytes, { $from } to { $to }
}
ladder-chunk-inside = { $count ->
    [one] Inside TLS: 1 byte, number { $from }
   *[other] Inside TLS: { $count } bytes, { $from } to { $to }
}
ladder-fold-records = { $count ->
    [one] 1 record that carries what is inside, folded
   *[other] { $count } records that carry what is inside, folded, { $took }
}
ladder-lost-other-run = they are another run’s
row-fold-records = { $count ->
    [one] 1 TLS record that carries what is inside, folded
   *[other] { $count } TLS records that carry what is inside, folded
}
row-chunk-outside = { $from } to { $to }, one read or write at the socket, outside TLS, { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
row-chunk-inside = { $from } to { $to }, one read or write inside TLS, { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
timing-tls = TLS handshake
phase-handshake = TLS handshake
bytes-record = TLS record

story-between-tls = { $from } to { $to } · connection { $conn }, inside TLS on connection { $outer }
story-fold-records = { $count ->
        [one] { $count-text } record of TLS that carries what is inside
       *[other] { $count-text } records of TLS that carry what is inside
    }, from { $from } to { $until }, folded into one row: the messages inside have rows of their own.
story-tls-protected = What is in it cannot be read from outside, only its size.
story-tls-carrier = It carries what is said inside, on connection { $inner }. From outside only its size can be read.
story-tls-overhead = In this direction { $records ->
        [one] { $records-text } such record has
       *[other] { $records-text } such records have
    } taken { $outside } for { $inside } inside so far: TLS added { $added }.
story-tls-change = In TLS 1.3 it says nothing, and is sent for the sake of devices that expect it. In TLS 1.2 what follows is protected.
story-tls-client-hello = It begins the handshake, in the clear: the versions, cipher suites and key shares that the client offers.
story-tls-client-hello-1-2 = It begins the handshake, in the clear: the cipher suites that the client offers, up to { $version }.
story-tls-server-name = It asks for the server { $name }.
story-tls-alpn = For what is to be spoken inside it offers { $alpn }.
story-tls-server-hello = The server takes { $version } and { $suite }. With the key shares of both hellos both sides can reckon the keys.
story-tls-server-hello-1-2 = The server takes { $version } and { $suite }. What keys are made of follows in messages of its own: that costs one more round trip than TLS 1.3.
story-tls-retry = The server cannot use any of the key shares, and asks for another ClientHello: that costs one more round trip.
story-tls-alert = It says { $what }, in the clear.
story-tls-unread = It could not be read as a record of a handshake.
story-tls-flights = { $up ->
        [one] { $up-text } flight to the server
       *[other] { $up-text } flights to the server
    } and { $down ->
        [one] { $down-text } back
       *[other] { $down-text } back
    }
story-tls-cost = The handshake took { story-tls-flights }, { $bytes }, { $took }, before the first request could go.
story-tls-so-far = The handshake has taken { story-tls-flights } so far, { $bytes }.
story-tls-undelayed = The link did not delay it: nobody knew before whose link it was, since the path that names the run lies inside.
