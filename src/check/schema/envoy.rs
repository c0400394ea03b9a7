//! A resource of Envoy's API in a document: read by Envoy's own descriptors, and what is wrong told
//! at its place.

use serde_json::Value;

use super::Walk;
use crate::{
    check::{
        Code, Diagnostic, Span,
        node::{Content, Node},
        suggest,
    },
    envoy::{self, Fault, Finding, Form, Source},
};

impl Source for Node<'_> {
    fn form(&self) -> Form<'_, Self> {
        match &self.content {
            _ if self.is_null() => Form::Null,
            Content::Scalar { text, plain } => Form::Scalar {
                text: (&**text).into(),
                plain: *plain,
            },
            Content::List(items) => Form::List(items.iter().collect()),
            Content::Map(entries) => {
                let entries = entries.iter();
                Form::Map(entries.map(|entry| (&*entry.key, &entry.value)).collect())
            }
        }
    }
}

impl Walk {
    /// The resource that `node` describes, scalars as JSON has them. Where something is wrong it is
    /// what could be read, so that the checks behind this one have something to look at.
    pub(super) fn envoy(&mut self, node: &Node<'_>, span: Span) -> Option<Value> {
        let read = envoy::any(node);
        for finding in read.findings {
            let at = match finding.pointer.as_str() {
                "" => span,
                pointer if finding.about_name => node.locate_name(pointer),
                pointer => node.locate(pointer),
            };
            let pointer = format!("{}{}", self.pointer, finding.pointer);
            self.found.push(told(finding).at(at).pointer(pointer));
        }
        Some(match read.value {
            Value::Null => Value::Object(serde_json::Map::new()),
            value => value,
        })
    }
}

/// The diagnostic that tells `finding`; its place is left to the caller.
pub(in crate::check) fn told(finding: Finding) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code(finding.fault), finding.message);
    diagnostic.expected = finding.expected;
    diagnostic.found = finding.found;
    diagnostic.suggestion = finding.suggestion;
    if let Some((written, names)) = finding.meant {
        let names = || names.iter().map(String::as_str);
        let near = suggest::nearest(&written, names());
        // The one type that has the same bare name, in another version or package.
        let only = || names().next().filter(|_| names().count() == 1);
        if diagnostic.expected.is_none() {
            diagnostic.expected = Some(format!("one of {}", suggest::enumerate(names())));
        }
        if let Some(name) = near.or_else(only) {
            diagnostic.suggestion = Some(format!("did you mean {name:?}?"));
        }
    }
    diagnostic
}

fn code(fault: Fault) -> Code {
    match fault {
        Fault::UnknownType => Code::UNKNOWN_TYPE,
        Fault::UnknownField => Code::UNKNOWN_FIELD,
        Fault::WrongType => Code::WRONG_TYPE,
        Fault::NotAChoice => Code::NOT_A_CHOICE,
        Fault::Twice => Code::DUPLICATE,
        Fault::Exclusive => Code::EXCLUSIVE,
        Fault::Missing => Code::MISSING_FIELD,
        Fault::Value | Fault::Range | Fault::Count => Code::ENVOY_RULE,
    }
}
