//! `Secret`, as Kubernetes has it: bytes that no reader gets back. Its fields stand beside
//! `metadata`.
//!
//! A value is in the clear from the text that declares it until the catalog seals it; what is
//! stored, viewed and shown is a [`Seal`]. It reads and is written as a text that is base64 like
//! every value, so that clients of Kubernetes can read it, and that means "what is there" when it is
//! applied again.
//!
//! Absent on purpose: keys and ciphertext (`catalog`), types that nothing here uses.

mod annotation;
pub mod tls;
mod value;

pub use annotation::redact;
pub use value::{Seal, SecretValue};

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::{Body, Checks, Fault, Form, Kind, KindFacts, Reference, form};

/// Bytes by name that no reader gets back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Declared", into = "Declared")]
pub struct Secret {
    /// What the values are; absent: `Opaque`.
    pub kind: Option<SecretType>,
    /// By name, those declared as texts among them.
    pub data: BTreeMap<Arc<str>, SecretValue>,
    /// Once true, the values stay what they are until the document is deleted; absent: false.
    pub immutable: Option<bool>,
}

/// What the values of a Secret are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SecretType {
    /// Anything.
    Opaque,
    /// `tls.crt`: a certificate and those it is signed by, in PEM; `tls.key`: its key, in PEM.
    #[serde(rename = "kubernetes.io/tls")]
    Tls,
}

/// Its fields as they are written.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declared {
    /// What the values are; absent: `Opaque`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<SecretType>,
    /// Bytes by name, in base64. They come back redacted; applied so, they stay what they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::secret_bytes")]
    data: BTreeMap<Arc<str>, SecretValue>,
    /// The same as plain texts, never shown; of one name in both, this counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "form::secret_texts")]
    string_data: BTreeMap<Arc<str>, value::PlainText>,
    /// Once true, the values stay what they are until the document is deleted; absent: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    immutable: Option<bool>,
}

impl From<Declared> for Secret {
    fn from(declared: Declared) -> Self {
        let mut data = declared.data;
        let texts = declared.string_data.into_iter();
        data.extend(texts.map(|(name, text)| (name, text.0)));
        Self {
            kind: declared.kind,
            data,
            immutable: declared.immutable,
        }
    }
}

impl From<Secret> for Declared {
    fn from(secret: Secret) -> Self {
        Self {
            kind: secret.kind,
            data: secret.data,
            string_data: BTreeMap::new(),
            immutable: secret.immutable,
        }
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Declared::json_schema(generator)
    }
}

impl Secret {
    /// Its names.
    pub const FACTS: KindFacts = KindFacts {
        kind: "Secret",
        group: "",
        version: "v1",
        plural: "secrets",
        short: &[],
        namespaced: true,
        names: Form::DnsSubdomain,
        body: Body::TopLevel,
    };
}

impl Kind {
    /// Whether what its documents declare is to be shown to nobody.
    #[must_use]
    pub fn is_secret(self) -> bool {
        self == Self::Secret
    }
}

impl Secret {
    /// Whether a certificate and its key are among its values.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.kind == Some(SecretType::Tls)
    }

    /// Reports what its fields, each fine alone, are not together.
    pub(super) fn check(&self, checks: &mut Checks) {
        if !self.is_tls() {
            return;
        }
        for (name, what) in [
            (tls::CERTIFICATE, "its certificate"),
            (tls::KEY, "the certificate's key"),
        ] {
            if !self.data.contains_key(name) {
                checks
                    .report(
                        Fault::Requires,
                        "/data",
                        format!("a Secret of type kubernetes.io/tls needs {name}"),
                    )
                    .expected(format!("{name}: {what}, in PEM"));
            }
        }
        // What is sealed already was looked at before it was; a pair of both, when it is sealed.
        let clear = |name| self.data.get(name).and_then(SecretValue::clear);
        let (chain, key) = (clear(tls::CERTIFICATE), clear(tls::KEY));
        let (name, fault) = match (chain, key) {
            (Some(chain), Some(key)) => match tls::check(chain, key) {
                Ok(()) => return,
                Err(fault) => (fault.about(), fault),
            },
            (Some(chain), None) => match tls::check_chain(chain) {
                Ok(_) => return,
                Err(fault) => (fault.about(), fault),
            },
            (None, Some(key)) => match tls::check_key(key) {
                Ok(_) => return,
                Err(fault) => (fault.about(), fault),
            },
            (None, None) => return,
        };
        checks
            .report(Fault::Certificate, self.pointer(name), fault.to_string())
            .expected("a certificate and its own key, each in PEM");
    }

    /// Where the value `name` was declared.
    #[must_use]
    pub fn pointer(&self, name: &str) -> String {
        match self.data.get(name) {
            Some(SecretValue::Clear { text: true, .. }) => format!("/stringData/{name}"),
            _ => format!("/data/{name}"),
        }
    }

    /// It names no other document.
    pub(super) fn refs(&self, _namespace: &str) -> Vec<Reference> {
        Vec::new()
    }
}
