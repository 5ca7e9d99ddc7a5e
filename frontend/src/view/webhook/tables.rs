//! Endpoints, payments, deliveries, verdicts and dead letters as tables.

use leptos::prelude::*;
use scene::standing::webhook::{Delivery, Endpoint, Payment, Stage, Webhooks, judged, short};
use trace::ids::Seq;
use trace::webhook::{EndpointState, Verdict};

use super::replay;
use crate::state::State;
use crate::view::t;

/// The most that is listed in a table, the newest of all.
const LISTED: usize = 12;

/// How everything stands, beside the rest of what is known at a step; nothing where nothing is.
pub fn stands(told: &Webhooks) -> impl IntoView + use<> {
    let head = ["webhook-payment", "webhook-where"];
    let payments = table("webhook-payments", &head, &told.payments, payment);
    let head = ["webhook-delivery", "webhook-attempts", "webhook-stage"];
    let deliveries = table("webhook-deliveries", &head, &told.deliveries, |it| delivery(told, it));
    let verdicts: Vec<(&Verdict, &Vec<Seq>)> = told.verdicts.iter().collect();
    let head = ["webhook-verdict", "webhook-verdict-count"];
    let verdicts = table("webhook-verdicts", &head, &verdicts, |(verdict, from)| {
        view! {
            <tr data-from=cited(from)>
                <th scope="row">{judged(**verdict)}</th>
                <td>{from.len().to_string()}</td>
            </tr>
        }
        .into_any()
    });
    view! {
        {endpoints(told)}
        {payments}
        {deliveries}
        {verdicts}
    }
}

/// The endpoints: how each does, and when it is called next.
pub fn endpoints(told: &Webhooks) -> Option<AnyView> {
    let head = ["webhook-endpoint", "webhook-state", "webhook-next"];
    table("webhook-endpoints", &head, &told.endpoints, |it| endpoint(told, it))
}

/// What was given up, if anything was. With a run under way each can be sent again.
pub fn dead(told: &Webhooks, runs: Option<State>) -> Option<AnyView> {
    let dead: Vec<&Delivery> = told.dead().collect();
    let mut head = vec!["webhook-delivery", "webhook-attempts", "webhook-dead-last"];
    // When the run is over nothing can be sent again.
    head.extend(runs.is_some().then_some("webhook-replay"));
    table("webhook-dead", &head, &dead, |it| letter(it, runs))
}

/// A table under its heading, which is the message of this name; nothing where nothing is listed.
fn table<T>(name: &str, head: &[&str], all: &[T], line: impl Fn(&T) -> AnyView) -> Option<AnyView> {
    let earlier = all.len().saturating_sub(LISTED);
    let title = |name: &&str| view! { <th scope="col">{t(name)}</th> };
    let head = head.iter().map(title).collect_view();
    let lines = all.iter().skip(earlier).map(line).collect_view();
    let more = (earlier > 0).then(|| {
        let more = text::say("state-earlier", &[("count", (earlier as u64).into())]);
        view! { <p class="hint">{more}</p> }
    });
    (!all.is_empty()).then(|| {
        view! {
            <h3>{t(name)}</h3>
            {more}
            <table class="state" data-table=name.to_owned() aria-label=t(name)>
                <thead><tr>{head}</tr></thead>
                <tbody>{lines}</tbody>
            </table>
        }
        .into_any()
    })
}

fn endpoint(told: &Webhooks, endpoint: &Endpoint) -> AnyView {
    let named = match endpoint.state {
        EndpointState::Healthy => "healthy",
        EndpointState::Failing => "failing",
        EndpointState::Disabled => "disabled",
    };
    let next = match told.next(&endpoint.id) {
        Some((delivery, attempt, at)) => {
            let (attempt, delivery) = (attempt.to_string(), short(&delivery.id));
            let at = told.clock(at);
            let args = [
                ("attempt", (&attempt).into()),
                ("delivery", (&delivery).into()),
                ("at", (&at).into()),
            ];
            text::say("webhook-next-at", &args)
        }
        None => t("webhook-next-none"),
    };
    view! {
        <tr data-from=endpoint.seq.to_string()>
            <th scope="row">{short(&endpoint.id)} <span class="size">{endpoint.url.clone()}</span></th>
            <td class="webhook-state" data-state=named>{endpoint.said()}</td>
            <td>{next}</td>
        </tr>
    }
    .into_any()
}

fn payment(payment: &Payment) -> AnyView {
    let place = match &payment.at {
        _ if payment.settled => t("webhook-payment-settled"),
        Some(at) => text::say("webhook-payment-at", &[("at", at.into())]),
        None => t("webhook-payment-begins"),
    };
    let amount = scene::amount::count(payment.amount);
    let amount = text::say("webhook-amount", &[("amount", (&amount).into())]);
    view! {
        <tr data-from=payment.seq.to_string()>
            <th scope="row">{short(&payment.id)} <span class="size">{amount}</span></th>
            <td>{place}</td>
        </tr>
    }
    .into_any()
}

fn delivery(told: &Webhooks, delivery: &Delivery) -> AnyView {
    let attempt = |id: &str, attempt: u64, at: &str| {
        let attempt = attempt.to_string();
        text::say(id, &[("attempt", (&attempt).into()), ("at", at.into())])
    };
    let stage = match delivery.stage {
        Stage::Due { attempt: number, at } => attempt("webhook-stage-due", number, &told.clock(at)),
        Stage::Halted => t("webhook-stage-halted"),
        Stage::UnderWay { attempt: number } => attempt("webhook-stage-under-way", number, ""),
        Stage::Failed => t("webhook-stage-failed"),
        Stage::Delivered => t("webhook-stage-delivered"),
        Stage::Dead => t("webhook-stage-dead"),
    };
    let payment = delivery.payment.as_deref().map(short);
    view! {
        <tr data-from=delivery.seq.to_string()>
            <th scope="row">{short(&delivery.id)} <span class="size">{payment}</span></th>
            <td>{delivery.attempts.to_string()}</td>
            <td>{stage}</td>
        </tr>
    }
    .into_any()
}

/// A delivery that was given up. To send it again undoes nothing and asks for nothing to be undone: the
/// receiver knows it by its id.
fn letter(delivery: &Delivery, runs: Option<State>) -> AnyView {
    let named = short(&delivery.id);
    let button = runs.map(|state| {
        let args = [("delivery", (&named).into())];
        let (label, said) =
            (text::say("webhook-replay-of", &args), text::say("webhook-replayed", &args));
        let id = delivery.id.clone();
        let press = move |_| replay(state, id.clone(), said.clone());
        view! {
            <td>
                <button class="segment lone" aria-label=label on:click=press>{t("webhook-replay")}</button>
            </td>
        }
    });
    view! {
        <tr data-from=delivery.seq.to_string() data-delivery=delivery.id.clone()>
            <th scope="row">{named}</th>
            <td>{delivery.attempts.to_string()}</td>
            <td>{delivery.ended()}</td>
            {button}
        </tr>
    }
    .into_any()
}

fn cited(from: &[Seq]) -> String {
    from.iter().map(Seq::to_string).collect::<Vec<String>>().join(" ")
}
