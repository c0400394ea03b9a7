//! `netloft apply --plan`: what an apply would change, down to the proxies and their bytes.

use std::fmt::Write as _;

use super::{
    Failure,
    client::Server,
    diff::{head, is_change, painted, planned},
    output::Output,
    paint::{Ink, printable},
};
use crate::api::types::{ApplyBody, Plan, PlanResource, ResourceChange};

/// Resources of one set of proxies that are named; more are counted.
const NAMED: usize = 20;

/// Asks what `body` would change, and shows it.
pub(super) async fn show(
    server: &Server,
    output: &Output,
    body: &ApplyBody,
    query: &str,
) -> Result<(), Failure> {
    let plan = planned(server, body, query).await?;
    let names = || plan.affected.clone();
    output.show(&plan, || text(&plan), names)
}

fn text(plan: &Plan) -> String {
    let mut text = String::new();
    let mut unchanged = 0;
    for document in &plan.documents {
        if is_change(document) {
            let (namespace, name) = (&document.namespace, &document.name);
            text.push_str(&head(&document.kind, namespace, name, &document.outcome));
            text.push_str(&painted(&document.diff));
        } else {
            unchanged += 1;
        }
    }
    for scope in &plan.scopes {
        let proxies = match scope.proxies.len() {
            0 => "no connected proxy".to_owned(),
            _ => names(&scope.proxies),
        };
        resources(&mut text, &proxies, &scope.resources, scope.bytes);
    }
    for moved in &plan.moves {
        let proxy = format!("{} (given another set of resources)", moved.proxy);
        resources(&mut text, &proxy, &moved.resources, moved.bytes);
    }
    for (problems, sign) in [
        (&plan.new_problems, Ink::Bad.on("✖ new problem")),
        (&plan.solved_problems, Ink::Good.on("✔ solved")),
    ] {
        for problem in problems {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{sign} {}: {} ({})",
                problem.code,
                printable(&problem.message),
                problem.at.document
            );
        }
    }
    let changed = plan.documents.len() - unchanged;
    let _ = writeln!(
        text,
        "plan against revision {}: {changed} would change, {unchanged} unchanged; sends {} to {}; \
         {} not affected",
        plan.revision,
        bytes(plan.bytes),
        count(plan.affected.len()),
        plan.not_affected,
    );
    text
}

fn resources(text: &mut String, proxies: &str, resources: &[PlanResource], size: u64) {
    let _ = writeln!(text, "{} at most {}", Ink::Strong.on(proxies), bytes(size));
    for resource in resources.iter().take(NAMED) {
        let sign = match resource.change {
            ResourceChange::Added => Ink::Good.on("+"),
            ResourceChange::Changed => Ink::Warning.on("~"),
            ResourceChange::Removed => Ink::Bad.on("-"),
        };
        let sizes = match (resource.bytes_before, resource.bytes_after) {
            (Some(before), Some(after)) => format!("{before} to {after} bytes"),
            (None, Some(size)) | (Some(size), None) => format!("{size} bytes"),
            (None, None) => String::new(),
        };
        let _ = writeln!(
            text,
            "  {sign} {} {}  {sizes}",
            resource.api,
            printable(&resource.name)
        );
        text.push_str(&painted(resource.diff.as_deref().unwrap_or_default()));
    }
    if let Some(more) = resources.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} more");
    }
}

fn names(proxies: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = proxies
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match proxies.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn count(proxies: usize) -> String {
    match proxies {
        1 => "1 proxy".to_owned(),
        more => format!("{more} proxies"),
    }
}

/// A size as people say it.
fn bytes(size: u64) -> String {
    match size {
        0..10_000 => format!("{size} bytes"),
        10_000..10_000_000 => format!("{} KB", size / 1_000),
        _ => format!("{} MB", size / 1_000_000),
    }
}
