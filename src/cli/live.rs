//! Whether a revision is live: what each proxy that it changes something for said to it.
//!
//! The server answers from ACKs and NACKs; here it is asked, shown while it comes in where a person
//! looks on, and told at the end. A revision that was rejected by a proxy is exit code 8, one that is
//! not live in time 9.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    time::{Duration, Instant},
};

use http::Method;

use super::{
    Failure,
    client::{Ask, Server},
    failure::Code,
    paint::{Ink, printable, signs, width},
    ps::told,
};
use crate::{
    api::types::{File, Progress, ProxyProgress, Rejected, Wait, WaitState},
    check::Diagnostic,
};

/// How often a person is shown how far it is.
const TICK: Duration = Duration::from_millis(500);

/// Longest wait that the server takes at once.
const AT_ONCE: Duration = Duration::from_secs(600);

/// Proxies of one state that are named; more are counted.
const NAMED: usize = 20;

/// Columns of a line of proxies.
const WIDTH: usize = 100;

/// Waits until `revision` is live or rejected, at most for `bound`.
pub(super) async fn reached(
    server: &Server,
    revision: u64,
    bound: Duration,
) -> Result<Wait, Failure> {
    let watched = std::io::stderr().is_terminal();
    let begun = Instant::now();
    loop {
        let left = bound.saturating_sub(begun.elapsed());
        let once = left.min(if watched { TICK } else { AT_ONCE });
        let path = format!(
            "/v1/wait?revision={revision}&timeout={}s{}ms",
            once.as_secs(),
            once.subsec_millis()
        );
        let ask = Ask::new(Method::GET, &path).patient(once);
        let wait: Wait = server.ask(ask).await?;
        let over = !wait.timed_out || begun.elapsed() >= bound;
        if watched {
            progress(&wait, over);
        }
        if over {
            return Ok(wait);
        }
    }
}

/// One line that is written over and over, and taken away at the end.
fn progress(wait: &Wait, over: bool) {
    let mut err = anstream::stderr().lock();
    let counts = &wait.counts;
    let all = counts.acked + counts.pending + counts.rejected;
    let line = match wait.state {
        _ if over => String::new(),
        WaitState::Compiling => format!("revision {}: compiling …", wait.revision),
        _ => format!(
            "revision {}: {} of {all} proxies have it …",
            wait.revision, counts.acked
        ),
    };
    // Progress that nobody sees is no failure.
    let _ = write!(err, "\r\x1b[K{}", signs(&line));
    let _ = err.flush();
}

/// What became of it with each proxy, as people read it.
pub(super) fn text(wait: &Wait) -> String {
    let mut text = String::new();
    for proxy in of(wait, Progress::Rejected).take(NAMED) {
        for rejected in &proxy.rejected {
            reject(&mut text, &proxy.name, rejected);
        }
    }
    for proxy in of(wait, Progress::Pending).take(NAMED) {
        pending(&mut text, proxy);
    }
    let acked: Vec<String> = of(wait, Progress::Acked).map(acknowledged).collect();
    row(&mut text, &acked);
    let offline: Vec<String> = of(wait, Progress::Offline).map(offline).collect();
    row(&mut text, &offline);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", summary(wait));
    text
}

fn of(wait: &Wait, state: Progress) -> impl Iterator<Item = &ProxyProgress> {
    wait.proxies
        .iter()
        .filter(move |proxy| proxy.state == state)
}

fn acknowledged(proxy: &ProxyProgress) -> String {
    let took = proxy.took_ms.map(|ms| format!(" {}", millis(ms)));
    let took = took.unwrap_or_default();
    format!("{} {}{took}", proxy.name, Ink::Good.on("✔"))
}

fn offline(proxy: &ProxyProgress) -> String {
    format!("{} {}", proxy.name, Ink::Faint.on("– offline"))
}

/// Proxies side by side, as many as fit.
fn row(text: &mut String, cells: &[String]) {
    let mut line = String::new();
    for cell in cells.iter().take(NAMED) {
        if !line.is_empty() && width(&line) + 3 + width(cell) > WIDTH {
            let _ = writeln!(text, "{line}");
            line.clear();
        }
        line.push_str(if line.is_empty() { "  " } else { "   " });
        line.push_str(cell);
    }
    if let Some(more) = cells.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(line, "   and {more} more");
    }
    if !line.is_empty() {
        let _ = writeln!(text, "{line}");
    }
}

