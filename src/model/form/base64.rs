//! Base64 as Kubernetes' clients write and read it.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

/// Go's decoder, which Kubernetes has, does not look at the unused bits of the last character.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// `bytes` in base64.
pub(in crate::model) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// The bytes that `text` stands for, line ends passed over; none where it is no base64.
pub(in crate::model) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\r', '\n']) {
        let joined: String = text.chars().filter(|c| !"\r\n".contains(*c)).collect();
        return ENGINE.decode(joined).ok();
    }
    ENGINE.decode(text).ok()
}
