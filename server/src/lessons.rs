//! The lessons beside the labs. A lesson is a Markdown file of this form, each section there, in
//! this order, and not empty; a bad one is refused with its line:
//!
//! ~~~text
//! # The title
//!
//! One paragraph: what the lab shows.
//!
//! ## In five minutes
//!
//! Markdown.
//!
//! ## In depth
//!
//! Markdown.
//!
//! ## Predict
//!
//! ```predict
//! ask = "A question before the run?"
//! answer = "connections_opened"
//! why = "What is told once the run has answered."
//! ```
//! ~~~
//!
//! Under `Predict` stand blocks of this kind alone, in TOML; `answer` names a
//! [`trace::lesson::Figure`]. With `when = { call = "unary" }` only a run with these parameters answers
//! the question. Raw HTML comes out as text, links lead to `http://`, `https://` or `#`,
//! and there are no pictures: a lesson cannot bring anything into the page but words.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use trace::lesson::{Lesson, Predict};

/// The most bytes that a lesson may have.
const BYTES_MAX: usize = 256 * 1024;

/// The most questions that a lesson may ask.
const PROMPTS_MAX: usize = 20;

const OPENING: &str =
    "a lesson begins with `# `, its title, and one paragraph that says what the lab shows";

/// The lessons by lab.
const EMBEDDED: [(&str, &str); 11] = [
    ("http10", include_str!("../../assets/lessons/http10.md")),
    ("http11", include_str!("../../assets/lessons/http11.md")),
    ("http2", include_str!("../../assets/lessons/http2.md")),
    ("short_polling", include_str!("../../assets/lessons/short_polling.md")),
    ("long_polling", include_str!("../../assets/lessons/long_polling.md")),
    ("websocket", include_str!("../../assets/lessons/websocket.md")),
    ("sse", include_str!("../../assets/lessons/sse.md")),
    ("job", include_str!("../../assets/lessons/job.md")),
    ("grpc", include_str!("../../assets/lessons/grpc.md")),
    ("webhook", include_str!("../../assets/lessons/webhook.md")),
    ("serialization", include_str!("../../assets/lessons/serialization.md")),
];

/// Why a lesson is refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLesson {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// The labs that have a lesson.
pub fn labs() -> impl Iterator<Item = &'static str> {
    EMBEDDED.into_iter().map(|(lab, _)| lab)
}

/// The lesson of a lab, if there is one.
pub fn of(lab: &str) -> Option<Result<Lesson, BadLesson>> {
    let (_, text) = EMBEDDED.into_iter().find(|(known, _)| *known == lab)?;
    Some(parse(lab, text))
}

/// Reads a lesson.
///
/// # Errors
/// The first thing that is not as it must be, with its line.
pub fn parse(lab: &str, text: &str) -> Result<Lesson, BadLesson> {
    let mut reader = Reader::new(text);
    if text.len() > BYTES_MAX {
        return Err(reader.bad(BYTES_MAX, format!("a lesson may have {BYTES_MAX} bytes")));
    }
    for block in blocks(text) {
        reader.take(block)?;
    }
    reader.finish(lab)
}

/// A piece of Markdown and where it stands.
type Piece<'a> = (Event<'a>, Range<usize>);

/// A block that stands in no other.
struct Block<'a> {
    at: Range<usize>,
    pieces: Vec<Piece<'a>>,
}

impl Block<'_> {
    /// The level, if this is a heading.
    fn level(&self) -> Option<HeadingLevel> {
        match self.pieces.first() {
            Some((Event::Start(Tag::Heading { level, .. }), _)) => Some(*level),
            _ => None,
        }
    }

    fn is_paragraph(&self) -> bool {
        matches!(self.pieces.first(), Some((Event::Start(Tag::Paragraph), _)))
    }

    fn is_predict(&self) -> bool {
        matches!(self.pieces.first(), Some((Event::Start(tag), _)) if is_predict(tag))
    }

    /// Its words without their markup.
    fn plain(&self) -> String {
        let mut text = String::new();
        for (event, _) in &self.pieces {
            match event {
                Event::Text(part) | Event::Code(part) | Event::InlineHtml(part) => {
                    text.push_str(part);
                }
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                _ => {}
            }
        }
        text
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut depth = 0_usize;
    for (event, at) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        if depth == 0 {
            blocks.push(Block { at: at.clone(), pieces: Vec::new() });
        }
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(block) = blocks.last_mut() {
            block.pieces.push((event, at));
        }
    }
    blocks
}

fn is_predict(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::CodeBlock(CodeBlockKind::Fenced(info)) if &**info == "predict")
}

/// A section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Minutes,
    Depth,
    Predict,
}

impl Part {
    const ALL: [Self; 3] = [Self::Minutes, Self::Depth, Self::Predict];

    const fn heading(self) -> &'static str {
        match self {
            Self::Minutes => "In five minutes",
            Self::Depth => "In depth",
            Self::Predict => "Predict",
        }
    }
}

/// What is read of a lesson so far.
struct Reader<'a> {
    text: &'a str,
    title: String,
    line: String,
    begun: Vec<Part>,
    minutes: Vec<Event<'a>>,
    depth: Vec<Event<'a>>,
    predict: Vec<Predict>,
}

impl<'a> Reader<'a> {
    const fn new(text: &'a str) -> Self {
        Self {
            text,
            title: String::new(),
            line: String::new(),
            begun: Vec::new(),
            minutes: Vec::new(),
            depth: Vec::new(),
            predict: Vec::new(),
        }
    }

    /// A refusal at a byte of the text.
    fn bad(&self, at: usize, why: impl Into<String>) -> BadLesson {
        let before = self.text.bytes().take(at);
        let line = 1 + before.filter(|byte| *byte == b'\n').count();
        BadLesson { line, why: why.into() }
    }

