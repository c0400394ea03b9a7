//! JSON Schema of whole documents: what `check` takes, as editors and people read it.

use schemars::{Schema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{Body, Kind, Metadata};

impl Kind {
    /// JSON Schema of a document of this kind, every part written out in its place.
    #[must_use]
    pub fn document_schema(self) -> Schema {
        let facts = self.facts();
        let body = self.spec_schema().to_value();
        let mut metadata = metadata().to_value();
        metadata["properties"]["name"]["format"] = facts.names.name().into();
        if !facts.namespaced
            && let Some(fields) = metadata["properties"].as_object_mut()
        {
            fields.remove("namespace");
        }
        let mut fields = json!({
            "apiVersion": {
                "description": "Group and version of the kind.",
                "type": "string",
                "const": facts.api_version(),
            },
            "kind": {"description": "The kind.", "type": "string", "const": facts.kind},
            "metadata": metadata,
        });
        let mut required = vec!["apiVersion", "kind", "metadata"];
        let names = match facts.body {
            Body::Spec | Body::OptionalSpec => {
                fields["spec"] = body.clone();
                if facts.body == Body::Spec {
                    required.push("spec");
                }
                Vec::new()
            }
            Body::TopLevel => {
                for (name, field) in body["properties"].as_object().into_iter().flatten() {
                    fields[name] = field.clone();
                }
                let names = body["required"].as_array().into_iter().flatten();
                names.filter_map(Value::as_str).collect()
            }
        };
        required.extend(names);
        schemars::json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": facts.kind,
            "description": body["description"],
            "type": "object",
            "properties": fields,
            "additionalProperties": false,
            "required": required,
        })
    }
}

fn metadata() -> Schema {
    let settings =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Metadata>();
    schema.remove("$schema");
    schema.remove("title");
    schema.insert(
        "description".to_owned(),
        "Name, labels, annotations.".into(),
    );
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_envelope_and_what_its_kind_declares() {
        for kind in Kind::ALL {
            let schema = kind.document_schema().to_value();
            let fields = schema["properties"].as_object().unwrap();
            assert_eq!(fields["kind"]["const"], kind.facts().kind);
            let spec = kind.facts().body != Body::TopLevel;
            assert_eq!(fields.contains_key("spec"), spec, "{kind}");
            let namespace = &fields["metadata"]["properties"]["namespace"];
            assert_eq!(!namespace.is_null(), kind.facts().namespaced, "{kind}");
        }
    }
}
