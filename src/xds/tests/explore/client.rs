//! A client of the search, together with the engine that serves it: one value, copied at each fork.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use envoy_types::pb::{
    envoy::service::discovery::v3::{
        DeltaDiscoveryRequest, DeltaDiscoveryResponse, DiscoveryRequest, DiscoveryResponse,
    },
    google::rpc,
};
use prost::Message;

use super::{
    super::harbour::{BOAT, FLEET, SAIL, VOYAGE},
    world::{BOATS, VOYAGES, World},
};
use crate::{
    snapshot::{Snapshot, TypeIx},
    xds::{
        Dialect, Manners, Reason,
        bodies::Bodies,
        engine::{Engine, Habits, Shared},
        names::NamePool,
        wire::Request,
    },
};

/// How a response is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Ack,
    /// Rejected with the name of what is wrong: the first that is new. The rest is taken.
    Named,
    /// Rejected without a name: nothing of it is taken.
    Vague,
}

/// One response, received and not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Received {
    nonce: String,
    version: String,
    /// Name, content, version.
    resources: Vec<(String, String, String)>,
    removed: Vec<String>,
    /// Names in it that were news.
    news: Vec<String>,
}

type Held = BTreeMap<String, (String, String)>;

/// A client, what it has, and the engine that serves it.
#[derive(Debug, Clone)]
pub(super) struct Ship {
    dialect: Dialect,
    engine: Engine,
    at: Instant,
    /// What it took, of boats, sails and voyages: content and version.
    has: BTreeMap<TypeIx, Held>,
    /// What it was sent and not told to drop, taken or not.
    given: BTreeMap<TypeIx, BTreeMap<String, String>>,
    inbox: BTreeMap<TypeIx, VecDeque<Received>>,
    version: BTreeMap<TypeIx, String>,
    nonce: BTreeMap<TypeIx, String>,
    sails: BTreeSet<String>,
    /// Boats that came and whose sails have not come behind them.
    bare: BTreeSet<String>,
    /// Boats that it has rejected and has nothing of.
    refused: BTreeSet<String>,
    /// Something took so long that it may be sent out of order.
    late: bool,
    /// It came back: what it has of SotW nobody knows.
    blind: bool,
    /// It has answered a response about boats on this stream.
    loaded: bool,
}

impl Ship {
    /// A client that has taken all of `world`.
    pub(super) fn sets_out(
        dialect: Dialect,
        manners: Manners,
        world: &World,
    ) -> Result<Self, String> {
        let habits = Habits {
            dialect,
            legacy_wildcard: true,
            placeholders: true,
            only: None,
        };
        let shared = Shared {
            types: &FLEET,
            manners,
            names: NamePool::default(),
            bodies: Bodies::default(),
        };
        let mut ship = Self {
            dialect,
            engine: Engine::new(Arc::new(shared), habits, 1),
            at: Instant::now(),
            has: BTreeMap::new(),
            given: BTreeMap::new(),
            inbox: BTreeMap::new(),
            version: BTreeMap::new(),
            nonce: BTreeMap::new(),
            sails: BTreeSet::new(),
            bare: BTreeSet::new(),
            refused: BTreeSet::new(),
            late: false,
            blind: false,
            loaded: false,
        };
        ship.engine.on_snapshot(world.snapshot(0));
        ship.asks();
        ship.hears()?;
        ship.settles(world, Duration::from_secs(60))?;
        ship.late = false;
        Ok(ship)
    }

    pub(super) fn owes(&self, ty: TypeIx) -> bool {
        self.inbox.get(&ty).is_some_and(|inbox| !inbox.is_empty())
    }

    /// Whether there is something in the oldest response to say no to.
    pub(super) fn can_reject(&self, ty: TypeIx) -> bool {
        let oldest = self.inbox.get(&ty).and_then(VecDeque::front);
        oldest.is_some_and(|oldest| !oldest.news.is_empty())
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.engine.next_deadline(self.at)
    }

    pub(super) fn given(&mut self, snapshot: Arc<Snapshot>) -> Result<(), String> {
        self.engine.on_snapshot(snapshot);
        self.hears()
    }

    pub(super) fn waits(&mut self) -> Result<(), String> {
        let deadline = self.deadline().ok_or("there is nothing to wait for")?;
        self.at = deadline.max(self.at + Duration::from_millis(1));
        self.late = true;
        self.hears()
    }

