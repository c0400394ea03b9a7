//! A document as it stands in its text: a tree in which everything knows its place.
//!
//! A scalar stays the text that was written: whether `on`, `1.10` or `0755` is a text or a number
//! is decided by the field it is given to, never by how it looks.

use std::borrow::Cow;

/// A place in a text: line and column from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// A stretch of text: `end` is the place behind its last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Span {
    /// Its first character.
    pub start: Place,
    /// Behind its last character.
    pub end: Place,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    /// A mapping's or block list's span is its beginning only: what an error underlines.
    pub(super) span: Span,
    pub(super) content: Content<'a>,
}

#[derive(Debug, Clone)]
pub(super) enum Content<'a> {
    /// `plain`: written without quotes.
    Scalar {
        text: Cow<'a, str>,
        plain: bool,
    },
    List(Vec<Node<'a>>),
    Map(Vec<Entry<'a>>),
}

#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) key_span: Span,
    pub(super) value: Node<'a>,
}

impl<'a> Node<'a> {
    pub(super) fn entries(&self) -> Option<&[Entry<'a>]> {
        match &self.content {
            Content::Map(entries) => Some(entries),
            Content::Scalar { .. } | Content::List(_) => None,
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// The text of a scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } if !self.is_null() => Some(text),
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// Nothing was written, or one of YAML's words for it.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true }
            if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Nothing, or a list or mapping without anything in it.
    pub(super) fn is_empty(&self) -> bool {
        match &self.content {
            Content::Scalar { .. } => self.is_null(),
            Content::List(items) => items.is_empty(),
            Content::Map(entries) => entries.is_empty(),
        }
    }

    /// Where what `pointer` names stands, or else the nearest thing around it. A field is
    /// underlined at its key where its value is a mapping or a list, else at its value.
    pub(super) fn locate(&self, pointer: &str) -> Span {
        self.places(pointer).0
    }

    /// The same for the name of a field rather than its value.
    pub(super) fn locate_name(&self, pointer: &str) -> Span {
        self.places(pointer).1
    }

    /// Where a value stands, and where its name does.
    fn places(&self, pointer: &str) -> (Span, Span) {
        let mut here = self;
        let mut span = self.span;
        let mut name = self.span;
        for part in pointer.split('/').skip(1) {
            let part = part.replace("~1", "/").replace("~0", "~");
            match &here.content {
                Content::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == part) else {
                        break;
                    };
                    span = entry.span();
                    name = entry.key_span;
                    here = &entry.value;
                }
                Content::List(items) => {
                    let Some(item) = part.parse().ok().and_then(|i: usize| items.get(i)) else {
                        break;
                    };
                    span = item.span;
                    name = item.span;
                    here = item;
                }
                Content::Scalar { .. } => break,
            }
        }
        (span, name)
    }

    /// What it is, for an error's `found`.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            _ if self.is_null() => "nothing".to_owned(),
            Content::Scalar { text, plain: true } => shorten(text),
            Content::Scalar { text, plain: false } => format!("the text {:?}", shorten(text)),
            Content::List(_) => "a list".to_owned(),
            Content::Map(_) => "a mapping".to_owned(),
        }
    }
}

impl Entry<'_> {
    /// What to underline for the field as a whole.
    pub(super) fn span(&self) -> Span {
        match &self.value.content {
            Content::Scalar { .. } if !self.value.is_null() => self.value.span,
            _ => self.key_span,
        }
    }
}

/// At most 60 characters of a value: enough to recognise it by.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 60;
    if text.chars().count() <= MOST {
        text.to_owned()
    } else {
        text.chars().take(MOST - 2).chain("..".chars()).collect()
    }
}
