//! What documents name besides themselves, looked up in the world after the whole change; and what
//! they claim that others do too.

use std::collections::HashSet;

mod backend;
mod class;
mod gateways;
mod loops;
mod parent;
mod rivals;
mod selectors;

pub use parent::attachments;

use gateways::Gateways;
use rivals::Rivals;
use selectors::Selectors;

use super::{Code, Diagnostic, World, diagnostic::dotted, locate, locate::place, raw, suggest};
use crate::model::{
    Document, DocumentKey, Form, RefRole, Reference, Service, ServicePort, Spec, Target,
};

/// All that is wrong with what `documents` name, in `world`: every document as it would be after
/// the change, the changed ones among them.
///
/// Where something is not there the code says so ([`Code::is_dangling`]);
/// [`Diagnostic::allow_dangling`] makes a warning of it. To see what a change or a deletion leaves
/// dangling elsewhere, ask with those that name what it touches too.
#[must_use]
pub fn references<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    world: &dyn World,
) -> Vec<Diagnostic> {
    let documents: Vec<&Document> = documents.into_iter().collect();
    let changed: HashSet<DocumentKey> = documents.iter().map(|document| document.key()).collect();
    let rivals = Rivals::new(&changed, world);
    let gateways = Gateways::new(&changed, world);
    let selectors = Selectors::new(world);
    let mut found = Vec::new();
    for document in documents {
        let mut own = Vec::new();
        for reference in document.spec.refs(&document.metadata.namespace) {
            let seeker = Seeker {
                document,
                reference: &reference,
                world,
            };
            own.extend(seeker.seek());
        }
        own.extend(raw::version(document, world));
        // What is broken is not what it is meant to be.
        if !world.is_unreadable(&document.key()) {
            own.extend(rivals.seek(document));
            own.extend(loops::seek(document, &rivals));
            own.extend(gateways.seek(document));
            own.extend(selectors.seek(document));
        }
        place(document, &mut own);
        found.append(&mut own);
    }
    found.sort_by_key(Diagnostic::order);
    found
}

/// One reference, and where to look it up.
struct Seeker<'a> {
    document: &'a Document,
    reference: &'a Reference,
    world: &'a dyn World,
}

impl<'a> Seeker<'a> {
    fn seek(&self) -> Option<Diagnostic> {
        match &self.reference.target {
            // Its name has not the form of a version's, which is told as a bound.
            Target::Foreign { kind, .. } if kind == "netloft.dev/ServiceVersion" => None,
            Target::Foreign { kind, name } => Some(self.foreign(kind, name)),
            Target::Class(name) => class::seek(self, name),
            Target::Document(key) if self.world.is_unreadable(key) || !is_name(key) => None,
            Target::Document(key) => match self.reference.role {
                RefRole::Parent => parent::seek(self, key),
                RefRole::Backend => backend::seek(self, key),
                RefRole::Visible => self.visible(key),
                RefRole::Class | RefRole::Receiver => None,
            },
        }
    }

    /// A diagnostic at `field` of the object that names the target; at the object itself if empty.
    fn report(&self, code: Code, field: &str, message: impl Into<String>) -> Diagnostic {
        let body = self.document.spec.kind().facts().body.pointer();
        let mut pointer = format!("{body}{}", self.reference.pointer);
        if !field.is_empty() {
            pointer.push('/');
            pointer.push_str(field);
        }
        Diagnostic::new(code, message).pointer(pointer)
    }

    fn foreign(&self, kind: &str, name: &str) -> Diagnostic {
        let (what, kinds) = match self.reference.role {
            RefRole::Parent => (
                "attaches to",
                "Gateway (group gateway.networking.k8s.io), or Service (group \"\")",
            ),
            _ => (
                "sends requests to",
                "Service (group \"\"), or ServiceVersion (group netloft.dev)",
            ),
        };
        let bare = kind.rsplit('/').next().unwrap_or(kind);
        let group = match (self.reference.role, bare) {
            (RefRole::Parent, "Service") => Some("write group: \"\" beside kind: Service"),
            (RefRole::Parent, "Gateway") => {
                Some("remove group, or write gateway.networking.k8s.io")
            }
            (_, "ServiceVersion") => Some("write group: netloft.dev beside kind: ServiceVersion"),
            (_, "Service") => Some("remove group, or write group: \"\""),
            _ => None,
        };
        let known = ["Gateway", "Service", "ServiceVersion"];
        let meant = suggest::nearest(bare, known).map(|meant| format!("did you mean {meant:?}?"));
        self.report(
            Code::WRONG_TARGET,
            "kind",
            format!("a route {what} no {kind}, as {name:?} is said to be"),
        )
        .expected(kinds)
        .found(kind)
        .suggest(group.map(str::to_owned).or(meant))
    }

