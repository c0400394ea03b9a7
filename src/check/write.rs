//! Documents as YAML text.
//!
//! Fields keep the order they have in the JSON object, which for a document is that of its types. A
//! text that some reader of YAML 1.1 or 1.2 would take for a number, a boolean, a date or nothing is
//! quoted, so that what is written here can be read by others too.

use serde::Serialize;

/// What cannot be written as YAML.
#[derive(Debug, thiserror::Error)]
#[error("cannot be written as YAML: {0}")]
pub struct NotWritable(#[from] serde_saphyr::ser::Error);

/// `value` in block style, ending with a line feed. Several documents are joined by `---` lines.
///
/// # Errors
/// None for JSON values, which is what documents are written as.
pub fn to_yaml<T: Serialize>(value: &T) -> Result<String, NotWritable> {
    let options = serde_saphyr::ser_options! {
        // Long texts stay on one line: folded ones read like several.
        folded_wrap_chars: usize::MAX,
    };
    Ok(serde_saphyr::to_string_with_options(value, options)?)
}
