//! The answers to a lesson's questions: figures of the run, reckoned from its log and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use trace::entry::What;
use trace::event::Kind;
use trace::http1::Http1;
use trace::ids::ConnId;
use trace::lesson::Figure;
use trace::metrics::Metrics;
use trace::note;
use trace::participant::Role;
use trace::span::{Dir, Side};

use crate::model::{Conn, Model};
use crate::step::StepKind;
use crate::streams::{self, Protocol};

/// A figure of a run.
#[must_use]
pub fn of(model: &Model, figure: Figure) -> u64 {
    let metrics = model.metrics();
    match figure {
        Figure::ConnectionsOpened => metrics.connections_opened,
        Figure::ConnectionsClosed => metrics.connections_closed,
        Figure::Requests => metrics.requests,
        Figure::Responses => metrics.responses,
        Figure::BytesToServer => metrics.bytes_to_server,
        Figure::BytesToClient => metrics.bytes_to_client,
        Figure::PayloadSharePercent => {
            let all = metrics.bytes_to_server + metrics.bytes_to_client;
            (100 * metrics.payload_bytes + all / 2).checked_div(all).unwrap_or_default()
        }
        Figure::LongestWaitMs => longest_wait(model).max(longest_wait_of_streams(model)),
        Figure::RequestsOnBusiestConnection => {
            let requests = |(id, conn): (&ConnId, &Conn)| requests(model, *id, conn);
            model.conns.iter().map(requests).max().unwrap_or_default()
        }
        Figure::ClosedByServer => closed_by_server(model),
        Figure::EmptyResponses => metrics.empty_responses,
        Figure::Messages => metrics.messages,
        Figure::LongestDeliveryMs => metrics.delivery_delay_us.max / 1_000,
        Figure::ClientsOnBusiestInstance => clients_on_busiest(model),
        Figure::BusiestInstancePercent => busiest_percent(&metrics),
        Figure::MessagesLost => messages_lost(model),
        Figure::LongestBehindMs => longest_behind(model),
        // Nothing of a run says them.
        Figure::ProtobufPercentOfJson
        | Figure::ValuesPercentOfXml
        | Figure::JsonToProtobufDecode
        | Figure::XmlToJsonDecode => 0,
    }
}

/// Clients are counted once on an instance, however often they come back.
fn clients_on_busiest(model: &Model) -> u64 {
    let mut clients: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let role = |lane: usize| model.lanes.get(lane).map(|lane| lane.role);
    for conn in model.conns.values().filter(|conn| conn.opened.is_some()) {
        if role(conn.server) == Some(Role::Server) && role(conn.client) != Some(Role::Server) {
            clients.entry(conn.server).or_default().insert(conn.client);
        }
    }
    clients.values().map(BTreeSet::len).max().unwrap_or_default() as u64
}

fn busiest_percent(metrics: &Metrics) -> u64 {
    let all: u64 = metrics.load.values().map(|load| load.bytes).sum();
    let most = metrics.load.values().map(|load| load.bytes).max().unwrap_or_default();
    (100 * most + all / 2).checked_div(all).unwrap_or_default()
}

fn messages_lost(model: &Model) -> u64 {
    let mut lost = BTreeSet::new();
    for (_, seq) in &model.notes {
        let Some(What::Note(note)) = model.entry(*seq).map(|entry| &entry.what) else { continue };
        if let note::What::MessagesLost { user, ids, .. } = &note.what {
            lost.extend(ids.iter().map(|id| (user.as_str(), *id)));
        }
    }
    lost.len() as u64
}

fn closed_by_server(model: &Model) -> u64 {
    let by_server = |conn: &&Conn| {
        let entry = conn.closed.and_then(|seq| model.entry(seq));
        matches!(entry.map(|entry| &entry.what), Some(What::Closed(closed)) if closed.by == Side::Server)
    };
    let stores = model.store_lane();
    let own = |conn: &&Conn| Some(conn.server) != stores && conn.inside.is_none();
    model.conns.values().filter(own).filter(by_server).count() as u64
}

/// For how long an answer waited behind others on its connection, at most.
fn longest_behind(model: &Model) -> u64 {
    let all = model.conns.keys().filter_map(|id| streams::gather(model, *id));
    let behind = all.flat_map(|streams| streams.lanes).map(|lane| lane.behind());
    behind.max().unwrap_or_default().0 / 1_000
}

fn requests(model: &Model, id: ConnId, conn: &Conn) -> u64 {
    let multiplexed = streams::gather(model, id).filter(|it| it.protocol == Protocol::Http2);
    if let Some(multiplexed) = multiplexed {
        return multiplexed.lanes.len() as u64;
    }
    let is_request = |(_, key): &&(u64, crate::step::Key)| {
        let kind = model.event(key.1).map(|event| &event.kind);
        matches!(kind, Some(Kind::Http1(Http1::Request(request))) if !request.preflight)
    };
    let messages = &conn.messages[Dir::ToServer.index()];
    let mut keys: Vec<_> = messages.iter().filter(is_request).map(|(_, key)| key).collect();
    keys.dedup();
    keys.len() as u64
}

/// The same over HTTP/2, where a request and its answer have a stream of their own.
fn longest_wait_of_streams(model: &Model) -> u64 {
    let all = model.conns.keys().filter_map(|id| streams::gather(model, *id));
    let multiplexed = all.filter(|streams| streams.protocol == Protocol::Http2);
    let waited = |lane: &streams::Lane| Some(lane.answered?.since(lane.arrived?));
    let longest = multiplexed.flat_map(|it| it.lanes).filter_map(|lane| waited(&lane)).max();
    longest.unwrap_or_default().0 / 1_000
}

/// In one pass: when each request was whole at the server, until its answer leaves.
fn longest_wait(model: &Model) -> u64 {
    let mut asked = BTreeMap::new();
    let mut longest = 0;
    for step in &model.steps {
        let (Some(conn), StepKind::Message { events, .. }) = (step.conn, &step.what) else {
            continue;
        };
        let (Some(head), Some(last)) = (events.first(), events.last()) else { continue };
        match model.event(*head).map(|head| (head, &head.kind)) {
            Some((_, Kind::Http1(Http1::Request(request)))) => {
                asked.insert((conn, request.exchange), model.arrived(*last));
            }
            Some((head, Kind::Http1(Http1::Response(response)))) if response.status >= 200 => {
                let exchange = response.exchange.unwrap_or_default();
                let since = asked.remove(&(conn, exchange)).flatten();
                let left = model.times(head).stands();
                if let Some((since, left)) = since.zip(left) {
                    longest = longest.max(left.since(since).0 / 1_000);
                }
            }
            _ => {}
        }
    }
    longest
}
