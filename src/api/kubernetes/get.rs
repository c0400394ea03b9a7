//! GET of one document.

use axum::{
    extract::State as Shared,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Form, Objects, Place, Refused, precondition};
use crate::api::State;

pub(super) async fn get(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let key = place.key();
    let current = state.catalog.current();
    let stored = current.get(&key).ok_or_else(|| Refused::gone(&key))?;
    let object = Objects::new(&state).render(stored);
    if !form.is_whole() {
        return form.respond(StatusCode::OK, &form.object(place.kind, object));
    }
    let tag = precondition::tag(&object);
    let mut response = match precondition::is_known(&headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => form.respond(StatusCode::OK, &object)?,
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}
