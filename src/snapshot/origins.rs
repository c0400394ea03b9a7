//! Which resources of a layer come from a document: the way from a document to what proxies say of
//! it, without a walk over all there is.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::{Origin, Resource, TypeIx};

/// Documents of a resource at which it is not noted under each of them any more: what all routes of
/// a mesh are joined in comes from all of them, and is looked into when it is asked for.
const FEW: usize = 8;

type Named = (TypeIx, Arc<str>);

/// Names of a layer's resources by the documents they come from. Persistent, as tables are.
#[derive(Debug, Clone, Default)]
pub(super) struct Origins {
    of: OrdMap<Origin, OrdSet<Named>>,
    /// Those that come from many.
    of_many: OrdSet<Named>,
}

impl Origins {
    /// Takes note that `new` stands where `old` stood.
    pub(super) fn replace(&mut self, old: Option<&Resource>, new: Option<&Resource>) {
        if let (Some(old), Some(new)) = (old, new)
            && old.name() == new.name()
            && (are_many(old) && are_many(new) || old.provenance() == new.provenance())
        {
            return;
        }
        if let Some(old) = old {
            self.forget(old);
        }
        if let Some(new) = new {
            self.note(new);
        }
    }

    fn note(&mut self, resource: &Resource) {
        let named = (resource.ty(), resource.name().clone());
        if are_many(resource) {
            self.of_many.insert(named);
            return;
        }
        for place in resource.provenance().iter() {
            let origin = place.origin();
            self.of.entry(origin).or_default().insert(named.clone());
        }
    }

    fn forget(&mut self, resource: &Resource) {
        let named = (resource.ty(), resource.name().clone());
        if are_many(resource) {
            self.of_many.remove(&named);
            return;
        }
        for place in resource.provenance().iter() {
            let origin = place.origin();
            let Some(names) = self.of.get_mut(&origin) else {
                continue;
            };
            names.remove(&named);
            if names.is_empty() {
                self.of.remove(&origin);
            }
        }
    }

    /// What may come from `origin`: all that does, and what comes from many.
    pub(super) fn candidates(&self, origin: &Origin) -> impl Iterator<Item = &Named> {
        let own = self.of.get(origin).into_iter().flatten();
        own.chain(&self.of_many)
    }
}

fn are_many(resource: &Resource) -> bool {
    resource.provenance().len() > FEW
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::snapshot::{CLUSTER, ENDPOINTS, Layer, Provenance, TYPES};

    fn origin(n: usize) -> Origin {
        Provenance::new("Service", "default", &format!("s{n}"), "").origin()
    }

    fn resource(ty: TypeIx, name: usize, content: u8, documents: &[usize]) -> Arc<Resource> {
        let places = documents.iter().map(|n| {
            let name = format!("s{n}");
            Provenance::new("Service", "default", &name, "/spec")
        });
        let mut places: Vec<_> = places.collect();
        places.sort_unstable();
        Arc::new(Resource::new(
            &TYPES,
            ty,
            format!("r{name}").into(),
            &[0x0a, 1, content],
            Arc::default(),
            places.into(),
        ))
    }

    type Edit = (bool, usize, u8, Vec<usize>, bool);

    fn edits() -> impl Strategy<Value = Vec<Edit>> {
        let documents = prop_oneof![
            prop::collection::vec(0..12_usize, 0..4),
            prop::sample::subsequence((0..12_usize).collect::<Vec<_>>(), 0..12),
        ];
        let edit = (any::<bool>(), 0..6_usize, 0..2_u8, documents, any::<bool>());
        prop::collection::vec(edit, 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_layer_finds_just_what_comes_from_a_document(edits in edits()) {
            let mut layer = Layer::default();
            for (cluster, name, content, documents, remove) in edits {
                let ty = if cluster { CLUSTER } else { ENDPOINTS };
                let mut edit = layer.edit();
                if remove {
                    edit.remove(ty, &format!("r{name}"));
                } else {
                    edit.insert(resource(ty, name, content, &documents));
                }
                if let Some(edited) = edit.finish() {
                    layer = Layer::clone(&edited);
                }
                for n in 0..12 {
                    let origin = origin(n);
                    let mut found: Vec<_> = layer.of(&origin).map(|it| (it.ty(), it.name().clone())).collect();
                    found.sort_unstable();
                    let all = [CLUSTER, ENDPOINTS].into_iter().flat_map(|ty| layer.table(ty).iter());
                    let mut expected: Vec<_> = all
                        .filter(|it| it.provenance().iter().any(|place| place.origin() == origin))
                        .map(|it| (it.ty(), it.name().clone()))
                        .collect();
                    expected.sort_unstable();
                    prop_assert_eq!(found, expected);
                }
            }
        }
    }
}
