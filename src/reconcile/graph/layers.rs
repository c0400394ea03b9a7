//! The layers that scopes are made of, and the edits of one update.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::OrdMap;

use crate::{
    compile::{LayerKey, Product},
    snapshot::{Layer, LayerEdit, ScopeId, TypeIx},
};

/// Where a unit's output is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Seat {
    /// In a layer that scopes share.
    Layer(LayerKey),
    /// In a scope's own layer.
    Own(ScopeId),
    /// In what lies over a scope's layers.
    Over(ScopeId),
    /// For its problems alone.
    Nowhere,
    /// For what it asks for.
    Root,
}

/// Names whose bytes differ, by layer.
pub(super) type Touched = BTreeMap<Seat, BTreeMap<TypeIx, Arc<[Arc<str>]>>>;

#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    layers: OrdMap<Seat, Arc<Layer>>,
    edits: BTreeMap<Seat, Edit>,
}

#[derive(Debug, Clone)]
struct Edit {
    edit: LayerEdit,
    names: BTreeSet<(TypeIx, Arc<str>)>,
}

impl Layers {
    /// The layer at `seat`; an empty one where there is none.
    pub(super) fn get(&self, seat: &Seat) -> Arc<Layer> {
        self.layers.get(seat).cloned().unwrap_or_default()
    }

    /// The layer at `seat`, if there ever was something in it.
    pub(super) fn find(&self, seat: &Seat) -> Option<Arc<Layer>> {
        self.layers.get(seat).cloned()
    }

    pub(super) fn remove(&mut self, seat: &Seat) {
        self.layers.remove(seat);
        self.edits.remove(seat);
    }

    /// Puts the resource of `new` in the place of that of `old`.
    pub(super) fn replace(&mut self, seat: &Seat, old: &Product, new: &Product) {
        if matches!(seat, Seat::Nowhere | Seat::Root) {
            return;
        }
        let resource = |product: &Product| match product {
            Product::Resource(resource, _) => Some(resource.clone()),
            _ => None,
        };
        let (old, new) = (resource(old), resource(new));
        if old.is_none() && new.is_none() {
            return;
        }
        let layer = self.layers.get(seat).cloned().unwrap_or_default();
        let Edit { edit, names } = self.edits.entry(seat.clone()).or_insert_with(|| Edit {
            edit: layer.edit(),
            names: BTreeSet::new(),
        });
        if let Some(old) = old {
            names.insert((old.ty(), old.name().clone()));
            if new.as_ref().is_none_or(|new| new.name() != old.name()) {
                edit.remove(old.ty(), old.name());
            }
        }
        if let Some(new) = new {
            names.insert((new.ty(), new.name().clone()));
            edit.insert(new);
        }
    }

    /// Makes the edits visible. Names that ended up with the bytes they had are not listed.
    pub(super) fn finish(&mut self) -> Touched {
        let mut touched = Touched::new();
        for (seat, Edit { edit, names }) in std::mem::take(&mut self.edits) {
            let old = self.get(&seat);
            let Some(new) = edit.finish() else { continue };
            let mut differing: BTreeMap<TypeIx, Vec<Arc<str>>> = BTreeMap::new();
            for (ty, name) in names {
                let hash = |layer: &Layer| layer.table(ty).get(&name).map(|it| it.hash());
                if hash(&old) != hash(&new) {
                    differing.entry(ty).or_default().push(name);
                }
            }
            self.layers.insert(seat.clone(), new);
            if !differing.is_empty() {
                let names = differing.into_iter().map(|(ty, names)| (ty, names.into()));
                touched.insert(seat, names.collect());
            }
        }
        touched
    }
}
