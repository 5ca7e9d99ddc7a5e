//! What our decoders hear of a conversation, in the words in which other people's programs tell it:
//! the judges `tests/npm/judge-websocket.mjs`, `tests/npm/judge-events.mjs` and
//! `tests/py/judge-hpack.py`.
//!
//! Not compared, and why:
//!
//! - Frames where an extension was agreed on: neither side is asked to undo one.
//! - Whether a rule was broken, where a stream ends within a frame: the judge refuses a header by its
//!   first two bytes, ours when it is whole. What was heard before is compared.
//! - A length in more bytes than it needs, on a data frame: RFC 6455, section 5.2, forbids it, and the
//!   judge does not look. What the frame says is compared.
//! - Retry times and comments behind the last event that is dispatched: the judge tells them line by
//!   line, ours block by block. The last event id as well.
//! - Data of more than 8 KiB, of which ours keeps the length: the length is compared.
//! - Of names and values of header fields, what lies behind their first 1,024 bytes, and bytes that
//!   are no UTF-8: ours keeps neither.

use serde_json::{Value, json};
use trace::event::{Event, Kind};
use trace::fault::Code;
use trace::field::Name;
use trace::http1::Http1;
use trace::http2::How;
use trace::span::{Dir, Span};
use trace::sse::{Block, Sse};
use trace::websocket::{Frame, Opcode, Websocket};
use wire::hpack::Hpack;
use wire::transcript::{self, Script};

use crate::blocks::Told;

/// The largest whole number that a judge can tell.
const NUMBER_MAX: u64 = (1 << 53) - 1;

/// A stream, and what is heard of it.
#[derive(Debug)]
pub struct Judged {
    /// Where it comes from.
    pub name: String,
    /// The bytes that are judged.
    pub bytes: Vec<u8>,
    /// What the judge reads.
    pub line: Value,
    /// What we hear, as the judge tells it.
    pub ours: Value,
}

/// What one side says after the switch to WebSocket; none where it says nothing there, or where an
/// extension was agreed on.
pub fn websocket(name: &str, script: &Script, dir: Dir) -> Option<Judged> {
    let events = transcript::decode(script);
    let extended = |event: &Event| match &event.kind {
        Kind::Http1(Http1::Response(response)) => response.extensions.is_some(),
        _ => false,
    };
    if events.iter().any(extended) {
        return None;
    }
    let stream = transcript::stream(script, dir);
    let side = events.iter().filter(|event| event.dir() == dir);
    let first = side.clone().find(|event| matches!(event.kind, Kind::Websocket(_)))?;
    let bytes = stream[index(first.evidence.start())..].to_vec();
    Some(Judged {
        name: format!("{name}, {dir:?}"),
        line: json!({ "server": dir == Dir::ToServer, "bytes": base64(&bytes) }),
        bytes,
        ours: frames(side, &stream),
    })
}

/// Messages and control frames, up to the first broken rule or the close.
fn frames<'a>(events: impl Iterator<Item = &'a Event>, stream: &[u8]) -> Value {
    let mut heard = Vec::new();
    let mut failed = Some(false);
    let mut message: Vec<u8> = Vec::new();
    for event in events {
        let Kind::Websocket(said) = &event.kind else { continue };
        if breaks_a_rule(event, said) {
            failed = Some(true);
            break;
        }
        match said {
            Websocket::Frame(frame) => {
                let payload = payload(event, frame, stream);
                match frame.opcode {
                    Opcode::Continuation => message.extend(payload),
                    Opcode::Ping => heard.push(json!(["ping", base64(&payload)])),
                    Opcode::Pong => heard.push(json!(["pong", base64(&payload)])),
                    Opcode::Close => {
                        heard.push(closed(frame, &payload));
                        break;
                    }
                    _ => message = payload,
                }
            }
            Websocket::Message(said) => {
                let content = std::mem::take(&mut message);
                assert_eq!(said.len, content.len() as u64, "{event:?}");
                if let Some(text) = &said.text {
                    assert_eq!(text.as_bytes(), content, "{event:?}");
                }
                let kind = if said.opcode == Opcode::Text { "text" } else { "binary" };
                heard.push(json!([kind, base64(&content)]));
            }
            Websocket::Partial | Websocket::Rest => {
                failed = None;
                break;
            }
        }
    }
    json!({ "heard": heard, "failed": failed })
}

/// Whether a side must fail the connection because of this.
fn breaks_a_rule(event: &Event, said: &Websocket) -> bool {
    let on_control = matches!(said, Websocket::Frame(frame) if frame.opcode.is_control());
    event.faults.iter().any(|fault| match fault.code {
        Code::Incomplete => false,
        Code::LengthNotMinimal => on_control,
        _ => true,
    })
}

