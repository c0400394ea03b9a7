//! `/apis` by its real clients: stock `kubectl`, with its validation on, and the library of Python.

#![allow(clippy::unwrap_used)] // All of it is a test, its helpers too.

use std::process::Command;

use netloft_integration::{
    binary,
    documents::{file, route, service, workload},
    eventually::{SOON, ensure, eventually},
    kubectl::Kubectl,
    netloft::{Netloft, Output, run_program},
    process::Process,
};
use serde_json::Value;

#[track_caller]
fn says(output: &Output, words: &str) {
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(all.contains(words), "{words:?} is not in:\n{all}");
}

const WEB: &str = "apiVersion: netloft.dev/v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  ports: [{port: 80}]
  dns: [web.test]
";

#[tokio::test]
async fn kubectl_applies_shows_changes_and_deletes() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let web = kubectl.write("web.yaml", WEB);
    let apply = ["apply", "-f", &web];
    says(
        &kubectl.run(&apply).await.must_succeed(),
        "service.netloft.dev/web created",
    );
    says(&kubectl.run(&apply).await.must_succeed(), "unchanged");
    let table = kubectl.run(&["get", "svc"]).await.must_succeed().stdout;
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("NAME   PORTS"), "{table}");
    assert!(lines.next().unwrap().starts_with("web    80"), "{table}");
    says(
        &kubectl.run(&["get", "netloft", "-A"]).await.must_succeed(),
        "service.netloft.dev/web",
    );

    let other = kubectl.write("web.yaml", &WEB.replace("web.test", "other.test"));
    let diff = kubectl.run(&["diff", "-f", &other]).await.must_exit_with(1);
    says(&diff, "-  - web.test");
    says(&diff, "+  - other.test");
    says(&kubectl.run(&apply).await.must_succeed(), "configured");
    kubectl.run(&["diff", "-f", &other]).await.must_succeed();

    let merge = r#"{"spec":{"dns":["merged.test"]}}"#;
    kubectl
        .run(&["patch", "svc", "web", "--type=merge", "-p", merge])
        .await
        .must_succeed();
    let json = r#"[{"op":"add","path":"/spec/dns/-","value":"added.test"}]"#;
    kubectl
        .run(&["patch", "svc", "web", "--type=json", "-p", json])
        .await
        .must_succeed();
    let dns = ["get", "svc", "web", "-o", "jsonpath={.spec.dns}"];
    let dns = kubectl.run(&dns).await.must_succeed().stdout;
    assert_eq!(dns, r#"["merged.test","added.test"]"#);
    let strategic = kubectl
        .run(&["patch", "svc", "web", "-p", merge])
        .await
        .must_exit_with(1);
    says(
        &strategic,
        "application/strategic-merge-patch+json is not supported",
    );

    kubectl
        .run(&["label", "svc", "web", "tier=front"])
        .await
        .must_succeed();
    let selected = kubectl
        .run(&["get", "svc", "-l", "tier in (front,back)", "-o", "name"])
        .await;
    assert_eq!(selected.must_succeed().stdout, "service.netloft.dev/web\n");

    let editor = [("EDITOR", "sed -i s/merged.test/edited.test/")];
    says(
        &kubectl
            .run_with(&["edit", "svc", "web"], &editor)
            .await
            .must_succeed(),
        "web edited",
    );
    let dns = kubectl
        .run(&["get", "svc", "web", "-o", "jsonpath={.spec.dns[0]}"])
        .await;
    assert_eq!(dns.must_succeed().stdout, "edited.test");

    says(
        &kubectl.run(&["delete", "-f", &web]).await.must_succeed(),
        "deleted",
    );
    says(
        &kubectl.run(&["get", "svc", "web"]).await.must_exit_with(1),
        "NotFound",
    );
}

