//! How a verb fails: words for people, an exit code for scripts, and what to type next.

use std::{
    fmt::{self, Display, Write as _},
    io::Write as _,
    process::ExitCode,
};

use serde_json::{Value, json};

use super::paint::{Ink, signs};
use crate::{
    api::types::{File, ProblemDetails},
    check::{Diagnostic, render},
};

/// Why a verb did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    text: String,
    /// What the server said.
    problem: Option<Box<ProblemDetails>>,
    diagnostics: Vec<Diagnostic>,
    files: Vec<File>,
    next: Option<String>,
}

/// Exit codes; what each means is a promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Other = 1,
    Usage = 2,
    NotAllowed = 3,
    NotFound = 4,
    Conflict = 5,
    Invalid = 6,
    Unreachable = 7,
    Rejected = 8,
    Timeout = 9,
    Differs = 10,
    CheckFailed = 11,
}

impl Code {
    /// Stable word: the end of a problem's `type`.
    fn reason(self) -> &'static str {
        match self {
            Self::Other => "Failed",
            Self::Usage => "Usage",
            Self::NotAllowed => "Forbidden",
            Self::NotFound => "NotFound",
            Self::Conflict => "Conflict",
            Self::Invalid => "Invalid",
            Self::Unreachable => "Unreachable",
            Self::Rejected => "Rejected",
            Self::Timeout => "Timeout",
            Self::Differs => "Differs",
            Self::CheckFailed => "CheckFailed",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Other => "It did not work",
            Self::Usage => "The command line asks for something that cannot be",
            Self::NotAllowed => "It is not allowed",
            Self::NotFound => "It is not there",
            Self::Conflict => "It was changed by someone else",
            Self::Invalid => "The documents are not right",
            Self::Unreachable => "No server answers",
            Self::Rejected => "A proxy rejected it",
            Self::Timeout => "It took too long",
            Self::Differs => "There are differences",
            Self::CheckFailed => "A check failed",
        }
    }

    /// What to type next where nobody knows better.
    fn next(self) -> &'static str {
        match self {
            Self::Other | Self::Unreachable => "netloft check",
            Self::Usage => "netloft --help",
            Self::NotAllowed => "netloft context list",
            Self::NotFound => "netloft get KIND -A",
            Self::Conflict => "netloft log",
            Self::Invalid => "netloft validate -f FILE",
            Self::Rejected | Self::Timeout => "netloft ps",
            Self::Differs => "netloft apply -f FILE",
            Self::CheckFailed => "netloft check",
        }
    }
}

impl Failure {
    pub(super) fn new(code: Code, text: impl Display) -> Self {
        Self {
            code,
            text: text.to_string(),
            problem: None,
            diagnostics: Vec::new(),
            files: Vec::new(),
            next: None,
        }
    }

    /// Something else went wrong.
    pub fn other(text: impl Display) -> Self {
        Self::new(Code::Other, text)
    }

    /// The command line asks for something that cannot be.
    pub fn usage(text: impl Display) -> Self {
        Self::new(Code::Usage, text)
    }

    /// Nothing of that name.
    pub(super) fn not_found(text: impl Display) -> Self {
        Self::new(Code::NotFound, text)
    }

    /// A file that is right, but not for this.
    pub(super) fn unfit(text: impl Display) -> Self {
        Self::new(Code::Invalid, text)
    }

    /// Two things are not the same.
    pub(super) fn differs(text: impl Display) -> Self {
        Self::new(Code::Differs, text).next("netloft import envoy FILE -o DIR --replace")
    }

    /// No server answers.
    #[must_use]
    pub fn unreachable(text: impl Display) -> Self {
        Self::new(Code::Unreachable, text)
    }

    /// Whether it is that no server answers.
    pub(super) fn is_unreachable(&self) -> bool {
        self.code == Code::Unreachable
    }

    /// Documents are not right; `files` are what they were read from.
    #[must_use]
    pub fn invalid(diagnostics: Vec<Diagnostic>, files: Vec<File>) -> Self {
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count();
        let text = format!(
            "{errors} error{}; nothing was changed",
            if errors == 1 { "" } else { "s" }
        );
        Self {
            diagnostics,
            files,
            ..Self::new(Code::Invalid, text)
        }
    }

    /// Proxies rejected what was made of `files`.
    pub(super) fn rejected(
        text: impl Display,
        diagnostics: Vec<Diagnostic>,
        files: Vec<File>,
    ) -> Self {
        Self {
            diagnostics,
            files,
            ..Self::new(Code::Rejected, text)
        }
    }

    /// What a server answered instead of what it was asked for.
    pub(super) fn answered(status: u16, problem: Option<ProblemDetails>, files: Vec<File>) -> Self {
        let code = match status {
            401 | 403 => Code::NotAllowed,
            404 | 410 => Code::NotFound,
            409 | 412 => Code::Conflict,
            400 | 413 | 415 | 422 => Code::Invalid,
            500.. => Code::Unreachable,
            _ => Code::Other,
        };
        match problem {
            Some(problem) => Self {
                diagnostics: problem.errors.clone(),
                files,
                problem: Some(Box::new(problem.clone())),
                ..Self::new(code, problem.detail)
            },
            None => Self::new(code, format!("the server answered {status}")),
        }
    }

