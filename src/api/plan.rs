//! `POST /v1/plan`: what an apply would change, down to the bytes each proxy would be sent.
//!
//! The documents are checked as an apply checks them, and what follows from them is compiled on a
//! fork of what is served. Nothing is written, and nothing waits for it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use axum::{Json, extract::State as Shared, http::HeaderMap};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{
    State,
    apply::{Request, apply, asked, word},
    aside::aside,
    error::ApiError,
    extract::{Body, Query},
    past::{text, unified},
    proxies::places,
    resources::json,
    types::{
        Place, Plan, PlanDocument, PlanMove, PlanResource, PlanScope, ProblemEntry, ResourceChange,
        UnitCount,
    },
};
use crate::{
    catalog::{Current, Outcome},
    snapshot::{Changed, Problem, Resource, ScopeId, Severity, Snapshot, TYPES, TypeIx},
    view::Change,
    xds::cache::{StreamId, StreamStatus, TypeStatus},
};

/// What would follow from a change to documents.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    /// Units that would be compiled, by kind.
    pub compiled: BTreeMap<String, usize>,
    /// Names whose bytes would differ, by scope and type.
    pub changed: Vec<Changed>,
    /// What each scope of those is given, and would be.
    pub scopes: HashMap<ScopeId, (Snapshot, Snapshot)>,
    /// Streams that would be given another scope's resources: those of now, and those of then.
    pub moved: Vec<(StreamId, Snapshot, Snapshot)>,
    /// What does not compile as declared.
    pub problems_before: Vec<Problem>,
    /// What would not.
    pub problems_after: Vec<Problem>,
}

/// How a plan is meant: as the apply it is about, and how much of it is shown.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Question {
    /// Namespace of documents that name none; absent: `default`.
    namespace: Option<String>,
    /// What is referred to and does not exist is a warning.
    #[serde(default)]
    allow_dangling: bool,
    /// What the documents name is to go.
    #[serde(default)]
    delete: bool,
    /// What else belongs to this owner is to go.
    prune: Option<String>,
    /// Each resource that would differ is shown as a diff.
    #[serde(default)]
    diff: bool,
    /// As for an apply; has no effect here.
    #[serde(default, rename = "author")]
    _author: String,
    /// As for an apply; has no effect here.
    #[serde(default, rename = "message")]
    _message: String,
}

