//! A run of commits, and what the store must hold after each of them.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;

use crate::{
    Commit, CommitMeta, Error, Key, ListOptions, Op, Prefix, Retention, Space, Store, TxnId,
    disk::Disk,
    sled::{Config, Sled},
};

/// Everything in a store: documents and records by key.
pub(super) type Content = BTreeMap<(bool, String), Bytes>;

/// A generator that needs no crate: equal seeds, equal numbers.
#[derive(Debug, Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap()
    }
}

/// Commit number `number` of a run: a few documents, now and then a record or a deletion.
pub(super) fn commit(number: u64) -> Commit {
    let mut dice = Dice(number);
    let mut documents = BTreeMap::new();
    for _ in 0..=dice.below(4) {
        let key = Key::new(&format!("d/{}", dice.below(12))).unwrap();
        let op = if dice.below(5) == 0 {
            Op::Delete { key: key.clone() }
        } else {
            let value = vec![u8::try_from(number % 251).unwrap(); 1 + dice.below(900)];
            Op::Put {
                key: key.clone(),
                value: value.into(),
            }
        };
        documents.insert(key, op);
    }
    // Makes every commit one that changes something.
    let key = Key::new("d/counter").unwrap();
    documents.insert(
        key.clone(),
        Op::Put {
            key,
            value: number.to_be_bytes().to_vec().into(),
        },
    );
    let record = Op::Put {
        key: Key::new(&format!("r/{}", dice.below(5))).unwrap(),
        value: number.to_be_bytes().to_vec().into(),
    };
    Commit {
        documents: documents.into_values().collect(),
        records: if dice.below(3) == 0 {
            vec![record]
        } else {
            Vec::new()
        },
        meta: CommitMeta {
            author: "test".to_owned(),
            message: String::new(),
            at: number,
        },
        txn: TxnId(number.into()),
        ..Commit::default()
    }
}

/// What a store holds that had the commits 1 to `last`.
pub(super) fn expected(last: u64) -> Vec<Content> {
    let mut contents = vec![Content::new()];
    for number in 1..=last {
        let mut content = contents.last().unwrap().clone();
        let commit = commit(number);
        for (is_record, ops) in [(false, &commit.documents), (true, &commit.records)] {
            for op in ops {
                let key = (is_record, op.key().as_str().to_owned());
                match op {
                    Op::Put { value, .. } => content.insert(key, value.clone()),
                    Op::Delete { .. } => content.remove(&key),
                };
            }
        }
        contents.push(content);
    }
    contents
}

/// Everything `store` holds.
pub(super) async fn content(store: &Sled) -> Result<Content, Error> {
    let mut content = Content::new();
    for space in [Space::Documents, Space::Records] {
        let options = ListOptions {
            limit: usize::MAX,
            limit_bytes: usize::MAX,
            ..Default::default()
        };
        for object in store
            .list(space, &Prefix::default(), options)
            .await?
            .objects
        {
            let key = (space == Space::Records, object.key.as_str().to_owned());
            content.insert(key, object.value);
        }
    }
    Ok(content)
}

/// Small files, so that segments and checkpoints turn over many times in a short run.
pub(super) fn config(dir: &std::path::Path, index: bool) -> Config {
    Config {
        retention: Retention {
            revisions: 40,
            ..Retention::default()
        },
        keep_free: 0,
        checkpoint_bytes: 20_000,
        segment_bytes: 8_000,
        index,
        ..Config::new(dir.to_owned())
    }
}

pub(super) fn open(
    dir: &std::path::Path,
    index: bool,
    disk: &Arc<impl Disk + 'static>,
) -> Result<Sled, Error> {
    Sled::open_on(&config(dir, index), disk.clone())
}
