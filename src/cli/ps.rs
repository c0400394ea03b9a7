//! `netloft ps`: what every proxy was sent, accepted and rejected, from its own answers; and which
//! proxies report that others configure.

use std::{collections::BTreeMap, fmt::Write};

use super::{
    Failure,
    client::Server,
    output::{Output, ago, table},
};
use crate::{
    api::types::{Place, Proxies, Proxy, ProxyType, Rejected},
    check::Diagnostic,
};

/// Shows every proxy.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// Places that are shown of a rejected resource.
const PLACES: usize = 3;

/// The APIs, in the order of the columns.
const APIS: [&str; 4] = ["CDS", "LDS", "RDS", "EDS"];

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let proxies: Proxies = args.server.get("/v1/proxies").await?;
    let names = || {
        let mut names: Vec<String> = proxies
            .proxies
            .iter()
            .map(|proxy| proxy.name.clone())
            .collect();
        names.dedup();
        names
    };
    args.output.show(&proxies, || text(&proxies), names)
}

fn text(proxies: &Proxies) -> String {
    if proxies.proxies.is_empty() {
        return "no proxy is connected. `netloft bootstrap NAME` prints what an Envoy needs.\n"
            .to_owned();
    }
    let head = [
        "PROXY", "KIND", "CDS", "LDS", "RDS", "EDS", "REVISION", "STATE", "AGE",
    ];
    let rows: Vec<Vec<String>> = proxies
        .proxies
        .iter()
        .map(|proxy| row(proxy, proxies.revision))
        .collect();
    let mut text = table(&head, &rows);
    for proxy in &proxies.proxies {
        if let Some(problem) = &proxy.problem {
            let effect = problem.effect.as_deref().unwrap_or_default();
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "! [{}] {}: {}; {effect}",
                problem.code, proxy.name, problem.message
            );
        }
        for ty in &proxy.types {
            tell(&mut text, proxy, ty);
        }
    }
    shared_names(&mut text, &proxies.proxies);
    let count = |state: &str| {
        proxies
            .proxies
            .iter()
            .filter(|proxy| proxy.state == state)
            .count()
    };
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "{} proxies: {} synced, {} pending, {} rejected, {} offline",
        proxies.proxies.len(),
        count("synced"),
        count("pending"),
        count("rejected"),
        count("offline"),
    );
    match count("observed") {
        0 => text.push('\n'),
        observed => {
            let _ = writeln!(text, ", {observed} observed");
        }
    }
    text
}

fn row(proxy: &Proxy, newest: u64) -> Vec<String> {
    let mut row = vec![proxy.name.clone(), proxy.kind.clone()];
    if proxy.kind.is_empty() {
        "–".clone_into(&mut row[1]);
    }
    for api in APIS {
        let ty = proxy.types.iter().find(|ty| ty.api == api);
        row.push(ty.map_or_else(|| "–".to_owned(), mark));
    }
    // What it accepted of every type: a type of which it accepted nothing yet counts.
    let accepted = proxy.types.iter().map(|ty| ty.accepted).min().flatten();
    row.push(match accepted {
        Some(accepted) if accepted < newest => format!("{accepted}(-{})", newest - accepted),
        Some(accepted) => accepted.to_string(),
        None => "–".to_owned(),
    });
    row.push(match &proxy.reports {
        Some(reports) if proxy.state == "observed" => {
            format!("observed {} ago", ago(&reports.last))
        }
        _ => proxy.state.clone(),
    });
    row.push(ago(&proxy.since));
    row
}

fn mark(ty: &ProxyType) -> String {
    let sign = if !ty.rejected.is_empty() {
        '✖'
    } else if ty.synced {
        '✔'
    } else {
        '…'
    };
    format!("{sign} {}", ty.resources)
}

