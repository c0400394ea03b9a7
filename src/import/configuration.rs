//! A configuration as one Envoy has it: its resources, and the bootstrap around them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use prost_reflect::DynamicMessage;
use serde_json::{Map, Value};

use super::dump;
use crate::{
    check::{self, Diagnostic, Source},
    envoy::{self, Secrets},
    snapshot::{CLUSTER, LISTENER, TypeIx},
};

pub(super) const BOOTSTRAP: &str = "/envoy.config.bootstrap.v3.Bootstrap";
const DUMP: &str = "/envoy.admin.v3.ConfigDump";

/// The cluster and the sink that `netloft overlay` and `netloft bootstrap` add.
pub(super) const OURS: &str = "netloft";

/// What one Envoy is configured with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Configuration {
    /// The bootstrap without listeners, clusters, and the way to a control plane.
    pub bootstrap: Map<String, Value>,
    /// In the order they stand.
    pub resources: Vec<Resource>,
}

/// One resource of an Envoy.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Its type.
    pub ty: TypeIx,
    /// Its name; that of a listener without one is made of its address.
    pub name: Arc<str>,
    /// In Envoy's JSON form, without `@type`.
    pub value: Value,
}

/// Why a file is no configuration that can be taken over.
#[derive(Debug)]
pub enum NotRead {
    /// It is not what Envoy reads.
    Malformed(Vec<Diagnostic>),
    /// Parts of it cannot be served from documents and a bootstrap alone. All of them.
    Unfit(Vec<Unfit>),
}

/// One part of a configuration, and why it cannot be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Which part: `Cluster web: load_assignment`.
    pub place: String,
    /// Why.
    pub why: Why,
}

/// Why a part of a configuration cannot be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It comes from another control plane, so the file does not hold it.
    Elsewhere,
    /// It was asked for from a control plane and is of a type that is not taken over.
    OtherType,
    /// The dump does not hold it.
    NotInDump,
    /// It is a secret, and hidden.
    Hidden,
    /// Two resources of one type have this name.
    Twice,
    /// It has the name of the cluster that leads to netloft.
    OurName,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Elsewhere => {
                "comes from another control plane: import what the running Envoy answers at /config_dump?include_eds"
            }
            Self::OtherType => {
                "comes from another control plane, in a type that is not taken over: write it into the resource that names it"
            }
            Self::NotInDump => {
                "is not in the dump: take it from /config_dump?include_eds of an Envoy that is ready"
            }
            Self::Hidden => {
                "is hidden: name the file that it stands in there instead (filename)"
            }
            Self::Twice => "is there twice: give one of the two another name",
            Self::OurName => "has the name of the cluster that leads to netloft: give it another",
        })
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.why)
    }
}

impl Configuration {
    /// Reads a bootstrap, or the answer of `/config_dump`.
    ///
    /// # Errors
    /// [`NotRead`], with all that is wrong.
    pub fn read(source: &Source<'_>) -> Result<Self, NotRead> {
        let mut is_dump = false;
        let message = check::message(source, |names| {
            is_dump = names.contains(&"configs");
            envoy::descriptor(if is_dump { DUMP } else { BOOTSTRAP })
        });
        let message = message.map_err(NotRead::Malformed)?;
        let Value::Object(fields) = envoy::json(&message, Secrets::Shown) else {
            return Ok(Self::default());
        };
        let mut unfit = Vec::new();
        let configuration = if is_dump {
            dump::read(fields, &mut unfit)
        } else {
            let mut configuration = Self::of_bootstrap(fields);
            configuration.nothing_from_elsewhere(&mut unfit);
            configuration
        };
        configuration.names(&mut unfit);
        if unfit.is_empty() {
            Ok(configuration)
        } else {
            Err(NotRead::Unfit(unfit))
        }
    }

    /// Takes a bootstrap apart.
    pub(super) fn of_bootstrap(mut bootstrap: Map<String, Value>) -> Self {
        let observed = drop_our_sink(&mut bootstrap);
        let mut resources = Vec::new();
        if let Some(Value::Object(statics)) = bootstrap.get_mut("static_resources") {
            for (field, ty) in [("clusters", CLUSTER), ("listeners", LISTENER)] {
                if let Some(Value::Array(all)) = statics.shift_remove(field) {
                    resources.extend(all.into_iter().map(|value| Resource::of(ty, value)));
                }
            }
            if statics.is_empty() {
                bootstrap.shift_remove("static_resources");
            }
        }
        if observed {
            resources.retain(|it| !(it.ty == CLUSTER && &*it.name == OURS));
        }
        Self {
            bootstrap,
            resources,
        }
    }

    /// The bootstrap with what is static in it: the whole file, where nothing is served.
    #[must_use]
    pub fn into_bootstrap(self) -> Value {
        let mut bootstrap = self.bootstrap;
        let mut statics = match bootstrap.shift_remove("static_resources") {
            Some(Value::Object(statics)) => statics,
            _ => Map::new(),
        };
        for (field, ty) in [("clusters", CLUSTER), ("listeners", LISTENER)] {
            let all = self.resources.iter().filter(|it| it.ty == ty);
            let all: Vec<Value> = all.map(|it| it.value.clone()).collect();
            if !all.is_empty() {
                statics.insert(field.to_owned(), all.into());
            }
        }
        if !statics.is_empty() {
            bootstrap.insert("static_resources".to_owned(), statics.into());
        }
        bootstrap.into()
    }

