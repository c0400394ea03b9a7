//! Which documents of a place are meant: by `labelSelector` and `fieldSelector`.
//!
//! Absent on purpose: fields other than those of `metadata`, as for every kind that is not
//! Kubernetes' own.

use super::{Refused, labels::LabelSelector};
use crate::{
    api::error::ApiError,
    model::{Document, Metadata},
};

/// Which documents of a place are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Selection {
    labels: LabelSelector,
    fields: Vec<FieldTest>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct FieldTest {
    field: Field,
    equals: bool,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Namespace,
}

impl Selection {
    pub(super) fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Refused> {
        let labels = LabelSelector::parse(labels.unwrap_or_default())
            .map_err(|error| ApiError::bad_request(error.to_string()))?;
        let fields = parts(fields.unwrap_or_default())
            .map(|part| FieldTest::parse(&part))
            .collect::<Result<_, _>>()
            .map_err(ApiError::bad_request)?;
        Ok(Self { labels, fields })
    }

    /// Whether a document can come into it or go out of it while it is there: by its labels.
    pub(super) fn depends_on_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    pub(super) fn fits(&self, document: &Document) -> bool {
        let metadata = &document.metadata;
        self.labels.fits(&metadata.labels) && self.fields.iter().all(|test| test.holds(metadata))
    }
}

impl FieldTest {
    fn parse(part: &str) -> Result<Self, String> {
        let (field, equals, value) = if let Some((field, value)) = part.split_once("!=") {
            (field, false, value)
        } else if let Some((field, value)) = part.split_once("==").or(part.split_once('=')) {
            (field, true, value)
        } else {
            return Err(format!(
                "{part:?} is no field selector: write metadata.name=NAME"
            ));
        };
        let field = match field.trim() {
            "metadata.name" => Field::Name,
            "metadata.namespace" => Field::Namespace,
            other => {
                return Err(format!(
                    "{other:?} cannot be selected by: there are metadata.name and metadata.namespace"
                ));
            }
        };
        let value = unescaped(value.trim());
        Ok(Self {
            field,
            equals,
            value,
        })
    }

    fn holds(&self, metadata: &Metadata) -> bool {
        let value = match self.field {
            Field::Name => &metadata.name,
            Field::Namespace => &metadata.namespace,
        };
        (**value == *self.value) == self.equals
    }
}

/// Divided at the commas that have no backslash before them.
fn parts(text: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        match parts.last_mut() {
            Some(_) if c == ',' && !escaped => parts.push(String::new()),
            Some(last) => last.push(c),
            None => {}
        }
        escaped = c == '\\' && !escaped;
    }
    parts.into_iter().filter(|part| !part.trim().is_empty())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Origin, Spec};

    fn document(namespace: &str, name: &str) -> Document {
        let spec = serde_json::json!({ "ports": [{ "port": 80 }], "dns": ["a.test"] });
        let metadata = serde_json::json!({ "name": name, "namespace": namespace });
        Document {
            metadata: serde_json::from_value(metadata).unwrap(),
            spec: Spec::from_json(Kind::Service, spec).unwrap(),
            origin: Origin::default(),
            created: None,
        }
    }

    #[test]
    fn fields_of_metadata_select() {
        let web = document("shop", "web");
        for (fields, fits) in [
            ("metadata.name=web", true),
            ("metadata.name==web,metadata.namespace=shop", true),
            ("metadata.name!=web", false),
            ("metadata.name=w\\eb", true),
            ("metadata.name=we\\,b", false),
            ("metadata.namespace!=default", true),
        ] {
            let selection = Selection::parse(None, Some(fields)).unwrap();
            assert_eq!(selection.fits(&web), fits, "{fields}");
        }
        for fields in ["spec.a=b", "metadata.name", "status.phase!=Running"] {
            assert!(Selection::parse(None, Some(fields)).is_err(), "{fields}");
        }
    }
}