fn pending(text: &mut String, proxy: &ProxyProgress) {
    let names: Vec<String> = proxy
        .pending
        .iter()
        .take(3)
        .map(|one| format!("{} {}", one.api, printable(&one.name)))
        .collect();
    let more = match proxy.pending.len().saturating_sub(names.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let sign = Ink::Warning.on("…");
    let _ = writeln!(
        text,
        "  {} {sign} has not answered {}{more}",
        proxy.name,
        names.join(", ")
    );
    for held in &proxy.held {
        let _ = writeln!(
            text,
            "      {} {} waits for {}",
            held.api, held.name, held.on
        );
    }
}

/// What a proxy said no to. Its words and the line they are about are told by [`verdict`], once for
/// all proxies that say the same; here only where nobody knows the line.
fn reject(text: &mut String, proxy: &str, rejected: &Rejected) {
    let keeps = match rejected.keeps_earlier {
        true => "keeps the earlier one",
        false => "does without it",
    };
    let words = match &rejected.diagnostic {
        Some(_) => String::new(),
        None => format!(": {}", printable(rejected.error.trim())),
    };
    let _ = writeln!(
        text,
        "{} {proxy} rejected {} {} and {keeps}{words}",
        Ink::Bad.on("✖"),
        rejected.api,
        printable(&rejected.name),
    );
    if rejected.diagnostic.is_none() {
        for place in &rejected.from {
            let _ = writeln!(text, "    from {}", told(place));
        }
    }
}

/// What proxies said no to, each once.
fn rejections(wait: &Wait) -> Vec<Diagnostic> {
    let all = of(wait, Progress::Rejected).flat_map(|proxy| &proxy.rejected);
    let mut found: Vec<Diagnostic> = Vec::new();
    for diagnostic in all.filter_map(|one| one.diagnostic.as_deref()) {
        if found.len() < NAMED && !found.contains(diagnostic) {
            found.push(diagnostic.clone());
        }
    }
    found
}

fn summary(wait: &Wait) -> String {
    let counts = &wait.counts;
    let affected = counts.acked + counts.pending + counts.rejected;
    let mut parts = Vec::new();
    for (count, what) in [
        (counts.rejected, "rejected it"),
        (counts.pending, "have not answered"),
        (counts.offline, "offline"),
        (counts.not_affected, "not affected"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let rest = match parts.is_empty() {
        true => String::new(),
        false => format!("; {}", parts.join(", ")),
    };
    match (wait.state, affected) {
        (WaitState::Compiling, _) => "it is still being compiled".to_owned(),
        (WaitState::Live, 0) => format!("live: no connected proxy needs anything of it{rest}"),
        (WaitState::Live, _) => {
            let took = wait.took_ms.map(|ms| format!(" in {}", millis(ms)));
            let took = took.unwrap_or_default();
            Ink::Good.on(format!("live everywhere{took}")) + &rest
        }
        (WaitState::Pending | WaitState::Rejected, _) => {
            format!("{} of {affected} proxies have it{rest}", counts.acked)
        }
    }
}

/// Milliseconds without digits that nobody reads.
fn millis(ms: f64) -> String {
    match ms {
        ..10.0 => format!("{ms:.1} ms"),
        ..10_000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1_000.0),
    }
}

/// Whether it is live; else why not, with the lines of `files` that were rejected and what to type
/// next.
pub(super) fn verdict(wait: &Wait, files: &[File]) -> Result<(), Failure> {
    let revision = wait.revision;
    let proxies = |count: usize| match count {
        1 => "1 proxy".to_owned(),
        more => format!("{more} proxies"),
    };
    if wait.counts.rejected > 0 {
        let text = format!(
            "{} rejected a part of revision {revision}; the rest of it is in effect",
            proxies(wait.counts.rejected)
        );
        let failure = Failure::rejected(text, rejections(wait), files.to_vec());
        return Err(failure.next("netloft ps"));
    }
    if wait.state == WaitState::Live {
        return Ok(());
    }
    let text = match wait.state {
        WaitState::Compiling => format!("revision {revision} is not compiled yet"),
        _ => format!(
            "revision {revision} is not live in time: {} to answer",
            proxies(wait.counts.pending)
        ),
    };
    let next = format!("netloft wait {revision} --timeout 2m, or netloft ps");
    Err(Failure::new(Code::Timeout, text).next(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::types::{Place, WaitCounts, Waiting};

    fn proxy(name: &str, state: Progress) -> ProxyProgress {
        ProxyProgress {
            name: name.to_owned(),
            state,
            took_ms: (state == Progress::Acked).then_some(14.2),
            pending: Vec::new(),
            rejected: Vec::new(),
            held: Vec::new(),
            since: None,
        }
    }

    fn wait(state: WaitState, counts: WaitCounts, proxies: Vec<ProxyProgress>) -> Wait {
        Wait {
            revision: 119,
            state,
            timed_out: state == WaitState::Pending,
            published: Some(119),
            counts,
            proxies,
            exact: true,
            took_ms: Some(31.0),
        }
    }

    fn plain(text: &str) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        out.write_all(text.as_bytes()).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_revision_that_is_live_is_told_with_the_time_of_each_proxy() {
        let counts = WaitCounts {
            acked: 2,
            offline: 1,
            ..WaitCounts::default()
        };
        let proxies = vec![
            proxy("cart-7f", Progress::Acked),
            proxy("edge-1", Progress::Acked),
            proxy("gone", Progress::Offline),
        ];
        let wait = wait(WaitState::Live, counts, proxies);
        let expected = "  cart-7f ✔ 14 ms   edge-1 ✔ 14 ms\n  gone – offline\n\
                        live everywhere in 31 ms; 1 offline\n";
        assert_eq!(plain(&text(&wait)), expected);
        assert!(verdict(&wait, &[]).is_ok());
    }

    fn rejected(diagnostic: Option<Diagnostic>) -> Rejected {
        Rejected {
            api: "RDS".to_owned(),
            name: "outbound".to_owned(),
            error: "invalid \x1bregex\n".to_owned(),
            keeps_earlier: true,
            from_more: 0,
            diagnostic: diagnostic.map(Box::new),
            from: vec![Place {
                document: "HTTPRoute default/orders".to_owned(),
                pointer: "/spec/rules/0".to_owned(),
                file: Some("orders.yaml".to_owned()),
                line: Some(2),
            }],
        }
    }

    #[test]
    fn a_rejection_that_no_line_is_known_of_is_told_with_the_proxys_words() {
        let counts = WaitCounts {
            acked: 1,
            rejected: 1,
            ..WaitCounts::default()
        };
        let mut bad = proxy("cart-7f", Progress::Rejected);
        bad.rejected.push(rejected(None));
        let wait = wait(WaitState::Rejected, counts, vec![bad]);
        let expected = "\
✖ cart-7f rejected RDS outbound and keeps the earlier one: invalid  regex
    from HTTPRoute default/orders /spec/rules/0 (orders.yaml:2)
1 of 2 proxies have it; 1 rejected it
";
        assert_eq!(plain(&text(&wait)), expected);
        assert_eq!(verdict(&wait, &[]).unwrap_err().code(), Code::Rejected);
    }

    #[test]
    fn what_many_proxies_reject_is_shown_once_with_its_line() {
        let counts = WaitCounts {
            rejected: 2,
            ..WaitCounts::default()
        };
        let diagnostic = Diagnostic {
            file: Some("orders.yaml".into()),
            line: Some(2),
            column: Some(3),
            end_line: Some(2),
            end_column: Some(8),
            ..Diagnostic::new(crate::check::Code::REJECTED, "invalid regex")
        };
        let proxies = ["a", "b"].map(|name| {
            let mut bad = proxy(name, Progress::Rejected);
            bad.rejected.push(rejected(Some(diagnostic.clone())));
            bad
        });
        let wait = wait(WaitState::Rejected, counts, proxies.into());
        let file = File {
            name: "orders.yaml".to_owned(),
            text: "a\n  value: (\n".to_owned(),
        };
        let told = plain(&verdict(&wait, &[file]).unwrap_err().to_text());
        assert_eq!(
            told.matches("2 |   value: (\n  |   ^^^^^").count(),
            1,
            "{told}"
        );
    }

    #[test]
    fn a_proxy_that_does_not_answer_is_named_with_what_it_was_sent() {
        let counts = WaitCounts {
            pending: 1,
            ..WaitCounts::default()
        };
        let mut slow = proxy("slow", Progress::Pending);
        slow.pending.push(Waiting {
            api: "CDS".to_owned(),
            name: "web".to_owned(),
        });
        let wait = wait(WaitState::Pending, counts, vec![slow]);
        let expected = "  slow … has not answered CDS web\n\
                        0 of 1 proxies have it; 1 have not answered\n";
        assert_eq!(plain(&text(&wait)), expected);
        assert_eq!(verdict(&wait, &[]).unwrap_err().code(), Code::Timeout);
    }

    #[test]
    fn a_thousand_proxies_fill_no_screen() {
        let counts = WaitCounts {
            acked: 1_000,
            ..WaitCounts::default()
        };
        let name = |n: i32| proxy(&format!("proxy-{n}"), Progress::Acked);
        let wait = wait(WaitState::Live, counts, (0..1_000).map(name).collect());
        let shown = text(&wait);
        assert!(shown.lines().count() < 10, "{shown}");
        assert!(shown.contains("and 980 more"), "{shown}");
    }
}
