//! What each way came to by which a job's end is learned of, as the log grows.

use trace::entry::Entry;
use trace::metrics::ways::{Figures, Ways};

use crate::model::Model;

/// The lab in which it is learned of in several ways at once.
pub const LAB: &str = "job";

impl Model {
    /// The ways so far: who learned first stands first. There are none in other labs.
    #[must_use]
    pub fn ways(&self) -> Vec<Figures> {
        self.ways.as_ref().map(Ways::figures).unwrap_or_default()
    }

    pub(crate) fn count_ways(&mut self, entry: &Entry) {
        if self.header.lab == LAB {
            self.ways.get_or_insert_default().push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use trace::entry::What;
    use trace::ids::ConnId;
    use trace::log::Header;
    use trace::metrics::ways::{self, Way};
    use trace::note;
    use trace::span::Dir;
    use trace::time::Micros;

    use super::*;
    use crate::lab_log::{LINK, Log, header};
    use crate::lab_runs::SECOND;
    use crate::lab_tests::{holds, lines};
    use crate::look::Look;
    use crate::story::tell;

    fn state(done: u64) -> String {
        format!(r#"{{"job":"pay_abc","done":{done},"of":2}}"#)
    }

    fn progress(log: &mut Log, at: u64, done: u64) {
        let job = || "pay_abc".to_owned();
        log.note(at, None, note::What::JobProgress { job: job(), done, of: 2 });
        if done == 2 {
            log.note(at, None, note::What::JobDone { job: job() });
        }
    }

    /// A job of two seconds, of which three clients learn in a way each.
    fn run() -> (Header, Log) {
        let mut log = Log::default();
        for (conn, client) in [(1, "poller"), (2, "long_poller"), (3, "listener")] {
            log.open(0, conn, client, "instance1");
        }
        log.get(SECOND / 10, 1, "/job?after=0&n=1", None);
        log.answer(SECOND / 10 + LINK + 1_000, 1, 204);
        log.get(SECOND / 10, 2, "/job?after=0&wait=10&n=1", None);
        log.get(SECOND / 10, 3, "/job/events", None);
        log.stream(SECOND / 10 + LINK + 1_000, 3);
        progress(&mut log, SECOND, 1);
        log.block(SECOND + 400, 3, 1, &state(1));
        log.content(SECOND + 500, 2, &state(1));
        log.get(SECOND + SECOND / 10, 1, "/job?after=0&n=2", None);
        log.content(SECOND + SECOND / 10 + LINK + 1_000, 1, &state(1));
        log.get(SECOND + SECOND / 10, 2, "/job?after=1&wait=10&n=2", None);
        progress(&mut log, 2 * SECOND, 2);
        log.block(2 * SECOND + 400, 3, 2, &state(2));
        log.content(2 * SECOND + 500, 2, &state(2));
        log.get(2 * SECOND + SECOND / 10, 1, "/job?after=1&n=3", None);
        log.content(2 * SECOND + SECOND / 10 + LINK + 1_000, 1, &state(2));
        (header(LAB, &["poller", "long_poller", "listener", "instance1"]), log)
    }

    /// The bytes of each connection, as the log has them.
    fn bytes(log: &Log) -> BTreeMap<ConnId, [u64; 2]> {
        let mut all: BTreeMap<ConnId, [u64; 2]> = BTreeMap::new();
        for entry in &log.entries {
            if let What::Chunk(chunk) = &entry.what {
                let bytes = all.entry(chunk.conn).or_default();
                bytes[chunk.dir.index()] += chunk.bytes.len() as u64;
            }
        }
        all
    }

    #[test]
    fn each_way_has_its_own_price_and_delay() {
        let (header, log) = run();
        let heard = bytes(&log);
        let model = Model::of(header, log.entries.clone());
        let ways = model.ways();
        assert_eq!(ways, ways::of(&log.entries), "the same fold");
        let told: Vec<_> = ways
            .iter()
            .map(|it| (it.way, it.client.as_str(), it.requests, it.empty, it.delay_us))
            .collect();
        let us = |us: u64| Some(Micros(us));
        assert_eq!(
            told,
            [
                (Way::Events, "listener", 1, 0, us(LINK + 400)),
                (Way::LongPolling, "long_poller", 2, 0, us(LINK + 500)),
                (Way::ShortPolling, "poller", 3, 1, us(SECOND / 10 + 2 * LINK + 1_000)),
            ]
        );
        for (way, conn) in ways.iter().zip([3, 2, 1]) {
            let both = [way.bytes_to_server, way.bytes_to_client];
            assert_eq!((way.connections, both), (1, heard[&ConnId(conn)]), "{way:?}");
        }
        // Before its end nobody has learned of it.
        let early = log.entries.iter().filter(|entry| entry.at_us < Micros(2 * SECOND));
        assert!(ways::of(early).iter().all(|it| it.delay_us.is_none() && it.learned.is_none()));
    }

    #[test]
    fn a_page_goes_several_ways_on_one_connection() {
        let mut log = Log::default();
        log.open(0, 1, "browser", "instance1");
        log.get(1_000, 1, "/job?after=0&n=1", None);
        log.answer(100_000, 1, 204);
        log.get(200_000, 1, "/job?after=0&wait=10&n=1", None);
        progress(&mut log, SECOND, 2);
        log.content(SECOND + 100, 1, &state(2));
        let ways = ways::of(&log.entries);
        let [held, asked] = ways.as_slice() else { panic!("two ways: {ways:?}") };
        assert_eq!((held.way, held.delay_us), (Way::LongPolling, Some(Micros(LINK + 100))));
        assert_eq!((asked.way, asked.delay_us), (Way::ShortPolling, None));
        let request = "GET /r/abc/job?after=0&n=1 HTTP/1.1\r\n\r\n".len() as u64;
        let answer = "HTTP/1.1 204 OK\r\n\r\n".len() as u64;
        assert_eq!((asked.bytes_to_server, asked.bytes_to_client), (request, answer));
        let all = bytes(&log)[&ConnId(1)];
        let sum = [
            asked.bytes_to_server + held.bytes_to_server,
            asked.bytes_to_client + held.bytes_to_client,
        ];
        assert_eq!(sum, all);
        assert_eq!(all[Dir::ToServer.index()], request + "wait=10&".len() as u64 + request);
    }

    #[test]
    fn its_ladder_is_the_same_however_it_comes() {
        let (header, log) = run();
        holds(&header, &log.entries);
        let model = Model::of(header, log.entries);
        let lines = lines(&model, &Look::default());
        assert!(lines.iter().any(|line| line.contains("GET …/job?after=1&wait=10")), "{lines:#?}");
        let all: Vec<String> = model.steps.iter().map(|step| tell(&model, step).text()).collect();
        let says = |words: &str| all.iter().any(|said| said.contains(words));
        assert!(says("It asks how far the job is."), "{all:#?}");
        assert!(says("It asks whether the job has come further than step 1."), "{all:#?}");
        assert!(says("Step 1 of 2 is done."), "{all:#?}");
        assert!(says("All 2 steps are done: the job is over."), "{all:#?}");
    }
}
