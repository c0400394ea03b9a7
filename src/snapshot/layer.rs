//! What one scope is given: a short list of layers, each shared by all scopes that see it.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Change, Generation, Inserted, Origin, Resource, Revision, Table, TypeIx, TypeVersion,
    origins::Origins,
};

/// One table for each type. Shared: the whole mesh, one namespace, or one scope's own.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    tables: Vec<Table>,
    origins: Origins,
}

/// Edits of one layer that are to become visible together.
#[derive(Debug, Clone)]
pub struct LayerEdit {
    layer: Layer,
    changed: bool,
}

/// What a scope is given as of one publication. No name of a type stands in two of its
/// layers; a layer that lies over them may hold any.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The publication it came with.
    pub generation: Generation,
    /// The documents' revision it was compiled from.
    pub revision: Revision,
    layers: Arc<[Arc<Layer>]>,
    /// What stands in the place of a name of those, or beside them.
    over: Option<Arc<Layer>>,
}

static NO_TABLE: std::sync::LazyLock<Table> = std::sync::LazyLock::new(Table::default);

impl Layer {
    /// The table of type `ty`; an empty one where there is none yet.
    #[must_use]
    pub fn table(&self, ty: TypeIx) -> &Table {
        self.tables.get(ty.index()).unwrap_or(&NO_TABLE)
    }

    /// The resources that come from `origin`, by type and name.
    pub fn of<'a>(&'a self, origin: &'a Origin) -> impl Iterator<Item = &'a Arc<Resource>> {
        let candidates = self.origins.candidates(origin);
        candidates
            .filter_map(|(ty, name)| self.table(*ty).get(name))
            .filter(|resource| resource.comes_from(origin))
    }

    /// Begins a new version of this layer.
    #[must_use]
    pub fn edit(&self) -> LayerEdit {
        LayerEdit {
            layer: self.clone(),
            changed: false,
        }
    }
}

impl LayerEdit {
    /// Puts `resource` in. Whether its bytes are other ones.
    pub fn insert(&mut self, resource: Arc<Resource>) -> bool {
        let index = resource.ty().index();
        if self.layer.tables.len() <= index {
            self.layer.tables.resize_with(index + 1, Table::default);
        }
        let table = &mut self.layer.tables[index];
        let name = resource.name().clone();
        let old = table.get(&name).cloned();
        let inserted = table.insert(resource);
        if inserted != Inserted::Nothing {
            let new = table.get(&name).map(|new| &**new);
            self.layer.origins.replace(old.as_deref(), new);
        }
        // Equal bytes may come from another line now: that must not be lost.
        self.changed |= inserted != Inserted::Nothing;
        inserted == Inserted::Content
    }

    /// Takes `name` of type `ty` out. Whether it was there.
    pub fn remove(&mut self, ty: TypeIx, name: &str) -> bool {
        let table = self.layer.tables.get_mut(ty.index());
        let old = table.as_ref().and_then(|table| table.get(name).cloned());
        let changed = table.is_some_and(|table| table.remove(name));
        self.layer.origins.replace(old.as_deref(), None);
        self.changed |= changed;
        changed
    }

    /// The edited layer, or nothing when no edit changed anything.
    #[must_use]
    pub fn finish(self) -> Option<Arc<Layer>> {
        self.changed.then(|| Arc::new(self.layer))
    }
}

impl Snapshot {
    /// The resources of `layers`, in which no name of a type may stand twice.
    #[must_use]
    pub fn new(generation: Generation, revision: Revision, layers: Arc<[Arc<Layer>]>) -> Self {
        Self {
            generation,
            revision,
            layers,
            over: None,
        }
    }

    /// The same with `over` laid over it: its resources stand in the place of those that have their
    /// names.
    #[must_use]
    pub fn under(mut self, over: Option<Arc<Layer>>) -> Self {
        self.over = over;
        self
    }

    /// Its layers, what lies over them last.
    pub fn layers(&self) -> impl Iterator<Item = &Arc<Layer>> {
        self.layers.iter().chain(&self.over)
    }

    /// Whether `resource` of one of its layers is what there is by its name: nothing lies over it.
    #[must_use]
    pub fn shows(&self, resource: &Arc<Resource>) -> bool {
        let seen = self.get(resource.ty(), resource.name());
        self.over.is_none() || seen.is_some_and(|seen| Arc::ptr_eq(seen, resource))
    }

