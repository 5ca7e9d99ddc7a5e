//! The ladder as a list: each row in one line, for those who hear it.

use trace::entry::{Ending, What};
use trace::span::{Dir, Side};

use crate::amount;
use crate::draw::said;
use crate::model::Model;
use crate::rows::{Part, Row};
use crate::step::{Step, StepKind};

/// A row in words: "Instance 1 to Browser, HTTP/1.1 200 OK, 31 bytes, after a wait of 9.80 s".
#[must_use]
pub fn line(model: &Model, row: &Row) -> String {
    let Some(step) = model.steps.get(row.step) else { return String::new() };
    let conn = step.conn.and_then(|conn| model.conns.get(&conn));
    let name = |lane: Option<usize>| lane.map_or("?", |lane| model.lane_name(lane)).to_owned();
    let names = (name(conn.map(|conn| conn.client)), name(conn.map(|conn| conn.server)));
    let number = step.conn.map(|conn| conn.to_string()).unwrap_or_default();
    let line = Line { model, step, client: names.0, server: names.1, conn: number };
    match (row.part, &step.what) {
        (Part::Fold { count, .. }, _) => text::say("row-fold", &[("count", count.into())]),
        (Part::Chunk(seq), StepKind::Message { dir, .. }) => {
            let len = match model.entry(seq).map(|entry| &entry.what) {
                Some(What::Chunk(chunk)) => chunk.bytes.len() as u64,
                _ => 0,
            };
            let (from, to) = line.way(*dir);
            let args = [("from", from.into()), ("to", to.into()), ("bytes", len.into())];
            text::say("row-chunk", &args)
        }
        (Part::Event(seq), StepKind::Message { dir, .. }) => line.message(*dir, &[seq]),
        (_, StepKind::Message { dir, events }) => line.message(*dir, events),
        (_, what) => line.other(what),
    }
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

    fn message(&self, dir: Dir, events: &[trace::ids::Seq]) -> String {
        let known = || events.iter().filter_map(|seq| self.model.event(*seq));
        let Some(first) = known().next() else { return String::new() };
        let bytes: u64 = known().map(|event| event.evidence.len()).sum();
        let (from, to) = self.way(dir);
        let words = said(first, &self.model.header.run.0).1;
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
        let faults = known().map(|event| event.faults.len() as u64).sum::<u64>();
        if faults > 0 {
            line.push_str(&text::say("row-fault", &[("count", faults.into())]));
        }
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
            StepKind::Hold { until, .. } => {
                let took = amount::time(until.since(self.step.at()));
                text::say("row-hold", &[("server", server.into()), ("took", (&took).into())])
            }
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
            StepKind::Close => self.close(),
            StepKind::Message { .. } | StepKind::Note | StepKind::Lost => {
                crate::story::tell(self.model, self.step).title
            }
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
                let carried = known.map_or(0, |conn| conn.served.len() as u64);
                let args = [("who", who.into()), conn, ("carried", carried.into())];
                text::say("row-close", &args)
            }
        }
    }
}
