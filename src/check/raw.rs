//! Raw Envoy resources and patches: what follows from the whole of a spec, once each part is fine.

use std::sync::Arc;

use super::{Code, Diagnostic, World, schema::told, suggest};
use crate::{
    compile::{NotRaw, Raw},
    envoy::{self, Secrets},
    model::{Document, EnvoyResource, Spec},
    snapshot::{TYPES, type_called},
};

/// All that is wrong with `spec`, with pointers into it.
pub(super) fn check(spec: &Spec) -> Vec<Diagnostic> {
    match spec {
        Spec::EnvoyResource(spec) => resource(spec),
        Spec::EnvoyPatch(patch) if type_called(&patch.select.kind).is_none() => {
            vec![not_served(&patch.select.kind).pointer("/select/type")]
        }
        _ => Vec::new(),
    }
}

fn resource(spec: &EnvoyResource) -> Vec<Diagnostic> {
    let raw = match Raw::read(spec) {
        Ok(raw) => raw,
        Err(error) => return refused(spec, error).into_iter().collect(),
    };
    if spec.resource.is_some() {
        return Vec::new(); // its rules were looked at while it was read
    }
    let json = envoy::json(&raw.message, Secrets::Shown);
    let read = envoy::any(&envoy::with_type(&raw.message, json));
    let findings = read.findings.into_iter();
    let findings = findings.map(|finding| {
        let place = finding.pointer.clone();
        let mut diagnostic = told(finding).pointer("/bytes");
        if !place.is_empty() {
            diagnostic.message = format!("{place} in it: {}", diagnostic.message);
        }
        diagnostic
    });
    findings.collect()
}

/// None for what was told already.
fn refused(spec: &EnvoyResource, error: NotRaw) -> Option<Diagnostic> {
    let message = error.to_string();
    match error {
        NotRaw::Empty | NotRaw::Unfit(_) => None,
        NotRaw::NotServed { url } => {
            let pointer = match spec.resource {
                Some(_) => "/resource/@type",
                None => "/typeUrl",
            };
            Some(not_served(&url).pointer(pointer))
        }
        NotRaw::Nameless { field } => Some(
            Diagnostic::new(Code::MISSING_FIELD, message)
                .pointer("/resource")
                .expected(format!("{field}: the name it is served by")),
        ),
        NotRaw::NotEncodable(_) => {
            Some(Diagnostic::new(Code::TOO_DEEP, message).pointer("/resource"))
        }
        NotRaw::Malformed { reason, .. } => Some(
            Diagnostic::new(Code::FORM, message)
                .pointer("/bytes")
                .expected("the encoded message in base64")
                .found(reason),
        ),
    }
}

fn not_served(url: &str) -> Diagnostic {
    let bare = |url: &str| url.rsplit(['/', '.']).next().unwrap_or(url).to_owned();
    let short = !url.contains('/');
    let names: Vec<String> = TYPES
        .iter()
        .map(|ty| {
            if short {
                bare(ty.url)
            } else {
                ty.url.to_owned()
            }
        })
        .collect();
    let meant = suggest::nearest(url, names.iter().map(String::as_str));
    Diagnostic::new(
        Code::NOT_SERVED,
        format!("{url} is not a type that proxies are served"),
    )
    .expected(format!("one of {}", suggest::enumerate(&names)))
    .found(url)
    .suggest(meant.map(|meant| format!("did you mean {meant:?}?")))
}

/// A version that was given to other content before: proxies that have it would not ask again.
pub(super) fn version(document: &Document, world: &dyn World) -> Option<Diagnostic> {
    let raw = |document: &Document| match &document.spec {
        Spec::EnvoyResource(spec) => {
            let version: Arc<str> = spec.version.clone()?;
            Some((version, Raw::read(spec).ok()?))
        }
        _ => None,
    };
    let (version, new) = raw(document)?;
    let (before, old) = raw(world.before(&document.key())?)?;
    let other = old.ty == new.ty && old.name == new.name && old.hash() != new.hash();
    (version == before && other).then(|| {
        Diagnostic::new(
            Code::VERSION_TAKEN,
            format!("version {version:?} was given to another content before"),
        )
        .pointer("/spec/version")
        .expected("another version, or none: then it is made of the content")
        .found(&*version)
        .effect("proxies that connect again would keep the old content")
    })
}