#[tokio::test]
async fn kubectl_tells_every_mistake_by_its_field_and_stores_nothing() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let bad = WEB.replace("port: 80", "port: 0, protcol: http");
    let bad = kubectl.write("bad.yaml", &bad);
    let refused = kubectl.run(&["apply", "-f", &bad]).await.must_exit_with(1);
    says(&refused, "spec.ports[0].protcol: unknown field \"protcol\"");
    says(&refused, "did you mean \"protocol\"?");
    says(&refused, "spec.ports[0].port: 0 is not between 1 and 65535");
    let unknown = kubectl.write("unknown.yaml", &WEB.replace("spec:", "spec:\n  x: 1"));
    let left_out = kubectl
        .run(&["apply", "--validate=warn", "-f", &unknown])
        .await
        .must_succeed();
    says(&left_out, "Warning: [NL0203] spec.x: unknown field");
    kubectl.run(&["get", "svc", "bad"]).await.must_exit_with(1);
}

#[tokio::test]
async fn kubectl_applies_on_the_server_field_by_field() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let web = kubectl.write("web.yaml", WEB);
    let apply = async |file: &str, more: &[&str]| {
        let words = [&["apply", "--server-side", "-f", file], more].concat();
        kubectl.run(&words).await
    };
    says(&apply(&web, &[]).await.must_succeed(), "serverside-applied");
    let other = WEB
        .replace("{port: 80}", "{port: 80, protocol: grpc}")
        .replace("  dns: [web.test]\n", "");
    let other = kubectl.write("other.yaml", &other);
    apply(&other, &["--field-manager=ci"]).await.must_succeed();
    let third = kubectl.write(
        "third.yaml",
        &std::fs::read_to_string(&other)
            .unwrap()
            .replace("grpc", "tcp"),
    );
    let conflict = apply(&third, &[]).await.must_exit_with(1);
    says(&conflict, "conflict with \"ci\"");
    says(&conflict, ".spec.ports[port=80].protocol");
    // dns is given up here and managed by nobody else.
    let no_source = apply(&third, &["--force-conflicts"])
        .await
        .must_exit_with(1);
    says(&no_source, "one of selector, endpoints, dns must be given");
    let full = kubectl.write(
        "full.yaml",
        &WEB.replace("{port: 80}", "{port: 80, protocol: tcp}"),
    );
    apply(&full, &["--force-conflicts"]).await.must_succeed();
    let managers = [
        "get",
        "svc",
        "web",
        "--show-managed-fields",
        "-o",
        "jsonpath={.metadata.managedFields[*].manager}",
    ];
    assert_eq!(
        kubectl.run(&managers).await.must_succeed().stdout,
        "kubectl ci"
    );

    // From apply on the client to apply on the server, as kubectl itself moves.
    let client = kubectl.write("client.yaml", &WEB.replace("name: web,", "name: moved,"));
    kubectl.run(&["apply", "-f", &client]).await.must_succeed();
    apply(&client, &[]).await.must_succeed();
    let dry = apply(&client, &["--dry-run=server"]).await.must_succeed();
    says(&dry, "(server dry run)");
}

#[tokio::test]
async fn kubectl_explains_every_kind_from_the_schemas() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let kinds = kubectl
        .run(&["api-resources", "-o", "name"])
        .await
        .must_succeed()
        .stdout;
    assert!(kinds.lines().count() >= 8, "{kinds}");
    for kind in kinds.lines() {
        let words = ["explain", kind, "--recursive"];
        says(
            &kubectl.run(&words).await.must_succeed(),
            "metadata\t<ObjectMeta>",
        );
    }
    let field = kubectl
        .run(&["explain", "httproute.spec.rules.filters.urlRewrite.path"])
        .await;
    says(&field.must_succeed(), "replacePrefixMatch\t<string>");
}

