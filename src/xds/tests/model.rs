//! A model of a client: what it wants, what it has, and how it takes what it is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    harbour::{BOAT, FLEET, Harbour, NO_SAIL, SAIL, VOYAGE},
    language::{Heard, TestStream},
};
use crate::{
    snapshot::{Snapshot, TypeIx},
    xds::Dialect,
};

/// Content that the client rejects starts with this.
pub(super) const BAD: &str = "bad";

pub(super) struct Client {
    pub(super) stream: TestStream,
    pub(super) view: BTreeMap<(TypeIx, String), String>,
    versions: BTreeMap<(TypeIx, String), String>,
    last_version: BTreeMap<TypeIx, String>,
    pub(super) wanted: BTreeMap<TypeIx, Wanted>,
    /// Answers that are owed: to what, and the words of a rejection.
    unanswered: Vec<(Heard, Option<String>)>,
    /// What may be said again: asked for, or following its parent, since the last response.
    due: BTreeSet<(TypeIx, String)>,
    rejecting: BTreeSet<TypeIx>,
    answered_first: BTreeSet<TypeIx>,
    /// Its words name what they are about.
    names_in_words: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) wildcard: bool,
    pub(super) names: BTreeSet<String>,
}

impl Client {
    pub(super) fn new(harbour: &Harbour, dialect: Dialect, names_in_words: bool) -> Self {
        Self {
            stream: TestStream::open(harbour, dialect),
            view: BTreeMap::new(),
            versions: BTreeMap::new(),
            last_version: BTreeMap::new(),
            wanted: BTreeMap::new(),
            unanswered: Vec::new(),
            due: BTreeSet::new(),
            rejecting: BTreeSet::new(),
            answered_first: BTreeSet::new(),
            names_in_words,
        }
    }

    /// Asks for `wanted` of type `ty`, whatever it wanted before.
    pub(super) fn wants(&mut self, ty: TypeIx, wanted: &Wanted) {
        if self.stream.dialect == Dialect::Sotw {
            // A list that crosses a response says nothing: the answer's list does (rule 24).
            self.answers();
        }
        let first = !self.wanted.contains_key(&ty);
        if first && *wanted == Wanted::default() {
            // An empty first list would be a legacy wildcard, which is not what is wanted.
            return;
        }
        let old = self.wanted.insert(ty, wanted.clone()).unwrap_or_default();
        let star = wanted.wildcard.then_some("*");
        for name in wanted.names.difference(&old.names) {
            self.due.insert((ty, name.clone()));
        }
        if wanted.wildcard && !old.wildcard {
            self.answered_first.remove(&ty);
        }
        match self.stream.dialect {
            Dialect::Sotw => {
                let names: Vec<&str> = star
                    .into_iter()
                    .chain(wanted.names.iter().map(String::as_str))
                    .collect();
                self.stream.asks(ty, &names);
            }
            Dialect::Delta => {
                let added = wanted.names.difference(&old.names).map(String::as_str);
                let star_added = star.filter(|_| !old.wildcard);
                let subscribe: Vec<&str> = star_added.into_iter().chain(added).collect();
                let dropped = old.names.difference(&wanted.names).map(String::as_str);
                let star_dropped = (old.wildcard && !wanted.wildcard).then_some("*");
                let unsubscribe: Vec<&str> = star_dropped.into_iter().chain(dropped).collect();
                for name in old.names.difference(&wanted.names) {
                    self.due.insert((ty, name.clone()));
                }
                self.stream.edits(ty, &subscribe, &unsubscribe);
            }
        }
        let wants = |name: &String| wanted.wildcard || wanted.names.contains(name);
        self.view.retain(|(of, name), _| *of != ty || wants(name));
        self.versions
            .retain(|(of, name), _| *of != ty || wants(name));
    }

    /// Comes back on a new stream with what it has.
    pub(super) fn reconnects(&mut self) {
        let dialect = self.stream.dialect;
        self.stream = TestStream::open(&self.stream.harbour, dialect);
        self.unanswered.clear();
        self.due.clear();
        self.rejecting.clear();
        self.answered_first.clear();
        self.wanted.retain(|_, wanted| *wanted != Wanted::default());
        for (ty, wanted) in self.wanted.clone() {
            let star = wanted.wildcard.then_some("*");
            let names: Vec<&str> = star
                .into_iter()
                .chain(wanted.names.iter().map(String::as_str))
                .collect();
            let versions = self.versions.iter();
            let earlier = Heard {
                ty,
                nonce: String::new(),
                version: self.last_version.get(&ty).cloned().unwrap_or_default(),
                resources: BTreeMap::new(),
                versions: versions
                    .filter(|((of, _), _)| *of == ty)
                    .map(|((_, name), version)| (name.clone(), version.clone()))
                    .collect(),
                removed: Vec::new(),
                aliases: BTreeMap::new(),
                missing: Vec::new(),
            };
            if dialect == Dialect::Sotw {
                self.due
                    .extend(wanted.names.iter().map(|name| (ty, name.clone())));
            } else {
                let unknown = wanted
                    .names
                    .iter()
                    .filter(|name| !earlier.versions.contains_key(*name));
                self.due.extend(unknown.map(|name| (ty, name.clone())));
            }
            self.stream.resumes(ty, &names, &[&earlier]);
        }
    }

