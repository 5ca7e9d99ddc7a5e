//! The single bits of a field, where each means something of its own.

use leptos::prelude::*;
use trace::ids::Seq;
use wire::explain::Bits;

use super::t;
use crate::state::State;

/// The bits of a field, each group in words; nothing where single bits mean nothing.
pub fn table(state: State, seq: Seq, field: usize) -> Option<impl IntoView + use<>> {
    let bits = state.model.with_untracked(|model| {
        let model = model.as_ref()?;
        let event = model.event(seq)?;
        let field = event.fields.get(field)?;
        let bytes = model.bytes(event.conn, event.dir(), field.span);
        Some(wire::explain::bits(event, field, &bytes))
    });
    let bits = bits.filter(|bits| !bits.is_empty())?;
    let line = |bits: &Bits| {
        view! {
            <tr>
                <td><code>{pattern(bits)}</code></td>
                <th scope="row">{bits.name.clone()}</th>
                <td>{bits.value.to_string()}</td>
                <td>{bits.sentence.clone()}</td>
            </tr>
        }
    };
    let lines = bits.iter().map(line).collect_view();
    Some(view! {
        <table class="bits">
            <thead><tr>
                <th scope="col">{t("bits-byte")}</th>
                <th scope="col">{t("bits-name")}</th>
                <th scope="col">{t("bits-value")}</th>
                <th scope="col">{t("bits-means")}</th>
            </tr></thead>
            <tbody>{lines}</tbody>
        </table>
    })
}

/// Where the bits stand in their byte: `.000 ....`. Bits of several bytes stand in as many lines.
fn pattern(bits: &Bits) -> String {
    let mut text = String::with_capacity(9);
    let low = (bits.from + 1).saturating_sub(bits.len);
    for place in (low / 8 * 8..=bits.from / 8 * 8 + 7).rev() {
        let is_in = (low..=bits.from).contains(&place);
        text.push(match is_in.then(|| (bits.value >> (place - low)) & 1) {
            Some(1) => '1',
            Some(_) => '0',
            None => '.',
        });
        match place % 8 {
            0 if place > low => text.push('\n'),
            4 => text.push(' '),
            _ => {}
        }
    }
    text
}
