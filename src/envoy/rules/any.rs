//! Rules of an `Any`: `in`, `not_in`, by type URL. (`required` is asked of the field.)

use prost_reflect::{DynamicMessage, Value};

use super::{Told, several};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    one_of: Vec<String>,
    none_of: Vec<String>,
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        let texts = |name| {
            let values = several(rules, name).into_iter();
            values
                .filter_map(|value| Some(value.as_str()?.to_owned()))
                .collect()
        };
        Self {
            one_of: texts("in"),
            none_of: texts("not_in"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let url = value
            .as_message()
            .and_then(|any| any.get_field_by_name("type_url"));
        let Some(url) = url.as_ref().and_then(|url| url.as_str()) else {
            return;
        };
        if !self.one_of.is_empty() && !self.one_of.iter().any(|it| it == url) {
            let types = self.one_of.join(", ");
            told.tell(Fault::Value, format!("of type {types}"), url);
        }
        if self.none_of.iter().any(|it| it == url) {
            let types = self.none_of.join(", ");
            told.tell(Fault::Value, format!("of another type than {types}"), url);
        }
    }
}
