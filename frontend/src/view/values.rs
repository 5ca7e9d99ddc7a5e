//! What the gRPC messages of the reader's step say, value by value. Where the contract does not know a
//! value, each way in which it can be read is there.

use leptos::prelude::*;
use scene::step::StepKind;
use trace::event::Kind;
use trace::grpc::{Grpc, Message, Reading, Value};
use wire::protobuf::against::short;

use super::t;
use crate::state::{State, state};

fn messages(state: State) -> Vec<Message> {
    let Some(step) = state.step() else { return Vec::new() };
    state.model.with(|model| {
        let Some(model) = model else { return Vec::new() };
        let Some(StepKind::Message { events, .. }) = model.steps.get(step).map(|step| &step.what)
        else {
            return Vec::new();
        };
        let message = |kind: &Kind| match kind {
            Kind::Grpc(Grpc::Message(message)) => Some(message.clone()),
            _ => None,
        };
        events.iter().filter_map(|seq| message(&model.event(*seq)?.kind)).collect()
    })
}

/// The values of the step's messages.
#[component]
pub fn Values() -> impl IntoView {
    let state = state();
    let messages = Memo::new(move |_| messages(state));
    move || messages.with(|messages| messages.iter().map(one).collect_view())
}

fn one(message: &Message) -> impl IntoView + use<> {
    let number = message.number.to_string();
    let args = [("number", (&number).into()), ("path", (&message.path).into())];
    let why = match message {
        Message { compressed: true, .. } => Some("values-compressed"),
        Message { len: 0, .. } => Some("values-empty"),
        Message { values, .. } if values.is_empty() => Some("values-unread"),
        _ => None,
    };
    let lines = why.is_none().then(|| table(&message.values));
    view! {
        <h2>{t("values")}</h2>
        <p class="hint">{text::say("values-of", &args)}</p>
        {why.map(|why| view! { <p class="hint">{t(why)}</p> })}
        {lines}
    }
}

fn table(values: &[Value]) -> impl IntoView + use<> {
    let line = |value: &Value| {
        let number = value.number.to_string();
        let name = value.name.clone().unwrap_or_else(|| t("values-unnamed"));
        view! {
            <tr data-depth=value.depth.to_string()>
                <th scope="row" style:padding-left=format!("{}rem", f32::from(value.depth) + 0.375)>
                    {name} <span class="size">{text::say("values-field", &[("number", (&number).into())])}</span>
                </th>
                <td>{short(value.wire)}</td>
                <td class="words">{readings(&value.readings)}</td>
            </tr>
        }
    };
    view! {
        <table class="state" id="values" aria-label=t("values")>
            <thead><tr>
                <th scope="col">{t("values-name")}</th>
                <th scope="col">{t("values-wire")}</th>
                <th scope="col">{t("values-value")}</th>
            </tr></thead>
            <tbody>{values.iter().map(line).collect_view()}</tbody>
        </table>
    }
}

/// What a value says. Several readings are as many possibilities.
fn readings(readings: &[Reading]) -> impl IntoView + use<> {
    let could = readings.len() > 1;
    let line = move |reading: &Reading| {
        let kind = if could {
            text::say("values-could-be", &[("kind", (&reading.kind).into())])
        } else {
            reading.kind.clone()
        };
        view! { <div><code>{reading.text.clone()}</code> <span class="size">{kind}</span></div> }
    };
    readings.iter().map(line).collect_view()
}
