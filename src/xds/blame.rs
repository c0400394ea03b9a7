//! Which resources a rejection is about.
//!
//! The protocol has one text for a whole response. Envoy and others name the resources in it; where
//! a name that was sent stands in the text as a word of its own, the others were not meant.

use std::{collections::BTreeSet, sync::Arc};

/// The resources of one response that a rejection is about.
#[derive(Debug)]
pub(super) struct Blame {
    /// None: the text names nothing that was sent, so it may be any of it.
    named: Option<BTreeSet<Arc<str>>>,
}

impl Blame {
    pub(super) fn covers(&self, name: &str) -> bool {
        self.named.as_ref().is_none_or(|named| named.contains(name))
    }

    /// Whether the text named them.
    pub(super) fn is_precise(&self) -> bool {
        self.named.is_some()
    }
}

/// Finds which of the `sent` names the `error` is about.
pub(super) fn blame<'a>(error: &str, sent: impl Iterator<Item = &'a Arc<str>>) -> Blame {
    let named: BTreeSet<_> = sent.filter(|name| says(error, name)).cloned().collect();
    Blame {
        named: (!named.is_empty()).then_some(named),
    }
}

/// Whether `name` stands in `text` as a word of its own: not as a part of a longer name.
fn says(text: &str, name: &str) -> bool {
    !name.is_empty()
        && text.match_indices(name).any(|(start, _)| {
            let end = start + name.len();
            let before = text[..start].chars().next_back();
            let mut after = text[end..].chars();
            let next = after.next();
            // A full stop or colon ends a word only where a space or the end follows it.
            let ends = match next {
                Some('.' | ':') => after.next().is_none_or(char::is_whitespace),
                next => !next.is_some_and(of_a_name),
            };
            ends && !before.is_some_and(of_a_name)
        })
}

fn of_a_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '|' | '~' | '@' | '#')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_blamed_when_it_stands_in_the_text_as_a_word() {
        // text, what is blamed of web, web-2 and default/web; none named: all.
        let cases: [(&str, &[&str]); 8] = [
            (
                "Error adding/updating cluster(s) web: no lb_policy",
                &["web"],
            ),
            ("cluster(s) web-2: bad, web: worse", &["web", "web-2"]),
            ("unknown cluster 'web-2'", &["web-2"]),
            (
                "default/web: Proto constraint validation failed",
                &["default/web"],
            ),
            ("websocket is not allowed", &["default/web", "web", "web-2"]),
            ("rejected default/web.", &["default/web"]),
            ("web:8080 is no name", &["default/web", "web", "web-2"]),
            ("", &["default/web", "web", "web-2"]),
        ];
        let sent: Vec<Arc<str>> = ["default/web", "web", "web-2"].map(Arc::from).into();
        for (text, blamed) in cases {
            let found = blame(text, sent.iter());
            let names: Vec<_> = sent.iter().filter(|name| found.covers(name)).collect();
            let names: Vec<&str> = names.into_iter().map(|name| &**name).collect();
            assert_eq!(names, blamed, "{text:?}");
            assert_eq!(found.is_precise(), blamed.len() < 3, "{text:?}");
        }
    }
}
