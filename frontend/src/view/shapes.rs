//! How each shape is painted. Colours are classes; the theme has them.

use leptos::prelude::*;
use scene::shape::{Kind, Shape, Stroke, Tone, Wait};

/// The length of an arrow's head.
const HEAD: f64 = 9.0;

/// Half the width of an arrow's head.
const HALF: f64 = 4.5;

/// Paints a shape.
pub fn shape(shape: &Shape) -> AnyView {
    let seq = shape.seq.to_string();
    match &shape.kind {
        Kind::Ribbon { x, top, bottom, open } => {
            let class = if *open { "ribbon open" } else { "ribbon" };
            let (x, y) = ((x - 4.0).to_string(), top.to_string());
            let height = (bottom - top).max(2.0).to_string();
            view! { <rect class=class data-seq=seq x=x y=y width="8" height=height rx="3" /> }
                .into_any()
        }
        Kind::Arrow { from, to, stroke } => arrow(seq, *from, *to, *stroke),
        Kind::Label { at, room, text, stroke } => {
            let class = format!("label {}", name(*stroke));
            let shown = fit(text, *room, *stroke);
            view! {
                <text class=class data-seq=seq x=at.0.to_string() y=at.1.to_string()>{shown}</text>
            }
            .into_any()
        }
        Kind::Payload { at, width, text } => {
            let (x, y) = ((at.0 - width / 2.0).to_string(), (at.1 - 8.0).to_string());
            view! {
                <g class="payload" data-seq=seq>
                    <rect x=x y=y width=width.to_string() height="15" rx="7.5" />
                    <text x=at.0.to_string() y=(at.1 + 3.5).to_string()>{text.clone()}</text>
                </g>
            }
            .into_any()
        }
        Kind::Wait { x, top, bottom, wait, text } => waiting(seq, (*x, *top, *bottom), *wait, text),
        Kind::Note { at, text, tone } => {
            let class = match tone {
                Tone::Plain => "note",
                Tone::Fault => "note fault",
            };
            view! {
                <text class=class data-seq=seq x=at.0.to_string() y=at.1.to_string()>{text.clone()}</text>
            }
            .into_any()
        }
        Kind::Chunk { at, more } => chunk(seq, *at, *more),
        Kind::Time { at, text } => view! {
            <text class="time" data-seq=seq x=at.0.to_string() y=at.1.to_string()>{text.clone()}</text>
        }
        .into_any(),
    }
}

/// A read or write at the socket.
fn chunk(seq: String, at: (f64, f64), more: usize) -> AnyView {
    let (x, y) = ((at.0 - 2.0).to_string(), (at.1 - 5.0).to_string());
    let more = (more > 0).then(|| {
        let at = (at.0 + 6.0).to_string();
        view! { <text class="note" x=at y=y.clone() dy="9">{format!("+{more}")}</text> }
    });
    view! {
        <g class="chunk" data-seq=seq>
            <rect x=x y=y.clone() width="4" height="10" rx="1.5">
                <title>"one read or write at the socket"</title>
            </rect>
            {more}
        </g>
    }
    .into_any()
}

fn waiting(seq: String, place: (f64, f64, f64), wait: Wait, text: &str) -> AnyView {
    let (x, top, bottom) = place;
    let class = match wait {
        Wait::Hold => "wait hold",
        Wait::Idle => "wait idle",
        Wait::Gate => "wait gate",
    };
    let (text_x, text_y) = ((x + 24.0).to_string(), f64::midpoint(top, bottom) + 4.0);
    // The caption of a gate leaves room for what let it go on.
    let text_y = if wait == Wait::Gate { text_y - 4.0 } else { text_y };
    view! {
        <g class=class data-seq=seq>
            <rect x=x.to_string() y=top.to_string() width="16" height=(bottom - top).to_string() rx="4" />
            <text x=text_x y=text_y.to_string()>{text.to_owned()}</text>
        </g>
    }
    .into_any()
}

fn arrow(seq: String, from: (f64, f64), to: (f64, f64), stroke: Stroke) -> AnyView {
    let both = matches!(stroke, Stroke::Establish | Stroke::Close);
    let line = format!("M{:.1} {:.1}L{:.1} {:.1}", from.0, from.1, to.0, to.1);
    let mut heads = head(from, to);
    if both {
        heads.push_str(&head(to, from));
    }
    let class = format!("arrow {}", name(stroke));
    view! {
        <g class=class data-seq=seq>
            <path class="shaft" d=line />
            <path class="head" d=heads />
        </g>
    }
    .into_any()
}

/// The head of an arrow, as a path.
fn head(from: (f64, f64), to: (f64, f64)) -> String {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let back = (to.0 - ux * HEAD, to.1 - uy * HEAD);
    format!(
        "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
        to.0,
        to.1,
        back.0 - uy * HALF,
        back.1 + ux * HALF,
        back.0 + uy * HALF,
        back.1 - ux * HALF
    )
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
