//! What became of a document: told in its status, from what was compiled and what proxies answered.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use netloft_integration::{
    ads::Puppet,
    documents::{dns_service, entry, file, gateway, gateway_class, service, workload},
    eventually::{SOON, eventually},
    netloft::Netloft,
    ports::Port,
};
use serde_json::{Value, json};

const OURS: &str = "/apis/netloft.dev/v1/namespaces/default";
const GATEWAY_API: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/default";

async fn status(netloft: &Netloft, path: &str) -> Value {
    let object = netloft.get(path).await.unwrap().json();
    object["status"].clone()
}

fn condition<'a>(conditions: &'a Value, name: &str) -> &'a Value {
    let mut all = conditions.as_array().unwrap().iter();
    all.find(|condition| condition["type"] == name).unwrap()
}

/// Waits until the condition `name` at `path` has this status and reason; the condition.
async fn becomes(netloft: &Netloft, path: &str, name: &str, holds: (&str, &str)) -> Value {
    eventually(&format!("{name} of {path} is {holds:?}"), SOON, || async {
        let status = status(netloft, path).await;
        let condition = condition(&status["conditions"], name).clone();
        match (&condition["status"], &condition["reason"]) == (&holds.0.into(), &holds.1.into()) {
            true => Ok(condition),
            false => Err(format!("{condition:#}")),
        }
    })
    .await
}

/// A service whose every change is a change of its cluster.
fn changed(name: &str, target_port: u16) -> String {
    dns_service(name, "svc.test", target_port)
}

async fn proxy(netloft: &Netloft, name: &str, clusters: &[&str]) -> Puppet {
    let mut puppet = Puppet::connect(netloft.grpc(), name, clusters).await;
    puppet.receives().await;
    puppet.acks().await;
    puppet
}

#[tokio::test]
async fn a_document_is_programmed_when_every_proxy_that_is_given_it_has_acknowledged_it() {
    let netloft = Netloft::start().await;
    let web = format!("{OURS}/services/web");
    netloft.apply(&changed("web", 81)).await;
    becomes(&netloft, &web, "Programmed", ("True", "NotAffected")).await;

    let mut one = proxy(&netloft, "one", &["*"]).await;
    let mut two = proxy(&netloft, "two", &["*"]).await;
    let _other = proxy(&netloft, "other", &["nothing"]).await;
    let all = becomes(&netloft, &web, "Programmed", ("True", "Programmed")).await;
    assert_eq!(all["message"], "acknowledged by 2 proxies");
    assert_eq!(all["observedGeneration"], 1);

    netloft.apply(&changed("web", 82)).await;
    one.receives().await;
    two.receives().await;
    one.acks().await;
    let some = eventually("one of two has it", SOON, || async {
        let status = status(&netloft, &web).await;
        let found = condition(&status["conditions"], "Programmed").clone();
        let message = found["message"].as_str().unwrap();
        let right = message == "acknowledged by 1 of 2 proxies; waiting for two";
        if right {
            Ok(found)
        } else {
            Err(format!("{found:#}"))
        }
    })
    .await;
    assert_eq!(
        (&some["status"], &some["reason"]),
        (&json!("False"), &json!("Pending"))
    );
    assert_eq!(some["observedGeneration"], 2);
    two.acks().await;
    let again = becomes(&netloft, &web, "Programmed", ("True", "Programmed")).await;

    // What happens to another document does not date this one anew.
    netloft.apply(&changed("api", 81)).await;
    for puppet in [&mut one, &mut two] {
        puppet.receives().await;
        puppet.acks().await;
    }
    let api = format!("{OURS}/services/api");
    becomes(&netloft, &api, "Programmed", ("True", "Programmed")).await;
    let still = becomes(&netloft, &web, "Programmed", ("True", "Programmed")).await;
    assert_eq!(still, again);
}

