//! A certificate, those it is signed by, and its key: whether they are that, and belong together.
//!
//! Absent on purpose: whether the certificate is valid today (there is no clock here), and whether
//! anyone trusts its chain.

use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::ParsedCertificate,
    sign::{CertifiedKey, SigningKey},
};
use std::sync::Arc;

/// The name of the certificate and its chain.
pub const CERTIFICATE: &str = "tls.crt";
/// The name of the key.
pub const KEY: &str = "tls.key";

/// Why two values are no certificate with its key. Holds nothing of either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is no certificate in PEM.
    #[error("tls.crt holds no certificate in PEM")]
    NoCertificate,
    /// One of the certificates cannot be read.
    #[error("certificate {} of tls.crt is none that can be read", .0 + 1)]
    BadCertificate(usize),
    /// There is no private key in PEM.
    #[error("tls.key holds no private key in PEM")]
    NoKey,
    /// The key cannot be used.
    #[error("tls.key is no RSA, EC (P-256, P-384, P-521) or Ed25519 key that can be used")]
    BadKey,
    /// The key is another certificate's.
    #[error("tls.key is not the key of the first certificate in tls.crt")]
    OtherKey,
}

impl Unfit {
    /// The name of the value it is about.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::NoCertificate | Self::BadCertificate(_) => CERTIFICATE,
            Self::NoKey | Self::BadKey | Self::OtherKey => KEY,
        }
    }
}

/// Whether `chain` begins with a certificate and `key` is that certificate's.
///
/// # Errors
/// [`Unfit`] with the first thing that is wrong.
pub fn check(chain: &[u8], key: &[u8]) -> Result<(), Unfit> {
    let pair = CertifiedKey::new(check_chain(chain)?, check_key(key)?);
    pair.keys_match().map_err(|_| Unfit::OtherKey)
}

/// The certificates in `chain`.
///
/// # Errors
/// [`Unfit::NoCertificate`], [`Unfit::BadCertificate`].
pub fn check_chain(chain: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unfit> {
    let mut certificates = Vec::new();
    for (index, certificate) in CertificateDer::pem_slice_iter(chain).enumerate() {
        let certificate = certificate.map_err(|_| Unfit::BadCertificate(index))?;
        ParsedCertificate::try_from(&certificate).map_err(|_| Unfit::BadCertificate(index))?;
        certificates.push(certificate);
    }
    match certificates.is_empty() {
        true => Err(Unfit::NoCertificate),
        false => Ok(certificates),
    }
}

/// The key in `key`.
///
/// # Errors
/// [`Unfit::NoKey`], [`Unfit::BadKey`].
pub fn check_key(key: &[u8]) -> Result<Arc<dyn SigningKey>, Unfit> {
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Unfit::NoKey)?;
    any_supported_type(&key).map_err(|_| Unfit::BadKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made for these tests with the openssl program; they protect nothing.
    macro_rules! pem {
        ($name:literal) => {
            include_bytes!(concat!("../testdata/tls/", $name))
        };
    }

    const EC: &[u8] = pem!("ec.crt");

    #[test]
    fn a_certificate_fits_its_own_key_and_no_other() {
        let chain = [EC, b"\n", pem!("rsa.crt")].concat();
        for (chain, key, expected) in [
            (EC, &pem!("ec.key")[..], Ok(())),
            (EC, pem!("sec1.key"), Ok(())),
            (&chain, pem!("ec.key"), Ok(())),
            (pem!("rsa.crt"), pem!("rsa.key"), Ok(())),
            (pem!("ed25519.crt"), pem!("ed25519.key"), Ok(())),
            (&chain, pem!("rsa.key"), Err(Unfit::OtherKey)),
            (EC, pem!("other.key"), Err(Unfit::OtherKey)),
            (EC, pem!("ed25519.key"), Err(Unfit::OtherKey)),
            (EC, pem!("encrypted.key"), Err(Unfit::NoKey)),
            (EC, EC, Err(Unfit::NoKey)),
            (b"", pem!("ec.key"), Err(Unfit::NoCertificate)),
            (pem!("ec.key"), pem!("ec.key"), Err(Unfit::NoCertificate)),
        ] {
            assert_eq!(check(chain, key), expected);
        }
    }

    #[test]
    fn what_only_looks_like_a_certificate_or_a_key_is_told() {
        let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let chain = [EC, b"\n", broken].concat();
        assert_eq!(check_chain(broken).unwrap_err(), Unfit::BadCertificate(0));
        assert_eq!(check_chain(&chain).unwrap_err(), Unfit::BadCertificate(1));
        let key = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        assert_eq!(check_key(key).err(), Some(Unfit::BadKey));
    }
}
