//! Two runs on one connection of HTTP/2, as a client makes them that keeps one channel for all of its
//! calls: each run hears its own streams and the connection's frames, and counts the rest.

use serde_json::json;
use tests::calls::calls;
use tests::client::{contract, python, told};
use tests::log::conns;
use tests::run::Run;
use tests::server::Server;
use trace::entry::{Entry, Loss, What};
use trace::ids::ConnId;
use trace::span::Dir;

/// What a run's log has of a direction: bytes kept and bytes counted as another run's, without a gap.
fn kept(entries: &[Entry], conn: ConnId, dir: Dir) -> (Vec<u8>, u64, u64) {
    let (mut bytes, mut others, mut at) = (Vec::new(), 0, 0);
    for entry in entries {
        match &entry.what {
            What::Chunk(chunk) if (chunk.conn, chunk.dir) == (conn, dir) => {
                assert_eq!(chunk.offset, at, "no gap and no overlap");
                at += chunk.bytes.len() as u64;
                bytes.extend_from_slice(&chunk.bytes);
            }
            What::Lost(lost) if (lost.conn, lost.dir) == (conn, dir) => {
                assert_eq!((lost.offset, lost.why), (at, Loss::OtherRun));
                (at, others) = (at + lost.len, others + lost.len);
            }
            _ => {}
        }
    }
    (bytes, others, at)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|piece| piece == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_hears_its_own_streams() {
    for link_ms in [0, 10] {
        let server = Server::start(&[]).await;
        let knobs = json!({ "link_ms": link_ms });
        let runs = [
            Run::create(&server, "grpc", knobs.clone()).await,
            Run::create(&server, "grpc", knobs).await,
        ];
        let ids = [runs[0].id().to_owned(), runs[1].id().to_owned()];
        let mut client = python("shared.py");
        client.arg(runs[0].at("instance1").to_string()).args(&ids).arg(contract());
        let told = told(&mut client).await;
        assert_eq!(told.last().map(|call| call["status"].clone()), Some(json!(5)), "not found");

        let mut lengths = Vec::new();
        let mut addresses = Vec::new();
        for (run, (id, other)) in runs.iter().zip([(&ids[0], &ids[1]), (&ids[1], &ids[0])]) {
            let (summary, entries) = run.settled().await;
            let opened = conns(&entries);
            assert_eq!(opened.len(), 1, "{opened:?}");
            let conn = opened[0].conn;
            addresses.push(opened[0].client_addr.clone());
            // Five calls in turn, a long one, a subscription; the first run hears who was refused too.
            let its = calls(&entries, conn);
            let refused = usize::from(*id == ids[0]);
            assert_eq!(its.len(), 7 + refused, "{its:?}");
            let heard: Vec<&str> = told
                .iter()
                .filter(|call| call["run"] == json!(id))
                .filter_map(|call| call["text"].as_str())
                .collect();
            assert_eq!(heard.len(), 12);
            assert_eq!(summary.metrics.messages, 6, "six were heard by its subscription");
            for (dir, sent) in [(Dir::ToServer, 6), (Dir::ToClient, 6)] {
                let (bytes, others, length) = kept(&entries, conn, dir);
                assert!(others > 0, "something was the other's");
                assert!(!holds(&bytes, &format!("{other}-")), "nothing that the other said");
                let own = (0..5).filter(|number| holds(&bytes, &format!("{id}-{number}"))).count();
                assert_eq!(own + 1, sent, "all that it said itself");
                lengths.push(length);
            }
        }
        assert_eq!(addresses[0], addresses[1], "it was one connection");
        assert_eq!(lengths[..2], lengths[2..], "and each accounts for all of its bytes");
    }
}
