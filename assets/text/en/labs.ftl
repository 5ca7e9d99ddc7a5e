# The words of the labs and their knobs. A message is named after the lab or knob in the API.

labs-request-response = Request · response

lab-http10 = HTTP/1.0
lab-http10-summary = Every request opens a TCP connection of its own, and the server closes it after the answer.
lab-http11 = HTTP/1.1 keep-alive
lab-http11-summary = One connection serves request after request, until it has been idle for its keep-alive time.

knob-requests = Requests
knob-requests-help = How many times the client asks.
knob-keep-alive-s = Keep-alive
knob-keep-alive-s-help = How long the server leaves an idle connection open.
knob-slow-ms = Slow request
knob-slow-ms-help = The second request takes this much longer to answer.
knob-order = Order
knob-order-help = One after the other, or all at once.
knob-order-browser-help = One after the other, or all at once: a browser then opens up to six connections. The agent asks in turn.
knob-resource = Resource
knob-resource-help = What the client asks for.
knob-peer = Client
knob-peer-help = Who asks: this page, or a client inside the server.
knob-link-ms = Link delay
knob-link-ms-help = What the link delays each way. A loopback has no distance of its own; 0 leaves it out.
knob-pause = Pause at each step
knob-pause-help = The server itself stops before each answer and close, until Next.
knob-pause-limit-s = Pause for at most
knob-pause-limit-s-help = After this the server goes on by itself, and says so.
