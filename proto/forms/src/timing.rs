//! What is repeated when the encodings are timed, and the figures of it. Whoever measures asks what is due,
//! does it between two looks at a clock, and notes what it took:
//!
//! ```text
//! while let Some(batch) = bench.due() {
//!     let begin = clock();
//!     bench.run(batch);
//!     bench.note(batch, clock() - begin);
//! }
//! ```
//!
//! A batch is the same act several times over, so many that the clock's own step does not matter. The six
//! acts take turns, so that what else the machine does meets all of them alike.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use crate::message::{Message, Size, sample};
use crate::{Form, decode, encode};

/// Each act has at least so many samples, if it is repeated so often at all.
const SAMPLES: u64 = 10;

/// So many batches of the right size are thrown away first: code is slow before it is warm.
const WARM_UPS: u32 = 2;

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Encode,
    Decode,
}

/// How often, and by what kind of clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// At least so many times.
    repeats: u64,
    /// A batch takes at least so long, in nanoseconds, …
    batch_ns: u64,
    /// … unless it has so many repeats.
    batch_most: u64,
}

impl Plan {
    /// For a clock that tells nanoseconds.
    #[must_use]
    pub const fn fine(repeats: u64) -> Self {
        let most = repeats / SAMPLES;
        Self { repeats, batch_ns: 5_000, batch_most: if most == 0 { 1 } else { most } }
    }

    /// For a clock of such steps, in nanoseconds, as a browser has. A batch takes no longer than 16 ms, so
    /// that the page goes on; where 20 steps take longer than that, the figures are as coarse as the clock.
    #[must_use]
    pub fn coarse(repeats: u64, step_ns: u64) -> Self {
        let batch_ns = step_ns.saturating_mul(20).clamp(500_000, 8_000_000);
        Self { repeats, batch_ns, batch_most: 1 << 20 }
    }
}

/// An act that is due, and how often it is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    course: usize,
    repeats: u64,
}

/// One act on one form: its samples so far.
#[derive(Debug)]
struct Course {
    form: Form,
    act: Act,
    batch: u64,
    /// Batches of the right size that are still thrown away; none is known to be right at first.
    warm_ups: Option<u32>,
    count: u64,
    /// Nanoseconds for one.
    samples: Vec<u64>,
}

/// All six acts on one message.
#[derive(Debug)]
pub struct Bench {
    size: Size,
    plan: Plan,
    message: Message,
    encoded: [Vec<u8>; 3],
    courses: Vec<Course>,
    /// The act whose turn it is.
    turn: usize,
}

impl Bench {
    /// Nothing is measured yet.
    #[must_use]
    pub fn new(size: Size, plan: Plan) -> Self {
        let message = sample(size);
        let encoded = Form::ALL.map(|form| encode(form, &message));
        let course = |(act, form)| Course {
            form,
            act,
            batch: 1,
            warm_ups: None,
            count: 0,
            samples: Vec::new(),
        };
        let acts = [Act::Encode, Act::Decode];
        let all = acts.into_iter().flat_map(|act| Form::ALL.map(|form| (act, form)));
        let courses = all.map(course).collect();
        Self { size, plan, message, encoded, courses, turn: 0 }
    }

    /// What is to be timed next; nothing when all is done.
    #[must_use]
    pub fn due(&self) -> Option<Batch> {
        let all = self.courses.iter().enumerate();
        let mut round = all.cycle().skip(self.turn).take(self.courses.len());
        let (index, course) = round.find(|(_, course)| !course.is_done(self.plan))?;
        Some(Batch { course: index, repeats: course.batch })
    }

    /// Does what is due. Of what it makes nothing is kept; that it is thrown away again belongs to it.
    pub fn run(&self, batch: Batch) {
        let Some(course) = self.courses.get(batch.course) else { return };
        let bytes = self.encoded.get(course.form.index()).map(Vec::as_slice).unwrap_or_default();
        for _ in 0..batch.repeats {
            match course.act {
                Act::Encode => drop(black_box(encode(course.form, black_box(&self.message)))),
                Act::Decode => drop(black_box(decode(course.form, black_box(bytes)))),
            }
        }
    }

