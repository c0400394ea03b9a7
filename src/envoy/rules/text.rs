//! Rules of a text: its length, what stands in it, and the well-known forms.
//!
//! Patterns are RE2's; the library here is its close relative. As in Envoy's own validation an HTTP
//! header's name or value is judged strictly unless the rule says otherwise.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use prost_reflect::{DynamicMessage, Value};
use regex::Regex;

use super::{Told, between, flag, outside, rule, several, size};
use crate::envoy::{Fault, source::shorten};

#[derive(Debug)]
pub(super) struct Rules {
    only: Option<String>,
    /// In characters.
    least: Option<u64>,
    most: Option<u64>,
    least_bytes: Option<u64>,
    most_bytes: Option<u64>,
    pattern: Option<Regex>,
    prefix: Option<String>,
    suffix: Option<String>,
    contains: Option<String>,
    not_contains: Option<String>,
    one_of: Vec<String>,
    none_of: Vec<String>,
    well_known: Option<WellKnown>,
    or_empty: bool,
}

/// A form that has a name, by the name of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WellKnown {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriRef,
    Address,
    Uuid,
    HeaderName { strict: bool },
    HeaderValue { strict: bool },
}

fn plain(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

impl Rules {
    pub(super) fn of(rules: &DynamicMessage) -> Self {
        let one = |name| rule(rules, name).as_ref().and_then(plain);
        let all = |name| several(rules, name).iter().filter_map(plain).collect();
        let (exactly, exactly_bytes) = (size(rules, "len"), size(rules, "len_bytes"));
        Self {
            only: one("const"),
            least: exactly.or(size(rules, "min_len")),
            most: exactly.or(size(rules, "max_len")),
            least_bytes: exactly_bytes.or(size(rules, "min_bytes")),
            most_bytes: exactly_bytes.or(size(rules, "max_bytes")),
            pattern: one("pattern").and_then(|pattern| Regex::new(&pattern).ok()),
            prefix: one("prefix"),
            suffix: one("suffix"),
            contains: one("contains"),
            not_contains: one("not_contains"),
            one_of: all("in"),
            none_of: all("not_in"),
            well_known: WellKnown::of(rules),
            or_empty: flag(rules, "ignore_empty"),
        }
    }

    pub(super) fn check(&self, value: &Value, told: &mut Told<'_>) {
        let Some(text) = value.as_str() else {
            return;
        };
        if self.or_empty && text.is_empty() {
            return;
        }
        let characters = text.chars().count();
        if outside(characters, self.least, self.most) {
            let expected = between(self.least, self.most, "characters");
            told.tell(Fault::Count, expected, format!("{characters} characters"));
        }
        if outside(text.len(), self.least_bytes, self.most_bytes) {
            let expected = between(self.least_bytes, self.most_bytes, "bytes");
            told.tell(Fault::Count, expected, format!("{} bytes", text.len()));
        }
        if let Some(expected) = self.misses(text) {
            told.tell(Fault::Value, expected, format!("{:?}", shorten(text)));
        }
    }

    /// What the text should be and is not.
    fn misses(&self, text: &str) -> Option<String> {
        let part = |part: &Option<String>, fits: &dyn Fn(&str) -> bool, words: &str| {
            let part = part.as_deref().filter(|part| !fits(part))?;
            Some(format!("a text {words} {part:?}"))
        };
        if let Some(only) = self.only.as_ref().filter(|only| *only != text) {
            return Some(format!("{only:?}"));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|it| !it.is_match(text)) {
            return Some(format!("a text that matches {pattern}"));
        }
        if let Some(form) = self.well_known.filter(|form| !form.fits(text)) {
            return Some(form.describe().to_owned());
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|it| it == text) {
            return Some(format!("one of {}", self.one_of.join(", ")));
        }
        if self.none_of.iter().any(|it| it == text) {
            return Some(format!("none of {}", self.none_of.join(", ")));
        }
        part(&self.prefix, &|it| text.starts_with(it), "that begins with")
            .or_else(|| part(&self.suffix, &|it| text.ends_with(it), "that ends with"))
            .or_else(|| part(&self.contains, &|it| text.contains(it), "that contains"))
            .or_else(|| part(&self.not_contains, &|it| !text.contains(it), "without"))
    }
}

impl WellKnown {
    fn of(rules: &DynamicMessage) -> Option<Self> {
        let strict = rule(rules, "strict").is_none_or(|value| value.as_bool() != Some(false));
        let regex = rule(rules, "well_known_regex").and_then(|value| value.as_enum_number());
        match regex {
            Some(1) => return Some(Self::HeaderName { strict }),
            Some(2) => return Some(Self::HeaderValue { strict }),
            _ => {}
        }
        let named = [
            ("email", Self::Email),
            ("hostname", Self::Hostname),
            ("ip", Self::Ip),
            ("ipv4", Self::Ipv4),
            ("ipv6", Self::Ipv6),
            ("uri", Self::Uri),
            ("uri_ref", Self::UriRef),
            ("address", Self::Address),
            ("uuid", Self::Uuid),
        ];
        let found = named.into_iter().find(|(name, _)| flag(rules, name));
        found.map(|(_, form)| form)
    }

    fn fits(self, text: &str) -> bool {
        match self {
            Self::Email => {
                let parts = text.rsplit_once('@');
                parts.is_some_and(|(name, host)| !name.is_empty() && is_hostname(host))
            }
            Self::Hostname => is_hostname(text),
            Self::Ip => text.parse::<IpAddr>().is_ok(),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
            Self::Uri => text
                .parse::<http::Uri>()
                .is_ok_and(|uri| uri.scheme().is_some()),
            Self::UriRef => text.parse::<http::Uri>().is_ok(),
            Self::Address => is_hostname(text) || text.parse::<IpAddr>().is_ok(),
            Self::Uuid => uuid::Uuid::parse_str(text).is_ok() && text.len() == 36,
            Self::HeaderName { strict: true } => {
                let name = text.strip_prefix(':').unwrap_or(text);
                let of_a_token =
                    |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_|~`".contains(&b);
                !name.is_empty() && name.bytes().all(of_a_token)
            }
            Self::HeaderValue { strict: true } => {
                let control = |b: u8| (b < 0x20 && b != b'\t') || b == 0x7f;
                !text.bytes().any(control)
            }
            Self::HeaderName { .. } | Self::HeaderValue { .. } => {
                !text.contains(['\0', '\n', '\r'])
            }
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Email => "an e-mail address",
            Self::Hostname => "a host name",
            Self::Ip => "an IP address",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Uri => "a URI with its scheme",
            Self::UriRef => "a URI or a part of one",
            Self::Address => "a host name or an IP address",
            Self::Uuid => "a UUID",
            Self::HeaderName { strict: true } => "an HTTP header's name",
            Self::HeaderValue { strict: true } => {
                "an HTTP header's value, without control characters"
            }
            Self::HeaderName { .. } | Self::HeaderValue { .. } => "without NUL, CR and LF",
        }
    }
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let bare = text.strip_suffix('.').unwrap_or(text);
    bare.len() <= 253 && bare.split('.').all(label)
}
