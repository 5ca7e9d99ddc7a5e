//! Writes the seed corpus of each target: the conversations in `tests/fixtures`, as it reads them.

use std::fs;
use std::io;
use std::path::Path;

use trace::event::Kind;
use trace::field::Name;
use trace::grpc::{Call, Grpc};
use trace::http1::Http1;
use trace::span::{Dir, Span};
use wire::transcript::{self, Script};
use wire_fuzz::{DIRS, PREFACE, input};

fn main() -> io::Result<()> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = 0;
    for protocol in ["http1", "websocket", "sse", "http2", "grpc", "resp", "tls"] {
        for kind in ["ok", "err"] {
            let fixtures = own.join("../../../tests/fixtures").join(protocol).join(kind);
            for entry in fs::read_dir(fixtures)? {
                let path = entry?.path();
                if path.extension().is_none_or(|extension| extension != "txt") {
                    continue;
                }
                let script = transcript::parse(&fs::read_to_string(&path)?)
                    .map_err(|why| io::Error::other(format!("{}: {why}", path.display())))?;
                let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                for (target, seed) in seeds(protocol, &script) {
                    let folder = own.join("corpus").join(target);
                    fs::create_dir_all(&folder)?;
                    fs::write(folder.join(format!("{protocol}-{kind}-{stem}")), seed)?;
                    written += 1;
                }
            }
        }
    }
    println!("{written} seeds");
    Ok(())
}

/// For which targets a conversation is a seed, and how.
fn seeds(protocol: &str, script: &Script) -> Vec<(&'static str, Vec<u8>)> {
    if protocol == "resp" {
        return vec![("resp", input(script))];
    }
    if protocol == "tls" {
        return vec![("tls", input(script))];
    }
    let mut seeds = vec![("http1", input(script))];
    seeds.extend(behind_the_switch(script).map(|frames| ("websocket", input(&frames))));
    seeds.extend(content(script).map(|content| {
        // The answer is read as it comes, and the last chunk does.
        let pieces: Script = content.into_iter().map(|piece| (Dir::ToClient, piece)).collect();
        ("sse", [&[0][..], &input(&pieces)].concat())
    }));
    seeds.extend(behind_the_preface(script).map(|frames| ("http2", input(&frames))));
    seeds.extend(call(script).map(|seed| ("grpc", seed)));
    seeds
}

/// What is said once both sides speak WebSocket.
fn behind_the_switch(script: &Script) -> Option<Script> {
    let events = transcript::decode(script);
    events.iter().find(|event| matches!(event.kind, Kind::Websocket(_)))?;
    let mut left = DIRS.map(|dir| {
        let http = events.iter().filter(|event| matches!(event.kind, Kind::Http1(_)));
        http.filter(|event| event.dir() == dir).map(|event| event.evidence.end()).max().unwrap_or(0)
    });
    let mut frames = Script::new();
    for (dir, bytes) in script {
        let left = &mut left[dir.index()];
        let skipped = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= skipped as u64;
        frames.push((*dir, bytes[skipped..].to_vec()));
    }
    Some(frames)
}

/// What is said behind a client's preface of HTTP/2.
fn behind_the_preface(script: &Script) -> Option<Script> {
    let mut left = PREFACE.len();
    transcript::stream(script, Dir::ToServer).starts_with(PREFACE).then(|| {
        let behind = script.iter().map(|(dir, bytes)| {
            let skipped = if *dir == Dir::ToServer { left.min(bytes.len()) } else { 0 };
            left -= skipped;
            (*dir, bytes[skipped..].to_vec())
        });
        behind.collect()
    })
}

/// A first call of gRPC, both contents piece by piece, behind the place of its type in
/// [`wire_fuzz::CALLS`].
fn call(script: &Script) -> Option<Vec<u8>> {
    let of = |kind: &Kind| match kind {
        Kind::Grpc(Grpc::Message(message)) => Some((message.call, u8::from(message.base64) * 2)),
        Kind::Grpc(Grpc::Trailers(trailers)) => Some((trailers.call, 1)),
        Kind::Grpc(Grpc::Partial(call)) => Some((*call, 0)),
        _ => None,
    };
    let events = transcript::decode(script);
    let first: Call = events.iter().find_map(|event| of(&event.kind))?.0;
    let mut pieces = Script::new();
    let mut kind = 0_u8;
    for event in &events {
        let Some((_, told)) = of(&event.kind).filter(|(call, _)| *call == first) else { continue };
        kind = kind.max(told);
        let stream = transcript::stream(script, event.dir());
        pieces.extend(event.evidence.0.iter().map(|span| (event.dir(), cut(&stream, *span))));
    }
    Some([&[kind][..], &input(&pieces)].concat())
}

fn cut(stream: &[u8], span: Span) -> Vec<u8> {
    let [start, end] = [span.start, span.end()].map(|at| usize::try_from(at).unwrap_or(0));
    stream.get(start..end).unwrap_or_default().to_vec()
}

/// The content of a first event stream, in its chunks.
fn content(script: &Script) -> Option<Vec<Vec<u8>>> {
    let events = transcript::decode(script);
    let first = events.iter().position(|event| matches!(event.kind, Kind::Sse(_)))?;
    let stream = transcript::stream(script, Dir::ToClient);
    let is_body = |kind: &Kind| matches!(kind, Kind::Http1(Http1::Body(_)));
    let body = events.iter().skip(first).find(|event| is_body(&event.kind))?;
    let pieces = body.fields.iter();
    let pieces = pieces.filter(|field| matches!(field.name, Name::Content | Name::ChunkData));
    Some(pieces.map(|field| cut(&stream, field.span)).collect())
}
