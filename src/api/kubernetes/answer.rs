//! The form in which a client wants an answer: by `Accept`, as Kubernetes' clients ask.
//!
//! Whole objects, their metadata alone (`as=PartialObjectMetadata`) or a table (`as=Table`); JSON or
//! YAML. Absent on purpose: protobuf and CBOR, which clients ask for only if JSON will do too.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, query::Asked, table};
use crate::{
    api::error::ApiError,
    check::{self, Diagnostic},
    model::{DocumentKey, Kind},
};

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    shape: Shape,
    yaml: bool,
    pretty: bool,
    include: table::Include,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Whole,
    Metadata,
    Table,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    pretty: Option<String>,
    #[serde(default)]
    include_object: table::Include,
}

/// What is taken, for those who ask for something else.
const TAKEN: &str = "application/json, application/yaml, application/json;as=Table;v=v1;g=meta.k8s.io \
                     and application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let accept = parts.headers.get_all(header::ACCEPT).iter();
        let accept: Vec<&str> = accept.filter_map(|value| value.to_str().ok()).collect();
        let accept = accept.join(",");
        let Some((shape, yaml)) = first(&accept) else {
            let detail = format!("nothing of {accept:?} can be answered: there are {TAKEN}");
            return Err(ApiError::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", detail).into());
        };
        let Asked(written) = Asked::<Written>::from_request_parts(parts, state).await?;
        let pretty = written
            .pretty
            .is_some_and(|pretty| !["0", "false"].contains(&&*pretty));
        Ok(Self {
            shape,
            yaml,
            pretty,
            include: written.include_object,
        })
    }
}

/// The first of the media types that can be answered; the order counts, as weights are not sent.
fn first(accept: &str) -> Option<(Shape, bool)> {
    if accept.trim().is_empty() {
        return Some((Shape::Whole, false));
    }
    accept.split(',').find_map(|range| {
        let mut words = range.split(';').map(str::trim);
        let yaml = match words.next()? {
            "application/json" | "application/*" | "*/*" => false,
            "application/yaml" => true,
            _ => return None,
        };
        let named = |name: &str| {
            let mut words = range.split(';').skip(1).map(str::trim);
            words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let shape = match named("as") {
            // Discovery looks at that itself.
            None | Some("APIGroupDiscoveryList") => Shape::Whole,
            Some("Table") => Shape::Table,
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Shape::Metadata,
            Some(_) => return None,
        };
        let version = named("v").is_none_or(|version| version == "v1");
        (shape == Shape::Whole || version).then_some((shape, yaml))
    })
}

impl Form {
    /// One object in this form.
    pub(super) fn object(&self, kind: Kind, object: Value) -> Value {
        match self.shape {
            Shape::Whole => object,
            Shape::Metadata => metadata(&object),
            Shape::Table => {
                let version = &object["metadata"]["resourceVersion"];
                let meta = json!({ "resourceVersion": version });
                table::table(kind, std::slice::from_ref(&object), &meta, self.include)
            }
        }
    }

    /// An object that only marks a place in a watch, in this form.
    pub(super) fn bookmark(&self, object: Value) -> Value {
        match self.shape {
            Shape::Whole => object,
            Shape::Metadata => metadata(&object),
            Shape::Table => json!({
                "kind": "Table",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": object["metadata"],
                "columnDefinitions": [],
                "rows": [],
            }),
        }
    }

    /// Many objects in this form, with the list's own metadata.
    pub(super) fn list(&self, kind: Kind, items: &[Value], meta: &Value) -> Value {
        let facts = kind.facts();
        match self.shape {
            Shape::Table => table::table(kind, items, meta, self.include),
            Shape::Whole => json!({
                "kind": format!("{}List", facts.kind),
                "apiVersion": facts.api_version(),
                "metadata": meta,
                "items": items,
            }),
            Shape::Metadata => json!({
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": meta,
                "items": items.iter().map(metadata).collect::<Vec<_>>(),
            }),
        }
    }

    /// The answer with `body` as it is.
    pub(super) fn respond(&self, status: StatusCode, body: &Value) -> Result<Response, Refused> {
        let (kind, text) = match (self.yaml, self.pretty) {
            (true, _) => ("application/yaml", check::to_yaml(body).map_err(failed)?),
            (false, true) => {
                let text = serde_json::to_string_pretty(body).map_err(failed)?;
                ("application/json", text + "\n")
            }
            (false, false) => ("application/json", body.to_string()),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::VARY, HeaderValue::from_static("accept"));
        Ok(response)
    }

    /// Whether it shows all of an object, so that the object's entity tag is its own too.
    pub(super) fn is_whole(&self) -> bool {
        self.shape == Shape::Whole
    }
}

fn failed(error: impl std::fmt::Display) -> Refused {
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    ApiError::new(status, "InternalError", error.to_string()).into()
}

/// An object without what it declares.
pub(super) fn metadata(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}

/// Puts what is worth knowing into `Warning` headers, which `kubectl` prints. What is about another
/// document than the one that was `written` names it.
pub(super) fn warn(
    response: &mut Response,
    written: Option<&DocumentKey>,
    warnings: &[Diagnostic],
) {
    /// As many as a client shows; the others are told by `netloft validate`.
    const MOST: usize = 20;
    for warning in warnings.iter().take(MOST) {
        let field = warning.field();
        let place = if field.is_empty() {
            String::new()
        } else {
            format!("{field}: ")
        };
        let other = warning.document.as_ref().filter(|it| Some(*it) != written);
        let other = other.map_or_else(String::new, |it| format!("{it}: "));
        let text = format!("[{}] {other}{place}{}", warning.code, warning.message);
        let plain = |c: char| {
            if c == ' ' || c.is_ascii_graphic() {
                c
            } else {
                '?'
            }
        };
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let quoted: String = quoted.chars().map(plain).collect();
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append(header::WARNING, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_form_that_is_known_is_answered() {
        const KUBECTL: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        for (accept, form) in [
            ("", Some((Shape::Whole, false))),
            ("*/*", Some((Shape::Whole, false))),
            (KUBECTL, Some((Shape::Table, false))),
            (
                "application/vnd.kubernetes.protobuf,application/json",
                Some((Shape::Whole, false)),
            ),
            (
                "application/json;as=Table;v=v9,application/yaml",
                Some((Shape::Whole, true)),
            ),
            (
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
                Some((Shape::Metadata, false)),
            ),
            (
                "application/json;charset=utf-8",
                Some((Shape::Whole, false)),
            ),
            ("application/vnd.kubernetes.protobuf", None),
            ("text/html", None),
        ] {
            assert_eq!(first(accept), form, "{accept}");
        }
    }
}
