//! Measuring over the API: what a delivered message costs this server by three protocols.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use tokio_util::sync::CancellationToken;
use trace::processor_time::ProcessorTime;

use super::Studio;
use super::problem::Refused;
use super::runs_api::Answer;
use crate::cost::{self, Wanted};

/// What is asked for, by name.
type Asked = Query<BTreeMap<String, String>>;

/// What is measured where nothing else is said.
const MESSAGES: u64 = 1_000;
const BYTES: u64 = 64;

/// `GET /api/processor_time?messages=1000&bytes=64`
pub async fn measure(
    State(studio): State<Arc<Studio>>,
    asked: Result<Asked, QueryRejection>,
) -> Answer<Json<ProcessorTime>> {
    let wanted = wanted(asked, studio.stop.clone())?;
    let alone = Arc::clone(&studio.measuring).try_acquire_owned().map_err(|_| {
        Refused::busy("Somebody else measures at this moment, and two would slow each other down.")
    })?;
    let measured = tokio::task::spawn_blocking(move || {
        let report = cost::measure(wanted);
        // Kept to the end, also where the caller has gone meanwhile.
        drop(alone);
        report
    });
    let came_to_nothing =
        || Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "The measuring came to nothing.");
    let report = measured.await.map_err(|_| came_to_nothing())?;
    let report = report.map_err(|error| {
        tracing::warn!("processor time: {error:#}");
        came_to_nothing()
    })?;
    Ok(Json(report))
}

/// How many messages of which length, as a query says it.
fn wanted(asked: Result<Asked, QueryRejection>, stop: CancellationToken) -> Answer<Wanted> {
    let Query(mut asked) = asked.map_err(|bad| refused(bad.body_text()))?;
    let messages = number(&mut asked, "messages", cost::MESSAGES, MESSAGES)?;
    let bytes = number(&mut asked, "bytes", cost::BYTES, BYTES)?;
    match asked.into_keys().next() {
        Some(name) => {
            let name: String = name.chars().take(40).collect();
            Err(refused(format!("there is no parameter {name}; there are messages and bytes")))
        }
        None => Ok(Wanted { messages, bytes, stop }),
    }
}

fn number(
    asked: &mut BTreeMap<String, String>,
    name: &str,
    range: RangeInclusive<u64>,
    default: u64,
) -> Answer<u64> {
    let Some(said) = asked.remove(name) else { return Ok(default) };
    let number = said.parse::<u64>().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        let (least, most) = range.into_inner();
        refused(format!("{name} takes a whole number from {least} to {most}"))
    })
}

fn refused(why: String) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Answer<(u64, u64)> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let asked = Ok(Query(pairs.iter().map(owned).collect()));
        wanted(asked, CancellationToken::new()).map(|wanted| (wanted.messages, wanted.bytes))
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        assert_eq!(asked(&[]), Ok((1_000, 64)));
        assert_eq!(asked(&[("messages", "100"), ("bytes", "4096")]), Ok((100, 4_096)));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for (name, value) in [
            ("messages", "99"),
            ("messages", "20001"),
            ("messages", "-1"),
            ("messages", "1.5"),
            ("messages", ""),
            ("bytes", "0"),
            ("bytes", "4097"),
            ("bytes", "many"),
            ("byte", "7"),
        ] {
            assert!(asked(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
