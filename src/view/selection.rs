//! Which Workloads each Service selects, kept up to date by what changes alone.
//!
//! A Workload is found by any of its labels, a Service by one pair of its selector: the one that
//! the fewest Services were found by when it was filed, so that a pair shared by all (`env=prod`)
//! does not make every Workload ask every Service. Which pair that is changes no answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use imbl::{OrdMap, OrdSet};

use super::{Entry, Name, outline::fits};
use crate::model::Service;

type Labels = BTreeMap<Arc<str>, Arc<str>>;
/// Namespace, label key, label value.
type Pair = (Arc<str>, Arc<str>, Arc<str>);
/// A set this module keeps: the Workloads of a Service, or of one version of it.
pub(super) type Part = (Name, Option<Arc<str>>);

#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    selected: OrdMap<Part, Entry>,
    workloads: OrdMap<Pair, OrdSet<Name>>,
    services: OrdMap<Pair, OrdMap<Name, Arc<Selector>>>,
    filed_under: OrdMap<Name, Pair>,
}

/// What a Service asks of labels: its selector, then each version's labels beside it.
#[derive(Debug, PartialEq, Eq)]
struct Selector {
    labels: Labels,
    versions: BTreeMap<Arc<str>, Labels>,
}

impl Selector {
    /// Nothing where the Service selects nothing. An empty selector fits nothing rather than
    /// everything: a slip must not send a namespace's whole traffic to one name.
    fn of(service: &Service) -> Option<Arc<Self>> {
        let labels = service.selector.as_ref()?;
        (!labels.is_empty() && service.dns.is_none() && service.endpoints.is_none()).then(|| {
            Arc::new(Self {
                labels: labels.clone(),
                versions: service.versions.clone(),
            })
        })
    }

    fn parts(&self, name: &Name) -> impl Iterator<Item = Part> {
        let versions = self.versions.keys().cloned().map(Some);
        std::iter::once(None)
            .chain(versions)
            .map(|version| (name.clone(), version))
    }

    fn fits(&self, labels: &Labels, version: Option<&Arc<str>>) -> bool {
        let of_version = version.and_then(|version| self.versions.get(version));
        fits(labels, &self.labels) && of_version.is_none_or(|wanted| fits(labels, wanted))
    }
}

impl Selection {
    pub(super) fn get(&self, part: &Part) -> Option<&Entry> {
        self.selected.get(part)
    }

    /// A Workload's labels changed from `old` to `new`; nothing stands for no such Workload.
    pub(super) fn workload(
        &mut self,
        name: &Name,
        old: Option<&Labels>,
        new: Option<&Labels>,
        touched: &mut BTreeSet<Part>,
    ) {
        if old == new {
            return;
        }
        let pairs = |labels: Option<&Labels>| -> BTreeSet<Pair> {
            let labels = labels.into_iter().flatten();
            labels
                .map(|(key, value)| (name.namespace.clone(), key.clone(), value.clone()))
                .collect()
        };
        let (before, after) = (pairs(old), pairs(new));
        for pair in before.difference(&after) {
            take(&mut self.workloads, pair, name);
        }
        for pair in after.difference(&before) {
            self.workloads
                .entry(pair.clone())
                .or_default()
                .insert(name.clone());
        }
        let mut edits = Vec::new();
        for pair in before.union(&after) {
            for (service, selector) in self.services.get(pair).into_iter().flatten() {
                for part in selector.parts(service) {
                    let fits = new.is_some_and(|labels| selector.fits(labels, part.1.as_ref()));
                    edits.push((part, fits));
                }
            }
        }
        for (part, fits) in edits {
            let mut entry = self.selected.get(&part).cloned().unwrap_or_default();
            if fits {
                entry.insert(name.clone());
            } else {
                entry.remove(name);
            }
            self.put(part, entry, touched);
        }
    }

    /// A Service changed from `old` to `new`; nothing stands for no such Service.
    pub(super) fn service(
        &mut self,
        name: &Name,
        old: Option<&Service>,
        new: Option<&Service>,
        labels_of: impl Fn(&Name) -> Option<Labels>,
        touched: &mut BTreeSet<Part>,
    ) {
        let (old, new) = (old.and_then(Selector::of), new.and_then(Selector::of));
        if old == new {
            return;
        }
        if let Some(old) = old {
            if let Some(pair) = self.filed_under.remove(name)
                && let Some(filed) = self.services.get_mut(&pair)
            {
                filed.remove(name);
                if filed.is_empty() {
                    self.services.remove(&pair);
                }
            }
            for part in old.parts(name) {
                self.put(part, Entry::new(), touched);
            }
        }
        let Some(new) = new else { return };
        let pairs = || {
            let pairs = new.labels.iter();
            pairs.map(|(key, value)| (name.namespace.clone(), key.clone(), value.clone()))
        };
        let count = |pair: &Pair| self.workloads.get(pair).map_or(0, OrdSet::len);
        let candidates: Vec<(Name, Labels)> = pairs()
            .min_by_key(count)
            .and_then(|pair| self.workloads.get(&pair))
            .into_iter()
            .flatten()
            .filter_map(|workload| Some((workload.clone(), labels_of(workload)?)))
            .collect();
        for part in new.parts(name) {
            let fitting = candidates
                .iter()
                .filter(|(_, labels)| new.fits(labels, part.1.as_ref()))
                .map(|(workload, _)| workload.clone())
                .collect();
            self.put(part, fitting, touched);
        }
        let filed = |pair: &Pair| self.services.get(pair).map_or(0, OrdMap::len);
        if let Some(pair) = pairs().min_by_key(filed) {
            self.filed_under.insert(name.clone(), pair.clone());
            self.services
                .entry(pair)
                .or_default()
                .insert(name.clone(), new);
        }
    }

    fn put(&mut self, part: Part, entry: Entry, touched: &mut BTreeSet<Part>) {
        if entry.is_empty() {
            self.selected.remove(&part);
        } else {
            self.selected.insert(part.clone(), entry);
        }
        touched.insert(part);
    }

    /// How many entries are kept, so that a test sees none left behind.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let filed: usize = self.services.values().map(OrdMap::len).sum();
        self.selected.len() + self.workloads.len() + filed + self.filed_under.len()
    }
}

fn take(map: &mut OrdMap<Pair, OrdSet<Name>>, pair: &Pair, name: &Name) {
    if let Some(set) = map.get_mut(pair) {
        set.remove(name);
        if set.is_empty() {
            map.remove(pair);
        }
    }
}
