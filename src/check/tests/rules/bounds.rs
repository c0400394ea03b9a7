//! NL03.., and NL06.., which are told by the kinds in the same way.

use super::{Row, holds};
use crate::check::Code;

/// A route on `orders`, whose only rule is given.
macro_rules! rule {
    ($rule:literal) => {
        concat!(
            "@Service orders {ports: [{port: 80}], dns: [a]}\n@HTTPRoute r\nspec:\n  parentRefs: [{group: '', kind: Service, name: orders}]\n  rules:\n  - ",
            $rule
        )
    };
}

pub(super) const ROWS: &[Row] = &[
    (
        Code::REQUIRES,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/tls\nstringData:\n  tls.key: |\n    -----BEGIN PRIVATE KEY-----\n    MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n    -----END PRIVATE KEY-----\n«data»: {}",
        &["needs tls.crt", "in PEM"],
    ),
    (
        Code::CERTIFICATE,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: «hunter2»\n  tls.key: hunter2",
        &["tls.crt holds no certificate in PEM"],
    ),
    (
        Code::CERTIFICATE,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: kubernetes.io/tls\ndata: {tls.crt: «aHVudGVyMg==», tls.key: aHVudGVyMg==}",
        &["tls.crt holds no certificate in PEM"],
    ),
    (
        Code::DUPLICATE,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\nbinaryData: {a: «Zm9v»}",
        &["in data already"],
    ),
    (
        Code::FORM,
        "@GatewayClass\nspec: {controllerName: «netloft.dev»}",
        &["netloft.dev/gateway"],
    ),
    (
        Code::EXCLUSIVE,
        "@GatewayClass\nspec: {controllerName: netloft.dev/gateway, «parametersRef»: {group: a, kind: b, name: c}}",
        &["takes no parameters", "ProxyClass"],
    ),
    // Text.
    (
        Code::FORM,
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: «Orders_V1»}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["DNS label", "did you mean \"orders-v1\"?"],
    ),
    (
        Code::FORM,
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: a, labels: {«a b»: c}}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["label's key"],
    ),
    (
        Code::FORM,
        "apiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: a, labels: {a: «c d»}}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["label's value"],
    ),
    (
        Code::FORM,
        "@Service\nspec: {ports: [{port: 80, name: «\"80\"»}], dns: [a]}",
        &["at least one letter"],
    ),
    (
        Code::FORM,
        "@Service\nspec: {ports: [{port: 80}], dns: [«https://a.example/»]}",
        &["did you mean \"a.example\"?"],
    ),
    (
        Code::FORM,
        "@Service\nspec: {ports: [{port: 80}], dns: [«10.0.0.1»]}",
        &["host name"],
    ),
    (
        Code::FORM,
        "@Service\nspec: {ports: [{port: 80}], endpoints: [{address: «localhost»}]}",
        &["IP address"],
    ),
    (
        Code::FORM,
        "@Workload\nspec: {address: «10.0.0.01»}",
        &["IP address"],
    ),
    (
        Code::FORM,
        "@Workload\nspec: {address: 10.0.0.1, ports: {«0»: 1}}",
        &["port's name or number"],
    ),
    (
        Code::FORM,
        "@ProxyClass\nspec: {role: sidecar, scope: {services: [«a/b/c»]}}",
        &["NAMESPACE/NAME"],
    ),
    (
        Code::FORM,
        "@ProxyClass\nspec: {role: sidecar, scope: {namespaces: [«\"*\"»]}}",
        &["'.'"],
    ),
    (
        Code::FORM,
        "@Gateway\nspec: {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP, hostname: «\"a.*\"»}]}",
        &["*.shop.example"],
    ),
    (
        Code::FORM,
        rule!("{matches: [{path: {value: «a»}}], backendRefs: [{name: orders}]}"),
        &["did you mean \"/a\"?"],
    ),
    (
        Code::FORM,
        rule!("{matches: [{path: {type: Exact, value: «/a//b»}}], backendRefs: [{name: orders}]}"),
        &["\"/a/b\""],
    ),
    (
        Code::FORM,
        rule!("{matches: [{path: {value: «\"/a?b=c\"»}}], backendRefs: [{name: orders}]}"),
        &["'?'"],
    ),
    (
        Code::FORM,
        rule!(
            "{matches: [{headers: [{name: «\":path\"», value: a}]}], backendRefs: [{name: orders}]}"
        ),
        &["header's name"],
    ),
    (
        Code::FORM,
        rule!(
            "{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: «\"a\\r\\nb: c\"»}]}}], backendRefs: [{name: orders}]}"
        ),
        &["control characters"],
    ),
    (
        Code::FORM,
        rule!("{backendRefs: [{name: orders}], timeouts: {request: «15»}}"),
        &["did you mean \"15s\"?"],
    ),
    (
        Code::FORM,
        rule!(
            "{filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: «x»}}}], backendRefs: [{name: orders}]}"
        ),
        &["\"/x\""],
    ),
    // Numbers and counts.
    (
        Code::RANGE,
        "@Service\nspec: {ports: [{port: «0»}], dns: [a]}",
        &["1 to 65535"],
    ),
    (
        Code::RANGE,
        "@Service\nspec: {ports: [{port: «65536»}], dns: [a]}",
        &["1 to 65535"],
    ),
    (
        Code::RANGE,
        "@Workload\nspec: {address: 10.0.0.1, weight: «129»}",
        &["1 to 128"],
    ),
    (
        Code::RANGE,
        rule!("{backendRefs: [{name: orders, weight: «1000001»}]}"),
        &["0 to 1000000"],
    ),
    (
        Code::COUNT,
        "@Service\nspec: {«ports»: [], dns: [a]}",
        &["1 to 64"],
    ),
    (
        Code::COUNT,
        "@Service\nspec: {ports: [{port: 80}], «selector»: {}}",
        &["at least one label"],
    ),
    (
        Code::COUNT,
        "@Service\nspec: {ports: [{port: 80}], selector: {a: b}, versions: {«v1»: {}}}",
        &["no label"],
    ),
    (
        Code::COUNT,
        "@Workload\nspec: {address: 10.0.0.1, locality: {region: «\"\"»}}",
        &["1 to 128 bytes"],
    ),
    // Uniqueness.
    (
        Code::DUPLICATE,
        "@Service\nspec: {ports: [{name: a, port: 80}, {name: b, port: «80»}], dns: [a]}",
        &["port 80", "ports[0].port"],
    ),
    (
        Code::DUPLICATE,
        "@Service\nspec: {ports: [{name: a, port: 80}, {name: «a», port: 81}], dns: [a]}",
        &["port name a"],
    ),
    (
        Code::DUPLICATE,
        "@Service\nspec: {ports: [{port: 80}], dns: [a, «a»]}",
        &["host name a"],
    ),
    (
        Code::DUPLICATE,
        "@Service\nspec: {ports: [{port: 80}], endpoints: [{address: 10.0.0.1}, {address: «10.0.0.1»}]}",
        &["endpoint 10.0.0.1"],
    ),
    (
        Code::DUPLICATE,
        "@Gateway\nspec: {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP}, {name: «a», port: 81, protocol: HTTP}]}",
        &["listener a"],
    ),
    (
        Code::DUPLICATE,
        "@Gateway\nspec: {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP, hostname: a.b}, {name: b, port: «80», protocol: HTTP, hostname: a.b}]}",
        &["a.b:80"],
    ),
    (
        Code::DUPLICATE,
        rule!(
            "{name: a, matches: [{path: {value: /a}}], backendRefs: [{name: orders}]}\n  - {name: «a», backendRefs: [{name: orders}]}"
        ),
        &["rule name a"],
    ),
    (
        Code::DUPLICATE,
        rule!(
            "{matches: [{headers: [{name: a, value: b}, {name: «A», value: c}]}], backendRefs: [{name: orders}]}"
        ),
        &["header a"],
    ),
    (
        Code::DUPLICATE,
        rule!(
            "{filters: [{type: URLRewrite, urlRewrite: {hostname: a}}, {type: «URLRewrite», urlRewrite: {hostname: b}}], backendRefs: [{name: orders}]}"
        ),
        &["URLRewrite"],
    ),
    (
        Code::DUPLICATE,
        "@Service s {ports: [{port: 80}], dns: [a]}\n@HTTPRoute\nspec: {parentRefs: [{group: '', kind: Service, name: s}, «{group: '', kind: Service, name: s}»], rules: [{backendRefs: [{name: s}]}]}",
        &["Service s"],
    ),
    (
        Code::DECLARED_TWICE,
        "@Service a {ports: [{port: 80}], dns: [a]}\napiVersion: netloft.dev/v1\nkind: Service\nmetadata: {name: «a»}\nspec: {ports: [{port: 81}], dns: [a]}",
        &["Service default/a", "line 3 already"],
    ),
    // Fields together.
    (
        Code::EXACTLY_ONE,
        "@Service\n«spec»: {ports: [{port: 80}]}",
        &["selector, endpoints, dns"],
    ),
    (
        Code::EXACTLY_ONE,
        "@Service\nspec: {ports: [{port: 80}], selector: {a: b}, «dns»: [a]}",
        &["selector, dns"],
    ),
    (
        Code::EXCLUSIVE,
        "@Service\nspec: {ports: [{port: 80}], dns: [a], versions: {«v1»: {a: b}}}",
        &["no versions"],
    ),
    (
        Code::EXCLUSIVE,
        "@ProxyClass\nspec: {role: client, «listen»: {address: 127.0.0.1}}",
        &["clients do not listen"],
    ),
    (
        Code::EXCLUSIVE,
        "@ProxyClass\nspec: {role: gateway, listen: {port: «80»}}",
        &["Gateway's listeners"],
    ),
    (
        Code::EXCLUSIVE,
        rule!(
            "{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}], «backendRefs»: [{name: orders}]}"
        ),
        &["redirects"],
    ),
    (
        Code::EXCLUSIVE,
        rule!(
            "{filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}, «{type: URLRewrite, urlRewrite: {hostname: a}}»]}"
        ),
        &["URLRewrite and RequestRedirect"],
    ),
    (
        Code::EXCLUSIVE,
        rule!(
            "{backendRefs: [{name: orders, filters: [{type: «URLRewrite», urlRewrite: {hostname: a}}]}]}"
        ),
        &["rule's own filters"],
    ),
    (
        Code::REQUIRES,
        "@Service\nspec: {ports: [{name: a, port: 80}, «{port: 81}»], dns: [a]}",
        &["needs a name"],
    ),
    (
        Code::REQUIRES,
        "@Service\nspec: {ports: [{port: 80}], endpoints: [{address: 10.0.0.1, ports: {http: «8080»}}]}",
        &["no port http", "one of 80"],
    ),
    (
        Code::REQUIRES,
        "@Workload\nspec: {address: 10.0.0.1, locality: {zone: «a»}}",
        &["region"],
    ),
    (
        Code::REQUIRES,
        "@ProxyClass\nspec: {role: sidecar, «match»: {}}",
        &["nodeId"],
    ),
    (
        Code::REQUIRES,
        "@Service s {ports: [{port: 80}], dns: [a]}\n@HTTPRoute\nspec: {parentRefs: [{group: '', kind: Service, name: s}], «hostnames»: [a.b], rules: [{backendRefs: [{name: s}]}]}",
        &["Gateway among the parents"],
    ),
    (
        Code::REQUIRES,
        rule!("{filters: [{type: URLRewrite, «urlRewrite»: {}}], backendRefs: [{name: orders}]}"),
        &["hostname, path"],
    ),
    (
        Code::REQUIRES,
        rule!(
            "{matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: «ReplacePrefixMatch», replacePrefixMatch: /}}}], backendRefs: [{name: orders}]}"
        ),
        &["matches[0]", "ReplaceFullPath"],
    ),
    (
        Code::ORDER,
        rule!("{backendRefs: [{name: orders}], timeouts: {request: 1s, backendRequest: «2s»}}"),
        &["at most 1s", "2s"],
    ),
    (
        Code::ORDER,
        "@Service\nspec: {ports: [{port: 80}], dns: [a], healthCheck: {interval: 500ms, timeout: «1s»}}",
        &["at most interval", "1s"],
    ),
    (
        Code::RANGE,
        "@Service\nspec: {ports: [{port: 80}], dns: [a], healthCheck: {interval: «10ms»}}",
        &["100ms to 1h", "10ms"],
    ),
    (
        Code::RANGE,
        "@Service\nspec: {ports: [{port: 80}], dns: [a], healthCheck: {timeout: «0s»}}",
        &["at least 1ms"],
    ),
    (
        Code::REQUIRES,
        "@Service\nspec: {ports: [{port: 80, protocol: grpc}], dns: [a], healthCheck: {path: «/healthz»}}",
        &["http or http2"],
    ),
    (
        Code::FORM,
        "@Service\nspec: {ports: [{port: 80}], dns: [a], healthCheck: {path: «healthz»}}",
        &["did you mean \"/healthz\"?"],
    ),
    (
        Code::FORM,
        rule!("{backendRefs: [{group: netloft.dev, kind: ServiceVersion, name: «orders»}]}"),
        &["SERVICE.VERSION"],
    ),
    (
        Code::NO_SHARE,
        rule!("{«backendRefs»: [{name: orders, weight: 0}]}"),
        &["answered 500"],
    ),
    (Code::NO_SHARE, rule!("«{name: a}»"), &["answered 500"]),
    (
        Code::NO_WEIGHT,
        rule!("{backendRefs: [{name: orders, weight: 90}, «{name: orders}»]}"),
        &["it gets 1 of 91 requests"],
    ),
    (
        Code::PLAIN_HTTP,
        "@Service\nspec: {ports: [{port: «443»}], dns: [a]}",
        &["no protocol, which is http"],
    ),
    (
        Code::PLAIN_HTTP,
        "@Service\nspec: {ports: [{port: «443», protocol: http}], dns: [a]}",
        &["expects TLS"],
    ),
    (
        Code::NOT_CARRIED,
        "@Service\nspec: {ports: [{port: 5432, protocol: «tcp»}], dns: [a]}",
        &["no proxy is given a way"],
    ),
    (
        Code::NOT_CARRIED,
        "@Service\nspec: {ports: [{port: 443, protocol: «tls»}], dns: [a]}",
        &["http, http2 or grpc"],
    ),
    (
        Code::UNREACHABLE,
        rule!(
            "{name: first, backendRefs: [{name: orders}]}\n  - {matches: [«{path: {value: /}}»], backendRefs: [{name: orders}]}"
        ),
        &["rule \"first\" takes the same ones"],
    ),
    (
        Code::UNREACHABLE,
        rule!(
            "{matches: [{path: {value: /a/}, headers: [{name: X, value: a}]}], backendRefs: [{name: orders}]}\n  - {matches: [{path: {value: /b}}, «{headers: [{name: x, value: a}], path: {value: /a}}»], backendRefs: [{name: orders}]}"
        ),
        &["this match", "rules[0]"],
    ),
    // What Envoy refuses.
    (
        Code::REGEX,
        rule!(
            "{matches: [{path: {type: RegularExpression, value: «/a(?=b)»}}], backendRefs: [{name: orders}]}"
        ),
        &["look-around", "RE2"],
    ),
    (
        Code::REGEX,
        rule!(
            "{matches: [{headers: [{name: a, type: RegularExpression, value: «\"[a\"»}]}], backendRefs: [{name: orders}]}"
        ),
        &["unclosed character class"],
    ),
    (
        Code::REGEX_TOO_BIG,
        rule!(
            "{matches: [{queryParams: [{name: a, type: RegularExpression, value: «\"((a{1,99}){1,99}){1,99}\"»}]}], backendRefs: [{name: orders}]}"
        ),
        &["repetitions"],
    ),
    (
        Code::PROTECTED_HEADER,
        rule!(
            "{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [«Host»]}}], backendRefs: [{name: orders}]}"
        ),
        &["URLRewrite"],
    ),
];

#[test]
fn each_breach_of_a_bound_is_told_at_its_place() {
    holds(ROWS);
}
