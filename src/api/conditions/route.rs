//! The status of a route: what became of it at each of its parents, as Gateway API has it.

use serde_json::{Value, json};

use super::{Facts, Holds, Statuses, group_kind};
use crate::model::{CONTROLLER, Kind};

impl Statuses<'_> {
    pub(super) fn route(&self, facts: &Facts<'_>) -> Value {
        // Fails for no document that was read by `check`, as all in the catalog were.
        let spec = facts.stored.document.spec.to_json().unwrap_or_default();
        let parents = spec["parentRefs"].as_array().into_iter().flatten();
        let resolved = facts.resolved();
        let parents = parents.enumerate().map(|(index, parent)| {
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