#[tokio::test]
async fn core_kinds_are_created_and_applied_by_kubectl() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let map =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m, namespace: shop}\ndata: {a: \"1\"}\n";
    let first = kubectl.write("map.yaml", map);
    kubectl.run(&["apply", "-f", &first]).await.must_succeed();
    let first = kubectl.write("map.yaml", &map.replace("{a: ", "{b: "));
    says(
        &kubectl.run(&["apply", "-f", &first]).await.must_succeed(),
        "configured",
    );
    let data = ["get", "cm", "m", "-n", "shop", "-o", "jsonpath={.data}"];
    assert_eq!(
        kubectl.run(&data).await.must_succeed().stdout,
        r#"{"b":"1"}"#
    );
    let space = kubectl.write(
        "space.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    );
    kubectl.run(&["apply", "-f", &space]).await.must_succeed();
    says(&kubectl.run(&["get", "ns"]).await.must_succeed(), "shop");
    let pod = kubectl.write(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n",
    );
    kubectl.run(&["apply", "-f", &pod]).await.must_exit_with(1);
}

#[tokio::test]
async fn kubectl_watches_and_waits() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let mut watching = Command::new(binary::kubectl());
    watching
        .args([
            "--server",
            &format!("http://{}", netloft.http()),
            "get",
            "svc",
            "-w",
        ])
        .args(["--output-watch-events", "--no-headers"])
        .env("HOME", kubectl.home())
        .env("KUBECONFIG", "/dev/null");
    let watching = Process::start("kubectl", &mut watching, &kubectl.home().join("watch"));
    let web = kubectl.write(
        "web.yaml",
        &file(&[service("web"), workload("web-1", "web", "v1", 8081)]),
    );
    kubectl.run(&["apply", "-f", &web]).await.must_succeed();
    let told = async |words: &str| {
        eventually(&format!("the watch tells {words}"), SOON, || async {
            let log = watching.log();
            let line = log
                .lines()
                .any(|line| words.split(' ').all(|word| line.contains(word)));
            ensure(line, log)
        })
        .await;
    };
    told("ADDED web").await;
    kubectl
        .run(&["label", "svc", "web", "a=b"])
        .await
        .must_succeed();
    told("MODIFIED web").await;

    // No proxy lacks any of it, so it is programmed as soon as it is published.
    let wait = [
        "wait",
        "--for=condition=Programmed",
        "svc/web",
        "--timeout=20s",
    ];
    says(&kubectl.run(&wait).await.must_succeed(), "condition met");
    let wait = ["wait", "--for=condition=NoSuch", "svc/web", "--timeout=1s"];
    kubectl.run(&wait).await.must_exit_with(1);

    let gone = ["wait", "--for=delete", "svc/web", "--timeout=20s"];
    let (gone, deleted) = tokio::join!(kubectl.run(&gone), kubectl.run(&["delete", "svc", "web"]));
    gone.must_succeed();
    deleted.must_succeed();
    told("DELETED web").await;
}

#[tokio::test]
async fn an_open_watch_does_not_keep_the_server_from_ending() {
    let mut netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let web = kubectl.write("web.yaml", WEB);
    kubectl.run(&["apply", "-f", &web]).await.must_succeed();
    let mut watching = Command::new(binary::kubectl());
    watching
        .args([
            "--server",
            &format!("http://{}", netloft.http()),
            "get",
            "svc",
            "-w",
        ])
        .env("HOME", kubectl.home())
        .env("KUBECONFIG", "/dev/null");
    let watching = Process::start("kubectl", &mut watching, &kubectl.home().join("watch"));
    eventually("the watch is open", SOON, || async {
        ensure(watching.log().contains("web"), watching.log())
    })
    .await;
    assert!(netloft.stop().await.success());
}

/// What programs in Python do with the library: typed for core kinds, by path for others, by
/// discovery for all; lists in pages; watches.
const CLIENT: &str = r#"
import sys
from kubernetes import client, dynamic, watch
from kubernetes.client.rest import ApiException

