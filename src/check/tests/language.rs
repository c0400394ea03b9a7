//! Files as tests write them, and what is expected of them.

use crate::{
    check::{Checked, Code, Diagnostic, Overlay, Source, documents, references},
    model::{Document, Kind},
};

/// All that is wrong with one file, references included, by place.
pub(super) fn diagnose(text: &str) -> Vec<Diagnostic> {
    let Checked {
        documents,
        unreadable,
        mut diagnostics,
    } = read(text);
    let world = Overlay::new(&documents).with_unreadable(unreadable);
    diagnostics.extend(references(&documents, &world));
    diagnostics.sort_by_key(|d| (d.line, d.column, d.code));
    diagnostics
}

/// What is told of `text`, which is about `code`. Some texts are about ports that do not speak HTTP:
/// that no proxy carries them has texts of its own.
pub(super) fn told(text: &str, code: Code) -> Vec<Diagnostic> {
    let mut told = diagnose(text);
    told.retain(|it| it.code == code || it.code != Code::NOT_CARRIED);
    told
}

pub(super) fn read(text: &str) -> Checked {
    let file = Some("mesh.yaml");
    documents(&[Source { file, text }], "default")
}

pub(super) fn only(text: &str) -> Document {
    let mut checked = read(text);
    assert_eq!(checked.diagnostics, [], "{text}");
    assert_eq!(checked.documents.len(), 1, "{text}");
    checked.documents.remove(0)
}

/// Reads `text`, in which `«` and `»` stand around what the only diagnostic underlines, and a line
/// `@KIND NAME SPEC` for a document (without a spec, the lines that follow give it). `says` are parts
/// of what is told: message, expected, found, suggestion and effect.
///
/// # Errors
/// What is told instead.
pub(super) fn refuses(text: &str, code: Code, says: &[&str]) -> Result<(), String> {
    let (clean, line, column, marked) = unmark(&spell_out(text));
    let found = told(&clean, code);
    let [only] = &found[..] else {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        return Err(format!(
            "expected {code} alone, found {found:#?} in\n{clean}"
        ));
    };
    let mut expected = (
        code,
        Some(line),
        Some(column),
        only.end_line,
        only.end_column,
    );
    if !marked.contains('\n') {
        let length = u32::try_from(marked.chars().count()).unwrap();
        (expected.3, expected.4) = (Some(line), Some(column + length));
    }
    let found = (
        only.code,
        only.line,
        only.column,
        only.end_line,
        only.end_column,
    );
    if found != expected {
        return Err(format!(
            "expected {expected:?}\nfound {found:?}: {only}\nin\n{clean}"
        ));
    }
    let told = [
        Some(&only.message),
        only.expected.as_ref(),
        only.found.as_ref(),
        only.suggestion.as_ref(),
        only.effect.as_ref(),
    ];
    let told: Vec<&str> = told.into_iter().flatten().map(String::as_str).collect();
    let told = told.join(" | ");
    match says.iter().find(|part| !told.contains(**part)) {
        Some(part) => Err(format!("{part:?} is not in {told:?}\nof\n{clean}")),
        None => Ok(()),
    }
}

/// The text with its `@` lines written out.
pub(super) fn spell_out(text: &str) -> String {
    let row = |row: &str| {
        let Some(short) = row.strip_prefix('@') else {
            return row.to_owned();
        };
        let mut parts = short.splitn(3, ' ');
        let kind = parts.next().unwrap();
        let name = parts.next().unwrap_or("a");
        let version = Kind::by_name(kind).unwrap().facts().api_version();
        let head = format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n");
        match parts.next() {
            Some(spec) => format!("{head}spec: {spec}\n---"),
            None => head.trim_end().to_owned(),
        }
    };
    let rows: Vec<String> = text.split('\n').map(row).collect();
    rows.join("\n")
}

/// The text without its marks, the place of the first, and what stands between them.
fn unmark(text: &str) -> (String, u32, u32, String) {
    let (before, rest) = text.split_once('«').expect("a mark « in the text");
    let (marked, after) = rest.split_once('»').expect("a mark » in the text");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (
        format!("{before}{marked}{after}"),
        u32::try_from(line).unwrap(),
        u32::try_from(column).unwrap(),
        marked.to_owned(),
    )
}
