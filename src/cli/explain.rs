//! `netloft explain`: what a kind, a field or a code means.
//!
//! Fields are told from the JSON Schema that documents are checked with, so that what is told is
//! what is taken.

mod code;
mod field;

use std::fmt::Write as _;

use clap_complete::engine::ArgValueCandidates;
use serde_json::{Value, json};

use super::{
    Failure, complete,
    get::kind,
    output::{Output, table},
    paint::Ink,
};
use crate::{check::Code, model::Kind};

use field::Field;

/// Explains a kind, a field of it, or a code.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A kind, with the path of a field (httproute.spec.rules), or a code (NL0203); absent: all kinds
    #[arg(value_name = "KIND[.FIELD..]|CODE", add = ArgValueCandidates::new(complete::subjects))]
    what: Option<String>,

    /// All fields below, as a tree
    #[arg(long)]
    recursive: bool,

    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let Some(what) = &args.what else {
        return kinds(&args.output);
    };
    // `nl0203` too: a shift key is no reason to fail.
    if let Ok(code) = what.to_uppercase().parse::<Code>() {
        return code::explain(code, &args.output);
    }
    let mut path = field::path(what);
    let kind = kind(&path.remove(0)).map_err(|known| {
        Failure::usage(format!(
            "{what:?} begins with no kind and is no code: {known}"
        ))
        .next("netloft explain")
    })?;
    let document = kind.document_schema().to_value();
    let root = Field::root(&document);
    let mut here = root.clone();
    for (index, part) in path.iter().enumerate() {
        let above = dotted(kind, &path[..index]);
        here = here.child(part).ok_or_else(|| {
            let names: Vec<&str> = here.children().map(|child| child.name).collect();
            let there = match names.is_empty() {
                true => "it has no fields".to_owned(),
                false => format!("its fields are {}", names.join(", ")),
            };
            let found =
                elsewhere(&root, part).map_or_else(|| above.clone(), |path| dotted(kind, &path));
            Failure::not_found(format!("{above} has no field {part:?}: {there}"))
                .next(format!("netloft explain {found}"))
        })?;
    }
    let names = || here.children().map(|child| child.name.to_owned()).collect();
    let text = || match args.recursive {
        true => format!("{}\n{}", head(kind, &path, &here), tree(&here, 1)),
        false => format!("{}{}", head(kind, &path, &here), fields(&here)),
    };
    args.output.show(here.schema, text, names)
}

fn dotted<T: AsRef<str>>(kind: Kind, path: &[T]) -> String {
    let mut text = kind.facts().kind.to_lowercase();
    for part in path {
        text.push('.');
        text.push_str(part.as_ref());
    }
    text
}

/// The shortest path to a field called `name`, which was looked for in the wrong place.
fn elsewhere<'a>(root: &Field<'a>, name: &str) -> Option<Vec<&'a str>> {
    let mut rows = vec![(Vec::new(), root.clone())];
    while !rows.is_empty() {
        let mut below = Vec::new();
        for (path, field) in rows {
            for child in field.children() {
                let path: Vec<&str> = [&path[..], &[child.name]].concat();
                if child.name.eq_ignore_ascii_case(name) {
                    return Some(path);
                }
                below.push((path, child));
            }
        }
        rows = below;
    }
    None
}

fn kinds(output: &Output) -> Result<(), Failure> {
    let facts = || Kind::ALL.iter().map(|kind| kind.facts());
    let row = |kind: &Kind| {
        let facts = kind.facts();
        let about = kind.spec_schema();
        let about = about.get("description").and_then(Value::as_str);
        let about = field::plain(about.unwrap_or_default());
        let sentence = about.split([':', '.']).next().unwrap_or_default();
        vec![
            facts.kind.to_owned(),
            facts.short.join(","),
            facts.api_version(),
            sentence.replace('\n', " "),
        ]
    };
    let rows = || {
        let rows: Vec<_> = Kind::ALL.iter().map(row).collect();
        let next = Ink::Place.on("netloft explain KIND");
        let table = table(&["KIND", "SHORT", "APIVERSION", "WHAT IT IS"], &rows);
        format!("{table}{next} tells its fields\n")
    };
    let all: Vec<Value> = facts()
        .map(|facts| {
            json!({
                "kind": facts.kind,
                "apiVersion": facts.api_version(),
                "plural": facts.plural,
                "short": facts.short,
            })
        })
        .collect();
    output.show(&all, rows, || {
        facts().map(|facts| facts.kind.to_owned()).collect()
    })
}

