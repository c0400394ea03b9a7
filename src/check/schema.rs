//! A node against the shape it must have: every unknown and missing field, wrong type and value out
//! of its bounds, in one walk, which also makes the typed value.
//!
//! A scalar is a text where a text is wanted and a number where a number is: `on`, `1.10`, `0755`
//! need no quotes in a text, and `"80"` is no number.

mod envoy;
mod free;
mod told;

pub(super) use envoy::told;

use serde_json::{Map, Value};

use super::{
    Code, Diagnostic, Span,
    diagnostic::dotted,
    node::{Content, Entry, Node},
    shape::{Choices, Fields, Shape},
    suggest,
};
use crate::model::Form;

/// Collects what is wrong while values are read.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) found: Vec<Diagnostic>,
    /// Fields of the outermost mapping that are not looked at: those that the server writes, so that
    /// what `get` prints can be applied, and those that are read by themselves.
    pub(super) ignored: &'static [&'static str],
    root: usize,
    pointer: String,
}

impl Walk {
    pub(super) fn at(pointer: &str) -> Self {
        Self {
            pointer: pointer.to_owned(),
            root: pointer.len(),
            ..Self::default()
        }
    }

    /// The value of `node` as `shape` wants it; none where nothing can stand in for what is there.
    ///
    /// Where something is wrong, what is made is not what was declared: the nearest possible value
    /// stands in for an impossible one, and optional fields of a wrong type are left out. It is for
    /// the checks behind this one alone, so that all is told at once.
    ///
    /// `span` is what stands for the value where it is a mapping or a list.
    pub(super) fn value(&mut self, shape: &Shape, node: &Node<'_>, span: Span) -> Option<Value> {
        match (shape, &node.content) {
            (Shape::Free, _) => Some(free::value(node)),
            (Shape::Envoy, Content::Map(_)) => self.envoy(node, span),
            (Shape::Object(fields), Content::Map(entries)) => {
                self.object(fields, entries, None, span)
            }
            (
                Shape::Tagged {
                    tag,
                    choices,
                    variants,
                },
                Content::Map(entries),
            ) => {
                let (name, fields) = self.tagged(tag, choices, variants, entries, span)?;
                self.object(fields, entries, Some((tag, name)), span)
            }
            (Shape::Map { keys, values }, Content::Map(entries)) => {
                self.map(*keys, values, entries)
            }
            (Shape::List { items, least, most }, Content::List(nodes)) => {
                self.count(nodes.len(), *least, *most, "items", span);
                self.list(items, nodes)
            }
            (
                Shape::Text {
                    form,
                    least,
                    most,
                    secret,
                },
                Content::Scalar { text, .. },
            ) if !node.is_null() => {
                let before = self.found.len();
                self.text(*form, text, *least, *most, node.span);
                if *secret {
                    self.hide_from(before);
                }
                // The forms that are types of their own: a stand-in lets the other checks run.
                let text = match form {
                    Some(Form::Duration) if !Form::Duration.fits(text) => "0s",
                    Some(Form::Base64) if !Form::Base64.fits(text) => "",
                    _ => &**text,
                };
                Some(Value::String(text.to_owned()))
            }
            (Shape::Integer { least, most }, Content::Scalar { text, plain: true })
                if !node.is_null() =>
            {
                Some(self.integer(text, (*least, *most), node.span).into())
            }
            (Shape::Integer { least, most }, Content::Scalar { text, plain: false })
                if parse_integer(text).is_some() =>
            {
                self.wrong_type(shape, node, span);
                let meant = parse_integer(text).unwrap_or_default();
                Some(meant.clamp(*least, *most).into())
            }
            (Shape::Numbers(choices), Content::Scalar { text, plain: true }) if !node.is_null() => {
                let number = parse_integer(text).filter(|n| choices.contains(n));
                if number.is_none() {
                    self.not_a_number_of(choices, text, node.span);
                }
                number.or(choices.first().copied()).map(Value::from)
            }
            (Shape::Choice(choices), Content::Scalar { text, .. }) if !node.is_null() => {
                let values = &choices.values;
                if !values.iter().any(|choice| choice == text) {
                    self.not_a_choice(choices, text, node.span);
                    let meant = suggest::nearest(text, values.iter().map(String::as_str));
                    return meant
                        .or(values.first().map(String::as_str))
                        .map(Value::from);
                }
                Some(Value::String(text.to_string()))
            }
            (Shape::Bool, Content::Scalar { text, plain: true }) if !node.is_null() => {
                match &**text {
                    "true" => Some(Value::Bool(true)),
                    "false" => Some(Value::Bool(false)),
                    _ => {
                        self.wrong_type(shape, node, span);
                        None
                    }
                }
            }
            _ => {
                self.wrong_type(shape, node, span);
                None
            }
        }
    }

