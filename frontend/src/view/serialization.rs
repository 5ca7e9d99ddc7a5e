//! The lab without lanes: a message in three forms, field by field, and how long each takes.

mod columns;
mod times;

use leptos::prelude::*;

use super::{controls, notice, t};
use crate::measure;
use crate::state::state;

/// The whole of it, in the place where other labs have their ladder.
#[component]
pub fn Serialization() -> impl IntoView {
    let state = state();
    measure::forget(state);
    let size = Memo::new(move |_| measure::wanted(state).0);
    view! {
        <Controls />
        <notice::Notice />
        <div class="forms" id="forms" tabindex="0" role="region" aria-label=t("serialization-region")>
            <times::Times />
            <columns::Columns size=size />
        </div>
    }
}

/// The knobs, and Measure.
#[component]
fn Controls() -> impl IntoView {
    let state = state();
    let busy = Memo::new(move |_| state.measure.busy());
    let knobs = move || {
        let params = state.current_lab().map(|lab| lab.params).unwrap_or_default();
        params.into_iter().map(|param| controls::knob(state, param)).collect_view()
    };
    let done = move || {
        let both = [state.measure.here, state.measure.there];
        both.into_iter().any(|side| side.with(|side| side.report().is_some()))
    };
    let said = move || match (busy.get(), done()) {
        (true, _) => t("serialization-measuring"),
        (false, true) => t("serialization-measured"),
        (false, false) => String::new(),
    };
    view! {
        <section class="controls" aria-label=t("serialization-controls")>
            <div class="knobs">
                // It keeps the focus while it does nothing.
                <button
                    class="primary"
                    id="measure"
                    aria-disabled=move || busy.get().to_string()
                    on:click=move |_| measure::start(state)
                >
                    {t("serialization-measure")}
                </button>
                {knobs}
                // Where the inspector is a sheet, this opens it: there are no steps, and so no bar of them.
                <button
                    class="quiet"
                    id="inspect"
                    on:click=move |_| state.inspecting.update(|inspecting| *inspecting = !*inspecting)
                >
                    {t("tab-lesson")}
                </button>
            </div>
            <p class="unseen" role="status">{said}</p>
        </section>
    }
}
