//! What a message costs the server, in sentences that the figures make: how many times gRPC took what the
//! others took, and what becomes of the claim that it needs more.

use trace::processor_time::{Cost, ProcessorTime, Protocol};

use crate::amount;

/// A difference of less than a tenth tells nothing: so much lies between two runs as well.
const EVEN: u64 = 10;

/// A shorter time than this, in nanoseconds, is not told more exactly.
const LEAST: u64 = 100;

/// How gRPC stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Dearer,
    NotApart,
    Cheaper,
}

/// A time that was measured, as people read it.
#[must_use]
pub fn time(us: f64) -> String {
    match nanos(us) {
        ..LEAST => text::say("cost-least", &[]),
        nanos => amount::short_time(nanos),
    }
}

/// How long one message takes by gRPC and by the others, and what that says of the claim.
#[must_use]
pub fn verdict(report: &ProcessorTime) -> Option<String> {
    let grpc = report.of(Protocol::Grpc)?;
    let against = |other| against(grpc, report.of(other)?);
    let (sse, websocket) = (against(Protocol::Sse)?, against(Protocol::Websocket)?);
    let took = time(grpc.median_us);
    let args =
        [("took", (&took).into()), ("sse", (&sse.1).into()), ("websocket", (&websocket.1).into())];
    let compared = text::say("cost-compared", &args);
    let claim = match (sse.0, websocket.0) {
        (Stands::Dearer, Stands::Dearer) => "cost-claim-holds",
        (Stands::Cheaper, Stands::Cheaper) => "cost-claim-fails",
        (Stands::NotApart, Stands::NotApart) => "cost-claim-even",
        (Stands::Dearer, _) => "cost-claim-sse",
        (_, Stands::Dearer) => "cost-claim-websocket",
        _ => "cost-claim-not",
    };
    Some(format!("{compared} {}", text::say(claim, &[])))
}

/// How gRPC stands to another, and in words how many times it took what the other took; none where the
/// other took no time.
fn against(grpc: Cost, other: Cost) -> Option<(Stands, String)> {
    let tenths = Some(tenths(grpc, other)).filter(|tenths| *tenths > 0)?;
    if overlap(grpc, other) {
        return Some((Stands::NotApart, text::say("cost-not-apart", &[])));
    }
    let times = times(tenths);
    Some((stands(tenths), text::say("cost-times", &[("times", (&times).into())])))
}

/// Whether half of the narrower range or more lies in the other one: then the two are not told apart.
fn overlap(one: Cost, other: Cost) -> bool {
    let ([from, upto], [least, most]) = (range(one), range(other));
    let both = upto.min(most).checked_sub(from.max(least));
    let narrower = upto.saturating_sub(from).min(most.saturating_sub(least));
    both.is_some_and(|both| both.saturating_mul(2) >= narrower)
}

/// Between which times four fifths of the measured ones lie, in nanoseconds.
fn range(cost: Cost) -> [u64; 2] {
    [nanos(cost.p10), nanos(cost.p90)]
}

/// What comes over the wire for one message, and how much of that is not its text.
#[must_use]
pub fn bytes(cost: Cost, text_bytes: u64) -> String {
    let all = cost.bytes_on_wire_per_message.max(0.0).round() as u64;
    let (all, more) = (amount::bytes(all), amount::count(all.saturating_sub(text_bytes)));
    text::say("cost-bytes-more", &[("all", (&all).into()), ("more", (&more).into())])
}

fn stands(tenths: u64) -> Stands {
    match tenths {
        ..EVEN => Stands::Cheaper,
        EVEN => Stands::NotApart,
        _ => Stands::Dearer,
    }
}

/// How many times one took what the other took, in tenths; 0 where the other took no time.
fn tenths(one: Cost, other: Cost) -> u64 {
    let (one, other) = (nanos(one.median_us), nanos(other.median_us));
    one.saturating_mul(10).saturating_add(other / 2).checked_div(other).unwrap_or_default()
}

