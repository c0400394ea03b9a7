//! (being written)
use super::{NotEncodable, Provenance, Ref, Resource, TypeIx};
use envoy_types::pb::google::protobuf::Any;
use std::sync::Arc;

/// A typed message on its way to becoming a resource.
#[derive(Debug, Clone)]
pub struct Draft<M> {
    /// The message.
    pub message: M,
    /// What it names.
    pub refs: Vec<Ref>,
    /// What it was compiled from.
    pub provenance: Vec<Provenance>,
}

impl<M: prost::Message + prost::Name> Draft<M> {
    /// Encodes canonically, hashes and frames.
    /// # Errors
    /// see [`NotEncodable`]
    pub fn seal(self, ty: TypeIx, name: Arc<str>) -> Result<Resource, NotEncodable> {
        let _ = (ty, name);
        Err(NotEncodable::Unknown(M::full_name()))
    }
}

/// Packs a message into an `Any`, canonically.
/// # Errors
/// see [`NotEncodable`]
pub fn pack<M: prost::Message + prost::Name>(message: &M) -> Result<Any, NotEncodable> {
    let _ = message;
    Err(NotEncodable::Unknown(M::full_name()))
}
