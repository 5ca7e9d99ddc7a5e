//! How things stand after the reader's step: connections, the shared store, who is where, who is held,
//! what each instance has in its own memory. What is not there has no place.

use leptos::prelude::*;
use scene::amount;
use scene::standing::{
    HeldPoll, InstanceMemory, Phase, Standby, Standing, StoreRow, StoreState, UserAt,
};
use trace::ids::{ConnId, Seq};
use trace::note::Engine;

use super::{t, webhook};

/// The most connections, and other things, that are listed.
const LISTED: usize = 12;

/// So many numbers of messages are listed.
const NUMBERS: usize = 8;

/// Everything that is known at a step.
pub fn view(standing: &Standing) -> impl IntoView + use<> {
    let args = [
        ("open", (standing.open.len() as u64).into()),
        ("opened", standing.opened.into()),
        ("closed", standing.closed.into()),
    ];
    let open = (!standing.open.is_empty()).then(|| {
        let head = ["state-conn", "state-does", "state-age"];
        table("state-conns", &head, &standing.open, connection)
    });
    let users = (!standing.users.is_empty()).then(|| {
        let head = ["state-user", "state-at"];
        section("state-users", "users", table("state-users", &head, &standing.users, user))
    });
    let held = (!standing.held.is_empty()).then(|| {
        let head = ["state-held-by", "state-held-for"];
        section("state-held", "held", table("state-held", &head, &standing.held, poll))
    });
    let memory = (!standing.memory.is_empty()).then(|| {
        let head = ["state-memory-of", "state-memory-has"];
        section("state-memory", "memory", table("state-memory", &head, &standing.memory, memory))
    });
    let names = standing.down.join(", ");
    let down = (!standing.down.is_empty()).then(|| view! {
        <p class="down" id="state-down">{text::say("state-down", &[("instances", (&names).into())])}</p>
    });
    view! {
        <h2>{t("state")}</h2>
        <p class="hint" id="state">{text::say("state-count", &args)}</p>
        {down}
        {open}
        {store(&standing.store)}
        {users}
        {held}
        {memory}
        {webhook::tables::stands(&standing.webhooks)}
    }
}

/// A part of the state under its own heading, which is the message of this name.
fn section(name: &str, id: &str, inner: AnyView) -> AnyView {
    view! { <h3>{t(name)}</h3> <div id=format!("state-{id}")>{inner}</div> }.into_any()
}

/// A table of what is listed, and how many more there are.
fn table<T>(name: &str, head: &[&str], all: &[T], line: fn(&T) -> AnyView) -> AnyView {
    let more = all.len().saturating_sub(LISTED) as u64;
    let title = |name: &&str| view! { <th scope="col">{t(name)}</th> };
    let head = head.iter().map(title).collect_view();
    let lines = all.iter().take(LISTED).map(line).collect_view();
    view! {
        <table class="state" aria-label=t(name)>
            <thead><tr>{head}</tr></thead>
            <tbody>{lines}</tbody>
        </table>
        {(more > 0).then(|| view! { <p class="hint">{text::say("state-more", &[("count", more.into())])}</p> })}
    }
    .into_any()
}

fn connection(conn: &Standby) -> AnyView {
    let between = format!("{} – {}", conn.client, conn.server);
    let phase = match conn.phase {
        Phase::Fresh => "phase-fresh",
        Phase::Handshake => "phase-handshake",
        Phase::Asked => "phase-asked",
        Phase::Gated => "phase-gated",
        Phase::Idle => "phase-idle",
        Phase::Done => "phase-done",
        Phase::Websocket => "phase-websocket",
        Phase::Stream => "phase-stream",
        Phase::Call => "phase-call",
        Phase::Answering => "phase-answering",
    };
    let carried = match conn.phase {
        Phase::Websocket | Phase::Call => {
            let args = [("up", conn.to_server.into()), ("down", conn.to_client.into())];
            text::say("state-messages", &args)
        }
        Phase::Stream => text::say("state-events", &[("count", conn.to_client.into())]),
        _ => {
            let args = [("answers", conn.answers.into()), ("requests", conn.requests.into())];
            text::say("state-carried", &args)
        }
    };
    let coming = (conn.coming > 0).then(|| {
        let size = amount::bytes(conn.coming);
        let coming = text::say("state-coming", &[("size", (&size).into())]);
        view! { <span class="size">{coming}</span> }
    });
    view! {
        <tr data-conn=conn.conn.to_string()>
            <th scope="row">{named(conn.conn)} <span class="size">{between}</span></th>
            <td>{t(phase)} <span class="size">{carried}</span> {coming}</td>
            <td>{amount::time(conn.age)}</td>
        </tr>
    }
    .into_any()
}