fn times(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn nanos(us: f64) -> u64 {
    (us.max(0.0) * 1_000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What gRPC, SSE and a WebSocket took, in microseconds.
    fn report(medians: [f64; 3]) -> ProcessorTime {
        let cost = |(protocol, median_us): (Protocol, f64)| Cost {
            protocol,
            median_us,
            p10: median_us,
            p90: median_us,
            publish_us: 1.0,
            heard_us: 2.0 * median_us,
            bytes_on_wire_per_message: 91.6,
        };
        let protocols = Protocol::ALL.into_iter().zip(medians).map(cost).collect();
        ProcessorTime {
            messages: 1_000,
            bytes: 64,
            rounds: 20,
            debug: false,
            publish_us: 1.0,
            protocols,
            whole: true,
        }
    }

    fn said(medians: [f64; 3]) -> String {
        verdict(&report(medians)).unwrap()
    }

    #[test]
    fn the_sentence_says_what_was_measured() {
        let dearer = said([20.0, 10.0, 8.0]);
        assert!(dearer.contains("20.0 µs") && dearer.contains("2.0 times as much"), "{dearer}");
        assert!(dearer.contains("2.5 times"), "{dearer}");
        assert!(dearer.ends_with(&text::say("cost-claim-holds", &[])), "{dearer}");
        let cheaper = said([5.0, 10.0, 8.0]);
        assert!(cheaper.contains("0.5 times") && cheaper.contains("0.6 times"), "{cheaper}");
        assert!(cheaper.ends_with(&text::say("cost-claim-fails", &[])), "{cheaper}");
    }

    #[test]
    fn each_outcome_has_its_words() {
        for (medians, claim) in [
            ([10.2, 10.0, 10.0], "cost-claim-even"),
            ([12.0, 10.0, 12.0], "cost-claim-sse"),
            ([12.0, 15.0, 10.0], "cost-claim-websocket"),
            ([10.0, 15.0, 10.0], "cost-claim-not"),
        ] {
            assert!(said(medians).ends_with(&text::say(claim, &[])), "{claim}");
        }
    }

    #[test]
    fn ranges_that_overlap_are_not_told_apart() {
        let mut report = report([12.0, 10.0, 6.0]);
        let ranges = [(9.0, 15.0), (8.0, 13.0), (5.0, 10.0)];
        for (cost, range) in report.protocols.iter_mut().zip(ranges) {
            (cost.p10, cost.p90) = range;
        }
        // 4 of 5 µs lie in both ranges of the first two, 1 of 5 µs in those of the first and the last.
        let said = verdict(&report).unwrap();
        assert_eq!(said.matches(&text::say("cost-not-apart", &[])).count(), 1, "{said}");
        assert!(!said.contains("1.2 times") && said.contains("2.0 times"), "{said}");
        assert!(said.ends_with(&text::say("cost-claim-websocket", &[])), "{said}");
        report.protocols[2].p90 = 11.5;
        let said = verdict(&report).unwrap();
        assert_eq!(said.matches(&text::say("cost-not-apart", &[])).count(), 1, "{said}");
        report.protocols[2].p90 = 12.0;
        let said = verdict(&report).unwrap();
        assert!(said.ends_with(&text::say("cost-claim-even", &[])), "{said}");
    }

    #[test]
    fn no_time_is_told_as_none() {
        let least = text::say("cost-least", &[]);
        assert_eq!((time(0.0), time(0.099)), (least.clone(), least));
        assert_eq!((time(0.1), time(2.0)), ("100 ns".to_owned(), "2.00 µs".to_owned()));
    }

    #[test]
    fn what_was_not_measured_is_not_compared() {
        assert_eq!(verdict(&report([10.0, 0.0, 8.0])), None);
        let mut none = report([10.0, 9.0, 8.0]);
        none.protocols.clear();
        assert_eq!(verdict(&none), None);
    }

    #[test]
    fn bytes_are_those_of_the_wire_and_beside_the_text() {
        let cost = report([1.0; 3]).of(Protocol::Sse).unwrap();
        assert_eq!(bytes(cost, 64), "92 bytes, 28 beside the text");
    }
}
