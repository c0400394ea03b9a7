//! What all simulated proxies have in common: names and versions by number, parts of requests.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use super::{
    kind::{self, Kind},
    wire::{self, Malformed},
};

/// Texts by number, numbers from 0 without a gap.
#[derive(Debug, Default)]
pub(super) struct Words {
    // std lock: never held over an await; written once for each word there is.
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<Arc<[u8]>, u32>,
    words: Vec<Arc<[u8]>>,
}

impl Words {
    /// The number of `word`; the next one when it is new.
    pub(super) fn number(&self, word: &[u8]) -> u32 {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(word) {
            return *number;
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(word) {
            return *number;
        }
        // 4 billion names do not fit into memory.
        let number = u32::try_from(known.words.len()).unwrap_or(u32::MAX);
        let word: Arc<[u8]> = word.into();
        known.words.push(word.clone());
        known.numbers.insert(word, number);
        number
    }

    /// The word of a number that [`number`](Self::number) gave.
    pub(super) fn word(&self, number: u32) -> Arc<[u8]> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .words
            .get(number as usize)
            .cloned()
            .unwrap_or_default()
    }
}

/// Names that a proxy asks for, in their order.
pub(super) type Names = Arc<[u32]>;

/// The same as a request lists them.
pub(super) type Block = Arc<[u8]>;

/// What all proxies of a run share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    names: [Words; Kind::ALL.len()],
    pub(super) versions: Words,
    // std mutexes: never held over an await.
    routes: Mutex<HashMap<Box<[u8]>, Names>>,
    blocks: Mutex<HashMap<(u8, Names), Block>>,
}

impl Shared {
    pub(super) fn names(&self, kind: Kind) -> &Words {
        &self.names[kind as usize]
    }

    /// The names that a resource of `kind` names, of the type that follows.
    pub(super) fn named(
        &self,
        kind: Kind,
        resource: &[u8],
        out: &mut Vec<u32>,
    ) -> Result<(), Malformed> {
        match kind {
            Kind::Clusters => {
                let name = kind::endpoints(resource)?;
                out.extend(name.map(|name| self.names(Kind::Endpoints).number(name)));
            }
            Kind::Listeners => out.extend_from_slice(&self.routes(resource)?),
            Kind::Endpoints | Kind::Routes => {}
        }
        Ok(())
    }

    /// Listeners are few, and equal for many proxies.
    fn routes(&self, listener: &[u8]) -> Result<Names, Malformed> {
        if let Some(known) = lock(&self.routes).get(listener) {
            return Ok(known.clone());
        }
        let names = kind::routes(listener)?;
        let numbers = names
            .iter()
            .map(|name| self.names(Kind::Routes).number(name.as_bytes()));
        let numbers: Names = numbers.collect();
        lock(&self.routes).insert(listener.into(), numbers.clone());
        Ok(numbers)
    }

    /// `names` of `kind` as a request lists them.
    pub(super) fn block(&self, kind: Kind, names: &[u32]) -> Block {
        let key = (kind as u8, Names::from(names));
        if let Some(block) = lock(&self.blocks).get(&key) {
            return block.clone();
        }
        let mut block = Vec::new();
        for name in names {
            wire::name(&mut block, &self.names(kind).word(*name));
        }
        let block = Block::from(block);
        lock(&self.blocks).insert(key, block.clone());
        block
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
