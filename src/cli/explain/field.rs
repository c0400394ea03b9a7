//! A field as its JSON Schema tells it.
//!
//! Knows the part of JSON Schema that our kinds use: that `check` reads every word of it is tested
//! there.

use serde_json::{Map, Value};

use super::super::paint::{Ink, width};
use crate::model::Form;

/// Columns of what is told: as kubectl has it, whatever the terminal's own.
const WIDTH: usize = 80;

/// One field.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) name: &'a str,
    pub(super) schema: &'a Value,
    required: bool,
    /// The choice of its mapping's tag that has it, where only one does.
    only_for: Option<&'a str>,
    /// What its mapping can be, where it is the field that tells which.
    variants: &'a [Value],
}

/// The parts of `httproute.spec.rules[0].backendRefs`; indices are left out.
pub(super) fn path(text: &str) -> Vec<String> {
    let part = |part: &str| part.split('[').next().unwrap_or_default().to_owned();
    text.trim_end_matches('.').split('.').map(part).collect()
}

impl<'a> Field<'a> {
    pub(super) fn root(schema: &'a Value) -> Self {
        Self {
            name: "",
            schema,
            required: true,
            only_for: None,
            variants: &[],
        }
    }

    pub(super) fn child(&self, name: &str) -> Option<Self> {
        let found = self
            .children()
            .find(|child| child.name.eq_ignore_ascii_case(name));
        // In a mapping whose fields the operator names, any name leads to the same values.
        found.or_else(|| {
            let values = inner(self.schema).get("additionalProperties")?;
            values.is_object().then_some(Self {
                name: "*",
                schema: values,
                required: false,
                only_for: None,
                variants: &[],
            })
        })
    }

    /// The fields of its mapping, or of the mappings it is a list of.
    pub(super) fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let schema = innermost(self.schema);
        let variants = schema.get("oneOf").and_then(Value::as_array);
        let variants = variants.map(Vec::as_slice).unwrap_or_default();
        let mut found = properties(schema);
        for variant in variants {
            let only = tag(variant);
            for mut field in variant.as_object().map(properties).unwrap_or_default() {
                if found.iter().any(|known| known.name == field.name) {
                    continue;
                }
                match field.schema["const"].is_string() {
                    true => field.variants = variants,
                    false => field.only_for = only,
                }
                found.push(field);
            }
        }
        found.into_iter()
    }

    /// `<[]Object>`, and that it is required.
    pub(super) fn type_shown(&self) -> String {
        let shown = format!("<{}>", type_of(self.schema));
        let required = match (self.required, self.name) {
            (true, name) if !name.is_empty() => Ink::Warning.on(" -required-"),
            _ => String::new(),
        };
        format!("{}{required}", Ink::Good.on(shown))
    }

    pub(super) fn line(&self) -> String {
        format!("{} {}", Ink::Strong.on(self.name), self.type_shown())
    }

    pub(super) fn description(&self) -> Option<String> {
        let text = self.schema["description"].as_str();
        let text = text.or_else(|| inner(self.schema).get("description")?.as_str());
        text.map(plain)
    }

    /// What its values must be, beyond their type.
    pub(super) fn rules(&self) -> impl Iterator<Item = String> {
        let schema = inner(self.schema);
        let items = innermost(self.schema);
        let only = self
            .only_for
            .map(|value| format!("Only where the type is {value}."));
        let choices = match self.variants {
            [] => choices(self.schema),
            variants => variants.iter().filter_map(variant).collect(),
        };
        let choices = (!choices.is_empty()).then(|| {
            let told: Vec<String> = choices
                .iter()
                .map(|(value, about)| match about {
                    Some(about) => format!("{value}: {}", plain(about)),
                    None => value.clone(),
                })
                .collect();
            match &*choices {
                [(only, None)] => format!("Always {only}."),
                all if all.iter().any(|(_, about)| about.is_some()) => told.join("\n"),
                _ => format!("One of {}.", told.join(", ")),
            }
        });
        let form = [schema, items]
            .into_iter()
            .find_map(|schema| Form::by_name(schema.get("format")?.as_str()?))
            .map(|form| format!("Must be {}.", form.describe()));
        let number = |word| schema.get(word).and_then(Value::as_i64);
        let bounds = match (number("minimum"), number("maximum")) {
            (Some(least), Some(most)) => Some(format!("{least} to {most}.")),
            (Some(least), None) if least > 0 => Some(format!("At least {least}.")),
            (None, Some(most)) => Some(format!("At most {most}.")),
            _ => None,
        };
        [only, choices, form, bounds].into_iter().flatten()
    }
}

