//! Lessons over the API: a lab's, ready to be shown.

use axum::Json;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::problem::Refused;
use crate::lessons;

/// `GET /api/lessons/{lab}`
pub async fn lesson(Path(lab): Path<String>) -> Result<Response, Refused> {
    let lesson = lessons::of(&lab).ok_or_else(|| unknown(&lab))?;
    let lesson = lesson.map_err(|bad| {
        tracing::error!(%lab, %bad, "a lesson cannot be read");
        let detail = format!("The lesson for {lab} cannot be read; {bad}.");
        Refused::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(lesson)).into_response())
}

fn unknown(lab: &str) -> Refused {
    let lab: String = lab.chars().take(40).collect();
    let known: Vec<&str> = lessons::labs().collect();
    let detail = format!("There is no lesson for {lab}; there are those for {}.", known.join(", "));
    Refused::new(StatusCode::NOT_FOUND, detail)
}
