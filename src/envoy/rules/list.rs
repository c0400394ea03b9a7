//! Rules of a list: how many items, `unique`, and what each item must be.

use prost_reflect::{DynamicMessage, Kind, Value};

use super::{FieldRules, Told, between, flag, outside, rule, size};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    least: Option<u64>,
    most: Option<u64>,
    unique: bool,
    items: Option<Box<FieldRules>>,
    or_empty: bool,
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage, kind: &Kind) -> Self {
        let items = rule(rules, "items");
        let items = items.as_ref().and_then(|items| items.as_message());
        Self {
            least: size(rules, "min_items"),
            most: size(rules, "max_items"),
            unique: flag(rules, "unique"),
            items: items.map(|items| Box::new(FieldRules::of(items, kind))),
            or_empty: flag(rules, "ignore_empty"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(list) = value.as_list() else {
            return;
        };
        if self.or_empty && list.is_empty() {
            return;
        }
        if outside(list.len(), self.least, self.most) {
            let expected = between(self.least, self.most, "items");
            told.tell(Fault::Count, expected, format!("{} items", list.len()));
        }
        for (place, item) in list.iter().enumerate() {
            if self.unique && list.iter().take(place).any(|before| before == item) {
                let mut told = told.below(&place.to_string());
                told.tell(Fault::Value, "there once only", "it stands before already");
            }
            if let Some(rules) = &self.items {
                rules.check(item, &mut told.below(&place.to_string()));
            }
        }
    }
}
