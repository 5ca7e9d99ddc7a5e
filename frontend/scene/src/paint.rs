//! Shapes as SVG text: for the screen what is in view, for a file all of it. Colours are classes; the
//! theme has them.

use std::fmt::Write as _;

use crate::shape::{Anchor, Kind, Shape, Stroke, Tone, Wait};

/// The length of an arrow's head.
const HEAD: f64 = 9.0;

/// Half the width of an arrow's head.
const HALF: f64 = 4.5;

/// All shapes, one after the other.
#[must_use]
pub fn shapes(shapes: &[Shape]) -> String {
    let mut svg = String::with_capacity(shapes.len() * 120);
    for shape in shapes {
        paint(&mut svg, shape);
    }
    svg
}

/// Writes a shape. Writing to a text does not fail.
fn paint(svg: &mut String, shape: &Shape) {
    let seq = shape.seq.0;
    match &shape.kind {
        Kind::Ribbon { x, top, bottom, open, pattern } => {
            ribbon(svg, seq, (*x, *top, *bottom), *open, *pattern);
        }
        Kind::Name { at, anchor, text } => {
            words(svg, &format!("conn-name{}", side(*anchor)), seq, *at, text);
        }
        Kind::Arrow { from, to, stroke } => arrow(svg, seq, *from, *to, *stroke),
        Kind::Label { at, anchor, room, text, stroke } => {
            let class = format!("label {}{}", name(*stroke), side(*anchor));
            words(svg, &class, seq, *at, &fit(text, *room, *stroke));
        }
        Kind::Payload { at, width, text } => payload(svg, seq, *at, *width, text),
        Kind::Wait { x, top, bottom, line, anchor, wait, text } => {
            waiting(svg, seq, (*x, *top, *bottom, *line), (*wait, *anchor), text);
        }
        Kind::Note { at, anchor, text, tone } => {
            let class = match tone {
                Tone::Plain => "note",
                Tone::Fault => "note fault",
            };
            words(svg, &format!("{class}{}", side(*anchor)), seq, *at, text);
        }
        Kind::Chunk { at, more } => chunk(svg, seq, *at, *more),
        Kind::Time { at, text, since } => {
            let _ = write!(
                svg,
                r#"<g class="time" data-seq="{seq}"><text x="{}" y="{}">{}</text><text class="since" x="{}" y="{}">{}</text></g>"#,
                Px(at.0),
                Px(at.1),
                Safe(text),
                Px(at.0),
                Px(at.1 + 13.0),
                Safe(since)
            );
        }
        Kind::Gap { x, y, text } => band(svg, "gap", seq, *x, *y, text),
        Kind::Fold { x, y, text } => band(svg, "fold", seq, *x, *y, text),
    }
}

fn ribbon(svg: &mut String, seq: u64, place: (f64, f64, f64), open: bool, pattern: u64) {
    let (x, top, bottom) = place;
    let open = if open { " open" } else { "" };
    let height = (bottom - top).max(2.0);
    let _ = write!(
        svg,
        r#"<g class="ribbon{open} p{pattern}" data-seq="{seq}"><rect x="{}" y="{}" width="8" height="{}" rx="3"/><line x1="{}" x2="{}" y1="{}" y2="{}"/></g>"#,
        Px(x - 4.0),
        Px(top),
        Px(height),
        Px(x),
        Px(x),
        Px(top + 3.0),
        Px(top + height - 3.0)
    );
}

fn payload(svg: &mut String, seq: u64, at: (f64, f64), width: f64, text: &str) {
    let _ = write!(
        svg,
        r#"<g class="payload" data-seq="{seq}"><rect x="{}" y="{}" width="{}" height="15" rx="7.5"/><text x="{}" y="{}">{}</text></g>"#,
        Px(at.0 - width / 2.0),
        Px(at.1 - 8.0),
        Px(width),
        Px(at.0),
        Px(at.1 + 3.5),
        Safe(text)
    );
}

fn words(svg: &mut String, class: &str, seq: u64, at: (f64, f64), text: &str) {
    let _ = write!(
        svg,
        r#"<text class="{class}" data-seq="{seq}" x="{}" y="{}">{}</text>"#,
        Px(at.0),
        Px(at.1),
        Safe(text)
    );
}

/// A band across the ladder with its words in the middle.
fn band(svg: &mut String, class: &str, seq: u64, x: (f64, f64), y: f64, text: &str) {
    let _ = write!(
        svg,
        r#"<g class="{class}" data-seq="{seq}"><rect x="{}" y="{}" width="{}" height="20" rx="5"/><text x="{}" y="{}">{}</text></g>"#,
        Px(x.0),
        Px(y - 10.0),
        Px((x.1 - x.0).max(40.0)),
        Px(f64::midpoint(x.0, x.1)),
        Px(y + 4.0),
        Safe(text)
    );
}

