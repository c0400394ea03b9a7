//! Who manages which fields of a document.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FieldSet, Grain, merge};

/// One who manages fields of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manager {
    /// As it calls itself.
    pub name: Arc<str>,
    /// By what. One who does both is two managers.
    pub operation: Operation,
    /// When its fields changed last: Unix milliseconds.
    pub at: u64,
    /// Its fields.
    pub fields: FieldSet,
}

/// By what a manager came to its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// By saying all that it wants to be so, each time.
    Apply,
    /// By writing.
    Update,
}

/// Who manages which fields of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Managers(pub Vec<Manager>);

/// Fields that an apply would change and that another manages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Who.
    pub manager: Arc<str>,
    /// By what.
    pub operation: Operation,
    /// Which.
    pub fields: FieldSet,
}

impl Managers {
    /// One who wrote all of `object`.
    #[must_use]
    pub fn one(name: &str, at: u64, grain: &Grain, object: &Value) -> Self {
        Self(vec![Manager {
            name: name.into(),
            operation: Operation::Update,
            at,
            fields: fields(grain, object),
        }])
    }

    /// After `name` wrote `new` in the place of `old`: what it changed is its own, and of what is no
    /// longer there nobody manages anything.
    #[must_use]
    pub fn updated(&self, name: &str, at: u64, grain: &Grain, old: &Value, new: &Value) -> Self {
        let changed = changed(grain, old, new);
        let gone = fields(grain, old).without(&fields(grain, new));
        let mut after = self.clone();
        for manager in &mut after.0 {
            manager.fields = manager.fields.without(&gone).without(&changed);
        }
        if !changed.is_empty() {
            let mine = after.fields_of(name, Operation::Update);
            after.set(name, Operation::Update, at, mine.union(&changed));
        }
        after.0.retain(|manager| !manager.fields.is_empty());
        after
    }

    /// What comes of `live` when `name` says that `config` is to be so, and who manages it then.
    ///
    /// What `name` said before and says no longer is taken away unless another manages it too.
    ///
    /// # Errors
    /// What `config` would change and others manage; with `force` it is taken from them.
    pub fn applied(
        &self,
        name: &str,
        at: u64,
        grain: &Grain,
        (live, config): (&Value, &Value),
        force: bool,
    ) -> Result<(Value, Self), Vec<Conflict>> {
        let said = fields(grain, config);
        let changed = changed(grain, live, config);
        let is_me = |manager: &Manager| manager.is(name, Operation::Apply);
        let conflicts = self
            .0
            .iter()
            .filter(|manager| !is_me(manager))
            .map(|manager| Conflict {
                manager: manager.name.clone(),
                operation: manager.operation,
                fields: changed.intersection(&manager.fields),
            });
        let conflicts: Vec<Conflict> = conflicts.filter(|c| !c.fields.is_empty()).collect();
        if !conflicts.is_empty() && !force {
            return Err(conflicts);
        }
        let mut after = self.clone();
        let mut others = FieldSet::default();
        for manager in after.0.iter_mut().filter(|manager| !is_me(manager)) {
            manager.fields = manager.fields.without(&changed);
            others = others.union(&manager.fields);
        }
        let kept = others.union(&said);
        let given_up = self.fields_of(name, Operation::Apply).without(&kept);
        let mut object = merge::merged(grain, live, config);
        merge::remove(grain, &mut object, &given_up, &kept);
        after.set(name, Operation::Apply, at, said);
        after.0.retain(|manager| !manager.fields.is_empty());
        Ok((object, after))
    }

    fn fields_of(&self, name: &str, operation: Operation) -> FieldSet {
        let mut managers = self.0.iter();
        let mine = managers.find(|manager| manager.is(name, operation));
        mine.map(|manager| manager.fields.clone())
            .unwrap_or_default()
    }

    /// Its time changes only with its fields.
    fn set(&mut self, name: &str, operation: Operation, at: u64, fields: FieldSet) {
        let mut managers = self.0.iter_mut();
        match managers.find(|manager| manager.is(name, operation)) {
            Some(manager) if manager.fields == fields => {}
            Some(manager) => (manager.at, manager.fields) = (at, fields),
            None => self.0.push(Manager {
                name: name.into(),
                operation,
                at,
                fields,
            }),
        }
    }
}

impl Manager {
    fn is(&self, name: &str, operation: Operation) -> bool {
        *self.name == *name && self.operation == operation
    }
}

/// The fields of a document: the document itself is none of them.
fn fields(grain: &Grain, object: &Value) -> FieldSet {
    FieldSet {
        itself: false,
        ..FieldSet::of(grain, object)
    }
}

/// Which fields of the document `new` are not the same in `old`.
fn changed(grain: &Grain, old: &Value, new: &Value) -> FieldSet {
    FieldSet {
        itself: false,
        ..merge::changed(grain, old, new)
    }
}
