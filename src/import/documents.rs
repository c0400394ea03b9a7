//! Resources to documents, and what is left to a bootstrap.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Became, Configuration, Entry, Reason, Report, Resource, configuration::kind, stays::stays,
};
use crate::{
    check::{self, NotWritable},
    envoy::TYPE,
    model::{DocumentKey, Kind},
    snapshot::{CLUSTER, ENDPOINTS, LISTENER, ROUTES, TypeIx},
};

/// What a configuration becomes.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Documents as JSON, by the name of the file that they go into.
    pub files: Vec<(&'static str, Vec<Value>)>,
    /// What stays in the proxy's bootstrap.
    pub bootstrap: Configuration,
    /// What became what, and why.
    pub report: Report,
}

/// The file of the class.
const CLASS: &str = "class.yaml";

/// Makes documents of `configuration` for proxies of `class`, in `namespace`.
#[must_use]
pub fn documents(configuration: &Configuration, class: &str, namespace: &str) -> Imported {
    let stays = stays(configuration);
    let mut names = Names::default();
    let mut files = vec![(CLASS, vec![proxy_class(class, namespace)])];
    let mut report = Report::default();
    let mut left = Configuration {
        bootstrap: configuration.bootstrap.clone(),
        resources: Vec::new(),
    };
    for resource in &configuration.resources {
        if let Some(why) = stays.get(&(resource.ty, resource.name.clone())) {
            left.resources.push(resource.clone());
            let entry = Entry::new(resource, Became::Stays, Some(why.clone()));
            report.entries.push(entry);
            continue;
        }
        let key = DocumentKey {
            kind: Kind::EnvoyResource,
            namespace: namespace.into(),
            name: names.of(resource),
        };
        put(&mut files, file(resource.ty), raw(resource, &key, class));
        let became = Became::Raw(key);
        report
            .entries
            .push(Entry::new(resource, became, Some(Reason::NoKind)));
    }
    report.rest = left.bootstrap.keys().cloned().collect();
    Imported {
        files,
        bootstrap: left,
        report,
    }
}

impl Imported {
    /// The files and their texts.
    ///
    /// # Errors
    /// None for JSON values.
    pub fn texts(&self) -> Result<Vec<(&'static str, String)>, NotWritable> {
        let files = self.files.iter().map(|(name, documents)| {
            let texts: Result<Vec<String>, NotWritable> =
                documents.iter().map(check::to_yaml).collect();
            Ok((*name, texts?.join("---\n")))
        });
        files.collect()
    }
}

fn put(files: &mut Vec<(&'static str, Vec<Value>)>, name: &'static str, document: Value) {
    match files.iter_mut().find(|(other, _)| *other == name) {
        Some((_, documents)) => documents.push(document),
        None => files.push((name, vec![document])),
    }
}

/// A class of proxies that are given what is declared for it and nothing else.
fn proxy_class(class: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": Kind::ProxyClass.facts().api_version(),
        "kind": Kind::ProxyClass.facts().kind,
        "metadata": {"name": class, "namespace": namespace},
        "spec": {"role": "gateway"},
    })
}

fn raw(resource: &Resource, key: &DocumentKey, class: &str) -> Value {
    let mut held = Map::new();
    held.insert(TYPE.to_owned(), resource.ty.info().url.into());
    if let Value::Object(fields) = &resource.value {
        held.extend(fields.clone());
    }
    json!({
        "apiVersion": key.kind.facts().api_version(),
        "kind": key.kind.facts().kind,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": {"proxyClass": class, "resource": held},
    })
}

fn file(ty: TypeIx) -> &'static str {
    match ty {
        LISTENER => "listeners.yaml",
        CLUSTER => "clusters.yaml",
        ROUTES => "routes.yaml",
        ENDPOINTS => "endpoints.yaml",
        _ => "others.yaml",
    }
}

/// Names of documents, each given once.
#[derive(Debug, Default)]
struct Names {
    given: BTreeSet<Arc<str>>,
}

impl Names {
    /// `cluster-web` for the Cluster `web`: a DNS label, whatever the resource is called.
    fn of(&mut self, resource: &Resource) -> Arc<str> {
        const MOST: usize = 63;
        let mut plain = String::new();
        for c in format!("{}-{}", short(resource.ty), resource.name).chars() {
            if c.is_ascii_alphanumeric() {
                plain.push(c.to_ascii_lowercase());
            } else if !plain.ends_with('-') {
                plain.push('-');
            }
        }
        let plain = plain.trim_matches('-');
        for number in 1_u32.. {
            let tail = match number {
                1 => String::new(),
                number => format!("-{number}"),
            };
            let most = MOST.saturating_sub(tail.len()).min(plain.len());
            let name = format!("{}{tail}", plain[..most].trim_end_matches('-'));
            let name: Arc<str> = name.into();
            if self.given.insert(name.clone()) {
                return name;
            }
        }
        plain.into()
    }
}

fn short(ty: TypeIx) -> String {
    match ty {
        ENDPOINTS => "endpoints".to_owned(),
        ROUTES => "routes".to_owned(),
        ty => kind(ty).to_ascii_lowercase(),
    }
}
