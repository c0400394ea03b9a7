//! The only way compiling reads: every read is written down.

use std::sync::Arc;

use imbl::OrdSet;

use super::{Attachment, Entry, Fact, Facts, FactsRead, Index, MeshView, Name, Outline, ReadKey};
use crate::model::{Document, DocumentKey, InlineEndpoint, Kind, Spec};

/// Names one finished output, of one unit for some facts. Reused when that output is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub u32);

/// Outputs that are finished. `U` names a unit, `O` is what became of it.
pub trait Outputs<U, O> {
    /// The output of `unit` for a proxy of these facts, and the facts it depends on.
    fn find(&self, unit: &U, facts: &Facts) -> Option<(Handle, &O, &FactsRead)>;
}

/// Reads a view, the facts of a proxy and the outputs of other units, and notes each.
pub struct Lens<'v, U, O> {
    view: &'v MeshView,
    facts: &'v Facts,
    outputs: &'v dyn Outputs<U, O>,
    reads: Reads<U>,
}

/// What was read through one lens.
#[derive(Debug)]
pub struct Reads<U> {
    /// Of the view: sorted, each once.
    pub keys: Vec<ReadKey>,
    /// Of other units' outputs: sorted, each once.
    pub outputs: Vec<Handle>,
    /// Of the proxy, directly or by way of another unit's output.
    pub facts: FactsRead,
    /// Outputs that were asked for and are not finished: what was compiled without them is void.
    pub missing: Vec<U>,
}

impl<'v, U: Clone, O> Lens<'v, U, O> {
    /// Looks at `view` for a proxy of these `facts`.
    #[must_use]
    pub fn new(view: &'v MeshView, facts: &'v Facts, outputs: &'v dyn Outputs<U, O>) -> Self {
        Self {
            view,
            facts,
            outputs,
            reads: Reads {
                keys: Vec::new(),
                outputs: Vec::new(),
                facts: FactsRead::new(),
                missing: Vec::new(),
            },
        }
    }

    /// The document named `key`.
    pub fn document(&mut self, key: DocumentKey) -> Option<&'v Document> {
        let document = self.view.get(&key).map(AsRef::as_ref);
        self.reads.keys.push(ReadKey::Document(key));
        document
    }

    /// The spec of the document of `kind` named `name`.
    pub fn spec(&mut self, kind: Kind, name: &Name) -> Option<&'v Spec> {
        self.document(name.key(kind)).map(|document| &document.spec)
    }

    /// The outline of the Service `name`.
    pub fn outline(&mut self, name: &Name) -> Option<&'v Outline> {
        self.reads.keys.push(ReadKey::Outline(name.clone()));
        self.view.outline(name).map(AsRef::as_ref)
    }

    /// The endpoints written down in the Service `name`: all, or those of `version`.
    pub fn inline(&mut self, name: &Name, version: Option<&Arc<str>>) -> &'v [InlineEndpoint] {
        let key = ReadKey::Inline(name.clone(), version.cloned());
        self.reads.keys.push(key);
        self.view.inline(name, version)
    }

    /// What the HTTPRoute `name` attaches to.
    pub fn attachment(&mut self, name: &Name) -> Option<&'v Attachment> {
        self.reads.keys.push(ReadKey::Attachment(name.clone()));
        self.view.attachment(name).map(AsRef::as_ref)
    }

    /// The names in the set `index`.
    pub fn entry(&mut self, index: Index) -> &'v Entry {
        let entry = self.view.entry(&index);
        self.reads.keys.push(ReadKey::Entry(index));
        entry
    }

    /// The namespaces in which there are Services.
    pub fn namespaces(&mut self) -> &'v OrdSet<Arc<str>> {
        self.reads.keys.push(ReadKey::Namespaces);
        self.view.namespaces()
    }

    /// What `fact` says of the proxy.
    pub fn fact(&mut self, fact: Fact) -> Option<&'v Arc<str>> {
        let value = self.facts.get(&fact);
        self.reads.facts.insert(fact, value.cloned());
        value
    }

    /// The output of `unit`; nothing where it is not finished, and then what is being compiled is
    /// compiled again once it is.
    pub fn output(&mut self, unit: &U) -> Option<&'v O> {
        if let Some((handle, output, facts)) = self.outputs.find(unit, self.facts) {
            self.reads.outputs.push(handle);
            for (fact, value) in facts {
                self.reads.facts.insert(fact.clone(), value.clone());
            }
            Some(output)
        } else {
            self.reads.missing.push(unit.clone());
            None
        }
    }

    /// Everything that was read.
    #[must_use]
    pub fn into_reads(mut self) -> Reads<U> {
        // Not kept sorted on the way: reads mostly come in order, and sorting what is, is cheap.
        self.reads.keys.sort();
        self.reads.keys.dedup();
        self.reads.outputs.sort();
        self.reads.outputs.dedup();
        self.reads
    }
}

impl<U, O> std::fmt::Debug for Lens<'_, U, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lens")
            .field("revision", &self.view.revision())
            .field("reads", &self.reads.keys.len())
            .finish_non_exhaustive()
    }
}
