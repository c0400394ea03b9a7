//! Where a route sends requests: the service, its port, its version.

use super::{Seeker, meant_port, ports};
use crate::{
    check::{Code, Diagnostic, suggest},
    model::{DocumentKey, Service, ServicePort},
};

pub(super) fn seek(seeker: &Seeker<'_>, key: &DocumentKey) -> Option<Diagnostic> {
    let found = look(seeker, key)?;
    Some(found.effect(effect(seeker)))
}

fn look(seeker: &Seeker<'_>, key: &DocumentKey) -> Option<Diagnostic> {
    let own = &seeker.document.metadata.namespace;
    if key.namespace != *own {
        return Some(
            seeker
                .report(
                    Code::OTHER_NAMESPACE,
                    "namespace",
                    format!("{key} is in another namespace than the route, which is in {own:?}"),
                )
                .expected(own.to_string())
                .found(key.namespace.to_string())
                .suggest(Some(
                    "put the route into that namespace: the kind ReferenceGrant, which would allow this, is not there yet",
                )),
        );
    }
    let Some(service) = seeker.service(key) else {
        return Some(seeker.missing(Code::NO_BACKEND, key, "name"));
    };
    version(seeker, key, service).or_else(|| port(seeker, key, service))
}

fn version(seeker: &Seeker<'_>, key: &DocumentKey, service: &Service) -> Option<Diagnostic> {
    let version = seeker.reference.version.as_deref()?;
    if service.versions.contains_key(version) {
        return None;
    }
    let names = || service.versions.keys().map(|name| &**name);
    let meant = suggest::nearest(version, names());
    let meant = meant.or_else(|| names().next().filter(|_| service.versions.len() == 1));
    let diagnostic = seeker.report(
        Code::NO_VERSION,
        "name",
        format!("{key} has no version {version:?}"),
    );
    Some(if service.versions.is_empty() {
        diagnostic
            .found("it has no versions")
            .suggest(Some(format!("declare spec.versions.{version} of {key}")))
    } else {
        diagnostic
            .expected(format!("a version of it: {}", suggest::enumerate(names())))
            .found(version)
            .suggest(meant.map(|meant| format!("did you mean \"{}.{meant}\"?", key.name)))
    })
}

fn port(seeker: &Seeker<'_>, key: &DocumentKey, service: &Service) -> Option<Diagnostic> {
    let port: &ServicePort = match (seeker.reference.port, &service.ports[..]) {
        (None, [only]) => only,
        (None, several) => {
            return Some(
                seeker
                    .report(
                        Code::AMBIGUOUS_PORT,
                        "",
                        format!("{key} has several ports, and none is named"),
                    )
                    .expected(format!("port: one of {}", ports(several))),
            );
        }
        (Some(number), known) => match known.iter().find(|port| port.port == number) {
            Some(port) => port,
            None => return Some(no_port(seeker, key, number, known)),
        },
    };
    if port.speaks().is_http() {
        return None;
    }
    let speaks = format!("{:?}", port.speaks()).to_lowercase();
    let field = if seeker.reference.port.is_some() {
        "port"
    } else {
        ""
    };
    Some(
        seeker
            .report(
                Code::NOT_HTTP,
                field,
                format!("port {} of {key} speaks {speaks}", port.called()),
            )
            .expected("a port that speaks http, http2 or grpc")
            .found(speaks),
    )
}

fn no_port(
    seeker: &Seeker<'_>,
    key: &DocumentKey,
    number: u16,
    known: &[ServicePort],
) -> Diagnostic {
    let target = known.iter().find(|port| port.target_port == Some(number));
    let meant = match (target, known) {
        (Some(port), _) => Some(format!(
            "{number} is the target port of port {}: write {}",
            port.called(),
            port.port
        )),
        (None, [only]) => Some(format!("did you mean {}?", only.port)),
        (None, _) => meant_port(number, known.iter().map(|port| port.port)),
    };
    seeker
        .report(
            Code::NO_BACKEND_PORT,
            "port",
            format!("{key} has no port {number}"),
        )
        .expected(format!("one of {}", ports(known)))
        .found(number.to_string())
        .suggest(meant)
}

/// What requests get that would have gone there.
fn effect(seeker: &Seeker<'_>) -> String {
    match seeker.reference.share {
        Some((0, _)) => "none while its weight is 0".to_owned(),
        Some((weight, total)) if weight < total => {
            let hundredths = weight * 10_000 / total;
            let (whole, rest) = (hundredths / 100, hundredths % 100);
            let percent = match rest {
                0 => whole.to_string(),
                _ => format!("{whole}.{rest:02}"),
            };
            format!("{percent} % of the requests of this rule are answered 500")
        }
        _ => "the requests of this rule are answered 500".to_owned(),
    }
}
