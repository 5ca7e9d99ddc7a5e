//! For whom an answer of HTTP/1 waited: at each moment for the first of those before it that is not
//! whole.

use trace::event::Kind;
use trace::http1::{Http1, Request};
use trace::ids::Seq;
use trace::span::{Dir, Span, Spans};
use trace::time::Micros;

use super::{SHOWN, name, path, target};
use crate::model::{Conn, Model};
use crate::step::Step;

/// That an answer waited behind others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    /// What the request asked for, without run and query, for whose answer it waited longest.
    pub path: String,
    /// That answer.
    pub seq: Seq,
    /// How long it waited for that one.
    pub took: Micros,
    /// How long it waited for all of them.
    pub total: Micros,
}

/// Parts a wait among those whose answers come before, the nearest of which is told first, each with the
/// moment at which it was whole. Those for whom nothing is waited are left out.
pub(crate) fn part<T>(
    from: Micros,
    until: Micros,
    before: impl Iterator<Item = (T, Micros)>,
) -> Vec<(T, Micros, Micros)> {
    let mut waits = Vec::new();
    let mut later: Option<(T, Micros)> = None;
    for (who, over) in before {
        let over = over.min(until);
        // Who is later is waited for from the moment at which this one is whole.
        if let Some((later, end)) = later.take()
            && end > over.max(from)
        {
            waits.push((later, over.max(from), end));
        }
        if over <= from {
            break;
        }
        later = Some((who, over));
    }
    waits.extend(later.map(|(who, end)| (who, from, end)));
    waits.reverse();
    waits
}

impl Behind {
    /// The last part of that path.
    pub(crate) fn name(&self) -> &str {
        name(&self.path)
    }
}

impl Model {
    /// For whom an answer waited in a step in which its request was held, if that was most of it.
    pub(crate) fn mostly_behind(&self, step: &Step, until: Micros, by: Seq) -> Option<Behind> {
        let behind = self.behind(by, step.at())?;
        (behind.total.plus(behind.total) > until.since(step.at())).then_some(behind)
    }

    /// For whom the answer with this head waited, whose request had arrived at a moment.
    pub(crate) fn behind(&self, answer: Seq, arrived: Micros) -> Option<Behind> {
        let head = self.event(answer)?;
        let Kind::Http1(Http1::Response(_)) = &head.kind else { return None };
        let conn = self.conns.get(&head.conn)?;
        let until = self.times(head).stands()?;
        let place = conn.served.partition_point(|seq| *seq < answer);
        // An answer ends where the next one begins.
        let mut end = head.evidence.start();
        let before = conn.served.get(..place)?.iter().rev().map_while(|seq| {
            let last = Spans::one(Span { start: end.checked_sub(1)?, len: 1 });
            end = self.event(*seq)?.evidence.start();
            Some((*seq, self.moments.of(head.conn, Dir::ToClient, &last).stands()?))
        });
        let waits = part(arrived, until, before);
        let took = |(_, from, until): &(Seq, Micros, Micros)| until.since(*from);
        let total = Micros(waits.iter().map(|wait| took(wait).0).sum());
        let longest = waits.iter().max_by_key(|wait| took(wait))?;
        let asked = self.request_of(conn, longest.0)?;
        let path = path(&target(&asked.target, &self.header.run.0)).to_owned();
        let behind = Behind { path, seq: longest.0, took: took(longest), total };
        (total >= SHOWN).then_some(behind)
    }

    /// The request that an answer answers.
    fn request_of(&self, conn: &Conn, answer: Seq) -> Option<&Request> {
        let Kind::Http1(Http1::Response(answer)) = &self.event(answer)?.kind else { return None };
        let asked = conn.messages[Dir::ToServer.index()].iter().rev();
        asked.filter_map(|(_, key)| self.event(key.1)).find_map(|event| match &event.kind {
            Kind::Http1(Http1::Request(asked)) if Some(asked.exchange) == answer.exchange => {
                Some(asked)
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(from: u64, until: u64, before: &[(u8, u64)]) -> Vec<(u8, u64, u64)> {
        let before = before.iter().rev().map(|(who, over)| (*who, Micros(*over)));
        let waits = part(Micros(from), Micros(until), before);
        waits.into_iter().map(|(who, from, until)| (who, from.0, until.0)).collect()
    }

    #[test]
    fn a_wait_is_for_the_first_that_is_not_whole() {
        let all = [(1, 5), (2, 20), (3, 22), (4, 22)];
        assert_eq!(parted(8, 30, &all), [(2, 8, 20), (3, 20, 22)]);
        assert_eq!(parted(1, 30, &all), [(1, 1, 5), (2, 5, 20), (3, 20, 22)]);
        assert!(parted(22, 30, &all).is_empty());
        assert_eq!(parted(1, 3, &all), [(1, 1, 3)]);
        assert!(parted(1, 3, &[]).is_empty());
        assert_eq!(parted(1, 30, &[(1, u64::MAX), (2, u64::MAX)]), [(1, 1, 30)]);
    }
}
