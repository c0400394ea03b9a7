//! The facts about a resource type that decide how it is streamed.
//!
//! The protocol engine knows types by these facts alone. Sources: Envoy's xDS protocol, "Resource
//! Types", "Eventual consistency considerations", and `docs/adr/0004-make-before-break.md`.

use netloft_proto::type_url as url;

use super::{Resource, aliases::virtual_host_names};

/// A type's place in a [`TypeSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeIx(pub u8);

/// All types a server streams, in send order: a type stands at the index that its [`TypeIx`] says.
pub type TypeSet = &'static [TypeInfo];

/// What a delta stream is told when a resource goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// `removed_resources`, also while subscribed.
    Always,
    /// Only in answer to a subscription to a missing name; its parent's change drives deletion.
    OnMiss,
}

/// Facts of one resource type.
#[derive(Debug, Clone, Copy)]
pub struct TypeInfo {
    /// Type URL, byte-exact as on the wire.
    pub url: &'static str,
    /// The API's name, for people: `CDS`, `EDS`, ..
    pub api: &'static str,
    /// What its resources are called by people: `clusters`. One of them: without the `s`.
    pub noun: &'static str,
    /// A SotW response holds every subscribed resource, and what is absent is deleted.
    pub full_state: bool,
    /// The gRPC service of this type alone, for clients that open a stream for each type.
    pub service: &'static str,
    /// What that service's methods end in: `Clusters` in `StreamClusters` and `DeltaClusters`.
    pub method: &'static str,
    /// Every client begins with it: no other resource leads to it.
    pub begins: bool,
    /// An empty first request subscribes to everything.
    pub legacy_wildcard: bool,
    /// Sent again right behind a sent resource that refers to it, changed or not: Envoy lets a
    /// changed cluster warm until its endpoints come again (rules 77 to 79).
    pub follows_parent: bool,
    /// How a deletion is said in delta.
    pub removal: Removal,
    /// What a SotW stream is sent in place of a subscribed name that does not exist, so that its
    /// warming ends (measured: Envoy ends warming on an empty assignment, not on an empty response).
    pub placeholder: Option<fn(name: &str) -> Resource>,
    /// It is not served in SotW.
    pub delta_only: bool,
    /// A resource may be asked for by other names than its own ([`Resource::aliases`]): those that a
    /// name may stand for, best first. Who asks for what there is not is told so by the name without
    /// a resource (rule 66).
    pub aliases: Option<fn(name: &str) -> Vec<String>>,
}

/// CDS.
pub const CLUSTER: TypeIx = TypeIx(0);
/// EDS.
pub const ENDPOINTS: TypeIx = TypeIx(1);
/// LDS.
pub const LISTENER: TypeIx = TypeIx(2);
/// RDS.
pub const ROUTES: TypeIx = TypeIx(3);
/// VHDS.
pub const VIRTUAL_HOST: TypeIx = TypeIx(5);
/// RTDS.
pub const RUNTIME: TypeIx = TypeIx(7);

/// The types of this control plane, in the order a wake-up sends them (rule 74).
pub static TYPES: [TypeInfo; 8] = [
    TypeInfo {
        begins: true,
        full_state: true,
        legacy_wildcard: true,
        ..row(
            url::CLUSTER,
            ["CDS", "clusters"],
            [
                "envoy.service.cluster.v3.ClusterDiscoveryService",
                "Clusters",
            ],
        )
    },
    TypeInfo {
        follows_parent: true,
        placeholder: Some(empty_assignment),
        ..row(
            url::ENDPOINTS,
            ["EDS", "endpoints"],
            [
                "envoy.service.endpoint.v3.EndpointDiscoveryService",
                "Endpoints",
            ],
        )
    },
    TypeInfo {
        begins: true,
        full_state: true,
        legacy_wildcard: true,
        ..row(
            url::LISTENER,
            ["LDS", "listeners"],
            [
                "envoy.service.listener.v3.ListenerDiscoveryService",
                "Listeners",
            ],
        )
    },
    row(
        url::ROUTES,
        ["RDS", "routes"],
        ["envoy.service.route.v3.RouteDiscoveryService", "Routes"],
    ),
    // A SotW response replaces all scopes that Envoy has (rule 101).
    TypeInfo {
        full_state: true,
        legacy_wildcard: true,
        ..row(
            url::SCOPED_ROUTES,
            ["SRDS", "scopedroutes"],
            [
                "envoy.service.route.v3.ScopedRoutesDiscoveryService",
                "ScopedRoutes",
            ],
        )
    },
    // Envoy begins with all there are of each route configuration that says so, or asks for one when
    // a request comes that none of them fits (rule 100).
    TypeInfo {
        legacy_wildcard: true,
        delta_only: true,
        aliases: Some(virtual_host_names),
        ..row(
            url::VIRTUAL_HOST,
            ["VHDS", "virtualhosts"],
            [
                "envoy.service.route.v3.VirtualHostDiscoveryService",
                "VirtualHosts",
            ],
        )
    },
    // A filter whose configuration goes answers every request with an error (rule 65).
    TypeInfo {
        removal: Removal::OnMiss,
        ..row(
            url::EXTENSION,
            ["ECDS", "extensions"],
            [
                "envoy.service.extension.v3.ExtensionConfigDiscoveryService",
                "ExtensionConfigs",
            ],
        )
    },
    // Envoy begins with each of its layers: what nobody declared is an empty one.
    TypeInfo {
        placeholder: Some(empty_layer),
        ..row(
            url::RUNTIME,
            ["RTDS", "runtimes"],
            [
                "envoy.service.runtime.v3.RuntimeDiscoveryService",
                "Runtime",
            ],
        )
    },
];

