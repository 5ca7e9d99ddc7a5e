//! The conversations in `tests/fixtures`: each keeps the laws and gives the events beside it.

use std::path::{Path, PathBuf};

use super::{Ended, Start, decode, law_2, law_3, law_4};
use crate::transcript::{self, Script};

fn fixtures(protocol: &str, kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures")
        .join(protocol)
        .join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 5, "{protocol} {kind}: only {} fixtures", paths.len());
    paths
}

/// The laws, the second held at so many places at most.
fn laws(start: Start, script: &Script, most: usize) -> Result<(), String> {
    let steps = script.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
    law_2(start, script, steps.min(most))?;
    law_3(start, script)?;
    for cuts in [&[1][..], &[2], &[3, 1], &[7, 64]] {
        law_4(start, script, cuts)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a test may read its fixtures")]
/// Each fixture keeps the laws, cut at every byte, and gives the events that lie beside it.
/// `UPDATE_GOLDENS=1` writes them anew.
fn check(protocol: &str, start: Start) {
    for (kind, faulty) in [("ok", false), ("err", true)] {
        for path in fixtures(protocol, kind) {
            let shown = path.display();
            let script = transcript::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
            laws(start, &script, 2_000).unwrap_or_else(|why| panic!("{shown}: {why}"));
            let events = decode(start, &script, Ended::Yes);
            let with_fault = events.iter().any(|event| !event.faults.is_empty());
            assert_eq!(with_fault, faulty, "{shown}: faults");
            let golden = path.with_extension("events");
            let text = transcript::render(&script, &events);
            if std::env::var("UPDATE_GOLDENS").is_ok() {
                std::fs::write(&golden, &text).unwrap();
            }
            let expected = std::fs::read_to_string(&golden)
                .unwrap_or_else(|_| panic!("{shown}: no golden; UPDATE_GOLDENS=1 writes it"));
            assert_eq!(text, expected, "{shown}");
        }
    }
}

#[test]
fn http1_gives_its_events() {
    check("http1", Start::Http1(None));
}

#[test]
fn websocket_gives_its_events() {
    check("websocket", Start::Http1(None));
}

#[test]
fn sse_gives_its_events() {
    check("sse", Start::Http1(None));
}

#[test]
fn http2_gives_its_events() {
    check("http2", Start::Http1(None));
}

/// What programs of other people's have said. No events lie beside it: `tests/tests/tshark.rs` has
/// another decoder's.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test may read its fixtures")]
fn recordings_of_http2_keep_the_laws() {
    let start = Start::Http1(None);
    for path in fixtures("http2", "recorded") {
        let shown = path.display();
        let script = transcript::parse(&std::fs::read_to_string(&path).unwrap()).unwrap();
        laws(start, &script, 300).unwrap_or_else(|why| panic!("{shown}: {why}"));
        let events = decode(start, &script, Ended::Yes);
        let faulty: Vec<_> = events.iter().filter(|event| !event.faults.is_empty()).collect();
        assert!(faulty.is_empty(), "{shown}: {faulty:?}");
    }
}

#[test]
fn grpc_gives_its_events() {
    check("grpc", Start::Http1(None));
}

#[test]
fn resp_gives_its_events() {
    check("resp", Start::Resp);
}

#[test]
fn tls_gives_its_events() {
    check("tls", Start::Tls(None));
}
