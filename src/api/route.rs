//! One operation of the API: where it is, who answers it, and what the OpenAPI document tells of it.
//! The router and the document are made from the same list of these, so neither can have what the
//! other has not.

use axum::{http::Method, routing::MethodRouter};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::State;

/// Makes the schema of a type, or a reference to it.
type Schemas = fn(&mut SchemaGenerator) -> Schema;

/// One operation.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) serve: MethodRouter<State>,
    /// Unique; a word for programs.
    pub(super) id: String,
    pub(super) about: &'static str,
    pub(super) query: Query,
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) body: Option<Content>,
    pub(super) answers: Vec<(u16, Content)>,
    /// What it answers besides what every operation may.
    pub(super) errors: &'static [u16],
    /// Errors are Kubernetes' `Status`, else problem details.
    pub(super) status: bool,
}

/// What may stand behind the `?`.
#[derive(Clone, Copy)]
pub(super) enum Query {
    /// The fields of a type.
    Of(Schemas),
    /// Name, type, and what it says.
    Options(&'static [(&'static str, &'static str, &'static str)]),
}

/// A body: in which media types, of which form, for example.
pub(super) struct Content {
    pub(super) media: Vec<&'static str>,
    pub(super) form: Form,
    pub(super) example: Value,
}

pub(super) enum Form {
    /// A type's.
    Of(Schemas),
    /// One of the document's own schemas.
    Named(&'static str),
    /// This one.
    Is(Value),
}

impl Content {
    pub(super) fn json<T: JsonSchema>(example: Value) -> Self {
        Self {
            media: vec!["application/json"],
            form: Form::Of(SchemaGenerator::subschema_for::<T>),
            example,
        }
    }

    pub(super) fn text(media: &'static str, example: &str) -> Self {
        Self {
            media: vec![media],
            form: Form::Is(serde_json::json!({ "type": "string" })),
            example: example.into(),
        }
    }
}

impl Route {
    pub(super) fn new(
        method: Method,
        path: impl Into<String>,
        serve: MethodRouter<State>,
        id: impl Into<String>,
        about: &'static str,
    ) -> Self {
        Self {
            method,
            path: path.into(),
            serve,
            id: id.into(),
            about,
            query: Query::Options(&[]),
            headers: &[],
            body: None,
            answers: Vec::new(),
            errors: &[],
            status: false,
        }
    }

    pub(super) fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Query::Of(T::json_schema);
        self
    }

    pub(super) fn options(
        mut self,
        options: &'static [(&'static str, &'static str, &'static str)],
    ) -> Self {
        self.query = Query::Options(options);
        self
    }

    pub(super) fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    pub(super) fn body(mut self, body: Content) -> Self {
        self.body = Some(body);
        self
    }

    pub(super) fn answer(mut self, status: u16, content: Content) -> Self {
        self.answers.push((status, content));
        self
    }

    pub(super) fn errors(mut self, errors: &'static [u16]) -> Self {
        self.errors = errors;
        self
    }

    /// Errors are told as `Status`.
    pub(super) fn with_status(mut self) -> Self {
        self.status = true;
        self
    }
}
