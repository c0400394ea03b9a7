//! A stored document as an object of Kubernetes' API.

use serde_json::{Map, Value, json};

use crate::{
    api::{State, conditions::Statuses},
    catalog::Stored,
};

/// Renders documents for one answer: their status is of one moment.
#[derive(Debug)]
pub(super) struct Objects<'a> {
    statuses: Statuses<'a>,
}

impl<'a> Objects<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            statuses: Statuses::new(state),
        }
    }

    /// The document as declared, with what the server knows of it in its metadata.
    pub(super) fn render(&self, stored: &Stored) -> Value {
        // Fails for no document that was read by `check`, as all in the catalog were.
        let mut object = stored.document.to_json().unwrap_or_default();
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            known(stored, metadata);
        }
        if let (Some(fields), Some(status)) = (object.as_object_mut(), self.statuses.of(stored)) {
            fields.insert("status".to_owned(), status);
        }
        object
    }
}

/// What the server itself writes into `metadata`.
fn known(stored: &Stored, metadata: &mut Map<String, Value>) {
    metadata.insert("uid".to_owned(), json!(stored.uid));
    metadata.insert(
        "resourceVersion".to_owned(),
        json!(stored.changed.revision.to_string()),
    );
    metadata.insert("generation".to_owned(), json!(stored.generation));
    metadata.insert(
        "creationTimestamp".to_owned(),
        json!(seconds(stored.created.at)),
    );
}

/// Unix milliseconds as Kubernetes writes times: RFC 3339, whole seconds.
pub(in crate::api) fn seconds(at: u64) -> String {
    let at = i64::try_from(at / 1000).ok();
    let at = at.and_then(|at| jiff::Timestamp::from_second(at).ok());
    at.map_or_else(String::new, |at| at.to_string())
}
