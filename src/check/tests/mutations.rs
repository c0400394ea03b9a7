//! Whatever the text is: no panic, and every place lies inside it.

use proptest::{prelude::*, sample::Index};

use super::{
    good::FILES,
    language::{diagnose, read},
};
use crate::check::{decode, locate, render};

/// Pieces of YAML that change what is around them.
const TOKENS: &[&str] = &[
    "---\n",
    "...\n",
    "\n",
    "  ",
    "\t",
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "#",
    "&a ",
    "*a",
    "*labels",
    "!!str ",
    "!x ",
    "|\n",
    ">-\n",
    "? ",
    "<<: ",
    "null",
    "~",
    "0",
    "-1",
    "99999999999999999999",
    "é",
    "😀",
    "\u{feff}",
    "\r",
    "\r\n",
    "\0",
    "%YAML 1.2\n",
    "@",
    "`",
];

#[derive(Debug, Clone)]
enum Edit {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Repeat(Index, usize),
    Byte(Index, u8),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let at = || any::<Index>();
    let edit = prop_oneof![
        4 => (at(), prop::sample::select(TOKENS)).prop_map(|(at, token)| Edit::Insert(at, token)),
        2 => (at(), 1..40_usize).prop_map(|(at, length)| Edit::Remove(at, length)),
        1 => (at(), 1..80_usize).prop_map(|(at, length)| Edit::Repeat(at, length)),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn apply(text: &str, edits: &[Edit]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits {
        let place = |at: &Index| at.index(bytes.len() + 1);
        match edit {
            Edit::Insert(at, token) => {
                let at = place(at);
                bytes.splice(at..at, token.bytes());
            }
            Edit::Remove(at, length) => {
                let at = place(at);
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
            Edit::Repeat(at, length) => {
                let at = place(at);
                let end = (at + length).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            Edit::Byte(at, byte) => {
                let at = place(at);
                if let Some(place) = bytes.get_mut(at) {
                    *place = *byte;
                }
            }
        }
    }
    bytes
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let rows: Vec<usize> = text
        .split('\n')
        .map(|row| row.chars().count() + 1)
        .collect();
    for diagnostic in diagnose(text) {
        let place = (diagnostic.line, diagnostic.column);
        let (Some(line), Some(column)) = place else {
            return Err(TestCaseError::fail(format!("no place: {diagnostic:?}")));
        };
        let row = rows.get(line as usize - 1);
        prop_assert!(line >= 1 && column >= 1, "{diagnostic:?}");
        prop_assert!(
            row.is_some_and(|end| column as usize <= end + 1),
            "{diagnostic:?}\n{text}"
        );
        let end = (diagnostic.end_line, diagnostic.end_column);
        prop_assert!(end >= place, "{diagnostic:?}");
        prop_assert!(
            diagnostic.end_line <= u32::try_from(rows.len() + 1).ok(),
            "{diagnostic:?}"
        );
        let shown = render(&diagnostic, Some(text), false);
        prop_assert!(!shown.contains('\x1b') && shown.ends_with('\n'));
        let json = serde_json::to_value(&diagnostic).unwrap();
        prop_assert_eq!(
            &serde_json::from_value::<crate::check::Diagnostic>(json).unwrap(),
            &diagnostic
        );
    }
    for document in read(text).documents {
        prop_assert!(locate(&document.origin, "/spec").is_some());
        prop_assert!(document.to_json().is_ok());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mangled_file_is_told_about_inside_itself(edits in edits(), file in any::<Index>()) {
        let (_, text) = file.get(FILES);
        let bytes = apply(text, &edits);
        match decode(Some("mesh.yaml"), &bytes) {
            Ok(text) => holds(text)?,
            Err(diagnostic) => prop_assert!(diagnostic.line.is_some()),
        }
    }

    #[test]
    fn any_text_is_told_about_inside_itself(text in "\\PC{0,200}") {
        holds(&text)?;
    }
}
