//! The bytes of the reader's step as hex and text, each field coloured, and the fields in words.
//! Hover or focus on either marks the other.

use leptos::html::Div;
use leptos::prelude::*;
use scene::amount;
use scene::bytes::{self, Coding, FieldView, Row, of};
use scene::model::StepKind;
use trace::event::Kind;
use trace::http1::Http1;
use trace::ids::Seq;
use wasm_bindgen::JsCast as _;

use super::t;
use crate::state::{State, state};

/// A row's height in the dump, in CSS pixels.
const ROW: f64 = 18.0;

/// So many rows are in view at most; a longer dump is scrolled.
const ROWS: usize = 24;

/// Fields past so many are not listed.
const LISTED: usize = 300;

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
            events.into_iter().map(|seq| view! { <Event seq=seq /> }).collect_view().into_any()
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
            _ => "bytes-other",
        }
    })
}

/// As many bytes in a row as there is room for.
fn per_row() -> usize {
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default();
    if width >= 1_400.0 { 16 } else { 8 }
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

type Shown = Memo<Option<bytes::Bytes>>;

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
            super::controls::copy(state, write(&bytes.unwrap_or_default()));
        };
        view! { <button class="segment lone" on:click=copy>{t(name)}</button> }
    };
    COPIES.into_iter().map(copy).collect_view()
}

/// Rows of offset, hex and text, as far as they are in view.
#[component]
fn Dump(seq: Seq, shown: Shown) -> impl IntoView {
    let state = state();
    let scroller = NodeRef::<Div>::new();
    let top = RwSignal::new(0_usize);
    let look = move |_| {
        if let Some(element) = scroller.get_untracked() {
            top.set((f64::from(element.scroll_top()) / ROW) as usize);
        }
    };
    let count = move || shown.with(|shown| shown.as_ref().map_or(0, bytes::Bytes::count));
    let lines = move || {
        let from = top.get().saturating_sub(8);
        let rows = from..from + ROWS + 16;
        state.model.with_untracked(|model| {
            shown.with(|shown| {
                let (Some(shown), Some(model)) = (shown, model) else { return String::new() };
                let offset = from.min(shown.count()) as f64 * ROW;
                let rows = shown.rows(model, rows);
                let rows: String = rows
                    .iter()
                    .enumerate()
                    .map(|(index, row)| line(row, &shown.fields, offset + index as f64 * ROW))
                    .collect();
                rows
            })
        })
    };
    let width = if per_row() == 16 { 524 } else { 292 };
    let area = move || format!("0 0 {width} {}", count() as f64 * ROW);
    let over = move |event: leptos::ev::PointerEvent| {
        state.hot.set(field_at(&event.target()).map(|field| (seq, field)));
    };
    let click = move |event: leptos::ev::MouseEvent| {
        let field = field_at(&event.target()).map(|field| (seq, field));
        state.marked.update(|marked| *marked = if *marked == field { None } else { field });
    };
    // What is marked is painted over the rows, so that they need not be painted again.
    Effect::new(move |_| {
        let hot = state.hot.get().or(state.marked.get());
        let field = hot.filter(|(event, _)| *event == seq).map(|(_, field)| field);
        lines();
        request_animation_frame(move || mark(scroller, field));
    });
    view! {
        <div class="dump" node_ref=scroller tabindex="0" role="region" aria-label=t("bytes-dump") on:scroll=look>
            <svg
                width=width.to_string()
                height=move || (count() as f64 * ROW).to_string()
                viewBox=area
                aria-hidden="true"
                inner_html=lines
                on:pointerover=over
                on:pointerleave=move |_| state.hot.set(None)
                on:click=click
            ></svg>
        </div>
    }
}

/// The field of the byte under the pointer.
fn field_at(target: &Option<web_sys::EventTarget>) -> Option<usize> {
    let element = target.clone()?.dyn_into::<web_sys::Element>().ok()?;
    element.closest("[data-field]").ok()??.get_attribute("data-field")?.parse().ok()
}

/// Marks the bytes of a field among those that are painted.
fn mark(scroller: NodeRef<Div>, field: Option<usize>) {
    let Some(element) = scroller.get_untracked() else { return };
    let Ok(pieces) = element.query_selector_all("[data-field]") else { return };
    let wanted = field.map(|field| field.to_string());
    for index in 0..pieces.length() {
        let piece = pieces.item(index).and_then(|piece| piece.dyn_into::<web_sys::Element>().ok());
        let Some(piece) = piece else { continue };
        let hot = wanted.is_some() && piece.get_attribute("data-field") == wanted;
        let _ = piece.class_list().toggle_with_force("hot", hot);
    }
}

/// A row as SVG text: bytes of one field in a row are one piece.
fn line(row: &Row, fields: &[FieldView], y: f64) -> String {
    let tint = |field: usize| fields.get(field).map_or("glue", |field| field.tint.class());
    let base = y + 13.0;
    let mut svg = format!(r#"<text class="offset" x="0" y="{base}">{:04x}</text>"#, row.offset);
    let hex_width = per_row() * 20;
    let mut begin = 0;
    while let Some((_, field)) = row.cells.get(begin) {
        let run = row.cells.iter().skip(begin).take_while(|(_, other)| other == field).count();
        let cells = row.cells.get(begin..begin + run).unwrap_or_default();
        let hex: String = cells
            .iter()
            .map(|(byte, _)| byte.map_or("?? ".to_owned(), |byte| format!("{byte:02x} ")))
            .collect();
        let text: String = cells.iter().map(|(byte, _)| printed(*byte)).collect();
        let (hex_x, text_x) = (48 + begin * 20, 56 + hex_width + begin * 9);
        let (hex_w, text_w) = (run * 20, run * 9);
        let class = tint(*field);
        svg.push_str(&format!(
            r#"<g class="piece tint-{class}" data-field="{field}"><rect x="{}" y="{}" width="{}" height="16" rx="2"/><rect x="{}" y="{}" width="{text_w}" height="16" rx="2"/><text x="{hex_x}" y="{base}" textLength="{}">{}</text><text x="{text_x}" y="{base}" textLength="{}">{}</text></g>"#,
            hex_x - 2, y + 1.0, hex_w - 2, text_x - 1, y + 1.0, hex_w - 6, hex.trim_end(), text_w - 1, scene::paint::Safe(&text)
        ));
        begin += run;
    }
    svg
}

fn printed(byte: Option<u8>) -> char {
    match byte {
        Some(b' ') => '\u{a0}',
        Some(byte) if byte.is_ascii_graphic() => char::from(byte),
        _ => '·',
    }
}

/// The fields in words.
fn fields(state: State, seq: Seq, shown: &bytes::Bytes) -> impl IntoView + use<> {
    let line = move |field: &FieldView| {
        let index = field.index;
        let class = format!("swatch tint-{}", field.tint.class());
        let text: String = field.text.chars().take(80).collect();
        let on = Memo::new(move |_| state.hot.get().or(state.marked.get()) == Some((seq, index)));
        view! {
            <li
                class="field"
                class:hot=move || on.get()
                data-field=index.to_string()
                tabindex="0"
                on:pointerenter=move |_| state.hot.set(Some((seq, index)))
                on:pointerleave=move |_| state.hot.set(None)
                on:focus=move |_| state.hot.set(Some((seq, index)))
                on:blur=move |_| state.hot.set(None)
                on:click=move |_| state.marked.set(Some((seq, index)))
            >
                <span class=class aria-hidden="true"></span>
                <span class="field-title">{field.title.clone()}</span>
                <code>{text}</code>
                <span class="sentence">{field.sentence.clone()}</span>
                <span class="source">{field.source}</span>
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
