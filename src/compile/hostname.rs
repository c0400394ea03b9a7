//! Host names of listeners and routes, and what two of them have in common.
//!
//! Rules: Gateway API, "HTTPRouteSpec.hostnames". A wildcard `*.shop.example` covers one label or
//! more before `.shop.example`, and not `shop.example` itself. `*` alone covers everything.

use std::sync::Arc;

/// Every host name.
pub(super) const ANY: &str = "*";

/// The host names that both take, as one pattern; nothing where they have none in common.
pub(super) fn common<'a>(a: &'a Arc<str>, b: &'a Arc<str>) -> Option<&'a Arc<str>> {
    if covers(a, b) {
        Some(b)
    } else if covers(b, a) {
        Some(a)
    } else {
        None
    }
}

/// Whether `wide` takes every host name that `narrow` takes. Case does not count.
fn covers(wide: &str, narrow: &str) -> bool {
    if wide == ANY || wide.eq_ignore_ascii_case(narrow) {
        return true;
    }
    let Some(suffix) = wide.strip_prefix('*') else {
        return false;
    };
    // `*.a.b` covers `*.x.a.b` and `x.a.b`: something stands before the suffix.
    let Some(before) = narrow.len().checked_sub(suffix.len()) else {
        return false;
    };
    narrow != ANY
        && before > 0
        && narrow.is_char_boundary(before)
        && narrow[before..].eq_ignore_ascii_case(suffix)
        && narrow[..before] != *"*"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_patterns_have_in_common_what_the_narrower_one_takes() {
        for (a, b, expected) in [
            ("*", "*", Some("*")),
            ("*", "shop.example", Some("shop.example")),
            ("*", "*.example", Some("*.example")),
            ("shop.example", "shop.example", Some("shop.example")),
            ("shop.example", "pay.example", None),
            ("*.example", "shop.example", Some("shop.example")),
            ("*.example", "a.shop.example", Some("a.shop.example")),
            ("*.example", "*.shop.example", Some("*.shop.example")),
            ("*.example", "example", None),
            ("*.example", "shopexample", None),
            ("*.shop.example", "*.pay.example", None),
            ("*.example", "*.example", Some("*.example")),
            ("SHOP.example", "shop.example", Some("shop.example")),
        ] {
            for (a, b) in [(a, b), (b, a)] {
                let (a, b): (Arc<str>, Arc<str>) = (a.into(), b.into());
                let found = common(&a, &b).map(|host| host.to_ascii_lowercase());
                assert_eq!(found.as_deref(), expected, "{a} {b}");
            }
        }
    }
}