fn store(store: &StoreState) -> Option<AnyView> {
    let engine = match store.engine? {
        Engine::Memory => "state-store-memory",
        Engine::Redis => "state-store-redis",
    };
    let earlier = store.total.saturating_sub(store.rows.len() as u64);
    let rows = [("count", store.total.into())];
    let head = ["state-row", "state-text"];
    Some(
        view! {
            <h3>{t(engine)}</h3>
            <div id="state-store">
                <p class="hint">{text::say("state-rows", &rows)}</p>
                {(earlier > 0).then(|| view! { <p class="hint">{text::say("state-earlier", &[("count", earlier.into())])}</p> })}
                {table("state-store", &head, &store.rows, row)}
            </div>
        }
        .into_any(),
    )
}

fn row(row: &StoreRow) -> AnyView {
    let way = row.from.as_ref().zip(row.to.as_ref()).map(|(from, to)| format!("{from} → {to}"));
    view! {
        <tr data-from=row.seq.to_string()>
            <th scope="row">{row.id.to_string()} <span class="size">{way}</span></th>
            <td class="words">{row.text.clone()}</td>
        </tr>
    }
    .into_any()
}

fn user(at: &UserAt) -> AnyView {
    view! {
        <tr data-from=at.seq.to_string()>
            <th scope="row">{at.user.clone()}</th>
            <td>{at.instance.clone()} <span class="size">{at.conn.map(named)}</span></td>
        </tr>
    }
    .into_any()
}

fn poll(held: &HeldPoll) -> AnyView {
    let (age, limit) = (amount::time(held.age), amount::time(held.limit));
    let args = [("age", (&age).into()), ("limit", (&limit).into())];
    view! {
        <tr data-from=held.seq.to_string()>
            <th scope="row">{held.instance.clone()} <span class="size">{held.conn.map(named)}</span></th>
            <td>{text::say("state-held-since", &args)}</td>
        </tr>
    }
    .into_any()
}

fn memory(memory: &InstanceMemory) -> AnyView {
    let from: Vec<String> = memory.from.iter().map(Seq::to_string).collect();
    let line = |(user, ids): &(String, Vec<u64>)| {
        let numbers = numbers(ids);
        let args = [("user", user.into()), ("numbers", (&numbers).into())];
        view! { <span class="size">{text::say("state-kept-for", &args)}</span> }
    };
    let lines = memory.users.iter().map(line).collect_view();
    view! {
        <tr data-from=from.join(" ")>
            <th scope="row">{memory.instance.clone()}</th>
            <td class="words">{lines}</td>
        </tr>
    }
    .into_any()
}

fn named(conn: ConnId) -> String {
    text::say("ladder-conn", &[("conn", (&conn.to_string()).into())])
}

/// Numbers of messages, the first of them and how many more.
fn numbers(ids: &[u64]) -> String {
    let listed: Vec<String> = ids.iter().take(NUMBERS).map(u64::to_string).collect();
    let listed = listed.join(", ");
    match ids.len().saturating_sub(NUMBERS) as u64 {
        0 => listed,
        more => text::say("state-numbers", &[("listed", (&listed).into()), ("count", more.into())]),
    }
}
