//! `/v1/openapi.json`: OpenAPI 3.1 of all that is served, made from the list of routes and from the
//! types that are read and written. The kinds of documents have the schemas of `/openapi/v3`.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    error::ApiError,
    extract::{Nothing, Query},
    kubernetes,
    route::{Content, Form, Query as Asked, Route},
    routes,
    types::ProblemDetails,
};

/// What every operation may answer, and why.
const ALWAYS: [(u16, &str); 6] = [
    (
        400,
        "The request cannot be read, or asks for what there is not.",
    ),
    (
        403,
        "The request comes from a page of another site (`Host`, `Origin`).",
    ),
    (408, "The request took too long to come."),
    (431, "The request's line and headers are too large."),
    (500, "The server has made a mistake."),
    (
        503,
        "There is no room now, or the server stops: come again (`Retry-After`).",
    ),
];

/// What some may.
const SOMETIMES: [(u16, &str); 11] = [
    (404, "There is nothing of that name."),
    (405, "The method is not taken there."),
    (406, "None of the forms that are accepted is made."),
    (
        409,
        "Somebody else has changed it, or it exists, or belongs to another.",
    ),
    (410, "History does not hold it any more."),
    (412, "`If-Match` or `If-None-Match` does not hold."),
    (413, "The body is larger than the limit, which is named."),
    (415, "The body is of a type that is not taken."),
    (
        422,
        "The documents are not right: `errors` has each mistake at its place.",
    ),
    (
        504,
        "The version that is asked for is ahead of this server.",
    ),
    (507, "The disk is full."),
];

/// `GET /v1/openapi.json`.
pub(super) async fn get(Query(Nothing {}): Query<Nothing>) -> Result<Response, ApiError> {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    Ok(([(header::CONTENT_TYPE, "application/json")], TEXT.as_str()).into_response())
}

/// Everything that is served.
pub(super) fn all() -> Vec<Route> {
    let mut all = routes::own();
    all.extend(kubernetes::routes());
    all
}

/// The whole document.
pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<ProblemDetails>();
    let mut paths = Map::new();
    for route in all() {
        let operation = operation(&route, &mut generator);
        // What a route's path matches whole is one parameter for OpenAPI too.
        let path = route.path.replace("{*", "{");
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let mut schemas = generator.take_definitions(true);
    schemas.extend(kubernetes::schemas());
    schemas.insert("Problem".to_owned(), problem.to_value());
    schemas.insert("Status".to_owned(), status());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Netloft",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Documents in Kubernetes' shape under /apis; what that shape lacks under /v1.",
        },
        "paths": paths,
        "components": { "schemas": schemas, "responses": errors() },
    })
}

/// Kubernetes' `Status`.
fn status() -> Value {
    json!({
        "type": "object",
        "required": ["kind", "apiVersion", "status"],
        "properties": {
            "kind": { "const": "Status" },
            "apiVersion": { "const": "v1" },
            "status": { "enum": ["Success", "Failure"] },
            "reason": { "type": "string" },
            "message": { "type": "string" },
            "code": { "type": "integer" },
            "metadata": { "type": "object" },
            "details": { "type": "object" },
            "errors": { "type": "array", "items": { "$ref": "#/components/schemas/Diagnostic" } },
        },
    })
}

/// Each error in both of its shapes.
fn errors() -> Map<String, Value> {
    let mut errors = Map::new();
    for (status, about) in ALWAYS.into_iter().chain(SOMETIMES) {
        let problem = json!({
            "type": format!("https://netloft.dev/problems/{status}"),
            "title": about, "status": status, "detail": about,
        });
        let told = json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": about, "code": status,
        });
        for (name, media, schema, example) in [
            ("Problem", "application/problem+json", "Problem", problem),
            ("Status", "application/json", "Status", told),
        ] {
            let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
            let content = json!({ media: { "schema": schema, "example": example } });
            let error = json!({ "description": about, "content": content });
            errors.insert(format!("{name}{status}"), error);
        }
    }
    errors
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = path_parameters(&route.path);
    parameters.extend(query_parameters(&route.query, generator));
    parameters.extend(route.headers.iter().map(|(name, about)| {
        json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } })
    }));
    let mut responses = Map::new();
    let always = ALWAYS.iter().map(|(status, _)| *status);
    for status in always.chain(route.errors.iter().copied()) {
        let shape = if route.status { "Status" } else { "Problem" };
        let error = json!({ "$ref": format!("#/components/responses/{shape}{status}") });
        responses.insert(status.to_string(), error);
    }
    for (status, answer) in &route.answers {
        let content = content(answer, generator);
        responses.insert(
            status.to_string(),
            json!({ "description": route.about, "content": content }),
        );
    }
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.about,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = &route.body {
        operation["requestBody"] = json!({ "content": content(body, generator) });
    }
    operation
}

fn content(content: &Content, generator: &mut SchemaGenerator) -> Value {
    let schema = match &content.form {
        Form::Of(schema) => schema(generator).to_value(),
        Form::Named(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
        Form::Is(schema) => schema.clone(),
    };
    let one = json!({ "schema": schema, "example": content.example });
    let media = content.media.iter();
    media
        .map(|media| ((*media).to_owned(), one.clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// The names in braces.
fn path_parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            json!({
                "name": name.trim_start_matches('*'), "in": "path", "required": true,
                "schema": { "type": "string" },
            })
        })
        .collect()
}

fn query_parameters(query: &Asked, generator: &mut SchemaGenerator) -> Vec<Value> {
    match query {
        Asked::Options(options) => options
            .iter()
            .map(|(name, ty, about)| {
                json!({ "name": name, "in": "query", "description": about, "schema": { "type": ty } })
            })
            .collect(),
        Asked::Of(schema) => {
            let schema = schema(generator).to_value();
            let fields = schema["properties"].as_object().cloned().unwrap_or_default();
            fields
                .into_iter()
                .map(|(name, mut schema)| {
                    let about = schema.as_object_mut().and_then(|it| it.remove("description"));
                    json!({ "name": name, "in": "query", "description": about, "schema": schema })
                })
                .collect()
        }
    }
}
