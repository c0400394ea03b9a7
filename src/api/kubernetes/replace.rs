//! PUT: a document in the place of the one that is there.

use axum::{extract::State as Shared, http::HeaderMap, response::Response};
use serde_json::Value;

use super::{
    Form, Place, Refused,
    body::Sent,
    commit::{self, Made, ManagedBy, rewritten},
    declared,
    precondition::Preconditions,
    query::Manner,
};
use crate::api::State;

pub(super) async fn replace(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    manner: Manner,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Refused> {
    let text = sent.document()?;
    let (object, found) = declared::object(text)?;
    let metadata = object.get("metadata").cloned().unwrap_or(Value::Null);
    let preconditions = Preconditions::of_headers(&headers).and_of(&metadata);
    let text = sent.has_lines().then_some(text);
    let declared = declared::document(object, &found, text, &place, manner.validation)?;
    let key = place.key();
    let made = commit::commit(&state, &place, &manner, |stored| {
        preconditions.hold(&key, stored.map(|stored| &**stored))?;
        if stored.is_none() && !preconditions.absent {
            return Err(Refused::gone(&key));
        }
        Ok(Made {
            declared: declared.clone(),
            managers: ManagedBy::Writer(rewritten(Some(&metadata), stored)?),
        })
    });
    made.await?.respond(&state, form)
}
