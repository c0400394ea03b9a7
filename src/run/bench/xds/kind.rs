//! The types that a simulated proxy asks for, and what each says of the next.

use envoy_types::pb::envoy::{
    config::listener::v3::{Filter, Listener, filter::ConfigType},
    extensions::filters::network::http_connection_manager::v3::{
        HttpConnectionManager, http_connection_manager::RouteSpecifier,
    },
};
use netloft_proto::{
    type_url,
    wire::{Malformed, Value, fields, last},
};
use prost::Message;

/// A type, in the order that Envoy asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Clusters,
    Endpoints,
    Listeners,
    Routes,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [
        Self::Clusters,
        Self::Endpoints,
        Self::Listeners,
        Self::Routes,
    ];

    pub(super) fn url(self) -> &'static str {
        match self {
            Self::Clusters => type_url::CLUSTER,
            Self::Endpoints => type_url::ENDPOINTS,
            Self::Listeners => type_url::LISTENER,
            Self::Routes => type_url::ROUTES,
        }
    }

    pub(super) fn of(url: &[u8]) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.url().as_bytes() == url)
    }

    /// The type whose resources these name.
    pub(super) fn next(self) -> Option<Self> {
        match self {
            Self::Clusters => Some(Self::Endpoints),
            Self::Listeners => Some(Self::Routes),
            Self::Endpoints | Self::Routes => None,
        }
    }
}

/// envoy.config.cluster.v3.Cluster.DiscoveryType.EDS.
const EDS: u64 = 3;

/// The name that the endpoints of `cluster` go by; none where they are not found by EDS.
pub(super) fn endpoints(cluster: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    let (mut by_eds, mut name, mut service): (_, &[u8], &[u8]) = (false, &[], &[]);
    for field in fields(cluster) {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Delimited(value)) => name = value,
            (2, Value::Varint(discovery)) => by_eds = discovery == EDS,
            (3, Value::Delimited(config)) => service = last(config, 2)?,
            _ => {}
        }
    }
    let named = if service.is_empty() { name } else { service };
    Ok(by_eds.then_some(named))
}

/// The route configurations that `listener` names.
pub(super) fn routes(listener: &[u8]) -> Result<Vec<String>, Malformed> {
    let listener = Listener::decode(listener).map_err(|_| Malformed)?;
    let chains = listener.filter_chains.iter();
    let filters = chains
        .chain(&listener.default_filter_chain)
        .flat_map(|chain| &chain.filters);
    let mut managers: Vec<_> = filters.filter_map(manager).collect();
    let api = listener.api_listener.and_then(|api| api.api_listener);
    managers.extend(api.map(|any| any.value));
    let mut names = Vec::new();
    for manager in managers {
        let manager = HttpConnectionManager::decode(&*manager).map_err(|_| Malformed)?;
        if let Some(RouteSpecifier::Rds(rds)) = manager.route_specifier {
            names.push(rds.route_config_name);
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn manager(filter: &Filter) -> Option<Vec<u8>> {
    match filter.config_type.as_ref()? {
        ConfigType::TypedConfig(any) if any.type_url.ends_with(".HttpConnectionManager") => {
            Some(any.value.clone())
        }
        _ => None,
    }
}
