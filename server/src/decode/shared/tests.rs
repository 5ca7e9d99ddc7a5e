//! Frames of two runs, fed by hand: what each run's log then has.

mod room;

use std::sync::Arc;
use std::time::Duration;

use trace::entry::{Loss, What};
use trace::event::Kind;
use trace::http2::Http2;
use trace::span::Dir;
use trace::sse::Sse;
use trace::studio::RunState;

use crate::caps::Caps;
use crate::clock;
use crate::refusal::Refusal;
use crate::run::Run;
use room::{
    DATA, END_STREAM, PING, Room, SETTINGS, beginning, frame, holds, passed, request, response,
    run, said, tiled,
};

/// Streams of two runs, between each other: event streams, whose last piece is not finished.
#[tokio::test]
async fn each_keeps_its_own_and_counts_the_rest() {
    for step in [1, 7, 100_000] {
        let (mut room, second) = Room::of_two(Caps::default());
        let say = |stream, text: &str, flags| frame(DATA, flags, stream, text.as_bytes());
        let asked = [
            beginning(),
            request(1, "aaaaaaaa"),
            request(3, "bbbbbbbb"),
            say(1, "said by aaaa", END_STREAM),
            say(3, "said by bbbb", 0),
            frame(PING, 0, 0, &[0; 8]),
            say(3, "more by bbbb", END_STREAM),
        ];
        room.hear_in_steps(Dir::ToServer, &asked.concat(), step);
        let told = [
            frame(SETTINGS, 0, 0, &[]),
            response(1, "text/event-stream"),
            response(3, "text/event-stream"),
            say(3, "data: told to bbbb\n\n", 0),
            say(1, "data: told to aaaa\n\n", 0),
            say(3, "data: half to bbbb", END_STREAM),
            say(1, "data: half to aaaa", END_STREAM),
        ];
        room.hear_in_steps(Dir::ToClient, &told.concat(), step);
        room.close();
        let first = Arc::clone(&room.first);
        for (run, own, other) in [(&first, "aaaa", "bbbb"), (&second, "bbbb", "aaaa")] {
            for (dir, texts) in
                [(Dir::ToServer, &["said by "][..]), (Dir::ToClient, &["told to ", "half to "][..])]
            {
                let (bytes, losses, end) = tiled(run, dir);
                assert_eq!(end, room.ends[dir.index()], "all of it, step {step}");
                assert!(losses.iter().all(|(why, _)| *why == Loss::OtherRun), "{losses:?}");
                for text in texts {
                    assert!(holds(&bytes, &format!("{text}{own}")), "{text}{own} by {step}");
                    assert!(!holds(&bytes, &format!("{text}{other}")), "{text}{other} by {step}");
                }
            }
            let mut blocks = Vec::new();
            let mut unfinished = 0;
            for what in said(run) {
                let What::Event(event) = what else { continue };
                match event.kind {
                    Kind::Sse(Sse::Block(block)) => blocks.extend(block.data),
                    Kind::Sse(Sse::Unfinished) => unfinished += 1,
                    _ => {}
                }
            }
            assert_eq!((blocks, unfinished), (vec![format!("told to {own}")], 1), "by {step}");
        }
    }
}

#[tokio::test]
async fn a_frame_that_is_cut_off_is_its_stream_s() {
    for step in [1, 100_000] {
        let (mut room, second) = Room::of_two(Caps::default());
        let half = frame(DATA, 0, 3, b"half by bbbb");
        let asked = [
            beginning(),
            request(1, "aaaaaaaa"),
            request(3, "bbbbbbbb"),
            half[..half.len() - 2].to_vec(),
        ];
        room.hear_in_steps(Dir::ToServer, &asked.concat(), step);
        room.close();
        let partial = |run: &Run| {
            let is = |what: &What| {
                let What::Event(event) = what else { return false };
                event.kind == Kind::Http2(Http2::Partial)
            };
            said(run).iter().any(is)
        };
        assert!(partial(&second) && !partial(&room.first), "by {step}");
        for (run, has) in [(&room.first, false), (&second, true)] {
            let (bytes, _, end) = tiled(run, Dir::ToServer);
            assert_eq!((end, holds(&bytes, "half by")), (room.ends[0], has), "by {step}");
        }
    }
}

#[tokio::test]
async fn what_another_run_does_fills_no_log() {
    let (mut room, second) = Room::of_two(Caps::default());
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    room.call(3, "bbbbbbbb", "second");
    let before = said(&second).len();
    for number in 0..1_000 {
        room.call(5 + 2 * number, "aaaaaaaa", "more");
        room.hear(Dir::ToServer, &frame(PING, 0, 0, &[0; 8]));
    }
    let grown = said(&second).len() - before;
    assert!(grown <= 4 * 256 + 4, "{grown}");
    assert!(second.go_to(RunState::Finished, "it was"));
    let before = said(&second).len();
    room.call(2_007, "aaaaaaaa", "and more");
    room.hear(Dir::ToServer, &frame(PING, 0, 0, &[0; 8]));
    // It is over: nobody is answered for it.
    room.call(2_009, "bbbbbbbb", "too late");
    assert_eq!(said(&second).len(), before);
    room.close();
    assert!(passed(&room.first) > 2_000, "each of its own is told");
    for run in [&room.first, &second] {
        for dir in [Dir::ToServer, Dir::ToClient] {
            let (bytes, _, end) = tiled(run, dir);
            assert_eq!((end, holds(&bytes, "too late")), (room.ends[dir.index()], false));
        }
    }
}

