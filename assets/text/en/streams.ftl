# Streams: who uses a connection when, and who waits for whom. A count that is printed in a story is
# written { $n-text } (proto/text/src/lib.rs).

tab-streams = Streams
streams-none = No exchange was heard on a connection of this client.
streams-lead = Each row is an answer, each block some of its bytes; where a connection is shared, it stands above its rows. Hatched: an answer waits behind another.
streams-axis = What lies to the right
streams-by-time = By time
streams-by-time-title = Blocks stand where their bytes landed in time
streams-by-bytes = By bytes
streams-by-bytes-title = Blocks stand where their bytes lie on the connection
streams-group = { $title }. Arrows go from block to block, Enter shows its step.
streams-list = Row by row: { $title }
streams-title-http1 = HTTP/1 · connection { $conn } · { $client } and { $server } · { $count ->
        [one] { $count } request
       *[other] { $count } requests
    }
streams-title-apart = HTTP/1 · { $client } and { $server } · { $count ->
        [one] { $count } connection
       *[other] { $count } connections
    } with one request each
streams-title-http2 = HTTP/2 · connection { $conn } · { $client } and { $server } · { $count ->
        [one] { $count } stream
       *[other] { $count } streams
    }
streams-sum-behind = { $count ->
        [one] { $count } answer waited behind others, { $most }.
       *[other] { $count } answers waited behind others, at most { $most }.
    }
streams-sum-none = No answer waited 10 ms or longer behind another.
streams-sum-apart = Each answer has a connection of its own, and no other before it there.
streams-sum-http2 = With HTTP/2 no answer has to wait until another is whole; the streams share the connection.
streams-more = { $count ->
        [one] { $count } more exchange is not shown.
       *[other] { $count } more exchanges are not shown.
    }
streams-more-pieces = { $count ->
        [one] { $count } more piece is not shown.
       *[other] { $count } more pieces are not shown.
    }
streams-more-conns = { $count ->
        [one] { $count } more connection of this client is not shown.
       *[other] { $count } more connections of this client are not shown.
    }
streams-row = connection { $conn } · { $label }
streams-unknown = request not heard
streams-head = head
streams-body = content
streams-piece = { $whose }: { $part }, { $bytes } from byte { $from } on, here { $after } after its request
streams-behind = waits for { $whom } · { $took }
streams-works = server works · { $took }
streams-told = { $whose }: { $waits }; { $bytes } in { $pieces ->
        [one] { $pieces } piece
       *[other] { $pieces } pieces
    }, whole { $took } after its request
streams-told-open = { $whose }: { $waits }; { $bytes } so far
streams-told-cut = { $whose }: { $waits }; { $bytes }, then it was broken off

## In the ladder.

ladder-behind = Waits for { $whom }, { $took }
row-behind = { $server } has the request for { $took }; its answer waits behind { $whom }

## In stories.

story-behind-title = It waits behind another answer
story-behind-hold = { $server } had the request for { $took }, and its answer waited { $behind } of that behind { $path }: with HTTP/1.1 the answers leave in the order of the requests.
story-behind = It waited { $took } behind { $path }: with HTTP/1.1 the answers leave in the order of the requests.
story-behind-more = It waited { $total } behind earlier answers, { $took } of that behind { $path }: with HTTP/1.1 the answers leave in the order of the requests.
story-behind-took = The server took { $took } for it, that wait included.
story-h2-alone = No other stream was open at that moment.
story-h2-beside = { $count ->
        [one] At that moment { $count-text } other stream was open
       *[other] At that moment { $count-text } other streams were open
    }: { $streams }. HTTP/2 does not make it wait until those are whole.
