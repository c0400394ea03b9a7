//! NL04..

use super::{Row, holds};
use crate::check::Code;

/// A world of one Service, one Gateway and one class, and what is said of them.
macro_rules! world {
    ($text:expr) => {
        concat!(
            "@Service orders {ports: [{name: http, port: 80, targetPort: 8080}, {name: raw, port: 90, protocol: tcp}], selector: {a: b}, versions: {v1: {v: '1'}, v2: {v: '2'}}}\n",
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

pub(super) const ROWS: &[Row] = &[
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