/// What there is to say about one type beyond its mark.
fn tell(text: &mut String, proxy: &Proxy, ty: &ProxyType) {
    for rejected in &ty.rejected {
        let keeps = if rejected.keeps_earlier {
            "keeps the earlier one"
        } else {
            "does without it"
        };
        let _ = writeln!(
            text,
            "✖ {}{} rejected {} {} and {keeps}: {}",
            code(rejected),
            proxy.name,
            ty.api,
            rejected.name,
            rejected.error.trim(),
        );
        if let Some(place) = rejected.diagnostic.as_deref().and_then(place_of) {
            let _ = writeln!(text, "    at {place}");
        }
        for place in rejected.from.iter().take(PLACES) {
            let _ = writeln!(text, "    from {}", told(place));
        }
        let more = rejected.from.len().saturating_sub(PLACES) + rejected.from_more;
        if more > 0 {
            let _ = writeln!(text, "    and from {more} more places");
        }
    }
    for held in &ty.held {
        let how = if held.overdue {
            "was sent although it had not arrived"
        } else {
            "waits for it"
        };
        let _ = writeln!(
            text,
            "… {} {} {}: {}, {how}",
            proxy.name, ty.api, held.name, held.on
        );
    }
}

/// `[NL0702] `, where the server knows.
fn code(rejected: &Rejected) -> String {
    let told = rejected.diagnostic.as_ref();
    told.map_or_else(String::new, |told| format!("[{}] ", told.code))
}

/// `shop.yaml:12:30 spec.listeners[0].port`: what the words are about.
fn place_of(told: &Diagnostic) -> Option<String> {
    let (file, line, column) = (told.file.as_ref()?, told.line?, told.column?);
    Some(format!("{file}:{line}:{column} {}", told.field()))
}

/// Names that several bear at the same time, of which each tells for itself.
fn shared_names(text: &mut String, proxies: &[Proxy]) {
    let mut named = BTreeMap::new();
    for proxy in proxies {
        if let Some(reports) = &proxy.reports
            && reports.from.len() > 1
        {
            named.insert(&proxy.name, &reports.from);
        }
    }
    for (name, from) in named {
        let _ = writeln!(
            text,
            "! {} report as {name} ({}) and are counted as one: give each an id of its own",
            from.len(),
            from.join(", "),
        );
    }
}

pub(super) fn told(place: &Place) -> String {
    let at = match (&place.file, place.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        _ => String::new(),
    };
    let pointer = Some(&place.pointer).filter(|pointer| !pointer.is_empty());
    let pointer = pointer.map_or_else(String::new, |pointer| format!(" {pointer}"));
    format!("{}{pointer}{at}", place.document)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(state: &str, accepted: &[Option<u64>]) -> Proxy {
        let types = accepted.iter().zip(APIS).map(|(accepted, api)| ProxyType {
            api: api.to_owned(),
            resources: 1,
            sent: *accepted,
            accepted: *accepted,
            synced: state == "synced",
            pending: Vec::new(),
            rejected: Vec::new(),
            held: Vec::new(),
        });
        Proxy {
            name: "web".to_owned(),
            kind: "envoy 1.40.0".to_owned(),
            cluster: String::new(),
            address: None,
            dialect: "delta".to_owned(),
            state: state.to_owned(),
            since: String::new(),
            types: types.collect(),
            class: None,
            problem: None,
            reports: None,
            rejections: Vec::new(),
        }
    }

    #[test]
    fn the_revision_shown_is_the_oldest_accepted_whatever_the_state() {
        for (state, accepted, shown) in [
            ("synced", &[Some(7), Some(7)][..], "7"),
            ("synced", &[Some(5), Some(7)], "5(-2)"),
            ("pending", &[Some(6), Some(7)], "6(-1)"),
            ("pending", &[None, Some(7)], "–"),
            ("pending", &[], "–"),
        ] {
            let row = row(&proxy(state, accepted), 7);
            assert_eq!(row[6], shown, "{state} {accepted:?}");
        }
    }

    #[test]
    fn a_place_is_told_with_its_file_as_it_is_written() {
        let place = |pointer: &str, file: Option<&str>| Place {
            document: "HTTPRoute shop/web".to_owned(),
            pointer: pointer.to_owned(),
            file: file.map(str::to_owned),
            line: file.map(|_| 3),
        };
        let file = Some("my mesh (old) (2).yaml");
        for (place, expected) in [
            (
                place("/spec", file),
                "HTTPRoute shop/web /spec (my mesh (old) (2).yaml:3)",
            ),
            (
                place("", file),
                "HTTPRoute shop/web (my mesh (old) (2).yaml:3)",
            ),
            (place("/spec", None), "HTTPRoute shop/web /spec"),
        ] {
            assert_eq!(told(&place), expected);
        }
    }
}