/// What a frame carries, unmasked.
fn payload(event: &Event, frame: &Frame, stream: &[u8]) -> Vec<u8> {
    let key = frame.mask.unwrap_or_default();
    let names = [Name::Payload, Name::CloseCode, Name::CloseReason];
    let fields = event.fields.iter().filter(|field| names.contains(&field.name));
    let bytes = fields.flat_map(|field| slice(stream, field.span));
    let payload: Vec<u8> = bytes.zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    assert_eq!(payload.len() as u64, frame.len, "{event:?}");
    payload
}

fn closed(frame: &Frame, payload: &[u8]) -> Value {
    // 1005 stands for a close that does not say why (RFC 6455, section 7.1.5).
    let Some(close) = &frame.close else { return json!(["close", 1005, ""]) };
    let (code, reason) = payload.split_at(2);
    assert_eq!((close.code.to_be_bytes(), close.reason.as_bytes()), ([code[0], code[1]], reason));
    json!(["close", close.code, base64(reason)])
}

/// The event streams in the answers of a conversation.
pub fn events(name: &str, script: &Script) -> Vec<Judged> {
    let stream = transcript::stream(script, Dir::ToClient);
    let mut judged = Vec::new();
    let mut said: Option<Vec<Block>> = None;
    for event in transcript::decode(script).iter().filter(|event| event.dir() == Dir::ToClient) {
        match &event.kind {
            Kind::Sse(Sse::Block(block)) => said.get_or_insert_default().push(block.clone()),
            Kind::Sse(Sse::Unfinished) => {
                said.get_or_insert_default();
            }
            // A body is told when it is over, behind the events that are in it.
            Kind::Http1(Http1::Body(body)) => {
                let Some(blocks) = said.take() else { continue };
                let fields = event.fields.iter();
                let content =
                    fields.filter(|field| matches!(field.name, Name::Content | Name::ChunkData));
                let bytes: Vec<u8> =
                    content.flat_map(|field| slice(&stream, field.span).to_vec()).collect();
                assert_eq!(bytes.len() as u64, body.content_len, "{name}: all of it is listed");
                let line = json!({ "bytes": base64(&bytes) });
                judged.push(Judged { name: name.to_owned(), bytes, line, ours: heard(&blocks) });
            }
            _ => {}
        }
    }
    judged
}

/// The events that are dispatched, each with the last event id, the time to wait and the number of
/// comments up to there.
fn heard(blocks: &[Block]) -> Value {
    let mut heard = Vec::new();
    let mut id = String::new();
    let mut retry = None;
    let mut comments = 0;
    for block in blocks {
        comments += block.comments;
        retry = block.retry_ms.map(|ms| ms.min(NUMBER_MAX)).or(retry);
        id = block.id.clone().unwrap_or(id);
        if block.dispatched {
            let event = block.event.as_deref().filter(|event| !event.is_empty());
            let data = block.data.as_ref().map_or(json!(block.data_len), |data| json!(data));
            heard.push(json!({
                "id": id,
                "event": event.unwrap_or("message"),
                "data": data,
                "retry": retry,
                "comments": comments,
            }));
        }
    }
    json!({ "heard": heard })
}

/// Header blocks that share a context: the header fields of each, and the bytes of the dynamic table
/// behind it, up to the first that cannot be decoded.
pub fn hpack(name: &str, blocks: &[Told]) -> Judged {
    let mut context = Hpack::default();
    let mut heard = Vec::new();
    let mut failed = false;
    for told in blocks {
        if let Some(allow) = told.allow {
            context.allow(allow);
        }
        let block = context.block(&told.bytes);
        let len: usize = block.parts.iter().map(|part| part.len).sum();
        assert_eq!(len, told.bytes.len(), "{name}: the parts tile the block");
        failed = !block.in_sync;
        assert_eq!(failed, !block.faults.is_empty(), "{name}: {:?}", block.faults);
        if failed {
            break;
        }
        let fields = block.headers.iter().map(|header| {
            let never = matches!(header.how, How::Never(_));
            json!([header.name, header.value, never])
        });
        heard.push(json!({ "fields": fields.collect::<Vec<_>>(), "size": block.table_size }));
    }
    let told = |told: &Told| json!({ "allow": told.allow, "bytes": base64(&told.bytes) });
    Judged {
        name: name.to_owned(),
        bytes: blocks.iter().flat_map(|told| told.bytes.clone()).collect(),
        line: json!({ "blocks": blocks.iter().map(told).collect::<Vec<_>>() }),
        ours: json!({ "heard": heard, "failed": failed }),
    }
}

fn slice(stream: &[u8], span: Span) -> &[u8] {
    &stream[index(span.start)..index(span.end())]
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).expect("a stream fits into memory")
}

fn base64(bytes: &[u8]) -> Value {
    trace::base64_bytes::serialize(bytes, serde_json::value::Serializer).expect("it is a text")
}
