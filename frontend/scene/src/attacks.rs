//! What was tried on site.com: which attack each of the attacker's connections is.

use std::collections::BTreeMap;

use trace::entry::{Entry, What};
use trace::ids::{ConnId, Seq};
use trace::note;
use trace::webhook::Verdict;

/// Who tries, as a participant.
const ATTACKER: &str = "attacker";

/// What is tried, of a delivery that was overheard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// The content says something else.
    Altered,
    /// Its time is long ago.
    Old,
    /// The same once more.
    Replayed,
    /// No signature.
    Unsigned,
}

impl Attack {
    fn named(word: &str) -> Option<Self> {
        Some(match word {
            "altered" => Self::Altered,
            "old" => Self::Old,
            "replayed" => Self::Replayed,
            "unsigned" => Self::Unsigned,
            _ => return None,
        })
    }

    /// What it is called.
    pub(crate) fn name(self) -> String {
        let id = match self {
            Self::Altered => "webhook-attack-altered",
            Self::Old => "webhook-attack-old",
            Self::Replayed => "webhook-attack-replayed",
            Self::Unsigned => "webhook-attack-unsigned",
        };
        text::say(id, &[])
    }

    /// Whether it may be found so. What was overheard long ago is old, whatever was done to it.
    const fn fits(self, verdict: Verdict) -> bool {
        match self {
            Self::Altered => matches!(verdict, Verdict::BadSignature | Verdict::TooOld),
            Self::Old => matches!(verdict, Verdict::TooOld),
            Self::Replayed => !matches!(verdict, Verdict::NoSignature),
            Self::Unsigned => matches!(verdict, Verdict::NoSignature),
        }
    }
}

/// What is known of attacks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attacks {
    /// What was asked for, in order.
    tried: Vec<(Seq, Attack)>,
    /// The attacker's connections, in order.
    conns: Vec<ConnId>,
    /// What was made of what came on each.
    verdicts: BTreeMap<ConnId, Verdict>,
}

impl Attacks {
    /// Takes an entry in.
    pub(crate) fn push(&mut self, entry: &Entry) {
        match &entry.what {
            What::Input(input) => {
                let attack = input.kind.as_deref().and_then(Attack::named);
                self.tried.extend(attack.map(|attack| (entry.seq, attack)));
            }
            What::Opened(opened) if opened.client.id == ATTACKER => self.conns.push(opened.conn),
            What::Note(said) => {
                let note::What::DeliveryVerified { verdict, .. } = &said.what else { return };
                if let Some(conn) = said.conn.filter(|conn| self.conns.contains(conn)) {
                    self.verdicts.insert(conn, *verdict);
                }
            }
            _ => {}
        }
    }

    /// Which attack a connection is, and the entry that asked for it. Each attack has a connection of its
    /// own. Those of two that were asked for at once may change places: what does not fit is not said.
    pub(crate) fn of(&self, conn: ConnId) -> Option<(Seq, Attack)> {
        let place = self.conns.iter().position(|known| *known == conn)?;
        let (seq, attack) = *self.tried.get(place)?;
        let verdict = self.verdicts.get(&conn);
        verdict.is_none_or(|verdict| attack.fits(*verdict)).then_some((seq, attack))
    }
}
