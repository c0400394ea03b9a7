//! The types beside clusters, endpoints, listeners and routes, before a real Envoy: each shows its
//! effect on requests.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    documents::file,
    envoy::Envoy,
    netloft::Netloft,
    ports::Port,
    raw::{ads, answers, hosts, listener, raw, router, says},
};
use serde_json::json;

const DIALECTS: [&str; 2] = ["delta", "sotw"];

async fn delete(netloft: &Netloft, name: &str) {
    let words = ["delete", "EnvoyResource", name];
    netloft.cli(&words).await.must_succeed();
}

#[tokio::test]
async fn rule_104_a_runtime_layer_moves_requests_and_its_end_moves_them_back() {
    for dialect in DIALECTS {
        let port = Port::reserve();
        let netloft = Netloft::start().await;
        let mut new = says("new");
        new["match"]["runtime_fraction"] =
            json!({"default_value": {"numerator": 0}, "runtime_key": "shop.new"});
        let routes = json!({"route_config": {"virtual_hosts": hosts(&[new, says("old")])}});
        netloft.apply(&listener(&port, &routes)).await;
        let layer = json!({"name": "shop", "rtds_layer": {"name": "shop", "rtds_config": ads()}});
        let overlay = json!({"layered_runtime": {"layers": [layer]}});
        let options = ["--class", "gateway", "--dialect", dialect];
        let bootstrap = netloft.bootstrap("edge-1", &options).await;
        // Nobody declared the layer: it is empty, and Envoy does not wait for its timer.
        let envoy = Envoy::start_with("edge-1", &bootstrap, &overlay).await;
        envoy
            .is_live_within(std::time::Duration::from_secs(8))
            .await;
        answers(&port, &[], 200, "old").await;

        let runtime = json!({"name": "shop", "layer": {"shop.new": 100}});
        let runtime = raw("shop", "envoy.service.runtime.v3.Runtime", runtime);
        netloft.apply(&runtime).await;
        answers(&port, &[], 200, "new").await;
        netloft.proxy_is("edge-1", "synced").await;
        let shown = netloft
            .cli(&["pc", "runtimes", "edge-1", "-o", "name"])
            .await;
        assert_eq!(shown.must_succeed().stdout, "shop\n");

        delete(&netloft, "shop").await;
        answers(&port, &[], 200, "old").await;
    }
}

#[tokio::test]
async fn rules_65_and_102_a_filter_is_configured_apart_and_outlives_its_document() {
    for dialect in DIALECTS {
        let port = Port::reserve();
        let netloft = Netloft::start().await;
        let lua = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
        let manager = json!({
            "route_config": {"virtual_hosts": hosts(&[says("ok")])},
            "http_filters": [
                {"name": "mark", "config_discovery": {"config_source": ads(), "type_urls": [lua]}},
                router(),
            ],
        });
        let mark = |word: &str| {
            let code = format!(
                "function envoy_on_request(handle) handle:respond({{[':status'] = '200'}}, '{word}') end"
            );
            let config = json!({"@type": lua, "default_source_code": {"inline_string": code}});
            raw(
                "mark",
                "envoy.config.core.v3.TypedExtensionConfig",
                json!({"name": "mark", "typed_config": config}),
            )
        };
        netloft
            .apply(&file(&[listener(&port, &manager), mark("one")]))
            .await;
        let options = ["--class", "gateway", "--dialect", dialect];
        let envoy = netloft.envoy("edge-1", &options).await;
        envoy.is_live().await;
        answers(&port, &[], 200, "one").await;
        netloft.apply(&mark("two")).await;
        answers(&port, &[], 200, "two").await;
        netloft.proxy_is("edge-1", "synced").await;

        // The document goes while the listener still names it: the filter stays as it was.
        delete(&netloft, "mark").await;
        let mut other = manager;
        other["stat_prefix"] = json!("other");
        netloft.apply(&listener(&port, &other)).await;
        envoy
            .until("the listener after it arrives", |stats| {
                stats.get("listener_manager.listener_modified") >= 1
                    && stats.get("listener_manager.total_listeners_warming") == 0
            })
            .await;
        answers(&port, &[], 200, "two").await;
        netloft.proxy_is("edge-1", "synced").await;
    }
}

#[tokio::test]
async fn rule_101_scopes_pick_a_route_configuration_by_a_header() {
    for dialect in DIALECTS {
        let port = Port::reserve();
        let netloft = Netloft::start().await;
        let key =
            json!({"fragments": [{"header_value_extractor": {"name": "x-tenant", "index": 0}}]});
        let manager = json!({"scoped_routes": {
            "name": "tenants",
            "scope_key_builder": key,
            "rds_config_source": ads(),
            "scoped_rds": {"scoped_rds_config_source": ads()},
        }});
        let scope = |tenant: &str, routes: &str| {
            raw(
                &format!("scope-{tenant}"),
                "envoy.config.route.v3.ScopedRouteConfiguration",
                json!({
                    "name": tenant,
                    "route_configuration_name": routes,
                    "key": {"fragments": [{"string_key": tenant}]},
                }),
            )
        };
        let routes = |name: &str| {
            raw(
                &format!("routes-{name}"),
                "envoy.config.route.v3.RouteConfiguration",
                json!({"name": name, "virtual_hosts": hosts(&[says(name)])}),
            )
        };
        netloft
            .apply(&file(&[
                listener(&port, &manager),
                scope("a", "first"),
                scope("b", "second"),
                routes("first"),
                routes("second"),
            ]))
            .await;
        let options = ["--class", "gateway", "--dialect", dialect];
        let envoy = netloft.envoy("edge-1", &options).await;
        envoy.is_live().await;
        answers(&port, &[("x-tenant", "a")], 200, "first").await;
        answers(&port, &[("x-tenant", "b")], 200, "second").await;
        answers(&port, &[("x-tenant", "c")], 404, "").await;
        netloft.apply(&scope("a", "second")).await;
        answers(&port, &[("x-tenant", "a")], 200, "second").await;
        delete(&netloft, "scope-b").await;
        answers(&port, &[("x-tenant", "b")], 404, "").await;
        answers(&port, &[("x-tenant", "a")], 200, "second").await;
        netloft.proxy_is("edge-1", "synced").await;
    }
}
