//! The heads of the lanes. Each is a menu: move the lane, hide it, or put clients together.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use scene::columns::{APART, Column};
use trace::participant::Role;
use wasm_bindgen::JsCast as _;

use super::t;
use crate::state::State;

/// All heads, above the rows.
pub fn lanes(state: State, heads: Vec<Column>, width: f64, scale: f64) -> impl IntoView {
    let count = heads.len();
    let order: Vec<Vec<String>> = heads.iter().map(|head| head.ids.clone()).collect();
    let clients = heads.iter().filter(|head| head.role == Role::Client).count();
    // Heads are as wide as the lanes' distance lets them be.
    let apart = heads.windows(2).map(|pair| pair[1].x - pair[0].x).fold(148.0, f64::min) - 8.0;
    let wide = (apart.min(140.0) * scale).clamp(64.0, 140.0);
    let view_of = |(index, head): (usize, Column)| {
        let at = Place { index, count, several: clients > 1, left: head.x * scale, wide };
        lane(state, head, at, order.clone())
    };
    let lanes = heads.into_iter().enumerate().map(view_of).collect_view();
    view! { <div class="lanes" style:width=format!("{}px", width * scale)>{lanes}</div> }
}

/// What the log calls a page that takes part, whoever looks at it.
const THIS_PAGE: &str = "this page";

/// A few words beside a lane's name. A page that takes part is this one only if this one plays it.
fn detail(state: State, head: &Column) -> String {
    let is_mine = |id: &String| state.mine.with(|mine| mine.contains(id));
    let is_page = head.role == Role::Browser && head.detail == THIS_PAGE;
    if is_page && !head.ids.iter().all(is_mine) { t("lane-a-page") } else { head.detail.clone() }
}

struct Place {
    index: usize,
    count: usize,
    several: bool,
    left: f64,
    wide: f64,
}

fn lane(state: State, head: Column, at: Place, order: Vec<Vec<String>>) -> impl IntoView {
    let class = match head.role {
        Role::Browser => "lane browser",
        Role::Agent => "lane agent",
        Role::Client => "lane client",
        Role::Server => "lane server",
        Role::Store => "lane store",
    };
    let Place { index, count, several, left, wide } = at;
    let detail = detail(state, &head);
    let is_client = head.role == Role::Client;
    let group = is_client && (several || head.ids.len() > 1) && head.ids.len() <= APART;
    let moved = move |to: Option<usize>| {
        let order = order.clone();
        move |event| {
            close(&event);
            swap(state, order.clone(), index, to);
        }
    };
    let (to_left, to_right) = (moved(index.checked_sub(1)), moved(Some(index + 1)));
    let hidden = head.ids.clone();
    let hide = move |event| {
        close(&event);
        state.set_look(|look| look.lanes.hidden.extend(hidden.iter().cloned()));
    };
    let regroup = move |event| {
        close(&event);
        state.set_look(|look| look.lanes.grouped = !look.lanes.grouped);
    };
    view! {
        <details class=class style:left=format!("{}px", left - wide / 2.0) style:width=format!("{wide}px") name="lane" on:keydown=escape>
            <summary title=t("lane-title")>
                <span class="lane-name">{head.name}</span>
                <span class="lane-detail">{detail}</span>
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

/// Closes the menu: the head under it may be another lane's afterwards.
fn close(event: &MouseEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let menu = target.and_then(|target| target.closest("details").ok().flatten());
    if let Some(menu) = menu {
        let _ = menu.remove_attribute("open");
    }
}

/// Escape closes the menu.
fn escape(event: leptos::ev::KeyboardEvent) {
    let menu = event.current_target().and_then(|menu| menu.dyn_into::<web_sys::Element>().ok());
    if let (Some(menu), "Escape") = (menu, event.key().as_str()) {
        let _ = menu.remove_attribute("open");
    }
}

/// Puts a lane where its neighbour stands.
fn swap(state: State, mut order: Vec<Vec<String>>, from: usize, to: Option<usize>) {
    let Some(to) = to.filter(|to| *to < order.len()) else { return };
    order.swap(from, to);
    state.set_look(|look| look.lanes.order = order.concat());
}