#[tokio::test]
async fn marks_are_told_to_whose_bytes_they_are() {
    let (mut room, second) = Room::of_two(Caps::default());
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    room.call(3, "bbbbbbbb", "second");
    for number in 0..100 {
        room.call(5 + 2 * number, "aaaaaaaa", "more");
    }
    assert_eq!(passed(&second), 2, "one each way");
    assert_eq!(passed(&room.first), 2 + 2 * 101);
}

#[tokio::test]
async fn a_full_log_says_its_loss() {
    let mut caps = Caps::default();
    caps.set("run_entries", 100).unwrap();
    let (mut room, second) = Room::of_two(caps);
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    for number in 0..200 {
        room.call(3 + 4 * number, "bbbbbbbb", "second");
        room.call(5 + 4 * number, "aaaaaaaa", "first");
    }
    room.close();
    assert!(second.log.is_full());
    for dir in [Dir::ToServer, Dir::ToClient] {
        let (_, losses, end) = tiled(&second, dir);
        assert_eq!(end, room.ends[dir.index()]);
        assert!(losses.iter().any(|(why, _)| *why == Loss::Run), "{losses:?}");
        assert!(losses.len() < 200, "and not without end: {}", losses.len());
    }
}

#[tokio::test]
async fn what_was_not_heard_follows_what_was() {
    let (mut room, second) = Room::of_two(Caps::default());
    room.begin();
    room.call(1, "bbbbbbbb", "second");
    room.call(3, "aaaaaaaa", "first");
    let (at, heard) = (clock::now(), room.ends[0]);
    let shared = room.recorder.shared.as_mut().unwrap();
    shared.end(Dir::ToServer, at, Vec::new());
    shared.missed(Dir::ToServer, at, heard, 50);
    shared.missed(Dir::ToServer, at, heard + 50, 5);
    for run in [&room.first, &second] {
        let (_, losses, end) = tiled(run, Dir::ToServer);
        assert_eq!(end, heard + 55);
        assert_eq!(losses[losses.len() - 2..], [(Loss::Queue, 50), (Loss::Queue, 5)]);
    }
    // Whose a stream is of which no request was heard is not known.
    room.hear(Dir::ToClient, &[response(9, "text/plain"), frame(DATA, 0, 9, b"whose")].concat());
    room.close();
    for run in [&room.first, &second] {
        assert!(!holds(&tiled(run, Dir::ToClient).0, "whose"));
    }
}

#[tokio::test]
async fn who_was_not_heard_to_come_is_told_of_the_end() {
    let (mut room, second) = Room::of_two(Caps::default());
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    drop(room.sharing.of(&second.id).unwrap());
    room.close();
    let closed = |what: &What| matches!(what, What::Closed(_));
    assert_eq!(said(&second).iter().filter(|what| closed(what)).count(), 1);
    assert_eq!(second.log.open_conns(), 0);
    for dir in [Dir::ToServer, Dir::ToClient] {
        let (bytes, _, end) = tiled(&second, dir);
        assert_eq!((bytes.len(), end), (0, room.ends[dir.index()]));
    }
}

#[tokio::test]
async fn who_is_over_makes_room() {
    let mut room = Room::new();
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    for (stream, name) in (3..).step_by(2).zip('b'..='z') {
        let name = String::from(name).repeat(8);
        let next = run(&room.runs, &name, Caps::default());
        room.call(stream, &name, "hello");
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(next.idle_for().0 > 0, "it has no connection open");
        let (bytes, ..) = tiled(&next, Dir::ToServer);
        assert!(holds(&bytes, "hello"));
        assert!(next.go_to(RunState::Finished, "it was"));
        assert_eq!(room.sharing.of(&next.id).unwrap_err(), Refusal::RunOver);
    }
    let names: Vec<String> = (10..26).map(|number| format!("run{number}aaa")).collect();
    let all: Vec<_> = names.iter().map(|name| run(&room.runs, name, Caps::default())).collect();
    let refused = all.iter().filter_map(|run| room.sharing.of(&run.id).err());
    assert_eq!(refused.collect::<Vec<_>>(), [Refusal::Misdirected], "sixteen at once");
}

#[tokio::test]
async fn nobody_keeps_what_is_forgotten() {
    let (mut room, second) = Room::of_two(Caps::default());
    room.begin();
    room.call(1, "aaaaaaaa", "first");
    room.call(3, "bbbbbbbb", "second");
    let (gone, log) = (Arc::downgrade(&second), Arc::downgrade(&second.log));
    room.runs.remove(&second.id);
    drop(second);
    let third = run(&room.runs, "cccccccc", Caps::default());
    room.call(5, "cccccccc", "third");
    assert_eq!((gone.strong_count(), log.strong_count()), (0, 0));
    assert!(holds(&tiled(&third, Dir::ToServer).0, "third"));
    // Its place is another's now: what is left of its streams is nobody's.
    let next = run(&room.runs, "dddddddd", Caps::default());
    room.call(7, "dddddddd", "fourth");
    room.hear(Dir::ToClient, &frame(DATA, 0, 3, b"late"));
    room.close();
    for run in [&room.first, &third, &next] {
        let (bytes, _, end) = tiled(run, Dir::ToClient);
        assert_eq!((end, holds(&bytes, "late")), (room.ends[1], false));
    }
}
