//! What a message is read from: a tree of values, of whatever text.

use std::borrow::Cow;

use serde_json::Value;

/// A value to read from.
pub trait Source: Sized {
    /// What it is.
    fn form(&self) -> Form<'_, Self>;
}

/// What a value is.
#[derive(Debug)]
pub enum Form<'a, S> {
    /// Nothing.
    Null,
    /// A scalar as it is written; `plain`: without quotes, so that it may be a number or a bool.
    Scalar {
        /// What is written.
        text: Cow<'a, str>,
        /// Whether it has no quotes.
        plain: bool,
    },
    /// A list.
    List(Vec<&'a S>),
    /// A mapping, in the order it is written; no name stands there twice.
    Map(Vec<(&'a str, &'a S)>),
}

impl Source for Value {
    fn form(&self) -> Form<'_, Self> {
        let plain = |text: String| Form::Scalar {
            text: text.into(),
            plain: true,
        };
        match self {
            Self::Null => Form::Null,
            Self::Bool(value) => plain(value.to_string()),
            Self::Number(value) => plain(value.to_string()),
            Self::String(text) => Form::Scalar {
                text: text.into(),
                plain: false,
            },
            Self::Array(items) => Form::List(items.iter().collect()),
            Self::Object(fields) => {
                let fields = fields.iter();
                Form::Map(fields.map(|(name, value)| (name.as_str(), value)).collect())
            }
        }
    }
}

impl<S> Form<'_, S> {
    /// What it is, for an error's `found`.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Scalar { text, plain: true } => shorten(text),
            Self::Scalar { text, plain: false } => format!("the text {:?}", shorten(text)),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
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