    /// A new stream; what was not answered on the old one is lost.
    pub(super) fn reconnects(&mut self) -> Result<(), String> {
        let now = self.engine.now.clone();
        let habits = self.engine.habits;
        self.engine = Engine::new(self.engine.shared.clone(), habits, 1);
        if let Some(now) = now {
            self.engine.on_snapshot(now);
        }
        self.inbox.clear();
        self.nonce.clear();
        self.bare.clear();
        self.refused.clear();
        self.loaded = false;
        self.blind = true;
        self.given = self.took();
        let boats = self.given.get(&BOAT).into_iter().flat_map(BTreeMap::keys);
        self.sails = boats.cloned().collect();
        self.asks();
        self.hears()
    }

    fn took(&self) -> BTreeMap<TypeIx, BTreeMap<String, String>> {
        let contents = |held: &Held| {
            let held = held.iter();
            held.map(|(name, (content, _))| (name.clone(), content.clone()))
                .collect()
        };
        let has = self.has.iter();
        has.map(|(ty, held)| (*ty, contents(held))).collect()
    }

    /// The first requests of a stream.
    fn asks(&mut self) {
        self.request(BOAT, &[], None);
        if !self.sails.is_empty() {
            self.request(SAIL, &[], None);
        }
        self.request(VOYAGE, &VOYAGES, None);
    }

    /// Asks, or answers: `subscribe` is what is new in delta, and the whole list otherwise.
    fn request(&mut self, ty: TypeIx, subscribe: &[&str], words: Option<String>) {
        let error_detail = words.map(|message| rpc::Status {
            code: 3,
            message,
            details: Vec::new(),
        });
        let first = self.engine.tracks[ty.index()].is_none();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let nonce = self.nonce.get(&ty).cloned().unwrap_or_default();
        let type_url = FLEET[ty.index()].url.to_owned();
        let sails: Vec<&str> = self.sails.iter().map(String::as_str).collect();
        let message = match self.dialect {
            Dialect::Sotw => {
                let list: &[&str] = match ty {
                    SAIL => &sails,
                    VOYAGE => &VOYAGES,
                    _ => &[],
                };
                let request = DiscoveryRequest {
                    type_url,
                    resource_names: names(list),
                    response_nonce: nonce,
                    version_info: self.version.get(&ty).cloned().unwrap_or_default(),
                    error_detail,
                    ..DiscoveryRequest::default()
                };
                request.encode_to_vec()
            }
            Dialect::Delta => {
                let held = self.has.get(&ty).filter(|_| first);
                let versions = held.into_iter().flatten();
                let list: Vec<&str> = match (ty, first) {
                    (BOAT, true) => vec!["*"],
                    (SAIL, true) => sails,
                    _ => subscribe.to_vec(),
                };
                let request = DeltaDiscoveryRequest {
                    type_url,
                    resource_names_subscribe: names(&list),
                    initial_resource_versions: versions
                        .map(|(name, (_, version))| (name.clone(), version.clone()))
                        .collect(),
                    response_nonce: nonce,
                    error_detail,
                    ..DeltaDiscoveryRequest::default()
                };
                request.encode_to_vec()
            }
        };
        let request = Request::read(self.dialect, &message).unwrap();
        self.engine.on_request(&request, self.at).unwrap();
    }

    /// Takes in all that the engine has to say now.
    fn hears(&mut self) -> Result<(), String> {
        for _ in 0..50 {
            let Some(response) = self.engine.poll(self.at) else {
                self.engine.events.clear();
                // A sail that is gone by now does not come, and its boat goes next.
                let now = self.engine.now.as_ref();
                let there = |name: &&String| now.is_some_and(|now| now.get(SAIL, name).is_some());
                let bare = self.bare.intersection(&self.sails).find(there);
                return bare.map_or(Ok(()), |bare| Err(format!("{bare} came without its sail")));
            };
            let mut bytes = Vec::new();
            response.write(&mut bytes);
            let received = self.read(response.ty, &bytes);
            self.receive(response.ty, received)?;
        }
        Err("it never stops talking".to_owned())
    }

