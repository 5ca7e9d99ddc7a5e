# The lab `job`: one long payment, and four who learn of its end.

lab-job = One job, four ways
lab-job-summary = A payment takes seconds. Short polling, long polling, an event stream and a webhook tell of its end, side by side.
knob-job-ms = Payment takes
knob-job-ms-help = How long the payment takes; the seed draws up to a tenth more or less.
knob-parts = Steps
knob-parts-help = Of how many steps it consists. Each takes a share of the time that the seed draws.

## In the ladder and in stories.

ladder-released-told = there was news
story-held-told = Then there was news.
story-open-why-job = What it will carry depends on who opened it: question after question, one that is held, a stream, or one message.
story-job-poll = It asks whether the job has come further than step { $after }.
story-job-poll-first = It asks how far the job is.
story-job-state = Step { $done } of { $of } is done.
story-job-over = All { $of } steps are done: the job is over.

## The table under the ladder.

ways-caption = Who learned of the payment's end, and at what price
ways-extremes = { $first } first, after { $first_took }; { $last } last, after { $last_took }
ways-how = Each number is read from this run's log. The delay runs from the moment the payment was done to the moment the message with it was whole at whoever learns. A page asks on connections that it may use for several ways; then each way counts them. With the webhook only the calls count, not the request with which site.com registered for them.
ways-way = Way
ways-learner = Who learns
ways-delay = Delay
ways-requests = Requests
ways-empty = Empty answers
ways-connections = Connections
ways-up = Bytes up
ways-down = Bytes down
ways-not-yet = not yet
ways-never = never
ways-short-polling = Short polling
ways-long-polling = Long polling
ways-events = Server-Sent Events
ways-webhook = Webhook
ways-asking-site = Asking site.com
