//! What must hold for a write: the document is the one that was read, and as it was read.
//!
//! `metadata.resourceVersion` and `metadata.uid` of what is sent answer 409 where they do not hold,
//! as in Kubernetes; the headers `If-Match` and `If-None-Match` answer 412, as in HTTP.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::Value;

use super::Refused;
use crate::{api::error::ApiError, catalog::Stored, model::DocumentKey};

/// What must hold for a write.
#[derive(Debug, Clone, Default)]
pub(super) struct Preconditions {
    pub(super) resource_version: Option<String>,
    pub(super) uid: Option<String>,
    /// The entity tags of `If-Match`.
    tags: Option<String>,
    /// `If-None-Match: *`: it must not be there.
    pub(super) absent: bool,
}

impl Preconditions {
    pub(super) fn of_headers(headers: &HeaderMap) -> Self {
        Self {
            tags: text(headers, header::IF_MATCH),
            absent: text(headers, header::IF_NONE_MATCH).is_some_and(|tags| tags.trim() == "*"),
            ..Self::default()
        }
    }

    /// With what `object`, or the `preconditions` of a deletion, says in its metadata.
    pub(super) fn and_of(mut self, metadata: &Value) -> Self {
        let text = |field: &str| {
            let text = metadata[field].as_str().filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        // "0" says that nobody has read it, which anybody may.
        self.resource_version = text("resourceVersion").filter(|version| version != "0");
        self.uid = text("uid");
        self
    }

    /// Whether they speak of a document that is there.
    pub(super) fn names_one(&self) -> bool {
        self.resource_version.is_some() || self.uid.is_some() || self.tags.is_some()
    }

    pub(super) fn hold(&self, key: &DocumentKey, stored: Option<&Stored>) -> Result<(), Refused> {
        if let Some(tags) = &self.tags {
            let matches = stored.is_some_and(|stored| names(tags, &version(stored)));
            if !matches {
                let now = match stored {
                    Some(stored) => format!("it is at {:?} now", version(stored)),
                    None => "it does not exist".to_owned(),
                };
                return Err(failed(format!("{key} does not match {tags}: {now}")).about(key));
            }
        }
        if self.absent && stored.is_some() {
            return Err(failed(format!("{key} exists, and was asked not to")).about(key));
        }
        let Some(stored) = stored else { return Ok(()) };
        let (found, uid) = (version(stored), stored.uid.to_string());
        for (field, expected, found) in [
            ("uid", &self.uid, uid),
            ("resourceVersion", &self.resource_version, found),
        ] {
            if expected.as_ref().is_some_and(|expected| *expected != found) {
                let detail = format!(
                    "{key} has been modified since it was read: its {field} is {found} now, not {}; \
                     read it again, then retry",
                    expected.as_deref().unwrap_or_default()
                );
                let error = ApiError::new(StatusCode::CONFLICT, "Conflict", detail);
                return Err(Refused::from(error).about(key));
            }
        }
        Ok(())
    }
}

/// What tells one state of a document from another.
pub(super) fn version(stored: &Stored) -> String {
    stored.changed.revision.to_string()
}

fn failed(detail: String) -> Refused {
    ApiError::new(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        detail,
    )
    .into()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The entity tag of an object: its version, and a hash of the status that changes without one.
pub(super) fn tag(object: &Value) -> String {
    let version = object["metadata"]["resourceVersion"].as_str();
    let version = version.unwrap_or_default();
    match object.get("status") {
        None => format!("\"{version}\""),
        Some(status) => {
            let hash = blake3::hash(status.to_string().as_bytes()).to_hex();
            format!("\"{version}-{}\"", &hash[..16])
        }
    }
}

/// Whether the client has what `tag` is of already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let known = text(headers, header::IF_NONE_MATCH).unwrap_or_default();
    let mut known = known
        .split(',')
        .map(|known| known.trim().trim_start_matches("W/"));
    known.any(|known| known == "*" || known == tag)
}

/// Whether a list of entity tags names the version `version`: `*`, `"7"` or `"7-STATUS"`.
fn names(tags: &str, version: &str) -> bool {
    tags.split(',').map(str::trim).any(|tag| {
        let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
        tag == "*" || inner.is_some_and(|tag| tag.split('-').next() == Some(version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_names_a_version_strongly() {
        for (tags, matches) in [
            ("*", true),
            ("\"7\"", true),
            ("\"7-0a1b\"", true),
            ("\"6\", \"7\"", true),
            ("\"77\"", false),
            ("7", false),
            ("W/\"7\"", false),
            ("", false),
        ] {
            assert_eq!(names(tags, "7"), matches, "{tags}");
        }
    }
}
