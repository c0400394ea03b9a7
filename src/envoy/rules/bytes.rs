//! Rules of bytes: their number, `const`, `prefix`, `suffix`, `contains`, `in`, `not_in`.

use prost_reflect::{DynamicMessage, Value};

use super::{Told, between, flag, outside, rule, several, size};
use crate::envoy::Fault;

#[derive(Debug)]
pub(super) struct Rules {
    least: Option<u64>,
    most: Option<u64>,
    only: Option<Vec<u8>>,
    prefix: Option<Vec<u8>>,
    suffix: Option<Vec<u8>>,
    contains: Option<Vec<u8>>,
    one_of: Vec<Vec<u8>>,
    none_of: Vec<Vec<u8>>,
    or_empty: bool,
}

fn plain(value: &Value) -> Option<Vec<u8>> {
    value.as_bytes().map(|bytes| bytes.to_vec())
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        let one = |name| rule(rules, name).as_ref().and_then(plain);
        let all = |name| several(rules, name).iter().filter_map(plain).collect();
        let exactly = size(rules, "len");
        Self {
            least: exactly.or(size(rules, "min_len")),
            most: exactly.or(size(rules, "max_len")),
            only: one("const"),
            prefix: one("prefix"),
            suffix: one("suffix"),
            contains: one("contains"),
            one_of: all("in"),
            none_of: all("not_in"),
            or_empty: flag(rules, "ignore_empty"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(value) = plain(value) else {
            return;
        };
        if self.or_empty && value.is_empty() {
            return;
        }
        let found = || format!("{} bytes", value.len());
        if outside(value.len(), self.least, self.most) {
            told.tell(
                Fault::Count,
                between(self.least, self.most, "bytes"),
                found(),
            );
        }
        let within = |part: &Vec<u8>| {
            part.is_empty() || value.windows(part.len()).any(|window| window == part)
        };
        let fits = self.only.as_ref().is_none_or(|only| *only == value)
            && self.prefix.as_ref().is_none_or(|it| value.starts_with(it))
            && self.suffix.as_ref().is_none_or(|it| value.ends_with(it))
            && self.contains.as_ref().is_none_or(within)
            && (self.one_of.is_empty() || self.one_of.contains(&value))
            && !self.none_of.contains(&value);
        if !fits {
            told.tell(Fault::Value, "of another content", found());
        }
    }
}