pub(super) async fn post(
    Shared(state): Shared<State>,
    Query(question): Query<Question>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Json<Plan>, ApiError> {
    let diff = question.diff;
    let request = Request {
        dry_run: true,
        namespace: question.namespace,
        allow_dangling: question.allow_dangling,
        delete: question.delete,
        prune: question.prune,
        ..Request::default()
    };
    let catalog = state.catalog.clone();
    let work = move |runtime: &Handle| {
        let (files, request) = asked(&headers, &body, request)?;
        Ok(runtime.block_on(apply(&catalog, &files, &request))?)
    };
    let (applied, warnings) = aside(work).await?;
    let current = state.catalog.current();
    let mut documents = Vec::with_capacity(applied.outcomes.len());
    let mut changes: Vec<Change> = Vec::new();
    for ((key, outcome), stored) in applied.outcomes.iter().zip(&applied.documents) {
        let then = stored.as_ref().map(|stored| stored.document.clone());
        let then = then.filter(|_| !matches!(outcome, Outcome::Deleted | Outcome::NotFound));
        let now = current.get(key).map(|stored| stored.document.clone());
        let created = now.as_ref().and_then(|now| now.created);
        let then = then.map(|mut then| {
            Arc::make_mut(&mut then).created = created; // it stays as old as it is
            then
        });
        let shown = |document: Option<&Arc<_>>| {
            let declared = |document: &Arc<crate::model::Document>| document.to_json();
            document.and_then(|document| declared(document).ok())
        };
        let differs = !matches!(outcome, Outcome::Unchanged | Outcome::NotFound);
        documents.push(PlanDocument {
            kind: key.kind.to_string(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            outcome: word(*outcome).to_owned(),
            diff: match differs {
                true => unified(
                    key,
                    shown(now.as_ref()).as_ref(),
                    shown(then.as_ref()).as_ref(),
                ),
                false => String::new(),
            },
        });
        if differs {
            changes.push((key.clone(), then));
        }
    }
    let forecast = state.compiled.plan(current.clone(), changes).await;
    let forecast = forecast.ok_or_else(|| {
        ApiError::from(crate::catalog::Error::Stopped("it is stopping".to_owned()))
    })?;
    let shown = Shown {
        forecast: &forecast,
        current: &current,
        diff,
    };
    let mut plan = shown.plan(&state.cache.streams())?;
    plan.revision = current.revision.0;
    plan.documents = documents;
    plan.warnings = warnings;
    Ok(Json(plan))
}

/// A forecast, to be told.
struct Shown<'a> {
    forecast: &'a Forecast,
    current: &'a Current,
    diff: bool,
}

impl Shown<'_> {
    fn plan(&self, streams: &[StreamStatus]) -> Result<Plan, ApiError> {
        let mut affected = BTreeSet::new();
        let mut connected = BTreeSet::new();
        let mut bytes = 0;
        for stream in streams {
            connected.insert(stream.peer.proxy.to_string());
        }
        let mut moves = Vec::new();
        for (id, before, after) in &self.forecast.moved {
            let Some(stream) = streams.iter().find(|stream| stream.id == *id) else {
                continue;
            };
            let names = stream.types.iter().flat_map(|status| {
                let changes = after.changes_since(before, status.ty);
                let names = changes.into_iter().map(|change| change.name().clone());
                let wanted = names.filter(|name| status.wants(name));
                wanted.map(|name| (status.ty, name)).collect::<Vec<_>>()
            });
            let resources = self.resources(names, before, after)?;
            if resources.is_empty() {
                continue;
            }
            let sent = sent(&resources);
            bytes += sent;
            let proxy = stream.peer.proxy.to_string();
            affected.insert(proxy.clone());
            moves.push(PlanMove {
                proxy,
                resources,
                bytes: sent,
            });
        }
        let moved = |stream: &&StreamStatus| {
            let mut moved = self.forecast.moved.iter();
            moved.all(|(id, ..)| *id != stream.id)
        };
        let mut scopes = Vec::new();
        for (id, (before, after)) in &self.forecast.scopes {
            let names = self.forecast.changed.iter().filter(|one| one.scope == *id);
            let names = names.flat_map(|one| one.names.iter().map(|name| (one.ty, name.clone())));
            let resources = self.resources(names, before, after)?;
            let mut proxies = BTreeSet::new();
            for stream in streams.iter().filter(|one| one.scope == *id).filter(moved) {
                let wants = |resource: &&PlanResource| {
                    let status = stream.types.iter().find(|it| api(it) == resource.api);
                    status.is_some_and(|status| status.wants(&resource.name))
                };
                let wanted: Vec<_> = resources.iter().filter(wants).collect();
                if !wanted.is_empty() {
                    bytes += wanted.iter().filter_map(|one| one.bytes_after).sum::<u64>();
                    proxies.insert(stream.peer.proxy.to_string());
                }
            }
            affected.extend(proxies.iter().cloned());
            scopes.push(PlanScope {
                scope: id.0,
                proxies: proxies.into_iter().collect(),
                bytes: sent(&resources),
                resources,
            });
        }
        scopes.sort_by_key(|scope| scope.scope);
        let units = self.forecast.compiled.iter();
        let only_in = |these: &[Problem], those: &[Problem]| {
            let these = these.iter().filter(|problem| !those.contains(problem));
            these.map(|problem| self.problem(problem)).collect()
        };
        let (old, new) = (
            &self.forecast.problems_before,
            &self.forecast.problems_after,
        );
        Ok(Plan {
            revision: 0,
            documents: Vec::new(),
            warnings: Vec::new(),
            units: units
                .map(|(kind, compiled)| UnitCount {
                    kind: kind.clone(),
                    compiled: *compiled,
                })
                .collect(),
            scopes,
            moves,
            not_affected: connected.difference(&affected).count(),
            affected: affected.into_iter().collect(),
            bytes,
            new_problems: only_in(new, old),
            solved_problems: only_in(old, new),
        })
    }

    fn resources(
        &self,
        names: impl Iterator<Item = (TypeIx, Arc<str>)>,
        before: &Snapshot,
        after: &Snapshot,
    ) -> Result<Vec<PlanResource>, ApiError> {
        let mut resources = Vec::new();
        for (ty, name) in names {
            let (old, new) = (before.get(ty, &name), after.get(ty, &name));
            let change = match (old, new) {
                (None, None) => continue,
                (None, Some(_)) => ResourceChange::Added,
                (Some(_), None) => ResourceChange::Removed,
                (Some(_), Some(_)) => ResourceChange::Changed,
            };
            let size = |resource: &Arc<Resource>| resource.message().len() as u64;
            let provenance = new.or(old).map(|resource| resource.provenance());
            resources.push(PlanResource {
                api: TYPES[ty.index()].api.to_owned(),
                change,
                bytes_before: old.map(size),
                bytes_after: new.map(size),
                diff: self.diff.then(|| differ(&name, old, new)).transpose()?,
                from: provenance.map_or_else(Vec::new, |from| places(from, self.current)),
                name: name.to_string(),
            });
        }
        Ok(resources)
    }

    fn problem(&self, problem: &Problem) -> ProblemEntry {
        let at = places(std::slice::from_ref(&problem.at), self.current).pop();
        ProblemEntry {
            code: problem.code.to_owned(),
            severity: match problem.severity {
                Severity::Warning => "warning",
                Severity::Error => "error",
            }
            .to_owned(),
            at: at.unwrap_or_else(|| Place {
                document: problem.at.to_string(),
                pointer: problem.at.pointer.to_string(),
                file: None,
                line: None,
            }),
            message: problem.message.clone(),
            effect: problem.effect.clone(),
        }
    }
}

fn api(status: &TypeStatus) -> &'static str {
    status.ty.info().api
}

fn sent(resources: &[PlanResource]) -> u64 {
    resources.iter().filter_map(|one| one.bytes_after).sum()
}

/// Unified diff of a resource in Envoy's JSON.
fn differ(
    name: &str,
    old: Option<&Arc<Resource>>,
    new: Option<&Arc<Resource>>,
) -> Result<String, ApiError> {
    let pretty = |resource: Option<&Arc<Resource>>| match resource {
        None => Ok(String::new()),
        Some(resource) => {
            let text = serde_json::to_string_pretty(&json(resource)?);
            Ok::<_, ApiError>(text.unwrap_or_default() + "\n")
        }
    };
    Ok(text((name, &pretty(old)?), (name, &pretty(new)?)))
}
