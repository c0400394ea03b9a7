//! Many documents in one transaction: what is asked, and what became of each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Diagnostic;

/// One file of an apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// As the user named it.
    pub name: String,
    /// YAML or JSON; any number of documents.
    pub text: String,
}

/// Body of `POST /v1/apply` as `application/json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplyBody {
    /// What to declare.
    #[serde(default)]
    pub files: Vec<File>,
    /// What the documents of these files name is to go instead of to be declared.
    #[serde(default)]
    pub delete: bool,
}

/// Answer of `POST /v1/apply`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplyAnswer {
    /// The revision it made, or the newest one where it made none.
    pub revision: u64,
    /// Nothing was written.
    pub dry_run: bool,
    /// What became of each document.
    pub documents: Vec<DocumentOutcome>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentOutcome {
    /// Kind, as `HTTPRoute`.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// `created`, `configured`, `unchanged`, `deleted` or `notFound`.
    #[schemars(extend("enum" = ["created", "configured", "unchanged", "deleted", "notFound"]))]
    pub outcome: String,
}
