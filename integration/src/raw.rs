//! Documents that hold Envoy's own resources, for gateways, and requests to see what they do.

use http::{HeaderName, Method};
use serde_json::{Value, json};

use crate::{
    eventually::{SOON, ensure, eventually},
    http::{Failure, request, send},
    ports::Port,
};

/// The document `name` of a raw resource; JSON is YAML.
#[must_use]
pub fn raw(name: &str, message: &str, resource: Value) -> String {
    let mut resource = resource;
    resource["@type"] = json!(format!("type.googleapis.com/{message}"));
    let spec = json!({"proxyClass": "gateway", "resource": resource});
    let document = json!({
        "apiVersion": "netloft.dev/v1", "kind": "EnvoyResource",
        "metadata": {"name": name}, "spec": spec,
    });
    format!("{document}\n")
}

/// The document of a listener on `port` whose HTTP connection manager holds `more`.
///
/// # Panics
/// When `more` is no mapping.
#[must_use]
pub fn listener(port: &Port, more: &Value) -> String {
    let mut manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "front",
        "http_filters": [router()],
    });
    let fields = more.as_object().expect("it is a mapping").clone();
    manager
        .as_object_mut()
        .expect("it is a mapping")
        .extend(fields);
    raw(
        "front",
        "envoy.config.listener.v3.Listener",
        json!({
            "name": "front",
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port.number()}},
            "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
        }),
    )
}

/// The last HTTP filter.
#[must_use]
pub fn router() -> Value {
    json!({"name": "router", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
    }})
}

/// A cluster of one endpoint.
#[must_use]
pub fn cluster(name: &str, port: u16) -> String {
    let address = json!({"socket_address": {"address": "127.0.0.1", "port_value": port}});
    raw(
        name,
        "envoy.config.cluster.v3.Cluster",
        json!({
            "name": name, "type": "STATIC", "connect_timeout": "1s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
            },
        }),
    )
}

/// A route of everything to an answer that says `words`.
#[must_use]
pub fn says(words: &str) -> Value {
    json!({
        "match": {"prefix": "/"},
        "direct_response": {"status": 200, "body": {"inline_string": words}},
    })
}

/// One virtual host for everything, of these routes.
#[must_use]
pub fn hosts(routes: &[Value]) -> Value {
    json!([{"name": "all", "domains": ["*"], "routes": routes}])
}

/// Over the stream that the rest comes by.
#[must_use]
pub fn ads() -> Value {
    json!({"ads": {}, "resource_api_version": "V3"})
}

/// Waits until a request to `port` with these headers is answered with `status` and `words`.
///
/// # Panics
/// When it is not within [`SOON`]; when `headers` hold no header.
pub async fn answers(port: &Port, headers: &[(&str, &str)], status: u16, words: &str) {
    let what = format!("{headers:?} is answered with {status} {words:?}");
    eventually(&what, SOON, || async {
        let host = port.address().to_string();
        let mut request = request(Method::GET, &host, "/", "")?;
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("it is a header");
            let value = value.parse().expect("it is a header's value");
            request.headers_mut().insert(name, value);
        }
        let answer = send(port.address(), request).await?;
        let as_expected = answer.status == status && answer.text().contains(words);
        ensure(as_expected, format!("{} {}", answer.status, answer.text())).map_err(Failure::from)
    })
    .await;
}
