//! The ladder as a list: each row in one line, for those who hear it.

use trace::entry::{Ending, What};
use trace::event::Event;
use trace::ids::Seq;
use trace::span::{Dir, Side};
use trace::time::Micros;
use trace::webhook::Planned;

use crate::amount;
use crate::fold::{self, Fold, Folded};
use crate::marks::remark;
use crate::model::Model;
use crate::rows::{Part, Row};
use crate::step::{Step, StepKind};
use crate::tls::TlsSide;
use crate::webhook::Over;
use crate::{noted, words};

/// A row in words: "Instance 1 to Browser, HTTP/1.1 200 OK, 31 bytes, after a wait of 9.80 s".
#[must_use]
pub fn line(model: &Model, row: &Row) -> String {
    let Some(step) = model.steps.get(row.step) else { return String::new() };
    let lanes = model.lanes_of(step);
    let name = |lane: Option<usize>| lane.map_or("?", |lane| model.lane_name(lane)).to_owned();
    let names = (name(lanes.map(|lanes| lanes.0)), name(lanes.map(|lanes| lanes.1)));
    let number = step.conn.map(|conn| conn.to_string()).unwrap_or_default();
    let line = Line { model, step, client: names.0, server: names.1, conn: number };
    match (row.part, &step.what) {
        (Part::Fold(fold), _) => folded(model, step, fold),
        (Part::Chunk(seq), StepKind::Message { dir, .. }) => {
            let len = match model.entry(seq).map(|entry| &entry.what) {
                Some(What::Chunk(chunk)) => chunk.bytes.len() as u64,
                _ => 0,
            };
            let (from, to) = line.way(*dir);
            let args = [("from", from.into()), ("to", to.into()), ("bytes", len.into())];
            match step.conn.and_then(|conn| model.side_of_tls(conn)) {
                Some(TlsSide::Outside) => text::say("row-chunk-outside", &args),
                Some(TlsSide::Inside) => text::say("row-chunk-inside", &args),
                None => text::say("row-chunk", &args),
            }
        }
        (Part::Event(seq), StepKind::Message { dir, .. }) => line.message(*dir, &[seq]),
        (_, StepKind::Message { dir, events }) => line.message(*dir, events),
        (_, what) => line.other(what),
    }
}

fn folded(model: &Model, first: &Step, fold: Fold) -> String {
    let id = match fold.kind {
        Folded::Preflights => "row-fold",
        Folded::Polls if fold.reads > 0 => "row-fold-polls-reads",
        Folded::Polls => "row-fold-polls",
        Folded::Reads => "row-fold-reads",
        Folded::Pings => "row-fold-pings",
        Folded::Frames => "row-fold-frames",
        Folded::Records => "row-fold-records",
    };
    let (count, _) = fold::extent(model, first, fold);
    text::say(id, &[("count", count.into()), ("reads", fold.reads.into())])
}

struct Line<'a> {
    model: &'a Model,
    step: &'a Step,
    client: String,
    server: String,
    conn: String,
}

