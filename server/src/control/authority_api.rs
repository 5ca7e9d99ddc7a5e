//! Who vouches for this server over TLS: told, and handed out to be trusted. The key is in neither.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use trace::studio::Authority;

use super::Studio;

/// `GET /api/authority`
pub async fn about(State(studio): State<Arc<Studio>>) -> Json<Authority> {
    Json(studio.authority.about.clone())
}

/// `GET /authority.pem`
pub async fn certificate(State(studio): State<Arc<Studio>>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "application/x-pem-file"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"lifeline-authority.pem\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, studio.authority.pem.clone())
}
