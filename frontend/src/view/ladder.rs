//! The ladder of a pane on the screen: the part in view is drawn, the rest is room to scroll.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use scene::ladder::{Picture, View, picture};
use scene::player::{Move, Place};
use scene::{list, paint};
use wasm_bindgen::JsCast as _;

use super::lanes::lanes;
use super::{beside as panes, t};
use crate::beside;
use crate::kept::Settings;
use crate::pane::Which;
use crate::state::State;

/// So much more is drawn above and below what is in view.
const BEYOND: f64 = 320.0;

/// The height of the lanes' heads, that stand above the rows.
const HEADS: f64 = 60.0;

/// What stays free beside a row's marks.
const ASIDE: f64 = 24.0;

/// The ladder, or what to do where there is none.
#[component]
pub fn Ladder(
    /// The page, as the ladder's pane has it.
    state: State,
) -> impl IntoView {
    let empty = Memo::new(move |_| state.model.with(Option::is_none));
    move || match (empty.get(), state.which) {
        (false, _) => view! { <Drawn state=state /> }.into_any(),
        (true, Which::Main) => view! { <Empty state=state /> }.into_any(),
        (true, Which::Beside) => view! { <panes::Choose state=state /> }.into_any(),
    }
}

#[component]
fn Empty(state: State) -> impl IntoView {
    let made = move || state.run.with(Option::is_some) || state.making.get();
    let hints = move || !state.settings.with(|settings| settings.hinted);
    let dismiss = move |_| state.settings.update(|settings: &mut Settings| settings.hinted = true);
    view! {
        <div class="empty">
            {move || if made() {
                view! { <p role="status">{t("empty-connecting")}</p> }.into_any()
            } else {
                view! { <p>{t("empty-run")}</p> }.into_any()
            }}
            {move || hints().then(|| view! {
                <div class="hints" id="hints">
                    <h2>{t("hints-title")}</h2>
                    <ol>
                        <li>{t("hint-run")}</li>
                        <li>{t("hint-step")}</li>
                        <li>{t("hint-bytes")}</li>
                        <li>{t("hint-keys")}</li>
                    </ol>
                    <button class="quiet" id="dismiss-hints" on:click=dismiss>{t("hints-dismiss")}</button>
                </div>
            })}
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
fn Drawn(state: State) -> impl IntoView {
    let scroller = NodeRef::<Div>::new();
    let window = RwSignal::new(Window::default());
    let look = move || {
        if let Some(element) = scroller.try_get_untracked().flatten() {
            let seen = measure(&element);
            if window.get_untracked() != seen {
                window.set(seen);
                state.width.set(seen.width);
            }
        }
    };
    let resized = window_event_listener(leptos::ev::resize, move |_| look());
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        scroller.track();
        // A second pane takes room.
        state.beside.on.track();
        request_animation_frame(look);
    });
    let drawn = Memo::new(move |_| {
        let seen = window.get();
        let scale = state.look.with(scene::look::Look::scale);
        let top = (seen.top - BEYOND) / scale;
        let bottom = (seen.top + seen.height + BEYOND) / scale;
        let view = View { top, bottom, now: state.now.get() };
        state.laid(|rows| {
            state.columns.with(|columns| {
                state.model.with(|model| Some(picture(model.as_ref()?, rows, columns, view)))
            })
        })
    });
    follow_reader(state, scroller, drawn);
    let heads = Memo::new(move |_| {
        let scale = state.look.with(scene::look::Look::scale);
        drawn.with(|drawn| drawn.as_ref().map(|drawn| (drawn.lanes.clone(), drawn.width, scale)))
    });
    let coming = move || !state.wholly.get();
    let hand = move || Which::ALL.into_iter().for_each(|which| by_hand(state, which));
    let scrolled = move |_| {
        look();
        beside::scrolled(state);
    };
    view! {
        {move || coming().then(|| {
            let count = state.model.with(|model| model.as_ref().map_or(0, |model| model.entries.len() as u64));
            view! { <p class="coming">{text::say("loading", &[("count", count.into())])}</p> }
        })}
        <div class="ladder-scroll" id=state.which.id("scroller") node_ref=scroller on:scroll=scrolled on:wheel=move |_| hand() on:touchmove=move |_| hand() on:pointerdown=move |event| on_bar(state, &event) tabindex="0" role="region" aria-label=move || panes::name(state)>
            {move || heads.get().map(|(heads, width, scale)| lanes(state, heads, width, scale))}
            <Body state=state drawn=drawn />
            <Rows state=state drawn=drawn />
        </div>
    }
}

