# Webhooks: callbacks from a payment service to site.com, and a long job.

## The headers of a callback.

explain-header-webhook-id = Which delivery this is: every attempt at it has the same one, so that the receiver knows what came before.
explain-header-webhook-timestamp = When this attempt was signed, in seconds since 1970: the receiver refuses what is more than five minutes off.
explain-header-webhook-signature = What proves who sent it: HMAC-SHA256 over id, timestamp and body, made with a secret that only the two know.
explain-webhook-timestamp = Signed at { $date } UTC. It is a part of what is signed, so an old delivery cannot be sent again as a new one.
explain-webhook-signature = { $count ->
    [one] One signature: v1 says how it was made, HMAC-SHA256 over id, timestamp and body; the rest is it, in Base64.
   *[other] { $count } signatures: while a secret is being changed the old one and the new one both sign, and one that fits is enough.
}

## Waits and marks on the ladder.

ladder-attempt = attempt { $attempt } · { $said }
ladder-attack = { $attack } · { $said }
ladder-backs-off = Backs off { $planned } before attempt { $attempt }
ladder-backed-off = Backed off { $took } before attempt { $attempt }
ladder-backed-off-dead = Backed off { $took }, then given up
ladder-backoff-runs = { $took } s of { $planned } until attempt { $attempt }
ladder-waits-twice = Sends it once more in { $planned }: attempt { $attempt }
ladder-waited-twice = Sent once more { $took } later: attempt { $attempt }
ladder-waited-turn = Waited { $took } for its turn: attempt { $attempt }
ladder-due-at-once = was due at once
ladder-backoff-planned = { $planned } were planned
ladder-hook-registered = callback registered as { $endpoint }
ladder-endpoint-healthy = endpoint healthy
ladder-endpoint-failing = { $failures ->
    [one] endpoint failing: 1 attempt failed
   *[other] endpoint failing: { $failures } attempts in a row failed
}
ladder-endpoint-disabled = { $failures ->
    [one] endpoint disabled after 1 failed attempt
   *[other] endpoint disabled after { $failures } failed attempts in a row
}
ladder-payment-accepted = payment { $payment } over { $amount } accepted
ladder-payment-moved = { $to } kept { $payment } for { $took }
ladder-payment-settled = payment { $payment } settled
ladder-delivery-first = delivery { $delivery } is due at once
ladder-delivery-retry = delivery { $delivery } is due again in { $wait }, attempt { $attempt }
ladder-delivery-replay = delivery { $delivery } is sent again by hand, attempt { $attempt }
ladder-delivery-twice = delivery { $delivery } is sent once more in { $wait }, attempt { $attempt }
ladder-delivery-sent = delivery { $delivery }, attempt { $attempt }
ladder-delivery-ended = attempt { $attempt } { $said }, { $took }
ladder-delivery-dead = { $attempts ->
    [one] delivery { $delivery } is given up after 1 attempt
   *[other] delivery { $delivery } is given up after { $attempts } attempts
}
ladder-dead-disabled = delivery { $delivery } is given up: the endpoint is disabled
ladder-dead-run-over = delivery { $delivery } is given up: the run ended
ladder-dead-removed = delivery { $delivery } is given up: its endpoint was removed
ladder-outcome-delivered = delivered
ladder-outcome-refused = refused with { $status }
ladder-outcome-not-allowed = not allowed: { $why }
ladder-outcome-timed-out = timed out
ladder-outcome-reset = got no answer: the connection ended
ladder-outcome-no-connection = found no connection
ladder-outcome-certificate = stopped: wrong certificate
ladder-verdict-good = signature fits, id is new
ladder-verdict-duplicate = signature fits, id came before: a duplicate
ladder-verdict-signature = refused: no signature fits
ladder-verdict-old = refused: signed too long ago
ladder-verdict-new = refused: signed in the future
ladder-verdict-unsigned = refused: not signed
ladder-job-progress = step { $done } of { $of }
ladder-job-done = job done

row-backoff = { $server } backs off { $took } before attempt { $attempt } at { $delivery }
row-backoff-over = { $server } backed off { $took } before attempt { $attempt } at { $delivery }
row-backoff-dead = { $server } had backed off { $took } before attempt { $attempt } when it gave { $delivery } up
row-waited = { $server } waited { $took } before attempt { $attempt } at { $delivery }

## Why a connection is opened.

