//! The value that a proxy's words are about, among the places that a resource comes from.

use serde_json::Value;

use super::Rejection;
use crate::model::Document;

/// Documents looked into; a resource that all routes are joined in comes from more.
const MOST: usize = 1_000;

/// Shortest text that is looked for: shorter ones stand in any sentence.
const SHORTEST: usize = 3;

/// The document and the place of the longest value in `places` that stands in the words as a word of
/// its own; of several as long, the first. Else that of the field that a broken bound is said to be
/// of, else of a value that holds what the words end with. None where there is none.
pub(super) fn narrow<'d>(
    told: &Rejection<'_>,
    places: &[(&'d Document, &str)],
) -> Option<(&'d Document, String)> {
    let hint = Hint::of(told);
    let mut best: Option<(usize, &Document, String)> = None;
    for (document, at) in places.iter().take(MOST) {
        // A value stands in the document's text as it stands in the words: without any, the tree
        // need not be made.
        let text = document.origin.text.as_deref();
        if text.is_some_and(|text| !hint.may_be_in(text)) {
            continue;
        }
        let Ok(whole) = document.to_json() else {
            continue;
        };
        let Some(value) = whole.pointer(at) else {
            continue;
        };
        let longest = best.as_ref().map_or(0, |(length, ..)| *length);
        let mut search = Search {
            hint: &hint,
            pointer: (*at).to_owned(),
            longest,
            found: None,
        };
        search.walk(value);
        if let Some(pointer) = search.found {
            best = Some((search.longest, document, pointer));
        }
    }
    best.map(|(_, document, pointer)| (document, pointer))
}

/// What the words give to look for.
struct Hint {
    /// The words behind the name of the resource, with which they mostly begin.
    words: String,
    /// `CONNECTTIMEOUT` of `ClusterValidationError.ConnectTimeout: value must ..`.
    field: Option<String>,
    /// What they end with: RE2 ends with the part of an expression that it stumbled over.
    end: Option<String>,
}

/// How good a place is that the words do not name by its value.
const BY_FIELD: usize = 2;
const BY_END: usize = 1;
/// A port says more than the address before it, which stands in many documents.
const BY_PORT: usize = 1_000;

/// Whether `words` name the port `number`: `'0.0.0.0:80'`.
fn names_port(words: &str, number: &str) -> bool {
    words.match_indices(number).any(|(start, _)| {
        let after = words[start + number.len()..].chars().next();
        words[..start].ends_with(':') && !after.is_some_and(|c| c.is_ascii_digit())
    })
}

impl Hint {
    fn of(told: &Rejection<'_>) -> Self {
        let begin = format!("{}: ", told.resource);
        let behind = told.words.split_once(&begin).map(|(_, behind)| behind);
        let words = behind.unwrap_or(told.words).to_owned();
        let field = words.rsplit_once("ValidationError.").map(|(_, rest)| {
            let end = rest.find(|c: char| !c.is_alphanumeric());
            plain(&rest[..end.unwrap_or(rest.len())])
        });
        let end = words.trim_end().rsplit_once(": ").map(|(_, end)| end);
        let end = end.filter(|end| end.len() > 1).map(str::to_owned);
        Self { words, field, end }
    }

    /// Whether a document of that text can hold what is looked for; for most that is cheap to deny.
    fn may_be_in(&self, text: &str) -> bool {
        let apart = |c: char| c.is_whitespace() || "'\":,()".contains(c);
        let mut parts = self.words.split(apart);
        self.field.is_some()
            || self.end.as_ref().is_some_and(|end| text.contains(&**end))
            || parts.any(|part| part.len() > 1 && text.contains(part))
    }
}

/// A field's name, however it is written.
fn plain(name: &str) -> String {
    name.replace('_', "").to_ascii_uppercase()
}

struct Search<'w> {
    hint: &'w Hint,
    pointer: String,
    longest: usize,
    found: Option<String>,
}

impl Search<'_> {
    fn walk(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let field = self.hint.field.as_ref();
                    let named = field.is_some_and(|field| *field == plain(name));
                    if named && self.longest < BY_FIELD {
                        self.longest = BY_FIELD;
                        self.found = Some(format!("{}/{name}", self.pointer));
                    }
                    self.within(&name.replace('~', "~0").replace('/', "~1"), value);
                }
            }
            Value::Array(items) => {
                for (place, value) in items.iter().enumerate() {
                    self.within(&place.to_string(), value);
                }
            }
            Value::String(text) if text.len() >= SHORTEST => self.consider(text),
            Value::Number(number)
                if self.longest < BY_PORT && names_port(&self.hint.words, &number.to_string()) =>
            {
                self.longest = BY_PORT;
                self.found = Some(self.pointer.clone());
            }
            _ => {}
        }
    }

    fn within(&mut self, part: &str, value: &Value) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(part);
        self.walk(value);
        self.pointer.truncate(length);
    }

    fn consider(&mut self, text: &str) {
        let holds_end = || {
            self.hint
                .end
                .as_ref()
                .is_some_and(|end| text.contains(&**end))
        };
        let good = match stands_in(&self.hint.words, text) {
            true => text.len(),
            false if self.longest < BY_END && holds_end() => BY_END,
            false => 0,
        };
        if good > self.longest {
            self.longest = good;
            self.found = Some(self.pointer.clone());
        }
    }
}

/// Whether `text` stands in `words`, not as a part of a longer word.
pub(super) fn stands_in(words: &str, text: &str) -> bool {
    words.match_indices(text).any(|(start, _)| {
        let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let before = words[..start].chars().next_back();
        let after = words[start + text.len()..].chars().next();
        let edge = |own: Option<char>, other: Option<char>| {
            !(own.is_some_and(joins) && other.is_some_and(joins))
        };
        edge(text.chars().next(), before) && edge(text.chars().next_back(), after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_as_a_word_of_its_own() {
        for (words, text, expected) in [
            ("missing ]: [a", "[a", true),
            ("unknown cluster 'orders'", "orders", true),
            ("unknown cluster 'orders-2'", "orders", false),
            ("", "orders", false),
        ] {
            assert_eq!(stands_in(words, text), expected, "{words} {text}");
        }
        for (words, port, expected) in [
            ("cannot bind '0.0.0.0:80': no", "80", true),
            ("cannot bind '0.0.0.0:8080': no", "80", false),
            ("cannot bind '10.0.0.0:8080': no", "10", false),
        ] {
            assert_eq!(names_port(words, port), expected, "{words} {port}");
        }
    }
}
