//! `netloft check`: is all well, one line a check, each with what to do where it is not.
//!
//! With `--pre` this machine is looked at, before `netloft up`; else the server and its proxies.

mod machine;
mod server;

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    Failure,
    client::Server,
    data_dir::DataDir,
    failure::Code,
    output::Output,
    paint::{Ink, printable},
};

/// Checks that all is well: the server and its proxies, or with --pre this machine.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Check this machine, before the first start
    #[arg(long)]
    pre: bool,

    #[command(flatten)]
    machine: machine::Machine,
    #[command(flatten)]
    data_dir: DataDir,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    outcome: Outcome,
    /// What was looked at and how it is, in one line.
    text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Outcome {
    Good,
    Warning,
    Bad,
}

fn good(text: impl Into<String>) -> Finding {
    Finding {
        outcome: Outcome::Good,
        text: text.into(),
        remedy: None,
    }
}

fn warning(text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        outcome: Outcome::Warning,
        text: text.into(),
        remedy: Some(remedy.into()),
    }
}

fn bad(text: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding {
        outcome: Outcome::Bad,
        ..warning(text, remedy)
    }
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let findings = match args.pre {
        true => args.machine.check(&args.data_dir),
        false => server::check(&args.server).await,
    };
    let names = || {
        findings
            .iter()
            .map(|finding| finding.text.clone())
            .collect()
    };
    args.output.show(&findings, || text(&findings), names)?;
    let failed = findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Bad);
    match failed.clone().count() {
        0 => Ok(()),
        count => {
            let next = failed.filter_map(|finding| finding.remedy.clone()).next();
            let plural = if count == 1 { "check" } else { "checks" };
            let failure = Failure::new(Code::CheckFailed, format!("{count} {plural} failed"));
            Err(failure.next(next.unwrap_or_default()))
        }
    }
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let sign = match finding.outcome {
            Outcome::Good => Ink::Good.on("✔"),
            Outcome::Warning => Ink::Warning.on("!"),
            Outcome::Bad => Ink::Bad.on("✖"),
        };
        let remedy = finding.remedy.as_ref();
        let remedy = remedy.map(|remedy| format!(" → {}", Ink::Place.on(remedy)));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{sign} {}{}",
            printable(&finding.text),
            remedy.unwrap_or_default()
        );
    }
    text
}