    fn read(&self, ty: TypeIx, bytes: &[u8]) -> Received {
        let split = |text: &[u8]| {
            let text = String::from_utf8(text.to_vec()).unwrap();
            let (name, content) = text.split_once('=').unwrap();
            (name.to_owned(), content.to_owned())
        };
        let mut received = match self.dialect {
            Dialect::Sotw => {
                let response = DiscoveryResponse::decode(bytes).unwrap();
                let version = response.version_info.clone();
                let resources = response.resources.iter().map(|any| {
                    let (name, content) = split(&any.value);
                    (name, content, version.clone())
                });
                Received {
                    resources: resources.collect(),
                    removed: Vec::new(),
                    nonce: response.nonce,
                    version: response.version_info,
                    news: Vec::new(),
                }
            }
            Dialect::Delta => {
                let response = DeltaDiscoveryResponse::decode(bytes).unwrap();
                let resources = response.resources.iter().map(|one| {
                    let (name, content) = split(&one.resource.as_ref().unwrap().value);
                    (name, content, one.version.clone())
                });
                Received {
                    resources: resources.collect(),
                    removed: response.removed_resources,
                    nonce: response.nonce,
                    version: String::new(),
                    news: Vec::new(),
                }
            }
        };
        let given = self.given.get(&ty);
        let names = received.resources.iter();
        let gone: Vec<String> = match (self.dialect, given) {
            (Dialect::Sotw, Some(given)) if FLEET[ty.index()].full_state => given
                .keys()
                .filter(|name| !names.clone().any(|(other, ..)| other == *name))
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        received.removed.extend(gone);
        let old = |name: &String, content: &String| {
            given.and_then(|given| given.get(name)) == Some(content)
        };
        received.news = received
            .resources
            .iter()
            .filter(|(name, content, _)| !old(name, content))
            .map(|(name, ..)| name.clone())
            .collect();
        received
    }

    fn receive(&mut self, ty: TypeIx, received: Received) -> Result<(), String> {
        match ty {
            BOAT => self.boats_may_come_and_go(&received)?,
            VOYAGE => self.voyages_may_come(&received)?,
            _ => {}
        }
        let given = self.given.entry(ty).or_default();
        for (name, content, _) in &received.resources {
            given.insert(name.clone(), content.clone());
        }
        for name in &received.removed {
            given.remove(name);
        }
        self.nonce.insert(ty, received.nonce.clone());
        if ty == SAIL {
            for (name, ..) in &received.resources {
                self.bare.remove(name);
            }
            self.apply(ty, &received, |_| true);
            self.request(ty, &[], None);
            return Ok(());
        }
        let came: Vec<String> = match (ty, self.dialect) {
            // A full list says most boats again; a boat that did not change does not warm.
            (BOAT, Dialect::Sotw) => received.news.clone(),
            (BOAT, Dialect::Delta) => received.resources.iter().map(|it| it.0.clone()).collect(),
            _ => Vec::new(),
        };
        self.inbox.entry(ty).or_default().push_back(received);
        if ty == BOAT {
            // It may take this one: nobody knows before it answers.
            for name in &came {
                self.refused.remove(name);
            }
            let boats = &self.given[&BOAT];
            self.bare.retain(|name| boats.contains_key(name));
            self.bare.extend(came);
        }
        Ok(())
    }

    /// Whether it has yet to ask for the sails of the boats that it was given, and no others.
    pub(super) fn is_to_rig(&self) -> bool {
        let boats = self.given.get(&BOAT);
        let sails = self.sails.iter();
        !boats.is_some_and(|boats| boats.keys().eq(sails))
    }

    /// Asks for them, as Envoy asks for the endpoints of its clusters.
    pub(super) fn rigs(&mut self) -> Result<(), String> {
        let boats: BTreeSet<String> = self.given[&BOAT].keys().cloned().collect();
        let new: Vec<String> = boats.difference(&self.sails).cloned().collect();
        let gone: Vec<String> = self.sails.difference(&boats).cloned().collect();
        self.sails = boats;
        if !new.is_empty() || (!gone.is_empty() && self.dialect == Dialect::Sotw) {
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            self.request(SAIL, &new, None);
        }
        self.hears()
    }

    pub(super) fn answers(&mut self, ty: TypeIx, answer: Answer) -> Result<(), String> {
        let inbox = self.inbox.get_mut(&ty);
        let Some(received) = inbox.and_then(VecDeque::pop_front) else {
            return Err("there is nothing to answer".to_owned());
        };
        let bad = received.news.first().cloned().unwrap_or_default();
        let words = match answer {
            Answer::Ack => None,
            Answer::Named => Some(format!("cannot take {bad}")),
            Answer::Vague => Some("no".to_owned()),
        };
        match answer {
            Answer::Ack => self.apply(ty, &received, |_| true),
            Answer::Named => self.apply(ty, &received, |name| name != bad),
            Answer::Vague => {}
        }
        if words.is_none() {
            self.version.insert(ty, received.version.clone());
        }
        if ty == BOAT {
            self.loaded = true;
            for name in &received.news {
                let has = self
                    .has
                    .get(&BOAT)
                    .is_some_and(|has| has.contains_key(name));
                match (answer, has) {
                    (Answer::Ack, _) | (_, true) => self.refused.remove(name),
                    (Answer::Named, false) if *name != bad => false,
                    (_, false) => self.refused.insert(name.clone()),
                };
            }
        }
        // An answer bears the nonce of what it answers.
        let newest = self.nonce.insert(ty, received.nonce);
        self.request(ty, &[], words);
        if let Some(newest) = newest {
            self.nonce.insert(ty, newest);
        }
        self.hears()
    }

    fn apply(&mut self, ty: TypeIx, received: &Received, takes: impl Fn(&str) -> bool) {
        let has = self.has.entry(ty).or_default();
        for (name, content, version) in &received.resources {
            if takes(name) {
                has.insert(name.clone(), (content.clone(), version.clone()));
            }
        }
        for name in &received.removed {
            has.remove(name);
        }
    }

    /// The boats of voyages that the client has or was sent.
    fn sailed(&self) -> BTreeSet<&String> {
        let has = self.has.get(&VOYAGE).into_iter().flatten();
        let has = has.map(|(_, (boat, _))| boat);
        let sent = self.inbox.get(&VOYAGE).into_iter().flatten();
        let sent = sent.flat_map(|received| &received.resources);
        has.chain(sent.map(|(_, boat, _)| boat)).collect()
    }

    /// (c): what goes is not sailed by anything that the client may still have.
    fn boats_may_come_and_go(&self, received: &Received) -> Result<(), String> {
        // In SotW nobody knows what a client that comes back has.
        let unknown = self.blind && self.dialect == Dialect::Sotw;
        if self.late || unknown {
            return Ok(());
        }
        let sailed = self.sailed();
        match received.removed.iter().find(|name| sailed.contains(name)) {
            Some(boat) => Err(format!("{boat} went while a voyage takes it")),
            None => Ok(()),
        }
    }

    /// (b): a voyage goes to boats that the client was given; once it serves, to such as it took.
    fn voyages_may_come(&self, received: &Received) -> Result<(), String> {
        for (voyage, boat, _) in &received.resources {
            let has = self.has.get(&VOYAGE).and_then(|has| has.get(voyage));
            if has.is_some_and(|(old, _)| old == boat) {
                continue;
            }
            let given = |ty| {
                self.given
                    .get(&ty)
                    .is_some_and(|given| given.contains_key(boat))
            };
            if !given(BOAT) {
                return Err(format!("{voyage} takes {boat}, which was not given"));
            }
            if !self.loaded || (self.blind && self.dialect == Dialect::Sotw) {
                continue;
            }
            if self.refused.contains(boat) {
                return Err(format!("{voyage} takes {boat}, which was rejected"));
            }
            if self.late {
                continue;
            }
            if !self
                .has
                .get(&BOAT)
                .is_some_and(|has| has.contains_key(boat))
            {
                return Err(format!("{voyage} takes {boat}, which was not taken yet"));
            }
            if !given(SAIL) || self.bare.contains(boat) {
                return Err(format!("{voyage} takes {boat}, whose sails did not come"));
            }
        }
        Ok(())
    }

    /// (e): what is held differs from what the client has, and waits for what it names.
    pub(super) fn holds_only_what_the_change_names(&self) -> Result<(), String> {
        let Some(now) = &self.engine.now else {
            return Ok(());
        };
        for track in self.engine.tracks.iter().flatten() {
            for (name, hold) in &track.held {
                // What a publication turned round is looked at when its type may speak again.
                let stale = !track.in_flight.is_empty();
                let named = match now.get(track.ty, name) {
                    Some(want) => want.refs().contains(&hold.on) || stale,
                    // Something of unknown content may name it.
                    None => {
                        let own = hold.on.to == track.ty && hold.on.name == *name;
                        own || hold.reason == Reason::NotSettled
                    }
                };
                if !named {
                    return Err(format!(
                        "{name} waits for {:?}, which it does not name",
                        hold.on
                    ));
                }
            }
        }
        Ok(())
    }

    /// Answers everything until nothing more is to come; then it has what `world` holds, but for
    /// what it rejected.
    pub(super) fn settles(&mut self, world: &World, within: Duration) -> Result<(), String> {
        let end = self.at + within;
        loop {
            if self.is_to_rig() {
                self.rigs()?;
            }
            while let Some(ty) = [BOAT, VOYAGE].into_iter().find(|ty| self.owes(*ty)) {
                self.answers(ty, Answer::Ack)?;
            }
            match self.deadline() {
                Some(deadline) if deadline <= end => {
                    // Where everything is answered, waiting is what the bound is for.
                    self.waits()?;
                }
                Some(_) => return Err("something waits for ever".to_owned()),
                None => break,
            }
        }
        self.has_all(world)
    }

    fn has_all(&self, world: &World) -> Result<(), String> {
        let rejected = |ty: TypeIx, name: &str| {
            let track = self.engine.tracks[ty.index()].as_deref();
            track.is_some_and(|track| {
                // A whole list that was rejected is not said again until something changes.
                let whole = track.replaces && !track.rejected.is_empty();
                whole || !track.doubts.is_empty() || track.rejected.contains_key(name)
            })
        };
        let has = |ty: TypeIx, name: &str| self.has.get(&ty).and_then(|has| has.get(name));
        for (index, boat) in BOATS.into_iter().enumerate() {
            if rejected(BOAT, boat) {
                continue;
            }
            match (world.has(index), has(BOAT, boat).is_some()) {
                (true, false) => return Err(format!("{boat} never came")),
                // One that something rejected keeps in use stays.
                (false, true) if !self.sailed().iter().any(|it| *it == boat) => {
                    return Err(format!("{boat} never went"));
                }
                _ => {}
            }
        }
        for (voyage, boat) in VOYAGES.into_iter().zip(world.takes) {
            let boat = BOATS[boat];
            let right = has(VOYAGE, voyage).is_some_and(|(content, _)| content == boat);
            if !right && !rejected(VOYAGE, voyage) && !rejected(BOAT, boat) {
                return Err(format!("{voyage} never came to {boat}"));
            }
        }
        Ok(())
    }

    /// All that what follows depends on; times as they are seen from now.
    pub(super) fn fingerprint(&self) -> String {
        let mut text = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            self.sails,
            self.has,
            self.given,
            self.bare,
            self.refused,
            self.late,
            self.blind,
            self.loaded
        );
        let ago = |at: Instant| self.at.saturating_duration_since(at).as_millis();
        for inbox in self.inbox.values().flatten() {
            let _ = write!(
                text,
                "{:?} {:?} {:?};",
                inbox.resources, inbox.removed, inbox.news
            );
        }
        for track in self.engine.tracks.iter().flatten() {
            let _ = write!(
                text,
                "\n{:?} {:?} {:?} {} {} {} {:?} {:?}",
                track.ty,
                track.known.base().generation,
                track.pending,
                track.owed,
                track.resumed,
                track.loaded,
                track.doubts,
                track.accepted.as_ref().map(|accepted| accepted.generation),
            );
            for (name, has) in track.known.exceptions() {
                let _ = write!(text, " {name} {}", said(has));
            }
            for (name, hold) in track.held.iter().chain(&track.overdue) {
                let times = (ago(hold.since), ago(hold.first));
                let _ = write!(text, " {name} {:?} {:?} {times:?}", hold.reason, hold.on);
            }
            for sent in &track.in_flight {
                let _ = write!(
                    text,
                    " sent {} {:?} {}",
                    ago(sent.at),
                    sent.drops,
                    sent.blind
                );
                for (name, has) in &sent.before {
                    let _ = write!(text, " {name} {}", said(has));
                }
                for resource in sent.resources.iter() {
                    let _ = write!(text, " {} {}", resource.name(), resource.hash());
                }
            }
            for (name, no) in &track.rejected {
                let _ = write!(text, " no {name} {:?} {}", no.hash, said(&no.before));
            }
        }
        text
    }
}

fn said(has: &crate::xds::known::Has) -> String {
    use crate::xds::known::Has;
    match has {
        Has::Nothing => "-".to_owned(),
        Has::This(resource) => resource.hash().to_string(),
        Has::Claimed(version) => format!("~{version}"),
    }
}
