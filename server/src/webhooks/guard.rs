//! Where callbacks may go: to this server's own site.com, and where `--callback-allow` names. A name is
//! resolved once a connection, and every address that it resolves to is judged before one is dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustls::pki_types::ServerName;
use url::{Host, Url};

use super::addresses::special;
use super::connect::Resolve;
use crate::agent::reachable;
use crate::names::Names;

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
    /// The names of this server.
    pub names: Names,
    /// The address that callers are told, where a proxy stands between.
    pub told: Option<Told>,
}

/// The address of a listener that callers are told: what lies below it, a proxy hands to the listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    https: bool,
    host: Host<String>,
    port: u16,
    /// The beginning of its paths, which the proxy takes off.
    prefix: String,
}

/// The addresses of this machine.
#[derive(Debug, Clone)]
enum Here {
    /// These.
    Known(Vec<IpAddr>),
    /// Those that it has when one is judged: networks come and go.
    Asked(fn() -> Vec<IpAddr>),
}

/// Where callbacks may go.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    own: Vec<Own>,
    named: Vec<Named>,
    here: Here,
}

/// An address to which callbacks may go, unless what its name resolves to forbids it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The listener of this server, if it is one.
    pub own: Option<SocketAddr>,
    /// Whether TLS is spoken there.
    pub https: bool,
    /// What is asked for there, with its query.
    pub path: String,
    host: Host<String>,
    port: u16,
    /// What `Host` says.
    authority: String,
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

impl Told {
    /// As the flags give it; none where it is no address.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let https = url.scheme() == "https";
        let (host, port) = (bare(url.host()?.to_owned()), url.port_or_known_default()?);
        Some(Self { https, host, port, prefix: url.path().trim_end_matches('/').to_owned() })
    }

    /// The path that the proxy hands to the listener, if an address lies below this one.
    fn handed_on<'a>(&self, url: &'a Url, host: &Host<String>) -> Option<&'a str> {
        let is_it = self.https == (url.scheme() == "https")
            && url.port_or_known_default() == Some(self.port)
            && *host == self.host;
        let rest = url.path().strip_prefix(self.prefix.as_str()).filter(|_| is_it)?;
        rest.starts_with('/').then_some(rest)
    }
}

impl Default for Here {
    fn default() -> Self {
        Self::Known(Vec::new())
    }
}

impl Here {
    fn has(&self, ip: IpAddr) -> bool {
        match self {
            Self::Known(all) => all.contains(&ip),
            Self::Asked(all) => all().contains(&ip),
        }
    }
}

impl Own {
    /// Whether a host and port are this listener's.
    fn is(&self, host: &Host<String>, port: u16, here: &Here) -> bool {
        if port != self.addr.port() {
            return false;
        }
        let listens = self.addr.ip();
        match ip_of(host) {
            Some(ip) if listens.is_unspecified() => ip.is_loopback() || here.has(ip),
            Some(ip) => ip == listens,
            None if is_localhost(host) => listens.is_loopback() || listens.is_unspecified(),
            None => self.names.have(&host.to_string()),
        }
    }

    /// The path for which this listener is asked by an address of its own, and whether TLS is spoken with it.
    fn asked<'a>(
        &self,
        url: &'a Url,
        (host, port): (&Host<String>, u16),
        here: &Here,
    ) -> Option<(&'a str, bool)> {
        // Who stands between is left out, and its TLS, for which the listener has no certificate.
        if let Some(path) = self.told.as_ref().and_then(|told| told.handed_on(url, host)) {
            return Some((path, false));
        }
        self.is(host, port, here).then(|| (url.path(), url.scheme() == "https"))
    }
}

impl Guard {
    /// To these listeners, and where the flags name. `here` are the addresses of this machine.
    #[must_use]
    pub fn new(own: Vec<Own>, named: Vec<Named>, here: Vec<IpAddr>) -> Self {
        Self { own, named, here: Here::Known(here) }
    }

    /// The same; the addresses of this machine are asked for when one is judged.
    #[must_use]
    pub fn asking(own: Vec<Own>, named: Vec<Named>, here: fn() -> Vec<IpAddr>) -> Self {
        Self { own, named, here: Here::Asked(here) }
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
        if url.fragment().is_some() {
            return no("a callback's address has no # in it: that is never sent".to_owned());
        }
        let host = bare(host.to_owned());
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let asked = |own: &Own| {
            let (path, https) = own.asked(&url, (&host, port), &self.here)?;
            Some((own.name.clone(), reachable(own.addr), path, https))
        };
        let Some((name, own, path, https)) = self.own.iter().find_map(asked) else {
            self.check_other(&host, port)?;
            let (https, path) = (url.scheme() == "https", format!("{}{query}", url.path()));
            return Ok(Target { own: None, https, path, host, port, authority });
        };
        let wanted = format!("/r/{run}/callback");
        if path != wanted {
            return no(format!("a run's callbacks go to its own {name}, at {wanted}"));
        }
        let path = format!("{wanted}{query}");
        Ok(Target { own: Some(own), https, path, host, port, authority })
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
        self.authority.clone()
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
