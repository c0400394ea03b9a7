//! `Service`: a logical name others call.

use std::{collections::BTreeMap, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Fault, Form, HealthCheck, KindFacts, Reference, form};

/// A logical name with ports, and where its endpoints come from: exactly one of `selector`,
/// `endpoints` and `dns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-columns" = [
    { "name": "Ports", "pointer": "/spec/ports/*/port" },
    { "name": "Versions", "pointer": "/spec/versions/*" },
]))]
pub struct Service {
    /// 1 to 64 ports, names and numbers unique.
    #[schemars(length(min = 1, max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["port"]))]
    pub ports: Vec<ServicePort>,
    /// The workloads of the same namespace that have all these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::labels")]
    pub selector: Option<BTreeMap<Arc<str>, Arc<str>>>,
    /// Addresses written down here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 10_000))]
    pub endpoints: Option<Vec<InlineEndpoint>>,
    /// Host names that each proxy resolves itself, again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::hostnames", length(min = 1, max = 64))]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub dns: Option<Vec<Arc<str>>>,
    /// Parts of the endpoints that routes can send a share to, by labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::versions")]
    pub versions: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<str>>>,
    /// How callers find out which endpoints are alive; absent: they do not ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_check: Option<HealthCheck>,
}

/// One port of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServicePort {
    /// DNS label; may be absent where there is one port only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "form::port_name")]
    pub name: Option<Arc<str>>,
    /// What callers name, 1 to 65535.
    #[schemars(range(min = 1))]
    pub port: u16,
    /// What endpoints listen on, 1 to 65535; absent: the same as `port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub target_port: Option<u16>,
    /// What is spoken on it; absent: `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
}

/// What is spoken on a port.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP/2 with prior knowledge.
    Http2,
    /// gRPC, over HTTP/2 with prior knowledge.
    Grpc,
    /// Bytes.
    Tcp,
    /// TLS that is passed through.
    Tls,
}

/// An address written down in a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InlineEndpoint {
    /// IPv4 or IPv6 address.
    #[schemars(schema_with = "form::ip")]
    pub address: Arc<str>,
    /// Port by port name or number, where it differs from the target port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::port_map")]
    pub ports: BTreeMap<Arc<str>, u16>,
    /// For `versions`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::labels")]
    pub labels: BTreeMap<Arc<str>, Arc<str>>,
    /// Share among the endpoints of its locality, 1 to 128; absent: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 128))]
    pub weight: Option<u32>,
}

impl Protocol {
    /// Whether requests on it can be routed by HTTP rules.
    #[must_use]
    pub fn is_http(self) -> bool {
        matches!(self, Self::Http | Self::Http2 | Self::Grpc)
    }

    /// Whether connections to its endpoints speak HTTP/2 with prior knowledge.
    #[must_use]
    pub fn is_http2(self) -> bool {
        matches!(self, Self::Http2 | Self::Grpc)
    }
}

impl Service {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Service",
        group: "netloft.dev",
        version: "v1",
        plural: "services",
        short: &["svc"],
        namespaced: true,
        names: Form::DnsLabel,
        body: Body::Spec,
    };
}

