//! What a head's fields must be: RFC 9113, sections 8.2 and 8.3.

use trace::fault::Code;
use trace::http2::{Header, Role};

/// Header fields that belong to HTTP/1's connections (RFC 9113, section 8.2.2).
const OF_CONNECTIONS: [&str; 5] =
    ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"];

/// The rules that header fields break, each with the field's place in the list.
pub fn broken(role: Role, headers: &[Header]) -> Vec<(Code, usize)> {
    let mut broken = Vec::new();
    let mut fields_began = false;
    for (index, Header { name, value, .. }) in headers.iter().enumerate() {
        if name.starts_with(':') {
            let repeated = headers.iter().take(index).any(|earlier| earlier.name == *name);
            // Pseudo-header fields come first (RFC 9113, section 8.3).
            if fields_began || repeated || !is_known(role, name) {
                broken.push((Code::BadPseudoHeader, index));
            }
        } else {
            fields_began = true;
        }
        if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            broken.push((Code::UppercaseFieldName, index));
        }
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let of_connections = OF_CONNECTIONS.into_iter().any(is);
        if of_connections || (is("te") && !value.eq_ignore_ascii_case("trailers")) {
            broken.push((Code::ConnectionHeader, index));
        }
    }
    broken
}

/// Whether a pseudo-header field is missing; or is there, where CONNECT must not have it.
pub fn is_incomplete(role: Role, headers: &[Header]) -> bool {
    let value = |name: &str| headers.iter().find(|header| header.name == name);
    let has = |name: &str| value(name).is_some();
    match role {
        Role::Request | Role::Promise => {
            let method = value(":method").map(|header| header.value.as_str());
            // RFC 9113, section 8.5. With a protocol it is like the others (RFC 8441, section 4).
            if method == Some("CONNECT") && !has(":protocol") {
                return !has(":authority") || has(":scheme") || has(":path");
            }
            method.is_none() || !has(":scheme") || !has(":path")
        }
        Role::Response | Role::Interim => !has(":status"),
        Role::Trailers => false,
    }
}

/// Whether a head of this role can have this pseudo-header field.
fn is_known(role: Role, name: &str) -> bool {
    match role {
        Role::Request | Role::Promise => {
            matches!(name, ":method" | ":scheme" | ":authority" | ":path" | ":protocol")
        }
        Role::Response | Role::Interim => name == ":status",
        Role::Trailers => false,
    }
}

#[cfg(test)]
mod tests {
    use trace::http2::How;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> Vec<Header> {
        let header = |(name, value): &(&str, &str)| Header {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            how: How::Plain(0),
            evicted: 0,
        };
        lines.iter().map(header).collect()
    }

    fn codes(role: Role, lines: &[(&str, &str)]) -> Vec<(Code, usize)> {
        broken(role, &headers(lines))
    }

    const ASKS: [(&str, &str); 3] = [(":method", "GET"), (":scheme", "http"), (":path", "/")];

    #[test]
    fn pseudo_header_fields_have_their_place() {
        assert!(codes(Role::Request, &ASKS).is_empty());
        let late = [ASKS[0], ("accept", "*/*"), ASKS[1], ASKS[0], (":status", "200")];
        let bad = |index| (Code::BadPseudoHeader, index);
        assert_eq!(codes(Role::Promise, &late), [bad(2), bad(3), bad(4)]);
        assert!(codes(Role::Response, &[(":status", "200")]).is_empty());
        assert_eq!(codes(Role::Trailers, &[(":status", "200")]), [bad(0)]);
    }

    #[test]
    fn fields_of_connections_are_forbidden() {
        let bad = |index| (Code::ConnectionHeader, index);
        let lines = [("te", "trailers"), ("te", "gzip"), ("connection", "close"), ("upgrade", "x")];
        assert_eq!(codes(Role::Trailers, &lines), [bad(1), bad(2), bad(3)]);
        let large = [("Accept", "*/*"), ("Upgrade", "x")];
        let upper = |index| (Code::UppercaseFieldName, index);
        assert_eq!(codes(Role::Trailers, &large), [upper(0), upper(1), bad(1)]);
    }

    #[test]
    fn some_are_missed() {
        let incomplete = |role, lines: &[(&str, &str)]| is_incomplete(role, &headers(lines));
        assert!(!incomplete(Role::Request, &ASKS));
        assert!(incomplete(Role::Request, &ASKS[1..]));
        assert!(incomplete(Role::Promise, &ASKS[..2]));
        let connect = [(":method", "CONNECT"), (":authority", "a:1")];
        assert!(!incomplete(Role::Request, &connect));
        assert!(incomplete(Role::Request, &connect[..1]));
        assert!(incomplete(Role::Request, &[connect[0], connect[1], ASKS[2]]));
        let socket = [connect[0], (":protocol", "websocket"), ASKS[1], ASKS[2]];
        assert!(!incomplete(Role::Request, &socket));
        assert!(incomplete(Role::Interim, &[]));
        assert!(!incomplete(Role::Trailers, &[]));
    }
}
