//! What other people's clients and servers of HTTP/2 have said, recorded: we read it as tshark
//! does, frame by frame, and all that there is of HTTP/2 occurs in it. `cargo xtask record` makes it
//! anew.

use std::collections::BTreeSet;

use serde_json::Value;
use tests::tshark::{difference, ours, recordings, theirs};
use trace::event::Kind;
use trace::grpc::Grpc;
use trace::http2::{Frame, FrameKind, Http2, Role};
use trace::span::Dir;
use wire::transcript;

/// The kinds of frames that RFC 9113 has.
const KINDS: [FrameKind; 10] = [
    FrameKind::Data,
    FrameKind::Headers,
    FrameKind::Priority,
    FrameKind::RstStream,
    FrameKind::Settings,
    FrameKind::PushPromise,
    FrameKind::Ping,
    FrameKind::Goaway,
    FrameKind::WindowUpdate,
    FrameKind::Continuation,
];

/// How many of all frames have something in a list of theirs.
fn count(frames: &[Value], list: &str) -> usize {
    frames.iter().map(|frame| frame[list].as_array().map_or(0, Vec::len)).sum()
}

#[test]
fn each_recording_is_read_as_tshark_reads_it() {
    let (mut frames, mut fields, mut messages) = (0, 0, 0);
    let mut disagreed = Vec::new();
    for (name, script) in recordings() {
        let (ours, theirs) = (ours(&script), theirs(&script));
        for dir in [Dir::ToServer, Dir::ToClient] {
            let (ours, theirs) = (&ours[dir.index()], &theirs[dir.index()]);
            let what = difference(ours, theirs);
            disagreed.extend(what.map(|what| format!("{name}, {dir:?}: {what}")));
            frames += ours.len();
            fields += count(ours, "headers");
            messages += count(ours, "messages");
        }
    }
    println!("{frames} frames, {fields} header fields, {messages} messages");
    assert!(disagreed.is_empty(), "tshark reads otherwise:\n{}", disagreed.join("\n"));
    assert!(frames >= 200 && fields >= 400 && messages >= 40, "what is compared");
}

#[test]
fn the_recordings_hold_all_that_there_is() {
    let (mut kinds, mut padded, mut clients) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut evicted, mut blocks_in_pieces, mut compressed) = (0, 0, 0);
    for (_, script) in recordings() {
        for event in transcript::decode(&script) {
            match event.kind {
                Kind::Http2(Http2::Frame(Frame { kind, padding, .. })) => {
                    kinds.insert(kind);
                    padded.extend(padding.filter(|len| *len > 0).map(|_| kind));
                }
                Kind::Http2(Http2::Head(head)) => {
                    evicted += head.headers.iter().map(|header| header.evicted).sum::<u64>();
                    blocks_in_pieces += usize::from(head.frames > 1);
                    if head.role == Role::Request {
                        let agent = head.value("user-agent");
                        let name = agent.and_then(|agent| agent.split('/').next());
                        clients.extend(name.map(str::to_owned));
                    }
                }
                Kind::Grpc(Grpc::Message(message)) => compressed += usize::from(message.compressed),
                _ => {}
            }
        }
    }
    let missing: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "no {missing:?}");
    for kind in [FrameKind::Data, FrameKind::Headers, FrameKind::PushPromise] {
        assert!(padded.contains(&kind), "{kind:?} with padding");
    }
    assert!(clients.len() >= 4, "{clients:?}");
    assert!(evicted > 0 && blocks_in_pieces > 0 && compressed > 0);
}

#[test]
fn a_difference_is_found_and_shown() {
    let (_, script) = recordings().swap_remove(0);
    let [ours, _] = ours(&script);
    assert_eq!(difference(&ours, &ours), None);
    for name in ["type", "flags", "stream", "length", "headers", "messages"] {
        let mut theirs = ours.clone();
        theirs[1][name] = Value::from("changed");
        let found = difference(&ours, &theirs).unwrap_or_else(|| panic!("{name} goes unnoticed"));
        assert!(found.starts_with("frame 1, ") && found.contains("\"changed\""), "{found}");
    }
    assert!(difference(&ours, &ours[1..]).is_some(), "one frame too few");
}
