//! GET of one document.

use axum::{
    Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};

use super::{Objects, Place, Refused};
use crate::api::{State, error::ApiError};

pub(super) async fn get(Shared(state): Shared<State>, place: Place) -> Result<Response, Refused> {
    let key = place.key();
    let current = state.catalog.current();
    let stored = current
        .get(&key)
        .ok_or_else(|| ApiError::not_found(format!("{key} does not exist")))?;
    Ok(Json(Objects::new(&state).render(stored)).into_response())
}
