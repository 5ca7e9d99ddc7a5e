//! A client that knows nothing of Lifeline: curl, seen live as a lane of its own.

use std::time::Duration;

use serde_json::json;
use tests::log::request;
use tests::run::Run;
use tests::server::Server;
use tests::within;
use tokio::process::Command;
use tokio::time::Instant;
use trace::entry::{Entry, What};
use trace::participant::Role;

const LIMIT: Duration = Duration::from_secs(10);

/// How long a request may take from its arrival at the service to who follows the run.
const SEEN: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread")]
async fn curl_is_seen_ten_times_out_of_ten() {
    let server = Server::start(&[]).await;
    let mut worst = Duration::ZERO;
    for time in 1..=10 {
        // The default link for one half, none for the other.
        let params = if time % 2 == 0 { json!({}) } else { json!({ "link_ms": 0 }) };
        // The run begins no sooner: a request arrives at this and its moment in the log, or later.
        let began = Instant::now();
        let run = Run::create(&server, "http11", params).await;
        let mut follower = run.live(0).await;
        let url = format!("{}/hello", run.created.urls["instance1"]);
        let output = within(LIMIT, "curl", curl(&url)).await;
        assert_eq!(output, "Hello.\nHello.\n", "time {time}");
        let mut requests = 0;
        let seen = follower
            .until(LIMIT, |entry| {
                requests += usize::from(request(entry).is_some());
                requests == 2
            })
            .await;
        for (at, entry) in seen.iter().filter(|(_, entry)| request(entry).is_some()) {
            let arrived = began + Duration::from_micros(entry.at_us.0);
            let late = at.saturating_duration_since(arrived);
            assert!(late <= SEEN, "time {time}: seen {late:?} after it arrived: {entry:?}");
            worst = worst.max(late);
        }
        let entries: Vec<Entry> = seen.into_iter().map(|(_, entry)| entry).collect();
        assert_one_lane(&entries, time);
    }
    println!("seen {worst:?} after it arrived at the latest");
}

/// One connection, of a client that is called curl, with both requests on it.
fn assert_one_lane(entries: &[Entry], time: usize) {
    let opened = tests::log::conns(entries);
    assert_eq!(opened.len(), 1, "time {time}: {opened:?}");
    let client = &opened[0].client;
    assert_eq!((client.name.as_str(), client.role), ("curl", Role::Client), "time {time}");
    for entry in entries {
        if let What::Event(event) = &entry.what {
            assert_eq!(event.conn, opened[0].conn, "time {time}");
        }
    }
}

/// Asks twice, in one command.
async fn curl(url: &str) -> String {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", url, url])
        .kill_on_drop(true)
        .output()
        .await
        .expect("curl must be installed for this test: apt-get install curl");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("curl prints the answers")
}