/// A read or write at the socket.
fn chunk(svg: &mut String, seq: u64, at: (f64, f64), more: usize) {
    let title = text::say("ladder-chunk-title", &[]);
    let _ = write!(
        svg,
        r#"<g class="chunk" data-seq="{seq}"><rect x="{}" y="{}" width="4" height="10" rx="1.5"><title>{}</title></rect>"#,
        Px(at.0 - 2.0),
        Px(at.1 - 5.0),
        Safe(&title)
    );
    if more > 0 {
        let _ = write!(
            svg,
            r#"<text class="note" x="{}" y="{}">+{more}</text>"#,
            Px(at.0 + 6.0),
            Px(at.1 + 4.0)
        );
    }
    svg.push_str("</g>");
}

fn waiting(
    svg: &mut String,
    seq: u64,
    place: (f64, f64, f64, f64),
    (wait, anchor): (Wait, Anchor),
    text: &str,
) {
    let (x, top, bottom, line) = place;
    let words = if anchor == Anchor::End { x - 8.0 } else { x + 24.0 };
    let side = side(anchor);
    let class = match wait {
        Wait::Hold => "hold",
        Wait::Idle => "idle",
        Wait::Gate => "gate",
        Wait::Coming => "coming",
        Wait::Backoff => "backoff",
    };
    // The caption leaves room for what let a gate go on, or what a back-off was planned to be.
    let line = if matches!(wait, Wait::Gate | Wait::Backoff) { line } else { line + 4.0 };
    let _ = write!(
        svg,
        r#"<g class="wait {class}" data-seq="{seq}"><rect x="{}" y="{}" width="16" height="{}" rx="4"/><text class="caption{side}" x="{}" y="{}">{}</text></g>"#,
        Px(x),
        Px(top),
        Px(bottom - top),
        Px(words),
        Px(line),
        Safe(text)
    );
}

fn arrow(svg: &mut String, seq: u64, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
    let _ = write!(
        svg,
        r#"<g class="arrow {}" data-seq="{seq}"><path class="shaft" d="M{} {}L{} {}"/><path class="head" d=""#,
        name(stroke),
        Px(from.0),
        Px(from.1),
        Px(to.0),
        Px(to.1)
    );
    head(svg, from, to);
    if matches!(stroke, Stroke::Establish | Stroke::Close) {
        head(svg, to, from);
    }
    svg.push_str(r#""/></g>"#);
}

/// The head of an arrow, as a path.
fn head(svg: &mut String, from: (f64, f64), to: (f64, f64)) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let back = (to.0 - ux * HEAD, to.1 - uy * HEAD);
    let _ = write!(
        svg,
        "M{} {}L{} {}L{} {}Z",
        Px(to.0),
        Px(to.1),
        Px(back.0 - uy * HALF),
        Px(back.1 + ux * HALF),
        Px(back.0 + uy * HALF),
        Px(back.1 - ux * HALF)
    );
}

/// The class of an anchor; the middle is what the theme does by itself.
const fn side(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => " start",
        Anchor::Middle => "",
        Anchor::End => " end",
    }
}

const fn name(stroke: Stroke) -> &'static str {
    match stroke {
        Stroke::Establish => "establish",
        Stroke::Close => "close",
        Stroke::Reset => "reset",
        Stroke::Request => "request",
        Stroke::Success => "success",
        Stroke::Failure => "failure",
        Stroke::Unread => "unread",
        Stroke::Chunk => "octets",
        Stroke::Control => "control",
        Stroke::Call => "call",
    }
}

/// As much of a text as there is room for; the whole of it is in the inspector.
fn fit(text: &str, room: f64, stroke: Stroke) -> String {
    let bold = matches!(stroke, Stroke::Establish | Stroke::Close | Stroke::Reset);
    let most = (room / if bold { 7.4 } else { 7.0 }) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// A length with one place, without the weight of writing floats.
struct Px(f64);

impl std::fmt::Display for Px {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        f.write_str(if tenths < 0 { "-" } else { "" })?;
        if part == 0 { write!(f, "{whole}") } else { write!(f, "{whole}.{part}") }
    }
}

/// A text that came over the wire, written so that nothing in it is markup.
pub struct Safe<'a>(pub &'a str);

impl std::fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                letter if letter.is_control() => f.write_str("�")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_place_and_texts_are_no_markup() {
        let lengths: Vec<String> =
            [0.0, -0.04, 12.34, -7.96, 100.0].map(|length| Px(length).to_string()).into();
        assert_eq!(lengths, ["0", "0", "12.3", "-8", "100"]);
        assert_eq!(Safe("<b a=\"1\">&\u{0}").to_string(), "&lt;b a=&quot;1&quot;&gt;&amp;�");
    }
}
