//! What a row of folded steps says: first what is folded and when it was, then what its first step says.

use trace::ids::Seq;
use trace::time::Micros;

use super::tell;
use crate::amount;
use crate::fold;
use crate::list;
use crate::model::Model;
use crate::rows::{Fold, Folded, Part, Row};
use crate::step::Step;
use crate::told::{Story, Told};

/// Tells a row: its step, and of folded steps what they are together.
#[must_use]
pub fn tell_row(model: &Model, row: &Row) -> Option<Story> {
    let step = model.steps.get(row.step)?;
    let first = tell(model, step);
    let Part::Fold(fold) = row.part else { return Some(first) };
    let (title, between) = (list::line(model, row), first.between);
    let mut story = Story { title, between, pieces: Vec::new() };
    summary(&mut story, model, step, fold);
    story.tell("story-fold-first", &[]);
    story.go_on(first.pieces);
    Some(story)
}

/// How many are folded, and from when to when.
fn summary(story: &mut Story, model: &Model, first: &Step, fold: Fold) {
    let (count, last) = fold::extent(model, first, fold);
    let ends: Vec<Seq> = vec![first.seq(), last.1];
    let clock = |at: Micros| format!("{} s", amount::clock(at.since(model.began())));
    let id = match fold.kind {
        Folded::Preflights => "story-fold-preflights",
        Folded::Polls if fold.reads > 0 => "story-fold-polls-reads",
        Folded::Polls => "story-fold-polls",
        Folded::Reads => "story-fold-reads",
        Folded::Pings => "story-fold-pings",
        Folded::Frames => "story-fold-frames",
        Folded::Records => "story-fold-records",
    };
    let args = [
        ("count", Told::Count(count, ends.clone())),
        ("reads", Told::Count(fold.reads, ends)),
        ("from", Told::Number(clock(first.at()), vec![first.seq()])),
        ("until", Told::Number(clock(last.0), vec![last.1])),
    ];
    story.tell(id, &args);
}
