//! What a walk tells of a value that does not fit.

use super::{Walk, parse_integer};
use crate::{
    check::{
        Code, Diagnostic, Span,
        node::{Content, Entry, Node, shorten},
        shape::{Choices, Fields, Shape},
        suggest,
    },
    model::Form,
};

impl Walk {
    pub(super) fn form(&mut self, form: Form, text: &str, span: Span) {
        if form.fits(text) {
            return;
        }
        let shown = shorten(text);
        self.push(
            Diagnostic::new(Code::FORM, format!("{shown:?} is not {}", article(form)))
                .at(span)
                .expected(form.describe())
                .found(format!("{shown:?}"))
                .suggest(
                    form.mend(text)
                        .map(|mended| format!("did you mean {mended:?}?")),
                ),
        );
    }

    /// What was told since there were `before` of them is about a secret: it is not to be shown.
    pub(super) fn hide_from(&mut self, before: usize) {
        let here = self.here();
        for told in self.found.iter_mut().skip(before) {
            told.message = format!("{here} has not the form it must have");
            told.hide();
            told.suggestion = Some("data is base64: write plain text under stringData".to_owned());
        }
    }

    pub(super) fn count(
        &mut self,
        count: usize,
        least: usize,
        most: usize,
        what: &str,
        span: Span,
    ) {
        if (least..=most).contains(&count) {
            return;
        }
        let expected = match (least, most) {
            (least, usize::MAX) => format!("at least {least} {what}"),
            (0, most) => format!("at most {most} {what}"),
            (least, most) => format!("{least} to {most} {what}"),
        };
        let message = if count < least {
            format!("there must be {expected}")
        } else {
            format!("there are {count} {what}, and at most {most} can be")
        };
        self.push(
            Diagnostic::new(Code::COUNT, message)
                .at(span)
                .expected(expected)
                .found(count.to_string()),
        );
    }

    pub(super) fn not_a_choice(&mut self, choices: &Choices, text: &str, span: Span) {
        if choices.later.iter().any(|later| later == text) {
            self.not_yet(text, span);
            return;
        }
        let shown = shorten(text);
        let choices = &choices.values;
        let meant = suggest::nearest(text, choices.iter().map(String::as_str));
        self.push(
            Diagnostic::new(
                Code::NOT_A_CHOICE,
                format!("{shown:?} is none of the possible values"),
            )
            .at(span)
            .expected(format!("one of {}", suggest::enumerate(choices)))
            .found(format!("{shown:?}"))
            .suggest(meant.map(|meant| format!("did you mean {meant:?}?"))),
        );
    }

    pub(super) fn not_yet(&mut self, what: &str, span: Span) {
        self.push(
            Diagnostic::new(
                Code::NOT_YET,
                format!("{what} is part of Gateway API, but has no effect here yet"),
            )
            .at(span)
            .suggest(Some("remove it: nothing is taken that would do nothing")),
        );
    }

    pub(super) fn not_a_number_of(&mut self, choices: &[i64], text: &str, span: Span) {
        let choices: Vec<String> = choices.iter().map(i64::to_string).collect();
        let shown = shorten(text);
        self.push(
            Diagnostic::new(
                Code::NOT_A_CHOICE,
                format!("{shown} is none of the possible values"),
            )
            .at(span)
            .expected(format!("one of {}", suggest::enumerate(choices)))
            .found(shown),
        );
    }

    pub(super) fn not_an_integer(&mut self, text: &str, span: Span) {
        let shown = shorten(text);
        let like_digits = |b: u8| b.is_ascii_digit() || b"+_".contains(&b);
        let digits = text.replace(['_', '+'], "");
        let digits = digits.trim_start_matches('0');
        let mended = (text.bytes().all(like_digits) && !digits.is_empty()).then_some(digits);
        self.push(
            Diagnostic::new(Code::WRONG_TYPE, format!("{shown:?} is not a whole number"))
                .at(span)
                .expected("a whole number in decimal digits")
                .found(shown)
                .suggest(mended.map(|digits| format!("write {digits}"))),
        );
    }

