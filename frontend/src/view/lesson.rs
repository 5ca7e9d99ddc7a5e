//! The lab's lesson in three lengths, and its questions, that the run answers.

use leptos::prelude::*;
use scene::amount;
use scene::figures;
use trace::lesson::Predict;

use super::t;
use crate::measure;
use crate::state::{State, state};

/// The lesson.
#[component]
pub fn Lesson() -> impl IntoView {
    let state = state();
    move || match state.lesson.get() {
        Some(lesson) => {
            let asks = lesson.predict.into_iter().enumerate();
            let asks = asks.map(|(index, ask)| predict(state, index, ask)).collect_view();
            view! {
                <h1 class="step-title" id="lesson-title">{lesson.title}</h1>
                <p class="lesson-line">{lesson.line}</p>
                <section class="predict" aria-label=t("predict")>
                    <h2>{t("predict")}</h2>
                    <p class="hint">
                        {move || t(if state.has_runs() { "predict-how" } else { "predict-how-measured" })}
                    </p>
                    {asks}
                </section>
                <details class="lesson" open>
                    <summary>{t("lesson-minutes")}</summary>
                    <div class="prose" inner_html=lesson.minutes></div>
                </details>
                <details class="lesson">
                    <summary>{t("lesson-depth")}</summary>
                    <div class="prose" inner_html=lesson.depth></div>
                </details>
            }
            .into_any()
        }
        None => view! { <p class="hint" role="status">{t("lesson-loading")}</p> }.into_any(),
    }
}

/// A question. Its answer is shown when the run that is shown has given it.
fn predict(state: State, index: usize, ask: Predict) -> impl IntoView {
    let (label, figure, why) = (ask.ask.clone(), ask.answer, ask.why.clone());
    let id = format!("guess-{index}");
    // A run that is over may be another than the one of which is asked.
    let answer = Memo::new(move |_| {
        if !state.has_runs() {
            return measure::answer(state, figure).map(Some);
        }
        state.model.with(|model| {
            let model = model.as_ref().filter(|model| model.settled())?;
            Some(ask.is_answered_by(&model.header).then(|| figures::of(model, figure)))
        })
    });
    let guess =
        move || state.guesses.with(|guesses| guesses.get(&index).cloned().unwrap_or_default());
    let verdict = move || {
        let Some(known) = answer.get()? else {
            return Some(view! { <p class="hint">{t("predict-other-run")}</p> }.into_any());
        };
        let guessed = guess().trim().replace(',', "").parse::<u64>().ok();
        let id = match (guessed, state.has_runs()) {
            (Some(guessed), _) if guessed == known => "predict-right",
            (Some(_), true) => "predict-wrong",
            (Some(_), false) => "predict-wrong-measured",
            (None, true) if guess().is_empty() => "predict-answer",
            (None, false) if guess().is_empty() => "predict-answer-measured",
            (None, _) => "predict-number",
        };
        let known = amount::count(known);
        let said = text::say(id, &[("answer", (&known).into())]);
        let class = if id == "predict-right" { "verdict right" } else { "verdict" };
        Some(view! { <p class=class>{said}</p> <p class="hint">{why.clone()}</p> }.into_any())
    };
    view! {
        <div class="ask">
            <label for=id.clone()>{label}</label>
            <input
                type="text"
                inputmode="numeric"
                autocomplete="off"
                maxlength="12"
                id=id
                prop:value=guess
                on:change=move |event| {
                    let typed = event_target_value(&event);
                    state.guesses.update(|guesses| {
                        guesses.insert(index, typed);
                    });
                }
            />
            <div class="answer" role="status">{verdict}</div>
        </div>
    }
}
