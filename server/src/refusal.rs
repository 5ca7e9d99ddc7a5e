//! Answers that this program gives by itself, before or beside a service: a status, a reason in
//! plain words, and the close of the connection. Written here because hyper's own say nothing and
//! are always HTTP/1.1.

use trace::http1::Version;
use trace::studio::Problem;

/// Why a connection or request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The head cannot be understood.
    BadRequest,
    /// The port speaks TLS, and this was none.
    PlainOnTls,
    /// The address names no run.
    NoRun,
    /// The address names a run that is not known.
    UnknownRun,
    /// The run is over.
    RunOver,
    /// The head did not come within its time.
    HeadTimeout,
    /// The body came more slowly than is borne.
    SlowBody,
    /// The head is too long, or has too many headers.
    HeadTooLarge,
    /// The body is too long.
    BodyTooLarge,
    /// The connection belongs to another run.
    Misdirected,
    /// There are as many connections as there may be.
    TooMany,
    /// The instance was killed, and for this run it takes no requests.
    Down,
}

impl Refusal {
    /// The status, its words, and what to do about it.
    #[must_use]
    #[rustfmt::skip] // a table is read line by line
    pub const fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request", "This is no request that HTTP/1 knows: see RFC 9112."),
            Self::PlainOnTls => (400, "Bad Request", "This port speaks TLS and nothing else: ask it with https."),
            Self::NoRun => (404, "Not Found", "A lab's address is /r/{run}/…: make a run with POST /api/runs on the studio."),
            Self::UnknownRun => (404, "Not Found", "There is no such run here: make one with POST /api/runs on the studio."),
            Self::RunOver => (410, "Gone", "This run is over. Its log stays; for more traffic make a new run."),
            Self::HeadTimeout => (408, "Request Timeout", "The request's head did not come whole in its time, by default 10 seconds."),
            Self::SlowBody => (408, "Request Timeout", "The body came more slowly than 100 bytes a second."),
            Self::HeadTooLarge => (431, "Request Header Fields Too Large", "A head may have 64 KiB and 256 headers."),
            Self::BodyTooLarge => (413, "Content Too Large", "The body is longer than is taken here, by default 8 MiB."),
            Self::Misdirected => (421, "Misdirected Request", "This connection belongs to another run: ask again on a new one."),
            Self::TooMany => (503, "Service Unavailable", "There are as many connections as there may be: try again in a second."),
            Self::Down => (503, "Service Unavailable", "This instance was killed: for this run it answers nothing until it is started again."),
        }
    }

    /// The problem details of RFC 9457.
    #[must_use]
    pub fn problem(self) -> Problem {
        let (status, title, detail) = self.parts();
        Problem {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: detail.to_owned(),
        }
    }

    /// The whole answer as it goes on the wire.
    #[must_use]
    pub fn bytes(self, version: Version) -> Vec<u8> {
        let (status, reason, _) = self.parts();
        let body = serde_json::to_string(&self.problem()).unwrap_or_default();
        let retry =
            if matches!(self, Self::TooMany | Self::Down) { "Retry-After: 1\r\n" } else { "" };
        format!(
            "{} {status} {reason}\r\nContent-Type: application/problem+json\r\n\
             Content-Length: {}\r\n{retry}Access-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n\
             Connection: close\r\n\r\n{body}",
            version.text(),
            body.len()
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_http_of_the_asked_version() {
        let text = String::from_utf8(Refusal::NoRun.bytes(Version::Http10)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 404 Not Found\r\n"));
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
        assert_eq!(serde_json::from_str::<Problem>(body).unwrap().status, 404);
    }
}
