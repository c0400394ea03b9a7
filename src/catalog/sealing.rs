//! Secrets at rest: what is declared in the clear is sealed before it is committed.
//!
//! A value is encrypted by AES-256-GCM with a random nonce, bound to the store, the mesh, the Secret
//! and its name there: moved anywhere else, it does not open. Documents hold a [`Seal`] in its
//! place, a keyed hash by which equal values are known as equal. Rules: `docs/adr/0007-secrets.md`.
//!
//! Absent on purpose: who may use a value (nobody reads one over the API, whatever their role).

mod envelope;
mod key;
#[cfg(test)]
mod tests;

pub use envelope::{Envelope, Sealed};
pub use key::KeyError;

use std::{path::PathBuf, sync::Arc};

use netloft_store::{Commit, Epoch, Op, Precondition, ReadAt, Space, Store};
use zeroize::Zeroizing;

use super::{Error, MESH, Stored};
use crate::model::{
    Document, DocumentKey, Seal, Secret, SecretValue, Spec,
    secret::{self, tls},
};
use key::{Key, KeyId};

/// How secrets are sealed.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file with the key, made where there is none. Absent: a key that is gone with the process,
    /// for a store that is too.
    pub key_file: Option<PathBuf>,
}

/// Seals values, and opens them again.
#[derive(Debug)]
pub(super) struct Sealer {
    key: Key,
    epoch: Epoch,
}

impl Sealer {
    /// The key of `store`: the one in the file, which is made for a store that has sealed nothing.
    pub(super) async fn open(config: &Config, store: &dyn Store) -> Result<Self, Error> {
        let epoch = store.head().await?.epoch;
        let at = record()?;
        let record = store.get(Space::Records, &at, ReadAt::Latest).await?;
        let sealed_by = record.map(|object| KeyId::from_bytes(&object.value));
        let key = key::obtain(config.key_file.as_deref(), sealed_by)?;
        if config.key_file.is_some() && sealed_by.is_none() {
            // From here on the key is needed: a store that is opened without it refuses.
            let noted = store
                .commit(Commit {
                    preconditions: vec![Precondition::Absent(Space::Records, at.clone())],
                    records: vec![Op::Put {
                        key: at,
                        value: key.id().to_bytes(),
                    }],
                    txn: netloft_store::TxnId(uuid::Uuid::new_v4().as_u128()),
                    ..Commit::default()
                })
                .await;
            match noted {
                // Another replica was first: with the same key, or we are refused now.
                Err(netloft_store::Error::Conflict { .. }) => {
                    return Box::pin(Self::open(config, store)).await;
                }
                noted => drop(noted?),
            }
        }
        Ok(Self { key, epoch })
    }

    /// `document` with its values sealed; what is sealed in `old` already stays as it is.
    pub(super) fn seal(
        &self,
        document: &Arc<Document>,
        old: Option<&Stored>,
    ) -> Result<(Arc<Document>, Sealed), Error> {
        let Spec::Secret(secret) = &document.spec else {
            return Ok((document.clone(), Sealed::default()));
        };
        let key = document.key();
        let mut values = Sealed::default();
        let mut sealed = Secret {
            data: Default::default(),
            ..secret.clone()
        };
        for (name, value) in &secret.data {
            let (seal, envelope) = match value {
                SecretValue::Clear { bytes, .. } => {
                    let place = self.place(&key, name);
                    let seal = self.key.seal_of(&place, bytes);
                    let kept = old.and_then(|old| kept(old, name, seal));
                    let envelope = match kept {
                        Some(kept) => kept,
                        None => self.key.encrypt(&place, bytes)?,
                    };
                    (seal, envelope)
                }
                SecretValue::Sealed(seal) => {
                    let kept = old.and_then(|old| kept(old, name, *seal));
                    (*seal, kept.ok_or_else(|| gone(&key, name))?)
                }
                SecretValue::Redacted => return Err(gone(&key, name)),
            };
            sealed.data.insert(name.clone(), SecretValue::Sealed(seal));
            values.insert(name.clone(), envelope);
        }
        let mut document = Document {
            metadata: document.metadata.clone(),
            spec: Spec::Secret(sealed),
            origin: document.origin.clone(),
            created: document.created,
        };
        // The text it was declared by holds the values, and kubectl keeps a copy of its own.
        document.origin.text = None;
        secret::redact(&mut document.metadata);
        self.fits(&key, secret, &values)?;
        Ok((Arc::new(document), values))
    }