impl Line<'_> {
    fn way(&self, dir: Dir) -> (&str, &str) {
        match dir {
            Dir::ToServer => (&self.client, &self.server),
            Dir::ToClient => (&self.server, &self.client),
        }
    }

    fn message(&self, dir: Dir, events: &[Seq]) -> String {
        let known = || events.iter().filter_map(|seq| self.model.event(*seq));
        let Some((_, _, words)) = words::of(self.model, events) else { return String::new() };
        if known().next().is_some_and(|first| self.model.ends_stream(first)) {
            // Its bytes are those of the events before.
            let args = [("who", (&self.server).into()), ("said", (&words).into())];
            return format!("{}{}", text::say("row-note", &args), faults(known()));
        }
        let bytes = self.model.size_of(events);
        let (from, to) = self.way(dir);
        let args = [
            ("from", from.into()),
            ("to", to.into()),
            ("said", (&words).into()),
            ("bytes", bytes.into()),
        ];
        let mut line = text::say("row-message", &args);
        if let Some(took) = self.held() {
            line.push_str(&text::say("row-after", &[("took", (&took).into())]));
        }
        line.push_str(&faults(known()));
        line
    }

    /// How long the server had worked when this message came, where that is a step.
    fn held(&self) -> Option<String> {
        let index = self.model.index_of(self.step.key)?;
        let before = self.model.steps.get(index.checked_sub(1)?)?;
        match before.what {
            StepKind::Hold { until, .. } if before.conn == self.step.conn => {
                Some(amount::time(until.since(before.at())))
            }
            _ => None,
        }
    }

    fn other(&self, what: &StepKind) -> String {
        let (client, server, conn) = (&self.client, &self.server, &self.conn);
        match what {
            StepKind::Open => {
                let args =
                    [("client", client.into()), ("server", server.into()), ("conn", conn.into())];
                text::say("row-open", &args)
            }
            StepKind::Hold { until, by } => self.hold(*until, *by),
            StepKind::Idle { until, .. } => {
                let took = amount::time(until.since(self.step.at()));
                text::say("row-idle", &[("conn", conn.into()), ("took", (&took).into())])
            }
            StepKind::Gate { released: None } => {
                text::say("row-gate", &[("server", server.into())])
            }
            StepKind::Gate { released: Some((_, at)) } => {
                let took = amount::time(at.since(self.step.at()));
                text::say("row-gate-over", &[("server", server.into()), ("took", (&took).into())])
            }
            StepKind::Backoff { sent } => self.backoff(*sent),
            StepKind::Close => self.close(),
            StepKind::Note => self.note(),
            StepKind::Message { .. } | StepKind::Lost => {
                crate::story::tell(self.model, self.step).title
            }
        }
    }

    /// What the server does with a request until it answers: it works, or holds a poll.
    fn hold(&self, until: Micros, by: Seq) -> String {
        let took = amount::time(until.since(self.step.at()));
        let args = [("server", (&self.server).into()), ("took", (&took).into())];
        if let Some(behind) = self.model.mostly_behind(self.step, until, by) {
            let [server, took] = args;
            return text::say("row-behind", &[server, took, ("whom", behind.name().into())]);
        }
        let conn = self.step.conn.unwrap_or_default();
        if !words::is_held(self.model, conn, self.step.seq()) {
            return text::say("row-hold", &args);
        }
        let mut line = text::say("row-held", &args);
        if let Some((.., by)) = self.model.release(conn, self.step.at(), until) {
            let why = text::say(crate::waits::let_go(self.model, by), &[]);
            line.push_str(&text::say("row-why", &[("why", (&why).into())]));
        }
        line
    }

    /// A delivery waits for its next attempt.
    fn backoff(&self, sent: Option<(Seq, Micros)>) -> String {
        let Some(due) = self.model.due(self.step) else { return String::new() };
        let took = amount::time(sent.map_or(due.wait, |(_, at)| at.since(self.step.at())));
        let (delivery, attempt) = (words::webhook::id(due.delivery), due.attempt.to_string());
        let args = [
            ("server", (&self.server).into()),
            ("took", (&took).into()),
            ("attempt", (&attempt).into()),
            ("delivery", (&delivery).into()),
        ];
        let id = match (self.model.wait_is_over(sent), due.why) {
            (Over::Not, _) => "row-backoff",
            (Over::Dead, _) => "row-backoff-dead",
            (Over::Sent, Planned::Retry) => "row-backoff-over",
            (Over::Sent, _) => "row-waited",
        };
        text::say(id, &args)
    }

    /// What the application says of itself.
    fn note(&self) -> String {
        let Some(What::Note(note)) = self.model.entry(self.step.seq()).map(|entry| &entry.what)
        else {
            return String::new();
        };
        if let Some(call) = noted::call(&note.what) {
            let (from, to) = self.way(call.dir);
            let said = ("said", (&call.said).into());
            let mut line = text::say("row-call", &[("from", from.into()), ("to", to.into()), said]);
            if let Some(gave) = call.gave {
                line.push_str(&text::say("row-why", &[("why", (&gave).into())]));
            }
            return line;
        }
        match remark(self.model, note) {
            Some((said, _)) if noted::instance(&note.what).is_some() => {
                let args = [("who", (&self.server).into()), ("said", (&said).into())];
                text::say("row-note", &args)
            }
            _ => crate::story::tell(self.model, self.step).title,
        }
    }

    fn close(&self) -> String {
        let entry = self.model.entry(self.step.seq()).map(|entry| &entry.what);
        let Some(What::Closed(closed)) = entry else { return String::new() };
        let who = if closed.by == Side::Client { &self.client } else { &self.server };
        let conn = ("conn", (&self.conn).into());
        match closed.how {
            Ending::Reset => text::say("row-reset", &[("who", who.into()), conn]),
            Ending::Fin => {
                let known = self.step.conn.and_then(|conn| self.model.conns.get(&conn));
                let carried = known.map_or(0, |conn| self.model.within(conn).served.len() as u64);
                let args = [("who", who.into()), conn, ("carried", carried.into())];
                text::say("row-close", &args)
            }
        }
    }
}

/// How much is wrong with a message, where anything is.
fn faults<'a>(events: impl Iterator<Item = &'a Event>) -> String {
    let count = events.map(|event| event.faults.len() as u64).sum::<u64>();
    if count > 0 { text::say("row-fault", &[("count", count.into())]) } else { String::new() }
}
