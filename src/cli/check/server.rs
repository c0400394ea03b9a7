//! A server and its proxies.

use serde_json::Value;

use super::{Finding, Server, bad, good, warning};
use crate::api::types::{Info, Proxies};

pub(super) async fn check(server: &Server) -> Vec<Finding> {
    let mut findings = Vec::new();
    match server.found() {
        Err(failure) => return vec![bad(failure.to_string(), "netloft context list")],
        Ok(found) => match server.get::<Info>("/v1/info").await {
            Err(failure) => return vec![bad(failure.to_string(), "netloft up")],
            Ok(info) => {
                findings.push(good(format!("a server answers at {}", found.url)));
                findings.push(version(&info.version, env!("CARGO_PKG_VERSION")));
            }
        },
    }
    findings.push(match server.text("/readyz").await {
        Ok(text) => good(format!(
            "it is ready: {}",
            text.trim().trim_start_matches("ok: ")
        )),
        Err(failure) => bad(
            format!("it is not ready: {failure}"),
            "wait a moment, then netloft check",
        ),
    });
    findings.extend(match server.get::<Proxies>("/v1/proxies").await {
        Ok(proxies) => vec![fleet(&proxies)],
        Err(failure) => vec![bad(failure.to_string(), "netloft ps")],
    });
    findings.extend(match server.get::<Value>("/v1/problems").await {
        Ok(found) => problems(&found),
        Err(failure) => vec![bad(failure.to_string(), "netloft ps")],
    });
    findings
}

/// Client and server of one minor version (before 1.0: of one version) understand each other.
fn version(server: &str, client: &str) -> Finding {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    if server == client {
        good(format!("server and command line are both {client}"))
    } else if minor(server) == minor(client) {
        warning(
            format!("the server is {server}, the command line {client}"),
            "install the same version",
        )
    } else {
        bad(
            format!("the server is {server}, the command line {client}: too far apart"),
            "install the same version",
        )
    }
}

fn fleet(proxies: &Proxies) -> Finding {
    let count = |state: &str| {
        proxies
            .proxies
            .iter()
            .filter(|one| one.state == state)
            .count()
    };
    let all = proxies.proxies.len();
    let told = format!("{} of {all} proxies are in sync", count("synced"));
    let (rejected, pending, offline) = (count("rejected"), count("pending"), count("offline"));
    if all == 0 {
        warning(
            "no proxy is connected",
            "netloft bootstrap NAME > envoy.yaml",
        )
    } else if rejected > 0 {
        bad(
            format!("{told}; {rejected} rejected something"),
            "netloft ps",
        )
    } else if pending + offline > 0 {
        warning(
            format!("{told}; {pending} pending, {offline} offline"),
            "netloft ps",
        )
    } else {
        good(told)
    }
}

/// What did not compile as declared, one line each.
fn problems(found: &Value) -> Vec<Finding> {
    const SHOWN: usize = 10;
    let list = found.as_array().or_else(|| found["problems"].as_array());
    let all = list.map(Vec::as_slice).unwrap_or_default();
    if all.is_empty() {
        return vec![good("every document compiles as declared")];
    }
    let told = |problem: &Value| {
        let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        let (code, message) = (text("code"), text("message"));
        let remedy = format!("netloft explain {code}");
        let line = format!("{code}: {message}");
        match &*text("severity") {
            "error" => bad(line, remedy),
            _ => warning(line, remedy),
        }
    };
    let mut findings: Vec<Finding> = all.iter().take(SHOWN).map(told).collect();
    if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let remedy = "mend these first, then netloft check";
        findings.push(warning(format!("and {more} more problems"), remedy));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::Outcome, *};

    #[test]
    fn versions_too_far_apart_are_told() {
        for (server, outcome) in [
            ("0.1.0", Outcome::Good),
            ("0.1.3", Outcome::Warning),
            ("0.2.0", Outcome::Bad),
        ] {
            assert_eq!(version(server, "0.1.0").outcome, outcome, "{server}");
        }
    }

    #[test]
    fn a_problem_is_told_with_its_code_and_many_fill_no_screen() {
        let one = serde_json::json!({"code": "NL0501", "severity": "error", "message": "x"});
        let found = problems(&Value::Array(vec![one; 40]));
        assert_eq!(found.len(), 11);
        assert_eq!(found[0].outcome, Outcome::Bad);
        assert_eq!(found[0].remedy.as_deref(), Some("netloft explain NL0501"));
    }
}
