//! NL01..

use super::{Row, holds};
use crate::check::{
    Code, Source, decode, documents, limits,
    tests::language::{diagnose, read},
};

pub(super) const ROWS: &[Row] = &[
    (Code::CONTROL_CHARACTER, "kind: a«\0»b", &["NUL byte"]),
    (
        Code::CONTROL_CHARACTER,
        "kind: «\x1b»b",
        &["0x1b", "escape"],
    ),
    (
        Code::CONTROL_CHARACTER,
        "kind: a«\r»spec: b",
        &["carriage return", "LF or CRLF"],
    ),
    (Code::TAB, "kind: a\nspec:\n«\t»a: 1", &["spaces"]),
    (Code::NOT_YAML, "kind: a«:» b", &["quote the value"]),
    (Code::NOT_YAML, "kind: «@»a", &["quote"]),
    (Code::NOT_YAML, "kind: «\"»a\\d+\"", &["single quotes"]),
    (Code::NOT_YAML, "a: [«*»]", &["quote the value"]),
    (Code::NOT_CLOSED, "spec: «[»a, b\n", &["bracket"]),
    (Code::NOT_CLOSED, "spec: «{»a: ]}", &["closed"]),
    (Code::NOT_CLOSED, "kind: «\"»abc\n", &["quote"]),
    (
        Code::DUPLICATE_KEY,
        "kind: a\nspec: {}\n«spec»: {}",
        &["\"spec\"", "line 2"],
    ),
    (Code::NOT_A_KEY, "kind: a\n? «[»a]\n: b\n", &["text"]),
    (Code::TAG, "status: !secret «a»\n", &["!secret"]),
    (
        Code::UNKNOWN_ALIAS,
        "status: «*nowhere»",
        &["*nowhere", "&nowhere"],
    ),
    (Code::ALIAS_BOMB, "status: &a [«*a»]", &["contains itself"]),
    (
        Code::MERGE_KEY,
        "status: {«<<»: {}}",
        &["write the fields out"],
    ),
];

/// Told by the tests below, whose texts are too long to write down.
pub(super) const MADE: [Code; 5] = [
    Code::NOT_UTF8,
    Code::TOO_DEEP,
    Code::DOCUMENT_TOO_BIG,
    Code::FILE_TOO_BIG,
    Code::TOO_MANY,
];

/// What is no document is told as that too; here only its syntax counts.
#[test]
fn each_breach_of_yaml_is_told_at_its_place() {
    for row in ROWS {
        let text = row.1.replace(['«', '»'], "");
        let first = diagnose(&text).into_iter().find(|d| d.code == row.0);
        assert!(
            first.is_some(),
            "{:?} in {text:?}: {:?}",
            row.0,
            diagnose(&text)
        );
    }
    let fatal = |row: &&Row| diagnose(&row.1.replace(['«', '»'], "")).len() == 1;
    let fatal: Vec<Row> = ROWS.iter().filter(fatal).copied().collect();
    assert!(fatal.len() >= 10);
    holds(&fatal);
}

#[track_caller]
fn refuses_only(text: &str, code: Code, line: u32) {
    let found = diagnose(text);
    let codes: Vec<_> = found.iter().map(|d| (d.code, d.line.unwrap())).collect();
    assert_eq!(codes, [(code, line)], "{found:?}");
}

#[test]
fn sixty_four_levels_are_read_and_one_more_is_not() {
    let nested = |levels: usize| {
        format!(
            "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {{name: a}}\nspec: {{ports: [{{port: 80}}], dns: [a]}}\nstatus: {}{}",
            "[".repeat(levels - 1),
            "]".repeat(levels - 1)
        )
    };
    assert_eq!(diagnose(&nested(limits::DEPTH)), []);
    refuses_only(&nested(limits::DEPTH + 1), Code::TOO_DEEP, 5);
    let block: String = (0..70).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    refuses_only(&block, Code::TOO_DEEP, 65);
}

#[test]
fn aliases_that_multiply_are_refused_before_they_cost_anything() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..30 {
        let alias = format!("*a{}", n - 1);
        text.push_str(&format!("a{n}: &a{n} [{}]\n", [&*alias; 10].join(", ")));
    }
    refuses_only(&text, Code::ALIAS_BOMB, 6);
}

#[test]
fn an_alias_that_would_nest_too_deep_is_refused() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let text = format!(
        "a: &a {}\nb: {}*a{}\n",
        deep(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    refuses_only(&text, Code::TOO_DEEP, 2);
}

#[test]
fn a_document_of_more_than_a_mebibyte_is_refused_and_its_neighbours_are_read() {
    let good = "{apiVersion: netloft.dev/v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], dns: [a]}}";
    let big = "x".repeat(limits::DOCUMENT_BYTES);
    let text = format!("{good}\n---\na: {big}\n");
    refuses_only(&text, Code::DOCUMENT_TOO_BIG, 3);
    assert_eq!(read(&text).documents.len(), 1);
}

#[test]
fn a_file_of_more_than_64_mebibytes_is_refused() {
    let bytes = vec![b'#'; limits::FILE_BYTES + 1];
    let error = decode(Some("big.yaml"), &bytes).unwrap_err();
    assert_eq!(error.code, Code::FILE_TOO_BIG);
    assert_eq!(error.file.as_deref(), Some("big.yaml"));
    assert!(decode(None, &bytes[1..]).is_ok());
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(diagnose(&text)[0].code, Code::FILE_TOO_BIG);
}

#[test]
fn more_than_a_hundred_thousand_documents_are_refused() {
    let text = "a\n---\n".repeat(limits::DOCUMENTS + 1);
    let checked = documents(
        &[Source {
            file: None,
            text: &text,
        }],
        "default",
    );
    let too_many: Vec<_> = checked
        .diagnostics
        .iter()
        .filter(|d| d.code == Code::TOO_MANY)
        .collect();
    assert_eq!(too_many.len(), 1);
    assert_eq!(
        too_many[0].line,
        u32::try_from(limits::DOCUMENTS * 2 + 1).ok()
    );
}

#[test]
fn a_broken_document_leaves_the_others_whole() {
    let good = |name| {
        format!(
            "{{apiVersion: netloft.dev/v1, kind: Service, metadata: {{name: {name}}}, spec: {{ports: [{{port: 80}}], dns: [a]}}}}"
        )
    };
    let text = format!(
        "{}\n---\na: [\n---\n{}\n---\nb: \"\n---\n{}\n",
        good("a"),
        good("b"),
        good("c")
    );
    let codes: Vec<_> = diagnose(&text).iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::NOT_CLOSED, Code::NOT_CLOSED]);
    assert_eq!(read(&text).documents.len(), 3);
}
