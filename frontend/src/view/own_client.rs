//! How a client of the reader's own joins the run: a line for it, that can be selected as a whole.

use std::collections::BTreeMap;

use leptos::prelude::*;
use scene::model::Model;
use serde_json::Value;

use super::controls::{copy, under_way};
use super::inputs::Down;
use super::t;
use crate::by_log::by_log;
use crate::state::{Active, state};

/// What a client is called, and the line for it.
type Line = (&'static str, String);

/// The lines for this run.
#[component]
pub fn OwnClient() -> impl IntoView {
    let state = state();
    let down = by_log::<Down>(state);
    let known = Memo::new(move |_| {
        let run = state.run.get().filter(|_| under_way(state) && !state.making.get());
        let over_tls = state.model.with(|model| model.as_ref().is_some_and(is_over_tls));
        let of = |run: Active| {
            let secure = run.urls.get("http10_tls").filter(|_| over_tls);
            let plain = || down.with(|down| lines(&state.lab.get(), &run.urls, down));
            secure.map_or_else(plain, |url| secured(url))
        };
        run.map(of).unwrap_or_default()
    });
    let chosen = RwSignal::new(0_usize);
    let line = Memo::new(move |_| {
        known.with(|lines| {
            let line = lines.get(chosen.get()).or(lines.first());
            line.map(|(_, line)| line.clone())
        })
    });
    let choice = move |(index, (name, _)): (usize, Line)| {
        let on = move || chosen.get() == index;
        view! {
            <button class="segment" class:on=on aria-pressed=move || on().to_string() on:click=move |_| chosen.set(index)>
                {name}
            </button>
        }
    };
    let choices = move || {
        let lines = known.get();
        (lines.len() > 1).then(|| {
            view! {
                <span class="segments" role="group" aria-label=t("own-client-which")>
                    {lines.into_iter().enumerate().map(choice).collect_view()}
                </span>
            }
        })
    };
    move || {
        let line = line.get()?;
        let copied = line.clone();
        Some(view! {
            <p class="own-client" title=t("own-client")>
                <span class="own-client-words">{t("own-client")}</span> " "
                {choices} " "
                <code id="curl" tabindex="0">{line}</code> " "
                <button class="segment lone" on:click=move |_| copy(state, copied.clone(), t("copied"))>{t("copy")}</button>
            </p>
        })
    }
}

/// Whether a run of the lab `http10` is to be asked over TLS.
fn is_over_tls(model: &Model) -> bool {
    model.header.params.get("tls").and_then(Value::as_bool) == Some(true)
}

/// The same over TLS: with the authority at hand, or without asking who answers.
fn secured(url: &str) -> Vec<Line> {
    vec![
        ("curl", format!("curl -v --cacert authority.pem {url}/hello")),
        ("curl -k", format!("curl -v -k {url}/hello")),
    ]
}

/// What can be typed into a terminal to take part in a run of a lab, at the first instance that is up.
fn lines(lab: &str, urls: &BTreeMap<String, String>, down: &Down) -> Vec<Line> {
    let is_up = |(name, _): &(&String, &String)| !down.is(name);
    let up = urls.iter().find(is_up).map(|(_, url)| url);
    let Some(url) = up.or(urls.values().next()) else { return Vec::new() };
    let ws = url.replacen("http", "ws", 1);
    match lab {
        "short_polling" => vec![("curl", format!("curl -v '{url}/messages?after=0'"))],
        "long_polling" => vec![("curl", format!("curl -v '{url}/messages?after=0&wait=10'"))],
        "websocket" => vec![
            ("websocat", format!("websocat '{ws}/socket?user=C'")),
            ("Python", format!("python3 -m websockets '{ws}/socket?user=C'")),
        ],
        "sse" => vec![("curl", format!("curl -N {url}/events"))],
        "job" => vec![
            ("curl", format!("curl -v '{url}/job?after=0&wait=10'")),
            ("curl -N", format!("curl -N {url}/job/events")),
        ],
        "grpc" => calls(url),
        "webhook" => callbacks(urls),
        "http2" => streams(url),
        _ => vec![("curl", format!("curl -v {url}/hello"))],
    }
}

/// The page over HTTP/2 by three clients: one file, all that the page names, many requests at once.
/// Without TLS there is nothing to agree by: the client has to know that the server speaks it.
fn streams(url: &str) -> Vec<Line> {
    let speaks = if url.starts_with("https:") { "--http2" } else { "--http2-prior-knowledge" };
    vec![
        ("curl", format!("curl -v {speaks} {url}/page/index.html")),
        ("nghttp", format!("nghttp -nav {url}/page/index.html")),
        ("h2load", format!("h2load -n 20 -c 1 -m 10 {url}/page/dog.png")),
    ]
}

/// Registering, paying, and what only site.com can tell.
fn callbacks(urls: &BTreeMap<String, String>) -> Vec<Line> {
    let (Some(payments), Some(site)) = (urls.get("payments"), urls.get("site.com")) else {
        return Vec::new();
    };
    let post = |path: &str, json: String| {
        format!("curl -v {payments}/{path} -H 'content-type: application/json' -d '{json}'")
    };
    vec![
        ("register", post("webhooks", format!(r#"{{"url":"{site}/callback"}}"#))),
        ("pay", post("payments", r#"{"amount":100}"#.to_owned())),
        ("ask", format!("curl -v '{site}/orders/pay_1?wait=10'")),
        ("forge", format!("curl -v {site}/callback -d '{{}}'")),
        ("dead letters", format!("curl -v {payments}/dead")),
    ]
}

/// A message as Protocol Buffers have it, `{"from":"A","to":"B","text":"hello"}`, as a shell and Python
/// both write bytes.
const HELLO: &str = r"\12\1A\22\1B\32\5hello";

/// The same call by three clients. gRPC itself has no room for a path before the service's name: there
/// the run is named beside the call.
fn calls(url: &str) -> Vec<Line> {
    let (origin, run) = url.rsplit_once("/r/").unwrap_or((url, ""));
    let (scheme, host) = origin.split_once("://").unwrap_or(("http", origin));
    let secure = scheme == "https";
    let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
    let port = if secure { 443 } else { 80 };
    let host = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    let plain = if secure { "" } else { "-plaintext " };
    let channel = if secure {
        format!("grpc.secure_channel('{host}', grpc.ssl_channel_credentials())")
    } else {
        format!("grpc.insecure_channel('{host}')")
    };
    let method = "lifeline.v1.Chat/Send";
    let json = r#"{"from":"A","to":"B","text":"hello"}"#;
    vec![
        ("grpcurl", format!("grpcurl {plain}-H 'lifeline-run: {run}' -d '{json}' {host} {method}")),
        (
            "Python",
            format!(
                "python3 -c \"import grpc; print({channel}.unary_unary('/{method}')(b'{HELLO}', metadata=[('lifeline-run', '{run}')]))\""
            ),
        ),
        (
            "curl",
            format!(
                r"printf '\0\0\0\0\15{HELLO}' | curl -v --output - --data-binary @- -H 'content-type: application/grpc-web+proto' '{url}/{method}'"
            ),
        ),
    ]
}
