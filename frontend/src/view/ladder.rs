//! The ladder on the screen: the part in view is drawn, the rest is room to scroll.

use leptos::html::Div;
use leptos::prelude::*;
use scene::ladder::{Lane, Picture, ROW, View, picture, row_at, top_of};
use scene::player::{Move, Place};
use trace::participant::Role;

use super::shapes::shape;
use crate::state::{State, state};

/// Rows that are drawn above and below what is in view.
const BEYOND: usize = 6;

/// The ladder, or what to do where there is none.
#[component]
pub fn Ladder() -> impl IntoView {
    let state = state();
    let empty = Memo::new(move |_| state.model.with(Option::is_none));
    move || {
        if empty.get() { view! { <Empty /> }.into_any() } else { view! { <Drawn /> }.into_any() }
    }
}

#[component]
fn Empty() -> impl IntoView {
    let state = state();
    let made = move || state.run.with(Option::is_some);
    view! {
        <div class="empty">
            {move || if made() {
                view! { <p>"Connecting to the live feed …"</p> }.into_any()
            } else {
                view! {
                    <p>"Press Run: the client and the server will really talk, and every message is drawn as it is heard."</p>
                    <p class="hint">"Then step through it with the arrow keys, and open the bytes of any step."</p>
                }.into_any()
            }}
        </div>
    }
}

/// How much there is to see, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Window {
    width: f64,
    height: f64,
    top: f64,
}

fn measure(element: &web_sys::HtmlElement) -> Window {
    Window {
        width: f64::from(element.client_width()),
        height: f64::from(element.client_height()),
        top: f64::from(element.scroll_top()),
    }
}

#[component]
fn Drawn() -> impl IntoView {
    let state = state();
    let scroller = NodeRef::<Div>::new();
    let window = RwSignal::new(Window::default());
    let look = move || {
        if let Some(element) = scroller.get_untracked() {
            let seen = measure(&element);
            if window.get_untracked() != seen {
                window.set(seen);
            }
        }
    };
    let resized = window_event_listener(leptos::ev::resize, move |_| look());
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        scroller.track();
        request_animation_frame(look);
    });
    let drawn = Memo::new(move |_| {
        let seen = window.get();
        let first = row_at(seen.top).saturating_sub(BEYOND);
        let rows = (seen.height / ROW).ceil() as usize + 2 * BEYOND;
        let now = state.now.get();
        state.model.with(|model| {
            let view = View { width: seen.width, first, rows, now };
            model.as_ref().map(|model| picture(model, view))
        })
    });
    Effect::new(move |_| {
        let _ = (state.step(), state.place.get());
        drawn.track();
        // Once the picture has its new height.
        request_animation_frame(move || untrack(|| keep_in_view(state, scroller, drawn)));
    });
    view! {
        <div class="ladder-scroll" node_ref=scroller on:scroll=move |_| look() tabindex="0" aria-label="Ladder">
            {move || drawn.with(|drawn| drawn.as_ref().map(lanes))}
            {move || drawn.with(|drawn| drawn.as_ref().map(|drawn| body(state, drawn)))}
        </div>
    }
}

/// Scrolls so that the reader's step is in view; at the tail, so that the end is.
fn keep_in_view(state: State, scroller: NodeRef<Div>, drawn: Memo<Option<Picture>>) {
    let Some(step) = state.step() else { return };
    let tail = state.place.get() == Place::Tail;
    let height = drawn.with(|drawn| drawn.as_ref().map_or(0.0, |drawn| drawn.height));
    let Some(element) = scroller.get_untracked() else { return };
    let seen = measure(&element);
    // The lanes' heads stand above the rows.
    let head = 64.0;
    let (top, bottom) = (top_of(step), top_of(step) + ROW + head);
    let wanted = if tail {
        height + head - seen.height
    } else if top < seen.top {
        // The first row brings the room above it along.
        if step == 0 { 0.0 } else { top }
    } else if bottom > seen.top + seen.height {
        bottom - seen.height
    } else {
        return;
    };
    element.set_scroll_top(wanted.max(0.0) as i32);
}

fn lanes(drawn: &Picture) -> impl IntoView + use<> {
    let head = |lane: &Lane| {
        let class = match lane.role {
            Role::Browser => "lane browser",
            Role::Agent => "lane agent",
            Role::Client => "lane client",
            Role::Server => "lane server",
        };
        view! {
            <g class=class transform=format!("translate({} 0)", lane.x)>
                <rect class="lane-box" x="-68" y="8" width="136" height="44" rx="6" />
                <text class="lane-name" y="27">{lane.name.clone()}</text>
                <text class="lane-detail" y="43">{lane.detail.clone()}</text>
            </g>
        }
    };
    let width = drawn.width.to_string();
    view! {
        <svg class="lanes" width=width height="60" aria-hidden="true">
            {drawn.lanes.iter().map(head).collect_view()}
        </svg>
    }
}

fn body(state: State, drawn: &Picture) -> impl IntoView + use<> {
    let (width, height) = (drawn.width.to_string(), drawn.height.to_string());
    let lines = drawn.lanes.iter().map(|lane| {
        let x = lane.x.to_string();
        view! { <line class="lifeline" x1=x.clone() x2=x y1="0" y2=height.clone() /> }
    });
    let lines = lines.collect_view();
    let rows = drawn.rows.iter().map(|row| {
        let (index, y) = (row.index, row.y.to_string());
        let class = move || {
            if state.step() == Some(index) { "row current" } else { "row" }
        };
        view! {
            <rect
                class=class
                x="8"
                y=y
                width=(drawn.width - 16.0).to_string()
                height=ROW.to_string()
                rx="6"
                data-step=(index + 1).to_string()
                on:click=move |_| {
                    state.playing.set(false);
                    state.go(Move::To(index));
                }
            />
        }
    });
    let rows = rows.collect_view();
    view! {
        <svg class="ladder" id="ladder" width=width height=height.clone() role="img" aria-label="Sequence diagram of the run">
            <g class="lifelines">{lines}</g>
            <g class="rows">{rows}</g>
            <g class="shapes" id="shapes">{drawn.shapes.iter().map(shape).collect_view()}</g>
        </svg>
    }
}
