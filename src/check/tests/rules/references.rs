//! NL04..

use super::{Row, holds};
use crate::check::{
    Code,
    tests::language::{diagnose, spell_out, told},
};

/// A world of one Service, one Gateway and one class, and what is said of them.
macro_rules! world {
    ($text:expr) => {
        concat!(
            "@Service orders {ports: [{name: http, port: 80, targetPort: 8080}, {name: raw, port: 90, protocol: tcp}], endpoints: [{address: 10.0.0.1, labels: {v: '1'}}, {address: 10.0.0.2, labels: {v: '2'}}], versions: {v1: {v: '1'}, v2: {v: '2'}}}\n",
            "@Service raw {ports: [{port: 90, protocol: tcp}], dns: [a]}\n",
            "@Service plain {ports: [{port: 80}], dns: [a]}\n",
            "@Gateway public {gatewayClassName: gateway, listeners: [{name: http, port: 80, protocol: HTTP, hostname: \"*.shop.example\"}]}\n",
            "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: far, namespace: other}\nspec: {ports: [{port: 80}], dns: [a]}\n---\n",
            "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: theirs, namespace: other}\nspec: {gatewayClassName: gateway, listeners: [{name: http, port: 80, protocol: HTTP}]}\n---\n",
            $text
        )
    };
}

/// A route with one parent.
macro_rules! parent {
    ($parent:literal) => {
        world!(concat!(
            "@HTTPRoute r\nspec:\n  parentRefs: [",
            $parent,
            "]\n  rules: [{backendRefs: [{name: plain}]}]"
        ))
    };
}

/// A route with one backend and a good one beside it.
macro_rules! backend {
    ($backend:literal) => {
        world!(concat!(
            "@HTTPRoute r\nspec:\n  parentRefs: [{group: '', kind: Service, name: plain}]\n  rules: [{backendRefs: [{name: plain, weight: 3}, ",
            $backend,
            "]}]"
        ))
    };
}

/// Two routes on one Service: `a` as given, then `b`, the matches of which are given.
macro_rules! rival {
    ($a:literal, $b:literal) => {
        world!(concat!(
            "@HTTPRoute a {parentRefs: [{group: '', kind: Service, name: plain}], rules: [",
            $a,
            "]}\n@HTTPRoute b\nspec:\n  parentRefs: [{group: '', kind: Service, name: plain}]\n  rules:\n",
            $b
        ))
    };
}

/// A route for one host name of the Gateway, the only rule of which is given.
macro_rules! entering {
    ($rule:literal) => {
        world!(concat!(
            "@HTTPRoute r\nspec:\n  parentRefs: [{name: public}]\n  hostnames: [www.shop.example]\n  rules:\n",
            $rule
        ))
    };
}

/// A Service with this spec beside one Workload.
macro_rules! selecting {
    ($spec:literal) => {
        concat!(
            "apiVersion: netloft.dev/v1\nkind: Workload\nmetadata: {name: w, labels: {app: orders, tier: web}}\nspec: {address: 10.0.0.1}\n---\n@Service s\nspec:\n  ports: [{port: 80}]\n",
            $spec
        )
    };
}