api = client.ApiClient(client.Configuration(host=sys.argv[1]))
custom = client.CustomObjectsApi(api)
place = dict(group="netloft.dev", version="v1", namespace="default", plural="services")

def service(name):
    return {"apiVersion": "netloft.dev/v1", "kind": "Service", "metadata": {"name": name, "labels": {"by": "python"}},
            "spec": {"ports": [{"port": 80}], "dns": ["a.test"]}}

for name in ["a", "b", "c"]:
    custom.create_namespaced_custom_object(body=service(name), **place)
page = custom.list_namespaced_custom_object(limit=2, **place)
assert [item["metadata"]["name"] for item in page["items"]] == ["a", "b"], page
rest = custom.list_namespaced_custom_object(limit=2, _continue=page["metadata"]["continue"], **place)
assert [item["metadata"]["name"] for item in rest["items"]] == ["c"], rest

read = custom.get_namespaced_custom_object(name="a", **place)
read["spec"]["dns"] = ["b.test"]
custom.replace_namespaced_custom_object(name="a", body=read, **place)
try:
    custom.replace_namespaced_custom_object(name="a", body=read, **place)
    raise SystemExit("a stale write was taken")
except ApiException as error:
    assert error.status == 409, error

resources = dynamic.DynamicClient(api)
services = resources.resources.get(api_version="netloft.dev/v1", kind="Service")
services.patch(name="b", namespace="default", body={"metadata": {"labels": {"x": "1"}}},
               content_type="application/merge-patch+json")
assert services.get(name="b", namespace="default").metadata.labels.x == "1"
applied = services.server_side_apply(name="d", namespace="default", body=service("d"), field_manager="py")
assert applied.metadata.managedFields[0].operation == "Apply", applied

core = client.CoreV1Api(api)
core.create_namespaced_config_map("default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="m"), data={"a": "1"}))
assert core.read_namespaced_config_map("m", "default").data == {"a": "1"}
core.patch_namespaced_config_map("m", "default", {"data": {"b": "2"}})
assert core.read_namespaced_config_map("m", "default").data == {"a": "1", "b": "2"}

events = watch.Watch()
version = rest["metadata"]["resourceVersion"]
seen = []
for event in events.stream(custom.list_namespaced_custom_object, resource_version=version, timeout_seconds=30, **place):
    seen.append((event["type"], event["object"]["metadata"]["name"]))
    if len(seen) == 3:
        events.stop()
assert seen == [("MODIFIED", "a"), ("MODIFIED", "b"), ("ADDED", "d")], seen
custom.delete_collection_namespaced_custom_object(label_selector="by=python", **place)
assert custom.list_namespaced_custom_object(**place)["items"] == []
print("done")
"#;

#[tokio::test]
async fn the_library_of_python_works() {
    let netloft = Netloft::start().await;
    let server = format!("http://{}", netloft.http());
    let python = binary::python_client();
    let output = run_program(&python, &["-c", CLIENT, &server], &[])
        .await
        .must_succeed();
    assert_eq!(output.stdout, "done\n");
}

#[tokio::test]
async fn what_kubectl_shows_can_be_applied_again() {
    let netloft = Netloft::start().await;
    let kubectl = Kubectl::of(&netloft);
    let documents = [
        service("web"),
        workload("web-1", "web", "v1", 8081),
        route("web", "web", &["web"]),
    ];
    netloft.apply(&file(&documents)).await;
    let before: Value = netloft.get("/v1/revisions").await.unwrap().json();
    for document in ["svc/web", "workload/web-1", "httproute/web"] {
        let shown = kubectl.run(&["get", document, "-o", "yaml"]).await;
        let again = kubectl.write("again.yaml", &shown.must_succeed().stdout);
        let replace = ["replace", "-f", &again];
        says(&kubectl.run(&replace).await.must_succeed(), "replaced");
    }
    assert_eq!(netloft.get("/v1/revisions").await.unwrap().json(), before);
}
