//! Documents as bytes in the store, and their keys.
//!
//! A value is one format byte and a JSON object with its own schema number. This version reads
//! schemas [`SCHEMA`] and, once there is one, the one before it; it writes [`SCHEMA`] only.

use std::sync::Arc;

use bytes::Bytes;
use netloft_store::{Key, Object, Prefix};
use serde::{Deserialize, Serialize};

use super::{Error, MESH, Moment, Sealed, Stored};
use crate::{
    model::{Document, DocumentKey, Kind, Managers, Metadata, Origin, Spec},
    snapshot::Revision,
};

/// Format byte: JSON follows.
const JSON: u8 = 1;
/// Schema written by this version.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Value {
    schema: u32,
    kind: String,
    metadata: Metadata,
    spec: serde_json::Value,
    origin: Origin,
    /// What the seals in `spec` stand for.
    #[serde(default, skip_serializing_if = "Sealed::is_empty")]
    sealed: Sealed,
    uid: uuid::Uuid,
    generation: u64,
    created_at: u64,
    changed_at: u64,
    applied_by: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    managers: Option<Arc<Managers>>,
}

/// Everything the catalog keeps stands under this.
pub(super) fn documents() -> Result<Prefix, Error> {
    Ok(Prefix::new(&format!("{MESH}/")).map_err(netloft_store::Error::from)?)
}

/// Documents of `kind`, of all namespaces or of one, stand under this.
pub(super) fn of_kind(kind: Kind, namespace: Option<&str>) -> Result<Prefix, Error> {
    let resource = kind.facts().resource();
    let text = match namespace {
        Some(namespace) => format!("{MESH}/{resource}/{namespace}/"),
        None => format!("{MESH}/{resource}/"),
    };
    Ok(Prefix::new(&text).map_err(netloft_store::Error::from)?)
}

/// Where `document` stands.
pub(super) fn key(document: &DocumentKey) -> Result<Key, Error> {
    let facts = document.kind.facts();
    let (resource, name) = (facts.resource(), &document.name);
    let text = match facts.namespaced {
        true => format!("{MESH}/{resource}/{}/{name}", document.namespace),
        false => format!("{MESH}/{resource}/{name}"),
    };
    Key::new(&text).map_err(|reason| Error::NotAKey {
        document: document.clone(),
        reason: reason.to_string(),
    })
}

/// What stands at `key`.
pub(super) fn document_key(key: &Key) -> Result<DocumentKey, Error> {
    let parts: Vec<&str> = key.as_str().split('/').collect();
    let (resource, namespace, name) = match parts[..] {
        [_, resource, namespace, name] => (resource, namespace, name),
        [_, resource, name] => (resource, "", name),
        _ => return Err(unreadable(key, &"not the key of a document")),
    };
    let kind = Kind::by_resource(resource)
        .filter(|kind| kind.facts().namespaced == (parts.len() == 4))
        .ok_or_else(|| unreadable(key, &"of no kind this version knows"))?;
    Ok(DocumentKey {
        kind,
        namespace: namespace.into(),
        name: name.into(),
    })
}

/// The bytes of `stored`; its revisions are the store's own.
pub(super) fn encode(key: &Key, stored: &Stored) -> Result<Bytes, Error> {
    let value = Value {
        schema: SCHEMA,
        kind: stored.document.spec.kind().facts().kind.to_owned(),
        metadata: stored.document.metadata.clone(),
        spec: stored
            .document
            .spec
            .to_json()
            .map_err(|e| unreadable(key, &e))?,
        origin: stored.document.origin.clone(),
        sealed: (*stored.sealed).clone(),
        uid: stored.uid,
        generation: stored.generation,
        created_at: stored.created.at,
        changed_at: stored.changed.at,
        applied_by: stored.applied_by.clone(),
        managers: stored.managers.clone(),
    };
    let mut bytes = vec![JSON];
    serde_json::to_writer(&mut bytes, &value).map_err(|e| unreadable(key, &e))?;
    Ok(bytes.into())
}

/// The document in `object`.
pub(super) fn decode(object: &Object) -> Result<(DocumentKey, Arc<Stored>), Error> {
    let key = &object.key;
    let document_key = document_key(key)?;
    let value = match object.value.split_first() {
        Some((&JSON, json)) => {
            serde_json::from_slice::<Value>(json).map_err(|e| unreadable(key, &e))?
        }
        Some((format, _)) => return Err(unreadable(key, &format!("unknown format {format}"))),
        None => return Err(unreadable(key, &"empty")),
    };
    if value.schema != SCHEMA {
        return Err(unreadable(
            key,
            &format!("schema {} is not {SCHEMA}", value.schema),
        ));
    }
    let spec = Spec::from_json(document_key.kind, value.spec).map_err(|e| unreadable(key, &e))?;
    let document = Document {
        metadata: Metadata {
            // The key says it for every kind, those without one included.
            namespace: document_key.namespace.clone(),
            ..value.metadata
        },
        spec,
        origin: value.origin,
        created: Some(object.created.0),
    };
    let moment = |revision: netloft_store::Revision, at| Moment {
        revision: Revision(revision.0),
        at,
    };
    let stored = Stored {
        document: Arc::new(document),
        sealed: Arc::new(value.sealed),
        uid: value.uid,
        generation: value.generation,
        created: moment(object.created, value.created_at),
        changed: moment(object.revision, value.changed_at),
        applied_by: value.applied_by,
        managers: value.managers,
        written_at: None,
    };
    Ok((document_key, Arc::new(stored)))
}

fn unreadable(key: &Key, reason: &dyn std::fmt::Display) -> Error {
    Error::Unreadable {
        key: key.clone(),
        reason: reason.to_string(),
    }
}
