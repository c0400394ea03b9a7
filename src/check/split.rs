//! A file to the texts of its documents, and the checks that need no parser.
//!
//! A line that begins with `---` or `...` ends a document wherever it stands, in a quoted text or a
//! block scalar too (YAML 1.2.2, 9.1.2). So documents are told apart before any is parsed, and one
//! that is broken leaves its neighbours whole.

use super::{Code, Diagnostic, Place, Span, limits};

/// The text of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    /// From the line of its first token to its last line that is not blank.
    pub(super) text: &'a str,
    /// Line in the file that `text` begins with, from 1.
    pub(super) line: u32,
}

/// The documents of `text`, without those that hold nothing but comments.
pub(super) fn chunks(text: &str) -> impl Iterator<Item = Chunk<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rest = Some((text, 1));
    std::iter::from_fn(move || {
        loop {
            let (from, line) = rest?;
            let (chunk, next) = first(from, line);
            rest = next;
            if let Some(chunk) = trim(chunk) {
                return Some(chunk);
            }
        }
    })
}

/// What stands before the first marker, and what is left, from which line on.
fn first(text: &str, line: u32) -> (Chunk<'_>, Option<(&str, u32)>) {
    let mut at = 0;
    let mut number = line;
    for row in text.split_inclusive('\n') {
        let begins_here = at == 0;
        if let Some(marker) = Marker::of(row) {
            let before = Chunk {
                text: &text[..at],
                line,
            };
            let behind = Some((&text[at + row.len()..], number + 1));
            match marker {
                Marker::End | Marker::Start => return (before, behind),
                // The document begins on the marker's own line: it is split off by the next call,
                // which sees the line as its first.
                Marker::StartWithContent if !begins_here => {
                    return (before, Some((&text[at..], number)));
                }
                Marker::StartWithContent => {}
            }
        }
        at += row.len();
        number = number.saturating_add(1);
    }
    (Chunk { text, line }, None)
}

enum Marker {
    Start,
    StartWithContent,
    End,
}

impl Marker {
    fn of(row: &str) -> Option<Self> {
        let behind = row.get(3..)?;
        if !(behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n'])) {
            return None;
        }
        match row.get(..3)? {
            "..." => Some(Self::End),
            "---" if is_blank(behind) => Some(Self::Start),
            "---" => Some(Self::StartWithContent),
            _ => None,
        }
    }
}

/// Nothing but space and a comment. Directives are blank too: they say nothing that counts here.
fn is_blank(row: &str) -> bool {
    let row = row.trim_start();
    row.is_empty() || row.starts_with('#')
}

fn trim(chunk: Chunk<'_>) -> Option<Chunk<'_>> {
    let mut at = 0;
    let mut line = chunk.line;
    for row in chunk.text.split_inclusive('\n') {
        if !is_blank(row) && !row.starts_with('%') {
            let text = chunk.text[at..].trim_end();
            return Some(Chunk { text, line });
        }
        at += row.len();
        line = line.saturating_add(1);
    }
    None
}

/// The file as text.
///
/// # Errors
/// [`Code::NOT_UTF8`], with the place of the first byte that is not, and [`Code::FILE_TOO_BIG`].
pub fn decode<'a>(file: Option<&str>, bytes: &'a [u8]) -> Result<&'a str, Box<Diagnostic>> {
    let file = |diagnostic: Diagnostic| {
        Box::new(Diagnostic {
            file: file.map(Into::into),
            ..diagnostic
        })
    };
    if bytes.len() > limits::FILE_BYTES {
        return Err(file(too_big(bytes.len())));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let place = end_of(&String::from_utf8_lossy(good));
        let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let bad = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        let advice = if wide {
            "it begins like UTF-16: save it as UTF-8"
        } else {
            "save the file as UTF-8"
        };
        file(
            Diagnostic::new(Code::NOT_UTF8, "the file is not UTF-8 text")
                .at(Span {
                    start: place,
                    end: place,
                })
                .expected("UTF-8")
                .found(format!("the byte 0x{bad:02x}"))
                .suggest(Some(advice)),
        )
    })
}

