//! Errors of the API, as `application/problem+json` (RFC 9457). Each says what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use trace::studio::Problem;

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    status: StatusCode,
    detail: String,
    retry_after_s: Option<u64>,
}

impl Refused {
    /// A refusal with its reason.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), retry_after_s: None }
    }

    /// There is nothing of this name.
    pub fn unknown_run(id: &str) -> Self {
        let id: String = id.chars().take(40).collect();
        Self::new(
            StatusCode::NOT_FOUND,
            format!("There is no run {id}; GET /api/runs lists those there are."),
        )
    }

    /// There are too many; try again after a while.
    pub fn too_many(detail: impl Into<String>) -> Self {
        let retry_after_s = Some(10);
        Self { status: StatusCode::SERVICE_UNAVAILABLE, detail: detail.into(), retry_after_s }
    }

    /// It is done for one caller at a time; try again in a moment.
    pub fn busy(detail: impl Into<String>) -> Self {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self { status, detail: detail.into(), retry_after_s: Some(2) }
    }

    /// The address exists, the method does not.
    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take that method.")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
