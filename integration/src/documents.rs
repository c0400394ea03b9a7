//! Documents of end-to-end tests, as text.
//!
//! One shape each, the most common; a test that needs another writes it itself.

use crate::backend::HEALTH;

/// Joins documents into one file.
#[must_use]
pub fn file(documents: &[String]) -> String {
    documents.join("---\n")
}

/// A Service on port 80 of the workloads labelled `app: NAME`, with versions `v1` and `v2`.
#[must_use]
pub fn service(name: &str) -> String {
    service_speaking("http", name)
}

/// A Service like [`service`]'s whose port speaks `protocol`.
#[must_use]
pub fn service_speaking(protocol: &str, name: &str) -> String {
    format!(
        "apiVersion: netloft.dev/v1\n\
         kind: Service\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         \u{20} ports: [{{port: 80, protocol: {protocol}}}]\n\
         \u{20} selector: {{app: {name}}}\n\
         \u{20} versions: {{v1: {{version: v1}}, v2: {{version: v2}}}}\n"
    )
}

/// A Service like [`service`]'s whose endpoints are asked for their health every 100 ms.
#[must_use]
pub fn health_checked_service(name: &str) -> String {
    let asked =
        format!("\u{20} healthCheck: {{path: {HEALTH}, interval: 100ms, unhealthyThreshold: 1}}\n");
    service(name) + &asked
}

/// A Service on port 80 whose hosts each proxy resolves itself, to be reached at `target_port`.
#[must_use]
pub fn dns_service(name: &str, host: &str, target_port: u16) -> String {
    format!(
        "apiVersion: netloft.dev/v1\n\
         kind: Service\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         \u{20} ports: [{{port: 80, targetPort: {target_port}, protocol: http}}]\n\
         \u{20} dns: [{host}]\n"
    )
}

/// An instance of `app`'s `version` on a port of 127.0.0.1.
#[must_use]
pub fn workload(name: &str, app: &str, version: &str, port: u16) -> String {
    workload_with(name, app, version, port, "healthy")
}

/// An instance with a `health` other than healthy.
#[must_use]
pub fn workload_with(name: &str, app: &str, version: &str, port: u16, health: &str) -> String {
    format!(
        "apiVersion: netloft.dev/v1\n\
         kind: Workload\n\
         metadata: {{name: {name}, labels: {{app: {app}, version: {version}}}}}\n\
         spec: {{address: 127.0.0.1, ports: {{\"80\": {port}}}, health: {health}}}\n"
    )
}

/// The class of sidecars, listening on `port` of 127.0.0.1.
#[must_use]
pub fn sidecar(port: u16) -> String {
    format!(
        "apiVersion: netloft.dev/v1\n\
         kind: ProxyClass\n\
         metadata: {{name: sidecar}}\n\
         spec: {{role: sidecar, listen: {{port: {port}}}}}\n"
    )
}

/// The class of gateways, listening on 127.0.0.1.
#[must_use]
pub fn gateway_class() -> String {
    "apiVersion: netloft.dev/v1\n\
     kind: ProxyClass\n\
     metadata: {name: gateway}\n\
     spec: {role: gateway, listen: {address: 127.0.0.1}}\n"
        .to_owned()
}

/// A Gateway of the class `gateway`, listening on `port`.
#[must_use]
pub fn gateway(name: &str, port: u16) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\n\
         kind: Gateway\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         \u{20} gatewayClassName: gateway\n\
         \u{20} listeners: [{{name: http, port: {port}, protocol: HTTP}}]\n"
    )
}

/// An HTTPRoute for requests to the Service `service`: all go to the `backends` (Services), equally.
#[must_use]
pub fn route(name: &str, service: &str, backends: &[&str]) -> String {
    let backends: String = backends
        .iter()
        .map(|backend| format!("\u{20}   - {{name: {backend}, port: 80}}\n"))
        .collect();
    rule(name, service, &format!("\u{20} - backendRefs:\n{backends}"))
}

/// An HTTPRoute for requests to the Service `service`, with `rules` indented by two.
#[must_use]
pub fn rule(name: &str, service: &str, rules: &str) -> String {
    attached(
        name,
        &format!("{{group: \"\", kind: Service, name: {service}}}"),
        rules,
    )
}

/// An HTTPRoute for what enters by the Gateway `gateway` at `path` and below: all goes to `backend`.
#[must_use]
pub fn entry(name: &str, gateway: &str, path: &str, backend: &str) -> String {
    let rules = format!(
        "\u{20} - matches: [{{path: {{value: {path}}}}}]\n\
         \u{20}   backendRefs: [{{name: {backend}, port: 80}}]\n"
    );
    attached(name, &format!("{{name: {gateway}}}"), &rules)
}

fn attached(name: &str, parent: &str, rules: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\n\
         kind: HTTPRoute\n\
         metadata: {{name: {name}}}\n\
         spec:\n\
         \u{20} parentRefs: [{parent}]\n\
         \u{20} rules:\n\
         {rules}"
    )
}
