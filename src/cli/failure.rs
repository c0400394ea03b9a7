//! How a verb fails: words for people, an exit code for scripts.

use std::{
    fmt::{Display, Write as _},
    io::{IsTerminal, Write as _},
    process::ExitCode,
};

use crate::{
    api::types::{File, ProblemDetails},
    check::{Diagnostic, render},
};

/// Why a verb did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    text: String,
    diagnostics: Vec<Diagnostic>,
    files: Vec<File>,
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
}

impl Failure {
    fn new(code: Code, text: impl Display) -> Self {
        Self {
            code,
            text: text.to_string(),
            diagnostics: Vec::new(),
            files: Vec::new(),
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

    /// No server answers.
    pub(super) fn unreachable(text: impl Display) -> Self {
        Self::new(Code::Unreachable, text)
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
                diagnostics: problem.errors,
                files,
                ..Self::new(code, problem.detail)
            },
            None => Self::new(code, format!("the server answered {status}")),
        }
    }
}

/// Tells `failure` on standard error; its exit code.
pub fn failed(failure: &Failure) -> ExitCode {
    let colour = std::io::stderr().is_terminal();
    let mut text = String::new();
    for diagnostic in &failure.diagnostics {
        let of = |file: &&File| {
            diagnostic
                .file
                .as_deref()
                .is_none_or(|name| name == file.name)
        };
        let source = failure.files.iter().find(of).map(|file| file.text.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}\n", render(diagnostic, source, colour).trim_end());
    }
    let _ = writeln!(text, "error: {}", failure.text);
    // Where there is no standard error the exit code still tells.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(failure.code as u8)
}

/// Tells warnings on standard error.
pub(super) fn warn(warnings: &[Diagnostic], files: &[File]) {
    let colour = std::io::stderr().is_terminal();
    for warning in warnings {
        let of = |file: &&File| warning.file.as_deref().is_none_or(|name| name == file.name);
        let source = files.iter().find(of).map(|file| file.text.as_str());
        let text = render(warning, source, colour);
        let _ = writeln!(std::io::stderr().lock(), "{}\n", text.trim_end());
    }
}
