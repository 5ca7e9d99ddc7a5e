//! What was measured, and the figures of it.

use trace::processor_time::{Cost, Protocol};

use super::house::{Place, Setting};

/// One round at one place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sample {
    /// Processor time for one message, in microseconds.
    pub each_us: f64,
    /// Messages that were delivered.
    pub count: u64,
    /// Bytes that came to the client.
    pub read: u64,
}

/// All rounds at all places.
#[derive(Debug, Default)]
pub struct Samples(Vec<(Place, Vec<Sample>)>);

impl Samples {
    /// Notes a place's rounds.
    pub fn note(&mut self, place: Place, rounds: Vec<Sample>) {
        self.0.push((place, rounds));
    }

    /// Rounds that were whole: what the place has that had the fewest.
    pub fn rounds(&self) -> usize {
        self.0.iter().map(|(_, rounds)| rounds.len()).min().unwrap_or_default()
    }

    /// The whole rounds of a place.
    fn of(&self, protocol: Protocol, setting: Setting) -> &[Sample] {
        let place = Place { protocol, setting };
        let rounds = self.0.iter().find(|(its, _)| *its == place).map(|(_, rounds)| rounds);
        rounds.and_then(|rounds| rounds.get(..self.rounds())).unwrap_or_default()
    }

    /// What publishing takes: by one protocol, or by all.
    pub fn publish_us(&self, protocols: &[Protocol]) -> f64 {
        let rounds = protocols.iter().flat_map(|&protocol| self.of(protocol, Setting::Nobody));
        rounded(quantile(rounds.map(|sample| sample.each_us).collect(), 50))
    }

    /// What delivering takes, round by round.
    fn delivery_us(&self, protocol: Protocol, setting: Setting) -> Vec<f64> {
        let (with, without) = (self.of(protocol, setting), self.of(protocol, Setting::Nobody));
        let both = with.iter().zip(without);
        both.map(|(with, without)| (with.each_us - without.each_us).max(0.0)).collect()
    }

    /// The figures of a protocol.
    pub fn cost(&self, protocol: Protocol) -> Cost {
        let alone = self.delivery_us(protocol, Setting::Alone);
        let heard = self.delivery_us(protocol, Setting::Heard);
        let rounds = self.of(protocol, Setting::Alone);
        let read: u64 = rounds.iter().map(|sample| sample.read).sum();
        let count: u64 = rounds.iter().map(|sample| sample.count).sum();
        Cost {
            protocol,
            median_us: rounded(quantile(alone.clone(), 50)),
            p10: rounded(quantile(alone.clone(), 10)),
            p90: rounded(quantile(alone, 90)),
            publish_us: self.publish_us(&[protocol]),
            heard_us: rounded(quantile(heard, 50)),
            bytes_on_wire_per_message: rounded(read as f64 / count.max(1) as f64),
        }
    }
}

/// The least of these that so many in a hundred do not exceed; 0 where there are none.
fn quantile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or_default()
}

/// Two digits after the point: more would be noise.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounds whose times are given, with two messages each.
    fn rounds(times: &[f64]) -> Vec<Sample> {
        times.iter().map(|&each_us| Sample { each_us, count: 2, read: 181 }).collect()
    }

    fn place(setting: Setting) -> Place {
        Place { protocol: Protocol::Sse, setting }
    }

    #[test]
    fn publishing_is_taken_off_round_by_round() {
        let mut samples = Samples::default();
        samples.note(place(Setting::Nobody), rounds(&[1.0, 2.0, 9.0]));
        samples.note(place(Setting::Alone), rounds(&[6.0, 8.004, 10.0]));
        // The last round was not whole: it counts nowhere.
        samples.note(place(Setting::Heard), rounds(&[20.0, 22.0]));
        assert_eq!(samples.rounds(), 2);
        let cost = samples.cost(Protocol::Sse);
        assert_eq!((cost.p10, cost.median_us, cost.p90), (5.0, 5.0, 6.0));
        assert_eq!((cost.heard_us, cost.publish_us), (19.0, 1.0));
        assert_eq!(cost.bytes_on_wire_per_message, 90.5);
        assert_eq!(samples.publish_us(&Protocol::ALL), 1.0);
    }

    #[test]
    fn nothing_costs_less_than_nothing() {
        let mut samples = Samples::default();
        samples.note(place(Setting::Nobody), rounds(&[5.0]));
        samples.note(place(Setting::Alone), rounds(&[3.0]));
        assert_eq!(samples.cost(Protocol::Sse).median_us, 0.0);
        assert_eq!(Samples::default().rounds(), 0);
        assert_eq!(Samples::default().cost(Protocol::Grpc).p90, 0.0);
    }

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let hundred = || (1..=100).rev().map(f64::from).collect::<Vec<_>>();
        assert_eq!([10, 50, 90].map(|percent| quantile(hundred(), percent)), [10.0, 50.0, 90.0]);
    }
}
