//! What can be set when the server starts: flags, each also as an environment variable.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::caps::{self, Caps};
use crate::store::Choice;
use crate::store::redis::Target;
use crate::webhooks::guard::{self, Named, Told};

/// A playground for communication protocols.
#[derive(Debug, Parser)]
#[command(name = "lifeline", version, about)]
pub struct Cli {
    /// What it does; to serve where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Flags without a command.
    #[command(flatten)]
    pub serve: Config,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the studio and the labs (also without a command)
    Serve(Config),
}

/// Where the server listens and what it keeps.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Address to listen on; 0.0.0.0 lets the whole network in
    #[arg(long, env = "LIFELINE_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port of the studio; the labs follow it; 0 takes free ports
    #[arg(long, env = "LIFELINE_PORT", default_value_t = 4000, value_parser = clap::value_parser!(u16).range(0..=65_400))]
    pub port: u16,
    /// Number of service instances
    #[arg(long, env = "LIFELINE_INSTANCES", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=32))]
    pub instances: u16,
    /// Shared store of the labs: memory, or redis://HOST:PORT of a Redis or Valkey
    // Read later: what is wrong with it must be told without its password.
    #[arg(long, env = "LIFELINE_STORE", hide_env_values = true, default_value = "memory")]
    pub store: String,
    /// Folder for what is kept: the certificate authority of TLS, webhook deliveries that wait, and the
    /// newest 200 runs that are over, 1 GiB of lines at most, which is about twice that on disk
    #[arg(long, env = "LIFELINE_DATA")]
    pub data: Option<PathBuf>,
    /// Address that browsers are told for a lab, NAME=URL, where a proxy stands between
    #[arg(long = "lab-url", env = "LIFELINE_LAB_URL", value_delimiter = ',', value_parser = lab_url)]
    pub lab_urls: Vec<(String, String)>,
    /// Where webhooks may go besides this server's own site.com, HOST or HOST:PORT; without a port 80 and
    /// 443. A name that resolves to a private address needs that address named too
    #[arg(long = "callback-allow", env = "LIFELINE_CALLBACK_ALLOW", value_delimiter = ',', value_parser = guard::named)]
    pub callback_allow: Vec<Named>,
    /// Bound on what is taken or kept, NAME=NUMBER; an unknown name lists them all
    #[arg(long = "cap", env = "LIFELINE_CAP", value_delimiter = ',', value_parser = caps::parse)]
    pub caps: Vec<(String, u64)>,
    /// Open the page in a browser
    #[arg(long, env = "LIFELINE_OPEN")]
    pub open: bool,
}

impl Config {
    /// Loopback, free ports: for tests and as a base.
    #[must_use]
    pub fn local() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 0,
            instances: 3,
            store: "memory".to_owned(),
            data: None,
            lab_urls: Vec::new(),
            callback_allow: Vec::new(),
            caps: Vec::new(),
            open: false,
        }
    }

    /// The caps: what was given, else the defaults.
    #[must_use]
    pub(crate) fn caps(&self) -> Caps {
        let mut caps = Caps::default();
        for (name, value) in &self.caps {
            // They were checked one by one when the flags were read.
            let _ = caps.set(name, *value);
        }
        caps
    }

    /// The address that browsers are told for a lab, where one was given.
    #[must_use]
    pub(crate) fn told(&self, name: &str) -> Option<Told> {
        Told::of(self.overrides().get(name)?)
    }

    /// The lab addresses that were given, by name.
    #[must_use]
    pub fn overrides(&self) -> BTreeMap<String, String> {
        self.lab_urls.iter().cloned().collect()
    }
}

/// The store that was named.
///
/// # Errors
/// What is wanted; what was given is not repeated, for it may hold a password.
pub(crate) fn store(text: &str) -> Result<Choice, String> {
    match text {
        "memory" => Ok(Choice::Memory),
        url => Target::parse(url).map(Choice::Redis).map_err(|why| format!("memory, or {why}")),
    }
}

fn lab_url(text: &str) -> Result<(String, String), String> {
    let (name, url) =
        text.split_once('=').ok_or("NAME=URL is wanted, such as http10=http://lab.example")?;
    let uri: http::Uri = url.parse().map_err(|error| format!("{url}: {error}"))?;
    if uri.scheme().is_none() || uri.host().is_none() {
        return Err(format!("{url}: a whole address is wanted, such as http://lab.example"));
    }
    Ok((name.to_owned(), url.trim_end_matches('/').to_owned()))
}
