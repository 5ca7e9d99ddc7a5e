//! What a wait says: the server works, holds a poll, or stands at the gate; or nothing is asked.

use text::say;
use trace::entry::What;
use trace::ids::{ConnId, Seq};
use trace::note::{self, Act, Note, PollRelease, Release};
use trace::time::Micros;

use super::Teller;
use crate::amount;
use crate::told::{Story, Told};
use crate::words;

impl Teller<'_> {
    /// A wait on the connection, which ends with the entry `by`.
    fn wait(&mut self, id: &str, until: Micros, by: Seq) {
        let (client, server) = self.names();
        let took = amount::time(until.since(self.step.at()));
        let args = [
            ("client", Told::Word(&client)),
            ("server", Told::Word(&server)),
            ("took", Told::Number(took, vec![self.step.seq(), by])),
        ];
        self.story.tell(id, &args);
    }

    pub(super) fn hold(mut self, until: Micros, by: Seq) -> Story {
        let conn = self.step.conn.unwrap_or_default();
        if words::is_held(self.model, conn, self.step.seq()) {
            return self.held(until, by);
        }
        if let Some(behind) = self.model.mostly_behind(self.step, until, by) {
            self.titled(say("story-behind-title", &[]));
            let (_, server) = self.names();
            let took = amount::time(until.since(self.step.at()));
            let args = [
                ("server", Told::Word(&server)),
                ("took", Told::Number(took, vec![self.step.seq(), by])),
                ("behind", Told::Number(amount::millis(behind.took), vec![behind.seq, by])),
                ("path", Told::Word(&behind.path)),
            ];
            self.story.tell("story-behind-hold", &args);
            return self.story;
        }
        self.titled(say("story-hold-title", &[]));
        self.wait("story-hold", until, by);
        self.story
    }

    /// A poll was held: who held it, how long, and what let it go.
    fn held(mut self, until: Micros, by: Seq) -> Story {
        let conn = self.titled(say("story-held-title", &[]));
        self.wait("story-held", until, by);
        let cut = self.model.entry(by).is_some_and(|entry| matches!(entry.what, What::Closed(_)));
        let Some((seq, at, why)) = self.model.release(conn, self.step.at(), until) else {
            if cut {
                self.story.tell("story-held-cut", &[]);
            }
            return self.story;
        };
        let id = match why {
            PollRelease::Woken if self.model.store_lane().is_none() => "story-held-told",
            PollRelease::Woken => "story-held-woken",
            PollRelease::Pulled => "story-held-pulled",
            PollRelease::Limit => "story-held-limit",
            PollRelease::RunEnded => "story-held-ended",
            PollRelease::Abandoned => "story-held-abandoned",
            PollRelease::Killed => "story-held-killed",
            PollRelease::StoreAway => "story-held-store",
        };
        match self.limit(conn) {
            Some((held, limit)) => {
                let limit = Told::Number(amount::time(limit), vec![held]);
                self.story.tell(id, &[("limit", limit)]);
            }
            None if why == PollRelease::Limit => {}
            None => self.story.tell(id, &[]),
        }
        if matches!(why, PollRelease::Woken | PollRelease::Pulled) {
            self.found(seq, at);
        }
        self.story
    }

    /// For how long the poll of this step was to be held at most.
    fn limit(&self, conn: ConnId) -> Option<(Seq, Micros)> {
        let held = &self.model.conns.get(&conn)?.held;
        let (_, seq) = held.iter().find(|(at, _)| *at >= self.step.at())?;
        match &self.model.entry(*seq)?.what {
            What::Note(Note { what: note::What::PollHeld { limit_us, .. }, .. }) => {
                Some((*seq, *limit_us))
            }
            _ => None,
        }
    }

    /// The message that was stored last when a held poll was let go, and through which instance.
    fn found(&mut self, released: Seq, at: Micros) {
        let before = self.model.notes.partition_point(|known| *known <= (at, released));
        let notes = self.model.notes.iter().take(before).rev();
        let stored = notes.filter_map(|(_, seq)| self.model.entry(*seq)).find_map(|entry| {
            match &entry.what {
                What::Note(Note {
                    what: note::What::StoreAppended { instance, id, .. }, ..
                }) => Some((entry.seq, entry.at_us, instance, *id)),
                _ => None,
            }
        });
        let Some((seq, stored, instance, id)) = stored else { return };
        let through = self.model.name_of(instance);
        let args = [
            ("id", Told::Number(format!("#{id}"), vec![seq])),
            ("through", Told::Word(&through)),
            ("ago", Told::Number(amount::time(at.since(stored)), vec![seq, released])),
        ];
        self.story.tell("story-held-found", &args);
    }

    pub(super) fn idle(mut self, until: Micros, by: Seq) -> Story {
        self.titled(say("story-idle-title", &[]));
        self.wait("story-idle", until, by);
        self.story
    }

    pub(super) fn gate(mut self, released: Option<(Seq, Micros)>) -> Story {
        let seq = self.step.seq();
        let (act, limit) = match self.model.entry(seq).map(|entry| &entry.what) {
            Some(What::Note(Note { what: note::What::GateHeld { act, limit_us, .. }, .. })) => {
                (*act, *limit_us)
            }
            _ => return self.story,
        };
        self.titled(say("story-gate-title", &[]));
        let (client, server) = self.names();
        let before = match act {
            Act::Answer => "story-gate-answer",
            Act::Push => "story-gate-push",
            Act::Close => "story-gate-close",
            Act::Deliver => "story-gate-deliver",
            Act::Transfer => "story-gate-transfer",
        };
        let args = [("client", Told::Word(&client)), ("server", Told::Word(&server))];
        self.story.tell(before, &args);
        let Some((release, at)) = released else {
            let limit = Told::Number(amount::time(limit), vec![seq]);
            self.story.tell("story-gate-press", &[("limit", limit)]);
            return self.story;
        };
        let by = self.model.entry(release).and_then(|entry| match &entry.what {
            What::Note(Note { what: note::What::GateReleased { by, .. }, .. }) => Some(*by),
            _ => None,
        });
        let why = match by {
            Some(Release::Next) => "story-gate-next",
            Some(Release::Limit) => "story-gate-limit",
            Some(Release::Abandoned) => "story-gate-abandoned",
            _ => "story-gate-ended",
        };
        let waited = amount::time(at.since(self.step.at()));
        self.story.tell(why, &[("waited", Told::Number(waited, vec![seq, release]))]);
        self.story
    }
}
