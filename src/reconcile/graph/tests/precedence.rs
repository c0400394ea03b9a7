//! Of two routes that take the same requests, which one gets them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::world::as_json;
use crate::{
    model::{Document, Kind},
    reconcile::graph::Graph,
    snapshot::ROUTES,
    view::{
        Change,
        worlds::{declared, proxy, put},
    },
};

/// A mesh in which HTTPRoutes come and go, each for every request, each to a header of its own name.
struct Mesh {
    graph: Graph,
    revision: u64,
    parent: Value,
}

impl Mesh {
    fn with_routes_on(parent: Value) -> Self {
        let mut mesh = Self {
            graph: Graph::default(),
            revision: 0,
            parent,
        };
        let service = json!({"ports": [{"port": 80}], "dns": ["a.test"]});
        let gateway = json!({"gatewayClassName": "gateway", "listeners": [{
            "name": "http", "port": 80, "protocol": "HTTP",
            "allowedRoutes": {"namespaces": {"from": "All"}},
        }]});
        let documents = [
            declared(Kind::Service, "shop", "web", json!({}), service),
            declared(Kind::Gateway, "shop", "public", json!({}), gateway),
        ];
        mesh.change(&documents.each_ref().map(put));
        mesh
    }

    fn change(&mut self, changes: &[Change]) {
        self.revision += 1;
        let (view, changed) = self.graph.view().apply(self.revision, changes);
        self.graph.update(view, &changed);
    }

    fn route(&self, name: &str, created: u64) -> Arc<Document> {
        let filter = json!({
            "type": "ResponseHeaderModifier",
            "responseHeaderModifier": {"set": [{"name": "route", "value": name}]},
        });
        let rule = json!({"filters": [filter], "backendRefs": [{"name": "web"}]});
        let spec = json!({"parentRefs": [self.parent], "rules": [rule]});
        let mut route = declared(Kind::HttpRoute, "shop", name, json!({}), spec);
        Arc::make_mut(&mut route).created = Some(created);
        route
    }

    fn put(&mut self, name: &str) {
        let route = self.route(name, self.revision + 1);
        self.change(&[put(&route)]);
    }

    /// The routes of the mesh in the order in which a proxy tries them.
    fn tried(&mut self, class: &str) -> Vec<String> {
        let (_, snapshot) = self.graph.open_scope(&proxy(class, "shop"));
        let mut found = Vec::new();
        seek(&as_json(&snapshot)[ROUTES.info().api], &mut found);
        found
    }
}

/// The values of the header `route`, wherever one is set.
fn seek(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if fields.get("key") == Some(&json!("route")) {
                found.extend(fields["value"].as_str().map(str::to_owned));
            }
            fields.values().for_each(|field| seek(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| seek(item, found)),
        _ => {}
    }
}

#[test]
fn the_oldest_of_two_routes_for_the_same_requests_gets_them() {
    let on_service = json!({"group": "", "kind": "Service", "name": "web"});
    let on_gateway = json!({"name": "public"});
    for (parent, class) in [(on_service, "sidecar"), (on_gateway, "gateway")] {
        let mut mesh = Mesh::with_routes_on(parent);
        mesh.put("old");
        mesh.put("a");
        assert_eq!(mesh.tried(class), ["old", "a"], "{class}");
        // An edit makes nothing younger, and nothing older.
        let edited = mesh.route("a", 3);
        mesh.change(&[put(&edited)]);
        assert_eq!(mesh.tried(class), ["old", "a"], "{class}");
        // What goes and comes again is young.
        let gone = mesh.route("old", 2).key();
        mesh.change(&[(gone, None)]);
        assert_eq!(mesh.tried(class), ["a"], "{class}");
        mesh.put("old");
        assert_eq!(mesh.tried(class), ["a", "old"], "{class}");
        // Also where nobody looked while it was away.
        let again = mesh.route("a", mesh.revision + 1);
        mesh.change(&[put(&again)]);
        assert_eq!(mesh.tried(class), ["old", "a"], "{class}");
    }
}

#[test]
fn routes_that_came_together_are_tried_by_name() {
    let mut mesh = Mesh::with_routes_on(json!({"name": "public"}));
    let (b, a) = (mesh.route("b", 2), mesh.route("a", 2));
    mesh.change(&[put(&b), put(&a)]);
    assert_eq!(mesh.tried("gateway"), ["a", "b"]);
}
