//! What two contracts make of the gRPC message of the reader's step, where the service's is not its
//! clients': the same bytes field by field, each tag opened, as they were written and as they are read.

use leptos::prelude::*;
use scene::amount;
use scene::contracts::{Compared, Row, of};
use scene::step::StepKind;
use trace::grpc::Reading;
use trace::span::Side;
use wire::protobuf::against::{Field, How, Missing, short};

use super::t;
use crate::state::{State, state};

fn compared(state: State) -> Vec<Compared> {
    let Some(step) = state.step() else { return Vec::new() };
    state.model.with(|model| {
        let Some(model) = model else { return Vec::new() };
        let Some(StepKind::Message { events, .. }) = model.steps.get(step).map(|step| &step.what)
        else {
            return Vec::new();
        };
        events.iter().filter_map(|seq| of(model, *seq)).collect()
    })
}

/// The step's messages by both contracts; nothing where there is one contract.
#[component]
pub fn Contracts() -> impl IntoView {
    let state = state();
    let compared = Memo::new(move |_| compared(state));
    move || compared.with(|compared| compared.iter().map(one).collect_view())
}

/// The headings of who wrote and who reads.
const fn titles(from: Side) -> [&'static str; 2] {
    match from {
        Side::Client => ["contracts-client-wrote", "contracts-service-reads"],
        Side::Server => ["contracts-service-wrote", "contracts-client-reads"],
    }
}

fn one(compared: &Compared) -> impl IntoView + use<> {
    let Compared { method, from, len, rows, reader, .. } = compared;
    let [wrote, reads] = titles(*from);
    let rows = rows.iter().map(|row| line(row, *from)).collect_view();
    let missing = reader.as_ref().map(|reader| reader.missing.clone()).unwrap_or_default();
    let missing = missing.iter().map(absent).collect_view();
    let rest = reader.as_ref().map_or(0, |reader| reader.rest) as u64;
    let size = amount::bytes(rest);
    let removed = reader.is_none().then(|| {
        let bytes = amount::bytes(*len as u64);
        text::say("contracts-removed", &[("method", (*method).into()), ("bytes", (&bytes).into())])
    });
    view! {
        <h2>{t("contracts")}</h2>
        <p class="hint">{t("contracts-how")}</p>
        {removed.map(|removed| view! { <p class="down">{removed}</p> })}
        <div class="contracts-scroll" tabindex="0" role="region" aria-label=t("contracts")>
            <table class="state contracts" id="contracts" aria-label=t("contracts")>
                <thead><tr>
                    <th scope="col">{t("contracts-bytes")}</th>
                    <th scope="col">{t("contracts-tag")}</th>
                    <th scope="col">{t(wrote)}</th>
                    <th scope="col">{t(reads)}</th>
                </tr></thead>
                <tbody>{rows}{missing}</tbody>
            </table>
        </div>
        {(rest > 0).then(|| view! { <p class="hint">{text::say("contracts-rest", &[("size", (&size).into())])}</p> })}
    }
}

/// A field on the wire.
fn line(row: &Row, from: Side) -> impl IntoView + use<> {
    let Row { tag, value, wrote, read } = row;
    let number = wrote.number.to_string();
    let at = (wrote.at + 1).to_string();
    let (state, said) = match read {
        Some(read) => (class(&read.how), taken(read, from)),
        None => ("unreached", t("contracts-unreached").into_any()),
    };
    let meant = match &wrote.how {
        How::Read(reading) => known(wrote.name, reading),
        _ => t("values-unnamed").into_any(),
    };
    view! {
        <tr data-field=number data-read=state>
            <td class="words">
                <code><b>{tag.clone()}</b> " " {value.clone()}</code>
                <span class="size">{text::say("contracts-at", &[("at", (&at).into())])}</span>
            </td>
            <td class="words">
                {text::say("values-field", &[("number", (&number).into())])}
                <span class="size">{short(wrote.wire)}</span>
            </td>
            <td class="words">{meant}</td>
            <td class="words">{said}</td>
        </tr>
    }
}

/// A field that is not on the wire.
fn absent(missing: &Missing) -> impl IntoView + use<> {
    let number = missing.number.to_string();
    view! {
        <tr data-field=number data-read="missing">
            <td class="words">{t("contracts-absent")}</td>
            <td class="words">{text::say("values-field", &[("number", (&number).into())])}</td>
            <td class="words"></td>
            <td class="words">
                {known(Some(missing.name), &missing.default)}
                <span class="size">{t("contracts-default")}</span>
            </td>
        </tr>
    }
}

const fn class(how: &How) -> &'static str {
    match how {
        How::Read(_) => "read",
        How::Skipped => "skipped",
        How::Impossible(..) | How::Bad => "impossible",
        How::Unreached => "unreached",
    }
}

/// What a reader makes of a field.
fn taken(field: &Field, from: Side) -> AnyView {
    match &field.how {
        How::Read(reading) => known(field.name, reading),
        How::Skipped => {
            let number = field.number.to_string();
            let id = match from {
                Side::Client => "contracts-service-skips",
                Side::Server => "contracts-client-skips",
            };
            text::say(id, &[("number", (&number).into())]).into_any()
        }
        How::Impossible(kind, wire) => {
            let args = [
                ("name", field.name.unwrap_or_default().into()),
                ("kind", (*kind).into()),
                ("wanted", short(*wire).into()),
                ("wire", short(field.wire).into()),
            ];
            text::say("contracts-impossible", &args).into_any()
        }
        How::Bad => t("contracts-bad").into_any(),
        How::Unreached => t("contracts-unreached").into_any(),
    }
}

/// A value under its name.
fn known(name: Option<&'static str>, reading: &Reading) -> AnyView {
    let Reading { kind, text } = reading.clone();
    let text = if text.is_empty() { t("contracts-nothing") } else { text };
    view! { {name} " " <code>{text}</code> <span class="size">{kind}</span> }.into_any()
}