fn head(kind: Kind, path: &[String], field: &Field<'_>) -> String {
    let facts = kind.facts();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}     {}", Ink::Strong.on("KIND:"), facts.kind);
    let _ = writeln!(
        text,
        "{}  {}",
        Ink::Strong.on("VERSION:"),
        facts.api_version()
    );
    if !path.is_empty() {
        let (title, name) = (Ink::Strong.on("FIELD:"), path.join("."));
        let _ = writeln!(text, "{title}    {name} {}", field.type_shown());
    }
    let _ = writeln!(text, "\n{}", Ink::Strong.on("DESCRIPTION:"));
    let told: Vec<String> = field
        .description()
        .into_iter()
        .chain(field.rules())
        .collect();
    let told = if told.is_empty() {
        vec!["(none)".to_owned()]
    } else {
        told
    };
    for paragraph in told {
        text.push_str(&field::wrapped(&paragraph, 4));
    }
    text
}

fn fields(field: &Field<'_>) -> String {
    let mut text = String::new();
    for (index, child) in field.children().enumerate() {
        if index == 0 {
            let _ = writeln!(text, "\n{}", Ink::Strong.on("FIELDS:"));
        }
        let _ = writeln!(text, "  {}", child.line());
        for paragraph in child.description().into_iter().chain(child.rules()) {
            text.push_str(&field::wrapped(&paragraph, 4));
        }
    }
    text
}

fn tree(field: &Field<'_>, depth: usize) -> String {
    let mut text = match depth {
        1 => format!("{}\n", Ink::Strong.on("FIELDS:")),
        _ => String::new(),
    };
    for child in field.children() {
        let _ = writeln!(text, "{}{}", "  ".repeat(depth), child.line());
        text.push_str(&tree(&child, depth + 1));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every field of `field` and below, with its path.
    fn walk(at: &str, field: &Field<'_>, visit: &mut dyn FnMut(&str, &Field<'_>)) {
        for child in field.children() {
            let at = format!("{at}.{}", child.name);
            visit(&at, &child);
            walk(&at, &child, visit);
        }
    }

    #[test]
    fn every_field_of_every_kind_is_found_by_its_path_and_has_a_type() {
        let mut count = 0;
        for kind in Kind::ALL {
            let document = kind.document_schema().to_value();
            let root = Field::root(&document);
            let name = kind.facts().kind;
            walk(name, &root, &mut |at, field| {
                let mut path = field::path(at);
                path.remove(0);
                let found = path
                    .iter()
                    .try_fold(root.clone(), |at, part| at.child(part));
                assert_eq!(found.map(|found| found.schema), Some(field.schema), "{at}");
                assert!(!field.type_shown().contains('?'), "{at}: {}", field.schema);
                count += 1;
            });
        }
        assert!(count > 100, "only {count} fields");
    }

    #[test]
    fn every_field_of_a_spec_says_what_it_is() {
        let mut silent = Vec::new();
        for kind in Kind::ALL {
            let document = kind.document_schema().to_value();
            walk(
                kind.facts().kind,
                &Field::root(&document),
                &mut |at, field| {
                    let told = field.description().is_some() || field.rules().next().is_some();
                    if !told {
                        silent.push(at.to_owned());
                    }
                },
            );
        }
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn a_field_looked_for_in_the_wrong_place_is_found_in_the_right_one() {
        let document = Kind::HttpRoute.document_schema().to_value();
        let found = elsewhere(&Field::root(&document), "weight");
        assert_eq!(found, Some(vec!["spec", "rules", "backendRefs", "weight"]));
    }
}
