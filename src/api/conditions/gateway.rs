//! The status of a Gateway: its listeners with the routes that attach to each, and where it is.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{Condition, Facts, Holds, Statuses, group_kind};
use crate::{
    check,
    model::{DocumentKey, Gateway, GatewayListener, Kind, Spec},
};

/// Most addresses that are told: Gateway API allows 16.
const ADDRESSES: usize = 16;

/// How many routes attach to each listener, by Gateway and the listener's place.
#[derive(Debug, Default)]
pub(super) struct Attached(HashMap<(DocumentKey, usize), usize>);

impl Statuses<'_> {
    pub(super) fn gateway(&self, gateway: &Gateway, facts: &Facts<'_>) -> Value {
        let listeners = gateway.listeners.iter().enumerate();
        let listeners = listeners.map(|(place, listener)| {
            let key = (facts.stored.document.key(), place);
            let attached = self.attached().0.get(&key).copied();
            self.listener(listener, attached.unwrap_or(0), facts)
        });
        let listeners: Vec<Value> = listeners.collect();
        let addresses = facts.reach.addresses.iter().take(ADDRESSES);
        let addresses: Vec<Value> = addresses
            .map(|address| json!({"type": "IPAddress", "value": address}))
            .collect();
        json!({
            "addresses": addresses,
            "conditions": self.conditions(facts, ""),
            "listeners": listeners,
        })
    }

    /// Whether another controller serves it, and tells its status.
    pub(super) fn is_of_others(&self, gateway: &Gateway) -> bool {
        let key = DocumentKey {
            kind: Kind::GatewayClass,
            namespace: "".into(),
            name: gateway.gateway_class_name.clone(),
        };
        let class = self.current.get(&key).map(|stored| &stored.document.spec);
        matches!(class, Some(Spec::GatewayClass(class)) if !class.is_ours())
    }

    fn listener(&self, listener: &GatewayListener, attached: usize, facts: &Facts<'_>) -> Value {
        let part = format!("{}/", listener.name);
        let mut conditions = self.conditions(facts, &part);
        let alone = "no other listener is in its way";
        let alone = Condition::new("Conflicted", Holds::No, "NoConflicts", alone);
        conditions.push(self.dated(facts.stored, &part, &alone));
        json!({
            "name": listener.name,
            "supportedKinds": [group_kind(Kind::HttpRoute)],
            "attachedRoutes": attached,
            "conditions": conditions,
        })
    }

    /// One look at all routes, however many Gateways are told about.
    fn attached(&self) -> &Attached {
        self.attached.get_or_init(|| {
            let mut attached = Attached::default();
            for (_, stored) in self.current.list(Kind::HttpRoute, None) {
                let gateway = |key: &DocumentKey| Some(&*self.current.get(key)?.document);
                for listener in check::attachments(&stored.document, gateway) {
                    *attached.0.entry(listener).or_default() += 1;
                }
            }
            attached
        })
    }
}
