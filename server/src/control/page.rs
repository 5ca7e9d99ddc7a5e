//! The page: the frontend's files, embedded, with their compressed forms and the policy of what it
//! may load and call.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use super::Studio;
use super::guard::{Caller, host_of};
use super::problem::Refused;

#[derive(RustEmbed)]
#[folder = "../dist"]
#[exclude = ".stamp"]
#[allow_missing = true]
struct Files;

const MISSING: &str = "The page has not been built: `cargo xtask build` does that.";

/// What is known of the page when the server starts.
#[derive(Debug)]
pub struct Page {
    /// The `script-src` hashes of the scripts that stand in the page itself.
    scripts: String,
}

impl Page {
    /// Reads the page's own scripts, so that the policy can allow them and no others.
    pub fn load() -> Self {
        let page = Files::get("index.html").map(|file| file.data.into_owned()).unwrap_or_default();
        let text = String::from_utf8(page).unwrap_or_default();
        let hash = |script: &str| {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script));
            format!(" 'sha256-{digest}'")
        };
        let scripts = inline_scripts(&text).map(hash).collect();
        Self { scripts }
    }

    /// What the page may load and call: itself, and the labs.
    fn policy(&self, studio: &Studio, caller: &Caller, host: &str) -> String {
        let origins = studio.origins(caller);
        // A source of http does not cover a socket to the same port.
        let socket = |origin: &String| origin.replacen("http", "ws", 1);
        let over_tls = studio.http10_tls(caller);
        let labs: Vec<String> = origins
            .values()
            .chain(&over_tls)
            .flat_map(|origin| [origin.clone(), socket(origin)])
            .collect();
        format!(
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{}; style-src 'self'; \
             img-src 'self' data: blob:; font-src 'self'; \
             connect-src 'self' ws://{host} wss://{host} {}; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            self.scripts,
            labs.join(" ")
        )
    }
}

/// The text of each script element that has no source.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains("src=")).then_some(script)
    })
}

/// A file of the page; the page itself for every address that is no file.
pub async fn serve(
    State(studio): State<Arc<Studio>>,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        let why = "The API has no such address; GET /api/labs and /api/runs are good beginnings.";
        return Refused::new(StatusCode::NOT_FOUND, why).into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return Refused::method().into_response();
    }
    let host = host_of(&headers).unwrap_or_default();
    let brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.split(',').any(|coding| coding.trim() == "br"));
    match find(path, brotli) {
        Some(found) => found.into_response(&studio.page.policy(&studio, &caller, host)),
        None if path.contains('.') => {
            Refused::new(StatusCode::NOT_FOUND, "There is no such file.").into_response()
        }
        None => (StatusCode::NOT_FOUND, MISSING).into_response(),
    }
}

struct Found {
    name: String,
    file: EmbeddedFile,
    coding: Option<&'static str>,
}

/// The file of this path, compressed where that is at hand and understood.
fn find(path: &str, brotli: bool) -> Option<Found> {
    // Addresses without a file name are the page's own: it reads them itself.
    let name = if path.contains('.') { path } else { "index.html" };
    let compressed = brotli.then(|| Files::get(&format!("{name}.br"))).flatten();
    match compressed {
        Some(file) => Some(Found { name: name.to_owned(), file, coding: Some("br") }),
        None => Files::get(name).map(|file| Found { name: name.to_owned(), file, coding: None }),
    }
}

impl Found {
    fn into_response(self, policy: &str) -> Response {
        let kind = match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("wasm") => "application/wasm",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("md" | "ftl" | "txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        };
        // Files whose name holds their hash never change; the others are asked for each time.
        let hashed = self.name.bytes().filter(u8::is_ascii_hexdigit).count() >= 12
            && self.name.contains('-');
        let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        let mut response = Response::new(Body::from(self.file.data.into_owned()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(coding) = self.coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        if let Ok(policy) = HeaderValue::from_str(policy) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::inline_scripts;

    #[test]
    fn only_scripts_without_a_source_are_inline() {
        let page = "<script src=\"a.js\"></script><script type=\"module\">go()</script>";
        assert_eq!(inline_scripts(page).collect::<Vec<_>>(), ["go()"]);
    }
}
