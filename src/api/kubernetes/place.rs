//! What a path names: a kind, all of it or of one namespace, or one document.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::Deserialize;

use super::Refused;
use crate::{
    api::error::ApiError,
    model::{DocumentKey, Kind},
};

/// What a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    /// None: all namespaces.
    pub(super) namespace: Option<Arc<str>>,
    /// None: all documents there.
    pub(super) name: Option<Arc<str>>,
}

/// The parts of a path, as they stand there.
#[derive(Debug, Deserialize)]
struct Written {
    #[serde(default)]
    group: String,
    version: String,
    namespace: Option<String>,
    plural: String,
    name: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Place {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Path(written) = Path::<Written>::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::bad_request(error.to_string()))?;
        Ok(Self::read(written)?)
    }
}

impl Place {
    fn read(written: Written) -> Result<Self, ApiError> {
        let kind = kind(&written)?;
        let facts = kind.facts();
        let lost = match (facts.namespaced, &written.namespace, &written.name) {
            (false, Some(_), _) => Some("are in no namespace"),
            (true, None, Some(_)) => Some("are each in a namespace"),
            _ => None,
        };
        if let Some(lost) = lost {
            let detail = format!("{} {lost}", facts.resource());
            return Err(ApiError::not_found(detail));
        }
        Ok(Self {
            kind,
            namespace: written.namespace.map(Into::into),
            name: written.name.map(Into::into),
        })
    }

    /// What is written is written to one namespace.
    pub(super) fn must_be_of_one_namespace(&self) -> Result<(), Refused> {
        let facts = self.kind.facts();
        if facts.namespaced && self.namespace.is_none() {
            let (version, plural) = (facts.api_version(), facts.plural);
            return Err(Refused::bad_request(&format!(
                "name the namespace in the path: /apis/{version}/namespaces/NAMESPACE/{plural}"
            )));
        }
        Ok(())
    }

    /// The one document that is named.
    pub(super) fn key(&self) -> DocumentKey {
        DocumentKey {
            kind: self.kind,
            namespace: self.namespace.clone().unwrap_or_default(),
            name: self.name.clone().unwrap_or_default(),
        }
    }
}

fn kind(written: &Written) -> Result<Kind, ApiError> {
    let fits = |kind: &&Kind| {
        let facts = kind.facts();
        facts.group == written.group
            && facts.version == written.version
            && facts.plural == written.plural
    };
    Kind::ALL.iter().find(fits).copied().ok_or_else(|| {
        let known = Kind::ALL.iter().map(|kind| {
            let facts = kind.facts();
            format!("{}/{}", facts.api_version(), facts.plural)
        });
        let known = known.collect::<Vec<_>>().join(", ");
        let asked = format!("{}/{}/{}", written.group, written.version, written.plural);
        let asked = asked.trim_start_matches('/');
        ApiError::not_found(format!("there are no {asked}; there are {known}"))
    })
}
