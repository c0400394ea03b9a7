//! The key that seals, in its file.
//!
//! The file is made once, with mode 0600, whole or not at all. A looser mode, another owner, a link
//! or another text in it is refused: nobody knows then who has the key.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    rand,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use zeroize::Zeroizing;

use super::Envelope;
use crate::model::Seal;

/// First word of the file.
const HEAD: &str = "netloft-secrets-key-1";

/// Why a value is not sealed or opened, or there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The store was sealed with a key that is not here.
    #[error(
        "the secrets of this store are sealed with key {sealed_by}, and its file {path} is not there: \
         restore it from a backup; without it the secrets are lost"
    )]
    Missing {
        /// Which key.
        sealed_by: KeyId,
        /// Where it was looked for.
        path: String,
    },
    /// The key here is another than the store was sealed with.
    #[error(
        "the secrets of this store are sealed with key {sealed_by}, and {path} holds key {found}: put the \
         right file there"
    )]
    Wrong {
        /// Which key is needed.
        sealed_by: KeyId,
        /// Which one is there.
        found: KeyId,
        /// Where.
        path: PathBuf,
    },
    /// The file is no key.
    #[error("{0} is not a key that netloft wrote: put the right file there")]
    NotAKey(PathBuf),
    /// Others than its owner could have read the file.
    #[error("{path} {why}: make sure that nobody else has it, then {remedy}")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// How.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: io::Error,
    },
    /// The ciphertext is another key's, belongs elsewhere or is damaged.
    #[error("it does not open here: it is damaged, or was moved from another place")]
    NotOpened,
    /// The system gives no random numbers, or the cipher refuses.
    #[error("the system's cryptography failed")]
    Cipher,
}

/// Names a key without giving it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 8]);

/// A key, and what is derived from it.
pub(super) struct Key {
    id: KeyId,
    cipher: LessSafeKey,
    seals: Zeroizing<[u8; 32]>,
}

/// The key in `file`, which is made unless something is sealed already; without a file one that
/// nobody keeps.
pub(super) fn obtain(file: Option<&Path>, sealed_by: Option<KeyId>) -> Result<Key, KeyError> {
    let Some(path) = file else {
        return match sealed_by {
            None => Key::new(&*random()?),
            Some(sealed_by) => Err(KeyError::Missing {
                sealed_by,
                path: "(none was named)".to_owned(),
            }),
        };
    };
    let key = match (read(path)?, sealed_by) {
        (Some(key), _) => key,
        (None, None) => make(path)?,
        (None, Some(sealed_by)) => {
            return Err(KeyError::Missing {
                sealed_by,
                path: path.display().to_string(),
            });
        }
    };
    let key = Key::new(&key)?;
    match sealed_by.filter(|id| *id != key.id) {
        None => Ok(key),
        Some(sealed_by) => Err(KeyError::Wrong {
            sealed_by,
            found: key.id,
            path: path.to_owned(),
        }),
    }
}

impl Key {
    fn new(key: &[u8; 32]) -> Result<Self, KeyError> {
        let derive = |what| Zeroizing::new(blake3::derive_key(what, key));
        let id = derive("netloft 2026-11 secrets: the name of the key");
        let cipher = derive("netloft 2026-11 secrets: AES-256-GCM");
        let cipher = UnboundKey::new(&AES_256_GCM, &*cipher).map_err(|_| KeyError::Cipher)?;
        let (name, _) = id.split_first_chunk().ok_or(KeyError::Cipher)?;
        Ok(Self {
            id: KeyId(*name),
            cipher: LessSafeKey::new(cipher),
            seals: derive("netloft 2026-11 secrets: seals"),
        })
    }

    pub(super) fn id(&self) -> KeyId {
        self.id
    }

    /// The keyed hash of a value at its place.
    pub(super) fn seal_of(&self, place: &[u8], value: &[u8]) -> Seal {
        let mut hasher = blake3::Hasher::new_keyed(&self.seals);
        // The length divides the two: no place with a value is another place with another value.
        hasher.update(&u64::try_from(place.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(place);
        hasher.update(value);
        let mut seal = [0; 16];
        hasher.finalize_xof().fill(&mut seal);
        Seal(seal)
    }

    pub(super) fn encrypt(&self, place: &[u8], value: &[u8]) -> Result<Envelope, KeyError> {
        let mut nonce = [0; 12];
        rand::fill(&mut nonce).map_err(|_| KeyError::Cipher)?;
        let mut bytes = value.to_vec();
        self.cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut bytes,
            )
            .map_err(|_| KeyError::Cipher)?;
        Ok(Envelope {
            key: self.id,
            nonce,
            ciphertext: bytes.into(),
        })
    }

    pub(super) fn decrypt(
        &self,
        place: &[u8],
        envelope: &Envelope,
    ) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if envelope.key != self.id {
            return Err(KeyError::NotOpened);
        }
        let mut bytes = Zeroizing::new(envelope.ciphertext.to_vec());
        let nonce = Nonce::assume_unique_for_key(envelope.nonce);
        let opened = self
            .cipher
            .open_in_place(nonce, Aad::from(place), &mut bytes);
        let length = opened.map_err(|_| KeyError::NotOpened)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut key = Zeroizing::new([0; 32]);
    rand::fill(&mut *key).map_err(|_| KeyError::Cipher)?;
    Ok(key)
}

/// The key in the file; none where there is no file.
fn read(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, KeyError> {
    let failed = |reason| KeyError::File {
        path: path.to_owned(),
        reason,
    };
    let nofollow = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(nofollow)
        .open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Err(KeyError::Exposed {
                path: path.to_owned(),
                why: "is a symbolic link".to_owned(),
                remedy: "put the file itself there".to_owned(),
            });
        }
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Exposed {
            path: path.to_owned(),
            why: format!("can be read by others (its mode is {mode:03o})"),
            remedy: format!("chmod 600 {}", path.display()),
        });
    }
    let own = rustix::process::geteuid();
    if metadata.uid() != own.as_raw() && !own.is_root() {
        return Err(KeyError::Exposed {
            path: path.to_owned(),
            why: format!("belongs to user {}", metadata.uid()),
            remedy: "chown it".to_owned(),
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text).map_err(failed)?;
    let key = text.strip_prefix(HEAD).map(str::trim);
    let key = key.and_then(|key| STANDARD.decode(key).ok().map(Zeroizing::new));
    let key = key.and_then(|key| Some(Zeroizing::new(<[u8; 32]>::try_from(&key[..]).ok()?)));
    key.map(Some)
        .ok_or_else(|| KeyError::NotAKey(path.to_owned()))
}

/// A new key, in its file: durable before it seals anything.
fn make(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let key = random()?;
    let text = Zeroizing::new(format!(
        "{HEAD} {}\n",
        &*Zeroizing::new(STANDARD.encode(key.as_slice()))
    ));
    let unfinished = path.with_extension("unfinished");
    let written = || -> io::Result<()> {
        // One that a crash left behind holds no key that was ever used.
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        match path.parent() {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    };
    written().map_err(|reason| KeyError::File {
        path: path.to_owned(),
        reason,
    })?;
    Ok(key)
}

impl KeyId {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hexadecimal = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let number = hexadecimal.then(|| u64::from_str_radix(text, 16).ok())?;
        Some(Self(number?.to_be_bytes()))
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut id = [0; 8];
        id.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(id)
    }

    pub(super) fn to_bytes(self) -> Bytes {
        Bytes::copy_from_slice(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}