    /// Notes what it took, in nanoseconds.
    pub fn note(&mut self, batch: Batch, took_ns: u64) {
        if let Some(course) = self.courses.get_mut(batch.course) {
            course.note(self.plan, batch.repeats, took_ns);
        }
        self.turn = batch.course.saturating_add(1);
    }

    /// How far it is, in percent.
    #[must_use]
    pub fn percent(&self) -> u64 {
        let done: u64 = self.courses.iter().map(|course| course.count.min(self.plan.repeats)).sum();
        let all = self.plan.repeats.saturating_mul(self.courses.len() as u64);
        (100 * done).checked_div(all).unwrap_or(100)
    }

    /// The figures so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let times = |form: Form, act: Act| {
            let its = |course: &&Course| course.form == form && course.act == act;
            self.courses.iter().find(its).map(Course::times).unwrap_or_default()
        };
        let measured = |form: Form| Measured {
            form,
            bytes: self.encoded.get(form.index()).map_or(0, Vec::len) as u64,
            encode_ns: times(form, Act::Encode),
            decode_ns: times(form, Act::Decode),
        };
        Report {
            message: self.size,
            repeats: self.plan.repeats,
            whole: self.due().is_none(),
            debug: cfg!(debug_assertions),
            forms: Form::ALL.map(measured).to_vec(),
        }
    }
}

impl Course {
    fn is_done(&self, plan: Plan) -> bool {
        let samples = self.samples.len() as u64;
        self.count >= plan.repeats && samples >= SAMPLES.min(plan.repeats)
    }

    fn note(&mut self, plan: Plan, repeats: u64, took_ns: u64) {
        match self.warm_ups {
            None if took_ns < plan.batch_ns && self.batch < plan.batch_most => {
                self.batch = self.batch.saturating_mul(2).min(plan.batch_most);
            }
            None => self.warm_ups = Some(WARM_UPS),
            Some(left @ 1..) => self.warm_ups = Some(left - 1),
            Some(0) => {
                self.count = self.count.saturating_add(repeats);
                self.samples.push(took_ns.checked_div(repeats).unwrap_or_default());
            }
        }
    }

    fn times(&self) -> Times {
        let mut sorted = self.samples.clone();
        sorted.sort_unstable();
        // The least sample that so many in a hundred do not exceed.
        let rank = |percent: usize| {
            let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(at).copied().unwrap_or_default()
        };
        Times {
            count: self.count,
            samples: sorted.len() as u64,
            min: rank(0),
            p50: rank(50),
            p90: rank(90),
            max: rank(100),
        }
    }
}

/// How long an act took, once: nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Times {
    /// How often it was done.
    pub count: u64,
    /// In how many batches; each is one sample, the mean of its own.
    pub samples: u64,
    /// The shortest sample.
    pub min: u64,
    /// Half of the samples took at most this.
    pub p50: u64,
    /// Nine of ten samples took at most this.
    pub p90: u64,
    /// The longest sample.
    pub max: u64,
}

/// The figures of one encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Which.
    pub form: Form,
    /// How many bytes the message has in it.
    pub bytes: u64,
    /// To write the message.
    pub encode_ns: Times,
    /// To read it.
    pub decode_ns: Times,
}

/// What `GET /api/serialization` gives; the page measures the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The message.
    pub message: Size,
    /// How often each act was to be done.
    pub repeats: u64,
    /// Whether that was done; else the time was over before.
    pub whole: bool,
    /// Whether it was a debug build that did it: not made to be quick, and so no measure of anything.
    #[serde(default)]
    pub debug: bool,
    /// Each encoding, in the order of [`Form::ALL`].
    pub forms: Vec<Measured>,
}

