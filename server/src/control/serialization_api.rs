//! Measuring over the API: how long this server takes to write and read a message in three forms.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use forms::message::Size;
use forms::timing::Report;
use serde_json::{Map, Value};

use super::Studio;
use super::problem::Refused;
use super::runs_api::Answer;
use crate::labs::{self, serialization};

/// What is asked for, by name.
type Asked = Query<BTreeMap<String, String>>;

/// `GET /api/serialization?message=small&repeats=1000`. The answer says, too, whether this is a debug build.
pub async fn measure(
    State(studio): State<Arc<Studio>>,
    asked: Result<Asked, QueryRejection>,
) -> Answer<Json<Report>> {
    let (size, repeats) = wanted(asked)?;
    let alone = Arc::clone(&studio.measuring).try_acquire_owned().map_err(|_| {
        Refused::busy("Somebody else measures at this moment, and two would slow each other down.")
    })?;
    let measured = tokio::task::spawn_blocking(move || {
        let report = serialization::measure(size, repeats);
        // Kept to the end, also where the caller has gone meanwhile.
        drop(alone);
        report
    });
    let report = measured.await.map_err(|_| {
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "The measuring came to nothing.")
    })?;
    Ok(Json(report))
}

/// The knobs of the lab, as a query has them.
fn wanted(asked: Result<Asked, QueryRejection>) -> Answer<(Size, u64)> {
    let refused = |why: String| Refused::new(StatusCode::UNPROCESSABLE_ENTITY, why);
    let Query(asked) = asked.map_err(|bad| refused(bad.body_text()))?;
    let given: Map<String, Value> =
        asked.into_iter().map(|(name, value)| (name, typed(value))).collect();
    let filled = labs::fill(&serialization::describe(), given);
    let filled = filled.map_err(|bad| refused(bad.to_string()))?;
    let size = filled.get("message").and_then(Value::as_str).and_then(Size::named);
    let repeats = filled.get("repeats").and_then(Value::as_u64);
    Ok((size.unwrap_or_default(), repeats.unwrap_or(1)))
}

/// A query has words alone; what looks like a whole number is meant as one.
fn typed(value: String) -> Value {
    value.parse::<u64>().map_or(Value::String(value), Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Result<(Size, u64), Refused> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        wanted(Ok(Query(pairs.iter().map(owned).collect())))
    }

    #[test]
    fn what_is_not_said_is_as_the_knobs_are() {
        assert_eq!(asked(&[]), Ok((Size::Small, 10_000)));
        assert_eq!(asked(&[("message", "large"), ("repeats", "7")]), Ok((Size::Large, 7)));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for (name, value) in [
            ("message", "huge"),
            ("message", "7"),
            ("repeats", "0"),
            ("repeats", "20001"),
            ("repeats", "-1"),
            ("repeats", "many"),
            ("repeat", "7"),
        ] {
            assert!(asked(&[(name, value)]).is_err(), "{name}={value}");
        }
    }
}
