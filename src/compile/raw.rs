//! Raw resources: what an EnvoyResource holds, as it is.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use prost_reflect::{DynamicMessage, ReflectMessage as _};

use super::{Lens, Output, Product, Unit, place, problems};
use crate::{
    envoy::{self, Finding},
    model::{EnvoyResource, Kind, Spec},
    snapshot::{self, NotEncodable, Ref, TypeIx, VIRTUAL_HOST, type_called, virtual_host_aliases},
    view::Name,
};

/// A raw resource that could be read.
#[derive(Debug, Clone)]
pub struct Raw {
    /// Its type.
    pub ty: TypeIx,
    /// The name it is served by.
    pub name: Arc<str>,
    /// The message.
    pub message: DynamicMessage,
    /// Its encoding, which may hold more than the descriptors know.
    encoded: Vec<u8>,
}

/// Why a raw resource cannot be served.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotRaw {
    /// There is neither a resource nor bytes with their type and name.
    #[error("there is no resource in it")]
    Empty,
    /// Proxies are not served resources of that type.
    #[error("{url} is not a type that proxies are served")]
    NotServed {
        /// As written.
        url: String,
    },
    /// The resource has no name.
    #[error("the resource has no name: its field {field:?} is empty")]
    Nameless {
        /// Which field of the resource holds it.
        field: &'static str,
    },
    /// The resource is not one of Envoy's API, or breaks its rules. All that is wrong.
    #[error("{}", .0.first().map_or("it cannot be read", |first| first.message.as_str()))]
    Unfit(Vec<Finding>),
    /// It is nested deeper than proxies decode.
    #[error(transparent)]
    NotEncodable(#[from] NotEncodable),
    /// The bytes are not the encoding of a message of their type.
    #[error("the bytes are not a {url}: {reason}")]
    Malformed {
        /// As written.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl Raw {
    /// Reads what `spec` holds.
    ///
    /// # Errors
    /// [`NotRaw`]: it cannot be served.
    pub fn read(spec: &EnvoyResource) -> Result<Self, NotRaw> {
        let (url, message, encoded) = match (&spec.resource, &spec.bytes, &spec.type_url) {
            (Some(resource), None, None) => {
                let read = envoy::any(resource);
                let message = read.message.filter(|_| read.findings.is_empty());
                let message = message.ok_or(NotRaw::Unfit(read.findings))?;
                let url = envoy::type_url(&message.descriptor());
                let encoded = snapshot::encode_dynamic(&message)?;
                (url, message, encoded)
            }
            (None, Some(bytes), Some(url)) => {
                let (message, encoded) = decode(url, bytes)?;
                (url.to_string(), message, encoded)
            }
            _ => return Err(NotRaw::Empty),
        };
        let ty = type_called(&url).ok_or(NotRaw::NotServed { url })?;
        let field = match message.get_field_by_name("name") {
            Some(_) => "name",
            None => "cluster_name",
        };
        let own = message.get_field_by_name(field);
        let own = own.as_ref().and_then(|name| name.as_str());
        let name = spec.name.as_deref().or(own).unwrap_or_default();
        if name.is_empty() {
            return Err(NotRaw::Nameless { field });
        }
        Ok(Self {
            ty,
            name: name.into(),
            message,
            encoded,
        })
    }

    /// What decides whether its content is another one; none where it cannot be encoded.
    #[must_use]
    pub fn hash(&self) -> Option<snapshot::Hash> {
        let sealed = self.seal(None, Vec::new());
        sealed.ok().map(|resource| resource.hash())
    }

    /// The resource, come from `provenance`.
    pub(super) fn seal(
        &self,
        version: Option<&Arc<str>>,
        provenance: Vec<snapshot::Provenance>,
    ) -> Result<snapshot::Resource, NotEncodable> {
        let (ty, name) = (self.ty, self.name.clone());
        let version = version.cloned();
        seal(
            ty,
            name,
            (&self.message, &self.encoded),
            version,
            provenance,
        )
    }
}

/// Seals `message`, whose encoding is there.
pub(super) fn seal(
    ty: TypeIx,
    name: Arc<str>,
    (message, encoded): (&DynamicMessage, &[u8]),
    version: Option<Arc<str>>,
    provenance: Vec<snapshot::Provenance>,
) -> Result<snapshot::Resource, NotEncodable> {
    let aliases = aliases(ty, &name, message);
    let sealed = snapshot::seal(ty, name, encoded, version, refs(message), provenance)?;
    Ok(sealed.known_as(aliases))
}

/// The other names that a resource is found by.
fn aliases(ty: TypeIx, name: &str, message: &DynamicMessage) -> Arc<[Arc<str>]> {
    let domains = message.get_field_by_name("domains");
    let domains = domains.as_ref().and_then(|domains| domains.as_list());
    match domains {
        Some(domains) if ty == VIRTUAL_HOST => {
            virtual_host_aliases(name, domains.iter().filter_map(|domain| domain.as_str()))
        }
        _ => Arc::default(),
    }
}

/// What a message names, of the types that proxies are served.
fn refs(message: &DynamicMessage) -> Vec<Ref> {
    let named = envoy::refs(message).into_iter();
    let refs = named.filter_map(|named| {
        Some(Ref {
            to: type_called(named.type_url)?,
            name: named.name.into(),
        })
    });
    refs.collect()
}

fn decode(url: &Arc<str>, bytes: &str) -> Result<(DynamicMessage, Vec<u8>), NotRaw> {
    let malformed = |reason: String| NotRaw::Malformed {
        url: url.to_string(),
        reason,
    };
    let of = envoy::descriptor(url).ok_or_else(|| NotRaw::NotServed {
        url: url.to_string(),
    })?;
    let joined: String = bytes.split_ascii_whitespace().collect();
    let encoded = STANDARD
        .decode(joined)
        .map_err(|error| malformed(error.to_string()))?;
    let message = DynamicMessage::decode(of, &encoded[..]);
    let message = message.map_err(|error| malformed(error.to_string()))?;
    Ok((message, encoded))
}

/// The raw resource that the EnvoyResource `name` declares.
pub(super) fn compile(name: &Name, lens: &mut Lens<'_>) -> Result<Output, NotEncodable> {
    let Some(Spec::EnvoyResource(spec)) = lens.spec(Kind::EnvoyResource, name) else {
        return Ok(Output::default());
    };
    let pointer = match spec.resource {
        Some(_) => "/spec/resource",
        None => "/spec/bytes",
    };
    let at = place::at(Kind::EnvoyResource, name, pointer);
    match Raw::read(spec) {
        Ok(raw) => raw
            .seal(spec.version.as_ref(), vec![at])
            .map(Output::resource),
        Err(error) => Ok(Output::problem(problems::not_raw(at, &error))),
    }
}

/// What the EnvoyResource `name` is called as a resource.
pub(super) fn name(name: &Name, lens: &mut Lens<'_>) -> Output {
    let product = match sealed(name, lens) {
        Some(resource) => Product::Named(resource.ty(), resource.name().clone()),
        None => Product::Nothing,
    };
    Output {
        product,
        problems: Vec::new(),
    }
}

/// What the EnvoyResource `name` holds while it is called `called`.
pub(super) fn called(name: &Name, ty: TypeIx, called: &Arc<str>, lens: &mut Lens<'_>) -> Output {
    let resource = sealed(name, lens);
    let fitting = resource.filter(|resource| resource.ty() == ty && resource.name() == called);
    let product = fitting.map_or(Product::Nothing, |resource| {
        Product::Resource(resource, Arc::default())
    });
    Output {
        product,
        problems: Vec::new(),
    }
}

fn sealed(name: &Name, lens: &mut Lens<'_>) -> Option<Arc<snapshot::Resource>> {
    match &lens.output(&Unit::Raw(name.clone()))?.product {
        Product::Resource(resource, _) => Some(resource.clone()),
        _ => None,
    }
}
