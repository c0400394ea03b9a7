//! A stored document as an object of Kubernetes' API.

use serde_json::{Map, Value, json};

use super::Refused;
use crate::{
    api::{State, conditions::Statuses},
    catalog::Stored,
    model::{Manager, Managers, Operation},
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
        if let (Some(fields), Some(status)) = (object.as_object_mut(), self.status(stored)) {
            fields.insert("status".to_owned(), status);
        }
        object
    }

    /// What became of the document; none for a kind of which nothing becomes.
    pub(super) fn status(&self, stored: &Stored) -> Option<Value> {
        self.statuses.of(stored)
    }
}

/// What the server itself writes into `metadata`.
fn known(stored: &Stored, metadata: &mut Map<String, Value>) {
    let mut put = |field: &str, value: Value| drop(metadata.insert(field.to_owned(), value));
    put("uid", json!(stored.uid));
    // What was only tried has none.
    if stored.changed.revision.0 > 0 {
        put(
            "resourceVersion",
            json!(stored.changed.revision.to_string()),
        );
    }
    put("generation", json!(stored.generation));
    put("creationTimestamp", json!(seconds(stored.created.at)));
    put("managedFields", managed_fields(stored));
}

/// Who manages which fields, as Kubernetes writes it.
pub(super) fn managed_fields(stored: &Stored) -> Value {
    let version = stored.document.spec.kind().facts().api_version();
    let entry = |manager: &Manager| {
        json!({
            "manager": manager.name,
            "operation": manager.operation,
            "apiVersion": version,
            "time": seconds(manager.at),
            "fieldsType": "FieldsV1",
            "fieldsV1": manager.fields,
        })
    };
    stored.managers().0.iter().map(entry).collect()
}

/// Reads back what [`managed_fields`] writes. A list of one empty entry takes all managers away, as
/// in Kubernetes.
pub(super) fn managers(written: &Value) -> Result<Managers, Refused> {
    let entries = written.as_array().into_iter().flatten();
    let entries = entries.filter(|entry| entry.as_object().is_none_or(|entry| !entry.is_empty()));
    let read = |entry: &Value| -> Result<Manager, String> {
        let operation = match entry["operation"].as_str() {
            Some("Apply") => Operation::Apply,
            Some("Update") => Operation::Update,
            _ => return Err("operation is Apply or Update".to_owned()),
        };
        let fields = serde_json::from_value(entry["fieldsV1"].clone());
        let time = entry["time"].as_str().unwrap_or_default();
        let time = time
            .parse::<jiff::Timestamp>()
            .map_err(|error| error.to_string())?;
        Ok(Manager {
            name: entry["manager"].as_str().unwrap_or_default().into(),
            operation,
            at: u64::try_from(time.as_millisecond()).unwrap_or_default(),
            fields: fields.map_err(|error| error.to_string())?,
        })
    };
    let managers = entries.map(read).collect::<Result<_, _>>().map(Managers);
    managers.map_err(|why| Refused::bad_request(&format!("metadata.managedFields: {why}")))
}

/// Unix milliseconds as Kubernetes writes times: RFC 3339, whole seconds.
pub(in crate::api) fn seconds(at: u64) -> String {
    let at = i64::try_from(at / 1000).ok();
    let at = at.and_then(|at| jiff::Timestamp::from_second(at).ok());
    at.map_or_else(String::new, |at| at.to_string())
}