    /// Whether certificate and key fit where one of the two is new: both new were checked together,
    /// when they could still be pointed at.
    fn fits(&self, key: &DocumentKey, secret: &Secret, values: &Sealed) -> Result<(), Error> {
        let new = [tls::CERTIFICATE, tls::KEY].map(|name| secret.data.get(name)?.clear());
        if !secret.is_tls() || new.iter().flatten().count() != 1 {
            return Ok(());
        }
        let open = |name: &str| match values.get(name) {
            Some(envelope) => self.key.decrypt(&self.place(key, name), envelope),
            None => Ok(Zeroizing::default()),
        };
        let (chain, private) = (open(tls::CERTIFICATE), open(tls::KEY));
        let (Ok(chain), Ok(private)) = (chain, private) else {
            return Ok(()); // told as unreadable already
        };
        tls::check(&chain, &private).map_err(|reason| Error::Unfit {
            document: key.clone(),
            reason,
        })
    }

    /// Whether every value of `stored` is there, under this key, in its own place.
    pub(super) fn verify(&self, key: &DocumentKey, stored: &Stored) -> Result<(), Error> {
        let Spec::Secret(secret) = &stored.document.spec else {
            return Ok(());
        };
        for (name, value) in &secret.data {
            let bytes = self.reveal(key, stored, name)?;
            let seal = self.key.seal_of(&self.place(key, name), &bytes);
            if *value != SecretValue::Sealed(seal) {
                return Err(unreadable(key, name, KeyError::NotOpened));
            }
        }
        Ok(())
    }

    /// The value `name` of `stored` in the clear.
    pub(super) fn reveal(
        &self,
        key: &DocumentKey,
        stored: &Stored,
        name: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let envelope = stored.sealed.get(name).ok_or(KeyError::NotOpened);
        envelope
            .and_then(|envelope| self.key.decrypt(&self.place(key, name), envelope))
            .map_err(|reason| unreadable(key, name, reason))
    }

    /// What a value is bound to. No part can hold the NUL that divides them.
    fn place(&self, key: &DocumentKey, name: &str) -> Vec<u8> {
        let epoch = self.epoch.to_string();
        let resource = key.kind.facts().resource();
        let parts = [&*epoch, MESH, &*resource, &*key.namespace, &*key.name, name];
        parts.join("\0").into_bytes()
    }
}

/// Where the store notes which key seals it.
fn record() -> Result<netloft_store::Key, Error> {
    let text = format!("{MESH}/sealing/key");
    Ok(netloft_store::Key::new(&text).map_err(netloft_store::Error::from)?)
}

/// What `old` has under `name`, if it is that.
fn kept(old: &Stored, name: &str, seal: Seal) -> Option<Envelope> {
    let Spec::Secret(secret) = &old.document.spec else {
        return None;
    };
    let same = secret.data.get(name) == Some(&SecretValue::Sealed(seal));
    old.sealed.get(name).filter(|_| same).cloned()
}

fn gone(document: &DocumentKey, name: &str) -> Error {
    Error::Redacted {
        document: document.clone(),
        name: name.to_owned(),
    }
}

fn unreadable(document: &DocumentKey, name: &str, reason: KeyError) -> Error {
    Error::Sealed {
        document: document.clone(),
        name: name.to_owned(),
        reason: Box::new(reason),
    }
}
