//! POST: a document that is not there yet.

use axum::{extract::State as Shared, http::StatusCode, response::Response};
use serde_json::{Map, Value};

use super::{
    Form, Place, Refused,
    body::Sent,
    commit::{self, Made, ManagedBy},
    declared,
    query::Manner,
};
use crate::api::{State, error::ApiError};

pub(super) async fn create(
    Shared(state): Shared<State>,
    mut place: Place,
    form: Form,
    manner: Manner,
    sent: Sent,
) -> Result<Response, Refused> {
    place.must_be_of_one_namespace()?;
    let text = sent.document()?;
    let (mut object, found) = declared::object(text)?;
    let generated = name_it(&mut object);
    let metadata = object.get("metadata");
    let name = metadata.and_then(|metadata| metadata.get("name"));
    place.name = name.and_then(Value::as_str).map(Into::into);
    let text = (sent.has_lines() && !generated).then_some(text);
    let declared = declared::document(object, &found, text, &place, manner.validation)?;
    let key = place.key();
    let made = commit::commit(&state, &place, &manner, |stored| match stored {
        None => Ok(Made {
            declared: declared.clone(),
            managers: ManagedBy::Writer(None),
        }),
        Some(_) => {
            let detail = format!("{key} exists already");
            let error = ApiError::new(StatusCode::CONFLICT, "AlreadyExists", detail);
            Err(Refused::from(error).about(&key))
        }
    });
    made.await?.respond(&state, form)
}

/// Gives an object with `generateName` and without a name one that begins so. Whether it did.
fn name_it(object: &mut Map<String, Value>) -> bool {
    /// Letters that make no words, as Kubernetes takes them.
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
        return false;
    };
    let Some(Value::String(prefix)) = metadata.shift_remove("generateName") else {
        return false;
    };
    if metadata.get("name").is_some_and(|name| *name != "") {
        return true;
    }
    let random = uuid::Uuid::new_v4().into_bytes();
    let letters = random.iter().take(5);
    let letters = letters.map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    metadata.insert(
        "name".to_owned(),
        format!("{prefix}{}", letters.collect::<String>()).into(),
    );
    true
}
