//! A small world of invented types, published as one scope.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use crate::{
    snapshot::{
        Changed, Cohort, Generation, Layer, Publication, Ref, Removal, Resource, Revision, ScopeId,
        Snapshot, TypeInfo, TypeIx, TypeSet,
    },
    xds::{Cache, Directory, Event, Events, Manners, Peer, Refusal, StreamId, What},
};

/// Held by wildcard, full state; names its sails.
pub(super) const BOAT: TypeIx = TypeIx(0);
/// Named one by one; follows its boat.
pub(super) const SAIL: TypeIx = TypeIx(1);
/// Held by wildcard, full state; names boats and voyages.
pub(super) const CHARTER: TypeIx = TypeIx(2);
/// Named one by one; names boats.
pub(super) const VOYAGE: TypeIx = TypeIx(3);

/// Named one by one; what uses it drives its removal.
pub(super) const CREW: TypeIx = TypeIx(4);
/// Held by wildcard, in delta alone.
pub(super) const SIGNAL: TypeIx = TypeIx(5);

pub(super) static FLEET: [TypeInfo; 6] = [
    kind("example.org/Boat", "BOAT", "harbour.Boats", true, false),
    TypeInfo {
        placeholder: Some(no_sail),
        ..kind("example.org/Sail", "SAIL", "harbour.Sails", false, true)
    },
    kind(
        "example.org/Charter",
        "CHARTER",
        "harbour.Charters",
        true,
        false,
    ),
    kind(
        "example.org/Voyage",
        "VOYAGE",
        "harbour.Voyages",
        false,
        false,
    ),
    TypeInfo {
        removal: Removal::OnMiss,
        ..kind("example.org/Crew", "CREW", "harbour.Crews", false, false)
    },
    TypeInfo {
        legacy_wildcard: true,
        delta_only: true,
        aliases: Some(meanings),
        ..kind(
            "example.org/Signal",
            "SIGNAL",
            "harbour.Signals",
            false,
            false,
        )
    },
];

const fn kind(
    url: &'static str,
    api: &'static str,
    service: &'static str,
    full_state: bool,
    follows_parent: bool,
) -> TypeInfo {
    TypeInfo {
        url,
        api,
        noun: "",
        service,
        method: "All",
        full_state,
        begins: full_state,
        legacy_wildcard: full_state,
        follows_parent,
        removal: Removal::Always,
        placeholder: None,
        delta_only: false,
        aliases: None,
    }
}

/// `coast/fog` may mean `coast/*`.
fn meanings(name: &str) -> Vec<String> {
    let all = name.split_once('/').map(|(coast, _)| format!("{coast}/*"));
    std::iter::once(name.to_owned()).chain(all).collect()
}

pub(super) const NO_SAIL: &str = "(none)";

fn no_sail(name: &str) -> Resource {
    resource(SAIL, name, NO_SAIL, &[])
}

/// A resource whose message is `name=content`.
pub(super) fn resource(ty: TypeIx, name: &str, content: &str, refs: &[(TypeIx, &str)]) -> Resource {
    let mut refs: Vec<_> = refs
        .iter()
        .map(|&(to, name)| Ref {
            to,
            name: name.into(),
        })
        .collect();
    refs.sort();
    let message = format!("{name}={content}");
    Resource::new(
        &FLEET,
        ty,
        name.into(),
        message.as_bytes(),
        refs.into(),
        Arc::default(),
    )
}

/// The world: one scope, its cache, and what happened on its streams.
#[derive(Clone)]
pub(super) struct Harbour {
    pub(super) cache: Arc<Cache>,
    state: Arc<Mutex<State>>,
    pub(super) log: Arc<Log>,
}

struct State {
    layer: Arc<Layer>,
    generation: u64,
}

pub(super) const SCOPE: ScopeId = ScopeId(7);

