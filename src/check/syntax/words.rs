//! What the parser says, in words of ours and with what usually causes it.

use granit_parser::ErrorKind;

use crate::check::{Code, Diagnostic, Place, limits};

pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// The diagnostic of `kind`; `open` is where the innermost open mapping or list begins.
pub(super) fn say(kind: &ErrorKind, open: Option<Place>) -> Diagnostic {
    let opened = |what: &str| match open {
        Some(at) => format!(
            "{what} that opens on line {} column {} is not closed",
            at.line, at.column
        ),
        None => format!("{what} is not closed"),
    };
    match kind {
        kind if is_tab(kind) => Diagnostic::new(Code::TAB, "a tab indents this line")
            .expected("spaces")
            .found("a tab")
            .suggest(Some("indent with spaces")),
        ErrorKind::UnclosedFlowCollection { open } => {
            let message = format!("the bracket {open} is not closed");
            Diagnostic::new(Code::NOT_CLOSED, message)
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => Diagnostic::new(
            Code::NOT_CLOSED,
            format!("the bracket {open} is closed by {close}"),
        ),
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            Diagnostic::new(Code::NOT_CLOSED, opened("the bracket"))
                .expected("a comma or the closing bracket")
        }
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            Diagnostic::new(Code::NOT_CLOSED, "a quote is not closed")
        }
        ErrorKind::RecursionLimitExceeded => Diagnostic::new(
            Code::TOO_DEEP,
            format!(
                "more than {} mappings and lists are inside one another",
                limits::DEPTH
            ),
        )
        .expected(format!("at most {}", limits::DEPTH)),
        ErrorKind::MappingValueNotAllowed => {
            Diagnostic::new(Code::NOT_YAML, "a second \": \" stands in one value").suggest(Some(
                "quote the value if the colon belongs to it, or check the line's indentation",
            ))
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::BlockSequenceEntryNotAllowed => Diagnostic::new(
            Code::NOT_YAML,
            "this line is indented like none of the lines it could belong to",
        )
        .suggest(Some("give it the same indentation as the fields beside it")),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            Diagnostic::new(Code::NOT_YAML, "a field's name is not followed by a colon")
                .expected("NAME: VALUE")
                .suggest(Some(
                    "write a space behind the colon, and close the quotes of the line before",
                ))
        }
        ErrorKind::UnexpectedCharacter { character } => Diagnostic::new(
            Code::NOT_YAML,
            format!("a value cannot begin with {character:?}"),
        )
        .suggest(Some("quote the value")),
        ErrorKind::MissingAnchorOrAliasName => {
            Diagnostic::new(Code::NOT_YAML, "a value cannot begin with '*' or '&' alone")
                .suggest(Some("quote the value"))
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            Diagnostic::new(Code::NOT_YAML, "an escape in double quotes is unknown").suggest(Some(
                "write the backslash twice, or use single quotes, as for regular expressions",
            ))
        }
        other => Diagnostic::new(Code::NOT_YAML, format!("the text is not YAML: {other}")),
    }
}