    fn take(&mut self, block: Block<'a>) -> Result<(), BadLesson> {
        let at = block.at.start;
        match (block.level(), self.begun.last().copied()) {
            (Some(HeadingLevel::H1), None) if self.title.is_empty() => self.title = block.plain(),
            (Some(HeadingLevel::H1), _) => return Err(self.bad(at, "a lesson has one title")),
            (Some(HeadingLevel::H2), _) => self.begin(at, &block.plain())?,
            (_, None) if block.is_paragraph() && self.line.is_empty() && !self.title.is_empty() => {
                self.line = block.plain();
            }
            (_, None) => return Err(self.bad(at, OPENING)),
            (_, Some(Part::Minutes)) => {
                let events = self.prose(block)?;
                self.minutes.extend(events);
            }
            (_, Some(Part::Depth)) => {
                let events = self.prose(block)?;
                self.depth.extend(events);
            }
            (_, Some(Part::Predict)) => {
                let predict = self.predict(&block)?;
                self.predict.push(predict);
            }
        }
        Ok(())
    }

    /// Begins the next section, if it is the one that is due.
    fn begin(&mut self, at: usize, heading: &str) -> Result<(), BadLesson> {
        self.end_part(at)?;
        match self.due() {
            Some(part) if part.heading() == heading => self.begun.push(part),
            Some(part) => {
                let why = format!("`## {}` is due here, not `## {heading}`", part.heading());
                return Err(self.bad(at, why));
            }
            None => return Err(self.bad(at, "no section follows `## Predict`")),
        }
        Ok(())
    }

    fn due(&self) -> Option<Part> {
        Part::ALL.get(self.begun.len()).copied()
    }

    /// Holds that what was begun has something in it.
    fn end_part(&self, at: usize) -> Result<(), BadLesson> {
        let (empty, part) = match self.begun.last() {
            None if self.line.is_empty() => return Err(self.bad(at, OPENING)),
            None => return Ok(()),
            Some(Part::Minutes) => (self.minutes.is_empty(), Part::Minutes),
            Some(Part::Depth) => (self.depth.is_empty(), Part::Depth),
            Some(Part::Predict) => (self.predict.is_empty(), Part::Predict),
        };
        if empty {
            return Err(self.bad(at, format!("there is nothing under `## {}`", part.heading())));
        }
        Ok(())
    }

    /// What may come into the page of a block that was written.
    fn prose(&self, block: Block<'a>) -> Result<Vec<Event<'a>>, BadLesson> {
        let safe = |(event, at): Piece<'a>| match event {
            Event::Html(raw) | Event::InlineHtml(raw) => Ok(Event::Text(raw)),
            Event::Start(Tag::HtmlBlock) => Ok(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => Ok(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Image { .. }) => {
                Err(self.bad(at.start, "a lesson has no pictures: its lab draws them"))
            }
            Event::Start(Tag::Link { ref dest_url, .. }) if !may_lead_to(dest_url) => {
                Err(self.bad(at.start, "a link begins with http://, https:// or #"))
            }
            Event::Start(ref tag) if is_predict(tag) => {
                Err(self.bad(at.start, "a predict block stands under `## Predict`"))
            }
            other => Ok(other),
        };
        block.pieces.into_iter().map(safe).collect()
    }

    fn predict(&self, block: &Block<'_>) -> Result<Predict, BadLesson> {
        let at = block.at.start;
        if !block.is_predict() {
            return Err(self.bad(at, "under `## Predict` stand predict blocks alone"));
        }
        if self.predict.len() == PROMPTS_MAX {
            return Err(self.bad(at, format!("a lesson may ask {PROMPTS_MAX} questions")));
        }
        let lines = || block.pieces.iter().filter(|(event, _)| matches!(event, Event::Text(_)));
        let start = lines().next().map_or(at, |(_, line)| line.start);
        let end = lines().next_back().map_or(at, |(_, line)| line.end);
        let inside = self.text.get(start..end).unwrap_or_default();
        let whole = self.text.get(block.at.clone()).unwrap_or_default();
        if !is_closed(whole, inside) {
            return Err(self.bad(at, "this predict block is not closed"));
        }
        let predict: Predict = toml::from_str(inside).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            self.bad(start + offset, error.message())
        })?;
        if predict.ask.trim().is_empty() || predict.why.trim().is_empty() {
            return Err(self.bad(at, "neither ask nor why may be empty"));
        }
        Ok(predict)
    }

    fn finish(self, lab: &str) -> Result<Lesson, BadLesson> {
        let end = self.text.trim_end().len();
        self.end_part(end)?;
        if let Some(part) = self.due() {
            return Err(self.bad(end, format!("`## {}` is missing", part.heading())));
        }
        Ok(Lesson {
            lab: lab.to_owned(),
            title: self.title,
            line: self.line,
            minutes: render(self.minutes),
            depth: render(self.depth),
            predict: self.predict,
        })
    }
}

fn render(events: Vec<Event<'_>>) -> String {
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out
}

/// Whether a fenced block ends by its fence. One that does not swallows what follows, up to the next
/// block's fence or the end of the text.
fn is_closed(whole: &str, inside: &str) -> bool {
    let is_fence = |line: &str| {
        let line = line.trim_start();
        ["```", "~~~"].into_iter().any(|mark| line.starts_with(mark))
    };
    whole.trim_end().lines().skip(1).last().is_some_and(is_fence) && !inside.lines().any(is_fence)
}

fn may_lead_to(address: &str) -> bool {
    ["http://", "https://", "#"].into_iter().any(|start| address.starts_with(start))
}

#[cfg(test)]
mod tests;
