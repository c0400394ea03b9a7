//! What became of each resource, and why it became no more.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Resource, configuration::kind};
use crate::model::DocumentKey;

/// What became of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Each resource, in the order they stand in the file.
    pub entries: Vec<Entry>,
    /// What of the bootstrap is left, by its outermost fields.
    pub rest: Vec<String>,
}

/// One resource.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its type's bare name.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What it became.
    pub became: Became,
    /// Why it became no more than that; none for what is modelled.
    pub why: Option<Reason>,
}

/// What a resource became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Documents of netloft's own kinds.
    Modelled(Vec<DocumentKey>),
    /// An `EnvoyResource`.
    Raw(DocumentKey),
    /// It stays in the bootstrap.
    Stays,
}

/// Why a resource is not modelled, or not served at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The bootstrap itself names it, in this field.
    Bootstrap(String),
    /// Something is fetched through it, for this resource: Envoy wants such a cluster static.
    FetchedThrough(String),
    /// It is named by this one, which stays in the bootstrap.
    NamedBy(String),
    /// A secret stands in it, at this place.
    Secret(String),
    /// It is an API listener, which Envoy takes from its bootstrap alone.
    ApiListener,
    /// Netloft's bootstrap has one of that name.
    NetloftsName,
    /// It is not what a document would compile to; the first difference.
    Differs(String),
    /// There is no document for such a thing.
    NoKind,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bootstrap(field) => write!(f, "{field} of the bootstrap names it"),
            Self::FetchedThrough(for_what) => {
                write!(f, "{for_what} fetches through it, so Envoy wants it static")
            }
            Self::NamedBy(by) => write!(f, "{by} names it, and stays in the bootstrap"),
            Self::Secret(place) => write!(
                f,
                "holds a secret at {place}: name its file instead to have it served"
            ),
            Self::ApiListener => f.write_str("Envoy takes API listeners from its bootstrap alone"),
            Self::NetloftsName => f.write_str("netloft's bootstrap has one of that name"),
            Self::Differs(what) => f.write_str(what),
            Self::NoKind => f.write_str("no kind of document stands for it"),
        }
    }
}

impl Entry {
    pub(super) fn new(resource: &Resource, became: Became, why: Option<Reason>) -> Self {
        Self {
            kind: kind(resource.ty),
            name: resource.name.to_string(),
            became,
            why,
        }
    }
}

impl Report {
    /// How many resources of each type there are: `2 listeners, 40 clusters`.
    #[must_use]
    pub fn found(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &self.entries {
            *counts.entry(entry.kind).or_default() += 1;
        }
        let words = counts.into_iter().map(|(kind, count)| {
            let (one, many) = words(kind);
            format!("{count} {}", if count == 1 { one } else { many })
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            "no resources".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// How many became documents, how many stayed raw, and how many stay in the bootstrap.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |holds: fn(&Became) -> bool| {
            let entries = self.entries.iter();
            entries.filter(|entry| holds(&entry.became)).count()
        };
        (
            count(|it| matches!(it, Became::Modelled(_))),
            count(|it| matches!(it, Became::Raw(_))),
            count(|it| matches!(it, Became::Stays)),
        )
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (modelled, raw, stays) = self.counts();
        json!({
            "counts": {"modelled": modelled, "raw": raw, "bootstrap": stays},
            "resources": self.entries.iter().map(Entry::to_json).collect::<Vec<_>>(),
            "bootstrap": self.rest,
        })
    }
}

impl Entry {
    /// The documents it became.
    #[must_use]
    pub fn documents(&self) -> &[DocumentKey] {
        match &self.became {
            Became::Modelled(keys) => keys,
            Became::Raw(key) => std::slice::from_ref(key),
            Became::Stays => &[],
        }
    }

    fn to_json(&self) -> Value {
        #[derive(Serialize)]
        struct Shown<'a> {
            kind: &'a str,
            name: &'a str,
            became: &'a str,
            documents: Vec<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            why: Option<String>,
        }
        let shown = Shown {
            kind: self.kind,
            name: &self.name,
            became: match self.became {
                Became::Modelled(_) => "modelled",
                Became::Raw(_) => "raw",
                Became::Stays => "bootstrap",
            },
            documents: self.documents().iter().map(ToString::to_string).collect(),
            why: self.why.as_ref().map(ToString::to_string),
        };
        serde_json::to_value(shown).unwrap_or_default()
    }
}

fn words(kind: &str) -> (&str, &str) {
    match kind {
        "Listener" => ("listener", "listeners"),
        "Cluster" => ("cluster", "clusters"),
        "RouteConfiguration" => ("route configuration", "route configurations"),
        "ClusterLoadAssignment" => ("set of endpoints", "sets of endpoints"),
        other => (other, other),
    }
}