    fn visible(&self, key: &DocumentKey) -> Option<Diagnostic> {
        if self.world.document(key).is_some() {
            return None;
        }
        let diagnostic = self
            .report(Code::NOT_VISIBLE, "", format!("{key} does not exist"))
            .suggest(self.meant(key))
            .effect("the proxies of this class see it as soon as it is there");
        Some(diagnostic)
    }

    fn service(&self, key: &DocumentKey) -> Option<&'a Service> {
        match &self.world.document(key)?.spec {
            Spec::Service(service) => Some(service),
            _ => None,
        }
    }

    /// "Did you mean": a document of the same kind with a name like that one's, there or elsewhere.
    fn meant(&self, key: &DocumentKey) -> Option<String> {
        let all = || self.world.documents(key.kind).map(|d| &d.metadata);
        let there = all().filter(|metadata| metadata.namespace == key.namespace);
        if let Some(name) = suggest::nearest(&key.name, there.map(|metadata| &*metadata.name)) {
            return Some(format!("did you mean {name:?}?"));
        }
        let elsewhere = all().find(|metadata| metadata.name == key.name)?;
        Some(format!(
            "there is one in namespace {:?}",
            elsewhere.namespace
        ))
    }

    /// What is told of any reference to a document that is not there.
    fn missing(&self, code: Code, key: &DocumentKey, field: &str) -> Diagnostic {
        let names = self.world.documents(key.kind).map(|d| &d.metadata);
        let names = names.filter(|metadata| metadata.namespace == key.namespace);
        let mut names: Vec<&str> = names.map(|metadata| &*metadata.name).collect();
        names.sort_unstable();
        let expected = if names.is_empty() {
            format!("there is no {} in namespace {:?}", key.kind, key.namespace)
        } else {
            format!("one of {}", suggest::enumerate(names))
        };
        let mut diagnostic = self
            .report(code, field, format!("{key} does not exist"))
            .suggest(self.meant(key));
        if expected.starts_with("one of") {
            diagnostic.expected = Some(expected);
        } else {
            diagnostic.found = Some(expected);
        }
        diagnostic
    }
}

/// Where `pointer` of `document` stands, for a message about another document.
fn place_of(document: &Document, pointer: &str) -> String {
    let origin = &document.origin;
    let line = locate(origin, pointer).map(|span| span.start.line);
    let at = match (&origin.file, line) {
        (Some(file), Some(line)) => format!(" ({file} line {line})"),
        (None, Some(line)) => format!(" (line {line})"),
        _ => String::new(),
    };
    format!("{} of it{at}", dotted(pointer))
}

/// Whether there could be a document of that key: what could not is told as a bound.
fn is_name(key: &DocumentKey) -> bool {
    Form::DnsLabel.fits(&key.namespace) && Form::DnsLabel.fits(&key.name)
}

/// The number that `number` is most likely a slip of.
fn meant_port(number: u16, known: impl IntoIterator<Item = u16>) -> Option<String> {
    let known: Vec<String> = known.into_iter().map(|port| port.to_string()).collect();
    let known = known.iter().map(String::as_str);
    let meant = suggest::nearest(&number.to_string(), known)?;
    Some(format!("did you mean {meant}?"))
}

/// `8080 (http), 9090 (admin)`.
fn ports<'s>(ports: impl IntoIterator<Item = &'s ServicePort>) -> String {
    suggest::enumerate(ports.into_iter().map(ServicePort::called))
}
