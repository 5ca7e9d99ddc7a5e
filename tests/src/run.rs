//! A run, over the studio's API.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use trace::entry::Entry;
use trace::log::Header;
use trace::studio::{Created, RunState, Summary};

use crate::live::Live;
use crate::server::{Answer, Server};
use crate::{log, within};

/// How often a state is looked at while it is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// How long a log must not grow to be taken for settled: longer than the second for which a closed
/// connection is still read.
const QUIET: Duration = Duration::from_millis(1_200);

/// A run of a server's.
pub struct Run<'a> {
    /// The server.
    pub server: &'a Server,
    /// What its making gave.
    pub created: Created,
}

impl<'a> Run<'a> {
    /// Makes a run.
    pub async fn create(server: &'a Server, lab: &str, params: Value) -> Self {
        Self::create_seeded(server, lab, params, 0).await
    }

    /// Makes a run with a seed.
    pub async fn create_seeded(server: &'a Server, lab: &str, params: Value, seed: u64) -> Self {
        let new = json!({ "lab": lab, "params": params, "seed": seed });
        let answer = Answer::to(server.ask(Method::POST, "/api/runs").json(&new)).await;
        assert_eq!(answer.status, 201, "{new}: {}", answer.body);
        let created = serde_json::from_str(&answer.body).expect("what was made");
        Self { server, created }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.created.id.0
    }

    /// The studio's address of something of this run's: `/log`, or nothing for the run itself.
    pub fn api(&self, rest: &str) -> String {
        format!("/api/runs/{}{rest}", self.id())
    }

    /// A request's target on this run's services.
    pub fn target(&self, rest: &str) -> String {
        format!("/r/{}/{rest}", self.id())
    }

    /// The first of its services.
    pub fn addr(&self) -> SocketAddr {
        let name = self.created.urls.keys().next().expect("a run has an address");
        self.server.addr(name)
    }

    /// Presses a button.
    pub async fn input(&self, input: &str) -> Answer {
        let call = self.server.ask(Method::POST, &self.api("/inputs"));
        Answer::to(call.json(&json!({ "input": input }))).await
    }

    /// Presses a button that must work.
    pub async fn press(&self, input: &str) {
        let answer = self.input(input).await;
        assert_eq!(answer.status, 204, "{input}: {}", answer.body);
    }

    /// Presses a button about an instance.
    pub async fn input_at(&self, input: &str, instance: &str) -> Answer {
        let call = self.server.ask(Method::POST, &self.api("/inputs"));
        Answer::to(call.json(&json!({ "input": input, "instance": instance }))).await
    }

    /// Presses a button that is said more about, which must work.
    pub async fn press_with(&self, press: Value) {
        let call = self.server.ask(Method::POST, &self.api("/inputs"));
        let answer = Answer::to(call.json(&press)).await;
        assert_eq!(answer.status, 204, "{press}: {}", answer.body);
    }

    /// Waits until its log is as wanted. Gives it.
    pub async fn wait_log(
        &self,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&[Entry]) -> bool,
    ) -> Vec<Entry> {
        let looking = async {
            loop {
                let (_, entries) = self.log().await;
                if wanted(&entries) {
                    return entries;
                }
                tokio::time::sleep(LOOK * 5).await;
            }
        };
        within(limit, what, looking).await
    }

    /// Where one of its services is.
    pub fn at(&self, name: &str) -> SocketAddr {
        self.server.addr(name)
    }

    /// How it is.
    pub async fn summary(&self) -> Summary {
        summary(self.server, self.id()).await
    }

    /// Waits until the summary is as wanted.
    pub async fn wait(
        &self,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&Summary) -> bool,
    ) -> Summary {
        let looking = async {
            loop {
                let summary = self.summary().await;
                if wanted(&summary) {
                    return summary;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        within(limit, what, looking).await
    }

    /// Waits until it is in a state.
    pub async fn wait_state(&self, state: RunState, limit: Duration) -> Summary {
        self.wait(limit, &format!("{state:?}"), |summary| summary.state == state).await
    }

    /// Waits until all its connections are closed and nothing more is written, then reads.
    pub async fn settled(&self) -> (Summary, Vec<Entry>) {
        let before = self.wait_settled().await;
        let (_, entries) = self.log().await;
        (before, entries)
    }

    /// Waits until all its connections are closed and nothing more is written.
    pub async fn wait_settled(&self) -> Summary {
        let settling = async {
            loop {
                let before = self.summary().await;
                let figures = &before.metrics;
                tokio::time::sleep(QUIET).await;
                let after = self.summary().await;
                if after.last_seq == before.last_seq
                    && figures.connections_opened == figures.connections_closed
                {
                    return after;
                }
            }
        };
        within(Duration::from_secs(30), "the log settles", settling).await
    }

    /// Its log as text, from a number on.
    pub async fn log_text(&self, after: u64) -> String {
        let answer = self.server.get(&self.api(&format!("/log?after={after}"))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.kind, "application/x-ndjson");
        answer.body
    }

    /// Its log, each line held against the schema.
    pub async fn log(&self) -> (Header, Vec<Entry>) {
        log::read(&self.log_text(0).await, 1)
    }

    /// Follows it live, from a number on.
    pub async fn live(&self, after: u64) -> Live {
        let followed = Live::follow(self.server.port, self.id(), after).await;
        followed.unwrap_or_else(|status| panic!("the live feed answers {status}"))
    }
}

/// How a run is, by its name: the page may have made it.
pub async fn summary(server: &Server, run: &str) -> Summary {
    let answer = server.get(&format!("/api/runs/{run}")).await;
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// What a run has in its log, by its name, each line held against the schema.
pub async fn entries(server: &Server, run: &str) -> Vec<Entry> {
    let text = server.get(&format!("/api/runs/{run}/log")).await.body;
    log::read(&text, 1).1
}
