//! A header block of HTTP/2: its header fields, how HPACK told each, what it took on the wire, and the
//! dynamic table before and after it.

use leptos::prelude::*;
use scene::amount;
use scene::hpack::{Entry, FIRST, Table};
use trace::http2::{Head, Header, How, Role};
use trace::ids::Seq;

use super::t;

/// The most entries of a table that are listed.
const LISTED: usize = 64;

/// A header block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its entry.
    pub seq: Seq,
    /// What it says.
    pub head: Head,
    /// The dynamic table before it.
    pub before: Table,
    /// The dynamic table after it.
    pub after: Table,
}

/// All of it.
pub fn view(block: &Block) -> AnyView {
    let Block { seq, head, before, after } = block;
    let role = match head.role {
        Role::Request => "headers-request",
        Role::Response => "headers-response",
        Role::Interim => "headers-interim",
        Role::Trailers => "headers-trailers",
        Role::Promise => "headers-promise",
    };
    let stream = head.stream.to_string();
    // Of the entries from before the newest are still there.
    let kept = after.entries.iter().filter(|entry| entry.from != *seq).count();
    let kept = kept.min(before.entries.len());
    let leaves = |place: usize, _: &Entry| (place >= kept).then_some("headers-table-leaves");
    let comes = |_: usize, entry: &Entry| (entry.from == *seq).then_some("headers-table-new");
    view! {
        <p class="start-line">{text::say(role, &[("stream", (&stream).into())])}</p>
        <p class="hint" id="block-size">{size(head)}</p>
        <table class="headers">
            <thead><tr><th scope="col">{t("headers-name")}</th><th scope="col">{t("headers-value")}</th></tr></thead>
            <tbody>{head.headers.iter().map(line).collect_view()}</tbody>
        </table>
        {table("headers-table-before", "table-before", before, &leaves)}
        {table("headers-table-after", "table-after", after, &comes)}
    }
    .into_any()
}

/// What the block took on the wire, against the same as lines of HTTP/1.1.
fn size(head: &Head) -> String {
    let wire = amount::bytes(head.len);
    if head.plain_len == 0 {
        return text::say("headers-unread", &[("wire", (&wire).into())]);
    }
    let (plain, share) = (amount::bytes(head.plain_len), amount::share(head.len, head.plain_len));
    let args = [("wire", (&wire).into()), ("share", (&share).into()), ("plain", (&plain).into())];
    text::say("headers-size", &args)
}

fn line(header: &Header) -> impl IntoView + use<> {
    let (class, told) = how(header.how);
    let evicted = [("count", header.evicted.into())];
    let evicted = (header.evicted > 0).then(|| text::say("headers-evicted", &evicted));
    view! {
        <tr>
            <th scope="row">{header.name.clone()}</th>
            <td>
                {header.value.clone()} " "
                <span class=format!("how {class}")>{told}</span> " "
                {evicted.map(|evicted| view! { <span class="how">{evicted}</span> })}
            </td>
        </tr>
    }
}

/// How HPACK told a header field: the class of its badge, and its words.
fn how(how: How) -> (&'static str, String) {
    let numbered = |id: &str, number: u64| {
        let number = number.to_string();
        text::say(id, &[("number", (&number).into())])
    };
    match how {
        How::Indexed(number) if number < FIRST => ("indexed", numbered("headers-indexed", number)),
        How::Indexed(number) => ("indexed", numbered("headers-indexed-dynamic", number)),
        How::Added(0) => ("added", t("headers-added")),
        How::Added(number) => ("added", numbered("headers-added-name", number)),
        How::Plain(0) => ("plain", t("headers-plain")),
        How::Plain(number) => ("plain", numbered("headers-plain-name", number)),
        How::Never(0) => ("never", t("headers-never")),
        How::Never(number) => ("never", numbered("headers-never-name", number)),
    }
}

/// What the block does to an entry, by its place: the message that says so.
type Mark<'a> = &'a dyn Fn(usize, &Entry) -> Option<&'static str>;

/// A dynamic table under its title, the newest entry first.
fn table(title: &str, id: &'static str, table: &Table, mark: Mark<'_>) -> AnyView {
    let size = amount::bytes(table.size);
    let limit = table.limit.map_or_else(|| t("headers-table-limit"), amount::bytes);
    let count = table.entries.len() as u64;
    let args = [("count", count.into()), ("size", (&size).into()), ("limit", (&limit).into())];
    let line = |(place, entry): (usize, &Entry)| {
        let mark = mark(place, entry).map(|mark| view! { <span class="how">{t(mark)}</span> });
        view! {
            <tr data-from=entry.from.to_string()>
                <th scope="row">{(FIRST + place as u64).to_string()}</th>
                <td><b>{entry.name.clone()}</b> " " {entry.value.clone()} " " {mark}</td>
            </tr>
        }
    };
    let lines = table.entries.iter().enumerate().take(LISTED).map(line).collect_view();
    let more = count.saturating_sub(LISTED as u64);
    view! {
        <h3>{t(title)}</h3>
        <div id=id>
            <p class="hint">{text::say("headers-table", &args)}</p>
            {(!table.whole).then(|| view! { <p class="hint">{t("headers-table-part")}</p> })}
            {(count > 0).then(|| view! {
                <table class="headers" aria-label=t(title)>
                    <thead><tr><th scope="col">{t("headers-number")}</th><th scope="col">{t("headers-entry")}</th></tr></thead>
                    <tbody>{lines}</tbody>
                </table>
            })}
            {(more > 0).then(|| view! { <p class="hint">{text::say("state-more", &[("count", more.into())])}</p> })}
        </div>
    }
    .into_any()
}
