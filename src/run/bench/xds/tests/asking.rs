//! What a simulated proxy says, response by response.

use std::sync::Arc;

use envoy_types::pb::{
    envoy::{
        config::{
            cluster::v3::{
                Cluster,
                cluster::{ClusterDiscoveryType, DiscoveryType, EdsClusterConfig},
            },
            listener::v3::{Filter, FilterChain, Listener, filter::ConfigType},
        },
        extensions::filters::network::http_connection_manager::v3::{
            HttpConnectionManager, Rds, http_connection_manager::RouteSpecifier,
        },
        service::discovery::v3::{
            DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
            Resource,
        },
    },
    google::protobuf::Any,
};
use prost::Message;

use crate::run::bench::xds::{
    change::mark,
    kind::Kind,
    proxy::{Proxy, Step},
    shared::Shared,
    wire::{Dialect, PREFIX, field},
};

struct Told {
    proxy: Proxy,
    nonce: usize,
}

fn requests<R: Message + Default>(mut bytes: &[u8]) -> Vec<R> {
    let mut read = Vec::new();
    while let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() {
        let length = u32::from_be_bytes(prefix[1..].try_into().unwrap()) as usize;
        read.push(R::decode(&rest[..length]).unwrap());
        bytes = &rest[length..];
    }
    read
}

impl Told {
    fn new(dialect: Dialect) -> Self {
        let mut node = Vec::new();
        field(&mut node, 1, b"bench-0");
        Self {
            proxy: Proxy::new(Arc::new(Shared::default()), dialect, node.into()),
            nonce: 0,
        }
    }

    fn begin<R: Message + Default>(&mut self) -> Vec<R> {
        let mut out = Vec::new();
        self.proxy.begin(&mut out);
        requests(&out)
    }

    fn delta(
        &mut self,
        kind: Kind,
        given: &[(&str, Vec<u8>)],
        removed: &[&str],
    ) -> (Step, Vec<DeltaDiscoveryRequest>) {
        self.nonce += 1;
        let resources = given.iter().map(|(name, value)| Resource {
            name: (*name).to_owned(),
            version: format!("v-{name}"),
            resource: Some(any(kind, value)),
            ..Default::default()
        });
        let response = DeltaDiscoveryResponse {
            type_url: kind.url().to_owned(),
            nonce: self.nonce.to_string(),
            resources: resources.collect(),
            removed_resources: removed.iter().map(|&name| name.to_owned()).collect(),
            ..Default::default()
        };
        let mut out = Vec::new();
        let step = self
            .proxy
            .hear(&response.encode_to_vec(), &mut out)
            .unwrap();
        (step, requests(&out))
    }

    fn sotw(&mut self, kind: Kind, given: &[Vec<u8>]) -> (Step, Vec<DiscoveryRequest>) {
        self.nonce += 1;
        let response = DiscoveryResponse {
            type_url: kind.url().to_owned(),
            nonce: self.nonce.to_string(),
            version_info: format!("v{}", self.nonce),
            resources: given.iter().map(|value| any(kind, value)).collect(),
            ..Default::default()
        };
        let mut out = Vec::new();
        let step = self
            .proxy
            .hear(&response.encode_to_vec(), &mut out)
            .unwrap();
        (step, requests(&out))
    }
}

fn any(kind: Kind, value: &[u8]) -> Any {
    Any {
        type_url: kind.url().to_owned(),
        value: value.to_vec(),
    }
}

