//! What became of the rest of a rejected response.
//!
//! The protocol does not say (rule 30): a client may have taken it or not. So the rest goes out
//! again with the next change of anything in that response, but what is to blame only when it
//! changed itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::snapshot::Hash;

/// The resources of one rejected response.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct Doubt {
    suspects: BTreeMap<Arc<str>, Suspect>,
}

#[cfg_attr(test, derive(Clone))]
#[derive(Debug, PartialEq, Eq)]
enum Suspect {
    Blamed,
    /// Sent with this hash; none for a removal.
    Sibling(Option<Hash>),
}

/// All of them of one type on one stream.
#[cfg_attr(test, derive(Clone))]
#[derive(Debug, Default)]
pub(super) struct Doubts(Vec<Doubt>);

impl Doubt {
    pub(super) fn blame(&mut self, name: &Arc<str>) {
        self.suspects.insert(name.clone(), Suspect::Blamed);
    }

    /// `name` may have been taken or not.
    pub(super) fn suspect(&mut self, name: &Arc<str>, hash: Option<Hash>) {
        self.suspects.insert(name.clone(), Suspect::Sibling(hash));
    }

    fn siblings(self) -> impl Iterator<Item = (Arc<str>, Option<Hash>)> {
        self.suspects
            .into_iter()
            .filter_map(|(name, suspect)| match suspect {
                Suspect::Blamed => None,
                Suspect::Sibling(hash) => Some((name, hash)),
            })
    }
}

impl Doubts {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, doubt: Doubt) {
        let sibling = |suspect: &Suspect| *suspect != Suspect::Blamed;
        // Alone, a suspect waits for its own change, as anything does.
        if doubt.suspects.len() > 1 && doubt.suspects.values().any(sibling) {
            self.0.push(doubt);
        }
    }

    /// Ends the doubts that have any of `names`, which are about to be sent; returns what is to be
    /// sent with them, with the hashes it had.
    pub(super) fn settle_with(
        &mut self,
        names: &BTreeSet<Arc<str>>,
    ) -> Vec<(Arc<str>, Option<Hash>)> {
        self.end(|name| names.contains(name))
    }

    /// Ends the doubts about anything that is not wanted any more: without it the rest is worth
    /// another try. Returns the rest.
    pub(super) fn settle_without(&mut self, wants: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let mut rest = self.end(|name| !wants(name));
        rest.retain(|(name, _)| wants(name));
        rest.into_iter().map(|(name, _)| name).collect()
    }

    fn end(&mut self, about: impl Fn(&str) -> bool) -> Vec<(Arc<str>, Option<Hash>)> {
        let ended = self
            .0
            .extract_if(.., |doubt| doubt.suspects.keys().any(|name| about(name)));
        ended.flat_map(Doubt::siblings).collect()
    }
}
