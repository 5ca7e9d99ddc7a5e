//! The heads of the lanes. Each is a menu: move the lane, hide it, or put clients together.

use leptos::prelude::*;
use scene::columns::Column;
use trace::participant::Role;

use super::t;
use crate::state::State;

/// All heads, above the rows.
pub fn lanes(state: State, heads: Vec<Column>, width: f64, scale: f64) -> impl IntoView {
    let count = heads.len();
    let order: Vec<String> = heads.iter().flat_map(|head| head.ids.clone()).collect();
    let clients = heads.iter().filter(|head| head.role == Role::Client).count();
    let view_of = |(index, head): (usize, Column)| {
        let at = Place { index, count, several: clients > 1, left: head.x * scale };
        lane(state, head, at, order.clone())
    };
    let lanes = heads.into_iter().enumerate().map(view_of).collect_view();
    view! { <div class="lanes" style:width=format!("{}px", width * scale)>{lanes}</div> }
}

struct Place {
    index: usize,
    count: usize,
    several: bool,
    left: f64,
}

fn lane(state: State, head: Column, at: Place, order: Vec<String>) -> impl IntoView {
    let class = match head.role {
        Role::Browser => "lane browser",
        Role::Agent => "lane agent",
        Role::Client => "lane client",
        Role::Server => "lane server",
    };
    let Place { index, count, several, left } = at;
    let is_client = head.role == Role::Client;
    let group = is_client && (several || head.ids.len() > 1);
    let ids = head.ids.clone();
    let moved = move |by: isize| {
        let (ids, order) = (ids.clone(), order.clone());
        move |_| shift(state, &ids, order.clone(), by)
    };
    let (to_left, to_right) = (moved(-1), moved(1));
    let hidden = head.ids.clone();
    let hide = move |_| {
        state.set_look(|look| look.lanes.hidden.extend(hidden.iter().cloned()));
    };
    let regroup = move |_| state.set_look(|look| look.lanes.grouped = !look.lanes.grouped);
    view! {
        <details class=class style:left=format!("{left}px") name="lane">
            <summary title=t("lane-title")>
                <span class="lane-name">{head.name}</span>
                <span class="lane-detail">{head.detail}</span>
            </summary>
            <div class="menu">
                <button class="quiet" disabled={index == 0} on:click=to_left>{t("lane-left")}</button>
                <button class="quiet" disabled={index + 1 == count} on:click=to_right>{t("lane-right")}</button>
                <button class="quiet" disabled={count <= 2} on:click=hide>{t("lane-hide")}</button>
                {group.then(|| view! { <button class="quiet" on:click=regroup>{t("lane-group")}</button> })}
            </div>
        </details>
    }
}

/// Moves a lane past its neighbour.
fn shift(state: State, ids: &[String], mut order: Vec<String>, by: isize) {
    let Some(first) = ids.first() else { return };
    let Some(from) = order.iter().position(|id| id == first) else { return };
    let to = if by < 0 { from.checked_sub(1) } else { Some(from + ids.len()) };
    let Some(to) = to.filter(|to| *to < order.len()) else { return };
    let other = order.remove(to);
    let at = if by < 0 { from + ids.len() - 1 } else { from };
    order.insert(at.min(order.len()), other);
    state.set_look(|look| {
        // Lanes that are not shown keep their place at the end.
        order.extend(look.lanes.hidden.iter().cloned());
        look.lanes.order = order;
    });
}
