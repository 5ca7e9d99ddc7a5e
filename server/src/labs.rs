//! The labs: what each is called, what can be set, and who drives it.

pub mod another_service;
pub mod chat;
pub mod events;
pub mod grpc;
pub mod http10;
pub mod http11;
pub mod http2;
pub mod job;
pub mod long_polling;
pub mod pages;
mod params;
mod pipelined;
mod poller;
pub mod polls;
mod sent;
pub mod serialization;
pub mod services;
pub mod short_polling;
pub mod sse;
pub mod webhook;
pub mod websocket;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use trace::note::Engine;
use trace::participant::{Participant, Role};
use trace::studio::{Lab, Param, ParamKind, RunState};

use crate::agent::{self, Until};
use crate::listen::Service;
use crate::run::{self, Run};

pub use params::fill;

/// Every lab that has runs, in the order in which the page lists them.
pub const ALL: [Kind; 10] = [
    Kind::Http10,
    Kind::Http11,
    Kind::Http2,
    Kind::ShortPolling,
    Kind::LongPolling,
    Kind::Websocket,
    Kind::Sse,
    Kind::Job,
    Kind::Grpc,
    Kind::Webhook,
];

/// Every lab as the page lists it: those with runs, and the one that is measured instead.
#[must_use]
pub fn listed() -> Vec<Lab> {
    ALL.into_iter().map(Kind::describe).chain([serialization::describe()]).collect()
}

/// A lab that has runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// HTTP/1.0: a connection for each request.
    Http10,
    /// HTTP/1.1: a connection kept alive.
    Http11,
    /// HTTP/2 beside HTTP/1.1: streams on a connection.
    Http2,
    /// Asking over and over.
    ShortPolling,
    /// Asking, and being held.
    LongPolling,
    /// A chat over WebSockets.
    Websocket,
    /// Server-Sent Events.
    Sse,
    /// The end of one long job, learned of in four ways.
    Job,
    /// Calls by name and type.
    Grpc,
    /// Callbacks between services.
    Webhook,
}

impl Kind {
    /// The lab of this name.
    #[must_use]
    pub fn named(id: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Its name in the API.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Http10 => "http10",
            Self::Http11 => "http11",
            Self::Http2 => "http2",
            Self::ShortPolling => "short_polling",
            Self::LongPolling => "long_polling",
            Self::Websocket => "websocket",
            Self::Sse => "sse",
            Self::Job => "job",
            Self::Grpc => "grpc",
            Self::Webhook => "webhook",
        }
    }

    /// Its name, its words and its parameters.
    #[must_use]
    pub fn describe(self) -> Lab {
        match self {
            Self::Http10 => http10::describe(),
            Self::Http11 => http11::describe(),
            Self::Http2 => http2::describe(),
            Self::ShortPolling => short_polling::describe(),
            Self::LongPolling => long_polling::describe(),
            Self::Websocket => websocket::describe(),
            Self::Sse => sse::describe(),
            Self::Job => job::describe(),
            Self::Grpc => grpc::describe(),
            Self::Webhook => webhook::describe(),
        }
    }

    /// Whether its instances serve polls, streams, sockets and calls.
    #[must_use]
    pub const fn notifies(self) -> bool {
        !matches!(self, Self::Http10 | Self::Http11 | Self::Http2 | Self::Webhook)
    }

    /// The services that its addresses name; the first is the one that its own client uses.
    #[must_use]
    pub fn services(self, all: &[Service]) -> Vec<Service> {
        if self == Self::Job {
            return job::services(all);
        }
        let its = |service: &&Service| match self {
            Self::Http10 => service.name == "http10",
            Self::Webhook => webhook::SERVICES.contains(&service.name.as_str()),
            _ => service.name.starts_with("instance"),
        };
        all.iter().filter(its).cloned().collect()
    }

    /// The instances that take part, of all that there are.
    fn among(self, params: &Map<String, Value>, services: &[Service]) -> Vec<Service> {
        let wanted = match self {
            Self::LongPolling | Self::Websocket => {
                params.get("instances").and_then(Value::as_u64).unwrap_or(1)
            }
            Self::Webhook => u64::MAX,
            Self::Job => job::SERVICES.len() as u64,
            _ => 1,
        };
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        services.iter().take(wanted.max(1)).cloned().collect()
    }

    /// Who takes part before anybody has connected.
    #[must_use]
    pub fn participants(
        self,
        params: &Map<String, Value>,
        services: &[Service],
        engine: Engine,
    ) -> Vec<Participant> {
        let word = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_agent = word("peer") == "agent";
        let mut all = match self {
            Self::Websocket => {
                let role = if is_agent { Role::Agent } else { Role::Browser };
                websocket::participants(params, role)
            }
            Self::Job if is_agent => job::clients(),
            _ if is_agent => vec![run::agent()],
            _ => vec![run::browser()],
        };
        all.extend(self.among(params, services).iter().map(Service::participant));
        let stores = match self {
            Self::Websocket => word("mode") != "stateful",
            _ => self == Self::LongPolling,
        };
        all.extend(stores.then(|| run::store(engine)));
        let speaks = self.notifies() && !matches!(self, Self::Websocket | Self::Job);
        all.extend(speaks.then(run::another_service));
        all
    }

    /// The inputs that its runs take.
    #[must_use]
    pub fn inputs(self) -> Vec<String> {
        let own: &[&str] = match self {
            Self::Http10 | Self::Http11 | Self::Http2 | Self::Job => &[],
            Self::ShortPolling | Self::LongPolling | Self::Grpc => &["send", "kill", "restart"],
            Self::Websocket => &["kill", "restart"],
            Self::Sse => &["send", "kill", "restart", "drop"],
            Self::Webhook => &webhook::INPUTS,
        };
        ["start", "stop", "next"].iter().chain(own).map(|&input| input.to_owned()).collect()
    }

    /// Drives a started run until it is over: the agent asks, or a page does and is waited for.
    pub async fn drive(self, run: Arc<Run>, services: Vec<Service>) {
        let services = self.among(run.params(), &services);
        let Some(service) = services.first() else { return };
        let is_agent = run.word("peer") == "agent";
        if self == Self::Webhook {
            let done = Box::pin(webhook::drive(&run, &services)).await;
            return over(&run, done);
        }
        if !self.notifies() {
            if !is_agent {
                let (wanted, until) = match self {
                    Self::Http2 => (http2::answers(&run), Until::Answered),
                    _ => (run.number("requests"), Until::Closed),
                };
                return agent::wait_for_page(&run, wanted, until).await;
            }
            let done = match self {
                Self::Http10 => http10::ask(&run, service).await,
                Self::Http2 => http2::ask(&run, service).await,
                _ => http11::ask(&run, service).await,
            };
            agent::wait_all_closed(&run).await;
            return over(&run, done);
        }
        let speaker = self.speaker(&run, &services);
        if self == Self::Job {
            tokio::spawn(job::work(Arc::clone(&run), services.clone()));
        }
        let done = if is_agent {
            tokio::select! {
                done = self.ask(&run, &services, service) => done,
                () = run.until_over() => Ok(()),
            }
        } else {
            run.until_page_done().await;
            Ok(())
        };
        over(&run, done);
        // It keeps its connection for as long as the run lasts.
        if let Some(speaker) = speaker {
            let _ = speaker.await;
        }
    }

    /// The agent's part in a lab whose instances notify.
    async fn ask(
        self,
        run: &Arc<Run>,
        services: &[Service],
        first: &Service,
    ) -> anyhow::Result<()> {
        match self {
            Self::ShortPolling => short_polling::ask(run, services).await,
            Self::LongPolling => long_polling::ask(run, services).await,
            Self::Websocket => websocket::ask(run, services).await,
            Self::Grpc => grpc::ask::ask(Arc::clone(run), first.clone()).await,
            Self::Job => job::ask(run, services).await,
            _ => sse::ask(run, first).await,
        }
    }

    /// Another service that sends messages, where the lab has one.
    fn speaker(self, run: &Arc<Run>, services: &[Service]) -> Option<JoinHandle<()>> {
        let (every, count) = match self {
            Self::Sse => ("every_ms", "events"),
            Self::Websocket | Self::Job => return None,
            Self::Grpc if !grpc::hears(run) => return None,
            _ => ("message_every_ms", "messages"),
        };
        let every = Duration::from_millis(run.number(every));
        let (run, services) = (Arc::clone(run), services.to_vec());
        let count = run.number(count);
        Some(tokio::spawn(another_service::speak(run, services, every, count)))
    }
}

