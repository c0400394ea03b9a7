//! The facts about a resource type that decide how it is streamed.
//!
//! The protocol engine knows types by these facts alone. Sources: Envoy's xDS protocol, "Resource
//! Types", "Eventual consistency considerations", and `docs/adr/0004-make-before-break.md`.

use super::Resource;

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
    /// A SotW response holds every subscribed resource, and what is absent is deleted.
    pub full_state: bool,
    /// The gRPC service of this type alone, for clients that open a stream for each type.
    pub service: &'static str,
    /// What that service's methods end in: `Clusters` in `StreamClusters` and `DeltaClusters`.
    pub method: &'static str,
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
    /// A SotW response may be split into several.
    pub splittable: bool,
}

/// CDS.
pub const CLUSTER: TypeIx = TypeIx(0);
/// EDS.
pub const ENDPOINTS: TypeIx = TypeIx(1);
/// LDS.
pub const LISTENER: TypeIx = TypeIx(2);
/// RDS.
pub const ROUTES: TypeIx = TypeIx(3);

/// The types of this control plane, in the order a wake-up sends them (rule 74).
pub static TYPES: [TypeInfo; 4] = [
    TypeInfo {
        url: netloft_proto::type_url::CLUSTER,
        api: "CDS",
        service: "envoy.service.cluster.v3.ClusterDiscoveryService",
        method: "Clusters",
        full_state: true,
        legacy_wildcard: true,
        follows_parent: false,
        removal: Removal::Always,
        placeholder: None,
        splittable: false,
    },
    TypeInfo {
        url: netloft_proto::type_url::ENDPOINTS,
        api: "EDS",
        service: "envoy.service.endpoint.v3.EndpointDiscoveryService",
        method: "Endpoints",
        full_state: false,
        legacy_wildcard: false,
        follows_parent: true,
        removal: Removal::Always,
        placeholder: Some(Resource::empty_assignment),
        splittable: true,
    },
    TypeInfo {
        url: netloft_proto::type_url::LISTENER,
        api: "LDS",
        service: "envoy.service.listener.v3.ListenerDiscoveryService",
        method: "Listeners",
        full_state: true,
        legacy_wildcard: true,
        follows_parent: false,
        removal: Removal::Always,
        placeholder: None,
        splittable: false,
    },
    TypeInfo {
        url: netloft_proto::type_url::ROUTES,
        api: "RDS",
        service: "envoy.service.route.v3.RouteDiscoveryService",
        method: "Routes",
        full_state: false,
        legacy_wildcard: false,
        follows_parent: false,
        removal: Removal::Always,
        placeholder: None,
        splittable: true,
    },
];

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
