//! Who may call the studio: `Host` must be a name of this server and `Origin`, where there is one,
//! the studio's own, so that no page elsewhere can drive it. A browser that sends none tells by
//! `Sec-Fetch-Site` whose page makes it ask.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Studio;
use super::problem::Refused;
use crate::caps::Caps;
use crate::runs::Found;

/// Who calls, and by which name.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The host name in `Host`, without port.
    pub host_name: String,
    /// From where.
    pub peer: SocketAddr,
    key: Option<String>,
}

impl Caller {
    /// Whether this caller may change the run.
    pub fn check_key(&self, studio: &Studio, run: &Found) -> Result<(), Refused> {
        match &self.key {
            Some(key) if same(key, run.key()) => Ok(()),
            Some(_) => Err(Refused::new(StatusCode::FORBIDDEN, "That is not this run's key.")),
            None if studio.trusts(self) => Ok(()),
            None => Err(Refused::new(
                StatusCode::UNAUTHORIZED,
                "Send the run's key, which its making gave, in the header lifeline-key.",
            )),
        }
    }
}

/// Compares without telling by its time how much is the same.
pub fn same(left: &str, right: &str) -> bool {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(left) == Sha256::digest(right)
}

impl FromRequestParts<Arc<Studio>> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Studio>) -> Result<Self, Refused> {
        let host = host_of(&parts.headers).unwrap_or_default();
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let peer = peer.ok_or_else(|| {
            Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "The caller's address is not known.")
        })?;
        let key = parts.headers.get("lifeline-key").and_then(|key| key.to_str().ok());
        Ok(Self { host_name: name_of(host).to_owned(), peer, key: key.map(str::to_owned) })
    }
}

/// Lets a request through whose `Host` and `Origin` are in order.
pub async fn check(State(studio): State<Arc<Studio>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let Some(host) = host_of(headers) else {
        return Refused::new(StatusCode::BAD_REQUEST, "Send one Host header.").into_response();
    };
    if !studio.names.have(name_of(host)) {
        let why = "Call this server by its address, localhost, or a .local name.";
        return Refused::new(StatusCode::MISDIRECTED_REQUEST, why).into_response();
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let of_host = |scheme: &str| origin.as_bytes() == format!("{scheme}://{host}").as_bytes();
        if !of_host("http") && !of_host("https") {
            let why = "Only the studio's own page may call it: the Origin is another's.";
            return Refused::new(StatusCode::FORBIDDEN, why).into_response();
        }
    } else if request.uri().path().starts_with("/api/") && is_of_another_site(headers) {
        let why = "Only the studio's own page may call it: the call is from another site's.";
        return Refused::new(StatusCode::FORBIDDEN, why).into_response();
    }
    let request = match whole(request, studio.runs.caps).await {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, header::HeaderValue::from_static("DENY"));
    response
}

/// Whether a browser says that another site's page made it ask, with a picture for instance: for those it
/// sends no `Origin`. Where it says nothing no page made it, or it is no browser.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "same-origin" && site != "none")
}

/// A request with its body, which must be small and come in time.
async fn whole(request: Request, caps: Caps) -> Result<Request, Refused> {
    let (parts, body) = request.into_parts();
    let too_slow =
        || Refused::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in its time.");
    let most = usize::try_from(caps.studio_body_bytes).unwrap_or(usize::MAX);
    let too_large =
        |_| Refused::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have {most} bytes."));
    let time = std::time::Duration::from_secs(caps.head_s);
    let bytes = tokio::time::timeout(time, axum::body::to_bytes(body, most));
    let bytes = bytes.await.map_err(|_| too_slow())?.map_err(too_large)?;
    Ok(Request::from_parts(parts, bytes.into()))
}

/// The one `Host`.
pub fn host_of(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::HOST).iter();
    let host = all.next()?.to_str().ok()?;
    all.next().is_none().then_some(host)
}

/// A host without its port.
pub fn name_of(host: &str) -> &str {
    if host.starts_with('[') {
        return host.find(']').and_then(|end| host.get(..=end)).unwrap_or(host);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_says_whose_page_asks() {
        let another = |site: &'static str| {
            let name = header::HeaderName::from_static("sec-fetch-site");
            let site = header::HeaderValue::from_static(site);
            is_of_another_site(&HeaderMap::from_iter([(name, site)]))
        };
        assert!(another("cross-site") && another("same-site") && another(""));
        assert!(!another("same-origin") && !another("none"));
        assert!(!is_of_another_site(&HeaderMap::new()), "no browser");
    }

    #[test]
    fn the_name_is_the_host_without_its_port() {
        for (host, name) in [
            ("localhost:4000", "localhost"),
            ("localhost", "localhost"),
            ("[::1]:4000", "[::1]"),
            ("[::1]", "[::1]"),
            ("192.168.1.9:80", "192.168.1.9"),
        ] {
            assert_eq!(name_of(host), name);
        }
    }
}
