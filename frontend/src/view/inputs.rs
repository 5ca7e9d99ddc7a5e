//! The buttons of a run under way: another service sends, an instance is killed or started again, an
//! event stream is cut off. Which instance is down is read from the log.

use std::collections::BTreeSet;

use leptos::prelude::*;
use scene::model::Model;
use trace::entry::What;
use trace::note::{self, Reach};
use trace::participant::Role;
use trace::studio::Press;

use super::controls::under_way;
use super::t;
use super::text_input::{TextInput, said};
use crate::by_log::{ByLog, by_log};
use crate::session;
use crate::state::{State, state};

/// An instance's name in the log, and its name for people.
type Instance = (String, String);

/// The buttons that the lab has.
#[component]
pub fn Inputs() -> impl IntoView {
    let state = state();
    let taken = Memo::new(move |_| {
        let runs = state.run.with(Option::is_some) && !state.making.get() && under_way(state);
        let lab = state.current_lab().filter(|_| runs);
        lab.map(|lab| lab.inputs).unwrap_or_default()
    });
    let takes = move |input: &str| taken.with(|taken| taken.iter().any(|known| known == input));
    let instances = Memo::new(move |_| state.model.with(|model| instances(model.as_ref())));
    let down = by_log::<Down>(state);
    move || {
        let (sends, kills, drops) = (takes("send"), takes("kill"), takes("drop"));
        (sends || kills || drops).then(|| {
            view! {
                <div class="inputs" role="group" aria-label=t("inputs")>
                    {sends.then(|| view! { <Sends instances=instances /> })}
                    {kills.then(|| view! {
                        <div class="segments" role="group" aria-label=t("instances")>
                            {move || instances.get().into_iter().map(|instance| toggle(state, instance, down)).collect_view()}
                        </div>
                    })}
                    {drops.then(|| view! {
                        <button class="segment lone" id="drop" title=t("drop-stream-title") on:click=move |_| press(state, "drop", None, None)>
                            {t("drop-stream")}
                        </button>
                    })}
                </div>
            }
        })
    }
}

fn press(state: State, input: &str, instance: Option<String>, text: Option<String>) {
    session::act(state, Press { input: input.to_owned(), instance, text, ..Press::default() });
}

/// Another service sends what is written here, through an instance that is named or any.
#[component]
fn Sends(
    /// The instances of the run.
    instances: Memo<Vec<Instance>>,
) -> impl IntoView {
    let state = state();
    let written = RwSignal::new(String::new());
    let through = RwSignal::new(String::new());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (said, through) = (said(written), through.get_untracked());
        press(state, "send", Some(through).filter(|name| !name.is_empty()), Some(said));
        written.set(String::new());
    };
    let option = |(id, name): Instance| view! { <option value=id>{name}</option> };
    view! {
        <form class="say" on:submit=send>
            <TextInput id="send-text" written=written />
            {move || (instances.with(Vec::len) > 1).then(|| view! {
                <label class="knob" for="send-through">
                    <span>{t("send-through")}</span>
                    <select id="send-through" on:change=move |event| through.set(event_target_value(&event))>
                        <option value="">{t("send-any")}</option>
                        {instances.get().into_iter().map(option).collect_view()}
                    </select>
                </label>
            })}
            <button class="segment lone" id="send" type="submit">{t("send")}</button>
        </form>
    }
}

/// Kills an instance for this run, or starts it again.
fn toggle(state: State, (id, name): Instance, down: Memo<Down>) -> impl IntoView {
    let shown = id.clone();
    let is_down = Memo::new(move |_| down.with(|down| down.is(&shown)));
    let words = move || {
        let words = if is_down.get() { "instance-restart" } else { "instance-kill" };
        text::say(words, &[("instance", (&name).into())])
    };
    let button = format!("turn-{id}");
    let turn = move |_| {
        let input = if is_down.get_untracked() { "restart" } else { "kill" };
        press(state, input, Some(id.clone()), None);
    };
    view! {
        <button class="segment" class:down=move || is_down.get() id=button title=t("instance-kill-title") on:click=turn>
            {words}
        </button>
    }
}

fn instances(model: Option<&Model>) -> Vec<Instance> {
    let all = model.map(|model| model.header.participants.as_slice()).unwrap_or_default();
    let servers = all.iter().filter(|known| known.role == Role::Server);
    servers.map(|known| (known.id.clone(), known.name.clone())).collect()
}

/// Which instances are down, as far as the log was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Down {
    epoch: u64,
    read: usize,
    names: BTreeSet<(String, Reach)>,
}

impl Down {
    /// Whether an instance is.
    pub fn is(&self, name: &str) -> bool {
        self.names.iter().any(|(known, _)| known == name)
    }
}

impl ByLog for Down {
    fn begin(epoch: u64) -> Self {
        Self { epoch, ..Self::default() }
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn read(&mut self, model: &Model) -> bool {
        let mut changed = false;
        for entry in model.entries.iter().skip(self.read) {
            let What::Note(note) = &entry.what else { continue };
            changed |= match &note.what {
                note::What::InstanceDown { instance, reach } => {
                    self.names.insert((instance.clone(), *reach))
                }
                note::What::InstanceUp { instance, reach } => {
                    self.names.remove(&(instance.clone(), *reach))
                }
                _ => false,
            };
        }
        self.read = model.entries.len();
        changed
    }
}
