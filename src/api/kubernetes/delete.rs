//! DELETE of one document, or of all that are selected: one transaction.
//!
//! Absent on purpose: finalizers, grace periods and owners, for nothing here outlives a deletion.
//! What is said of them is passed over.

use axum::{
    extract::State as Shared,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Form, Objects, Place, Refused, answer,
    body::Sent,
    declared,
    list::Wanted,
    precondition::Preconditions,
    query::{Asked, Manner, dry_run},
};
use crate::{
    api::{State, write},
    catalog::{Edit, Terms},
};

/// `DeleteOptions`, as far as they mean anything here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    dry_run: Vec<String>,
    preconditions: Value,
}

fn options(sent: &Sent) -> Result<Options, Refused> {
    if sent.is_empty() {
        return Ok(Options::default());
    }
    let (object, _) = declared::object(sent.document()?)?;
    let options = serde_json::from_value(Value::Object(object));
    options.map_err(|error| Refused::bad_request(&format!("the body is no DeleteOptions: {error}")))
}

impl Options {
    fn terms(&self, manner: &Manner) -> Result<Terms, Refused> {
        let mut terms = manner.terms();
        for word in &self.dry_run {
            terms.dry_run |= dry_run(Some(word))?;
        }
        Ok(terms)
    }
}

pub(super) async fn one(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    manner: Manner,
    headers: HeaderMap,
    sent: Sent,
) -> Result<Response, Refused> {
    let options = options(&sent)?;
    let preconditions = Preconditions::of_headers(&headers).and_of(&options.preconditions);
    let key = place.key();
    let written = write::write(&state.catalog, options.terms(&manner)?, true, |current| {
        let stored = current.get(&key);
        preconditions.hold(&key, stored.map(|stored| &**stored))?;
        match stored {
            None => return Err(Refused::gone(&key)),
            Some(stored) if stored.is_built_in() => return Err(Refused::always(&key)),
            Some(_) => {}
        }
        Ok(write::Change {
            edits: vec![Edit::Delete(key.clone())],
            ..write::Change::default()
        })
    });
    let (applied, warnings) = written.await.map_err(Refused::from)?;
    let uid = applied.documents.iter().flatten().next();
    let facts = key.kind.facts();
    let status = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": applied.revision.to_string()},
        "status": "Success",
        "details": {
            "name": key.name,
            "group": facts.group,
            "kind": facts.plural,
            "uid": uid.map(|stored| stored.uid),
        },
    });
    let mut response = form.respond(StatusCode::OK, &status)?;
    answer::warn(&mut response, None, &warnings);
    Ok(response)
}

pub(super) async fn selected(
    Shared(state): Shared<State>,
    place: Place,
    form: Form,
    manner: Manner,
    Asked(wanted): Asked<Wanted>,
    sent: Sent,
) -> Result<Response, Refused> {
    let options = options(&sent)?;
    let selection = wanted.selection()?;
    let written = write::write(&state.catalog, options.terms(&manner)?, true, |current| {
        let all = current.list(place.kind, place.namespace.as_deref());
        let gone = all.filter(|(_, it)| !it.is_built_in() && selection.fits(&it.document));
        Ok::<_, Refused>(write::Change {
            edits: gone.map(|(key, _)| Edit::Delete(key.clone())).collect(),
            ..write::Change::default()
        })
    });
    let (applied, warnings) = written.await.map_err(Refused::from)?;
    let objects = Objects::new(&state);
    let gone = applied.documents.iter().flatten();
    let gone: Vec<Value> = gone.map(|stored| objects.render(stored)).collect();
    let meta = json!({ "resourceVersion": applied.revision.to_string() });
    let mut response = form.respond(StatusCode::OK, &form.list(place.kind, &gone, &meta))?;
    answer::warn(&mut response, None, &warnings);
    Ok(response)
}