    /// Takes what comes within `time`; answers at once, or owes it.
    pub(super) async fn listens(&mut self, time: Duration, prompt: bool) {
        while let Some(heard) = self.stream.hears_within(time).await {
            self.takes(heard);
            if prompt {
                self.answers();
            }
        }
    }

    /// Takes one response within `time`, and answers it at once.
    pub(super) async fn hears_one(&mut self, time: Duration) -> Option<Heard> {
        let heard = self.stream.hears_within(time).await?;
        self.takes(heard.clone());
        self.answers();
        Some(heard)
    }

    fn takes(&mut self, heard: Heard) {
        let bad: Vec<&str> = heard
            .resources
            .iter()
            .filter(|(_, content)| content.starts_with(BAD))
            .map(|(name, _)| name.as_str())
            .collect();
        self.must_be_worth_it(&heard);
        let words = if bad.is_empty() {
            self.apply(&heard, &[]);
            None
        } else if self.names_in_words {
            // Who names what is wrong takes the rest.
            self.apply(&heard, &bad);
            Some(format!("cannot take {}", bad.join(", ")))
        } else {
            Some("no".to_owned())
        };
        if words.is_some() {
            self.rejecting.insert(heard.ty);
        }
        self.unanswered.push((heard, words));
    }

    /// Gives the answers that are owed.
    pub(super) fn answers(&mut self) {
        for (heard, words) in std::mem::take(&mut self.unanswered) {
            if let Some(words) = words {
                self.stream.reject(&heard, &words);
            } else {
                self.last_version.insert(heard.ty, heard.version.clone());
                self.stream.ack(&heard);
            }
        }
    }

    fn apply(&mut self, heard: &Heard, but: &[&str]) {
        let ty = heard.ty;
        let Some(wanted) = self.wanted.get(&ty) else {
            return;
        };
        let wants = |name: &str| wanted.wildcard || wanted.names.contains(name);
        if self.stream.dialect == Dialect::Sotw && FLEET[ty.index()].full_state {
            self.view
                .retain(|(of, name), _| *of != ty || heard.resources.contains_key(name));
        }
        for (name, content) in &heard.resources {
            if but.contains(&name.as_str()) || !wants(name) {
                continue;
            }
            let key = (ty, name.clone());
            if content == NO_SAIL {
                self.view.remove(&key);
            } else {
                self.view.insert(key.clone(), content.clone());
            }
            if let Some(version) = heard.versions.get(name) {
                self.versions.insert(key, version.clone());
            }
        }
        for name in &heard.removed {
            self.view.remove(&(ty, name.clone()));
            self.versions.remove(&(ty, name.clone()));
        }
    }

    /// A response says something new, or something that was asked for, or what follows a parent.
    fn must_be_worth_it(&mut self, heard: &Heard) {
        let ty = heard.ty;
        if ty == BOAT {
            // A boat's sail has its name, or its number.
            let sail = |name: &String| (SAIL, name.replace("boat", "sail"));
            self.due.extend(heard.resources.keys().map(sail));
        }
        let first = self.answered_first.insert(ty);
        let mut worth = |name: &String, content: Option<&String>| {
            let key = (ty, name.clone());
            let has = self.view.get(&key);
            let nothing_new = match (has, content) {
                (has, Some(content)) if content == NO_SAIL => has.is_none(),
                (has, content) => has == content,
            };
            self.due.remove(&key) || !nothing_new
        };
        let mut worthy = 0;
        for (name, content) in &heard.resources {
            worthy += usize::from(worth(name, Some(content)));
        }
        for name in heard.removed.iter().chain(&heard.missing) {
            worthy += usize::from(worth(name, None));
        }
        let full = self.stream.dialect == Dialect::Sotw && FLEET[ty.index()].full_state;
        let said = heard.resources.len() + heard.removed.len() + heard.missing.len();
        let gone = full
            && self
                .view
                .keys()
                .any(|(of, name)| *of == ty && !heard.resources.contains_key(name));
        let enough = if full {
            worthy > 0 || gone
        } else {
            worthy == said && said > 0
        };
        // After a rejection, siblings of what was rejected come again (rule 30). SotW cannot say
        // that a voyage is gone, so one that comes back may come as it was (rule 41).
        let back = self.stream.dialect == Dialect::Sotw && ty == VOYAGE;
        let excused = first || back || self.rejecting.contains(&ty);
        assert!(
            enough || excused,
            "for nothing: {heard:?}, has {:?}",
            self.view
        );
    }

    /// What it is to have of `world`.
    pub(super) fn expected(&self, world: &Snapshot) -> BTreeMap<(TypeIx, String), String> {
        let mut expected = BTreeMap::new();
        for (&ty, wanted) in &self.wanted {
            for resource in world.iter(ty) {
                let name = resource.name().to_string();
                if wanted.wildcard || wanted.names.contains(&name) {
                    let message = resource.message();
                    let text = std::str::from_utf8(&message).unwrap();
                    let (_, content) = text.split_once('=').unwrap();
                    expected.insert((ty, name), content.to_owned());
                }
            }
        }
        expected
    }
}