fn properties(schema: &Map<String, Value>) -> Vec<Field<'_>> {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let fields = schema.get("properties").and_then(Value::as_object);
    let field = |(name, schema)| Field {
        name,
        schema,
        required: required(name),
        only_for: None,
        variants: &[],
    };
    let pairs = fields.into_iter().flatten();
    pairs
        .map(|(name, schema)| field((name.as_str(), schema)))
        .collect()
}

/// The value of the field that tells a mapping's variants apart.
fn tag(variant: &Value) -> Option<&str> {
    let mut fields = variant["properties"].as_object()?.values();
    fields.find_map(|schema| schema["const"].as_str())
}

/// The choice that makes this variant, and what it means.
fn variant(variant: &Value) -> Option<(String, Option<&str>)> {
    Some((tag(variant)?.to_owned(), variant["description"].as_str()))
}

/// What is meant where nothing may stand instead.
fn inner(schema: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let real = schema["anyOf"].as_array().and_then(|alternatives| {
        let mut real = alternatives.iter().filter(|one| one["type"] != "null");
        real.next()
    });
    match real {
        Some(real) => inner(real),
        None => schema.as_object().unwrap_or(&NONE),
    }
}

/// The mapping itself where it is a list of mappings.
fn innermost(schema: &Value) -> &Map<String, Value> {
    let found = inner(schema);
    match (found.get("items"), found.get("additionalProperties")) {
        (Some(items), _) => innermost(items),
        (None, Some(values)) if values.is_object() => innermost(values),
        _ => found,
    }
}

fn type_of(schema: &Value) -> String {
    let schema = inner(schema);
    if let Some(items) = schema.get("items") {
        return format!("[]{}", type_of(items));
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        return format!("map[string]{}", type_of(values));
    }
    let name = match schema.get("type") {
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .find(|n| *n != "null"),
        Some(name) => name.as_str(),
        None => None,
    };
    let variants = schema.get("oneOf").and_then(Value::as_array);
    let objects = variants.is_some_and(|all| all.iter().all(|one| one["type"] == "object"));
    match name {
        Some("object") => "Object".to_owned(),
        Some(name) => name.to_owned(),
        None if objects => "Object".to_owned(),
        None if variants.is_some() || schema.contains_key("enum") => "string".to_owned(),
        None if schema.contains_key("const") => "string".to_owned(),
        // Any value: what it must be is told by another field.
        None => "any".to_owned(),
    }
}

/// The texts or numbers it can be, each with what it means where that is told.
fn choices(schema: &Value) -> Vec<(String, Option<&str>)> {
    let schema = innermost(schema);
    let shown = |value: &Value| match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let list = |word: &str| {
        schema
            .get(word)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let mut found: Vec<_> = list("enum").map(|value| (shown(value), None)).collect();
    for variant in list("oneOf") {
        if let Some(value) = variant.get("const") {
            found.push((shown(value), variant["description"].as_str()));
        }
    }
    found.extend(schema.get("const").map(|only| (shown(only), None)));
    found
}

/// Doc comments as people read them: no links between types.
pub(super) fn plain(text: &str) -> String {
    text.replace("[`", "`").replace("`]", "`")
}

/// `text` in lines of at most 80 columns, each `indent` deep.
pub(super) fn wrapped(text: &str, indent: usize) -> String {
    let mut shown = String::new();
    for paragraph in text.split("\n\n").flat_map(|part| {
        // A doc comment breaks lines where its source does; lists keep theirs.
        let list = part.lines().count() > 1 && part.lines().all(|line| line.contains(": "));
        match list {
            true => part.lines().map(str::to_owned).collect(),
            false => vec![part.replace('\n', " ")],
        }
    }) {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && indent + width(&line) + 1 + width(word) > WIDTH {
                shown.push_str(&format!("{}{line}\n", " ".repeat(indent)));
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        shown.push_str(&format!("{}{line}\n", " ".repeat(indent)));
    }
    shown
}
