//! The lab `grpc`: calls by name and type. Over HTTP/2 from a client inside the server, and over HTTP/1.1
//! in the form that a page can carry, gRPC-web.

pub mod ask;
pub mod calls;
mod changed;
mod ends;
mod talk;
mod telling;
pub mod web;

use trace::studio::Lab;

use super::{choice, common, integer, lab};
use crate::run::Run;

/// Its words and its knobs.
#[must_use]
pub fn describe() -> Lab {
    let mut params = vec![
        choice("call", &["unary", "server_stream", "client_stream", "bidi", "parallel"]),
        integer("parallel", [1, 5, 100], ""),
        integer("messages", [1, 4, 10_000], ""),
        integer("message_every_ms", [1, 500, 60_000], "ms"),
        integer("deadline_ms", [0, 0, 60_000], "ms"),
        choice("fail", &["none", "status", "no_body", "cancel"]),
        choice("contract", &["v1", "v2"]),
    ];
    params.extend(common());
    lab("grpc", "calls", params)
}

/// Whether a call of this run hears what another service sends.
#[must_use]
pub fn hears(run: &Run) -> bool {
    matches!(run.word("call"), "server_stream" | "bidi")
}