/// Keeps the reader's row in view, and at the tail the end.
fn follow_reader(state: State, scroller: NodeRef<Div>, drawn: Memo<Option<Picture>>) {
    let height = Memo::new(move |_| drawn.with(|drawn| drawn.as_ref().map(|drawn| drawn.height)));
    Effect::new(move |_| state.height.set(height.get().unwrap_or_default()));
    Effect::new(move |_| {
        let _ = (state.row(), state.look.track());
        // At the tail the end is followed as it moves away; elsewhere the reader scrolls freely.
        if state.place.get() == Place::Tail {
            height.track();
        }
        // Once the picture has its new height, and before it is painted.
        spawn_local(async move {
            tick().await;
            untrack(|| keep_in_view(state, scroller, drawn));
        });
    });
}

/// The drawing. Its parts are written as text and put in at once; a click finds its row by place.
#[component]
fn Body(state: State, drawn: Memo<Option<Picture>>) -> impl IntoView {
    let scale = move || state.look.with(scene::look::Look::scale);
    let width = move || drawn.with(|drawn| drawn.as_ref().map_or(0.0, |drawn| drawn.width));
    let height = move || {
        let own = drawn.with(|drawn| drawn.as_ref().map_or(0.0, |drawn| drawn.height));
        // What is scrolled as one is equally high.
        let other = state.pane(state.which.other());
        if state.tied() { own.max(other.height.get()) } else { own }
    };
    let area = move || format!("0 0 {} {}", width(), height());
    let with = move |write: fn(&Picture) -> String| {
        move || drawn.with(|drawn| drawn.as_ref().map(write).unwrap_or_default())
    };
    let current = move || {
        let row = state.row()?;
        let place = state.laid(|rows| rows.all.get(row).copied())?;
        let width = (width() - 16.0).max(0.0).to_string();
        let (y, height) = (place.top.to_string(), (place.bottom - place.top).to_string());
        Some(view! {
            <rect class="current" data-step=(row + 1).to_string() x="8" y=y width=width height=height rx="6" />
        })
    };
    let click = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let row = target.and_then(|target| target.closest("[data-step]").ok().flatten());
        let step = row.and_then(|row| row.get_attribute("data-step"));
        if let Some(step) = step.and_then(|step| step.parse::<usize>().ok()) {
            state.playing.set(false);
            state.go(Move::To(step.saturating_sub(1)));
        }
    };
    view! {
        <svg class="ladder" id=state.which.id("ladder") width=move || (width() * scale()).to_string() height=move || (height() * scale()).to_string() viewBox=area aria-hidden="true" on:click=click>
            <g class="lifelines" inner_html=with(lifelines)></g>
            <g class="now">{current}</g>
            <g class="rows" inner_html=with(rows)></g>
            <g class="shapes" id=state.which.id("shapes") inner_html=with(|drawn| paint::shapes(&drawn.shapes))></g>
        </svg>
    }
}

