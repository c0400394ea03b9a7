//! (being written)
use netloft_proto as _;
/// Encodes messages canonically.
#[derive(Debug)]
pub struct Canonical;
/// A message cannot be encoded canonically.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEncodable {
    /// The embedded descriptors do not hold this message.
    #[error("no descriptor for {0}")]
    Unknown(String),
}