impl Report {
    /// The figures of one encoding.
    #[must_use]
    pub fn of(&self, form: Form) -> Measured {
        self.forms.iter().find(|measured| measured.form == form).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fills a bench by a clock that is made up: how long an act takes goes by its number.
    fn measured(plan: Plan) -> Bench {
        let mut bench = Bench::new(Size::Small, plan);
        let mut turns = 0;
        while let Some(batch) = bench.due() {
            bench.note(batch, batch.repeats * (100 + batch.course as u64));
            turns += 1;
            assert!(turns < 100_000, "it ends");
        }
        bench
    }

    #[test]
    fn each_act_is_done_as_often_as_it_is_asked_for() {
        for repeats in [1, 7, 10, 250] {
            let bench = measured(Plan::fine(repeats));
            let report = bench.report();
            assert!(report.whole && bench.percent() == 100, "{repeats}");
            assert_eq!((report.repeats, report.message), (repeats, Size::Small));
            for (index, form) in Form::ALL.into_iter().enumerate() {
                let measured = report.of(form);
                assert_eq!(measured.bytes, encode(form, &sample(Size::Small)).len() as u64);
                let acts = [(measured.encode_ns, index), (measured.decode_ns, 3 + index)];
                for (times, number) in acts {
                    let took = 100 + number as u64;
                    assert_eq!([times.min, times.p50, times.p90, times.max], [took; 4], "{form:?}");
                    assert!(times.count >= repeats && times.count < 2 * repeats + 1, "{times:?}");
                    assert!(times.samples >= repeats.min(SAMPLES), "{times:?}");
                }
            }
        }
    }

    #[test]
    fn a_coarse_clock_makes_large_batches() {
        let bench = measured(Plan::coarse(20_000, 100_000));
        for times in bench.report().forms.iter().map(|measured| measured.encode_ns) {
            let batch = times.count / times.samples;
            assert!(batch * times.p50 >= 2_000_000, "20 steps at least: {times:?}");
            assert!(times.samples >= SAMPLES && times.count >= 20_000, "{times:?}");
        }
        assert_eq!(Plan::coarse(1, 1).batch_ns, 500_000);
        assert_eq!(Plan::coarse(1, u64::MAX).batch_ns, 8_000_000);
    }

    #[test]
    fn acts_take_turns_and_what_is_not_warm_does_not_count() {
        let mut bench = Bench::new(Size::Small, Plan::fine(10));
        let mut order = Vec::new();
        for _ in 0..6 * 4 {
            let batch = bench.due().unwrap();
            order.push(batch.course);
            bench.run(batch);
            bench.note(batch, 1_000_000);
        }
        assert_eq!(order[..12], [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
        let report = bench.report();
        assert!(!report.whole && bench.percent() == 10);
        assert!(report.forms.iter().all(|measured| measured.decode_ns.count == 1), "the fourth");
    }

    #[test]
    fn the_spread_is_that_of_the_samples() {
        let samples = (1..=20).rev().collect();
        let (form, act) = (Form::Json, Act::Encode);
        let course = Course { form, act, batch: 1, warm_ups: Some(0), count: 20, samples };
        let times = course.times();
        assert_eq!([times.min, times.p50, times.p90, times.max], [1, 10, 18, 20]);
        let none = Course { samples: Vec::new(), count: 0, ..course };
        assert_eq!(none.times(), Times::default());
    }

    #[test]
    fn a_report_is_read_again() {
        let report = measured(Plan::fine(3)).report();
        let text = serde_json::to_string(&report).unwrap();
        let debug = report.debug;
        let begin = format!(
            r#"{{"message":"small","repeats":3,"whole":true,"debug":{debug},"forms":[{{"form":"json","#
        );
        assert!(text.starts_with(&begin), "{text}");
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
        assert_eq!(debug, cfg!(debug_assertions));
    }
}
