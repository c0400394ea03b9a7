//! Every problem that compiling can find, with its code: `NL05..`, which `check` lists with all others.

use std::sync::Arc;

use super::{NotRaw, Unit, place};
use crate::{
    model::{DEFAULT_NAMESPACE, Kind},
    snapshot::{NotEncodable, Problem, Provenance, Severity, TypeIx},
    view::Name,
};

const NOT_ATTACHED: &str = "the route is not attached there; its other parents are not affected";
const UNPATCHED: &str = "what it is for is served without it";
const STILL_SERVED: &str = "none on what is served";

fn error(
    code: &'static str,
    at: Provenance,
    message: String,
    effect: impl Into<String>,
) -> Problem {
    Problem {
        code,
        severity: Severity::Error,
        at,
        message,
        effect: effect.into(),
        reason: "Invalid",
    }
}

fn warning(
    code: &'static str,
    at: Provenance,
    message: String,
    effect: impl Into<String>,
) -> Problem {
    Problem {
        severity: Severity::Warning,
        ..error(code, at, message, effect)
    }
}

/// NL0501: a backend is not there, or cannot be used. `reason` is Gateway API's word for why.
pub(super) fn backend(
    at: Provenance,
    (reason, why): (&'static str, String),
    (weight, total): (u64, u64),
) -> Problem {
    let effect = if weight == 0 {
        "none while its weight is 0".to_owned()
    } else if weight == total {
        "requests that match are answered with 500".to_owned()
    } else {
        format!("{weight} of {total} requests that match are answered with 500")
    };
    error("NL0501", at, why, effect).because(reason)
}

/// NL0502: a rule sends requests nowhere.
pub(super) fn no_backend(at: Provenance) -> Problem {
    let message = "the rule names no backend with a weight above 0, and no redirect".to_owned();
    error(
        "NL0502",
        at,
        message,
        "requests that match are answered with 500",
    )
}

/// NL0503: a parent is not there.
pub(super) fn no_parent(at: Provenance, why: String) -> Problem {
    error("NL0503", at, why, NOT_ATTACHED).because("NoMatchingParent")
}

/// NL0504: a parent is there, but does not take this route.
pub(super) fn parent_refuses(at: Provenance, reason: &'static str, why: String) -> Problem {
    error("NL0504", at, why, NOT_ATTACHED).because(reason)
}

/// NL0505: a Gateway's class is not one of gateways.
pub(super) fn gateway_class(gateway: &Name, class: &str, why: &str) -> Problem {
    let at = place::at(Kind::Gateway, gateway, "/spec/gatewayClassName");
    let message = format!("ProxyClass \"{class}\" {why}");
    error("NL0505", at, message, "no proxy serves this Gateway")
}

/// NL0506: two ProxyClasses have one name.
pub(super) fn class_twice(class: &Name, other: &Name) -> Problem {
    let at = place::at(Kind::ProxyClass, class, "/metadata/name");
    let message =
        format!("ProxyClass {other} has the same name, and proxies name a class by its name");
    warning("NL0506", at, message, format!("proxies follow {other}")).because("Conflicted")
}

/// NL0507: a field of a ProxyClass has no effect for its role.
pub(super) fn class_field(class: &Name, pointer: &str, why: &str) -> Problem {
    let at = place::at(Kind::ProxyClass, class, pointer);
    warning("NL0507", at, why.to_owned(), "none: the field is ignored")
}

/// NL0508: a ProxyClass names a Service that is not there.
pub(super) fn class_service(class: &Name, index: usize, service: &Name) -> Problem {
    let at = place::at(
        Kind::ProxyClass,
        class,
        &format!("/spec/scope/services/{index}"),
    );
    let message = format!("Service {service} does not exist");
    warning(
        "NL0508",
        at,
        message,
        "its proxies see it as soon as it is there",
    )
    .because("ServiceNotFound")
}

/// NL0520: proxies name a class that is not there.
pub(super) fn undeclared_class(class: &Arc<str>) -> Problem {
    let class = Name {
        namespace: DEFAULT_NAMESPACE.into(),
        name: class.clone(),
    };
    let at = place::at(Kind::ProxyClass, &class, "");
    let message = format!(
        "proxies say that they are of class \"{}\", and no ProxyClass is called so",
        class.name
    );
    warning(
        "NL0520",
        at,
        message,
        "they are given nothing until there is one",
    )
}

/// NL0509: two endpoints of a service have one address.
pub(super) fn address_twice(
    at: &Provenance,
    address: &str,
    port: u16,
    first: &Provenance,
) -> Problem {
    let message = format!("{address}:{port} is an endpoint already, by {first}");
    warning("NL0509", at.clone(), message, "it is used once")
}

/// NL0510: gRPC clients cannot reach a service.
pub(super) fn grpc_dns(service: &Name) -> Problem {
    let at = place::at(Kind::Service, service, "/spec/dns");
    let message =
        "gRPC clients without a proxy resolve one host name per service, not several".to_owned();
    warning(
        "NL0510",
        at,
        message,
        "gRPC clients do not see this service; Envoys do",
    )
}

/// NL0511: two rules of one route have one name.
pub(super) fn rule_twice(at: Provenance, name: &str) -> Problem {
    let message = format!("another rule of this route is named \"{name}\" too");
    warning("NL0511", at, message, STILL_SERVED)
}

/// NL0512: a raw resource stands in the place of another.
pub(super) fn raw_hides(raw: &Name, ty: TypeIx, name: &str) -> Problem {
    let at = place::at(Kind::EnvoyResource, raw, "/spec");
    let message = format!(
        "there is another {} resource called {name:?}",
        ty.info().api
    );
    let effect = "the proxies of the class get this one instead";
    warning("NL0512", at, message, effect)
}

/// NL0513: of two raw resources with one name the first is served.
pub(super) fn raw_twice(raw: &Name, first: &Name, ty: TypeIx, name: &str) -> Problem {
    let at = place::at(Kind::EnvoyResource, raw, "/spec");
    let api = ty.info().api;
    let message = format!("EnvoyResource {first} is the {api} resource {name:?} already");
    error("NL0513", at, message, "it is left out")
}

/// NL0514: a patch fits more or fewer resources than it must.
pub(super) fn patch_matches(patch: &Name, expected: u32, found: usize) -> Problem {
    let at = place::at(Kind::EnvoyPatch, patch, "/spec/mustMatch");
    let message = format!("it must match {expected} resources of a proxy, and matches {found}");
    error("NL0514", at, message, UNPATCHED)
}

/// NL0515: a patch cannot be applied to a resource.
pub(super) fn patch_fails(at: Provenance, ty: TypeIx, name: &str, why: &str) -> Problem {
    let message = format!("{} resource {name:?}: {why}", ty.info().api);
    error("NL0515", at, message, UNPATCHED)
}

/// NL0599: a fault of ours.
pub(super) fn not_encodable(unit: &Unit, error_found: &NotEncodable) -> Problem {
    let at = match unit {
        Unit::Roster(name, _) => place::at(Kind::Service, name, ""),
        Unit::Parents(name) => place::at(Kind::HttpRoute, name, ""),
        Unit::Cluster(target, _) | Unit::Endpoints(target) => {
            place::at(Kind::Service, &target.port.service, "")
        }
        Unit::VirtualHost(port, _) => place::at(Kind::Service, &port.service, ""),
        Unit::Raw(name) => place::at(Kind::EnvoyResource, name, ""),
        Unit::GatewayHost(_, routes) => match routes.first() {
            Some(route) => place::at(Kind::HttpRoute, route, ""),
            None => Provenance::new("Mesh", "", "", ""),
        },
        _ => Provenance::new("Mesh", "", "", ""),
    };
    let message = format!("{unit:?} cannot be encoded: {error_found}; this is a fault of netloft");
    fault(at, message)
}

/// NL0599: a raw resource that could be read once, by the descriptors of another version.
pub(super) fn not_raw(at: Provenance, error_found: &NotRaw) -> Problem {
    fault(at, error_found.to_string())
}

fn fault(at: Provenance, message: String) -> Problem {
    error("NL0599", at, message, "it is left out")
}
