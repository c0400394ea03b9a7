//! Selectors and versions of Services that no endpoint fits.

use std::{
    cell::{Cell, OnceCell},
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use crate::{
    check::{Code, Diagnostic, World, suggest},
    model::{Document, InlineEndpoint, Kind, Service, Spec},
};

type Labels = BTreeMap<Arc<str>, Arc<str>>;
/// Namespace, label, value.
type Pair<'w> = (&'w str, &'w str, &'w str);

/// So many questions are answered by looking at each Workload; for more an index is worth its price.
const FEW: usize = 8;

/// Looks for Workloads that fit.
pub(super) struct Selectors<'w> {
    world: &'w dyn World,
    workloads: OnceCell<Vec<&'w Document>>,
    by_pair: OnceCell<HashMap<Pair<'w>, Vec<&'w Labels>>>,
    asked: Cell<usize>,
}

impl<'w> Selectors<'w> {
    pub(super) fn new(world: &'w dyn World) -> Self {
        Self {
            world,
            workloads: OnceCell::new(),
            by_pair: OnceCell::new(),
            asked: Cell::new(0),
        }
    }

    /// The selector and the versions of `document` that nothing fits.
    pub(super) fn seek(&self, document: &Document) -> Vec<Diagnostic> {
        let Spec::Service(service) = &document.spec else {
            return Vec::new();
        };
        let namespace = &*document.metadata.namespace;
        match (&service.selector, &service.endpoints, &service.dns) {
            // What is of two sorts, or empty, is told as a bound.
            (Some(selector), None, None) if !selector.is_empty() => {
                if !self.any_fits(namespace, &[selector]) {
                    return vec![self.nothing(namespace, selector)];
                }
                let fits = |version: &Labels| self.any_fits(namespace, &[selector, version]);
                versions(service, "Workload that it selects", fits)
            }
            (None, Some(endpoints), None) => {
                let fits = |version: &Labels| {
                    let mut labels = endpoints
                        .iter()
                        .map(|endpoint: &InlineEndpoint| &endpoint.labels);
                    labels.any(|labels| fit(labels, version))
                };
                versions(service, "endpoint of it", fits)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a Workload of `namespace` has all labels of `wanted`.
    fn any_fits(&self, namespace: &str, wanted: &[&Labels]) -> bool {
        self.asked.set(self.asked.get() + 1);
        let fits = |labels: &Labels| wanted.iter().all(|wanted| fit(labels, wanted));
        if self.asked.get() <= FEW {
            return self.labels_in(namespace).any(fits);
        }
        let pairs = wanted.iter().copied().flatten();
        let lists = pairs.map(|(label, value)| {
            let list = self.by_pair().get(&(namespace, label, value));
            list.map_or(&[][..], Vec::as_slice)
        });
        let shortest = lists.min_by_key(|list| list.len());
        shortest.is_some_and(|list| list.iter().any(|labels| fits(labels)))
    }

    fn labels_in<'s>(
        &'s self,
        namespace: &'s str,
    ) -> impl Iterator<Item = &'w Labels> + use<'s, 'w> {
        let workloads = self
            .workloads
            .get_or_init(|| self.world.documents(Kind::Workload).collect());
        let there = workloads.iter().map(|document| &document.metadata);
        let there = there.filter(move |metadata| &*metadata.namespace == namespace);
        there.map(|metadata| &metadata.labels)
    }

    fn by_pair(&self) -> &HashMap<Pair<'w>, Vec<&'w Labels>> {
        self.by_pair.get_or_init(|| {
            let mut all: HashMap<Pair<'w>, Vec<&Labels>> = HashMap::new();
            for document in self.world.documents(Kind::Workload) {
                let labels = &document.metadata.labels;
                for (label, value) in labels {
                    let pair = (&*document.metadata.namespace, &**label, &**value);
                    all.entry(pair).or_default().push(labels);
                }
            }
            all
        })
    }

    fn nothing(&self, namespace: &str, selector: &Labels) -> Diagnostic {
        let there = || self.labels_in(namespace);
        let found = match there().next() {
            Some(_) => "none of its Workloads has all of them".to_owned(),
            None => format!("there is no Workload in namespace {namespace:?}"),
        };
        Diagnostic::new(
            Code::NOTHING_SELECTED,
            format!("the selector fits no Workload of namespace {namespace:?}"),
        )
        .pointer("/spec/selector")
        .expected(format!("a Workload with the labels {}", written(selector)))
        .found(found)
        .suggest(meant(selector, there))
        .effect("requests to the service are answered 503 until there is one")
    }
}

/// A label that was probably meant by one that no Workload has.
fn meant<'w, I: Iterator<Item = &'w Labels>>(
    selector: &Labels,
    there: impl Fn() -> I,
) -> Option<String> {
    let wrong = |(label, value): &(&Arc<str>, &Arc<str>)| {
        !there().any(|labels| labels.get(*label) == Some(*value))
    };
    let (label, value) = selector.iter().find(wrong)?;
    let values: BTreeSet<&str> = there()
        .filter_map(|labels| labels.get(label))
        .map(|v| &**v)
        .collect();
    if let Some(value) = suggest::nearest(value, values) {
        return Some(format!("did you mean \"{label}: {value}\"?"));
    }
    let with_value = there().flatten().filter(|(_, its)| *its == value);
    let labels: BTreeSet<&str> = with_value.map(|(label, _)| &**label).collect();
    let label = suggest::nearest(label, labels)?;
    Some(format!("did you mean \"{label}: {value}\"?"))
}

/// The versions of `service` that nothing fits.
fn versions(service: &Service, what: &str, fits: impl Fn(&Labels) -> bool) -> Vec<Diagnostic> {
    let named = service
        .versions
        .iter()
        .filter(|(_, labels)| !labels.is_empty());
    let nothing = named.filter(|(_, labels)| !fits(labels));
    let told = nothing.map(|(version, labels)| {
        Diagnostic::new(
            Code::NOTHING_SELECTED,
            format!("version {version:?} fits no {what}"),
        )
        .pointer(format!("/spec/versions/{version}"))
        .expected(format!("one with the labels {}", written(labels)))
        .effect("requests sent to this version are answered 503 until there is one")
    });
    told.collect()
}

fn fit(labels: &Labels, wanted: &Labels) -> bool {
    let has = |(label, value): (&Arc<str>, &Arc<str>)| labels.get(label) == Some(value);
    wanted.iter().all(has)
}

/// `app: orders, version: v1`.
fn written(labels: &Labels) -> String {
    suggest::enumerate(
        labels
            .iter()
            .map(|(label, value)| format!("{label}: {value}")),
    )
}