/// What is wrong with `text` before it is parsed: its size, and characters that YAML forbids.
pub(super) fn preflight(text: &str) -> Option<Diagnostic> {
    if text.len() > limits::FILE_BYTES {
        return Some(too_big(text.len()));
    }
    let mut follows = text.bytes().skip(1);
    let at = text.bytes().position(|byte| {
        let next = follows.next();
        match byte {
            b'\t' | b'\n' => false,
            // A lone carriage return ends a line for some programs and not for others.
            b'\r' => next != Some(b'\n'),
            _ => byte < 0x20 || byte == 0x7f,
        }
    })?;
    let start = end_of(&text[..at]);
    let end = Place {
        column: start.column + 1,
        ..start
    };
    let byte = text.as_bytes().get(at).copied().unwrap_or_default();
    let (name, advice) = match byte {
        0 => ("a NUL byte", "is this a text file?"),
        b'\r' => (
            "a carriage return without a line feed",
            "save the file with LF or CRLF line ends",
        ),
        _ => (
            "a control character",
            "write it as an escape in double quotes",
        ),
    };
    Some(
        Diagnostic::new(
            Code::CONTROL_CHARACTER,
            format!("the text holds {name} (0x{byte:02x})"),
        )
        .at(Span { start, end })
        .suggest(Some(advice)),
    )
}

fn too_big(bytes: usize) -> Diagnostic {
    Diagnostic::new(
        Code::FILE_TOO_BIG,
        format!("the file has {bytes} bytes, and at most 64 MiB are read"),
    )
    .expected(format!("at most {} bytes", limits::FILE_BYTES))
    .found(format!("{bytes} bytes"))
    .suggest(Some("split it into several files and apply them together"))
}

/// The place behind the last character of `text`.
pub(super) fn end_of(text: &str) -> Place {
    let line = text.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Place {
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn splits(text: &str, expected: &[(&str, u32)]) {
        let found: Vec<_> = chunks(text).map(|c| (c.text, c.line)).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn a_file_is_cut_at_its_markers_and_each_part_knows_its_first_line() {
        splits("", &[]);
        splits("# only\n---\n\n...\n# comments\n", &[]);
        splits("a: 1\n", &[("a: 1", 1)]);
        splits("\u{feff}a: 1", &[("a: 1", 1)]);
        splits("---\na: 1\n---\nb: 2\n", &[("a: 1", 2), ("b: 2", 4)]);
        splits(
            "---\n# x\n\na: 1\n...\n---\nb: 2",
            &[("a: 1", 4), ("b: 2", 7)],
        );
        splits(
            "--- {a: 1}\n--- {b: 2}\n",
            &[("--- {a: 1}", 1), ("--- {b: 2}", 2)],
        );
        splits("a: 1\n--- # b\nb: 2\n", &[("a: 1", 1), ("b: 2", 3)]);
        splits("%YAML 1.2\n---\na: 1\n", &[("a: 1", 3)]);
        splits(
            "---\r\na: 1\r\n---\r\nb: 2\r\n",
            &[("a: 1", 2), ("b: 2", 4)],
        );
        splits("a: ---\n----: 1\n ---\n", &[("a: ---\n----: 1\n ---", 1)]);
        splits("a: |\n  x\n---\nb: 2", &[("a: |\n  x", 1), ("b: 2", 4)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_told_with_their_place() {
        let error = decode(Some("x.yaml"), b"a: 1\nb\xc3\xa4\xff: 2").unwrap_err();
        assert_eq!((error.line, error.column), (Some(2), Some(3)));
        assert_eq!(error.code, Code::NOT_UTF8);
        assert!(
            decode(None, b"\xff\xfea\0")
                .unwrap_err()
                .suggestion
                .unwrap()
                .contains("UTF-16")
        );
    }
}