story-open-bank = The payment goes its way from service to service: each calls the next and waits for its answer.
story-open-callback = This is the way round: the payment service is the client now, and site.com has to be where it can be called.
story-open-payments = { $client } asks the payment service, as any client does.
story-open-registers = { $client } is a client too, this once: it says where it wants to be called.
story-open-orders = The browser asks site.com what became of the payment. Nobody can call a browser: it has no address of its own that others reach.
story-open-orders-other = { $client } asks site.com what became of the payment. It has no address at which it could be called.
story-open-anybody = Whoever knows the address can connect.
story-open-stranger = It does not come from the payment service. Whoever knows the address can connect; only the signature can say who wrote what comes.

## What requests ask for.

story-registers = { $client } registers where { $server } is to call when something has happened. If the address is taken, the answer holds a secret with which every call will be signed.
story-rotates = { $client } asks { $server } for a new secret. The old one goes on signing beside it for a while, so that no delivery under way is refused.
story-enables = { $client } says that the endpoint may be called again: { $server } had stopped by itself.
story-replays = { $client } asks { $server } to take a delivery off the dead-letter list and to send it once more. Whoever sends by hand says that the endpoint is to be called, disabled or not.
story-pays = { $client } asks for a payment. The banks take their time, so { $server } answers at once with a number and tells the result later.
story-transfers = { $client } hands the payment on, and waits until { $server } has done its part.
story-orders = { $client } asks { $server } about the order and is held until that has been told. So the news goes from the payment service to site.com first, and only then to { $client }.
story-orders-now = { $client } asks { $server } about the order, and is told what is known there by now.
story-callback = This is attempt { $attempt } at delivery { $delivery }.
story-callback-stranger = The payment service knows nothing of this: somebody else sends what looks like a delivery.
story-attack-altered = It is { $attack }: id, time and signature are those of a delivery that was overheard, and in its content the amount is a thousand times as much.
story-attack-old = It is { $attack }: id and content are those of a delivery that was overheard; the time is ten minutes ago, and the signature is the one that the payment service would have made then.
story-attack-replayed = It is { $attack }: id, time, signature and content are those of a delivery that was overheard, in a request of the attacker's own. Nothing of them was changed.
story-attack-unsigned = It is { $attack }: id, time and content are those of a delivery that was overheard, and the signature was left out.
story-callback-signatures = It has { $count } signatures: the secret was changed, and for a while the new one and the old one both sign. One that fits is enough.
story-callback-headers = webhook-id names the delivery, webhook-timestamp says when it was signed, and webhook-signature is what the receiver reckons again from both, the body and the secret.
story-callback-unsigned = It has no { $header }. Only with all three headers can the receiver tell which delivery it is, when it was signed and by whom.

## The back-off.

story-backoff-title = Back-off before attempt { $attempt }
story-twice-title = Once more, as attempt { $attempt }
story-turn-title = Waiting for its turn: attempt { $attempt }
story-backed-off = { $server } waited { $took } before attempt { $attempt }; { $planned } were planned.
story-backs-off = { $server } waits { $planned } before attempt { $attempt }.
story-backoff-why = A receiver that is in trouble is not helped by being asked at once again.
story-backoff-dead = { $server } had waited { $took } of the { $planned } before attempt { $attempt } when it gave the delivery up.
story-waits-twice = The delivery has arrived, and { $server } sends it once more in { $planned }, as attempt { $attempt }: as it would had it missed the answer.
story-waited-twice = The delivery had arrived, and { $server } sent it once more { $took } later, as attempt { $attempt }; { $planned } were planned. It does so as if it had missed the answer.
story-waited-turn = The delivery was due at once, and attempt { $attempt } went out { $took } later.
story-backoff-late = That is { $late } later than planned: { $others ->
        [one] { $others-text } attempt at another delivery
       *[other] { $others-text } attempts at other deliveries
    } came first: an endpoint is called one delivery at a time.
story-backoff-gate = That is { $late } later than planned: the server stood at the gate.
story-backoff-lot = The first wait is { $first } here and doubles with each attempt, so this one is { $base }, give or take half of it by lot: many senders that failed together do not come back together.
story-backoff-real = Outside the lab, by the schedule of Standard Webhooks, it would be { $real }.

## What services tell.

story-told-of = { $who } · about connection { $conn }
story-hook-registered = { $who } will call { $url } when something has happened, and calls it endpoint { $endpoint }. Each call is signed with a secret that only the two know. Each registration is an endpoint, with a secret of its own, even at an address that has one already; each is told of every payment.
story-endpoint-healthy = The endpoint took what it was sent. { $who } counts failures anew from here.
story-endpoint-failing = { $failures ->
        [one] { $failures-text } attempt at this endpoint has failed.
       *[other] { $failures-text } attempts in a row at this endpoint have failed.
    } { $who } goes on trying, each delivery further and further apart.
