//! What a request says behind the `?`. Words that are not known are passed over, as Kubernetes does.

use axum::{
    extract::{FromRequestParts, Query},
    http::{header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::Refused;
use crate::{
    api::{error::ApiError, write},
    catalog::Terms,
};

/// The query, as `T` has it.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(error) => Err(ApiError::bad_request(error.body_text()).into()),
        }
    }
}

/// How a write is meant.
#[derive(Debug, Clone)]
pub(super) struct Manner {
    /// Only tell what would happen.
    pub(super) dry_run: bool,
    /// Who manages the fields that are written.
    pub(super) manager: String,
    /// Whether it said so itself.
    pub(super) named: bool,
    /// What becomes of fields that the kind does not have.
    pub(super) validation: Validation,
    /// An apply takes fields over from who manages them.
    pub(super) force: bool,
    author: String,
    message: String,
}

/// What becomes of fields that the kind does not have, and of those that stand twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) enum Validation {
    /// They are errors.
    #[default]
    Strict,
    /// They are left out, and told.
    Warn,
    /// They are left out.
    Ignore,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Written {
    dry_run: Option<String>,
    field_manager: Option<String>,
    field_validation: Option<String>,
    force: Option<bool>,
    author: Option<String>,
    message: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Manner {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let Asked(written) = Asked::<Written>::from_request_parts(parts, state).await?;
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Ok(written.read(agent.unwrap_or_default())?)
    }
}

/// Longest name of a manager, as Kubernetes has it.
const MANAGER: usize = 128;

impl Written {
    fn read(self, agent: &str) -> Result<Manner, ApiError> {
        let named = self
            .field_manager
            .as_ref()
            .is_some_and(|manager| !manager.is_empty());
        let manager = match self.field_manager.filter(|manager| !manager.is_empty()) {
            Some(manager) if manager.len() > MANAGER || manager.chars().any(char::is_control) => {
                return Err(ApiError::bad_request(format!(
                    "fieldManager is at most {MANAGER} printable characters"
                )));
            }
            Some(manager) => manager,
            None => by_agent(agent),
        };
        let validation = match self.field_validation.as_deref() {
            None | Some("" | "Strict") => Validation::Strict,
            Some("Warn") => Validation::Warn,
            Some("Ignore") => Validation::Ignore,
            Some(other) => {
                return Err(ApiError::bad_request(format!(
                    "fieldValidation is {other:?}: there are Strict, Warn and Ignore"
                )));
            }
        };
        Ok(Manner {
            dry_run: dry_run(self.dry_run.as_deref())?,
            validation,
            force: self.force.unwrap_or_default(),
            author: self.author.unwrap_or_else(|| manager.clone()),
            message: self.message.unwrap_or_default(),
            manager,
            named,
        })
    }
}

/// `All` is the one way of trying.
pub(super) fn dry_run(written: Option<&str>) -> Result<bool, ApiError> {
    match written {
        None | Some("") => Ok(false),
        Some("All") => Ok(true),
        Some(other) => Err(ApiError::bad_request(format!(
            "dryRun is {other:?}: there is All"
        ))),
    }
}

/// Who manages what is written by a program that does not say so: its name, as Kubernetes takes it
/// from the beginning of `User-Agent`.
fn by_agent(agent: &str) -> String {
    let name = agent.split('/').next().unwrap_or_default();
    let printable = name.chars().filter(|c| !c.is_control());
    let name: String = printable.take(MANAGER / 4).collect();
    match name.is_empty() {
        true => "unknown".to_owned(),
        false => name,
    }
}

impl Manner {
    /// As the catalog wants it.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            author: self.author.clone(),
            message: self.message.clone(),
            dry_run: self.dry_run,
            at: write::now(),
            ..Terms::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str, agent: &str) -> Result<Manner, ApiError> {
        let uri = format!("/?{query}").parse().unwrap();
        let Query(written) = Query::<Written>::try_from_uri(&uri).unwrap();
        written.read(agent)
    }

    #[test]
    fn a_manager_is_who_says_so_or_the_program_that_asks() {
        for (query, agent, manager) in [
            ("fieldManager=ada", "kubectl/v1.35", "ada"),
            ("", "kubectl/v1.35 (linux/amd64)", "kubectl"),
            ("fieldManager=", "", "unknown"),
        ] {
            assert_eq!(read(query, agent).unwrap().manager, manager, "{query}");
        }
        let long = format!("fieldManager={}", "x".repeat(129));
        assert!(read(&long, "").is_err());
    }

    #[test]
    fn words_that_mean_nothing_are_refused() {
        for query in ["dryRun=Some", "fieldValidation=strict"] {
            assert!(read(query, "").is_err(), "{query}");
        }
        assert!(read("dryRun=All&unknown=1", "").unwrap().dry_run);
    }
}
