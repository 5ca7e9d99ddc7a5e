//! A drawn connection as SVG text. Colours are classes; the theme has them.

use std::fmt::Write as _;

use super::drawn::{Figure, Line, Mark, Means};
use crate::paint::Safe;

impl Figure {
    /// What stands in the SVG. A mark that can be chosen names its entry; the first of them takes the
    /// focus, from where arrows lead on.
    #[must_use]
    pub fn svg(&self) -> String {
        let mut svg = String::with_capacity(self.marks.len() * 260 + 1_024);
        let (conn, (width, _)) = (self.conn, self.size);
        // Writing to a text does not fail.
        let _ = write!(
            svg,
            r#"<defs><pattern id="stream-hatch-{conn}" class="stream-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6"/><line x1="0" y1="0" x2="0" y2="6"/></pattern></defs><text class="stream-axis" x="2" y="10">0</text><text class="stream-axis end" x="{:.1}" y="10">{}</text>"#,
            width - 2.0,
            Safe(&self.end)
        );
        for strip in self.marks.iter().filter(|mark| mark.means == Means::Strip) {
            let _ = write!(
                svg,
                r#"<rect class="stream-strip s{}" data-seq="{}" {}/>"#,
                strip.tint,
                strip.seq,
                place(strip)
            );
        }
        for lane in &self.lines {
            line(&mut svg, lane, width);
        }
        let chosen = self.marks.iter().filter(|mark| mark.means != Means::Strip);
        for (index, mark) in chosen.enumerate() {
            self.mark(&mut svg, mark, if index == 0 { 0 } else { -1 });
        }
        svg
    }

    fn mark(&self, svg: &mut String, mark: &Mark, tabindex: i32) {
        let (class, fill) = match mark.means {
            Means::Behind => ("behind", format!(r#" fill="url(#stream-hatch-{})""#, self.conn)),
            Means::Works => ("works", String::new()),
            Means::Strip | Means::Block => ("block", String::new()),
        };
        let _ = write!(
            svg,
            r#"<g class="stream-mark {class} s{}" data-seq="{}" tabindex="{tabindex}" role="button" aria-label="{}"><title>{}</title><rect {}{fill}/></g>"#,
            mark.tint,
            mark.seq,
            Safe(&mark.says),
            Safe(&mark.says),
            place(mark)
        );
    }
}

fn place(mark: &Mark) -> String {
    let Mark { x, y, width, height, .. } = mark;
    format!(r#"x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="1""#)
}

fn line(svg: &mut String, line: &Line, width: f64) {
    let (seq, y, bar) = (line.seq, line.y + 10.0, line.y + 20.0);
    if let Some((from, until)) = line.life {
        let _ = write!(
            svg,
            r#"<line class="stream-life" data-seq="{seq}" x1="{from:.1}" x2="{until:.1}" y1="{bar:.1}" y2="{bar:.1}"/>"#
        );
    }
    let _ = write!(
        svg,
        r#"<text class="stream-label" data-seq="{seq}" x="2" y="{y:.1}">{}</text><text class="stream-waits end" data-seq="{seq}" x="{:.1}" y="{y:.1}">{}</text>"#,
        Safe(&line.label),
        width - 2.0,
        Safe(&line.waits)
    );
}