    fn object(
        &mut self,
        fields: &Fields,
        entries: &[Entry<'_>],
        tag: Option<(&str, &str)>,
        span: Span,
    ) -> Option<Value> {
        let mut made = Map::new();
        let mut whole = true;
        let mut present: Vec<&str> = Vec::new();
        for entry in entries {
            let key = &*entry.key;
            if let Some((tag, value)) = tag
                && key == tag
            {
                present.push(tag);
                made.insert(tag.to_owned(), value.into());
                continue;
            }
            let Some(shape) = fields.get(key) else {
                whole &= self.unknown(fields, entries, entry, &mut made, &mut present);
                continue;
            };
            present.push(key);
            let length = self.enter(key);
            if entry.value.is_null() && !fields.required.iter().any(|name| name == key) {
                self.empty(entry);
            } else if let Some(value) = self.value(shape, &entry.value, entry.span()) {
                made.insert(key.to_owned(), value);
            } else {
                // Without an optional field the rest can still be looked at.
                whole &= !fields.required.iter().any(|name| name == key);
            }
            self.leave(length);
        }
        for name in &fields.required {
            if !present.contains(&name.as_str()) {
                self.missing(name, fields, span);
                whole = false;
            }
        }
        whole.then_some(Value::Object(made))
    }

    /// A field the mapping does not have. Where it is plainly another one misspelt, its value is
    /// read as that one's: one slip is one error, and those inside it are seen too.
    fn unknown<'f>(
        &mut self,
        fields: &'f Fields,
        entries: &[Entry<'_>],
        entry: &Entry<'_>,
        made: &mut Map<String, Value>,
        present: &mut Vec<&'f str>,
    ) -> bool {
        let key = &*entry.key;
        if self.pointer.len() == self.root && self.ignored.contains(&key) {
            return true;
        }
        if fields.later.iter().any(|later| later == key) {
            let length = self.enter(key);
            self.not_yet(key, entry.key_span);
            self.leave(length);
            return true;
        }
        let names = || fields.fields.iter().map(|(name, _)| name.as_str());
        let free = names().filter(|name| entries.iter().all(|other| other.key != *name));
        let meant = suggest::nearest(key, free);
        let length = self.enter(key);
        let mut diagnostic = Diagnostic::new(Code::UNKNOWN_FIELD, format!("unknown field {key:?}"))
            .expected(format!("one of {}", suggest::enumerate(names())))
            .suggest(meant.map(|name| format!("did you mean {name:?}?")));
        if fields.fields.is_empty() {
            diagnostic.expected = Some("no fields".to_owned());
        }
        self.push(diagnostic.at(entry.key_span));
        let mut whole = true;
        if let Some(name) = meant
            && let Some(shape) = fields.get(name)
        {
            present.push(name);
            match self.value(shape, &entry.value, entry.span()) {
                Some(value) => drop(made.insert(name.to_owned(), value)),
                None => whole = false,
            }
        }
        self.leave(length);
        whole
    }

    /// Which of `variants` the field `tag` chooses.
    fn tagged<'s>(
        &mut self,
        tag: &str,
        choices: &'s Choices,
        variants: &'s [Fields],
        entries: &[Entry<'_>],
        span: Span,
    ) -> Option<(&'s str, &'s Fields)> {
        let Some(entry) = entries.iter().find(|entry| entry.key == tag) else {
            let values = suggest::enumerate(&choices.values);
            self.push(
                Diagnostic::new(
                    Code::MISSING_FIELD,
                    format!("the required field {tag:?} is missing"),
                )
                .at(span)
                .expected(format!("{tag}: one of {values}")),
            );
            return None;
        };
        let length = self.enter(tag);
        let value = entry.value.text();
        let mut named = choices.values.iter().zip(variants);
        let variant = named.find(|(name, _)| Some(name.as_str()) == value);
        match (variant, value) {
            (None, Some(value)) => self.not_a_choice(choices, value, entry.value.span),
            (None, None) => {
                let shape = Shape::Choice(choices.clone());
                self.wrong_type(&shape, &entry.value, entry.span());
            }
            (Some(_), _) => {}
        }
        self.leave(length);
        variant.map(|(name, fields)| (name.as_str(), fields))
    }

    fn map(&mut self, keys: Option<Form>, values: &Shape, entries: &[Entry<'_>]) -> Option<Value> {
        let mut made = Map::new();
        let mut whole = true;
        for entry in entries {
            let length = self.enter(&entry.key);
            if let Some(form) = keys {
                self.form(form, &entry.key, entry.key_span);
            }
            match self.value(values, &entry.value, entry.span()) {
                Some(value) => drop(made.insert(entry.key.to_string(), value)),
                None => whole = false,
            }
            self.leave(length);
        }
        whole.then_some(Value::Object(made))
    }

    fn list(&mut self, shape: &Shape, nodes: &[Node<'_>]) -> Option<Value> {
        let mut made = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let length = self.enter(&index.to_string());
            made.extend(self.value(shape, node, node.span));
            self.leave(length);
        }
        (made.len() == nodes.len()).then_some(Value::Array(made))
    }

    fn text(&mut self, form: Option<Form>, text: &str, least: usize, most: usize, span: Span) {
        match form {
            Some(form) => self.form(form, text, span),
            None => self.count(text.len(), least, most, "bytes", span),
        }
    }

    /// The number, or the nearest possible one to stand in for it.
    fn integer(&mut self, text: &str, bounds: (i64, i64), span: Span) -> i64 {
        let (least, most) = bounds;
        match parse_integer(text) {
            None => {
                self.not_an_integer(text, span);
                1.clamp(least, most)
            }
            Some(number) => {
                if !(least..=most).contains(&number) {
                    self.out_of_range(number, bounds, span);
                }
                number.clamp(least, most)
            }
        }
    }

    /// The field that is looked at.
    fn here(&self) -> String {
        dotted(&self.pointer)
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic.pointer(self.pointer.clone()));
    }

    fn enter(&mut self, part: &str) -> usize {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer
            .push_str(&part.replace('~', "~0").replace('/', "~1"));
        length
    }

    fn leave(&mut self, length: usize) {
        self.pointer.truncate(length);
    }
}

/// Decimal digits as JSON has them: no sign but a minus, no leading zero.
fn parse_integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let plain = decimal && (digits == "0" || !digits.starts_with('0'));
    plain.then(|| text.parse().ok())?
}
