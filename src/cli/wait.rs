//! `netloft wait`: until a revision is live, or a condition of a document holds.

use std::time::{Duration, Instant};

use clap_complete::engine::ArgValueCandidates;
use serde_json::Value;

use super::{
    Failure,
    client::{InNamespace, Server},
    complete,
    failure::Code,
    get::{kind, path},
    live,
    output::{Output, say},
    paint::printable,
    show::missing,
};
use crate::model::Kind;

/// How often a condition is looked at.
const TICK: Duration = Duration::from_millis(250);

/// Waits until a revision is live, or a document has a condition.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A revision's number (absent: the newest), or a kind with --for
    #[arg(value_name = "REVISION|KIND", add = ArgValueCandidates::new(complete::kinds))]
    what: Option<String>,

    /// The document's name, with --for
    #[arg(requires = "condition", add = ArgValueCandidates::new(complete::documents))]
    name: Option<String>,

    /// What is waited for: condition=TYPE[=STATUS], or delete
    #[arg(long = "for", value_name = "WHAT", value_parser = condition, requires = "name")]
    condition: Option<Goal>,

    /// Longest wait
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "30s")]
    timeout: Duration,

    #[command(flatten)]
    namespace: InNamespace,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Goal {
    Condition { name: String, status: String },
    Deleted,
}

fn condition(text: &str) -> Result<Goal, String> {
    if text == "delete" {
        return Ok(Goal::Deleted);
    }
    let condition = text
        .strip_prefix("condition=")
        .filter(|rest| !rest.is_empty());
    let condition =
        condition.ok_or("write condition=Programmed, condition=Accepted=False or delete")?;
    let (name, status) = condition.split_once('=').unwrap_or((condition, "True"));
    Ok(Goal::Condition {
        name: name.to_owned(),
        status: status.to_owned(),
    })
}

/// Reads a time as documents have it: `30s`, `1m30s`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let time = crate::model::Duration::parse(text);
    time.map(crate::model::Duration::get)
        .map_err(|error| error.to_string())
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let Some(goal) = &args.condition else {
        return revision(&args).await;
    };
    let what = args.what.as_deref().unwrap_or_default();
    let kind =
        kind(what).map_err(|known| Failure::usage(format!("{what:?} is no kind: {known}")))?;
    let name = args.name.as_deref().unwrap_or_default();
    document(&args, goal, kind, name).await
}

async fn revision(args: &Args) -> Result<(), Failure> {
    let revision = match args.what.as_deref() {
        None => {
            let newest: crate::api::types::Revisions = args.server.get("/v1/revisions").await?;
            newest.revisions.first().map_or(0, |newest| newest.revision)
        }
        Some(text) => text.trim_start_matches('r').parse().map_err(|_| {
            Failure::usage(format!("{text:?} is no revision's number"))
                .next("netloft log, or netloft wait KIND NAME --for condition=Programmed")
        })?,
    };
    let wait = live::reached(&args.server, revision, args.timeout)
        .await
        .map_err(missing)?;
    let text = || format!("revision {revision}\n{}", live::text(&wait));
    let names = || {
        wait.proxies
            .iter()
            .map(|proxy| proxy.name.clone())
            .collect()
    };
    args.output.show(&wait, text, names)?;
    live::verdict(&wait, &[])
}

async fn document(args: &Args, goal: &Goal, kind: Kind, name: &str) -> Result<(), Failure> {
    let namespace = args.namespace.of(&args.server)?;
    let path = path(kind, Some(&namespace), Some(name));
    let begun = Instant::now();
    loop {
        let found: Result<Value, Failure> = args.server.get(&path).await;
        let (met, last) = match (found, goal) {
            (Ok(_), Goal::Deleted) => (false, "it is there".to_owned()),
            (Err(failure), Goal::Deleted) if failure.code() == Code::NotFound => {
                (true, String::new())
            }
            (Err(failure), _) => return Err(failure),
            (Ok(document), Goal::Condition { name, status }) => state(&document, name, status),
        };
        if met {
            let kind = kind.facts().kind;
            return say(&format!("{kind} {namespace}/{name} condition met\n"));
        }
        if begun.elapsed() >= args.timeout {
            let kind = kind.facts().kind;
            let last = printable(last.trim());
            let text = format!("{kind} {namespace}/{name}: {last}");
            let next = format!(
                "netloft describe {} {name} -n {namespace}",
                kind.to_lowercase()
            );
            return Err(Failure::new(Code::Timeout, text).next(next));
        }
        tokio::time::sleep(TICK).await;
    }
}

/// Whether the condition called `name` is `status` everywhere it is told, for the newest generation;
/// and how it is instead.
fn state(document: &Value, name: &str, status: &str) -> (bool, String) {
    let found = conditions(document);
    let these: Vec<&&Value> = found
        .iter()
        .filter(|one| {
            one["type"]
                .as_str()
                .is_some_and(|ty| ty.eq_ignore_ascii_case(name))
        })
        .collect();
    let generation = &document["metadata"]["generation"];
    let met = |one: &&&Value| {
        let same = one["status"]
            .as_str()
            .is_some_and(|is| is.eq_ignore_ascii_case(status));
        let observed = &one["observedGeneration"];
        same && (observed.is_null() || observed == generation)
    };
    match these.iter().find(|one| !met(one)) {
        None if these.is_empty() => {
            let known: Vec<&str> = found
                .iter()
                .filter_map(|one| one["type"].as_str())
                .collect();
            let known = match known.is_empty() {
                true => "none".to_owned(),
                false => known.join(", "),
            };
            (false, format!("it has no condition {name}; it has {known}"))
        }
        None => (true, String::new()),
        Some(one) => {
            let text = |field: &str| one[field].as_str().unwrap_or_default();
            let (is, reason, message) = (text("status"), text("reason"), text("message"));
            (false, format!("{name} is {is} ({reason}): {message}"))
        }
    }
}

/// The conditions of a document: its own, and in Gateway API's kinds those for each parent.
pub(super) fn conditions(document: &Value) -> Vec<&Value> {
    let status = &document["status"];
    let own = status["conditions"].as_array().into_iter().flatten();
    let parents = status["parents"].as_array().into_iter().flatten();
    let parents = parents
        .filter_map(|parent| parent["conditions"].as_array())
        .flatten();
    own.chain(parents).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_waited_for_is_written_as_kubectl_has_it() {
        let goal = |name: &str, status: &str| Goal::Condition {
            name: name.to_owned(),
            status: status.to_owned(),
        };
        assert_eq!(condition("delete"), Ok(Goal::Deleted));
        assert_eq!(
            condition("condition=Programmed"),
            Ok(goal("Programmed", "True"))
        );
        assert_eq!(condition("condition=A=False"), Ok(goal("A", "False")));
        assert!(condition("Programmed").is_err() && condition("condition=").is_err());
    }

    #[test]
    fn a_condition_holds_when_it_holds_for_every_parent_and_the_newest_generation() {
        let document = |second: &str, observed: u64| {
            let one = |status: &str| json!({"type": "Accepted", "status": status, "observedGeneration": observed});
            json!({"metadata": {"generation": 2}, "status": {"parents": [
                {"conditions": [one("True")]},
                {"conditions": [one(second)]},
            ]}})
        };
        assert!(state(&document("True", 2), "accepted", "true").0);
        assert!(!state(&document("False", 2), "Accepted", "True").0);
        assert!(!state(&document("True", 1), "Accepted", "True").0);
        assert!(!state(&document("True", 2), "Programmed", "True").0);
    }
}
