//! The message in its three forms, a row for each field. The bytes of the values stand out; the rest is what
//! a form needs besides.

use forms::Form;
use forms::contract::PROTO;
use forms::message::{Size, sample};
use forms::rows::{Aligned, Part, Row, Span};
use leptos::prelude::*;
use scene::amount;

use crate::view::t;

/// So many rows are shown at first.
const FIRST: usize = 60;

/// And so many more each time that more are wanted.
const MORE: usize = 200;

/// How long the bar of the largest form is, in its own measure.
const BAR: usize = 1_000;

/// The three columns.
#[component]
pub fn Columns(
    /// How large the message is.
    size: Memo<Size>,
) -> impl IntoView {
    let aligned = Memo::new(move |_| Aligned::of(&sample(size.get())));
    let shown = RwSignal::new(FIRST);
    Effect::new(move |_| {
        size.track();
        shown.set(FIRST);
    });
    let lines = move || {
        aligned.with(|aligned| {
            let rows = aligned.rows.iter().take(shown.get());
            rows.map(|row| line(aligned, row)).collect_view()
        })
    };
    let more = move || {
        let rest = aligned.with(|aligned| aligned.rows.len()).saturating_sub(shown.get());
        (rest > 0).then(|| {
            let args = [("next", (rest.min(MORE) as u64).into()), ("rest", (rest as u64).into())];
            view! {
                <button class="quiet" id="more-rows" on:click=move |_| shown.update(|shown| *shown += MORE)>
                    {text::say("serialization-more", &args)}
                </button>
            }
        })
    };
    let heads = move || {
        aligned.with(|aligned| Form::ALL.map(|form| head(aligned, form)).into_iter().collect_view())
    };
    view! {
        <section class="form-columns" aria-labelledby="columns-title">
            <h2 id="columns-title">{t("serialization-columns")}</h2>
            <p class="hint">{t("serialization-columns-how")}</p>
            // The roles are said, because where the columns stand below each other nothing is laid out as a table.
            <table id="columns" role="table" aria-labelledby="columns-title">
                <thead role="rowgroup">
                    <tr role="row">
                        <th scope="col" role="columnheader">{t("serialization-field")}</th>
                        {heads}
                    </tr>
                </thead>
                <tbody role="rowgroup">{lines}</tbody>
            </table>
            {more}
            <details class="more" id="contract">
                <summary>{t("serialization-contract")}</summary>
                <p class="hint">{t("serialization-contract-how")}</p>
                <pre tabindex="0" aria-label=t("serialization-contract")>{PROTO}</pre>
            </details>
        </section>
    }
}

/// A form's name, how many bytes the message has in it, and how many of them say values.
fn head(aligned: &Aligned, form: Form) -> impl IntoView + use<> {
    let (all, values) = (aligned.bytes(form).len(), aligned.values(form));
    let most =
        Form::ALL.map(|form| aligned.bytes(form).len()).into_iter().max().unwrap_or_default();
    let length = |bytes: usize| (bytes * BAR).checked_div(most).unwrap_or_default().to_string();
    let (bytes, share) = (amount::bytes(all as u64), amount::share(values as u64, all as u64));
    let args = [("bytes", (&bytes).into()), ("share", (&share).into())];
    view! {
        <th scope="col" role="columnheader" id=format!("column-{}", form.id())>
            <span class="form-name">{form.title()}</span>
            <svg class="form-bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class="form-all" x="0" y="0" width=length(all) height="8" />
                <rect class="form-values" x="0" y="0" width=length(values) height="8" />
            </svg>
            <span class="size">{text::say("serialization-size", &args)}</span>
        </th>
    }
}

fn line(aligned: &Aligned, row: &Row) -> impl IntoView + use<> {
    let path = [("path", (&row.path).into())];
    let name = match (row.part, row.path.is_empty()) {
        (Part::Value, _) => row.path.clone(),
        (Part::Begin, true) => t("serialization-message-begin"),
        (Part::Begin, false) => text::say("serialization-begin", &path),
        (Part::End, true) => t("serialization-message-end"),
        (Part::End, false) => text::say("serialization-end", &path),
    };
    let class = if row.part == Part::Value { "form-value" } else { "form-mark" };
    let indent = format!("{}rem", 0.375 + 0.625 * row.depth as f64);
    let cells = Form::ALL.map(|form| cell(aligned, row, form)).into_iter().collect_view();
    view! {
        <tr class=class role="row">
            <th scope="row" role="rowheader" style:padding-left=indent>{name}</th>
            {cells}
        </tr>
    }
}

/// A field in one form.
fn cell(aligned: &Aligned, row: &Row, form: Form) -> impl IntoView + use<> {
    let is_value = row.part == Part::Value;
    let inside = match row.cell(form) {
        Some(cell) => {
            let said = |span: Span| said(form, span.cut(aligned.bytes(form)));
            let (before, value, after) =
                (said(cell.before()), said(cell.value), said(cell.after()));
            let (value_len, all) = (cell.value.len as u64, cell.all.len as u64);
            let size = if is_value {
                text::say("serialization-of", &[("value", value_len.into()), ("all", all.into())])
            } else {
                text::say("serialization-all", &[("all", all.into())])
            };
            view! {
                <code>
                    <span class="form-rest">{before}</span>
                    <span class="form-own">{value.trim_end().to_owned()}</span>
                    <span class="form-rest">{after}</span>
                </code>
                <span class="size">{size}</span>
            }
            .into_any()
        }
        None if is_value => {
            view! { <span class="hint">{t("serialization-default")}</span> }.into_any()
        }
        None => view! { <span class="hint">{t("serialization-nothing")}</span> }.into_any(),
    };
    view! { <td role="cell" data-form=form.title()>{inside}</td> }
}

/// Bytes as they are read: text, or each in hexadecimal with a space behind it.
fn said(form: Form, bytes: &[u8]) -> String {
    if form.is_text() {
        String::from_utf8_lossy(bytes).into_owned()
    } else {
        bytes.iter().map(|byte| format!("{byte:02x} ")).collect()
    }
}