fn lifelines(drawn: &Picture) -> String {
    let line = |lane: &scene::columns::Column| {
        let (x, height) = (lane.x, drawn.height);
        format!(r#"<line class="lifeline" x1="{x}" x2="{x}" y1="0" y2="{height}"/>"#)
    };
    drawn.lanes.iter().map(line).collect()
}

fn rows(drawn: &Picture) -> String {
    let width = drawn.width - 16.0;
    let row = |row: &scene::ladder::Place| {
        let (step, top, height) = (row.index + 1, row.top, row.height);
        format!(
            r#"<rect class="row" data-step="{step}" x="8" y="{top}" width="{width}" height="{height}" rx="6"/>"#
        )
    };
    drawn.rows.iter().map(row).collect()
}

/// The same rows as a list, for those who hear the ladder.
#[component]
fn Rows(state: State, drawn: Memo<Option<Picture>>) -> impl IntoView {
    let lines = Memo::new(move |_| {
        let current = state.row();
        let count = state.count();
        drawn.with(|drawn| {
            let places = drawn.as_ref().map(|drawn| drawn.rows.as_slice()).unwrap_or_default();
            state.rows.with(|rows| {
                state.model.with(|model| {
                    let line = |place: &scene::ladder::Place| {
                        let words = list::line(model.as_ref()?, rows.all.get(place.index)?);
                        let now = if current == Some(place.index) { r#" aria-current="step""# } else { "" };
                        let number = place.index + 1;
                        Some(format!(
                            r#"<li value="{number}" aria-posinset="{number}" aria-setsize="{count}"{now}>{}</li>"#,
                            paint::Safe(&words)
                        ))
                    };
                    places.iter().filter_map(line).collect::<String>()
                })
            })
        })
    });
    view! { <ol class="unseen" id=state.which.id("rows") aria-label=t("ladder-list") inner_html=move || lines.get()></ol> }
}

/// A ladder is scrolled by hand: it no longer follows the tail, and stays where it is put. So does the
/// other, if it goes along.
fn by_hand(state: State, which: Which) {
    if which != state.which && !untrack(|| state.tied()) {
        return;
    }
    let state = state.pane(which);
    if state.place.get_untracked() != Place::Tail || state.now.with_untracked(Option::is_none) {
        return;
    }
    if let Some(row) = untrack(|| state.row()) {
        state.by_hand.set_value(true);
        state.place.set(Place::Step(row));
    }
}

/// The same by the scroll bar, which is no part of what is scrolled.
fn on_bar(state: State, event: &leptos::ev::PointerEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if target.is_some_and(|target| target.id() == state.which.id("scroller")) {
        Which::ALL.into_iter().for_each(|which| by_hand(state, which));
    }
}

/// Scrolls so that the reader's row is in view; at the tail, so that the end is.
fn keep_in_view(state: State, scroller: NodeRef<Div>, drawn: Memo<Option<Picture>>) {
    if drawn.try_with_untracked(|_| ()).is_none() {
        return;
    }
    if state.by_hand.get_value() {
        return state.by_hand.set_value(false);
    }
    // What is scrolled as one is scrolled by the pane in which the reader is.
    if state.tied() && state.beside.reader.get() != state.which {
        return;
    }
    let Some(row) = state.row() else { return };
    let Some(place) = state.laid(|rows| rows.all.get(row).copied()) else { return };
    let Some(element) = scroller.get_untracked() else { return };
    let scale = state.look.with(scene::look::Look::scale);
    let tail = state.place.get() == Place::Tail;
    let mut seen = measure(&element);
    seen.height = beside::seen(state, seen.height);
    // While rows come one after the other it stays where it is.
    if !(tail && state.now.with_untracked(Option::is_some)) {
        let reach = state
            .columns
            .with(|columns| state.model.with(|model| columns.reach(model.as_ref()?, place.step)));
        if let Some(left) = reach.and_then(|reach| sideways(reach, scale, &element)) {
            element.set_scroll_left(left);
        }
    }
    let (top, bottom) = (place.top * scale, place.bottom * scale + HEADS);
    let wanted = if tail {
        let height = drawn.with(|drawn| drawn.as_ref().map_or(0.0, |drawn| drawn.height));
        height * scale + HEADS - seen.height
    } else if top < seen.top {
        // The first row brings the room above it along.
        if row == 0 { 0.0 } else { top - 8.0 }
    } else if bottom > seen.top + seen.height {
        bottom - seen.height + 8.0
    } else {
        return;
    };
    element.set_scroll_top(wanted.max(0.0) as i32);
}

/// How far to the right to scroll so that a row's marks are in view, if they are not: not at all where
/// that shows them, so that the moments stay.
fn sideways(reach: (f64, f64), scale: f64, element: &web_sys::HtmlElement) -> Option<i32> {
    let (from, to) = (reach.0 * scale - ASIDE, reach.1 * scale + ASIDE);
    let (left, width) = (f64::from(element.scroll_left()), f64::from(element.client_width()));
    if from >= left && to <= left + width {
        return None;
    }
    let wanted = if to <= width { 0.0 } else { (to - width).min(from) };
    Some(wanted.max(0.0) as i32)
}
