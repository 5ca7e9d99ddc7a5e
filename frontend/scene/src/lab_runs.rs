//! Runs of the labs in which a server reaches its clients, for tests.

use trace::entry::Ending;
use trace::log::Header;
use trace::note::{self, Engine, PollRelease, Reach, Vanished};
use trace::resp::ValueKind;
use trace::span::{Dir, Side};
use trace::time::Micros;
use trace::websocket::Opcode;

use crate::lab_log::{LINK, Log, header};

pub const SECOND: u64 = 1_000_000;

/// A minute of polls, one a second; the one before the last brings a message.
pub fn short_polling() -> (Header, Log) {
    let mut log = Log::default();
    log.open(0, 1, "browser", "instance1");
    for poll in 0..60 {
        let at = SECOND * (poll + 1);
        log.get(at, 1, "/messages?after=0", None);
        if poll == 58 {
            let content = r#"{"messages":[{"id":1,"text":"abc123"}],"next":1}"#;
            log.content(at + LINK + 1_000, 1, content);
        } else {
            log.answer(at + LINK + 1_000, 1, 204);
        }
    }
    (header("short_polling", &["browser", "instance1", "service"]), log)
}

/// A poll that is held by one instance until a message comes in through another.
pub fn long_polling() -> (Header, Log) {
    let mut log = Log::default();
    let named = |id: &str| id.to_owned();
    log.open(0, 1, "browser", "instance1");
    log.get(SECOND, 1, "/messages?after=0&max=10&wait=10&n=1", None);
    let read = |ids: Vec<u64>| note::What::StoreRead {
        instance: named("instance1"),
        engine: Engine::Memory,
        after: 0,
        ids,
    };
    log.note(SECOND + LINK + 300, None, read(Vec::new()));
    let held = note::What::PollHeld { instance: named("instance1"), limit_us: Micros(10 * SECOND) };
    log.note(SECOND + LINK + 500, Some(1), held);
    let appended = note::What::StoreAppended {
        instance: named("instance2"),
        engine: Engine::Memory,
        id: 1,
        from: None,
        to: None,
        text: named("abc123"),
    };
    log.note(4_230_000, None, appended);
    let (instance, engine) = (named("instance1"), Engine::Memory);
    log.note(4_231_000, None, note::What::StoreWoke { instance, engine, upto: 1 });
    log.note(4_232_000, None, read(vec![1]));
    let (instance, by) = (named("instance1"), PollRelease::Woken);
    log.note(4_233_000, Some(1), note::What::PollReleased { instance, by });
    log.content(4_240_000, 1, r#"{"messages":[{"id":1,"text":"abc123"}],"next":1}"#);
    log.close(6 * SECOND, 1, Side::Client, Ending::Fin);
    let lanes = ["browser", "instance1", "instance2", "store", "service"];
    (header("long_polling", &lanes), log)
}

/// A and B talk; a ping, a message in two frames, a close.
pub fn chat() -> (Header, Log) {
    let mut log = Log::default();
    for (conn, user) in [(1, "user-A"), (2, "user-B")] {
        log.open(conn, conn, user, "instance1");
        log.get(1_000 * conn, conn, "/socket?user=A&after=0", None);
        log.answer(1_000 * conn + LINK + 500, conn, 101);
    }
    log.text(SECOND, 1, Dir::ToServer, r#"{"to":"B","text":"hi"}"#);
    let taken =
        note::What::MessageTaken { instance: "instance1".to_owned(), id: 1, to: "B".to_owned() };
    log.note(SECOND + LINK + 100, Some(1), taken);
    let text = r#"{"id":1,"from":"A","text":"hi"}"#;
    log.text(SECOND + LINK + 200, 2, Dir::ToClient, text);
    for second in [5, 6] {
        log.frames(SECOND * second, 1, Dir::ToClient, &[(Opcode::Ping, true, "")]);
        let back = SECOND * second + LINK + 1_000;
        log.frames(back, 1, Dir::ToServer, &[(Opcode::Pong, true, "")]);
    }
    // A ping comes between the two frames of a message.
    log.frames(7 * SECOND, 2, Dir::ToClient, &[(Opcode::Text, false, "ab")]);
    log.frames(7 * SECOND + 10_000, 2, Dir::ToClient, &[(Opcode::Ping, true, "")]);
    let rest = [(Opcode::Continuation, true, "c")];
    log.frames(7 * SECOND + 900_000, 2, Dir::ToClient, &rest);
    log.hang_up(9 * SECOND, 1, Dir::ToServer, 1_000);
    log.hang_up(9 * SECOND + LINK + 500, 1, Dir::ToClient, 1_000);
    log.close(9 * SECOND + 2 * LINK + 900, 1, Side::Server, Ending::Fin);
    (header("websocket", &["user-A", "user-B", "instance1"]), log)
}

/// A stream that is cut off after its second event, and taken up again.
pub fn events() -> (Header, Log) {
    let mut log = Log::default();
    log.open(0, 1, "browser", "instance1");
    log.get(1_000, 1, "/events", None);
    log.stream(LINK + 2_000, 1);
    log.block(SECOND, 1, 1, "one");
    log.block(2 * SECOND, 1, 2, "two");
    log.note(2_500_000, Some(1), note::What::StreamDropped { after: 2 });
    log.stream_end(2_500_200, 1, false);
    log.close(2_500_400, 1, Side::Server, Ending::Reset);
    log.open(4 * SECOND, 2, "browser", "instance1");
    log.get(4_001_000, 2, "/events", Some("2"));
    log.stream(4_100_000, 2);
    log.block(5 * SECOND, 2, 3, "three");
    log.block(6 * SECOND, 2, 4, "four");
    log.stream_end(7 * SECOND, 2, true);
    log.get(8 * SECOND, 2, "/hello", None);
    (header("sse", &["browser", "instance1", "service"]), log)
}

/// An instance asks Redis four times, and finds something the last time.
pub fn redis() -> (Header, Log) {
    let mut log = Log::default();
    log.open(0, 1, "instance1", "store");
    for ask in 0..4 {
        let at = SECOND * (ask + 1);
        log.command(at, 1, "XRANGE", &["lifeline:abc", "(0-0", "+"]);
        let found = if ask == 3 { "1" } else { "0" };
        log.reply(at + LINK + 200, 1, ValueKind::Array, found);
    }
    (header("websocket", &["browser", "instance1", "service"]), log)
}

/// An instance dies with what it kept, and comes back.
pub fn killed() -> (Header, Log) {
    let mut log = Log::default();
    let (instance, user) = ("instance2".to_owned(), "B".to_owned());
    log.open(0, 1, "user-B", "instance2");
    log.get(1_000, 1, "/socket?user=B", None);
    log.answer(LINK + 2_000, 1, 101);
    let joined = note::What::UserJoined { user: user.clone(), instance: instance.clone() };
    log.note(LINK + 2_500, Some(1), joined);
    let kept = note::What::MessageKept {
        instance: instance.clone(),
        id: 7,
        from: "A".to_owned(),
        to: user.clone(),
        text: "hi".to_owned(),
    };
    log.note(SECOND, Some(1), kept);
    let down = note::What::InstanceDown { instance: instance.clone(), reach: Reach::Run };
    log.note(2 * SECOND, None, down);
    log.close(2 * SECOND + 500, 1, Side::Server, Ending::Reset);
    let (ids, why) = (vec![7], Vanished::Died);
    let lost = note::What::MessagesLost { instance: instance.clone(), user, ids, why };
    log.note(2 * SECOND + 700, None, lost);
    log.note(5 * SECOND, None, note::What::InstanceUp { instance, reach: Reach::Run });
    (header("websocket", &["user-A", "user-B", "instance1", "instance2"]), log)
}
