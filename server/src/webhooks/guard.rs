//! Where callbacks may go: to this server's own site.com, and where `--callback-allow` names. A name is
//! resolved once a connection, and every address that it resolves to is judged before one is dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::addresses::special;
use super::connect::Resolve;
use crate::agent::reachable;

/// The most bytes of an address.
const URL_LEN: usize = 2_048;

/// Why callbacks may not go somewhere, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotAllowed {
    /// Why.
    pub why: String,
}

/// A host that `--callback-allow` names, and perhaps its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    host: Host<String>,
    port: Option<u16>,
}

/// A listener of this server to which callbacks may always go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// The service.
    pub name: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Host and port that callers are told, where a proxy stands between.
    pub told: Option<(String, u16)>,
}

/// Where callbacks may go.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    own: Vec<Own>,
    named: Vec<Named>,
    here: Vec<IpAddr>,
}

/// An address to which callbacks may go, unless what its name resolves to forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The listener of this server, if it is one.
    pub own: Option<SocketAddr>,
    /// Whether TLS is spoken there.
    pub https: bool,
    /// What is asked for, with its query.
    pub path: String,
    host: Host<String>,
    port: u16,
}

fn no<T>(why: String) -> Result<T, NotAllowed> {
    Err(NotAllowed { why })
}

/// Reads `HOST[:PORT]`.
///
/// # Errors
/// What is wanted.
pub fn named(text: &str) -> Result<Named, String> {
    let wanted = |why: &str| format!("{text}: {why}; HOST or HOST:PORT is wanted");
    let end_of_host = match text.rfind(']') {
        Some(end) => end + 1,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end_of_host);
    let host = Host::parse(host).map_err(|error| wanted(&error.to_string()))?;
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return Err(wanted("something stands behind the host")),
        Some(port) => {
            let port = port.parse::<u16>().ok().filter(|port| *port > 0);
            Some(port.ok_or_else(|| wanted("the port is none"))?)
        }
    };
    Ok(Named { host: bare(host), port })
}

/// A host without the dot at a name's end.
fn bare(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned()),
        address => address,
    }
}

fn ip_of(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Ipv4(ip) => Some((*ip).into()),
        Host::Ipv6(ip) => Some((*ip).into()),
        Host::Domain(_) => None,
    }
}

fn is_localhost(host: &Host<String>) -> bool {
    let Host::Domain(name) = host else { return false };
    name == "localhost" || name.ends_with(".localhost")
}

impl Named {
    fn has_port(&self, port: u16) -> bool {
        self.port.map_or(port == 80 || port == 443, |own| own == port)
    }
}

impl Own {
    /// Whether a host and port are this listener's.
    fn is(&self, host: &Host<String>, port: u16, here: &[IpAddr]) -> bool {
        if let Some((name, told)) = &self.told
            && *told == port
            && host.to_string() == *name
        {
            return true;
        }
        let listens = self.addr.ip();
        port == self.addr.port()
            && match ip_of(host) {
                Some(ip) if listens.is_unspecified() => ip.is_loopback() || here.contains(&ip),
                Some(ip) => ip == listens,
                None => {
                    let local = listens.is_loopback() || listens.is_unspecified();
                    local && is_localhost(host)
                }
            }
    }
}

impl Guard {
    /// To these listeners, and where the flags name. `here` are the addresses of this machine.
    #[must_use]
    pub const fn new(own: Vec<Own>, named: Vec<Named>, here: Vec<IpAddr>) -> Self {
        Self { own, named, here }
    }

    /// Whether the callbacks of a run may go to an address, as far as it itself tells.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, url: &str, run: &str) -> Result<Target, NotAllowed> {
        if url.len() > URL_LEN {
            return no(format!(
                "an address may have {URL_LEN} bytes, and this one has {}",
                url.len()
            ));
        }
        let url = match Url::parse(url) {
            Ok(url) => url,
            Err(error) => return no(format!("this is no address: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return no(format!("callbacks go over http or https, and not over {}", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return no("a callback's address has no user name and no password in it".to_owned());
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return no("this address has no host".to_owned());
        };
        let (host, https) = (bare(host.to_owned()), url.scheme() == "https");
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let own = self.own.iter().find(|own| own.is(&host, port, &self.here));
        if let Some(own) = own
            && !url.path().starts_with(&format!("/r/{run}/"))
        {
            let name = &own.name;
            return no(format!("a run's callbacks go to its own {name}, below /r/{run}/"));
        }
        let target = Target { own: own.map(|own| reachable(own.addr)), https, path, host, port };
        if target.own.is_none() {
            self.check_other(&target.host, target.port)?;
        }
        Ok(target)
    }

    /// Whether callbacks may go to a host that is not this server's own.
    fn check_other(&self, host: &Host<String>, port: u16) -> Result<(), NotAllowed> {
        if self.named.iter().any(|named| named.host == *host && named.has_port(port)) {
            return Ok(());
        }
        if let Some(what) = ip_of(host).and_then(special) {
            return no(format!(
                "{host} is {what}: a callback there would reach what only this machine or its network may reach"
            ));
        }
        if is_localhost(host) {
            return no(format!("{host} is this very machine, where more listens than site.com"));
        }
        if self.named.iter().any(|named| named.host == *host) {
            return no(format!("callbacks may go to {host}, but not to port {port}"));
        }
        no(format!(
            "callbacks go to this server's own site.com; {host} has to be opened with --callback-allow"
        ))
    }

    /// The addresses that may be dialled for a target: resolved here, and nowhere again.
    ///
    /// # Errors
    /// An address among them to which callbacks may not go, or none at all.
    pub async fn addresses(
        &self,
        target: &Target,
        resolver: &dyn Resolve,
    ) -> Result<Vec<SocketAddr>, NotAllowed> {
        if let Some(own) = target.own {
            return Ok(vec![own]);
        }
        let (host, port) = (&target.host, target.port);
        if let Some(ip) = ip_of(host) {
            // It was named itself.
            return Ok(vec![(ip, port).into()]);
        }
        if is_localhost(host) {
            let both: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(both.map(|ip| (ip, port).into()).to_vec());
        }
        let name = host.to_string();
        let found = match resolver.resolve(&name, port).await {
            Ok(found) if found.is_empty() => return no(format!("{name} has no address")),
            Ok(found) => found,
            Err(error) => return no(format!("{name} could not be resolved: {error}")),
        };
        for addr in &found {
            if let Some(what) = special(addr.ip()).filter(|_| !self.names(addr.ip(), port)) {
                let ip = addr.ip();
                return no(format!(
                    "{name} resolves to {ip}, which is {what}: it has to be named itself with --callback-allow"
                ));
            }
        }
        // The port is the target's, whatever the resolver says.
        Ok(found.into_iter().map(|addr| (addr.ip(), port).into()).collect())
    }

    /// Whether an address is named itself.
    fn names(&self, ip: IpAddr, port: u16) -> bool {
        let is_it = |named: &Named| {
            ip_of(&named.host) == Some(ip) || (is_localhost(&named.host) && ip.is_loopback())
        };
        self.named.iter().any(|named| is_it(named) && named.has_port(port))
    }
}

impl Target {
    /// What `Host` says.
    #[must_use]
    pub fn host(&self) -> String {
        let default = if self.https { 443 } else { 80 };
        if self.port == default {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The name for which the certificate is to vouch.
    #[must_use]
    pub fn server_name(&self) -> Option<ServerName<'static>> {
        match (&self.host, ip_of(&self.host)) {
            (_, Some(ip)) => Some(ServerName::from(ip)),
            (host, None) => ServerName::try_from(host.to_string()).ok(),
        }
    }
}