fn cluster(name: &str, service: &str) -> Vec<u8> {
    let discovery = ClusterDiscoveryType::Type(DiscoveryType::Eds as i32);
    Cluster {
        name: name.to_owned(),
        cluster_discovery_type: Some(discovery),
        eds_cluster_config: Some(EdsClusterConfig {
            service_name: service.to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
    .encode_to_vec()
}

fn fixed(name: &str) -> Vec<u8> {
    Cluster {
        name: name.to_owned(),
        ..Default::default()
    }
    .encode_to_vec()
}

fn listener(routes: &str) -> Vec<u8> {
    let manager = HttpConnectionManager {
        route_specifier: Some(RouteSpecifier::Rds(Rds {
            route_config_name: routes.to_owned(),
            ..Default::default()
        })),
        ..Default::default()
    };
    let manager = Any {
        type_url: "type.googleapis.com/a.HttpConnectionManager".to_owned(),
        value: manager.encode_to_vec(),
    };
    let filter = Filter {
        config_type: Some(ConfigType::TypedConfig(manager)),
        ..Default::default()
    };
    Listener {
        name: "l".to_owned(),
        filter_chains: vec![FilterChain {
            filters: vec![filter],
            ..Default::default()
        }],
        ..Default::default()
    }
    .encode_to_vec()
}

/// Something with that text in its first field, as all types have their name there.
fn named(name: &str, more: &str) -> Vec<u8> {
    let mut value = Vec::new();
    field(&mut value, 1, name.as_bytes());
    field(&mut value, 2, more.as_bytes());
    value
}

#[test]
fn endpoints_are_asked_for_before_their_clusters_are_acknowledged_and_listeners_when_they_came() {
    let mut told = Told::new(Dialect::Delta);
    let [first] = told.begin::<DeltaDiscoveryRequest>().try_into().unwrap();
    assert_eq!(first.node.unwrap().id, "bench-0");
    assert_eq!(first.type_url, Kind::Clusters.url());

    let clusters = [
        ("a", cluster("a", "svc-a")),
        ("b", cluster("b", "")),
        ("c", fixed("c")),
    ];
    let (step, said) = told.delta(Kind::Clusters, &clusters, &[]);
    assert!(!step.loaded);
    let [asked, ack] = said.try_into().unwrap();
    assert_eq!(asked.type_url, Kind::Endpoints.url());
    assert_eq!(asked.resource_names_subscribe, ["svc-a", "b"]);
    assert_eq!(
        (&*ack.type_url, &*ack.response_nonce),
        (Kind::Clusters.url(), "1")
    );

    let (_, said) = told.delta(Kind::Endpoints, &[("svc-a", named("svc-a", ""))], &[]);
    assert_eq!(said.len(), 1, "b is still missing");
    let (_, said) = told.delta(Kind::Endpoints, &[], &["b"]);
    assert_eq!(
        said[1].type_url,
        Kind::Listeners.url(),
        "none are an answer too"
    );

    let (step, said) = told.delta(Kind::Listeners, &[("l", listener("r"))], &[]);
    assert!(!step.loaded);
    assert_eq!(said[0].resource_names_subscribe, ["r"]);
    let (step, _) = told.delta(Kind::Routes, &[("r", named("r", ""))], &[]);
    assert!(step.loaded);
}

#[test]
fn the_state_of_the_world_is_asked_for_by_all_its_names_each_time() {
    let mut told = Told::new(Dialect::Sotw);
    let [first] = told.begin::<DiscoveryRequest>().try_into().unwrap();
    assert!(first.resource_names.is_empty() && first.version_info.is_empty());

    let (_, said) = told.sotw(Kind::Clusters, &[cluster("a", ""), cluster("b", "")]);
    assert_eq!(said[0].resource_names, ["a", "b"]);
    assert_eq!(
        (&*said[1].version_info, &*said[1].response_nonce),
        ("v1", "1")
    );

    let (_, said) = told.sotw(Kind::Endpoints, &[named("a", ""), named("b", "")]);
    assert_eq!(
        said[0].resource_names,
        ["a", "b"],
        "an acknowledgement names them too"
    );
    assert_eq!(said[1].type_url, Kind::Listeners.url());
    let (step, _) = told.sotw(Kind::Listeners, &[]);
    assert!(step.loaded, "no listener names no routes");

    let (_, said) = told.sotw(Kind::Clusters, &[cluster("b", ""), cluster("c", "")]);
    assert_eq!(said[0].resource_names, ["b", "c"]);
    assert_eq!(
        (&*said[0].version_info, &*said[0].response_nonce),
        ("v2", "2")
    );
    let (_, said) = told.sotw(Kind::Clusters, &[cluster("b", ""), cluster("c", "")]);
    assert_eq!(said.len(), 1, "the same names are not asked for again");
}

#[test]
fn who_comes_back_says_what_it_has_and_hears_the_end_of_it() {
    let mut told = Told::new(Dialect::Delta);
    told.begin::<DeltaDiscoveryRequest>();
    told.delta(Kind::Clusters, &[("a", cluster("a", ""))], &[]);
    told.delta(Kind::Endpoints, &[("a", named("a", ""))], &[]);
    let (step, _) = told.delta(Kind::Listeners, &[], &[]);
    assert!(step.loaded);

    let said = told.begin::<DeltaDiscoveryRequest>();
    assert_eq!(said.len(), 4);
    assert!(said[0].node.is_some() && said[1].node.is_none());
    assert!(said[0].resource_names_subscribe.is_empty());
    assert_eq!(said[0].initial_resource_versions["a"], "v-a");
    assert_eq!(said[1].resource_names_subscribe, ["a"]);
    assert_eq!(said[1].initial_resource_versions["a"], "v-a");
    let end = said[3].resource_names_subscribe[0].clone();

    let (step, _) = told.delta(Kind::Clusters, &[], &[]);
    assert!(!step.loaded, "a first answer is not the end");
    let (step, said) = told.delta(Kind::Routes, &[], &[&end]);
    assert!(step.loaded);
    assert_eq!(said[0].resource_names_unsubscribe, [end]);
}

#[test]
fn a_change_counts_once_and_with_those_that_it_overtook() {
    let mut told = Told::new(Dialect::Delta);
    told.begin::<DeltaDiscoveryRequest>();
    told.delta(Kind::Clusters, &[("a", cluster("a", ""))], &[]);
    let mut seen = |change: u32| {
        let value = named("a", &mark(change));
        told.delta(Kind::Endpoints, &[("a", value)], &[]).0.changes
    };
    assert_eq!(seen(0), Some((0, 0)));
    assert_eq!(seen(0), None);
    assert_eq!(seen(3), Some((1, 3)));
    assert_eq!(seen(2), None);
}

#[test]
fn endpoints_of_a_cluster_that_is_gone_are_not_waited_for() {
    let mut told = Told::new(Dialect::Delta);
    told.begin::<DeltaDiscoveryRequest>();
    told.delta(
        Kind::Clusters,
        &[("a", cluster("a", "")), ("b", cluster("b", ""))],
        &[],
    );
    told.delta(Kind::Endpoints, &[("a", named("a", ""))], &[]);
    let (_, said) = told.delta(Kind::Clusters, &[], &["b"]);
    assert_eq!(said[0].resource_names_unsubscribe, ["b"]);
    assert_eq!(said[2].type_url, Kind::Listeners.url());
}
