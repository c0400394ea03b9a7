//! `GET /v1/schema/{kind}`: JSON Schema of whole documents, for editors.
//!
//! Made from the very types that documents are read with. An editor is given it by a first line
//! `# yaml-language-server: $schema=http://127.0.0.1:7700/v1/schema/HTTPRoute`.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::{
    error::ApiError,
    extract::{Nothing, Path, Query},
};
use crate::model::{Body, Kind, Metadata};

pub(super) async fn one(
    Path(asked): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Result<Response, ApiError> {
    let named = |kind: &&Kind| {
        let facts = kind.facts();
        [facts.kind, facts.plural]
            .iter()
            .chain(facts.short)
            .any(|name| name.eq_ignore_ascii_case(&asked))
    };
    let kind = Kind::ALL.iter().find(named).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(ToString::to_string).collect();
        ApiError::not_found(format!(
            "there is no kind {asked:?}; there are {}",
            known.join(", ")
        ))
    })?;
    let text = document(*kind).to_string();
    let form = [(header::CONTENT_TYPE, "application/schema+json")];
    Ok((form, text).into_response())
}

/// JSON Schema of a document of `kind`.
fn document(kind: Kind) -> Value {
    let facts = kind.facts();
    let mut properties = Map::new();
    let version = json!({"const": facts.api_version(), "description": "API group and version."});
    properties.insert("apiVersion".to_owned(), version);
    let named = json!({"const": facts.kind, "description": "The kind of document."});
    properties.insert("kind".to_owned(), named);
    properties.insert("metadata".to_owned(), metadata());
    let mut required = vec![json!("apiVersion"), json!("kind"), json!("metadata")];
    let mut declared = kind.spec_schema().to_value();
    let description = declared["description"].clone();
    match facts.body {
        Body::TopLevel => {
            if let Some(Value::Object(fields)) = declared.get_mut("properties").map(Value::take) {
                properties.extend(fields);
            }
            let needed = declared["required"].as_array().cloned();
            required.extend(needed.unwrap_or_default());
        }
        Body::Spec | Body::OptionalSpec => {
            if let Some(fields) = declared.as_object_mut() {
                fields.remove("$schema");
                fields.remove("title");
            }
            properties.insert("spec".to_owned(), declared);
            if facts.body == Body::Spec {
                required.push(json!("spec"));
            }
        }
    }
    let status = json!({"description": "Computed by the server; ignored where it is written."});
    properties.insert("status".to_owned(), status);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": facts.kind,
        "description": description,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// What `metadata` may hold. What the server writes there is taken back and ignored, so other fields
/// are no error.
fn metadata() -> Value {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Metadata>();
    schema.remove("$schema");
    schema.remove("title");
    schema.remove("additionalProperties");
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_of_each_kind_describes_the_whole_document_and_every_field_of_it() {
        for kind in Kind::ALL {
            let schema = document(*kind);
            let fields = schema["properties"].as_object().unwrap();
            assert_eq!(fields["kind"]["const"], kind.facts().kind);
            assert_eq!(schema["additionalProperties"], false, "{kind}");
            assert!(schema["description"].is_string(), "{kind}");
            for (name, field) in fields {
                assert!(field["description"].is_string(), "{kind} {name}: {field}");
            }
            let spec = fields.contains_key("spec");
            assert_eq!(spec, kind.facts().body != Body::TopLevel, "{kind}");
            assert!(
                !schema.to_string().contains("$ref"),
                "{kind} points elsewhere"
            );
        }
    }
}
