//! Last good: for each class of proxies, what one of them took last, kept beside the documents.
//!
//! Three kinds of records. `last-good/<place>` tells which hash is good at a place, a type's resource
//! of one name in one class; `blob/<hash>` holds its canonical bytes once, however many places name
//! it, and goes with the last of them; `last-good-class/<class>` tells when a proxy of the class was
//! seen. Why so: `docs/adr/0009-last-good.md`.
//!
//! Absent on purpose: which types are kept, when, and for how long (`reconcile`).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use bytes::Bytes;
use netloft_store::{
    Commit, Key, ListOptions, MAX_VALUE_BYTES, Object, Op, Prefix, ReadAt, Space, TxnId,
};
use serde::{Deserialize, Serialize};

use super::{Catalog, Error, MESH};
use crate::snapshot::{Hash, Resource};

/// Places stand under this.
const PLACES: &str = "last-good";
/// Classes stand under this.
const CLASSES: &str = "last-good-class";

/// Schema written by this version.
const SCHEMA: u32 = 1;

/// Where something is good: in this class of proxies, for this type and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The class of proxies, in a word of the caller's.
    pub class: Arc<str>,
    /// Type URL of the resource.
    pub type_url: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record {
    schema: u32,
    #[serde(flatten)]
    place: Place,
    hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct ClassRecord {
    schema: u32,
    class: Arc<str>,
    seen: u64,
}

/// What is good where, as the store has it. One task of one process writes it.
#[derive(Debug, Default)]
pub struct LastGood {
    places: HashMap<Place, Hash>,
    /// When a proxy of each class was seen: Unix milliseconds, not told more often than needed.
    seen: BTreeMap<Arc<str>, u64>,
    /// How many places name each blob.
    named: HashMap<Hash, usize>,
}

/// What to write of it together.
#[derive(Debug, Default)]
pub struct Goods {
    /// What is good from now on.
    pub put: BTreeMap<Place, Arc<Resource>>,
    /// What is forgotten. A place that is in both is put.
    pub forget: BTreeSet<Place>,
    /// When proxies of these classes were seen: Unix milliseconds.
    pub seen: BTreeMap<Arc<str>, u64>,
    /// Classes of which nothing is good any more.
    pub unseen: BTreeSet<Arc<str>>,
}

impl LastGood {
    /// Hash of what is good at `place`.
    #[must_use]
    pub fn hash(&self, place: &Place) -> Option<Hash> {
        self.places.get(place).copied()
    }

    /// When a proxy of each class was seen last, about: Unix milliseconds.
    #[must_use]
    pub fn seen(&self) -> &BTreeMap<Arc<str>, u64> {
        &self.seen
    }

    /// Every place at which something is good, in no order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.keys()
    }

    /// How many places there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nothing is good anywhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    fn put(&mut self, place: Place, hash: Hash) {
        *self.named.entry(hash).or_default() += 1;
        let old = self.places.insert(place, hash);
        self.unname(old);
    }

    fn forget(&mut self, place: &Place) {
        let old = self.places.remove(place);
        self.unname(old);
    }

    fn unname(&mut self, old: Option<Hash>) {
        let Some(hash) = old else { return };
        if let Some(count) = self.named.get_mut(&hash) {
            *count -= 1;
            if *count == 0 {
                self.named.remove(&hash);
            }
        }
    }

    /// The records that make `goods` true.
    fn plan(&self, goods: &Goods) -> Result<Vec<Op>, Error> {
        let mut ops = Vec::new();
        // For each hash: places that begin to name it less those that stop, and what it is.
        let mut moved: BTreeMap<Hash, (usize, usize, Option<&Arc<Resource>>)> = BTreeMap::new();
        for (place, resource) in &goods.put {
            let hash = resource.hash();
            let old = self.hash(place);
            if old == Some(hash) {
                continue;
            }
            if let Some(old) = old {
                moved.entry(old).or_default().1 += 1;
            }
            let entry = moved.entry(hash).or_default();
            entry.0 += 1;
            entry.2 = Some(resource);
            let (key, value) = (key_of(place)?, encode(place, hash)?);
            ops.push(Op::Put { key, value });
        }
        for place in goods.forgotten() {
            if let Some(old) = self.hash(place) {
                moved.entry(old).or_default().1 += 1;
                let key = key_of(place)?;
                ops.push(Op::Delete { key });
            }
        }
        for (class, &seen) in &goods.seen {
            let (key, value) = (key_of_class(class)?, encode_class(class, seen)?);
            ops.push(Op::Put { key, value });
        }
        for class in goods
            .unseen
            .iter()
            .filter(|it| !goods.seen.contains_key(*it))
        {
            let key = key_of_class(class)?;
            ops.push(Op::Delete { key });
        }
        for (hash, (more, less, resource)) in moved {
            let key = blob(hash)?;
            let before = self.named.get(&hash).copied().unwrap_or_default();
            match resource {
                Some(resource) if before == 0 => ops.push(Op::Put {
                    key,
                    value: resource.message(),
                }),
                _ if before + more == less => ops.push(Op::Delete { key }),
                _ => {}
            }
        }
        Ok(ops)
    }

    fn apply(&mut self, goods: Goods) {
        for place in goods.forgotten() {
            self.forget(place);
        }
        self.seen.retain(|class, _| !goods.unseen.contains(class));
        self.seen.extend(goods.seen);
        for (place, resource) in goods.put {
            self.put(place, resource.hash());
        }
    }
}