    /// A bootstrap whose resources come from a control plane does not hold them.
    fn nothing_from_elsewhere(&mut self, unfit: &mut Vec<Unfit>) {
        if let Some(Value::Object(dynamic)) = self.bootstrap.shift_remove("dynamic_resources") {
            for field in dynamic.keys().filter(|field| *field != "ads_config") {
                unfit.push(Unfit::new(
                    format!("dynamic_resources.{field}"),
                    Why::Elsewhere,
                ));
            }
        }
        for resource in &self.resources {
            for place in asks_ads(&resource.value) {
                unfit.push(Unfit::new(format!("{resource}: {place}"), Why::Elsewhere));
            }
        }
    }

    fn names(&self, unfit: &mut Vec<Unfit>) {
        let mut seen = BTreeSet::new();
        for resource in &self.resources {
            if !seen.insert((resource.ty, &resource.name)) {
                unfit.push(Unfit::new(resource.to_string(), Why::Twice));
            }
            if resource.ty == CLUSTER && &*resource.name == OURS {
                unfit.push(Unfit::new(resource.to_string(), Why::OurName));
            }
        }
    }

    /// Its resources by type and name.
    pub(super) fn by_name(&self) -> BTreeMap<(TypeIx, Arc<str>), &Resource> {
        let all = self.resources.iter();
        all.map(|it| ((it.ty, it.name.clone()), it)).collect()
    }
}

impl Resource {
    /// The resource `value`, which has a name of its own or is a listener.
    pub(super) fn of(ty: TypeIx, mut value: Value) -> Self {
        let field = name_field(ty);
        let own = value[field].as_str().unwrap_or_default();
        let name: Arc<str> = if own.is_empty() && ty == LISTENER {
            let made = address(&value["address"]);
            // In front, where people look for it.
            if let Value::Object(fields) = &mut value {
                fields.shift_insert(0, "name".to_owned(), made.clone().into());
            }
            made.into()
        } else {
            own.into()
        };
        Self { ty, name, value }
    }

    /// The same as a message.
    pub(super) fn message(&self) -> Option<DynamicMessage> {
        let of = envoy::descriptor(self.ty.info().url)?;
        envoy::message(&of, &self.value).message
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", kind(self.ty), self.name)
    }
}

impl Unfit {
    pub(super) fn new(place: impl Into<String>, why: Why) -> Self {
        Self {
            place: place.into(),
            why,
        }
    }
}

/// The bare name of a type: `Cluster`.
pub(super) fn kind(ty: TypeIx) -> &'static str {
    ty.info().url.rsplit('.').next().unwrap_or_default()
}

/// Which field holds a resource's name.
pub(super) fn name_field(ty: TypeIx) -> &'static str {
    let has_name =
        envoy::descriptor(ty.info().url).is_some_and(|of| of.get_field_by_name("name").is_some());
    if has_name { "name" } else { "cluster_name" }
}

/// What a listener is called that has no name: Envoy would draw one by lot.
fn address(value: &Value) -> String {
    let socket = &value["socket_address"];
    match (socket["address"].as_str(), &socket["port_value"]) {
        (Some(address), Value::Number(port)) => format!("{address}:{port}"),
        _ => value["pipe"]["path"]
            .as_str()
            .unwrap_or("listener")
            .to_owned(),
    }
}

/// Takes out the sink that reports to netloft; whether there was one.
fn drop_our_sink(bootstrap: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(sinks)) = bootstrap.get_mut("stats_sinks") else {
        return false;
    };
    let before = sinks.len();
    sinks.retain(|sink| sink["name"] != OURS);
    let found = sinks.len() < before;
    if sinks.is_empty() {
        bootstrap.shift_remove("stats_sinks");
    }
    found
}

/// Where `value` asks for something on the aggregated stream, or on the stream it came by.
pub(super) fn asks_ads(value: &Value) -> Vec<String> {
    let nothing = Value::Object(Map::new());
    // ConfigSource, whose fields `ads` and `self` hold nothing.
    places(value, &|value| {
        ["ads", "self"].iter().any(|name| value[*name] == nothing)
    })
}

/// Where a secret was hidden.
pub(super) fn hidden(value: &Value) -> Vec<String> {
    places(value, &|value| value == "[redacted]")
}

/// Where in `value` there is something of which `holds`.
fn places(value: &Value, holds: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    look(value, "", holds, &mut found);
    found
}

fn look(value: &Value, place: &str, holds: &dyn Fn(&Value) -> bool, found: &mut Vec<String>) {
    if holds(value) {
        found.push(place.to_owned());
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if place.is_empty() { "" } else { "." };
                look(value, &format!("{place}{dot}{name}"), holds, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                look(item, &format!("{place}[{index}]"), holds, found);
            }
        }
        _ => {}
    }
}