/// A type that clients name one by one, in parts where they are long, and are told is gone.
const fn row(
    url: &'static str,
    [api, noun]: [&'static str; 2],
    [service, method]: [&'static str; 2],
) -> TypeInfo {
    TypeInfo {
        url,
        api,
        noun,
        service,
        method,
        full_state: false,
        begins: false,
        legacy_wildcard: false,
        follows_parent: false,
        removal: Removal::Always,
        placeholder: None,
        delta_only: false,
        aliases: None,
    }
}

/// A `ClusterLoadAssignment` without endpoints.
fn empty_assignment(name: &str) -> Resource {
    Resource::of_name_alone(ENDPOINTS, name)
}

/// A `Runtime` that sets nothing.
fn empty_layer(name: &str) -> Resource {
    Resource::of_name_alone(RUNTIME, name)
}

impl TypeInfo {
    /// A SotW response may be split into several: what it lacks is not deleted.
    #[must_use]
    pub const fn splittable(&self) -> bool {
        !self.full_state
    }
}

/// The type that people call `name`: by its API (`CDS`), by what it is (`clusters`, `cluster`), by its
/// message (`Cluster`) or its URL.
#[must_use]
pub fn type_called(name: &str) -> Option<TypeIx> {
    let called = |info: &TypeInfo| {
        let bare = info.url.rsplit(['/', '.']).next();
        let noun = info.noun;
        info.api.eq_ignore_ascii_case(name)
            || noun.eq_ignore_ascii_case(name)
            || noun.trim_end_matches('s').eq_ignore_ascii_case(name)
            || info.url == name
            || bare == Some(name)
    };
    let place = TYPES.iter().position(called)?;
    u8::try_from(place).ok().map(TypeIx)
}

impl TypeIx {
    /// The facts of this type of netloft's own set.
    #[must_use]
    pub fn info(self) -> &'static TypeInfo {
        &TYPES[usize::from(self.0)]
    }

    /// Its place as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use envoy_types::pb::envoy::{
        config::endpoint::v3::ClusterLoadAssignment, service::runtime::v3::Runtime,
    };
    use netloft_proto::descriptors;
    use prost::Message as _;

    use super::*;

    const DISCOVERY: &str = "envoy.service.discovery.v3";

    #[test]
    fn rule_2_each_type_has_its_message_and_its_service_in_envoys_api() {
        for info in &TYPES {
            let message = info.url.rsplit('/').next().unwrap();
            let message = descriptors::pool().get_message_by_name(message);
            assert!(message.is_some(), "{}", info.url);
            let service = descriptors::pool().get_service_by_name(info.service);
            let service = service.unwrap_or_else(|| panic!("there is no {}", info.service));
            let takes = |method: String| {
                let method = service.methods().find(|it| it.name() == method);
                method.map(|it| it.input().full_name().to_owned())
            };
            let request = |kind: &str| Some(format!("{DISCOVERY}.{kind}"));
            let sotw = takes(format!("Stream{}", info.method));
            let expected = request("DiscoveryRequest").filter(|_| !info.delta_only);
            assert_eq!(sotw, expected, "{}", info.api);
            let delta = takes(format!("Delta{}", info.method));
            assert_eq!(delta, request("DeltaDiscoveryRequest"), "{}", info.api);
        }
    }

    #[test]
    fn a_type_is_found_by_each_of_its_names_and_by_no_other() {
        for (name, expected) in [
            ("RTDS", Some(RUNTIME)),
            ("rtds", Some(RUNTIME)),
            ("runtimes", Some(RUNTIME)),
            ("runtime", Some(RUNTIME)),
            ("ClusterLoadAssignment", Some(ENDPOINTS)),
            (url::LISTENER, Some(LISTENER)),
            ("listen", None),
            ("", None),
        ] {
            assert_eq!(type_called(name), expected, "{name:?}");
        }
        for (place, info) in TYPES.iter().enumerate() {
            for name in [info.api, info.noun, info.url] {
                let found = type_called(name).map(TypeIx::index);
                assert_eq!(found, Some(place), "{name:?} is another type too");
            }
        }
    }

    #[test]
    fn what_stands_for_a_missing_name_is_a_message_of_its_type_with_that_name() {
        let assignment = empty_assignment("shop");
        let message = ClusterLoadAssignment::decode(assignment.message()).unwrap();
        assert_eq!(message.cluster_name, "shop");
        let layer = empty_layer("netloft");
        let message = Runtime::decode(layer.message()).unwrap();
        assert_eq!((&*message.name, message.layer), ("netloft", None));
        assert_eq!((assignment.ty(), layer.ty()), (ENDPOINTS, RUNTIME));
    }
}
