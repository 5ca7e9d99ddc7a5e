//! How things stand at a step: what the service knows, as the application says it.

use trace::entry::{Report, Says, What};
use trace::lesson::Figure;
use trace::note::{self, Engine};
use trace::span::Dir;
use trace::time::Micros;
use trace::websocket::Opcode;

use crate::figures;
use crate::lab_log::{Log, header};
use crate::lab_runs::{events, killed, long_polling};
use crate::model::Model;
use crate::standing::{self, Phase, ROWS, Standing};
use crate::step::StepKind;
use crate::story::tell;

fn at(model: &Model, fits: impl Fn(&StepKind) -> bool) -> Standing {
    let step = model.steps.iter().position(|step| fits(&step.what)).unwrap();
    standing::at(model, step)
}

#[test]
fn who_is_held_is_told_with_the_hold() {
    let (header, log) = long_polling();
    let model = Model::of(header, log.entries);
    let held = at(&model, |what| matches!(what, StepKind::Hold { .. }));
    assert_eq!(held.held.len(), 1);
    assert_eq!(
        (held.held[0].instance.as_str(), held.held[0].limit),
        ("Instance 1", Micros(10_000_000))
    );
    assert_eq!(held.store.total, 0);
    let closed = at(&model, |what| *what == StepKind::Close);
    assert!(closed.held.is_empty());
    assert_eq!((closed.store.total, closed.store.engine), (1, Some(Engine::Memory)));
    assert_eq!((closed.store.rows[0].id, closed.store.rows[0].text.as_str()), (1, "abc123"));
}

#[test]
fn what_an_instance_keeps_is_gone_with_it() {
    let (header, log) = killed();
    let model = Model::of(header, log.entries);
    let notes: Vec<usize> =
        (0..model.steps.len()).filter(|step| model.steps[*step].what == StepKind::Note).collect();
    let kept = standing::at(&model, notes[0]);
    assert_eq!(kept.memory.len(), 1);
    assert_eq!(kept.memory[0].users, [("B".to_owned(), vec![7])]);
    assert_eq!((kept.users[0].user.as_str(), kept.users[0].instance.as_str()), ("B", "Instance 2"));
    assert_eq!(kept.open[0].phase, Phase::Websocket);
    let down = standing::at(&model, notes[1]);
    assert_eq!(down.down, ["Instance 2"]);
    assert!(down.memory.is_empty() && down.users.is_empty());
    assert!(standing::at(&model, notes[3]).down.is_empty());
    assert_eq!(figures::of(&model, Figure::MessagesLost), 1);
    assert_eq!(figures::of(&model, Figure::ClientsOnBusiestInstance), 1);
}

#[test]
fn a_stream_and_its_events_are_counted() {
    let (header, log) = events();
    let model = Model::of(header, log.entries);
    let dropped = at(&model, |what| *what == StepKind::Note);
    assert_eq!((dropped.open[0].phase, dropped.open[0].to_client), (Phase::Stream, 2));
}

#[test]
fn only_the_newest_rows_of_the_store_are_listed() {
    let mut log = Log::default();
    for id in 1..=20 {
        let (instance, engine) = ("instance1".to_owned(), Engine::Redis);
        let text = format!("message {id}");
        let (from, to) = (Some("A".to_owned()), Some("B".to_owned()));
        let what = note::What::StoreAppended { instance, engine, id, from, to, text };
        log.note(id, None, what);
    }
    log.open(1_000, 1, "user-A", "instance1");
    let model = Model::of(header("websocket", &["user-A", "instance1"]), log.entries);
    let standing = standing::at(&model, 0);
    assert_eq!((standing.store.total, standing.store.rows.len()), (20, ROWS));
    assert_eq!(standing.store.rows[0].id, 13);
}

#[test]
fn a_message_under_way_is_counted_in_bytes() {
    let mut log = Log::default();
    log.open(0, 1, "user-A", "instance1");
    log.get(1_000, 1, "/socket?user=A", None);
    log.answer(60_000, 1, 101);
    log.frames(100_000, 1, Dir::ToServer, &[(Opcode::Text, false, "abcd")]);
    log.frames(200_000, 1, Dir::ToServer, &[(Opcode::Ping, true, "")]);
    let model = Model::of(header("websocket", &["user-A", "instance1"]), log.entries);
    let standing = standing::at(&model, model.steps.len() - 1);
    assert_eq!((standing.open[0].coming, standing.open[0].to_server), (10, 0));
}

#[test]
fn what_a_page_reports_is_kept_and_never_drawn() {
    let mut log = Log::default();
    log.open(0, 1, "browser", "instance1");
    let says = Says::StreamsOpened { wanted: 7, answered: 6 };
    log.add(1_000, What::Report(Report { client: "browser".to_owned(), says }));
    let model = Model::of(header("sse", &["browser", "instance1"]), log.entries);
    assert_eq!((model.reports.len(), model.steps.len()), (1, 1));
}

#[test]
fn an_answer_to_a_call_is_no_event_stream() {
    let mut log = Log::default();
    log.open(0, 1, "browser", "instance1");
    log.get(1_000, 1, "/lifeline.v1.Chat/Subscribe", None);
    log.streaming(60_000, 1, "application/grpc-web+proto");
    log.stream_end(1_000_000, 1, true);
    let model = Model::of(header("grpc", &["browser", "instance1"]), log.entries);
    let titles: Vec<String> = model.steps.iter().map(|step| tell(&model, step).title).collect();
    assert_eq!(titles[2..], ["HTTP/1.1 200 OK", "Call ends"]);
    let phase = |step| standing::at(&model, step).open[0].phase;
    assert_eq!((phase(1), phase(2), phase(3)), (Phase::Asked, Phase::Call, Phase::Idle));
}
