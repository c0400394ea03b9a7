//! `netloft ps`: what every proxy was sent, accepted and rejected, from its own answers.

use std::fmt::Write;

use super::{
    Failure,
    client::Server,
    output::{Output, ago, table},
};
use crate::api::types::{Place, Proxies, Proxy, ProxyType};

/// Shows every proxy.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

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
        for ty in &proxy.types {
            tell(&mut text, proxy, ty);
        }
    }
    let count = |state: &str| {
        proxies
            .proxies
            .iter()
            .filter(|proxy| proxy.state == state)
            .count()
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} proxies: {} synced, {} pending, {} rejected, {} offline",
        proxies.proxies.len(),
        count("synced"),
        count("pending"),
        count("rejected"),
        count("offline"),
    );
    text
}

fn row(proxy: &Proxy, newest: u64) -> Vec<String> {
    let mut row = vec![proxy.name.clone(), proxy.kind.clone()];
    for api in APIS {
        let ty = proxy.types.iter().find(|ty| ty.api == api);
        row.push(ty.map_or_else(|| "–".to_owned(), mark));
    }
    let accepted = proxy.types.iter().filter_map(|ty| ty.accepted).min();
    row.push(match accepted {
        _ if proxy.state == "synced" => newest.to_string(),
        Some(accepted) if accepted < newest => format!("{accepted}(-{})", newest - accepted),
        Some(accepted) => accepted.to_string(),
        None => "–".to_owned(),
    });
    row.push(proxy.state.clone());
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
            "✖ {} rejected {} {} and {keeps}: {}",
            proxy.name,
            ty.api,
            rejected.name,
            rejected.error.trim(),
        );
        for place in &rejected.from {
            let _ = writeln!(text, "    from {}", told(place));
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

pub(super) fn told(place: &Place) -> String {
    let at = match (&place.file, place.line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        _ => String::new(),
    };
    format!("{} {}{at}", place.document, place.pointer)
        .replace(" (", "(")
        .replacen('(', " (", 1)
}
