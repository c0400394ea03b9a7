//! What Envoy asks of a message beyond its types: `validate.rules` of its descriptors.
//!
//! One family of rules a file. Each message is checked by itself when it is read, so that what is
//! nested, in an `Any` too, is checked at its own place.
//!
//! Left out, since nothing in Envoy's API uses them: `timestamp`, `map.no_sparse`, and
//! `validate.disabled`; and `message.skip`, which stands at one field that Envoy does not implement
//! and would let broken messages pass. A test holds that every rule that occurs is known here.

mod any;

mod bytes;
mod choice;
mod duration;
mod flag;
mod list;
mod map;
mod number;
mod text;

use std::{collections::HashMap, sync::LazyLock};

use netloft_proto::descriptors;
use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor,
    ReflectMessage as _, Value,
};

use super::{Fault, Finding, read::Written};

/// The rules of one message.
#[derive(Debug, Default)]
struct Rules {
    fields: Vec<(FieldDescriptor, FieldRules)>,
    /// Of each of these one member must be given.
    oneofs: Vec<OneofDescriptor>,
}

/// The rules of one field, or of the items, keys or values of one.
#[derive(Debug, Default)]
struct FieldRules {
    /// It must be given.
    required: bool,
    family: Option<Family>,
}

/// What a value must be.
#[derive(Debug)]
enum Family {
    Number(number::Rules),
    Bool(flag::Rules),
    Text(Box<text::Rules>),
    Bytes(bytes::Rules),
    Choice(choice::Rules),
    List(list::Rules),
    Map(map::Rules),
    Any(any::Rules),
    Duration(duration::Rules),
}

/// Where a value stands, and what is told of it.
struct Told<'a> {
    pointer: String,
    findings: &'a mut Vec<Finding>,
}

impl Told<'_> {
    fn tell(&mut self, fault: Fault, expected: impl Into<String>, found: impl Into<String>) {
        let expected = expected.into();
        let message = format!("Envoy does not take this value: it must be {expected}");
        let finding = Finding::new(fault, &self.pointer, message);
        self.findings.push(finding.expected(expected).found(found));
    }

    fn below(&mut self, part: &str) -> Told<'_> {
        let part = part.replace('~', "~0").replace('/', "~1");
        Told {
            pointer: format!("{}/{part}", self.pointer),
            findings: &mut *self.findings,
        }
    }
}

/// Tells what of `message`, which stands at `pointer`, breaks a rule. What was told of already is
/// not looked at.
pub(super) fn check(
    message: &DynamicMessage,
    written: &Written,
    pointer: &str,
    findings: &mut Vec<Finding>,
) {
    static ALL: LazyLock<HashMap<String, Rules>> = LazyLock::new(|| {
        let messages = descriptors::pool().all_messages();
        let rules = messages.filter_map(|of| Some((of.full_name().to_owned(), Rules::of(&of)?)));
        rules.collect()
    });
    let Some(rules) = ALL.get(message.descriptor().full_name()) else {
        return;
    };
    for (field, rules) in &rules.fields {
        if written.broken.contains(&field.number()) {
            continue;
        }
        let name = written.names.get(&field.number());
        let mut told = Told {
            pointer: match name {
                Some(name) => format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                None => pointer.to_owned(),
            },
            findings: &mut *findings,
        };
        let given = message.has_field(field);
        let chosen = field
            .containing_oneof()
            .is_some_and(|it| !it.is_synthetic());
        if chosen && !given {
            continue; // of a oneof only the member that is given has rules
        }
        if rules.required && !given && name.is_none() {
            told.findings.push(missing(field, pointer));
        } else if given || (!field.supports_presence() && name.is_some()) {
            rules.check(&message.get_field(field), &mut told);
        } else if !field.supports_presence() {
            absent(rules, field, &message.get_field(field), pointer, findings);
        }
    }
    for oneof in &rules.oneofs {
        let given = |field: FieldDescriptor| {
            message.has_field(&field) || written.names.contains_key(&field.number())
        };
        if !oneof.fields().any(given) {
            let names: Vec<String> = oneof.fields().map(|it| it.name().to_owned()).collect();
            let names = names.join(", ");
            let of = message.descriptor();
            let message = format!("{} needs one of {names}", of.full_name());
            let finding = Finding::new(Fault::Missing, pointer, message);
            findings.push(finding.expected(format!("one of {names}")).found("none"));
        }
    }
}

/// A field without presence that is not given has its type's default, which the rules must allow.
fn absent(
    rules: &FieldRules,
    field: &FieldDescriptor,
    default: &Value,
    pointer: &str,
    findings: &mut Vec<Finding>,
) {
    let mut broken = Vec::new();
    rules.check(
        default,
        &mut Told {
            pointer: pointer.to_owned(),
            findings: &mut broken,
        },
    );
    if let Some(first) = broken.pop() {
        let mut finding = missing(field, pointer);
        finding.expected = first.expected.map(|it| format!("{}: {it}", field.name()));
        findings.push(finding);
    }
}

fn missing(field: &FieldDescriptor, pointer: &str) -> Finding {
    let of = field.parent_message().full_name().to_owned();
    let message = format!("{of} needs the field {:?}", field.name());
    Finding::new(Fault::Missing, pointer, message).expected(field.name())
}

