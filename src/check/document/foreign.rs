//! Kinds that belong to other programs: what people copy from a cluster, and what to use instead.
//!
//! Absent on purpose: every kind there is. A group stands for those without a row of their own.

use crate::{
    check::{Code, Diagnostic, suggest},
    model::Kind,
};

/// Group, kinds of it (none: all others), and what to use instead.
type Row = (&'static str, &'static [&'static str], &'static str);

const NO_WORKLOADS: &str =
    "Netloft runs nothing: declare a Workload of netloft.dev/v1 for each running instance";

const ROWS: &[Row] = &[
    (
        "",
        &["Service"],
        "write apiVersion: netloft.dev/v1: that Service has ports, and selector, endpoints or dns",
    ),
    ("", &["Pod", "ReplicationController"], NO_WORKLOADS),
    (
        "",
        &["Endpoints"],
        "write the addresses under spec.endpoints of a Service of netloft.dev/v1",
    ),
    (
        "",
        &["ServiceAccount"],
        "name the account a Workload runs as in its spec.identity",
    ),
    ("apps", &[], NO_WORKLOADS),
    ("batch", &[], NO_WORKLOADS),
    (
        "discovery.k8s.io",
        &["EndpointSlice"],
        "write the addresses under spec.endpoints of a Service of netloft.dev/v1",
    ),
    (
        "networking.k8s.io",
        &["Ingress", "IngressClass"],
        "use a Gateway and an HTTPRoute of gateway.networking.k8s.io/v1",
    ),
    (
        "networking.istio.io",
        &["VirtualService"],
        "use an HTTPRoute of gateway.networking.k8s.io/v1",
    ),
    (
        "networking.istio.io",
        &["DestinationRule"],
        "declare the subsets under spec.versions of a Service of netloft.dev/v1",
    ),
    (
        "networking.istio.io",
        &["Gateway"],
        "write apiVersion: gateway.networking.k8s.io/v1: listeners take the place of servers",
    ),
    (
        "networking.istio.io",
        &["ServiceEntry"],
        "use a Service of netloft.dev/v1 with dns or endpoints",
    ),
    (
        "networking.istio.io",
        &["WorkloadEntry"],
        "use a Workload of netloft.dev/v1",
    ),
    (
        "networking.istio.io",
        &["Sidecar"],
        "use spec.scope of a ProxyClass of netloft.dev/v1",
    ),
];

/// Kinds of Gateway API that have no effect here yet.
const GATEWAY_API: &str = "gateway.networking.k8s.io";
const LATER: [&str; 7] = [
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
    "ReferenceGrant",
    "BackendTLSPolicy",
    "ListenerSet",
];

/// What is told of a document of `kind` in `version`; none where the two are ours, or a slip of
/// ours.
pub(super) fn told(version: &str, kind: &str) -> Option<Diagnostic> {
    let group = group(version)?;
    if Kind::by_name(kind).is_some_and(|kind| kind.facts().group == group) {
        return None;
    }
    if group == GATEWAY_API && LATER.contains(&kind) {
        let message = format!("{kind} is part of Gateway API and has no effect here yet");
        return Some(Diagnostic::new(Code::NOT_YET, message).suggest(Some("remove the document")));
    }
    let instead = instead(group, kind);
    let all = || Kind::ALL.iter().map(|kind| kind.facts());
    let core = || all().filter(|facts| facts.group.is_empty());
    let known = Kind::by_name(kind).is_some();
    let slip = match group {
        "" => suggest::nearest(kind, core().map(|facts| facts.kind)).is_some(),
        group => suggest::nearest(group, all().map(|facts| facts.group)).is_some(),
    };
    if instead.is_none() && (known || slip) {
        return None;
    }
    let whose = match group {
        "" => "Kubernetes".to_owned(),
        group if !group.contains('.') || group.ends_with(".k8s.io") => "Kubernetes".to_owned(),
        group => group.to_owned(),
    };
    let expected = match group {
        "" => format!(
            "of {version}, one of {}",
            suggest::enumerate(core().map(|facts| facts.kind))
        ),
        _ => format!(
            "one of {}",
            suggest::enumerate(all().map(|facts| facts.kind))
        ),
    };
    let message = format!("{kind} of {version} is a kind of {whose}, not of Netloft");
    let diagnostic = Diagnostic::new(Code::FOREIGN_KIND, message)
        .expected(expected)
        .found(format!("{version} {kind}"))
        .suggest(Some(instead.unwrap_or("leave it to the program it is for")));
    Some(diagnostic)
}

/// The group of an API version: none for a text that is none.
fn group(version: &str) -> Option<&str> {
    match version.split_once('/') {
        Some((group, _)) => Some(group),
        None => version
            .strip_prefix('v')
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
            .map(|_| ""),
    }
}

fn instead(group: &str, kind: &str) -> Option<&'static str> {
    let row = |(of, kinds, _): &&Row| *of == group && (kinds.is_empty() || kinds.contains(&kind));
    ROWS.iter().find(row).map(|(.., instead)| *instead)
}