story-endpoint-disabled = { $failures ->
        [one] { $failures-text } attempt at this endpoint has failed.
       *[other] { $failures-text } attempts in a row at this endpoint have failed.
    } { $who } sends nothing more there by itself, so that one dead address does not cost for ever.
story-payment-accepted = { $who } has taken payment { $payment } over { $amount } on. Its client has the number now, and not the result.
story-payment-moved = { $to } had payment { $payment } from { $from }, and kept it for { $took }: banks take their time.
story-payment-settled = The payment was done { $took } after it had been accepted.
story-payment-told = Who wants to know has not asked: now it is told.
story-delivery-first = { $who } has written delivery { $delivery } down before it sends it. Should it die now, it would send it when it is started again: at least once, never lost.
story-delivery-retry = Delivery { $delivery } is due again, as attempt { $attempt }.
story-delivery-replay = Somebody asked { $who } to send delivery { $delivery } again: attempt { $attempt }, by hand. If the endpoint takes it, it counts as healthy again, even where it was disabled.
story-delivery-twice = Delivery { $delivery } has arrived, and is to arrive once more, as attempt { $attempt }: a receiver must stand that.
story-delivery-sent = { $who } sends delivery { $delivery }, which tells of payment { $payment }: attempt { $attempt }.
story-delivery-again = It has the same webhook-id as before and a new timestamp, so a receiver that already has it will know it.
story-delivery-beside = Of payment { $payment } delivery { $delivery } tells too, and that is another endpoint's. Two registrations are two endpoints; each is told once, and the two deliveries have different ids.
story-delivery-ended = Attempt { $attempt } was over after { $took }.
story-delivery-dead = { $attempts ->
        [one] After { $attempts-text } attempt { $who } gives this delivery up.
       *[other] After { $attempts-text } attempts { $who } gives this delivery up.
    } It is not lost: it lies on the dead-letter list until somebody sends it again.
story-dead-disabled = { $attempts ->
        [0] { $who } gives this delivery up before it was tried: the endpoint is disabled.
        [one] { $who } gives this delivery up after { $attempts-text } attempt: the endpoint is disabled.
       *[other] { $who } gives this delivery up after { $attempts-text } attempts: the endpoint is disabled.
    } It is not lost: it lies on the dead-letter list until somebody sends it again.
story-dead-run-over = The run ended before this delivery had arrived. Nobody is there any more who could take it, so { $who } gives it up.
story-dead-removed = The endpoint was removed before this delivery had arrived, so { $who } gives it up.
story-outcome-delivered = An answer with 2xx means that the receiver has it. Only now is it struck off the list.
story-outcome-twice = An answer with 2xx means that the receiver has it. It stays on the list all the same, to be sent once more: as if the answer had been missed.
story-outcome-refused = The answer was { $status }, and anything but 2xx counts as not delivered.
story-outcome-redirect = The answer was { $status }, a redirect. It is not followed: it could lead to where callbacks may not go.
story-outcome-timed-out = No answer came in time. The receiver may have it all the same: the next attempt may be a duplicate there.
story-outcome-reset = The connection ended without an answer. The receiver may have it all the same: the next attempt may be a duplicate there.
story-outcome-no-connection = No connection came about: the receiver is away.
story-outcome-not-allowed = Callbacks go to addresses that others choose. Where they may go is therefore checked on the very address that is dialled, or anybody could let this server call what is behind its walls.
story-outcome-certificate = The certificate does not vouch for the receiver, so nothing was sent: not even a signed delivery is for strangers.
story-verdict-good = { $who } reckoned the signature again from id, timestamp, body and the secret that it keeps, and it is the same. The id is new to it.
story-verdict-good-of = { $who } reckoned the signature again from id, timestamp, body and the secret that it keeps, and it is among the { $count } that came: one that fits is enough. The id is new to it.
story-verdict-duplicate-of = { $who } reckoned the signature again, and it is among the { $count } that came. But it has had this webhook-id before.
story-verdict-duplicate = { $who } reckoned the signature again, and it is the same. But it has had this webhook-id before.
story-verdict-signature = { $who } reckoned the signature again, and none of those that came is the same: the body was altered on the way, or somebody else signed it.
story-verdict-old = Whatever its signature is worth: it says that it was signed more than five minutes ago, and { $who } refuses that, since somebody may have recorded it.
story-verdict-new = Whatever its signature is worth: its timestamp lies more than five minutes ahead, and { $who } refuses that.
story-verdict-unsigned = Without all three headers nothing says who wrote this, so { $who } refuses it.
story-verdict-taken = It took it in: its answer was { $status }.
story-verdict-failed = It did not take it in all the same: its answer was { $status }, and whatever comes next with this id will be new to it again.
story-verdict-known = Its answer was { $status }: it has it, and does nothing twice. At least once for the sender is exactly once for what it does.
story-verdict-refused = Its answer was { $status }.
story-verdict-silent = The connection ended before it had answered.
story-verdict-slow = It took it in: it is set to { $set }, does what it is told, and only says so too late. The next attempt with this id will be a duplicate there.
story-verdict-hung-up = It did not take it in: it is set to { $set }, and hangs up on all that comes.
story-job-progress = { $who } has done { $done } of { $of } steps.
story-job-done = { $who } is done. How long it takes until each client knows is what the ways differ in.