    /// Whether there is nothing in it, and never was.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.layers.is_empty() && self.over.is_none()
    }

    /// The resource `name` of type `ty`.
    #[must_use]
    pub fn get(&self, ty: TypeIx, name: &str) -> Option<&Arc<Resource>> {
        let over = self.over.iter();
        over.chain(self.layers.iter())
            .find_map(|layer| layer.table(ty).get(name))
    }

    /// The resource of type `ty` that is found by the first of `names` that any is found by, its own
    /// name or another.
    #[must_use]
    pub fn found_by(&self, ty: TypeIx, names: &[String]) -> Option<&Arc<Resource>> {
        names.iter().find_map(|name| {
            let own = self.get(ty, name);
            own.or_else(|| self.called(ty, name))
        })
    }

    fn called(&self, ty: TypeIx, alias: &str) -> Option<&Arc<Resource>> {
        self.layers().find_map(|layer| {
            let resource = self.get(ty, layer.table(ty).called(alias)?)?;
            // What lies over it may have other names.
            let mut aliases = resource.aliases().iter();
            aliases.any(|own| **own == *alias).then_some(resource)
        })
    }

    /// The resources of the layers that something lies over.
    fn hidden(&self, ty: TypeIx) -> impl Iterator<Item = &Arc<Resource>> {
        let over = self.over.iter().flat_map(move |over| over.table(ty).iter());
        over.filter_map(move |resource| self.beneath(ty, resource.name()))
    }

    /// The resource `name` of the layers, whether something lies over it or not.
    fn beneath(&self, ty: TypeIx, name: &str) -> Option<&Arc<Resource>> {
        let mut layers = self.layers.iter();
        layers.find_map(|layer| layer.table(ty).get(name))
    }

    /// Whether something lies over `name`.
    fn is_hidden(&self, ty: TypeIx, name: &str) -> bool {
        let over = self.over.as_ref();
        over.is_some_and(|over| over.table(ty).get(name).is_some())
    }

    /// The version of everything of type `ty`.
    #[must_use]
    pub fn version(&self, ty: TypeIx) -> TypeVersion {
        let all = self.layers.iter().chain(&self.over);
        let all = all.fold(TypeVersion::default(), |sum, layer| {
            sum.union(layer.table(ty).version())
        });
        self.hidden(ty)
            .fold(all, |sum, hidden| sum.without(hidden.hash()))
    }

    /// How many resources of type `ty` there are.
    #[must_use]
    pub fn len(&self, ty: TypeIx) -> usize {
        let all = self.layers.iter().chain(&self.over);
        let all: usize = all.map(|layer| layer.table(ty).len()).sum();
        all - self.hidden(ty).count()
    }

    /// Everything of type `ty`, by layer, in name order within each.
    pub fn iter(&self, ty: TypeIx) -> impl Iterator<Item = &Arc<Resource>> {
        let beneath = self.layers.iter();
        let beneath = beneath.flat_map(move |layer| layer.table(ty).iter());
        let seen = beneath.filter(move |resource| !self.is_hidden(ty, resource.name()));
        seen.chain(self.over.iter().flat_map(move |over| over.table(ty).iter()))
    }

    /// Names of type `ty` whose bytes differ from `older`, each once. Layers that both have cost
    /// nothing, at whatever place; versions of one layer cost what changed between them. A name
    /// that moved from one layer to another is reported only when its bytes differ, and then as
    /// set, not as gone.
    #[must_use]
    pub fn changes_since(&self, older: &Self, ty: TypeIx) -> Vec<Change> {
        let same_over = match (&self.over, &older.over) {
            (Some(new), Some(old)) => Arc::ptr_eq(new, old),
            (None, None) => true,
            _ => false,
        };
        let same_layers = Arc::ptr_eq(&self.layers, &older.layers);
        if same_layers && same_over {
            return Vec::new();
        }
        let mut changes = Vec::new();
        if !same_layers {
            self.changes_of_layers(older, ty, &mut changes);
        }
        if self.over.is_some() || older.over.is_some() {
            return self.seen_changes(older, ty, &changes);
        }
        changes.retain(|change| match change {
            Change::Set(new) => older
                .get(ty, new.name())
                .is_none_or(|old| old.hash() != new.hash()),
            Change::Gone(name) => self.get(ty, name).is_none(),
        });
        changes
    }

    /// Names of type `ty` that differ where something lies over layers: each is looked at from
    /// above, whatever changed beneath.
    fn seen_changes(&self, older: &Self, ty: TypeIx, beneath: &[Change]) -> Vec<Change> {
        let none = Arc::<Layer>::default();
        let (new, old) = (
            self.over.as_ref().unwrap_or(&none),
            older.over.as_ref().unwrap_or(&none),
        );
        let over: Vec<Change> = new.table(ty).changes_since(old.table(ty)).collect();
        let all = over.iter().chain(beneath);
        let names: BTreeSet<Arc<str>> = all.map(|change| change.name().clone()).collect();
        let differing = names.into_iter().filter_map(|name| {
            match (older.get(ty, &name), self.get(ty, &name)) {
                (Some(old), Some(new)) if old.hash() == new.hash() => None,
                (_, Some(new)) => Some(Change::Set(new.clone())),
                (Some(_), None) => Some(Change::Gone(name)),
                (None, None) => None,
            }
        });
        differing.collect()
    }

    /// What differs in the layers alone; a name that moved from one to another is there twice.
    fn changes_of_layers(&self, older: &Self, ty: TypeIx, changes: &mut Vec<Change>) {
        let none = Arc::<Layer>::default();
        // Without the shared ones, versions of one layer stand at the same place again where a
        // layer came or went before them.
        let (new, old) = (self.not_in(older), older.not_in(self));
        for place in 0..new.len().max(old.len()) {
            let new = new.get(place).copied().unwrap_or(&none);
            let old = old.get(place).copied().unwrap_or(&none);
            changes.extend(new.table(ty).changes_since(old.table(ty)));
        }
    }

    /// The layers that `other` does not have, in order.
    fn not_in(&self, other: &Self) -> Vec<&Arc<Layer>> {
        let shared = |place: usize, layer: &Arc<Layer>| {
            let same = |other: &Arc<Layer>| Arc::ptr_eq(layer, other);
            // At the same place, as a rule.
            other.layers.get(place).is_some_and(same) || other.layers.iter().any(same)
        };
        let layers = self.layers.iter().enumerate();
        layers
            .filter(|(place, layer)| !shared(*place, layer))
            .map(|(_, layer)| layer)
            .collect()
    }
}
