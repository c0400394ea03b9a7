//! One thing that is wrong, and where: the shape in which every error about a document travels.

use std::{fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Code, Span};
use crate::model::DocumentKey;

/// One thing that is wrong with a document.
///
/// Lines and columns count from 1, columns in characters. They are absent where the text is not
/// known, as for a document that came in without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostic {
    /// Its stable number.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as the client named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Arc<str>>,
    /// Line of the first character it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column of the first character it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// Line of the character behind the last one it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u32>,
    /// Column of the character behind the last one it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u32>,
    /// Whether what stands there is a secret, and not to be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// The document, once so much of it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentKey>,
    /// JSON pointer (RFC 6901) into the document; empty for the whole of it.
    pub pointer: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What would be right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What is there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// What traffic would see if it stayed so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

/// How bad a [`Diagnostic`] is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works as written, probably not as meant.
    Warning,
    /// Nothing is written as long as it is there.
    Error,
}

impl Diagnostic {
    /// One of `code` that says `message`, as severe as the code is, and nothing else yet.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            file: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            hidden: false,
            document: None,
            pointer: String::new(),
            message: message.into(),
            expected: None,
            found: None,
            suggestion: None,
            effect: None,
        }
    }

    /// Whether it stops a change.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The same as a warning where it says that something named is not there; else unchanged.
    #[must_use]
    pub fn allow_dangling(mut self) -> Self {
        if self.code.is_dangling() {
            self.severity = self.severity.min(Severity::Warning);
        }
        self
    }

    /// The field it is about, as `spec.rules[0].name`; empty for the whole document.
    #[must_use]
    pub fn field(&self) -> String {
        dotted(&self.pointer)
    }

    /// Shows nothing of what stands there: it is, or may be, a secret.
    pub(super) fn hide(&mut self) {
        self.hidden = true;
        self.found = None;
    }

    pub(super) fn at(mut self, span: Span) -> Self {
        self.line = Some(span.start.line);
        self.column = Some(span.start.column);
        self.end_line = Some(span.end.line);
        self.end_column = Some(span.end.column);
        self
    }

    pub(super) fn pointer(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = pointer.into();
        self
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    pub(super) fn suggest(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into).or(self.suggestion);
        self
    }

    pub(super) fn effect(mut self, effect: impl Into<String>) -> Self {
        self.effect = Some(effect.into());
        self
    }

    /// Order of reading: by file, then by place, then by code.
    pub(super) fn order(&self) -> impl Ord + use<> {
        (self.file.clone(), self.line, self.column, self.code)
    }
}

/// A JSON pointer as people write it: `/spec/rules/0/name` is `spec.rules[0].name`.
pub(super) fn dotted(pointer: &str) -> String {
    let mut field = String::new();
    for part in pointer.split('/').skip(1) {
        if !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            field.push_str(&format!("[{part}]"));
            continue;
        }
        let name = part.replace("~1", "/").replace("~0", "~");
        if name.contains(['.', '/']) {
            field.push_str(&format!("[{name:?}]"));
        } else {
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(&name);
        }
    }
    field
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `file:line:column: error[NL0203]: message`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
        }
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}:")?;
        }
        if self.file.is_some() || self.line.is_some() {
            f.write_str(" ")?;
        }
        write!(f, "{}[{}]: {}", self.severity, self.code, self.message)
    }
}
