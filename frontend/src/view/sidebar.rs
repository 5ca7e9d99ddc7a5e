//! The list of labs.

use leptos::prelude::*;
use trace::studio::Lab;

use crate::state::state;

/// The labs, by group.
#[component]
pub fn Sidebar() -> impl IntoView {
    let state = state();
    let groups = move || {
        let mut groups: Vec<(String, Vec<Lab>)> = Vec::new();
        for lab in state.labs.get() {
            match groups.last_mut() {
                Some((group, labs)) if *group == lab.group => labs.push(lab),
                _ => groups.push((lab.group.clone(), vec![lab])),
            }
        }
        groups
    };
    let item = move |lab: Lab| {
        let shown = lab.id.clone();
        let current = move || (state.lab.get() == shown).then_some("page");
        let href = format!("#{}", lab.id);
        view! {
            <li>
                <a
                    class="lab"
                    href=href
                    aria-current=current
                >
                    {lab.title}
                </a>
            </li>
        }
    };
    view! {
        <nav class="sidebar" aria-label="Labs">
            {move || {
                groups()
                    .into_iter()
                    .map(|(group, labs)| view! {
                        <h2 class="group">{group}</h2>
                        <ul>{labs.into_iter().map(item).collect_view()}</ul>
                    })
                    .collect_view()
            }}
        </nav>
    }
}
