//! A diagnostic as people read it: what, where, the line itself, and what to do.

use std::fmt::Write as _;

use super::{Diagnostic, Severity};

/// Characters of a line that are shown; a longer one is cut around what it is about.
const WIDTH: usize = 110;

/// `diagnostic` as a few lines of text.
///
/// `text` is the whole text of its file; without it, or where that is a secret, the line itself is
/// not shown. Colours are ANSI
/// escapes.
#[must_use]
pub fn render(diagnostic: &Diagnostic, text: Option<&str>, colour: bool) -> String {
    let paint = Paint { colour };
    let mut out = String::new();
    let (severity, code) = (diagnostic.severity, diagnostic.code);
    let head = paint.head(severity, &format!("{severity}[{code}]"));
    let message = paint.bold(&format!(": {}", printable(&diagnostic.message)));
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{head}{message}");
    let gutter = " ".repeat(diagnostic.line.map_or(1, |line| line.to_string().len()));
    if let Some(place) = place(diagnostic) {
        let _ = writeln!(out, "{gutter}{} {place}", paint.blue("-->"));
    }
    let label = label(diagnostic);
    let bar = paint.blue("|");
    let text = text.filter(|_| !diagnostic.hidden);
    match text.and_then(|text| Excerpt::of(diagnostic, text)) {
        Some(excerpt) => {
            let number = paint.blue(&excerpt.line.to_string());
            let under = paint.head(severity, &"^".repeat(excerpt.length));
            let indent = " ".repeat(excerpt.indent);
            let _ = writeln!(out, "{gutter} {bar}");
            let _ = writeln!(out, "{number} {bar} {}", excerpt.text);
            let told = format!("{under} {}", paint.head(severity, &label));
            let _ = writeln!(out, "{gutter} {bar} {indent}{}", told.trim_end());
        }
        None if !label.is_empty() => {
            let _ = writeln!(out, "{gutter} {} {label}", paint.blue("="));
        }
        None => {}
    }
    let notes = [
        ("help", &diagnostic.suggestion),
        (effect_word(diagnostic), &diagnostic.effect),
    ];
    for (word, note) in notes {
        if let Some(note) = note {
            let equals = paint.blue("=");
            let word = paint.bold(word);
            let _ = writeln!(out, "{gutter} {equals} {word}: {}", printable(note));
        }
    }
    out
}

/// What stops a change has an effect only if it is forced.
fn effect_word(diagnostic: &Diagnostic) -> &'static str {
    if diagnostic.is_error() && !diagnostic.code.is_found_later() {
        "effect if forced"
    } else {
        "effect"
    }
}

/// `shop.yaml:12:13  HTTPRoute default/orders  spec.rules[0].name`.
fn place(diagnostic: &Diagnostic) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = diagnostic
        .file
        .as_deref()
        .map(printable)
        .unwrap_or_default();
    if let (Some(line), Some(column)) = (diagnostic.line, diagnostic.column) {
        if at.is_empty() {
            at = "line ".to_owned();
        } else {
            at.push(':');
        }
        let _ = write!(at, "{line}:{column}");
    }
    parts.push(at);
    parts.extend(diagnostic.document.as_ref().map(ToString::to_string));
    parts.push(printable(&diagnostic.field()));
    parts.retain(|part| !part.is_empty());
    (!parts.is_empty()).then(|| parts.join("  "))
}

fn label(diagnostic: &Diagnostic) -> String {
    let expected = diagnostic.expected.as_ref();
    let found = diagnostic.found.as_ref();
    printable(&match (expected, found) {
        (Some(expected), Some(found)) => format!("expected {expected}; found {found}"),
        (Some(expected), None) => format!("expected {expected}"),
        (None, Some(found)) => found.clone(),
        (None, None) => String::new(),
    })
}

/// The line it is about, cut to what a terminal shows.
struct Excerpt {
    line: u32,
    text: String,
    indent: usize,
    length: usize,
}

impl Excerpt {
    fn of(diagnostic: &Diagnostic, text: &str) -> Option<Self> {
        let line = diagnostic.line?;
        let row = text
            .lines()
            .nth(usize::try_from(line).ok()?.checked_sub(1)?)?;
        let row = row.strip_prefix('\u{feff}').unwrap_or(row);
        let row: Vec<char> = printable(row).chars().collect();
        let start = usize::try_from(diagnostic.column?).ok()?.saturating_sub(1);
        let start = start.min(row.len());
        let end = match (diagnostic.end_line, diagnostic.end_column) {
            (Some(end), Some(column)) if end == line => usize::try_from(column).ok()? - 1,
            _ => row.len(),
        };
        let length = end.min(row.len()).saturating_sub(start).clamp(1, WIDTH);
        let from = if start + length > WIDTH {
            start.saturating_sub(WIDTH / 3)
        } else {
            0
        };
        let to = row.len().min(from + WIDTH);
        let mut shown: String = row[from..to].iter().collect();
        let mut indent = start - from;
        if from > 0 {
            shown.insert_str(0, "..");
            indent += 2;
        }
        if to < row.len() {
            shown.push_str("..");
        }
        Some(Self {
            line,
            text: shown.trim_end().to_owned(),
            indent,
            length: length.min((to - start).max(1)),
        })
    }
}

/// Characters that would move the cursor or change its colour do not reach the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn with(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn head(&self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Info => "1;36",
        };
        self.with(code, text)
    }

    fn bold(&self, text: &str) -> String {
        self.with("1", text)
    }

    fn blue(&self, text: &str) -> String {
        self.with("1;34", text)
    }
}