#[derive(Default)]
pub(super) struct Log {
    events: Mutex<Vec<Event>>,
    pub(super) refusal: Mutex<Option<Refusal>>,
    /// What streams are given, if not [`SCOPE`].
    pub(super) given: Mutex<Option<ScopeId>>,
    left: Mutex<Vec<StreamId>>,
}

impl Events for Log {
    fn record(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }
}

impl Directory for Log {
    fn admit(&self, _: &Peer) -> Result<ScopeId, Refusal> {
        let given = self.given.lock().unwrap().unwrap_or(SCOPE);
        self.refusal.lock().unwrap().clone().map_or(Ok(given), Err)
    }
    fn leave(&self, stream: StreamId) {
        self.left.lock().unwrap().push(stream);
    }
}

impl Log {
    pub(super) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap())
    }
    pub(super) fn take(&self) -> Vec<What> {
        self.events().into_iter().map(|event| event.what).collect()
    }
    pub(super) fn left(&self) -> usize {
        self.left.lock().unwrap().len()
    }
}

impl Harbour {
    pub(super) fn new() -> Self {
        Self::with(Manners::default())
    }

    pub(super) fn with(manners: Manners) -> Self {
        let harbour = Self::of(&FLEET, manners);
        harbour.publish(|_| {});
        harbour
    }

    /// One in which nothing was published yet.
    pub(super) fn of(types: TypeSet, manners: Manners) -> Self {
        Self {
            cache: Arc::new(Cache::new(types, manners)),
            state: Arc::new(Mutex::new(State {
                layer: Arc::default(),
                generation: 0,
            })),
            log: Arc::default(),
        }
    }

    /// Publishes what `edit` makes of the world.
    pub(super) fn publish(&self, edit: impl FnOnce(&mut Edit)) {
        let mut state = self.state.lock().unwrap();
        let mut changes = Edit {
            inner: state.layer.edit(),
            names: BTreeMap::new(),
        };
        edit(&mut changes);
        if let Some(layer) = changes.inner.finish() {
            state.layer = layer;
        }
        state.generation += 1;
        let generation = Generation(state.generation);
        let revision = Revision(state.generation);
        let snapshot = Snapshot::new(generation, revision, [state.layer.clone()].into());
        let changed = changes.names.into_iter().map(|(ty, names)| Changed {
            scope: SCOPE,
            ty,
            names: names.into(),
        });
        let publication = Publication {
            generation,
            revision,
            cohort: Cohort::default(),
            changed: changed.collect(),
        };
        self.cache.publish(publication, vec![(SCOPE, snapshot)]);
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        self.cache.snapshot(SCOPE).unwrap()
    }
}

/// Changes that become visible together.
pub(super) struct Edit {
    inner: crate::snapshot::LayerEdit,
    names: BTreeMap<TypeIx, Vec<Arc<str>>>,
}

impl Edit {
    pub(super) fn put(&mut self, ty: TypeIx, name: &str, content: &str) -> &mut Self {
        self.link(ty, name, content, &[])
    }

    pub(super) fn link(
        &mut self,
        ty: TypeIx,
        name: &str,
        content: &str,
        refs: &[(TypeIx, &str)],
    ) -> &mut Self {
        self.inner
            .insert(Arc::new(resource(ty, name, content, refs)));
        self.names.entry(ty).or_default().push(name.into());
        self
    }

    /// A signal that has `aliases` too, in order.
    pub(super) fn signal(&mut self, name: &str, content: &str, aliases: &[&str]) -> &mut Self {
        let aliases: Vec<Arc<str>> = aliases.iter().map(|&alias| alias.into()).collect();
        let signal = resource(SIGNAL, name, content, &[]).known_as(aliases.into());
        self.inner.insert(Arc::new(signal));
        self.names.entry(SIGNAL).or_default().push(name.into());
        self
    }

    pub(super) fn remove(&mut self, ty: TypeIx, name: &str) -> &mut Self {
        self.inner.remove(ty, name);
        self.names.entry(ty).or_default().push(name.into());
        self
    }
}
