//! An event's bytes as hex and text, each field coloured, and the fields in words. Hover or focus
//! on either marks the other.

use leptos::prelude::*;
use scene::bytes::{Bytes, FieldView, Row, of};
use trace::event::Kind;
use trace::http1::Http1;
use trace::ids::Seq;

use crate::state::state;

/// The bytes of an event.
pub fn event_bytes(seq: Seq) -> impl IntoView {
    let state = state();
    let hot = RwSignal::new(None::<usize>);
    state.model.with_untracked(|model| {
        let model = model.as_ref()?;
        let event = model.event(seq)?;
        let Kind::Http1(said) = &event.kind;
        let what = match said {
            Http1::Request(_) | Http1::Response(_) => "Head",
            Http1::Body(_) => "Body",
            Http1::Malformed | Http1::Partial | Http1::Rest(_) => "Bytes",
        };
        let bytes = of(model, seq, per_row())?;
        let size = scene::amount::bytes(event.evidence.len());
        Some(view! {
            <section class="bytes" data-event=seq.to_string() aria-label=what>
                <h2>{what} " " <span class="size">{size}</span></h2>
                {hex(&bytes, hot)}
                {more(bytes.more)}
                {fields(&bytes, hot)}
            </section>
        })
    })
}

/// As many bytes in a row as there is room for.
fn per_row() -> usize {
    let width = window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or_default();
    if width >= 1_400.0 { 16 } else { 8 }
}

fn more(more: u64) -> Option<impl IntoView> {
    (more > 0).then(|| {
        let text = format!("{} more are not shown.", scene::amount::bytes(more));
        view! { <p class="hint">{text}</p> }
    })
}

/// Rows of offset, hex and text; bytes of one field in a row are one piece.
fn hex(bytes: &Bytes, hot: RwSignal<Option<usize>>) -> impl IntoView + use<> {
    let fields = bytes.fields.clone();
    let line = move |row: &Row| {
        let pieces = pieces(row);
        let paint = |as_text: bool| {
            let piece = |(field, bytes): &(usize, Vec<u8>)| {
                let tint = fields.get(*field).map_or("glue", |field| field.tint.class());
                let text = if as_text { printed(bytes) } else { in_hex(bytes) };
                piece(*field, tint, text, hot)
            };
            pieces.iter().map(piece).collect_view()
        };
        view! {
            <div class="hex-row">
                <span class="offset">{format!("{:04x}", row.offset)}</span>
                <span class="hex">{paint(false)}</span>
                <span class="text">{paint(true)}</span>
            </div>
        }
    };
    let lines = bytes.rows.iter().map(line).collect_view();
    let class = if per_row() == 16 { "dump per-16" } else { "dump per-8" };
    view! { <div class=class>{lines}</div> }
}

fn piece(field: usize, tint: &str, text: String, hot: RwSignal<Option<usize>>) -> impl IntoView {
    let class = format!("piece tint-{tint}");
    view! {
        <span
            class=class
            class:hot=move || hot.get() == Some(field)
            data-field=field.to_string()
            on:pointerenter=move |_| hot.set(Some(field))
            on:pointerleave=move |_| hot.set(None)
        >
            {text}
        </span>
    }
}

fn pieces(row: &Row) -> Vec<(usize, Vec<u8>)> {
    let mut pieces: Vec<(usize, Vec<u8>)> = Vec::new();
    for (byte, field) in &row.cells {
        match pieces.last_mut() {
            Some((last, bytes)) if last == field => bytes.push(*byte),
            _ => pieces.push((*field, vec![*byte])),
        }
    }
    pieces
}

fn in_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
}

fn printed(bytes: &[u8]) -> String {
    let print = |byte: &u8| if (b' '..=b'~').contains(byte) { char::from(*byte) } else { '·' };
    bytes.iter().map(print).collect()
}

/// The fields in words.
fn fields(bytes: &Bytes, hot: RwSignal<Option<usize>>) -> impl IntoView + use<> {
    let line = move |field: &FieldView| {
        let index = field.index;
        let class = format!("swatch tint-{}", field.tint.class());
        let text: String = field.text.chars().take(80).collect();
        view! {
            <li
                class="field"
                class:hot=move || hot.get() == Some(index)
                data-field=index.to_string()
                tabindex="0"
                on:pointerenter=move |_| hot.set(Some(index))
                on:pointerleave=move |_| hot.set(None)
                on:focus=move |_| hot.set(Some(index))
                on:blur=move |_| hot.set(None)
            >
                <span class=class aria-hidden="true"></span>
                <span class="field-title">{field.title.clone()}</span>
                <code>{text}</code>
                <span class="sentence">{field.sentence.clone()}</span>
                <span class="source">{field.source}</span>
            </li>
        }
    };
    let lines = bytes.fields.iter().filter(|field| field.listed).map(line).collect_view();
    view! { <ul class="fields">{lines}</ul> }
}
