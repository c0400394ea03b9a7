//! NL02..

use super::{Row, holds};
use crate::check::Code;

/// A text, with the Gateway `g` before it.
macro_rules! on_g {
    ($text:literal) => {
        concat!("@Gateway g {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP}]}\n", $text)
    };
}

pub(super) const ROWS: &[Row] = &[
    (
        Code::NOT_A_DOCUMENT,
        "«just a text»",
        &["just a text", "apiVersion"],
    ),
    (Code::NOT_A_DOCUMENT, "«- a»", &["a list"]),
    (
        Code::MISSING_FIELD,
        "«apiVersion»: netloft.dev/v1\nmetadata: {name: a}",
        &["\"kind\"", "HTTPRoute"],
    ),
    (
        Code::MISSING_FIELD,
        "«kind»: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["\"apiVersion\"", "netloft.dev/v1"],
    ),
    (
        Code::MISSING_FIELD,
        "«apiVersion»: netloft.dev/v1\nkind: Service\nspec: {ports: [{port: 80}], dns: [a]}",
        &["\"metadata\""],
    ),
    (
        Code::MISSING_FIELD,
        "«apiVersion»: netloft.dev/v1\nkind: Service\nmetadata: {name: a}",
        &["\"spec\""],
    ),
    (
        Code::MISSING_FIELD,
        "@Service\nspec:\n  ports:\n  - «name»: a\n  dns: [a]",
        &["\"port\"", "1 to 65535"],
    ),
    (
        Code::MISSING_FIELD,
        "@Service\n«spec»: {dns: [a]}",
        &["\"ports\"", "a list"],
    ),
    (
        Code::MISSING_FIELD,
        on_g!(
            "@HTTPRoute\nspec:\n  parentRefs: [{name: g}]\n  rules:\n  - filters:\n    - «urlRewrite»: {}"
        ),
        &["\"type\"", "URLRewrite"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "@Service\nspec:\n  ports: [{port: 80}]\n  «selectr»: {a: b}",
        &["selectr", "endpoints", "did you mean \"selector\"?"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "@Service\nspec: {ports: [{port: 80, «replicas»: 2}], dns: [a]}",
        &["targetPort"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "@Service\nspec: {ports: [{port: 80}], dns: [a]}\n«ports»: []",
        &["under spec?"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "@HTTPRoute\nspec: {parentRefs: [{name: g}], rules: [{filters: [{type: URLRewrite, urlRewrite: {hostname: a}, «requestMirror»: {}}], backendRefs: [{name: s}]}]}\n---\n@Service s {ports: [{port: 80}], dns: [a]}\n@Gateway g {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP}]}",
        &["urlRewrite"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [{port: «\"80\"»}], dns: [a]}",
        &["remove the quotes"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [{port: «0x50»}], dns: [a]}",
        &["whole number", "0x50"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [{port: «8_080»}], dns: [a]}",
        &["write 8080"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [{port: «080»}], dns: [a]}",
        &["write 80"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [{port: «http»}], dns: [a]}",
        &["http"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {«ports»: {port: 80}, dns: [a]}",
        &["a list", "a mapping", "- "],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: «80», dns: [a]}",
        &["a list", "80"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\n«spec»:\n",
        &["a mapping", "nothing"],
    ),
    (
        Code::WRONG_TYPE,
        "@Service\nspec: {ports: [«80»], dns: [a]}",
        &["a mapping"],
    ),
    (
        Code::NOT_A_CHOICE,
        "@Service\nspec: {ports: [{port: 80, protocol: «HTTP»}], dns: [a]}",
        &["http, http2, grpc, tcp, tls", "did you mean \"http\"?"],
    ),
    (
        Code::NOT_YET,
        "@Gateway g\nspec: {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: «HTTPS»}]}",
        &["HTTPS is part of Gateway API"],
    ),
    (
        Code::NOT_YET,
        on_g!(
            "@HTTPRoute\nspec: {parentRefs: [{name: g}], rules: [{filters: [{type: «RequestMirror»}]}]}"
        ),
        &["RequestMirror"],
    ),
    (
        Code::NOT_A_CHOICE,
        on_g!(
            "@HTTPRoute\nspec: {parentRefs: [{name: g}], rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: «300»}}]}]}"
        ),
        &["301, 302, 303, 307, 308"],
    ),
    (
        Code::NOT_A_CHOICE,
        on_g!(
            "@HTTPRoute\nspec: {parentRefs: [{name: g}], rules: [{filters: [{type: «Redirect»}]}]}"
        ),
        &["did you mean \"RequestRedirect\"?"],
    ),
    (
        Code::NOT_YET,
        "@Gateway g\nspec: {gatewayClassName: gateway, listeners: [{name: a, port: 80, protocol: HTTP, «tls»: {mode: Terminate}}]}",
        &["tls is part of Gateway API"],
    ),
    (
        Code::UNKNOWN_KIND,
        "apiVersion: netloft.dev/v1\nkind: «Servise»\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["did you mean \"Service\"?", "Workload"],
    ),
    (
        Code::UNKNOWN_KIND,
        "apiVersion: v1\nkind: «ConfigMapp»\nmetadata: {name: a}",
        &["did you mean \"ConfigMap\"?"],
    ),
    (
        Code::FOREIGN_KIND,
        "apiVersion: apps/v1\nkind: «Deployment»\nmetadata: {name: a}\nspec: {}",
        &["Deployment of apps/v1 is a kind of Kubernetes", "Workload"],
    ),
    (
        Code::FOREIGN_KIND,
        "apiVersion: v1\nkind: «Service»\nmetadata: {name: a}\nspec: {type: ClusterIP}",
        &["Service of v1", "netloft.dev/v1", "ConfigMap"],
    ),
    (
        Code::FOREIGN_KIND,
        "apiVersion: v1\nkind: «PersistentVolume»\nmetadata: {name: a}\nspec: {}",
        &["PersistentVolume of v1 is a kind of Kubernetes", "leave it"],
    ),
    (
        Code::FOREIGN_KIND,
        "apiVersion: networking.istio.io/v1\nkind: «VirtualService»\nmetadata: {name: a}",
        &[
            "VirtualService of networking.istio.io/v1",
            "use an HTTPRoute",
        ],
    ),
    (
        Code::FOREIGN_KIND,
        "apiVersion: cert-manager.io/v1\nkind: «Certificate»\nmetadata: {name: a}",
        &["a kind of cert-manager.io, not of Netloft"],
    ),
    (
        Code::NOT_YET,
        "apiVersion: gateway.networking.k8s.io/v1\nkind: «GRPCRoute»\nmetadata: {name: a}",
        &["GRPCRoute is part of Gateway API"],
    ),
    (
        Code::WRONG_API_VERSION,
        "apiVersion: «v2»\nkind: ConfigMap\nmetadata: {name: a}",
        &["served as v1 only"],
    ),
    (
        Code::WRONG_API_VERSION,
        "apiVersion: «netlofft.dev/v1»\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["no kind Service", "write apiVersion: netloft.dev/v1"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n«dta»: {a: b}",
        &["did you mean \"data\"?"],
    ),
    (
        Code::UNKNOWN_FIELD,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n«spec»: {a: b}",
        &["data, binaryData, immutable"],
    ),
    (
        Code::FORM,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {a: «Zm9»}",
        &["base64"],
    ),
    (
        Code::FORM,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {«a/b»: c}",
        &["a/b", "as tls.crt"],
    ),
    (
        Code::MISSING_FIELD,
        "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: a}\n«spec»: {}",
        &["controllerName"],
    ),
    (
        Code::FORM,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: «hunter2!»}",
        &["data.a has not the form", "stringData"],
    ),
    (
        Code::NOT_A_CHOICE,
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: «opaque»",
        &["Opaque, kubernetes.io/tls", "did you mean"],
    ),
    (
        Code::NO_EFFECT,
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: «b»}",
        &["a Namespace is in no namespace"],
    ),
    (
        Code::NO_EFFECT,
        "apiVersion: netloft.dev/v1\nkind: Service\nspec: {ports: [{port: 80}], dns: [a]}\nmetadata:\n  name: a\n  ownerReferences: []\n  «finalizers»: [a]",
        &["finalizers have no effect"],
    ),
    (
        Code::WRONG_API_VERSION,
        "apiVersion: «netloft.dev/v1beta1»\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}], dns: [a]}",
        &["netloft.dev/v1 only"],
    ),
    (
        Code::EMPTY_FIELD,
        "@Service\nspec:\n  ports: [{port: 80}]\n  «selector»:\n  dns: [a]",
        &["taken as absent"],
    ),
];

#[test]
fn each_misfit_of_a_field_is_told_at_its_place() {
    holds(ROWS);
}
