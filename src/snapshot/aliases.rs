//! Names that a virtual host is found by beside its own.
//!
//! Envoy asks for the virtual host of a request by `ROUTES/HOST`: the name of its route configuration
//! and the host that was asked for, lower case. The one whose domains fit is the answer, by Envoy's
//! own order: the domain itself, then `*` with the longest end of it, then the longest beginning with
//! `*`, then `*` alone. Rules 66 and 100.
//!
//! Absent on purpose: who asks, and what is said when there is none (`xds`).

use std::sync::Arc;

/// Longest host that is looked for, in bytes: DNS allows 253, and a port.
const LONGEST: usize = 260;

/// The other names of the virtual host called `name` (`ROUTES/ANYTHING`) of these domains, sorted;
/// none where its name does not say which route configuration it is for.
#[must_use]
pub fn virtual_host_aliases<'d>(
    name: &str,
    domains: impl Iterator<Item = &'d str>,
) -> Arc<[Arc<str>]> {
    let Some((routes, _)) = name.rsplit_once('/') else {
        return Arc::default();
    };
    let mut aliases: Vec<Arc<str>> = domains
        .map(|domain| format!("{routes}/{}", domain.to_lowercase()).into())
        .collect();
    aliases.sort_unstable();
    aliases.dedup();
    aliases.into()
}

/// The names that `asked` may stand for, best first.
pub(super) fn virtual_host_names(asked: &str) -> Vec<String> {
    let mut names = vec![asked.to_owned()];
    let Some((routes, host)) = asked.rsplit_once('/') else {
        return names;
    };
    if host.is_empty() || host.len() > LONGEST {
        return names;
    }
    let cuts = || (1..host.len()).filter(|&at| host.is_char_boundary(at));
    names.extend(cuts().map(|at| format!("{routes}/*{}", &host[at..])));
    names.extend(cuts().rev().map(|at| format!("{routes}/{}*", &host[..at])));
    names.push(format!("{routes}/*"));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_66_a_host_is_looked_for_in_the_order_in_which_envoy_matches_domains() {
        assert_eq!(
            virtual_host_names("shop/a.bc"),
            [
                "shop/a.bc",
                "shop/*.bc",
                "shop/*bc",
                "shop/*c",
                "shop/a.b*",
                "shop/a.*",
                "shop/a*",
                "shop/*",
            ]
        );
        assert_eq!(virtual_host_names("shop"), ["shop"]);
        let long = format!("shop/{}", "a".repeat(10_000));
        assert_eq!(virtual_host_names(&long), [long]);
    }

    #[test]
    fn a_virtual_host_is_found_by_its_domains_in_its_own_route_configuration() {
        let of = |name| {
            let domains = ["Web.Example", "*.example"].into_iter();
            let aliases = virtual_host_aliases(name, domains);
            aliases.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of("a/b/web"), ["a/b/*.example", "a/b/web.example"]);
        assert_eq!(of("web"), [""; 0]);
    }
}
