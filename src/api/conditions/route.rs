//! The status of a route: what became of it at each of its parents, as Gateway API has it.

use serde_json::{Value, json};

use super::{Facts, Holds, Statuses, group_kind};
use crate::model::{CONTROLLER, Kind, Spec, Target};

impl Statuses<'_> {
    pub(super) fn route(&self, facts: &Facts<'_>) -> Value {
        // Fails for no document that was read by `check`, as all in the catalog were.
        let spec = facts.stored.document.spec.to_json().unwrap_or_default();
        let parents = spec["parentRefs"].as_array().into_iter().flatten();
        let resolved = facts.resolved();
        let references = facts
            .stored
            .document
            .spec
            .refs(&facts.stored.document.metadata.namespace);
        let of_others = |index: usize| {
            let pointer = format!("/parentRefs/{index}");
            let reference = references.iter().find(|it| it.pointer == pointer);
            let Some(Target::Document(key)) = reference.map(|it| &it.target) else {
                return false;
            };
            let parent = self.current.get(key).map(|stored| &stored.document.spec);
            matches!(parent, Some(Spec::Gateway(gateway)) if self.is_of_others(gateway))
        };
        // What is another controller's to tell is left to it.
        let ours = parents.enumerate().filter(|(index, _)| !of_others(*index));
        let parents = ours.map(|(index, parent)| {
            let accepted = facts.accepted(&format!("/spec/parentRefs/{index}"));
            let programmed = facts.programmed(accepted.holds == Holds::No);
            let part = format!("{index}/");
            let conditions = [&accepted, &resolved, &programmed];
            let conditions = conditions.map(|it| self.dated(facts.stored, &part, it));
            json!({
                "parentRef": whole(parent),
                "controllerName": CONTROLLER,
                "conditions": conditions,
            })
        });
        let parents: Vec<Value> = parents.collect();
        json!({
            "parents": parents,
            // Beside Gateway API's shape, for `kubectl wait`.
            "conditions": self.conditions(facts, ""),
        })
    }
}

/// A parent as declared, with the defaults that Kubernetes' own server writes down.
fn whole(parent: &Value) -> Value {
    let mut parent = parent.clone();
    if let Some(fields) = parent.as_object_mut() {
        for (name, default) in group_kind(Kind::Gateway) {
            fields.entry(name).or_insert(default);
        }
    }
    parent
}