pub(super) const ROWS: &[Row] = &[
    (
        Code::SAME_MATCH,
        rival!(
            "{matches: [{path: {value: /x}}], backendRefs: [{name: plain}]}",
            "  - {matches: [{path: {value: /y}}, «{path: {value: /x/}}»], backendRefs: [{name: plain}]}"
        ),
        &[
            "no request reaches this match: HTTPRoute default/a takes the same ones",
            "spec.rules[0].matches[0] of it (mesh.yaml line ",
            "that route's name comes first",
            "remove one of the two",
        ],
    ),
    (
        Code::SAME_MATCH,
        rival!(
            "{backendRefs: [{name: plain}]}",
            "  - «backendRefs»: [{name: plain}]"
        ),
        &["no request reaches this match", "spec.rules[0] of it"],
    ),
    (
        Code::SAME_MATCH,
        world!(
            "@HTTPRoute a {parentRefs: [{name: public}], hostnames: [x.shop.example], rules: [{backendRefs: [{name: plain}]}]}\n@HTTPRoute b\nspec:\n  parentRefs: [{name: public}]\n  hostnames: [y.shop.example, x.shop.example]\n  rules:\n  - «backendRefs»: [{name: plain}]"
        ),
        &[
            "requests to x.shop.example on port 80 of Gateway default/public do not reach this match: HTTPRoute default/a takes them",
        ],
    ),
    (
        Code::SAME_MATCH,
        world!(
            "@HTTPRoute a {parentRefs: [{group: '', kind: Service, name: plain}], rules: [{matches: [{path: {value: /x}}, {path: {value: /y}}], backendRefs: [{name: plain}]}]}\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: «b»}\nspec:\n  parentRefs: [{group: '', kind: Service, name: plain}]\n  rules:\n  - {matches: [{path: {value: /y}}], backendRefs: [{name: plain}]}\n  - {matches: [{path: {value: /x}}], backendRefs: [{name: plain}]}"
        ),
        &["no request reaches this route: HTTPRoute default/a takes the same ones"],
    ),
    (
        Code::SAME_LISTENER,
        world!(
            "@Gateway z\nspec:\n  gatewayClassName: gateway\n  listeners: [{name: a, port: 80, protocol: HTTP, hostname: shop.example}, {name: b, port: 80, protocol: HTTP, hostname: «\"*.shop.example\"»}]"
        ),
        &[
            "Gateway default/public takes *.shop.example on port 80 already",
            "spec.listeners[0] of it (mesh.yaml line ",
            "class \"gateway\"",
        ],
    ),
    (
        Code::SAME_LISTENER,
        world!(
            "@Gateway a {gatewayClassName: gateway, listeners: [{name: a, port: 81, protocol: HTTP}]}\n@Gateway z\nspec:\n  gatewayClassName: gateway\n  listeners: [{name: a, port: «81», protocol: HTTP}]"
        ),
        &["Gateway default/a takes every host name on port 81 already"],
    ),
    (
        Code::NOTHING_SELECTED,
        selecting!("  «selector»: {app: order}"),
        &[
            "the selector fits no Workload of namespace \"default\"",
            "a Workload with the labels app: order",
            "none of its Workloads has all of them",
            "did you mean \"app: orders\"?",
            "answered 503",
        ],
    ),
    (
        Code::NOTHING_SELECTED,
        selecting!("  «selector»: {ap: orders, tier: web}"),
        &["did you mean \"app: orders\"?"],
    ),
    (
        Code::NOTHING_SELECTED,
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: s, namespace: other}\nspec: {ports: [{port: 80}], «selector»: {app: orders}}\n---\n@Workload w {address: 10.0.0.1}",
        &["there is no Workload in namespace \"other\""],
    ),
    (
        Code::NOTHING_SELECTED,
        selecting!("  selector: {app: orders}\n  versions: {a: {tier: web}, «b»: {tier: db}}"),
        &[
            "version \"b\" fits no Workload that it selects",
            "tier: db",
            "requests sent to this version are answered 503",
        ],
    ),
    (
        Code::NOTHING_SELECTED,
        selecting!(
            "  endpoints: [{address: 10.0.0.1, labels: {v: '1'}}]\n  versions: {a: {v: '1'}, «b»: {v: '2'}}"
        ),
        &["version \"b\" fits no endpoint of it"],
    ),
    (
        Code::REDIRECT_LOOP,
        entering!("  - filters: [{type: RequestRedirect, «requestRedirect»: {statusCode: 301}}]"),
        &[
            "leads to where the request came from",
            "requests to www.shop.example on port 80 of Gateway default/public",
            "write scheme: https",
        ],
    ),
    (
        Code::REDIRECT_LOOP,
        entering!(
            "  - filters: [{type: RequestRedirect, «requestRedirect»: {scheme: http, hostname: www.shop.example}}]"
        ),
        &["leads to where the request came from"],
    ),
    (
        Code::REDIRECT_LOOP,
        entering!(
            "  - matches: [{path: {value: /a}}]\n    filters: [{type: RequestRedirect, «requestRedirect»: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /a/b}}}]"
        ),
        &[
            "leads to /a/b, which this rule redirects again",
            "add a rule for /a/b",
        ],
    ),
    (
        Code::REDIRECT_LOOP,
        entering!(
            "  - matches: [{path: {type: Exact, value: /a}}]\n    filters: [{type: RequestRedirect, «requestRedirect»: {path: {type: ReplaceFullPath, replaceFullPath: /a}}}]"
        ),
        &["leads to where the request came from"],
    ),
    (
        Code::NO_PARENT,
        parent!("{group: '', kind: Service, name: «order»}"),
        &[
            "Service default/order does not exist",
            "one of orders, plain, raw",
            "did you mean \"orders\"?",
        ],
    ),
    (
        Code::NO_PARENT,
        parent!("{name: «privat»}"),
        &["Gateway default/privat", "one of public"],
    ),
    (
        Code::NO_PARENT,
        parent!("{name: «theirs»}"),
        &["there is one in namespace \"other\""],
    ),
    (
        Code::NO_PARENT_PART,
        parent!("{name: public, sectionName: «htp»}"),
        &[
            "no listener \"htp\"",
            "http (port 80)",
            "did you mean \"http\"?",
        ],
    ),
    (
        Code::NO_PARENT_PART,
        parent!("{name: public, port: «81»}"),
        &["no listener 81"],
    ),
    (
        Code::NO_PARENT_PART,
        parent!("{group: '', kind: Service, name: orders, port: «81»}"),
        &["80 (http), 90 (raw)"],
    ),
    (
        Code::NO_BACKEND,
        backend!("{name: «ordres»}"),
        &[
            "did you mean \"orders\"?",
            "25 % of the requests of this rule are answered 500",
        ],
    ),
    (
        Code::NO_BACKEND,
        backend!("{name: «x», weight: 0}"),
        &["none while its weight is 0"],
    ),
    (
        Code::NO_BACKEND,
        backend!("{name: «far»}"),
        &["there is one in namespace \"other\""],
    ),
    (
        Code::NO_BACKEND_PORT,
        backend!("{name: orders, port: «8080»}"),
        &[
            "has no port 8080",
            "target port of port 80 (http): write 80",
        ],
    ),
    (
        Code::NO_BACKEND_PORT,
        backend!("{name: plain, port: «81»}"),
        &["did you mean 80?"],
    ),
    (
        Code::NO_VERSION,
        backend!("{group: netloft.dev, kind: ServiceVersion, name: «orders.v3», port: 80}"),
        &["no version \"v3\"", "v1, v2", "did you mean \"orders.v2\"?"],
    ),
    (
        Code::NO_VERSION,
        backend!("{group: netloft.dev, kind: ServiceVersion, name: «plain.v1»}"),
        &["it has no versions", "spec.versions.v1"],
    ),
    (
        Code::NOT_HTTP,
        backend!("{name: orders, port: «90»}"),
        &["speaks tcp"],
    ),
    (
        Code::NOT_HTTP,
        parent!("{group: '', kind: Service, name: orders, sectionName: «raw»}"),
        &["does not speak HTTP"],
    ),
    (
        Code::NOT_HTTP,
        parent!("«{group: '', kind: Service, name: raw}»"),
        &["no port that speaks HTTP"],
    ),
    (
        Code::NO_CLASS,
        world!(
            "@Gateway g\nspec:\n  gatewayClassName: «gatway»\n  listeners: [{name: http, port: 81, protocol: HTTP}]"
        ),
        &["did you mean \"gateway\"?", "no proxy serves this Gateway"],
    ),
    (
        Code::WRONG_ROLE,
        world!(
            "@Gateway g\nspec:\n  gatewayClassName: «sidecar»\n  listeners: [{name: http, port: 81, protocol: HTTP}]"
        ),
        &["role: gateway", "role: sidecar"],
    ),
    (
        Code::WRONG_ROLE,
        world!(
            "@ProxyClass edge {role: client}\n@Gateway g\nspec:\n  gatewayClassName: «edge»\n  listeners: [{name: http, port: 81, protocol: HTTP}]"
        ),
        &["role: client"],
    ),
    (
        Code::OTHER_NAMESPACE,
        backend!("{name: far, namespace: «other»}"),
        &["ReferenceGrant", "not there yet"],
    ),
    (
        Code::OTHER_NAMESPACE,
        parent!("{group: '', kind: Service, name: far, namespace: «other»}"),
        &["routes of its own namespace only"],
    ),
    (
        Code::WRONG_TARGET,
        parent!("{kind: «Service», name: orders}"),
        &["group: \"\""],
    ),
    (
        Code::WRONG_TARGET,
        backend!("{group: apps, kind: «Deployment», name: a}"),
        &["apps/Deployment"],
    ),
    (
        Code::WRONG_TARGET,
        backend!("{kind: «ServiceVersion», name: orders.v1}"),
        &["group: netloft.dev"],
    ),
    (
        Code::AMBIGUOUS_PORT,
        backend!("«{name: orders}»"),
        &["several ports", "80 (http), 90 (raw)"],
    ),
    (
        Code::NOT_ALLOWED,
        parent!("{name: «theirs», namespace: other}"),
        &["from: All"],
    ),
    (
        Code::NO_COMMON_HOST,
        world!(
            "@HTTPRoute r\nspec:\n  parentRefs: [{name: «public»}]\n  hostnames: [shop.example]\n  rules: [{backendRefs: [{name: plain}]}]"
        ),
        &["*.shop.example"],
    ),
    (
        Code::NOT_VISIBLE,
        world!("@ProxyClass c\nspec: {role: sidecar, scope: {services: [orders, «order»]}}"),
        &["did you mean \"orders\"?"],
    ),
];

