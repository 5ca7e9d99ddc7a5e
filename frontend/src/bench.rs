//! What `cargo xtask bench ladder` measures: at the address `/#bench` the page offers
//! `lifelineBench`, whose functions do what the page does by itself, and tell how long it took.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use scene::columns::Columns;
use scene::ladder::{WHOLE, picture};
use scene::look::Look;
use scene::model::Model;
use scene::paint;
use scene::player::Place;
use scene::rows::Rows;
use trace::log::{self, Line};
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen::{JsCast as _, JsError};
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use crate::file;
use crate::state::State;

type Answer = Result<JsValue, JsValue>;

/// Offers the functions, where the address asks for them.
pub fn offer(state: State) {
    if window().location().hash().as_deref() != Ok("#bench") {
        return;
    }
    let hooks = Object::new();
    add(&hooks, "open", move |text| future_to_promise(open(state, text)));
    add(&hooks, "svg", move |text| future_to_promise(async move { svg(&text) }));
    add(&hooks, "append", move |text| future_to_promise(append(state, text)));
    let scroll = Closure::<dyn FnMut(f64) -> f64>::new(scroll);
    let _ = Reflect::set(&hooks, &"scroll".into(), &scroll.into_js_value());
    let _ = Reflect::set(&window(), &"lifelineBench".into(), &hooks);
}

fn add(hooks: &Object, name: &str, act: impl Fn(String) -> Promise + 'static) {
    let act = Rc::new(act);
    let hook = Closure::<dyn FnMut(String) -> Promise>::new(move |text| act(text));
    let _ = Reflect::set(hooks, &name.into(), &hook.into_js_value());
}

fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

/// Waits until what was changed is painted.
async fn painted() -> Answer {
    // The views change in tasks of their own, and some of those start others.
    for _ in 0..4 {
        leptos::task::tick().await;
    }
    let tools = Reflect::get(&window(), &"benchTools".into())?;
    let rendered: Function = Reflect::get(&tools, &"rendered".into())?.dyn_into()?;
    JsFuture::from(rendered.call0(&tools)?.dyn_into::<Promise>()?).await
}

async fn whole(state: State) {
    while !state.wholly.get_untracked() {
        TimeoutFuture::new(5).await;
    }
}

async fn open(state: State, text: String) -> Answer {
    let begun = now();
    state.clear();
    spawn_local(file::open(state, text));
    painted().await?;
    if state.model.with_untracked(Option::is_none) {
        return Err(JsError::new("this is no log").into());
    }
    if document().query_selector("#shapes .arrow")?.is_none() {
        return Err(JsError::new("nothing is drawn yet").into());
    }
    Ok(JsValue::from(now() - begun))
}

/// The whole diagram as a text, from its log.
fn svg(text: &str) -> Answer {
    let begun = now();
    let (header, entries) = log::parse(text).map_err(|bad| JsError::new(&bad.to_string()))?;
    let model = Model::of(header, entries);
    let look = Look::default();
    let columns = Columns::of(&model, &look.lanes, 900.0);
    let rows = Rows::of(&model, &look, &columns);
    let svg = paint::shapes(&picture(&model, &rows, &columns, WHOLE).shapes);
    let told = Object::new();
    Reflect::set(&told, &"ms".into(), &JsValue::from(now() - begun))?;
    Reflect::set(&told, &"bytes".into(), &JsValue::from(svg.len() as f64))?;
    Ok(told.into())
}

/// Takes further lines in at the tail, as the live feed does.
async fn append(state: State, text: String) -> Answer {
    if !state.wholly.get_untracked() || state.place.get_untracked() != Place::Tail {
        whole(state).await;
        state.place.set(Place::Tail);
        painted().await?;
        let frame = Reflect::get(&window(), &"benchTools".into())?;
        let begin: Function = Reflect::get(&frame, &"frame".into())?.dyn_into()?;
        JsFuture::from(begin.call0(&frame)?.dyn_into::<Promise>()?).await?;
    }
    let begun = now();
    state.model.update(|model| {
        for line in text.lines() {
            if let (Ok(Line::Entry(entry)), Some(model)) = (log::line(line), model.as_mut()) {
                model.push(*entry);
            }
        }
    });
    painted().await?;
    Ok(JsValue::from(now() - begun))
}

fn scroll(by: f64) -> f64 {
    let Some(element) = document().get_element_by_id("scroller") else { return 0.0 };
    element.set_scroll_top(element.scroll_top() + by as i32);
    f64::from(element.scroll_top())
}