fn over(run: &Run, done: anyhow::Result<()>) {
    match done {
        Ok(()) => run.go_to(RunState::Finished, ""),
        Err(error) => run.go_to(RunState::Failed, &error.to_string()),
    };
}

/// A knob; its words are messages of the catalogue, by its name.
fn param(name: &str, kind: ParamKind) -> Param {
    let id = name.replace('_', "-");
    Param {
        name: name.to_owned(),
        label: text::say(&format!("knob-{id}"), &[]),
        kind,
        help: text::say(&format!("knob-{id}-help"), &[]),
    }
}

/// A whole number that can be set.
fn integer(name: &str, range: [u64; 3], unit: &str) -> Param {
    let [min, default, max] = range;
    param(name, ParamKind::Integer { min, max, default, unit: unit.to_owned() })
}

/// A word that can be chosen; the first is the default.
fn choice(name: &str, options: &[&str]) -> Param {
    let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
    let default = options.first().cloned().unwrap_or_default();
    param(name, ParamKind::Choice { options, default })
}

/// What the labs that ask for pages have.
fn asking() -> [Param; 2] {
    [
        choice("order", &["in_turn", "parallel"]),
        choice("resource", &["hello", "page/index.html", "page/dog.png"]),
    ]
}

/// What every lab has.
fn common() -> [Param; 4] {
    [
        choice("peer", &["browser", "agent"]),
        integer("link_ms", [0, 40, 2_000], "ms"),
        param("pause", ParamKind::Boolean { default: false }),
        integer("pause_limit_s", [1, 120, 600], "s"),
    ]
}

/// A lab with its words from the catalogue, by its name.
fn lab(id: &str, group: &str, params: Vec<Param>) -> Lab {
    Lab {
        id: id.to_owned(),
        title: text::say(&format!("lab-{id}"), &[]),
        group: text::say(&format!("labs-{group}"), &[]),
        summary: text::say(&format!("lab-{id}-summary"), &[]),
        params,
        inputs: Kind::named(id).map(Kind::inputs).unwrap_or_default(),
    }
}