#[test]
fn each_reference_that_leads_nowhere_is_told_at_its_place() {
    holds(ROWS);
}

/// Each is near to what is told of, and right.
#[test]
fn what_only_looks_like_a_clash_is_not_told() {
    let unsaid = [
        // Another path, another header, another port, another host name.
        rival!(
            "{matches: [{path: {value: /x}}], backendRefs: [{name: plain}]}",
            "  - {matches: [{path: {type: Exact, value: /x}}, {path: {value: /x}, headers: [{name: a, value: b}]}], backendRefs: [{name: plain}]}"
        ),
        world!(
            "@HTTPRoute a {parentRefs: [{name: public}], hostnames: [x.shop.example], rules: [{backendRefs: [{name: plain}]}]}\n@HTTPRoute b\nspec:\n  parentRefs: [{name: public}]\n  hostnames: [\"*.x.shop.example\"]\n  rules: [{backendRefs: [{name: plain}]}]"
        ),
        // The same port of another class, another host name of the same.
        world!(
            "@ProxyClass edge {role: gateway}\n@Gateway z\nspec:\n  gatewayClassName: edge\n  listeners: [{name: a, port: 80, protocol: HTTP, hostname: \"*.shop.example\"}]"
        ),
        world!(
            "@Gateway z\nspec:\n  gatewayClassName: gateway\n  listeners: [{name: a, port: 82, protocol: HTTP}, {name: b, port: 81, protocol: HTTP, hostname: \"*.shop.example\"}]"
        ),
        // Away from here: to HTTPS, to another host, to another port.
        entering!("  - filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]"),
        entering!(
            "  - filters: [{type: RequestRedirect, requestRedirect: {hostname: shop.example}}]"
        ),
        entering!("  - filters: [{type: RequestRedirect, requestRedirect: {port: 81}}]"),
        // To what another match takes, or what this one does not.
        entering!(
            "  - filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplaceFullPath, replaceFullPath: /app}}}]\n  - matches: [{path: {value: /app}}]\n    backendRefs: [{name: plain}]"
        ),
        entering!(
            "  - matches: [{path: {value: /a}}]\n    filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /ab}}}]"
        ),
        // Whoever has the header may have it only once.
        entering!(
            "  - matches: [{headers: [{name: a, value: b}]}]\n    filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]"
        ),
        selecting!("  selector: {app: orders}\n  versions: {a: {tier: web}}"),
    ];
    for text in unsaid {
        let text = spell_out(text);
        assert_eq!(told(&text, Code::SAME_MATCH), [], "{text}");
    }
}

/// The rule for where a redirect leads may stand in another route.
#[test]
fn a_redirect_into_another_route_leads_nowhere_back() {
    let app = "@HTTPRoute app {parentRefs: [{name: public}], rules: [{matches: [{path: {value: /app}}], backendRefs: [{name: plain}]}]}";
    let gateway = "@Service plain {ports: [{port: 80}], dns: [a]}\n@Gateway public {gatewayClassName: gateway, listeners: [{name: http, port: 80, protocol: HTTP}]}\n";
    let all = "@HTTPRoute all\nspec:\n  parentRefs: [{name: public}]\n  rules:\n  - filters: [{type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /app}}}]";
    assert_eq!(diagnose(&spell_out(&format!("{gateway}{app}\n{all}"))), []);
    let alone = diagnose(&spell_out(&format!("{gateway}{all}")));
    let codes: Vec<Code> = alone.iter().map(|told| told.code).collect();
    assert_eq!(codes, [Code::REDIRECT_LOOP]);
}