impl Goods {
    fn forgotten(&self) -> impl Iterator<Item = &Place> {
        let put = &self.put;
        self.forget.iter().filter(|place| !put.contains_key(*place))
    }
}

impl Catalog {
    /// What is good where. A record that cannot be read counts as none, and is written anew in time.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read.
    pub async fn last_good(&self) -> Result<LastGood, Error> {
        let mut found = LastGood::default();
        for object in self.records_under(CLASSES).await? {
            match serde_json::from_slice::<ClassRecord>(&object.value) {
                Ok(record) => drop(found.seen.insert(record.class, record.seen)),
                Err(error) => tracing::warn!(key = %object.key, %error, "an unreadable record"),
            }
        }
        for object in self.records_under(PLACES).await? {
            match decode(&object.value) {
                Some((place, hash)) => found.put(place, hash),
                None => tracing::warn!(key = %object.key, "an unreadable record"),
            }
        }
        Ok(found)
    }

    async fn records_under(&self, part: &str) -> Result<Vec<Object>, Error> {
        let prefix = Prefix::new(&format!("{MESH}/{part}/"));
        let prefix = prefix.map_err(netloft_store::Error::from)?;
        let mut options = ListOptions::default();
        let mut found = Vec::new();
        loop {
            let page = self
                .store
                .list(Space::Records, &prefix, options.clone())
                .await?;
            found.extend(page.objects);
            match page.next {
                Some(after) => options.after = Some(after),
                None => return Ok(found),
            }
        }
    }

    /// The canonical bytes of which `hash` is told as good; none where nothing is.
    ///
    /// # Errors
    /// [`Error::Store`] when the store cannot be read.
    pub async fn good_bytes(&self, hash: Hash) -> Result<Option<Bytes>, Error> {
        let key = blob(hash)?;
        let blob = self.store.get(Space::Records, &key, ReadAt::Latest);
        Ok(blob.await?.map(|object| object.value))
    }

    /// Writes `goods` as one commit, and takes note of them in `index`. Nothing is written where
    /// nothing differs. What is larger than a value may be is left out.
    ///
    /// # Errors
    /// What the store says; then `index` is as it was.
    pub async fn keep_good(&self, index: &mut LastGood, mut goods: Goods) -> Result<(), Error> {
        goods
            .put
            .retain(|_, resource| resource.message().len() <= MAX_VALUE_BYTES);
        let records = index.plan(&goods)?;
        if !records.is_empty() {
            let commit = Commit {
                records,
                txn: TxnId(uuid::Uuid::new_v4().as_u128()),
                ..Commit::default()
            };
            self.store.commit(commit).await?;
        }
        index.apply(goods);
        Ok(())
    }
}

/// Names may be longer than keys, and hold what keys may not.
fn key_of(place: &Place) -> Result<Key, Error> {
    let parts = [&place.class, &place.type_url, &place.name];
    key(PLACES, &digest(&parts.map(|part| &**part)))
}

fn key_of_class(class: &str) -> Result<Key, Error> {
    key(CLASSES, &digest(&[class]))
}

fn blob(hash: Hash) -> Result<Key, Error> {
    key("blob", &hash.to_wire())
}

fn key(part: &str, name: &str) -> Result<Key, Error> {
    let key = Key::new(&format!("{MESH}/{part}/{name}"));
    Ok(key.map_err(netloft_store::Error::from)?)
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn encode(place: &Place, hash: Hash) -> Result<Bytes, Error> {
    let record = Record {
        schema: SCHEMA,
        place: place.clone(),
        hash: hash.to_wire(),
    };
    json(key_of(place)?, &record)
}

fn encode_class(class: &Arc<str>, seen: u64) -> Result<Bytes, Error> {
    let record = ClassRecord {
        schema: SCHEMA,
        class: class.clone(),
        seen,
    };
    json(key_of_class(class)?, &record)
}

fn json(key: Key, record: &impl Serialize) -> Result<Bytes, Error> {
    let reason = |error: serde_json::Error| error.to_string();
    match serde_json::to_vec(record).map_err(reason) {
        Ok(bytes) => Ok(bytes.into()),
        Err(reason) => Err(Error::Unreadable { key, reason }),
    }
}

fn decode(value: &[u8]) -> Option<(Place, Hash)> {
    let record: Record = serde_json::from_slice(value).ok()?;
    let hash = Hash::from_wire(&record.hash)?;
    (record.schema == SCHEMA).then_some((record.place, hash))
}
