//! What was done to site.com, by the log: how it was told to behave, what was tried on it, and what it
//! made of that.

use scene::model::Model;
use trace::entry::What;
use trace::ids::ConnId;
use trace::note;
use trace::webhook::Verdict;

use crate::by_log::ByLog;

/// Who tries, as the log calls them.
const ATTACKER: &str = "attacker";

/// What was done, as far as the log was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Acted {
    epoch: u64,
    read: usize,
    /// How site.com was told to behave last.
    pub behaviour: Option<String>,
    /// What was tried, in order.
    pub attacks: Vec<Attack>,
    /// The attacker's connections, in order.
    conns: Vec<(ConnId, Option<Verdict>)>,
}

/// What was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Attack {
    /// Which attack.
    pub kind: String,
    /// What site.com made of it, once it has.
    pub verdict: Option<Verdict>,
}

impl Acted {
    fn take(&mut self, what: &What) -> Option<()> {
        match what {
            What::Input(input) if input.behaviour.is_some() => {
                self.behaviour.clone_from(&input.behaviour);
            }
            What::Input(input) => {
                let kind = input.kind.clone()?;
                self.attacks.push(Attack { kind, verdict: None });
            }
            What::Opened(opened) if opened.client.id == ATTACKER => {
                self.conns.push((opened.conn, None));
            }
            What::Note(said) => {
                let note::What::DeliveryVerified { verdict, .. } = &said.what else { return None };
                let known = self.conns.iter_mut().find(|(conn, _)| Some(*conn) == said.conn)?;
                known.1 = Some(*verdict);
            }
            _ => return None,
        }
        Some(())
    }
}

impl ByLog for Acted {
    fn begin(epoch: u64) -> Self {
        Self { epoch, ..Self::default() }
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn read(&mut self, model: &Model) -> bool {
        let mut changed = false;
        for entry in model.entries.iter().skip(self.read) {
            changed |= self.take(&entry.what).is_some();
        }
        self.read = model.entries.len();
        // Each attack has a connection of its own.
        for (attack, (_, verdict)) in self.attacks.iter_mut().zip(&self.conns) {
            attack.verdict = *verdict;
        }
        changed
    }
}
