//! An event's bytes as rows of offset, hex and text, of which only those in view are made.

use leptos::html::Div;
use leptos::prelude::*;
use scene::bytes::{self, Row};
use trace::ids::Seq;
use wasm_bindgen::JsCast as _;

use super::bytes::Shown;
use super::t;
use crate::state::{State, state};

/// A row's height, in CSS pixels.
const ROW: f64 = 18.0;

/// So many rows are in view at most; a longer dump is scrolled.
const ROWS: usize = 24;

/// Rows of offset, hex and text, as far as they are in view.
#[component]
pub fn Dump(
    /// The event.
    seq: Seq,
    /// Its bytes.
    shown: Shown,
) -> impl IntoView {
    let state = state();
    let scroller = NodeRef::<Div>::new();
    let top = RwSignal::new(0_usize);
    let look = move |_| {
        if let Some(element) = scroller.get_untracked() {
            top.set((f64::from(element.scroll_top()) / ROW) as usize);
        }
    };
    let count = move || shown.with(|shown| shown.as_ref().map_or(0, bytes::Bytes::count));
    let lines = Memo::new(move |_| rows(state, shown, top.get().saturating_sub(8)));
    let per_row = shown.with_untracked(|shown| shown.as_ref().map_or(8, |shown| shown.per_row));
    let width = if per_row == 16 { 524 } else { 292 };
    let area = move || format!("0 0 {width} {}", count() as f64 * ROW);
    let over = move |event: leptos::ev::PointerEvent| {
        state.hot.set(field_at(&event.target()).map(|field| (seq, field)));
    };
    let click = move |event: leptos::ev::MouseEvent| toggle(state, seq, field_at(&event.target()));
    follow_marks(state, (seq, shown), scroller, lines);
    view! {
        <div class="dump" node_ref=scroller tabindex="0" role="region" aria-label=t("bytes-dump") on:scroll=look>
            <svg
                width=width.to_string()
                height=move || (count() as f64 * ROW).to_string()
                viewBox=area
                aria-hidden="true"
                inner_html=move || lines.get()
                on:pointerover=over
                on:pointerleave=move |_| state.hot.set(None)
                on:click=click
            ></svg>
        </div>
    }
}

/// The rows in view as SVG text, from one on.
fn rows(state: State, shown: Shown, from: usize) -> String {
    state.model.with_untracked(|model| {
        shown.with(|shown| {
            let (Some(shown), Some(model)) = (shown, model) else { return String::new() };
            let offset = from.min(shown.count()) as f64 * ROW;
            let rows = shown.rows(model, from..from + ROWS + 16);
            let rows = rows.iter().enumerate();
            rows.map(|(index, row)| line(row, shown, offset + index as f64 * ROW)).collect()
        })
    })
}

/// Marks a field, or no longer, and brings its words into view in the list below.
fn toggle(state: State, seq: Seq, field: Option<usize>) {
    let field = field.map(|field| (seq, field));
    state.marked.update(|marked| *marked = if *marked == field { None } else { field });
    let line =
        field.map(|(seq, field)| format!("[data-event='{seq}'] .field[data-field='{field}']"));
    let line = line.and_then(|line| document().query_selector(&line).ok().flatten());
    if let Some(line) = line {
        line.scroll_into_view_with_bool(false);
    }
}

/// What is marked is painted over the rows, so that they need not be painted again.
fn follow_marks(
    state: State,
    (seq, shown): (Seq, Shown),
    scroller: NodeRef<Div>,
    lines: Memo<String>,
) {
    Effect::new(move |_| {
        let hot = state.hot.get().or(state.marked.get());
        let field = hot.filter(|(event, _)| *event == seq).map(|(_, field)| field);
        lines.track();
        request_animation_frame(move || {
            // The step may have changed before the frame came.
            let row = field.and_then(|field| {
                shown.try_with_untracked(|shown| shown.as_ref()?.row_of(field)).flatten()
            });
            reveal(scroller, row);
            mark(scroller, field);
        });
    });
}

/// The field of the byte under the pointer.
fn field_at(target: &Option<web_sys::EventTarget>) -> Option<usize> {
    let element = target.clone()?.dyn_into::<web_sys::Element>().ok()?;
    element.closest("[data-field]").ok()??.get_attribute("data-field")?.parse().ok()
}

/// Brings a row of the dump into view.
fn reveal(scroller: NodeRef<Div>, row: Option<usize>) {
    let (Some(element), Some(row)) = (scroller.try_get_untracked().flatten(), row) else { return };
    let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
    let y = row as f64 * ROW;
    // Nothing moves away under the pointer.
    if element.matches(":hover").unwrap_or(false) {
        return;
    }
    if y < top || y + ROW > top + height {
        element.set_scroll_top((y - height / 3.0).max(0.0) as i32);
    }
}

/// Marks the bytes of a field among those that are painted.
fn mark(scroller: NodeRef<Div>, field: Option<usize>) {
    let Some(element) = scroller.try_get_untracked().flatten() else { return };
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
fn line(row: &Row, shown: &bytes::Bytes, y: f64) -> String {
    let tint = |field: usize| shown.fields.get(field).map_or("glue", |field| field.tint.class());
    let base = y + 13.0;
    let mut svg = format!(r#"<text class="offset" x="0" y="{base}">{:04x}</text>"#, row.offset);
    let hex_width = shown.per_row * 20;
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
