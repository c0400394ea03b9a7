//! Apply: a manager says all that it wants to be so, and the server finds out what that changes.
//! Rules: Kubernetes, "Server-Side Apply"; the merging itself is the model's.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    api::{
        State,
        error::ApiError,
        kubernetes::{
            Place, Refused,
            body::Sent,
            commit::{self, Committed, Made, ManagedBy},
            declared,
            precondition::Preconditions,
            query::Manner,
            status::Cause,
        },
        write,
    },
    catalog::Stored,
    check::Diagnostic,
    model::{Conflict, Grain},
};

/// What a manager wants to be so.
struct Configuration {
    object: Map<String, Value>,
    /// What is wrong with its text.
    found: Vec<Diagnostic>,
}

pub(super) async fn apply(
    state: &State,
    place: &Place,
    manner: &Manner,
    preconditions: Preconditions,
    sent: &Sent,
) -> Result<Committed, Refused> {
    place.must_be_of_one_namespace()?;
    if !manner.named {
        let detail = "an apply needs to know whose it is: add ?fieldManager=NAME";
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", detail).into());
    }
    let (object, found) = declared::object(sent.text()?)?;
    let metadata = object.get("metadata").cloned().unwrap_or(Value::Null);
    if metadata
        .get("managedFields")
        .is_some_and(|fields| *fields != Value::Null && *fields != json!([]))
    {
        let detail = "metadata.managedFields must be absent from what is applied";
        return Err(ApiError::bad_request(detail).into());
    }
    let preconditions = preconditions.and_of(&metadata);
    let configuration = Configuration { object, found };
    let key = place.key();
    commit::commit(state, place, manner, |stored| {
        preconditions.hold(&key, stored.map(|stored| &**stored))?;
        if stored.is_none() && preconditions.names_one() {
            return Err(Refused::gone(&key));
        }
        configuration.made(place, manner, stored)
    })
    .await
}

impl Configuration {
    fn made(
        &self,
        place: &Place,
        manner: &Manner,
        stored: Option<&Arc<Stored>>,
    ) -> Result<Made, Refused> {
        let grain = Grain::of_kind(place.kind);
        let before = stored.map(|stored| stored.managers()).unwrap_or_default();
        let live = match stored {
            Some(stored) => stored.document.to_json().unwrap_or_default(),
            None => skeleton(place),
        };
        let config = Value::Object(self.object.clone());
        let (object, managers) = before
            .applied(
                &manner.manager,
                write::now(),
                grain,
                (&live, &config),
                manner.force,
            )
            .map_err(|conflicts| refused(place, &conflicts))?;
        let Value::Object(object) = object else {
            return Err(ApiError::bad_request("what comes of the apply is no object").into());
        };
        Ok(Made {
            declared: declared::document(object, &self.found, None, place, manner.validation)?,
            managers: ManagedBy::These(managers),
        })
    }
}

/// A document that says nothing yet.
fn skeleton(place: &Place) -> Value {
    let facts = place.kind.facts();
    let mut metadata = json!({ "name": place.name });
    if let Some(namespace) = &place.namespace {
        metadata["namespace"] = json!(namespace);
    }
    json!({ "apiVersion": facts.api_version(), "kind": facts.kind, "metadata": metadata })
}

fn refused(place: &Place, conflicts: &[Conflict]) -> Refused {
    let version = place.kind.facts().api_version();
    let mut causes = Vec::new();
    for conflict in conflicts {
        for field in conflict.fields.paths() {
            causes.push(Cause {
                reason: "FieldManagerConflict",
                message: format!("conflict with {:?} using {version}", conflict.manager),
                field,
            });
        }
    }
    let count = causes.len();
    let each = causes
        .iter()
        .map(|cause| format!("{}: {}", cause.message, cause.field));
    let detail = format!(
        "Apply failed with {count} conflict{}: {}",
        if count == 1 { "" } else { "s" },
        each.collect::<Vec<_>>().join(", ")
    );
    let error = ApiError::new(StatusCode::CONFLICT, "Conflict", detail);
    Refused::from(error).about(&place.key()).because(causes)
}