    /// Nothing went wrong, and nothing more is to be said: only the exit code tells.
    pub(super) fn quiet(code: Code) -> Self {
        Self::new(code, "")
    }

    /// How the process ends.
    pub(super) fn code(&self) -> Code {
        self.code
    }

    /// The same with `command` as what to type next.
    #[must_use]
    pub(super) fn next(mut self, command: impl Into<String>) -> Self {
        self.next = Some(command.into());
        self
    }

    /// What to type next: of many things that are wrong, the first is where to begin.
    fn what_next(&self) -> String {
        let explained = || {
            let error = self.diagnostics.iter().find(|one| one.is_error())?;
            Some(format!("netloft explain {}", error.code))
        };
        let next = self.next.clone().or_else(explained);
        next.unwrap_or_else(|| self.code.next().to_owned())
    }

    /// What is wrong, at its lines in `text`, before which `above` lines stand in its file.
    pub(super) fn shown_in(&self, text: &str, above: u32) -> String {
        let file = File {
            name: String::new(),
            text: format!("{}{text}", "\n".repeat(above as usize)),
        };
        let lower = |line: Option<u32>| line.map(|line| line.saturating_add(above));
        let mut shown = String::new();
        for diagnostic in &self.diagnostics {
            let moved = Diagnostic {
                file: None,
                line: lower(diagnostic.line),
                end_line: lower(diagnostic.end_line),
                ..diagnostic.clone()
            };
            shown.push_str(&rendered(&moved, std::slice::from_ref(&file)));
        }
        if self.diagnostics.is_empty() {
            shown.push_str(&self.text);
        }
        shown
    }

    /// As RFC 9457 has it, with the exit code and what to type next.
    fn to_json(&self) -> Value {
        let problem = self.problem.as_deref();
        let reason = self.code.reason();
        let mut json = json!({
            "type": format!("https://netloft.dev/problems/{reason}"),
            "title": self.code.title(),
            "detail": self.text,
            "errors": self.diagnostics,
            "exitCode": self.code as u8,
            "next": self.what_next(),
        });
        if let Some(problem) = problem {
            json["title"] = problem.title.clone().into();
            json["status"] = problem.status.into();
            if !problem.kind.is_empty() {
                json["type"] = problem.kind.clone().into();
            }
        }
        json
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for diagnostic in &self.diagnostics {
            text.push_str(&rendered(diagnostic, &self.files));
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}: {}", Ink::Bad.on("error"), self.text);
        let _ = writeln!(text, "{}: {}", Ink::Place.on("next"), self.what_next());
        text
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Tells `failure` on standard error, as JSON where the verb was asked for JSON; its exit code.
pub fn failed(failure: &Failure, json: bool) -> ExitCode {
    if failure.text.is_empty() {
        return ExitCode::from(failure.code as u8);
    }
    let mut err = anstream::stderr().lock();
    // Where there is no standard error the exit code still tells.
    let _ = if json {
        writeln!(err, "{:#}", failure.to_json())
    } else {
        write!(err, "{}", signs(&failure.to_text()))
    };
    ExitCode::from(failure.code as u8)
}

/// Tells warnings on standard error.
pub(super) fn warn(warnings: &[Diagnostic], files: &[File]) {
    for warning in warnings {
        let _ = write!(anstream::stderr().lock(), "{}", rendered(warning, files));
    }
}

/// `diagnostic` with its line, where its file is one of `files`.
fn rendered(diagnostic: &Diagnostic, files: &[File]) -> String {
    let of = |file: &&File| {
        let name = diagnostic.file.as_deref();
        name.is_none_or(|name| name == file.name)
    };
    let source = files.iter().find(of).map(|file| file.text.as_str());
    // With colours: what writes it takes them off where they are not wanted.
    format!("{}\n\n", render(diagnostic, source, true).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_ends_with_what_to_type_next() {
        for failure in [
            Failure::other("x"),
            Failure::usage("x"),
            Failure::not_found("x"),
            Failure::unreachable("x"),
            Failure::invalid(Vec::new(), Vec::new()),
            Failure::answered(503, None, Vec::new()),
        ] {
            let text = failure.to_text();
            let last = text.lines().last().unwrap_or_default();
            assert!(last.contains("next") && last.contains("netloft "), "{text}");
            assert!(failure.to_json()["next"].is_string());
        }
    }

    #[test]
    fn what_the_server_said_stays_what_it_said() {
        let problem = ProblemDetails {
            kind: "https://netloft.dev/problems/OutOfSpace".to_owned(),
            title: "Insufficient Storage".to_owned(),
            status: 507,
            detail: "the disk is full".to_owned(),
            errors: Vec::new(),
        };
        let json = Failure::answered(507, Some(problem.clone()), Vec::new()).to_json();
        assert_eq!(json["type"], problem.kind);
        assert_eq!(json["status"], 507);
        assert_eq!(json["exitCode"], 7);
    }
}
