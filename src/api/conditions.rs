//! What became of a document, as its `status`: whether it is accepted, whether what it names is
//! there, and which proxies have acknowledged what was made of it.
//!
//! Made from what compiling found (`Problem`) and from what proxies answered, at the moment it is
//! read. The shape is Gateway API's for its kinds (`gateway`, `route`) and `status.conditions` for
//! ours; a route has that too, since `kubectl wait` looks nowhere else. docs/conditions.md tells what each
//! condition means.
//!
//! Absent on purpose: stored status. What a client writes into `status` is ignored.

mod condition;
mod fleet;
mod gateway;
mod memory;
mod route;
#[cfg(test)]
mod tests;

pub use memory::Memory;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::UNIX_EPOCH,
};

use serde_json::{Map, Value, json};

use self::{
    condition::{Condition, Holds},
    fleet::{Fleet, Reach},
};
use super::State;
use crate::{
    catalog::{Current, Stored},
    check,
    model::{DocumentKey, Kind, Spec},
    snapshot::{Origin, Problem, Severity},
};

const ACCEPTED: &str = "Accepted";
const RESOLVED: &str = "ResolvedRefs";
const PROGRAMMED: &str = "Programmed";

/// The status of documents, for one answer: everything in it is of one moment.
#[derive(Debug)]
pub(super) struct Statuses<'a> {
    state: &'a State,
    current: Arc<Current>,
    fleet: OnceLock<Fleet>,
    problems: OnceLock<HashMap<Origin, Vec<Problem>>>,
    attached: OnceLock<gateway::Attached>,
}

/// What is known of one document before its status is put into the shape of its kind.
struct Facts<'a> {
    stored: &'a Stored,
    problems: &'a [Problem],
    reach: Reach,
    /// Its last change is compiled and published.
    published: bool,
    /// Why it is not enough that no proxy lacks any of it: what takes requests in needs a proxy.
    unserved: Option<&'static str>,
}

impl<'a> Statuses<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            state,
            current: state.catalog.current(),
            fleet: OnceLock::new(),
            problems: OnceLock::new(),
            attached: OnceLock::new(),
        }
    }

    /// The `status` of a document; none where its kind has none.
    pub(super) fn of(&self, stored: &Stored) -> Option<Value> {
        let facts = || self.facts(stored);
        match &stored.document.spec {
            // Clients wait for a namespace to be active.
            Spec::Namespace(_) => Some(json!({"phase": "Active"})),
            Spec::ConfigMap(_) => None,
            Spec::GatewayClass(class) => {
                // Another controller's class is that one's to judge.
                let accepted = "Gateways can name it";
                let accepted = Condition::new(ACCEPTED, Holds::Yes, ACCEPTED, accepted);
                let ours = class.is_ours();
                ours.then(|| json!({"conditions": [self.dated(stored, "", &accepted)]}))
            }
            Spec::Gateway(gateway) if self.is_of_others(gateway) => None,
            Spec::Gateway(gateway) => Some(self.gateway(gateway, &facts())),
            Spec::HttpRoute(_) => Some(self.route(&facts())),
            _ => Some(json!({"conditions": self.conditions(&facts(), "")})),
        }
    }

    fn facts<'s>(&'s self, stored: &'s Stored) -> Facts<'s> {
        let origin = origin(&stored.document.key());
        let published = self.state.compiled.revision();
        Facts {
            stored,
            problems: self.problems().get(&origin).map_or(&[], Vec::as_slice),
            reach: self.fleet().reach(&origin),
            published: published.is_some_and(|it| it >= stored.changed.revision),
            unserved: match stored.document.spec {
                Spec::Gateway(_) => Some("no proxy that serves it is connected"),
                _ => None,
            },
        }
    }

    fn fleet(&self) -> &Fleet {
        self.fleet.get_or_init(|| Fleet::of(&self.state.cache))
    }

    fn problems(&self) -> &HashMap<Origin, Vec<Problem>> {
        self.problems.get_or_init(|| {
            let mut all: HashMap<Origin, Vec<Problem>> = HashMap::new();
            for problem in self.state.compiled.problems().iter() {
                let of = all.entry(problem.at.origin()).or_default();
                of.push(problem.clone());
            }
            all
        })
    }

    /// The three conditions of a whole document, as those of its `part`.
    fn conditions(&self, facts: &Facts<'_>, part: &str) -> Vec<Value> {
        let (accepted, resolved) = (facts.accepted(""), facts.resolved());
        let programmed = facts.programmed(accepted.holds == Holds::No);
        let all = [accepted, resolved, programmed];
        all.iter()
            .map(|condition| self.dated(facts.stored, part, condition))
            .collect()
    }

    /// `condition` with its date; `part` is what of the document it is about.
    fn dated(&self, stored: &Stored, part: &str, condition: &Condition) -> Value {
        let changed = stored.changed.at;
        // The newest event there is; the change itself where nothing happened since.
        let newest = self.state.telemetry.journal.newest();
        let newest = newest.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let newest = newest.and_then(|since| u64::try_from(since.as_millis()).ok());
        let newest = newest.unwrap_or(0).max(changed);
        let first = match condition.name {
            // Proxies answer after the change.
            PROGRAMMED => newest,
            _ => changed,
        };
        let about = format!("{part}{}", condition.name);
        let memory = &self.state.conditions;
        let since = memory.since(stored.uid, &about, condition.holds, (first, newest));
        let is_there = |uid: &uuid::Uuid| self.current.iter().any(|(_, it)| it.uid == *uid);
        memory.forget_gone(self.current.len(), is_there);
        condition.to_json(stored.generation, &super::kubernetes::seconds(since))
    }
}