impl Service {
    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        checks.exactly_one(
            "",
            &[
                ("selector", self.selector.is_some()),
                ("endpoints", self.endpoints.is_some()),
                ("dns", self.dns.is_some()),
            ],
        );
        self.check_ports(checks);
        self.check_endpoints(checks);
        if let Some(health_check) = &self.health_check {
            health_check.check("/healthCheck", &self.ports, checks);
        }
        if self.selector.as_ref().is_some_and(BTreeMap::is_empty) {
            checks
                .report(Fault::Count, "/selector", "the selector names no label")
                .expected("at least one label")
                .effect("no workload is selected");
        }
        if let Some(names) = &self.dns {
            let names = names.iter().enumerate();
            checks.unique(
                "host name",
                names.map(|(i, name)| (name, format!("/dns/{i}"))),
            );
        }
        for (version, labels) in &self.versions {
            let pointer = format!("/versions/{version}");
            if self.dns.is_some() {
                checks
                    .report(Fault::Exclusive, &pointer, "host names have no versions")
                    .found("dns and versions")
                    .suggest("make a Service of each version, and route to those");
            } else if labels.is_empty() {
                checks
                    .report(Fault::Count, &pointer, "the version names no label")
                    .expected("at least one label that tells its endpoints from the others");
            }
        }
    }

    fn check_ports(&self, checks: &mut Checks) {
        let ports = || self.ports.iter().enumerate();
        checks.unique(
            "port",
            ports().map(|(i, port)| (port.port, format!("/ports/{i}/port"))),
        );
        checks.unique(
            "port name",
            ports().filter_map(|(i, port)| Some((port.name.as_ref()?, format!("/ports/{i}/name")))),
        );
        for (i, port) in ports().filter(|(_, port)| port.port == 443) {
            if port.speaks() == Protocol::Http {
                checks
                    .report(
                        Fault::PlainHttp,
                        format!("/ports/{i}/port"),
                        "port 443 is said to speak plain HTTP",
                    )
                    .expected("a port on which plain HTTP is spoken, or its own protocol")
                    .found(match port.protocol {
                        Some(_) => "protocol: http",
                        None => "no protocol, which is http",
                    })
                    .effect("a server that expects TLS fails every request");
            }
        }
        for (i, port) in ports().filter(|(_, port)| !port.speaks().is_http()) {
            let protocol = format!("{:?}", port.speaks()).to_lowercase();
            checks
                .report(
                    Fault::NotCarried,
                    format!("/ports/{i}/protocol"),
                    format!(
                        "port {} speaks {protocol}, which proxies do not carry yet",
                        port.called()
                    ),
                )
                .expected("http, http2 or grpc where requests are to reach it")
                .found(&*protocol)
                .effect("no proxy is given a way to this port");
        }
        if self.ports.len() > 1 {
            for (i, port) in ports().filter(|(_, port)| port.name.is_none()) {
                checks
                    .report(
                        Fault::Requires,
                        format!("/ports/{i}"),
                        format!("port {} needs a name, since there are several", port.port),
                    )
                    .expected("name: a port's name, as http");
            }
        }
    }

    fn check_endpoints(&self, checks: &mut Checks) {
        let Some(endpoints) = &self.endpoints else {
            return;
        };
        let place = |endpoint: &InlineEndpoint| {
            let ports: String = endpoint
                .ports
                .iter()
                .map(|(name, port)| format!(" {name}:{port}"))
                .collect();
            format!("{}{ports}", endpoint.address)
        };
        let endpoints = || endpoints.iter().enumerate();
        checks.unique(
            "endpoint",
            endpoints().map(|(i, endpoint)| (place(endpoint), format!("/endpoints/{i}/address"))),
        );
        for (i, endpoint) in endpoints() {
            for key in endpoint.ports.keys().filter(|key| self.port(key).is_none()) {
                let known: Vec<String> = self.ports.iter().map(ServicePort::called).collect();
                checks
                    .report(
                        Fault::Requires,
                        format!("/endpoints/{i}/ports/{key}"),
                        format!("the service has no port {key}"),
                    )
                    .expected(format!("one of {}", known.join(", ")))
                    .found(key.to_string());
            }
        }
    }

    /// The port of that name or number.
    #[must_use]
    pub fn port(&self, name_or_number: &str) -> Option<&ServicePort> {
        self.ports.iter().find(|port| {
            port.name.as_deref() == Some(name_or_number) || name_or_number.parse() == Ok(port.port)
        })
    }

    /// It names no other document: workloads are selected, not named.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}

impl ServicePort {
    /// What is spoken on it, the default applied.
    #[must_use]
    pub fn speaks(&self) -> Protocol {
        self.protocol.unwrap_or(Protocol::Http)
    }

    /// Its number, and its name if it has one.
    #[must_use]
    pub fn called(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.port),
            None => self.port.to_string(),
        }
    }
}
