//! The lab without runs: how long a message takes to write and read in three forms, measured in this
//! browser and on the server. The browser does it in slices, so that the page goes on meanwhile.

use forms::Form;
use forms::message::{Size, sample};
use forms::rows::Aligned;
use forms::timing::{Bench, Plan, Report};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;
use trace::lesson::Figure;
use web_sys::Performance;

use crate::state::State;
use crate::studio;

/// How long measuring in the browser may take, in milliseconds.
const LIMIT_MS: f64 = 4_000.0;

/// After so long the page has its turn. A batch that began before is done first; it takes 16 ms at most.
const SLICE_MS: f64 = 10.0;

/// How long the clock's step is looked for, in milliseconds and in looks.
const LOOK_MS: f64 = 10.0;
const LOOKS: u32 = 200_000;

/// The step of a clock that did not move meanwhile, in milliseconds.
const COARSEST_MS: f64 = 100.0;

/// How far measuring is on one side.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Timed {
    /// Nobody has asked for it.
    #[default]
    Never,
    /// The other side is first.
    Due,
    /// It is under way: so many percent are done, where that is known.
    Under(Option<u64>),
    /// It is over.
    Done(Report),
    /// It came to nothing.
    Failed(String),
}

impl Timed {
    /// What was measured.
    #[must_use]
    pub const fn report(&self) -> Option<&Report> {
        match self {
            Self::Done(report) => Some(report),
            _ => None,
        }
    }

    const fn is_busy(&self) -> bool {
        matches!(self, Self::Due | Self::Under(_))
    }
}

/// What was measured on both sides.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// In this browser.
    pub here: RwSignal<Timed>,
    /// On the server.
    pub there: RwSignal<Timed>,
    /// The step of the browser's clock, in nanoseconds.
    pub step_ns: RwSignal<Option<u64>>,
}

impl Measure {
    /// Nothing is measured yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            here: RwSignal::new(Timed::Never),
            there: RwSignal::new(Timed::Never),
            step_ns: RwSignal::new(None),
        }
    }

    /// Whether it is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        [self.here, self.there].into_iter().any(|side| side.with(Timed::is_busy))
    }
}

impl Default for Measure {
    fn default() -> Self {
        Self::new()
    }
}

/// What the knobs say: which message, and how often.
#[must_use]
pub fn wanted(state: State) -> (Size, u64) {
    state.params.with(|params| {
        let size = params.get("message").and_then(Value::as_str).and_then(Size::named);
        let repeats = params.get("repeats").and_then(Value::as_u64);
        (size.unwrap_or_default(), repeats.unwrap_or(1))
    })
}

/// Forgets what was measured before, so that it does not answer questions that are asked anew.
pub fn forget(state: State) {
    let measure = state.measure;
    if !untrack(|| measure.busy()) {
        measure.here.set(Timed::Never);
        measure.there.set(Timed::Never);
    }
}

/// Measures on both sides, one after the other: on one machine they would slow each other down.
pub fn start(state: State) {
    let measure = state.measure;
    if untrack(|| measure.busy()) {
        return;
    }
    let (size, repeats) = untrack(|| wanted(state));
    measure.there.set(Timed::Under(None));
    measure.here.set(Timed::Due);
    spawn_local(async move {
        measure.there.set(match studio::measure(size.id(), repeats).await {
            Ok(report) => Timed::Done(report),
            Err(failed) => Timed::Failed(failed.text()),
        });
        measure.here.set(Timed::Under(Some(0)));
        measure.here.set(here(state, size, repeats).await);
    });
}

async fn here(state: State, size: Size, repeats: u64) -> Timed {
    let Some(clock) = window().performance() else {
        return Timed::Failed(text::say("serialization-no-clock", &[]));
    };
    rest().await;
    let step_ns = step_ns(&clock);
    state.measure.step_ns.set(Some(step_ns));
    let mut bench = Bench::new(size, Plan::coarse(repeats, step_ns));
    let began = clock.now();
    let mut slice = began;
    while let Some(batch) = bench.due() {
        let begin = clock.now();
        if begin - began > LIMIT_MS {
            break;
        }
        if begin - slice > SLICE_MS {
            let spent = (100.0 * (begin - began) / LIMIT_MS) as u64;
            let percent = bench.percent().max(spent).min(99);
            state.measure.here.set(Timed::Under(Some(percent)));
            rest().await;
            // Who has left for a lab with runs does not want them disturbed.
            if untrack(|| state.has_runs()) {
                return Timed::Never;
            }
            slice = clock.now();
            continue;
        }
        bench.run(batch);
        bench.note(batch, nanos(clock.now() - begin));
    }
    Timed::Done(bench.report())
}

/// Lets the page have its turn.
async fn rest() {
    TimeoutFuture::new(0).await;
}

/// The step by which the browser's clock goes: it is made coarse on purpose.
fn step_ns(clock: &Performance) -> u64 {
    let began = clock.now();
    let (mut last, mut least) = (began, COARSEST_MS);
    for _ in 0..LOOKS {
        let now = clock.now();
        if now > last {
            least = least.min(now - last);
        }
        last = now;
        if now - began > LOOK_MS {
            break;
        }
    }
    nanos(least)
}

fn nanos(ms: f64) -> u64 {
    (ms * 1_000_000.0).round() as u64
}

/// The answer to a question of the lesson, once both sides have measured.
#[must_use]
pub fn answer(state: State, figure: Figure) -> Option<u64> {
    let done = |side: RwSignal<Timed>| side.with(|side| side.report().cloned());
    let (here, there) = (done(state.measure.here)?, done(state.measure.there)?);
    let read = |report: &Report, form: Form| report.of(form).decode_ns.p50;
    let answer = match figure {
        Figure::ProtobufPercentOfJson => {
            rounded(100 * here.of(Form::Protobuf).bytes, here.of(Form::Json).bytes)
        }
        Figure::ValuesPercentOfXml => {
            let aligned = Aligned::of(&sample(here.message));
            let (values, all) = (aligned.values(Form::Xml), aligned.bytes(Form::Xml).len());
            rounded(100 * values as u64, all as u64)
        }
        Figure::JsonToProtobufDecode => {
            rounded(read(&there, Form::Json), read(&there, Form::Protobuf))
        }
        Figure::XmlToJsonDecode => rounded(read(&here, Form::Xml), read(&here, Form::Json)),
        _ => return None,
    };
    Some(answer)
}

/// How many times one number is in another, to the nearest whole one.
fn rounded(number: u64, by: u64) -> u64 {
    (number + by / 2).checked_div(by).unwrap_or_default()
}
