//! The lab `serialization`: one message as JSON, XML and Protocol Buffers. It has no lanes and no runs, as
//! nothing goes over a wire; what is measured is how long this server takes to write and read each form.

use forms::message::Size;
use forms::timing::{Bench, Plan, Report};
use trace::studio::Lab;

use super::{choice, integer, lab};
use crate::clock;

/// Its name in the API.
pub const ID: &str = "serialization";

/// How long measuring may take, in nanoseconds.
const LIMIT_NS: u64 = 2_000_000_000;

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let params = vec![
        choice("message", &Size::ALL.map(Size::id)),
        integer("repeats", [1, 10_000, 20_000], ""),
    ];
    lab(ID, "contracts", params)
}

/// Writes and reads a message in each form, as often as is asked for or as there is time. It keeps its
/// thread busy for all of it.
#[must_use]
pub fn measure(size: Size, repeats: u64) -> Report {
    let mut bench = Bench::new(size, Plan::fine(repeats));
    let began = clock::nanos();
    while let Some(batch) = bench.due() {
        let begin = clock::nanos();
        if begin.saturating_sub(began) > LIMIT_NS {
            break;
        }
        bench.run(batch);
        bench.note(batch, clock::nanos().saturating_sub(begin));
    }
    bench.report()
}
