//! The baseline of `cargo xtask bench capture`: the lab's service on its connections as the server
//! has it, with nothing heard: no tap, no decoder, and a log to which nobody writes.
#![expect(clippy::print_stdout, reason = "it tells where it listens")]

use std::sync::Arc;

use bytes::Bytes;
use lifeline::instance::Shared;
use lifeline::run::{Bound, Run};
use lifeline::serve_conn::{Conn, Dialect};
use lifeline::store::Choice;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trace::http1::Version;
use trace::ids::{ConnId, RunId};
use trace::log::{FORMAT, Header};

/// As long as the names that the server gives, so that both move the same bytes.
const RUN: &str = "untapped";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut params = serde_json::Map::new();
    params.insert("keep_alive_s".to_owned(), 10.into());
    params.insert("link_ms".to_owned(), 0.into());
    let header = Header {
        lifeline: FORMAT,
        run: RunId(RUN.to_owned()),
        lab: "http11".to_owned(),
        params,
        seed: 0,
        participants: Vec::new(),
        started: String::new(),
    };
    let shared = Shared::new(&[], Choice::Memory, 0);
    let run = Arc::new(Run::new(header, String::new(), Default::default(), shared));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("untapped on http://{}/r/{RUN}", listener.local_addr()?);
    let stop = CancellationToken::new();
    for number in 1.. {
        let (stream, _) = listener.accept().await?;
        let _ = stream.set_nodelay(true);
        let conn = Conn {
            bound: Bound::unheard(&run, ConnId(number)),
            dialect: Dialect { version: Version::Http11, is_tls: false },
            refusal: None,
            stop: stop.clone(),
            cut: CancellationToken::new(),
            killed: CancellationToken::new(),
        };
        tokio::spawn(conn.serve(Bytes::new(), stream));
    }
    Ok(())
}
