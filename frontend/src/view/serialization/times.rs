//! How long each form takes to write and to read: the median, and how far the samples spread.

use forms::Form;
use forms::timing::{Report, Times as Figures};
use leptos::prelude::*;
use scene::amount;

use crate::measure::Timed;
use crate::state::{State, state};
use crate::view::t;

/// The table, and how it came about.
#[component]
pub fn Times() -> impl IntoView {
    let state = state();
    let measure = state.measure;
    let lines = move || {
        let sides = [measure.here, measure.there];
        let reports = sides.map(|side| side.with(|side| side.report().cloned()));
        Form::ALL.map(|form| line(&reports, form)).into_iter().collect_view()
    };
    view! {
        <section class="form-times" aria-labelledby="times-title">
            <h2 id="times-title">{t("serialization-times")}</h2>
            <p class="hint">{t("serialization-times-how")}</p>
            <div class="form-scroll" tabindex="0" role="region" aria-labelledby="times-title">
                <table id="times">
                    <thead>
                        <tr>
                            <th scope="col" rowspan="2">{t("serialization-form")}</th>
                            <th scope="colgroup" colspan="2">{t("serialization-here")}</th>
                            <th scope="colgroup" colspan="2">{t("serialization-there")}</th>
                        </tr>
                        <tr>
                            <th scope="col">{t("serialization-encode")}</th>
                            <th scope="col">{t("serialization-decode")}</th>
                            <th scope="col">{t("serialization-encode")}</th>
                            <th scope="col">{t("serialization-decode")}</th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
            {move || measure.here.with(|side| status(side, &t("serialization-here")))}
            {move || measure.there.with(|side| status(side, &t("serialization-there")))}
            {move || measure.here.with(|side| slow(side, &t("serialization-here")))}
            {move || measure.there.with(|side| slow(side, &t("serialization-there")))}
            {move || clock(state)}
        </section>
    }
}

/// A form on both sides.
fn line(reports: &[Option<Report>; 2], form: Form) -> impl IntoView + use<> {
    let acts: [fn(&Report, Form) -> Figures; 2] =
        [|report, form| report.of(form).encode_ns, |report, form| report.of(form).decode_ns];
    let cells = reports.iter().flat_map(|report| {
        acts.map(|act| match report {
            Some(report) => cell(act(report, form), quickest(report, act)),
            None => none(),
        })
    });
    let cells = cells.collect_view();
    view! { <tr id=format!("times-{}", form.id())><th scope="row">{form.title()}</th>{cells}</tr> }
}

/// The median of the form that is the quickest at something.
fn quickest(report: &Report, act: fn(&Report, Form) -> Figures) -> u64 {
    let medians = Form::ALL.map(|form| act(report, form));
    let known = medians.into_iter().filter(|times| times.samples > 0);
    known.map(|times| times.p50).min().unwrap_or_default()
}

fn none() -> AnyView {
    view! { <td>"–"</td> }.into_any()
}

fn cell(times: Figures, quickest: u64) -> AnyView {
    if times.samples == 0 {
        return none();
    }
    let median = amount::short_time(times.p50);
    let [least, most] = [times.min, times.p90].map(amount::short_time);
    let spread = [("least", (&least).into()), ("most", (&most).into())];
    let tenths = times.p50.saturating_mul(10).saturating_add(quickest / 2).checked_div(quickest);
    let factor = tenths.filter(|_| times.p50 > quickest).map(|tenths| {
        let factor = format!("{}.{}", tenths / 10, tenths % 10);
        text::say("serialization-factor", &[("factor", (&factor).into())])
    });
    view! {
        <td>
            <strong>{median}</strong>
            <span class="factor">{factor}</span>
            <span class="size">{text::say("serialization-spread", &spread)}</span>
        </td>
    }
    .into_any()
}

/// How measuring stands on one side.
fn status(side: &Timed, name: &str) -> AnyView {
    let named = |id: &str| text::say(id, &[("side", name.into())]);
    match side {
        Timed::Never => ().into_any(),
        Timed::Due => view! { <p class="hint">{named("serialization-due")}</p> }.into_any(),
        Timed::Under(None) => {
            view! { <p class="hint">{named("serialization-under")}</p> }.into_any()
        }
        Timed::Under(Some(percent)) => {
            let percent = percent.to_string();
            view! {
                <p class="hint form-progress">
                    <label for="measure-progress">{named("serialization-under")}</label>
                    <progress id="measure-progress" max="100" value=percent></progress>
                </p>
            }
            .into_any()
        }
        Timed::Done(report) => view! { <p class="hint">{over(report, name)}</p> }.into_any(),
        Timed::Failed(why) => {
            let args = [("side", name.into()), ("why", why.into())];
            view! { <p class="notice" role="alert">{text::say("serialization-failed", &args)}</p> }
                .into_any()
        }
    }
}

/// That a side is a debug build, where it is: its figures are then none to go by.
fn slow(side: &Timed, name: &str) -> Option<impl IntoView + use<>> {
    side.report().filter(|report| report.debug)?;
    let said = text::say("serialization-debug", &[("side", name.into())]);
    Some(view! { <p class="notice">{said}</p> })
}

/// What the figures of a side are made of.
fn over(report: &Report, name: &str) -> String {
    let acts = || report.forms.iter().flat_map(|measured| [measured.encode_ns, measured.decode_ns]);
    let count = acts().map(|times| times.count).min().unwrap_or_default();
    let samples = acts().map(|times| times.samples).min().unwrap_or_default();
    let message = report.message.id();
    let args = [
        ("side", name.into()),
        ("message", message.into()),
        ("count", count.into()),
        ("samples", samples.into()),
        ("wanted", report.repeats.into()),
    ];
    if report.whole {
        text::say("serialization-done", &args)
    } else {
        text::say("serialization-cut", &args)
    }
}

/// What the browser's clock cannot tell apart.
fn clock(state: State) -> Option<impl IntoView + use<>> {
    let step = amount::short_time(state.measure.step_ns.get()?);
    let said = text::say("serialization-clock", &[("step", (&step).into())]);
    Some(view! { <p class="hint">{said}</p> })
}