impl Rules {
    /// None where nothing is asked of it.
    fn of(message: &MessageDescriptor) -> Option<Self> {
        let extension = rules_extension()?;
        let fields = message.fields().filter_map(|field| {
            let options = field.options();
            let given = options.has_extension(&extension);
            let rules = given.then(|| options.get_extension(&extension))?;
            let rules = FieldRules::of(rules.as_message()?, &field.kind());
            Some((field, rules))
        });
        let fields: Vec<_> = fields.collect();
        let required = descriptors::pool().get_extension_by_name("validate.required")?;
        let oneofs = message.oneofs().filter(|oneof| {
            let required = oneof.options().get_extension(&required).as_bool();
            required == Some(true)
        });
        let oneofs: Vec<_> = oneofs.collect();
        (!fields.is_empty() || !oneofs.is_empty()).then_some(Self { fields, oneofs })
    }
}

fn rules_extension() -> Option<ExtensionDescriptor> {
    descriptors::pool().get_extension_by_name("validate.rules")
}

impl FieldRules {
    /// `kind`: of the field, or of the items, keys or values that the rules are for.
    fn of(rules: &DynamicMessage, kind: &Kind) -> Self {
        let inner = |name: &str| {
            let field = rules.descriptor().get_field_by_name(name)?;
            let inner = rules.has_field(&field).then(|| rules.get_field(&field))?;
            inner.as_message().cloned()
        };
        let message = inner("message");
        let mut required = message.is_some_and(|rules| flag(&rules, "required"));
        let oneof = rules.descriptor().oneofs().next();
        let given = oneof.and_then(|oneof| oneof.fields().find(|it| rules.has_field(it)));
        let family = given.and_then(|field| {
            let rules = inner(field.name())?;
            Some(match field.name() {
                "bool" => Family::Bool(flag::Rules::of(&rules)),
                "string" => Family::Text(Box::new(text::Rules::of(&rules))),
                "bytes" => Family::Bytes(bytes::Rules::of(&rules)),
                "enum" => Family::Choice(choice::Rules::of(&rules, kind)),
                "repeated" => Family::List(list::Rules::of(&rules, kind)),
                "map" => Family::Map(map::Rules::of(&rules, kind)),
                "any" => {
                    required |= flag(&rules, "required");
                    Family::Any(any::Rules::of(&rules))
                }
                "duration" => {
                    required |= flag(&rules, "required");
                    Family::Duration(duration::Rules::of(&rules))
                }
                "timestamp" => return None,
                _ => Family::Number(number::Rules::of(&rules)),
            })
        });
        Self { required, family }
    }

    fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(family) = &self.family else {
            return;
        };
        // A wrapper's rules are those of what it wraps.
        let wrapped = value.as_message().and_then(unwrap);
        let value = wrapped.as_ref().unwrap_or(value);
        match family {
            Family::Number(rules) => rules.check(value, told),
            Family::Bool(rules) => rules.check(value, told),
            Family::Text(rules) => rules.check(value, told),
            Family::Bytes(rules) => rules.check(value, told),
            Family::Choice(rules) => rules.check(value, told),
            Family::List(rules) => rules.check(value, told),
            Family::Map(rules) => rules.check(value, told),
            Family::Any(rules) => rules.check(value, told),
            Family::Duration(rules) => rules.check(value, told),
        }
    }
}

fn unwrap(message: &DynamicMessage) -> Option<Value> {
    let of = message.descriptor();
    let bare = of.full_name().strip_prefix("google.protobuf.")?;
    let wraps = bare.ends_with("Value") && !matches!(bare, "Value" | "ListValue" | "NullValue");
    let value = wraps.then(|| message.get_field_by_name("value"))??;
    Some(value.into_owned())
}

/// The rule `name` of a family; none where it is not set.
fn rule(rules: &DynamicMessage, name: &str) -> Option<Value> {
    let field = rules.descriptor().get_field_by_name(name)?;
    let given = rules.has_field(&field);
    given.then(|| rules.get_field(&field).into_owned())
}

fn flag(rules: &DynamicMessage, name: &str) -> bool {
    rule(rules, name).and_then(|value| value.as_bool()) == Some(true)
}

fn size(rules: &DynamicMessage, name: &str) -> Option<u64> {
    rule(rules, name)?.as_u64()
}

fn several(rules: &DynamicMessage, name: &str) -> Vec<Value> {
    match rule(rules, name) {
        Some(Value::List(list)) => list,
        _ => Vec::new(),
    }
}

/// `3 to 5 items`, `at least 3 items`, `at most 5 items`.
fn between(least: Option<u64>, most: Option<u64>, what: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!("exactly {least} {what}"),
        (Some(least), Some(most)) => format!("{least} to {most} {what}"),
        (Some(1), None) if what != "items" && what != "entries" => "not empty".to_owned(),
        (Some(least), None) => format!("at least {least} {what}"),
        (None, Some(most)) => format!("at most {most} {what}"),
        (None, None) => what.to_owned(),
    }
}

/// Whether `count` lies outside of the bounds that are set.
fn outside(count: usize, least: Option<u64>, most: Option<u64>) -> bool {
    let count = count as u64;
    least.is_some_and(|least| count < least) || most.is_some_and(|most| count > most)
}

#[cfg(test)]
mod tests;
