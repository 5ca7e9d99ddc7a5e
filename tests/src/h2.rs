//! HTTP/2 by hand, for who breaks its rules: frames, and heads in literals that no table keeps.

/// What a client begins with (RFC 9113, section 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames that carry content.
pub const DATA: u8 = 0x0;
/// Frames that begin a header block.
pub const HEADERS: u8 = 0x1;
/// Frames of settings.
pub const SETTINGS: u8 = 0x4;
/// Frames that go on with a header block.
pub const CONTINUATION: u8 = 0x9;

/// The flag of the last frame of a stream's direction.
pub const END_STREAM: u8 = 0x1;
/// The flag of the last frame of a header block.
pub const END_HEADERS: u8 = 0x4;

/// A frame's header, whatever follows it.
pub fn header(len: u32, kind: u8, flags: u8, stream: u32) -> Vec<u8> {
    let [_, high, middle, low] = len.to_be_bytes();
    let mut header = vec![high, middle, low, kind, flags];
    header.extend(stream.to_be_bytes());
    header
}

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).expect("a frame is not that long");
    [&header(len, kind, flags, stream)[..], payload].concat()
}

/// A header field that is told and not kept (RFC 7541, section 6.2.2).
pub fn field(name: &str, value: &str) -> Vec<u8> {
    let mut field = vec![0];
    for text in [name, value] {
        // In seven bits, of which all ones say that more follow.
        assert!(text.len() < 127, "{text}");
        field.push(text.len() as u8);
        field.extend(text.bytes());
    }
    field
}

/// A client's preface and its settings, which say nothing.
pub fn beginning() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// A request on stream 1, whole in one frame.
pub fn get(path: &str) -> Vec<u8> {
    let fields = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "lifeline.test"),
        ("user-agent", "hostile"),
    ];
    let block: Vec<u8> = fields.iter().flat_map(|(name, value)| field(name, value)).collect();
    frame(HEADERS, END_STREAM | END_HEADERS, 1, &block)
}

#[cfg(test)]
mod tests {
    use trace::event::Kind;
    use trace::http2::Http2;
    use trace::ids::ConnId;
    use trace::span::Dir;

    use super::*;

    #[test]
    fn what_keeps_to_the_rules_is_heard_without_a_fault() {
        let mut events = Vec::new();
        let said = [beginning(), get("/r/abc/hello")].concat();
        wire::conn::Conn::http1(ConnId(1)).feed(Dir::ToServer, &said, &mut events);
        assert!(events.iter().all(|event| event.faults.is_empty()), "{events:?}");
        let Some(Kind::Http2(Http2::Head(head))) = events.last().map(|event| &event.kind) else {
            panic!("{events:?}")
        };
        assert_eq!(head.value(":path"), Some("/r/abc/hello"));
    }
}