## The panel of the lab.

webhook-panel = Webhooks
webhook-acts = Interfere
webhook-pay = Pay again
webhook-pay-title = One more payment goes through the banks. An agent, a client in this server, asks for it in your place.
webhook-rotate = Change the secret
webhook-rotate-title = For a while the old secret and the new one both sign.
webhook-site = site.com
webhook-site-up = answers
webhook-site-slow = answers too late
webhook-site-error = answers 500
webhook-site-close = closes the connection
webhook-attacks = Attacks on site.com
webhook-attack-altered = Altered body
webhook-attack-old = Old timestamp
webhook-attack-replayed = Recorded and sent again
webhook-attack-unsigned = Not signed
webhook-endpoints = Endpoints
webhook-endpoint = Endpoint
webhook-state = State
webhook-next = Next attempt
webhook-next-at = attempt { $attempt } of { $delivery }, at { $at }
webhook-next-none = nothing is due
webhook-payments = Payments
webhook-payment = Payment
webhook-where = Where it is
webhook-payment-settled = settled
webhook-payment-at = with { $at }
webhook-payment-begins = accepted
webhook-amount = over { $amount }
webhook-deliveries = Deliveries
webhook-delivery = Delivery
webhook-attempts = Attempts
webhook-stage = How far
webhook-stage-due = attempt { $attempt } is due at { $at }
webhook-stage-halted = waits: the endpoint is disabled
webhook-stage-under-way = attempt { $attempt } is under way
webhook-stage-failed = failed
webhook-stage-delivered = delivered
webhook-stage-dead = given up
webhook-verdicts = What site.com found in deliveries
webhook-verdict = Verdict
webhook-verdict-count = How often
webhook-dead = Dead letters
webhook-said-none = No callback is registered
webhook-said-many = { $count } endpoints, { $ill ->
    [0] all healthy
   *[other] { $ill } failing or disabled
}
webhook-said = { $endpoints }; { $dead ->
    [0] no dead letters
    [one] 1 dead letter
   *[other] { $dead } dead letters
}
webhook-dead-last = Last attempt
webhook-replay = Send again
webhook-replay-of = Send { $delivery } again
webhook-replayed = { $delivery } is sent again, also to a disabled endpoint, which is healthy once it takes it. site.com knows it by its id, should it have it already.
webhook-schedule = When a delivery is tried again
webhook-schedule-why = Left what Standard Webhooks 1.0 advises, beside it what this lab does so that it can be watched.
webhook-schedule-attempt = Attempt
webhook-schedule-real = Standard Webhooks
webhook-schedule-here = Here
webhook-schedule-run = In this run
webhook-schedule-at-once = at once
webhook-schedule-after = { $wait } later
webhook-schedule-between = { $least } to { $most }
webhook-schedule-given-up = given up
webhook-schedule-measured = { $took }, { $planned } planned

## What a person does in the panel, and the seed of a run.

webhook-site-bad-certificate = wrong certificate
webhook-enable = Enable the endpoint
webhook-enable-title = Disabled endpoints are called again, as if they had never failed. Sending a dead letter by hand does the same, if the endpoint takes it.
webhook-enabled = Deliveries go to the endpoint again. What was given up meanwhile lies among the dead letters.
webhook-attacks-short = Attacks
webhook-attack-none = Nothing can be overheard before site.com has taken a delivery.
webhook-attacked = { $attack }: { $verdict }
webhook-stays = Nothing is under way. The run ends in { $seconds ->
        [one] 1 second
       *[other] { $seconds } seconds
    }, unless something happens.
seed = Seed
seed-help = What is drawn by lot comes from this number: the same number and the same knobs draw the same again. Left empty, the number itself is drawn.
seed-drawn = by lot
seed-of-run = This run's seed: { $seed }
seed-wrong = A seed is a whole number from 0 to { $most }, or nothing.
