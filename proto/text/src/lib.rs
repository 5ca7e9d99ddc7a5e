//! Every word that is shown, in one catalogue outside the code: `assets/text`, written in Fluent.
//!
//! `{ $name }` is the place of an argument. A count comes twice: as `$n`, by which plural rules choose,
//! and as `$n-text`, how it reads. Fluent does not tell which number it prints, so a count that is to
//! be found again by [`pieces`] is printed as `{ $n-text }`; for [`say`] both read the same.
//!
//! ```text
//! found = { $n ->
//!         [one] { $n-text } answer
//!        *[other] { $n-text } answers
//!     } in { $time }.
//! ```

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

/// A language and its files.
type Language = (&'static str, [&'static str; 17]);

/// The languages, the one that is spoken first. A further one is a folder and a row.
static LANGUAGES: [Language; 1] = [(
    "en",
    [
        include_str!("../../../assets/text/en/compare.ftl"),
        include_str!("../../../assets/text/en/explain.ftl"),
        include_str!("../../../assets/text/en/explain_grpc.ftl"),
        include_str!("../../../assets/text/en/explain_http2.ftl"),
        include_str!("../../../assets/text/en/explain_stream.ftl"),
        include_str!("../../../assets/text/en/explain_tls.ftl"),
        include_str!("../../../assets/text/en/explain_websocket.ftl"),
        include_str!("../../../assets/text/en/job.ftl"),
        include_str!("../../../assets/text/en/labs.ftl"),
        include_str!("../../../assets/text/en/ladder.ftl"),
        include_str!("../../../assets/text/en/ladder_tls.ftl"),
        include_str!("../../../assets/text/en/page.ftl"),
        include_str!("../../../assets/text/en/serialization.ftl"),
        include_str!("../../../assets/text/en/story.ftl"),
        include_str!("../../../assets/text/en/streams.ftl"),
        include_str!("../../../assets/text/en/trust.ftl"),
        include_str!("../../../assets/text/en/webhook.ftl"),
    ],
)];

static CATALOGUE: LazyLock<FluentBundle<FluentResource>> =
    LazyLock::new(|| catalogue(&LANGUAGES[0]));

/// Private-use characters around an argument's index: no text of ours holds them.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// A value put into a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg<'a> {
    /// Words, put in as they are.
    Text(&'a str),
    /// A number of things: plural rules choose by it, and it reads with its thousands parted.
    Count(u64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Arg<'_> {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl Arg<'_> {
    /// How it reads.
    fn read(self) -> String {
        match self {
            Self::Text(text) => text.to_owned(),
            Self::Count(count) => parted(count),
        }
    }
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words of the catalogue.
    Text(String),
    /// The argument with this index, and how it reads.
    Arg(usize, String),
}

/// The message `id` with its arguments. An id that the catalogue does not have stands for itself.
#[must_use]
pub fn say(id: &str, args: &[(&str, Arg<'_>)]) -> String {
    render(id, args, false)
}

/// The message `id` in pieces: its words, and the places where the arguments stand. Here a message
/// may choose by a count, not by a text.
#[must_use]
pub fn pieces(id: &str, args: &[(&str, Arg<'_>)]) -> Vec<Piece> {
    let marked = render(id, args, true);
    let mut pieces = Vec::new();
    for part in marked.split(OPEN) {
        let (place, words) = part.split_once(CLOSE).unwrap_or(("", part));
        let index = place.parse::<usize>().ok();
        if let Some((index, (_, arg))) = index.and_then(|index| Some((index, args.get(index)?))) {
            pieces.push(Piece::Arg(index, arg.read()));
        }
        if !words.is_empty() {
            pieces.push(Piece::Text(words.to_owned()));
        }
    }
    pieces
}

/// Whether the catalogue has this message.
#[must_use]
pub fn has(id: &str) -> bool {
    CATALOGUE.has_message(id)
}

/// The message with its arguments, or with marks that hold their indices in their places: so what an
/// argument says is never looked through for marks.
fn render(id: &str, args: &[(&str, Arg<'_>)], marked: bool) -> String {
    let message = CATALOGUE.get_message(id);
    let Some(pattern) = message.and_then(|message| message.value()) else {
        return id.to_owned();
    };
    let mut values = FluentArgs::with_capacity(2 * args.len());
    for (index, (name, arg)) in args.iter().enumerate() {
        let place = if marked { format!("{OPEN}{index}{CLOSE}") } else { arg.read() };
        match arg {
            Arg::Text(_) => values.set(*name, place),
            Arg::Count(count) => {
                values.set(*name, *count);
                values.set(format!("{name}-text"), place);
            }
        }
    }
    CATALOGUE.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned()
}

/// What does not parse is left out; a test sees to it that there is no such thing.
fn catalogue((language, files): &Language) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse().unwrap_or_default()]);
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(number));
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned());
        bundle.add_resource_overriding(resource.unwrap_or_else(|(parsed, _)| parsed));
    }
    bundle
}

/// A count that a message prints without `-text` reads no different.
fn number<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(parted(number.value as u64)),
        _ => None,
    }
}

/// A whole number with its thousands parted: `1,204`.
#[must_use]
pub fn parted(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
