//! Patched resources: what is compiled, changed in Envoy's JSON form and read again by its rules.
//!
//! A patch is applied whole or not at all; where it cannot be, what was there before it is served,
//! and later patches go on from that.

mod pointer;

use std::sync::Arc;

use prost_reflect::{DynamicMessage, MessageDescriptor};
use serde_json::Value;

use super::{Lens, Output, Product, Unit, place, problems, raw};
use crate::{
    envoy::{self, Secrets},
    model::{EnvoyPatch, Kind, Spec},
    snapshot::{self, NotEncodable, Resource},
    view::Name,
};

/// The resource of `unit` as `patches` make it.
pub(super) fn compile(unit: &Unit, patches: &[Name], lens: &mut Lens<'_>) -> Output {
    let inner = lens.output(unit).map(|output| &output.product);
    let Some(Product::Resource(resource, targets)) = inner else {
        return Output::default();
    };
    let mut found = Vec::new();
    let mut provenance = resource.provenance().to_vec();
    let url = resource.ty().info().url;
    let mut patched = None;
    if let Some(of) = envoy::descriptor(url)
        && let Ok(message) = DynamicMessage::decode(of.clone(), resource.message())
    {
        let mut value = envoy::json(&message, Secrets::Shown);
        for patch in patches {
            let Some(Spec::EnvoyPatch(spec)) = lens.spec(Kind::EnvoyPatch, patch) else {
                continue;
            };
            match apply(&of, &value, spec) {
                Ok((changed, message)) => {
                    value = changed;
                    patched = Some(message);
                    provenance.push(place::at(Kind::EnvoyPatch, patch, "/spec/ops"));
                }
                Err((pointer, why)) => {
                    let at = place::at(Kind::EnvoyPatch, patch, &pointer);
                    let (ty, name) = (resource.ty(), resource.name());
                    found.push(problems::patch_fails(at, ty, name, &why));
                }
            }
        }
    }
    let sealed = patched.map(|message| seal(resource, &message, provenance));
    let resource = match sealed {
        Some(Ok(sealed)) => Arc::new(sealed),
        Some(Err(error)) => {
            found.push(problems::not_encodable(unit, &error));
            resource.clone()
        }
        None => resource.clone(),
    };
    Output {
        product: Product::Resource(resource, targets.clone()),
        problems: found,
    }
}

fn seal(
    resource: &Resource,
    message: &DynamicMessage,
    mut provenance: Vec<snapshot::Provenance>,
) -> Result<Resource, NotEncodable> {
    provenance.sort_unstable();
    provenance.dedup();
    let (ty, name) = (resource.ty(), resource.name().clone());
    let encoded = snapshot::encode_dynamic(message)?;
    raw::seal(ty, name, (message, &encoded), None, provenance)
}

/// What `patch` makes of `value`, a message of type `of`; or which operation does not fit, and why.
fn apply(
    of: &MessageDescriptor,
    value: &Value,
    patch: &EnvoyPatch,
) -> Result<(Value, DynamicMessage), (String, String)> {
    let mut changed = value.clone();
    for (place, op) in patch.ops.iter().enumerate() {
        pointer::apply(&mut changed, of, op)
            .map_err(|error| (format!("/spec/ops/{place}"), error.to_string()))?;
    }
    let read = envoy::message(of, &changed);
    if let Some(first) = read.findings.first() {
        let expected = first.expected.as_ref();
        let expected = expected.map_or_else(String::new, |it| format!(", expected {it}"));
        let why = format!("{}: {}{expected}", first.pointer, first.message);
        return Err(("/spec/ops".to_owned(), why));
    }
    let message = read
        .message
        .ok_or_else(|| ("/spec/ops".to_owned(), "nothing is left of it".to_owned()))?;
    let name = |value: &Value| {
        let name = value.get("name").or_else(|| value.get("cluster_name"));
        name.cloned()
    };
    if name(value) != name(&changed) {
        let why = "it changes the resource's name, by which others know it".to_owned();
        return Err(("/spec/ops".to_owned(), why));
    }
    Ok((envoy::json(&message, Secrets::Shown), message))
}
