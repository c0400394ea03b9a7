//! What there is: groups, versions and kinds, in the two forms in which clients ask.

use axum::{
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

use super::{Form, Refused};
use crate::{
    api::error::ApiError,
    model::{Kind, KindFacts},
};

/// The verbs of every kind.
const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// `kubectl get netloft` shows all there is.
const CATEGORY: &str = "netloft";

/// The Kubernetes whose API this is like.
const LIKE: (&str, &str) = ("1", "35");

/// The groups, each with its versions, each once.
pub(super) fn group_versions() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<_> = Kind::ALL
        .iter()
        .map(|kind| (kind.facts().group, kind.facts().version))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn kinds(group: &str, version: &str) -> impl Iterator<Item = &'static KindFacts> {
    let facts = Kind::ALL.iter().map(|kind| kind.facts());
    facts.filter(move |facts| facts.group == group && facts.version == version)
}

/// `GET /version`.
pub(super) async fn version(form: Form) -> Result<Response, Refused> {
    let (major, minor) = LIKE;
    let body = json!({
        "major": major,
        "minor": minor,
        "gitVersion": format!("v{major}.{minor}.0+netloft.{}", env!("CARGO_PKG_VERSION")),
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    });
    form.respond(StatusCode::OK, &body)
}

/// `GET /api`: the core group.
pub(super) async fn core(form: Form, headers: HeaderMap) -> Result<Response, Refused> {
    if is_aggregated(&headers) {
        return aggregated(form, |group| group.is_empty());
    }
    let body = json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [],
    });
    form.respond(StatusCode::OK, &body)
}

/// `GET /apis`: the other groups.
pub(super) async fn groups(form: Form, headers: HeaderMap) -> Result<Response, Refused> {
    if is_aggregated(&headers) {
        return aggregated(form, |group| !group.is_empty());
    }
    let groups = group_versions()
        .into_iter()
        .filter(|(group, _)| !group.is_empty());
    let groups: Vec<Value> = groups.map(|(group, version)| one(group, version)).collect();
    let body = json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups });
    form.respond(StatusCode::OK, &body)
}

/// `GET /apis/{group}`.
pub(super) async fn group(form: Form, Path(group): Path<String>) -> Result<Response, Refused> {
    let known = group_versions();
    let Some((group, version)) = known.iter().find(|(known, _)| *known == group) else {
        return Err(unknown(&group));
    };
    let mut body = one(group, version);
    body["kind"] = json!("APIGroup");
    body["apiVersion"] = json!("v1");
    form.respond(StatusCode::OK, &body)
}

/// `GET /api/v1`.
pub(super) async fn core_version(form: Form) -> Result<Response, Refused> {
    of_version(form, "", "v1")
}

/// `GET /apis/{group}/{version}`.
pub(super) async fn group_version(
    form: Form,
    Path((group, version)): Path<(String, String)>,
) -> Result<Response, Refused> {
    of_version(form, &group, &version)
}

fn of_version(form: Form, group: &str, version: &str) -> Result<Response, Refused> {
    let resources: Vec<Value> = kinds(group, version).map(resource).collect();
    let group_version = match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    };
    if resources.is_empty() {
        return Err(unknown(&group_version));
    }
    let body = json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    });
    form.respond(StatusCode::OK, &body)
}

fn resource(facts: &'static KindFacts) -> Value {
    json!({
        "name": facts.plural,
        "singularName": facts.kind.to_lowercase(),
        "namespaced": facts.namespaced,
        "kind": facts.kind,
        "verbs": VERBS,
        "shortNames": facts.short,
        "categories": [CATEGORY],
    })
}

fn one(group: &str, version: &str) -> Value {
    let version = json!({ "groupVersion": format!("{group}/{version}"), "version": version });
    json!({ "name": group, "versions": [version], "preferredVersion": version })
}

fn unknown(asked: &str) -> Refused {
    let known = group_versions()
        .into_iter()
        .map(|(group, version)| match group {
            "" => version.to_owned(),
            group => format!("{group}/{version}"),
        });
    let known = known.collect::<Vec<_>>().join(", ");
    ApiError::not_found(format!("there is no {asked}; there are {known}")).into()
}

fn is_aggregated(headers: &HeaderMap) -> bool {
    let accept = headers.get_all(header::ACCEPT).iter();
    let mut accept = accept.filter_map(|accept| accept.to_str().ok());
    accept.any(|accept| {
        accept.split(',').any(|range| {
            let has = |word| range.split(';').map(str::trim).any(|found| found == word);
            has("as=APIGroupDiscoveryList") && has("v=v2") && has("g=apidiscovery.k8s.io")
        })
    })
}

/// All kinds of the groups that `fits` names, in one answer.
fn aggregated(form: Form, fits: impl Fn(&str) -> bool) -> Result<Response, Refused> {
    let groups = group_versions()
        .into_iter()
        .filter(|(group, _)| fits(group));
    let groups = groups.map(|(group, version)| {
        let resources = kinds(group, version).map(aggregated_resource);
        json!({
            "metadata": { "name": group, "creationTimestamp": null },
            "versions": [{
                "version": version,
                "resources": resources.collect::<Vec<_>>(),
                "freshness": "Current",
            }],
        })
    });
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": groups.collect::<Vec<_>>(),
    });
    let mut response = form.respond(StatusCode::OK, &body)?;
    let kind = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let kind = header::HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

fn aggregated_resource(facts: &KindFacts) -> Value {
    json!({
        "resource": facts.plural,
        "responseKind": { "group": facts.group, "version": facts.version, "kind": facts.kind },
        "scope": if facts.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": facts.kind.to_lowercase(),
        "verbs": VERBS,
        "shortNames": facts.short,
        "categories": [CATEGORY],
    })
}
