//! Whether what would be served, with the bootstrap beside it, is what a file says.
//!
//! Both sides are brought into the one form that `envoy` writes, so that neither the order of fields
//! nor a default written out makes a difference. What fits needs no server, and no Envoy.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{
    Configuration, Difference, Resource,
    configuration::BOOTSTRAP,
    difference::{Shown, Two, differences},
    served::served,
};
use crate::{
    envoy::{self, Secrets},
    model::{Document, DocumentKey, Kind},
    snapshot::{Problem, TypeIx},
};

/// Why nothing can be said about documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotVerified {
    /// They hold no ProxyClass, or several: whose proxies are meant?
    Classes(Vec<DocumentKey>),
    /// They do not compile as declared.
    Problems(Vec<Problem>),
}

/// How `documents` and `bootstrap` differ from `original`, in the order of types and names.
///
/// # Errors
/// [`NotVerified`]: it cannot be told.
pub fn verify(
    original: &Configuration,
    documents: &[Arc<Document>],
    bootstrap: &Configuration,
) -> Result<Vec<Difference>, NotVerified> {
    let keys = documents.iter().map(|document| document.key());
    let classes: Vec<DocumentKey> = keys.filter(|key| key.kind == Kind::ProxyClass).collect();
    let [class] = classes.as_slice() else {
        return Err(NotVerified::Classes(classes));
    };
    let served = served(documents, &class.name, &class.namespace);
    let served = served.map_err(NotVerified::Problems)?;

    let mut found = Vec::new();
    let (before, after) = (rest(original), rest(bootstrap));
    differences("bootstrap", two(Some(&before), Some(&after)), &mut found);

    let before = by_name(&original.resources);
    // What Envoy has from its bootstrap, nobody can serve in its place.
    let mut after = by_name(&served);
    after.extend(by_name(&bootstrap.resources));
    let mut names: Vec<&(TypeIx, Arc<str>)> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let (one, other) = (before.get(name), after.get(name));
        let called = one.or(other).map(|it| it.called.as_str());
        differences(called.unwrap_or_default(), two(one, other), &mut found);
    }
    Ok(found)
}

/// A value in both of its forms.
struct Normal {
    called: String,
    value: Value,
    hidden: Value,
}

fn two<'a>(before: Option<&'a Normal>, after: Option<&'a Normal>) -> Two<'a> {
    let shown = |it: &'a Normal| Shown {
        value: &it.value,
        hidden: Some(&it.hidden),
    };
    Two {
        before: before.map(shown),
        after: after.map(shown),
    }
}

fn by_name(resources: &[Resource]) -> BTreeMap<(TypeIx, Arc<str>), Normal> {
    let all = resources.iter().map(|resource| {
        let key = (resource.ty, resource.name.clone());
        let url = resource.ty.info().url;
        (key, normal(resource.to_string(), url, &resource.value))
    });
    all.collect()
}

fn rest(configuration: &Configuration) -> Normal {
    let value = Value::Object(configuration.bootstrap.clone());
    normal("bootstrap".to_owned(), BOOTSTRAP, &value)
}

fn normal(called: String, url: &str, value: &Value) -> Normal {
    let message = envoy::descriptor(url).and_then(|of| envoy::message(&of, value).message);
    let written = |secrets| match &message {
        Some(message) => envoy::json(message, secrets),
        None => Value::Object(Map::new()),
    };
    Normal {
        called,
        value: written(Secrets::Shown),
        hidden: written(Secrets::Hidden),
    }
}
