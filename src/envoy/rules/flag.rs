//! Rules of a bool: `const`.

use prost_reflect::{DynamicMessage, Value};

use super::{Told, rule};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    only: Option<bool>,
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        Self {
            only: rule(rules, "const").and_then(|value| value.as_bool()),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        if let (Some(only), Some(value)) = (self.only, value.as_bool())
            && only != value
        {
            told.tell(Fault::Value, only.to_string(), value.to_string());
        }
    }
}