    pub(super) fn out_of_range(&mut self, number: i64, bounds: (i64, i64), span: Span) {
        let (least, most) = bounds;
        self.push(
            Diagnostic::new(
                Code::RANGE,
                format!("{number} is not between {least} and {most}"),
            )
            .at(span)
            .expected(format!("{least} to {most}"))
            .found(number.to_string()),
        );
    }

    pub(super) fn missing(&mut self, name: &str, fields: &Fields, span: Span) {
        let expected = fields.get(name).map_or_else(String::new, describe);
        self.push(
            Diagnostic::new(
                Code::MISSING_FIELD,
                format!("the required field {name:?} is missing"),
            )
            .at(span)
            .expected(format!("{name}: {expected}")),
        );
    }

    pub(super) fn empty(&mut self, entry: &Entry<'_>) {
        self.push(
            Diagnostic::new(
                Code::EMPTY_FIELD,
                format!(
                    "the field {:?} has no value and is taken as absent",
                    entry.key
                ),
            )
            .at(entry.key_span)
            .suggest(Some("give it a value or remove it")),
        );
    }

    pub(super) fn wrong_type(&mut self, shape: &Shape, node: &Node<'_>, span: Span) {
        let what = self.here();
        let expected = describe(shape);
        let found = node.describe();
        let quoted = matches!(&node.content, Content::Scalar { text, plain: false }
            if parse_integer(text).is_some() && matches!(shape, Shape::Integer { .. } | Shape::Numbers(_)));
        let suggestion = match (shape, &node.content) {
            _ if quoted => Some("remove the quotes"),
            (Shape::List { .. }, Content::Scalar { .. } | Content::Map(_)) if !node.is_null() => {
                Some("begin it with \"- \"")
            }
            _ => None,
        };
        self.push(
            Diagnostic::new(Code::WRONG_TYPE, format!("{what} has the wrong type"))
                .at(span)
                .expected(expected)
                .found(found)
                .suggest(suggestion),
        );
    }
}

/// What a value of this shape is, for `expected`.
fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Object(_) | Shape::Map { .. } | Shape::Tagged { .. } | Shape::Envoy => {
            "a mapping".to_owned()
        }
        Shape::Free => "a value".to_owned(),
        Shape::List { .. } => "a list".to_owned(),
        Shape::Text { form: None, .. } => "a text".to_owned(),
        Shape::Text {
            form: Some(form), ..
        } => form.describe().to_owned(),
        Shape::Integer { least, most } if *least >= 0 => {
            format!("a whole number, {least} to {most}")
        }
        Shape::Integer { .. } => "a whole number".to_owned(),
        Shape::Bool => "true or false".to_owned(),
        Shape::Choice(choices) => format!("one of {}", suggest::enumerate(&choices.values)),
        Shape::Numbers(choices) => {
            let choices: Vec<String> = choices.iter().map(i64::to_string).collect();
            format!("one of {}", suggest::enumerate(&choices))
        }
    }
}

/// What a form is called in a sentence.
fn article(form: Form) -> &'static str {
    match form {
        Form::DnsLabel => "a DNS label",
        Form::DnsSubdomain => "a DNS name",
        Form::PortName => "a port's name",
        Form::PortKey => "a port's name or number",
        Form::Namespace => "a namespace",
        Form::Hostname | Form::WildcardHostname => "a host name",
        Form::Ip => "an IP address",
        Form::LabelKey => "a label's key",
        Form::LabelValue => "a label's value",
        Form::HeaderName => "a header's name",
        Form::HeaderValue => "a header's value",
        Form::Duration => "a duration",
        Form::ServiceName => "a service's name",
        Form::Path => "a path",
        Form::DataKey => "a value's name",
        Form::Base64 => "base64",
        Form::JsonPointer => "a JSON pointer",
    }
}
