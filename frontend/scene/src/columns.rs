//! Where the lanes stand: participants, ordered, hidden and grouped as the reader wants it.

use trace::participant::{Participant, Role};

use crate::look::Lanes;
use crate::model::Model;

/// More clients of one's own than this share a lane.
pub const APART: usize = 12;

/// Below this width the lanes stand closer.
const NARROW: f64 = 600.0;

/// A label's widest letter, roughly.
const LETTER: f64 = 6.7;

/// The words of a connection's opening and end.
pub(crate) const LABEL_LEAST: usize = 26;

/// The room between the ribbons of connections that are open at once.
pub const SLOT: f64 = 10.0;

/// So many ribbons stand side by side.
pub const SLOTS: usize = 8;

/// No lane moves away further than this for a label's sake; where there are many, not so far, and
/// on a phone least far.
const LABEL_MOST: [usize; 2] = [56, 25];
const LABEL_NARROW: usize = 22;

/// More lanes than so many are many.
const FEW: usize = 3;

/// The least room between two of many lanes: their heads, and the words of a wait.
const CLOSE: f64 = 124.0;

/// The room right of the last lane, where no words of a server's stand.
const EDGE: f64 = 78.0;

/// What words beside a lane take.
const WORDS: f64 = 190.0;

/// A lane's head.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The middle of the lane.
    pub x: f64,
    /// The participants in it, by name.
    pub ids: Vec<String>,
    /// The participant's name, or how many they are.
    pub name: String,
    /// A few words more.
    pub detail: String,
    /// What kind of thing it is.
    pub role: Role,
}

/// The places of all lanes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns {
    /// The lanes that are shown, from left to right.
    pub heads: Vec<Column>,
    /// For each participant the place of its lane among the heads, if it is shown.
    of: Vec<Option<usize>>,
    left: f64,
    right: f64,
    /// The room between each two lanes.
    gaps: Vec<f64>,
}

impl Columns {
    /// Puts the lanes into so much room.
    #[must_use]
    pub fn of(model: &Model, lanes: &Lanes, width: f64) -> Self {
        let (heads, of) = heads(&model.lanes, lanes);
        let (left, right, least) =
            if width < NARROW { (132.0, 196.0, 190.0) } else { (136.0, 204.0, 230.0) };
        // Words of waits and notes stand right of a server.
        let words = heads.last().is_none_or(|last| last.role == Role::Server) || heads.len() < FEW;
        let right = if words { right } else { EDGE };
        let mut columns = Self { heads, of, left, right, gaps: Vec::new() };
        let least = if columns.heads.len() > FEW { CLOSE } else { least };
        columns.gaps = vec![least; columns.heads.len().saturating_sub(1)];
        columns.make_room(model, width < NARROW);
        columns.widen((width - columns.width()).max(0.0), 2.8 * least);
        let mut x = left;
        for (index, head) in columns.heads.iter_mut().enumerate() {
            head.x = x;
            x += columns.gaps.get(index).copied().unwrap_or_default();
        }
        columns
    }

    /// Makes room for the labels between each two lanes, the nearest lanes first.
    fn make_room(&mut self, model: &Model, narrow: bool) {
        let most = LABEL_MOST[usize::from(self.heads.len() > FEW)];
        let most = if narrow { LABEL_NARROW } else { most };
        let slots = 2.0 * SLOT * model.most_slots.min(SLOTS) as f64;
        let column = |lane: usize| self.of.get(lane).copied().flatten();
        let mut needs: Vec<(usize, usize, f64)> = Vec::new();
        for ((one, other), letters) in &model.labels {
            let (Some(one), Some(other)) = (column(*one), column(*other)) else { continue };
            let need = LETTER * (*letters).min(most) as f64 + 44.0 + slots;
            needs.push((one.min(other), one.max(other), need));
        }
        needs.sort_by_key(|(from, to, _)| to - from);
        for (from, to, need) in needs {
            let Some(gaps) = self.gaps.get_mut(from..to).filter(|gaps| !gaps.is_empty()) else {
                continue;
            };
            let missing = (need - gaps.iter().sum::<f64>()).max(0.0) / gaps.len() as f64;
            gaps.iter_mut().for_each(|gap| *gap += missing);
        }
    }

    /// Spreads what room is left, no gap wider than so much.
    fn widen(&mut self, room: f64, most: f64) {
        let share = room / self.gaps.len().max(1) as f64;
        for gap in &mut self.gaps {
            *gap = (*gap + share).min(most.max(*gap));
        }
    }

    /// The middle of a participant's lane, if it is shown.
    #[must_use]
    pub fn lane(&self, participant: usize) -> Option<f64> {
        let column = self.of.get(participant).copied().flatten()?;
        self.heads.get(column).map(|head| head.x)
    }

    /// From where to where a step's marks reach: from lane to lane, or as far as words beside one do.
    #[must_use]
    pub fn reach(&self, model: &Model, step: usize) -> Option<(f64, f64)> {
        let (one, other) = model.lanes_of(model.steps.get(step)?)?;
        let (one, other) = (self.lane(one)?, self.lane(other)?);
        let words = model.steps.get(step).is_some_and(|step| !step.what.goes_over());
        let (left, right) = (one.min(other), one.max(other));
        Some((left, (if words { right + WORDS } else { right }).min(self.width())))
    }

    /// Whether a lane is not shown.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.of.iter().any(Option::is_none)
    }

    /// Where the moments end.
    #[must_use]
    pub fn times(&self) -> f64 {
        self.left - 72.0
    }

    /// How wide the ladder is.
    #[must_use]
    pub fn width(&self) -> f64 {
        let gaps: f64 = self.gaps.iter().sum();
        self.left + gaps + self.right
    }
}

fn heads(all: &[Participant], lanes: &Lanes) -> (Vec<Column>, Vec<Option<usize>>) {
    let clients = all.iter().filter(|lane| lane.role == Role::Client).count();
    let grouped = clients > APART || lanes.grouped && clients > 1;
    let place = |id: &str| lanes.order.iter().position(|known| known == id);
    let mut order: Vec<usize> = (0..all.len()).collect();
    // Those that the reader has not moved follow where the log puts them.
    order.sort_by_key(|lane| {
        let place = all.get(*lane).and_then(|lane| place(&lane.id));
        (place.is_none(), place, *lane)
    });
    let mut heads: Vec<Column> = Vec::new();
    let mut of = vec![None; all.len()];
    for index in order {
        let Some(lane) = all.get(index) else { continue };
        if lanes.hidden.contains(&lane.id) {
            continue;
        }
        let joins = grouped && lane.role == Role::Client;
        let group = heads.iter().position(|head| joins && head.role == Role::Client);
        if let Some(head) = group.and_then(|group| heads.get_mut(group)) {
            head.ids.push(lane.id.clone());
            head.name = text::say("ladder-group", &[("count", (head.ids.len() as u64).into())]);
            head.detail = text::say("ladder-group-detail", &[]);
            of[index] = group;
            continue;
        }
        of[index] = Some(heads.len());
        heads.push(Column {
            x: 0.0,
            ids: vec![lane.id.clone()],
            name: lane.name.clone(),
            detail: lane.detail.clone(),
            role: lane.role,
        });
    }
    (heads, of)
}
