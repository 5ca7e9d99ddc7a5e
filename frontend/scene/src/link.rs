//! A permalink: lab, run, step, look and selection in the part of an address after `#`.

use form_urlencoded::{Serializer, parse};
use trace::ids::{RunId, Seq};

use crate::look::{Clock, Layer, Look};

/// The most lanes that an address may name.
const LANES: usize = 64;

/// Where an address leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The lab.
    pub lab: String,
    /// The run, if one is meant.
    pub run: Option<RunId>,
    /// The row, counted from 1.
    pub step: Option<usize>,
    /// How the ladder looks.
    pub look: Look,
    /// The inspector's tab.
    pub tab: String,
    /// The event and its field that are marked.
    pub marked: Option<(Seq, usize)>,
}

impl Link {
    /// Reads the part after `#`: `http11?run=k3x9&step=4`. What cannot be read is left out.
    #[must_use]
    pub fn read(hash: &str) -> Self {
        let hash = hash.trim_start_matches('#');
        let (lab, query) = hash.split_once('?').unwrap_or((hash, ""));
        let mut link = Self { lab: lab.to_owned(), ..Self::default() };
        for (name, value) in parse(query.as_bytes()) {
            link.take(&name, &value);
        }
        link
    }

    fn take(&mut self, name: &str, value: &str) {
        let list = || value.split(',').filter(|id| !id.is_empty()).take(LANES).map(str::to_owned);
        match name {
            "run"
                if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                self.run = Some(RunId(value.to_owned()));
            }
            "step" => self.step = value.parse().ok().filter(|step| *step > 0),
            "layer" => {
                self.look.layer = match value {
                    "frame" => Layer::Frame,
                    "bytes" => Layer::Bytes,
                    _ => Layer::Message,
                }
            }
            "clock" if value == "time" => self.look.clock = Clock::Time,
            "zoom" => self.look.set_zoom(value.parse::<u16>().map_or(100.0, f64::from)),
            "unfolded" => self.look.folded = false,
            "grouped" => self.look.lanes.grouped = true,
            "order" => self.look.lanes.order = list().collect(),
            "hidden" => self.look.lanes.hidden = list().collect(),
            "tab" => value.clone_into(&mut self.tab),
            "marked" => {
                let parts = value.split_once('.');
                let read = |(seq, field): (&str, &str)| {
                    Some((Seq(seq.parse().ok()?), field.parse().ok()?))
                };
                self.marked = parts.and_then(read);
            }
            _ => {}
        }
    }

    /// Writes it, without what is as it always is.
    #[must_use]
    pub fn write(&self) -> String {
        let mut query = Serializer::new(String::new());
        let mut add = |name: &str, value: &str| {
            query.append_pair(name, value);
        };
        if let Some(run) = &self.run {
            add("run", &run.0);
        }
        if let Some(step) = self.step {
            add("step", &step.to_string());
        }
        match self.look.layer {
            Layer::Message => {}
            Layer::Frame => add("layer", "frame"),
            Layer::Bytes => add("layer", "bytes"),
        }
        if self.look.clock == Clock::Time {
            add("clock", "time");
        }
        if self.look.zoom != 100 {
            add("zoom", &self.look.zoom.to_string());
        }
        if !self.look.folded {
            add("unfolded", "1");
        }
        let lanes = &self.look.lanes;
        if lanes.grouped {
            add("grouped", "1");
        }
        if !lanes.order.is_empty() {
            add("order", &lanes.order.join(","));
        }
        if !lanes.hidden.is_empty() {
            let hidden: Vec<&str> = lanes.hidden.iter().map(String::as_str).collect();
            add("hidden", &hidden.join(","));
        }
        if !self.tab.is_empty() {
            add("tab", &self.tab);
        }
        if let Some((seq, field)) = self.marked {
            add("marked", &format!("{seq}.{field}"));
        }
        let query = query.finish();
        if query.is_empty() { self.lab.clone() } else { format!("{}?{query}", self.lab) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_as_it_was_written() {
        let mut look =
            Look { layer: Layer::Bytes, clock: Clock::Time, folded: false, ..Look::default() };
        look.set_zoom(150.0);
        look.lanes.order = vec!["a b".to_owned(), "c".to_owned()];
        look.lanes.hidden.insert("curl".to_owned());
        let link = Link {
            lab: "http11".to_owned(),
            run: Some(RunId("k3x9".to_owned())),
            step: Some(4),
            look,
            tab: "bytes".to_owned(),
            marked: Some((Seq(12), 3)),
        };
        assert_eq!(Link::read(&format!("#{}", link.write())), link);
        assert_eq!(Link::read("#http10"), Link { lab: "http10".to_owned(), ..Link::default() });
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let link = Link::read("#http10?run=../x&step=0&zoom=nan&run=&layer=?&marked=1&%ff=%");
        assert_eq!(link, Link { lab: "http10".to_owned(), ..Link::default() });
        let mut look = Look::default();
        look.set_zoom(9_999.0);
        assert_eq!(Link::read("#x?zoom=9999").look, look);
    }
}