impl Facts<'_> {
    /// Whether all that is declared is taken, within `pointer`.
    fn accepted(&self, pointer: &str) -> Condition {
        let within = |problem: &&Problem| within(pointer, &problem.at.pointer);
        self.free_of(ACCEPTED, within, "all of it is in force")
    }

    /// Whether all that it names is there.
    fn resolved(&self) -> Condition {
        self.free_of(RESOLVED, |_| true, "all that it names is there")
    }

    /// Whether no problem that `counts` speaks against the condition `name`.
    fn free_of(
        &self,
        name: &'static str,
        counts: impl Fn(&&Problem) -> bool,
        good: &str,
    ) -> Condition {
        if !self.published {
            return Condition::new(name, Holds::Unknown, "Pending", self.not_published());
        }
        let against = self.problems.iter().filter(counts);
        let against = against.filter(|problem| concerns(problem) == Some(name));
        match told(against) {
            Some((reason, message)) => Condition::new(name, Holds::No, reason, message),
            None => Condition::new(name, Holds::Yes, name, good),
        }
    }

    /// Whether every proxy that is given some of it has acknowledged that.
    fn programmed(&self, refused: bool) -> Condition {
        let (holds, reason, message) = self.programming(refused);
        Condition::new(PROGRAMMED, holds, reason, message)
    }

    fn programming(&self, refused: bool) -> (Holds, &'static str, String) {
        let reach = &self.reach;
        if !self.published {
            return (Holds::No, "Pending", self.not_published());
        }
        let faults = self.problems.iter();
        let faults = faults.filter(|problem| concerns(problem) == Some(PROGRAMMED));
        if let Some((reason, message)) = told(faults) {
            return (Holds::No, reason, message);
        }
        if refused && !reach.compiled {
            return (
                Holds::No,
                "NotAccepted",
                "nothing was made of it".to_owned(),
            );
        }
        let of = match reach.affected {
            1 => "1 proxy".to_owned(),
            count => format!("{count} proxies"),
        };
        if let Some(first) = reach.rejected.first() {
            let told = check::Rejection {
                api: first.api,
                resource: &first.resource,
                words: &first.error,
                keeps_earlier: false,
            };
            let code = check::rejection(&told, &[]).code;
            let message = format!(
                "rejected by {} of {of} ({code}): {} says of {} {}: {}",
                reach.rejecting, first.proxy, first.api, first.resource, first.error
            );
            return (Holds::No, "Rejected", message);
        }
        if reach.affected == 0 {
            return match self.unserved {
                Some(why) => (Holds::No, "NoProxies", why.to_owned()),
                None => {
                    let message = "no connected proxy is given any of it";
                    (Holds::Yes, "NotAffected", message.to_owned())
                }
            };
        }
        if reach.acknowledged == reach.affected {
            return (Holds::Yes, PROGRAMMED, format!("acknowledged by {of}"));
        }
        let named: Vec<&str> = reach.waiting.iter().map(|it| it.as_str()).collect();
        let more = reach.affected - reach.acknowledged - named.len();
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let message = format!(
            "acknowledged by {} of {of}; waiting for {}{more}",
            reach.acknowledged,
            named.join(", ")
        );
        (Holds::No, "Pending", message)
    }

    fn not_published(&self) -> String {
        let revision = self.stored.changed.revision;
        format!("revision {revision} is being compiled")
    }
}

/// Which condition a problem speaks against; none where it is only worth knowing.
fn concerns(problem: &Problem) -> Option<&'static str> {
    match (problem.code, problem.severity) {
        // A backend, or a service that a class names.
        ("NL0501" | "NL0508", _) => Some(RESOLVED),
        // What the rule answers is as declared.
        ("NL0502", _) => None,
        ("NL0599", _) => Some(PROGRAMMED),
        // Another document of that name counts.
        ("NL0506", _) | (_, Severity::Error) => Some(ACCEPTED),
        (_, Severity::Warning) => None,
    }
}

/// The reason of the first of `problems`, and what all of them say.
fn told<'p>(problems: impl Iterator<Item = &'p Problem>) -> Option<(&'static str, String)> {
    let mut problems = problems.peekable();
    let reason = problems.peek()?.reason;
    let one = |it: &Problem| format!("{} ({}; effect: {})", it.message, it.code, it.effect);
    let all: Vec<String> = problems.map(one).collect();
    Some((reason, all.join("; ")))
}

/// Whether `place` is `pointer` or within it.
fn within(pointer: &str, place: &str) -> bool {
    let rest = place.strip_prefix(pointer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The document that `key` names, as resources say where they come from.
fn origin(key: &DocumentKey) -> Origin {
    Origin {
        kind: key.kind.facts().kind.into(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
    }
}

/// What a kind is called in a status: `{group, kind}`.
fn group_kind(kind: Kind) -> Map<String, Value> {
    let facts = kind.facts();
    let mut fields = Map::new();
    fields.insert("group".to_owned(), json!(facts.group));
    fields.insert("kind".to_owned(), json!(facts.kind));
    fields
}
