//! What a message costs the server: asked for in the labs that push messages, and told in figures and in a
//! sentence that they make.

use leptos::prelude::*;
use scene::amount;
use scene::cost::{bytes, time, verdict};
use trace::processor_time::{Cost, ProcessorTime as Report, Protocol};

use super::t;
use crate::cost::{self, BYTES, Costed};
use crate::state::{State, state};

/// The panel, in the labs whose protocols are compared.
#[component]
pub fn ProcessorTime() -> impl IntoView {
    let state = state();
    let shown = Memo::new(move |_| {
        let lab = state.lab.get();
        Protocol::ALL.into_iter().any(|protocol| protocol.id() == lab)
    });
    move || shown.get().then(|| panel(state))
}

fn panel(state: State) -> impl IntoView {
    let costs = state.costs;
    let busy = Memo::new(move |_| costs.busy());
    let said = move || {
        costs.found.with(|found| match found {
            Costed::Under => t("cost-measuring"),
            Costed::Done(_) => t("cost-measured"),
            Costed::Never | Costed::Failed(_) => String::new(),
        })
    };
    view! {
        <details class="cost" id="cost">
            <summary>{t("cost-title")}</summary>
            <div class="cost-body">
                <p class="hint">{t("cost-how")}</p>
                <div class="cost-ask">
                    // It keeps the focus while it does nothing.
                    <button
                        class="primary"
                        id="cost-measure"
                        aria-disabled=move || busy.get().to_string()
                        on:click=move |_| cost::start(state)
                    >
                        {t("cost-measure")}
                    </button>
                    <label class="knob" for="cost-bytes">
                        <span>{t("cost-bytes")}</span>
                        {lengths(state)}
                    </label>
                </div>
                <p class="unseen" role="status">{said}</p>
                {move || costs.found.with(found)}
            </div>
        </details>
    }
}

/// How long the texts are to be.
fn lengths(state: State) -> impl IntoView {
    let chosen = state.costs.bytes;
    let option = |bytes: u64| {
        let selected = bytes == chosen.get_untracked();
        view! { <option value=bytes.to_string() selected=selected>{amount::bytes(bytes)}</option> }
    };
    view! {
        <select
            id="cost-bytes"
            prop:value=move || chosen.get().to_string()
            on:change=move |event| {
                let wanted = event_target_value(&event).parse::<u64>().ok();
                if let Some(wanted) = wanted.filter(|wanted| BYTES.contains(wanted)) {
                    chosen.set(wanted);
                }
            }
        >
            {BYTES.map(option).into_iter().collect_view()}
        </select>
    }
}

/// How it stands.
fn found(found: &Costed) -> AnyView {
    match found {
        Costed::Never => ().into_any(),
        Costed::Under => view! {
            <p class="hint form-progress">
                <label for="cost-progress">{t("cost-measuring")}</label>
                <progress id="cost-progress"></progress>
            </p>
        }
        .into_any(),
        Costed::Failed(why) => {
            let said = text::say("cost-failed", &[("why", why.into())]);
            view! { <p class="notice" role="alert">{said}</p> }.into_any()
        }
        Costed::Done(report) => told(report).into_any(),
    }
}

/// The figures, and what they say.
fn told(report: &Report) -> impl IntoView + use<> {
    let lines = report.protocols.iter().map(|cost| line(*cost, report.bytes)).collect_view();
    let sentence = verdict(report).map(|said| view! { <p id="cost-verdict">{said}</p> });
    let debug = report.debug.then(|| view! { <p class="cost-debug">{t("cost-debug")}</p> });
    view! {
        {debug}
        {sentence}
        // Before the table, so that nobody reads its column of what is heard without it.
        <p class="hint" id="cost-way">{t("cost-way")}</p>
        <div class="cost-scroll" tabindex="0" role="region" aria-label=t("cost-title")>
            <table id="costs">
                <thead>
                    <tr>
                        <th scope="col">{t("cost-protocol")}</th>
                        <th scope="col">{t("cost-delivery")}</th>
                        <th scope="col">{t("cost-heard")}</th>
                        <th scope="col">{t("cost-wire")}</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
        <p class="hint">{over(report)}</p>
    }
}

/// A protocol's figures.
fn line(cost: Cost, text_bytes: u64) -> impl IntoView + use<> {
    let id = cost.protocol.id();
    let name = match cost.protocol {
        Protocol::Grpc => t("cost-grpc"),
        Protocol::Sse => t("cost-sse"),
        Protocol::Websocket => t("cost-websocket"),
    };
    let [least, most] = [cost.p10, cost.p90].map(time);
    let spread = [("least", (&least).into()), ("most", (&most).into())];
    view! {
        <tr id=format!("costs-{id}")>
            <th scope="row">{name}</th>
            <td>
                <strong>{time(cost.median_us)}</strong>
                <span class="size">{text::say("cost-spread", &spread)}</span>
            </td>
            <td>{time(cost.heard_us)}</td>
            <td>{bytes(cost, text_bytes)}</td>
        </tr>
    }
}

/// What the figures are made of.
fn over(report: &Report) -> String {
    let (length, publish) = (amount::bytes(report.bytes), time(report.publish_us));
    let args = [
        ("messages", report.messages.into()),
        ("bytes", (&length).into()),
        ("rounds", report.rounds.into()),
        ("publish", (&publish).into()),
    ];
    if report.whole { text::say("cost-over", &args) } else { text::say("cost-cut", &args) }
}
