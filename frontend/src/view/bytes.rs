//! The bytes of the reader's step as hex and text, each field coloured, and the fields in words.
//! Hover or focus on either marks the other.

use leptos::prelude::*;
use scene::amount;
use scene::bytes::{self, Coding, FieldView, of};
use scene::step::StepKind;
use trace::event::Kind;
use trace::grpc::Grpc;
use trace::http1::Http1;
use trace::http2::Http2;
use trace::ids::Seq;
use trace::resp::Resp;
use trace::sse::Sse;
use trace::websocket::Websocket;

use super::dump::Dump;
use super::{bits, t};
use crate::state::{State, state};

/// Fields past so many are not listed.
const LISTED: usize = 300;

/// A message in more frames than that shows the first of them.
const EVENTS: usize = 24;

/// The bytes of each event of the step.
#[component]
pub fn Bytes() -> impl IntoView {
    let state = state();
    let events = Memo::new(move |_| {
        let step = state.step()?;
        state.model.with(|model| match &model.as_ref()?.steps.get(step)?.what {
            StepKind::Message { events, .. } => Some(events.clone()),
            _ => None,
        })
    });
    move || match events.get() {
        Some(events) => {
            let more = events.len().saturating_sub(EVENTS) as u64;
            let shown = events.into_iter().take(EVENTS);
            let shown = shown.map(|seq| view! { <Event seq=seq /> }).collect_view();
            view! {
                {shown}
                {(more > 0).then(|| view! { <p class="hint">{text::say("bytes-more-events", &[("count", more.into())])}</p> })}
            }
            .into_any()
        }
        None => view! { <p class="hint">{t("bytes-none")}</p> }.into_any(),
    }
}

fn title(state: State, seq: Seq) -> &'static str {
    state.model.with_untracked(|model| {
        let event = model.as_ref().and_then(|model| model.event(seq));
        match event.map(|event| &event.kind) {
            Some(Kind::Http1(Http1::Request(_) | Http1::Response(_))) => "bytes-head",
            Some(Kind::Http1(Http1::Body(_))) => "bytes-body",
            Some(Kind::Websocket(Websocket::Frame(_))) => "bytes-frame",
            Some(Kind::Websocket(Websocket::Message(_))) => "bytes-message",
            Some(Kind::Sse(Sse::Block(_))) => "bytes-event",
            Some(Kind::Resp(Resp::Command(_))) => "bytes-command",
            Some(Kind::Resp(Resp::Reply(_) | Resp::Push(_))) => "bytes-reply",
            Some(Kind::Http2(Http2::Frame(_))) => "bytes-frame",
            Some(Kind::Http2(Http2::Head(_))) => "bytes-head",
            Some(Kind::Http2(Http2::Content(_))) => "bytes-body",
            Some(Kind::Grpc(Grpc::Message(_))) => "bytes-message",
            Some(Kind::Tls(_)) => "bytes-record",
            _ => "bytes-other",
        }
    })
}

/// As many bytes in a row as there is room for.
fn per_row() -> usize {
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default();
    if width >= 1_720.0 { 16 } else { 8 }
}

#[component]
fn Event(seq: Seq) -> impl IntoView {
    let state = state();
    let coding = RwSignal::new(Coding::Encoded);
    let shown = Memo::new(move |_| {
        let coding = coding.get();
        state.model.with_untracked(|model| of(model.as_ref()?, seq, per_row(), coding))
    });
    let size = move || shown.with(|shown| shown.as_ref().map(|shown| amount::bytes(shown.len)));
    let coded = shown.with_untracked(|shown| shown.as_ref().is_some_and(|shown| shown.coded));
    let toggle = move |_| {
        coding.update(|coding| {
            *coding = if *coding == Coding::Encoded { Coding::Decoded } else { Coding::Encoded };
        });
    };
    let decoded = move || coding.get() == Coding::Decoded;
    view! {
        <section class="bytes" data-event=seq.to_string() aria-label=t(title(state, seq))>
            <h2>{t(title(state, seq))} " " <span class="size">{size}</span></h2>
            <div class="bytes-tools">
                {coded.then(|| view! {
                    <button class="segment lone decode" aria-pressed=move || decoded().to_string() class:on=decoded on:click=toggle title=t("decoded-title")>
                        {t("decoded")}
                    </button>
                })}
                {copies(state, shown)}
            </div>
            <Dump seq=seq shown=shown />
            {move || shown.with(|shown| shown.as_ref().map(|shown| fields(state, seq, shown)))}
        </section>
    }
}

/// An event's bytes, in the coding that was chosen.
pub type Shown = Memo<Option<bytes::Bytes>>;

/// A way of copying: the message that names it, and how.
type Copy = (&'static str, fn(&[u8]) -> String);

const COPIES: [Copy; 3] =
    [("copy-hex", bytes::as_hex), ("copy-text", bytes::as_text), ("copy-c", bytes::as_c)];

fn copies(state: State, shown: Shown) -> impl IntoView {
    let copy = move |(name, write): Copy| {
        let copy = move |_| {
            let bytes = state.model.with_untracked(|model| {
                shown.with_untracked(|shown| Some(shown.as_ref()?.all(model.as_ref()?)))
            });
            let bytes = bytes.unwrap_or_default();
            let (count, all) = (
                bytes.len() as u64,
                shown.with_untracked(|shown| shown.as_ref().map_or(0, |shown| shown.len)),
            );
            // What was not kept, or is too much, is not copied, and that is said.
            let said = if count == all {
                t("copied")
            } else {
                text::say("copied-part", &[("count", count.into()), ("all", all.into())])
            };
            super::controls::copy(state, write(&bytes), said);
        };
        view! { <button class="segment lone" on:click=copy>{t(name)}</button> }
    };
    COPIES.into_iter().map(copy).collect_view()
}

/// The fields in words.
fn fields(state: State, seq: Seq, shown: &bytes::Bytes) -> impl IntoView + use<> {
    let line = move |field: &FieldView| {
        let index = field.index;
        let class = format!("swatch tint-{}", field.tint.class());
        let text: String = field.text.chars().take(80).collect();
        let on = Memo::new(move |_| state.hot.get().or(state.marked.get()) == Some((seq, index)));
        view! {
            <li><button
                class="field"
                class:hot=move || on.get()
                data-field=index.to_string()
                aria-pressed=move || (state.marked.get() == Some((seq, index))).to_string()
                on:pointerenter=move |_| state.hot.set(Some((seq, index)))
                on:pointerleave=move |_| state.hot.set(None)
                on:focus=move |_| state.hot.set(Some((seq, index)))
                on:blur=move |_| state.hot.set(None)
                on:click=move |_| state.marked.update(|marked| {
                    *marked = if *marked == Some((seq, index)) { None } else { Some((seq, index)) };
                })
            >
                <span class=class aria-hidden="true"></span>
                <span class="field-title">{field.title.clone()}</span>
                <code>{text}</code>
                <span class="sentence">{field.sentence.clone()}</span>
                <span class="source">{field.source}</span>
            </button>
            {move || (state.marked.get() == Some((seq, index))).then(|| bits::table(state, seq, index)).flatten()}
            </li>
        }
    };
    let listed = shown.fields.iter().filter(|field| field.listed);
    let more = listed.clone().count().saturating_sub(LISTED) as u64;
    let lines = listed.take(LISTED).map(line).collect_view();
    view! {
        <ul class="fields">{lines}</ul>
        {(more > 0).then(|| view! { <p class="hint">{text::say("bytes-more-fields", &[("count", more.into())])}</p> })}
    }
}