#[tokio::test]
async fn a_rejection_is_told_with_the_proxy_and_its_words_and_ends_when_it_is_mended() {
    let netloft = Netloft::start().await;
    let web = format!("{OURS}/services/web");
    netloft
        .apply(&file(&[changed("web", 81), changed("api", 81)]))
        .await;
    let mut one = proxy(&netloft, "one", &["*"]).await;
    let _two = proxy(&netloft, "two", &["nothing"]).await;
    netloft.apply(&changed("web", 82)).await;
    let name = one.receives().await.remove(0);
    one.rejects(&format!("{name}: no such port")).await;
    let no = becomes(&netloft, &web, "Programmed", ("False", "Rejected")).await;
    let message = no["message"].as_str().unwrap();
    for part in [
        "rejected by 1 of 1 proxy (NL0701)",
        "one says of CDS",
        "no such port",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let api = format!("{OURS}/services/api");
    becomes(&netloft, &api, "Programmed", ("True", "Programmed")).await;

    netloft.apply(&changed("web", 83)).await;
    one.receives().await;
    one.acks().await;
    becomes(&netloft, &web, "Programmed", ("True", "Programmed")).await;
}

#[tokio::test]
async fn a_route_tells_of_each_parent_and_of_what_it_names() {
    let netloft = Netloft::start().await;
    let path = format!("{GATEWAY_API}/httproutes/web");
    netloft
        .apply(&file(&[
            service("web"),
            service("api"),
            gateway("edge", 18080),
            "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: web}\nspec:\n  parentRefs: [{group: '', kind: Service, name: web}, {name: edge}]\n  rules: [{backendRefs: [{name: web, port: 80}, {name: api, port: 80}]}]\n".to_owned(),
        ]))
        .await;
    becomes(&netloft, &path, "ResolvedRefs", ("True", "ResolvedRefs")).await;
    let good = status(&netloft, &path).await;
    assert_eq!(good["parents"].as_array().unwrap().len(), 2);
    for parent in good["parents"].as_array().unwrap() {
        assert_eq!(parent["controllerName"], "netloft.dev/gateway");
        assert_eq!(
            condition(&parent["conditions"], "Accepted")["status"],
            "True"
        );
    }
    assert_eq!(
        good["parents"][1]["parentRef"],
        json!({"name": "edge", "group": "gateway.networking.k8s.io", "kind": "Gateway"})
    );
    let edge = status(&netloft, &format!("{GATEWAY_API}/gateways/edge")).await;
    assert_eq!(edge["listeners"][0]["attachedRoutes"], 1);
    assert_eq!(
        edge["listeners"][0]["supportedKinds"],
        json!([{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute"}])
    );
    let unserved = condition(&edge["conditions"], "Programmed");
    assert_eq!(
        (&unserved["status"], &unserved["reason"]),
        (&json!("False"), &json!("NoProxies"))
    );

    netloft
        .cli(&["delete", "service", "api"])
        .await
        .must_succeed();
    let no = becomes(
        &netloft,
        &path,
        "ResolvedRefs",
        ("False", "BackendNotFound"),
    )
    .await;
    assert!(
        no["message"]
            .as_str()
            .unwrap()
            .contains("Service default/api does not exist")
    );
    netloft
        .cli(&["delete", "gateway", "edge"])
        .await
        .must_succeed();
    becomes(&netloft, &path, "Accepted", ("False", "NoMatchingParent")).await;
    let parents = status(&netloft, &path).await["parents"].clone();
    let accepted =
        |place: usize| condition(&parents[place]["conditions"], "Accepted")["status"].clone();
    assert_eq!([accepted(0), accepted(1)], ["True", "False"]);
}

#[tokio::test]
async fn a_gateway_is_programmed_once_an_envoy_serves_it_and_says_where() {
    let netloft = Netloft::start().await;
    let port = Port::reserve();
    let path = format!("{GATEWAY_API}/gateways/edge");
    netloft
        .apply(&file(&[
            gateway_class(),
            gateway("edge", port.number()),
            service("web"),
            workload("web-1", "web", "v1", 9),
            entry("web", "edge", "/", "web"),
        ]))
        .await;
    becomes(&netloft, &path, "Programmed", ("False", "NoProxies")).await;
    let envoy = netloft.envoy("edge-1", &["--class", "gateway"]).await;
    envoy.is_live().await;
    let told = becomes(&netloft, &path, "Programmed", ("True", "Programmed")).await;
    assert_eq!(told["message"], "acknowledged by 1 proxy");
    let status = status(&netloft, &path).await;
    assert_eq!(
        status["addresses"],
        json!([{"type": "IPAddress", "value": "127.0.0.1"}])
    );
    for path in [
        format!("{OURS}/services/web"),
        format!("{OURS}/workloads/web-1"),
        format!("{GATEWAY_API}/httproutes/web"),
    ] {
        let told = becomes(&netloft, &path, "Programmed", ("True", "Programmed")).await;
        assert_eq!(told["message"], "acknowledged by 1 proxy", "{path}");
    }
}

#[tokio::test]
async fn what_a_client_writes_into_a_status_is_ignored() {
    let netloft = Netloft::start().await;
    let text = format!(
        "{}status: {{conditions: [{{type: Mine}}]}}\n",
        service("web")
    );
    netloft.apply(&text).await;
    let told = status(&netloft, &format!("{OURS}/services/web")).await;
    assert!(!told.to_string().contains("Mine"), "{told:#}");
}
