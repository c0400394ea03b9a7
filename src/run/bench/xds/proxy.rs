//! One simulated proxy, without IO: it asks in Envoy's order and takes all it is given.
//!
//! Clusters and listeners by wildcard; endpoints and routes by the names that those hold, asked for
//! before the response that named them is answered; listeners once all endpoints are there. Absent
//! on purpose: any look at what a resource means beyond what it names, and rejections.

use std::sync::Arc;

use super::{
    change,
    kind::Kind,
    shared::{Block, Shared},
    wire::{self, Ask, Dialect, Heard, Malformed},
};

/// A claim that no server can confirm. Whoever comes back with what there is may be told nothing at
/// all; that this is gone it is told, and requests are answered in their order.
const END: &[u8] = b"netloft-bench-end";

/// A simulated proxy.
#[derive(Debug)]
pub(super) struct Proxy {
    shared: Arc<Shared>,
    dialect: Dialect,
    /// Its node message.
    node: Box<[u8]>,
    tracks: [Track; Kind::ALL.len()],
    /// It has been given all it asks for, since it last connected.
    loaded: bool,
    /// It said what it has, and has not heard the end of the answers.
    comes_back: bool,
    /// Changes that it has seen, counted from the first.
    seen: u32,
}

/// What it has of one type.
#[derive(Debug, Default)]
struct Track {
    asked: bool,
    answered: bool,
    /// By the number of a name.
    has: Vec<Has>,
    /// Names it waits for.
    missing: usize,
    /// SotW: the names it asks for, their part of a request, and the last version and nonce.
    names: Vec<u32>,
    block: Option<Block>,
    version: Vec<u8>,
    nonce: Vec<u8>,
}

/// What it has of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Has {
    #[default]
    Unknown,
    /// Asked for, no answer yet.
    Missing,
    /// Asked for; there is none.
    Nothing,
    /// In the version of this number.
    Version(u32),
}

/// What a response has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Step {
    /// It has all it asks for now, and had not before.
    pub(super) loaded: bool,
    /// Changes that it has seen for the first time: from this to that one, both included.
    pub(super) changes: Option<(u32, u32)>,
    /// Resources in the response.
    pub(super) resources: usize,
}

impl Track {
    fn has(&mut self, name: u32) -> &mut Has {
        let place = name as usize;
        if place >= self.has.len() {
            self.has.resize(place + 1, Has::Unknown);
        }
        &mut self.has[place]
    }

    fn set(&mut self, name: u32, has: Has) {
        if std::mem::replace(self.has(name), has) == Has::Missing {
            self.missing -= 1;
        }
    }

    /// Whether `name` was not asked for before.
    fn want(&mut self, name: u32) -> bool {
        let new = *self.has(name) == Has::Unknown;
        if new {
            *self.has(name) = Has::Missing;
            self.missing += 1;
        }
        new
    }
}

impl Proxy {
    pub(super) fn new(shared: Arc<Shared>, dialect: Dialect, node: Box<[u8]>) -> Self {
        Self {
            shared,
            dialect,
            node,
            tracks: Default::default(),
            loaded: false,
            comes_back: false,
            seen: 0,
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Its first request on a new connection; all requests of one that comes back.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>) {
        self.loaded = false;
        let known = self.tracks[0].answered;
        if !known || self.dialect == Dialect::Sotw {
            self.tracks = Default::default();
            self.ask(Kind::Clusters, &[], out);
            return;
        }
        self.comes_back = true;
        for kind in Kind::ALL {
            self.come_back(kind, out);
        }
    }

    /// Asks for everything of `kind` that it asked for before, and says what it has.
    fn come_back(&self, kind: Kind, out: &mut Vec<u8>) {
        let (mut names, mut claims) = (Vec::new(), Vec::new());
        let track = &self.tracks[kind as usize];
        for (number, has) in (0..).zip(&track.has) {
            if *has == Has::Unknown {
                continue;
            }
            let name = self.shared.names(kind).word(number);
            if matches!(kind, Kind::Endpoints | Kind::Routes) {
                wire::name(&mut names, &name);
            }
            if let Has::Version(version) = has {
                wire::claim(&mut claims, &name, &self.shared.versions.word(*version));
            }
        }
        if kind == Kind::Routes {
            wire::name(&mut names, END);
            wire::claim(&mut claims, END, b"0");
        }
        let node: &[u8] = if kind == Kind::Clusters {
            &self.node
        } else {
            &[]
        };
        Ask {
            node,
            names: &names,
            claims: &claims,
            ..Default::default()
        }
        .write(self.dialect, kind, out);
    }

    /// Takes a response and appends what it says to it to `out`.
    pub(super) fn hear(&mut self, message: &[u8], out: &mut Vec<u8>) -> Result<Step, Malformed> {
        let heard = Heard::read(self.dialect, message)?;
        let resources = heard.resources.len();
        let Some(kind) = Kind::of(heard.url) else {
            return Err(Malformed);
        };
        let mut named = Vec::new();
        let mut over = false;
        for entry in &heard.resources {
            let name = self.shared.names(kind).number(entry.name);
            let version = self.shared.versions.number(entry.version);
            self.tracks[kind as usize].set(name, Has::Version(version));
            self.shared.named(kind, entry.value, &mut named)?;
        }
        for name in &heard.removed {
            if *name == END {
                over = true;
            } else {
                self.forget(kind, name, out);
            }
        }
        self.tracks[kind as usize].answered = true;
        if let Some(next) = kind.next() {
            self.want(next, named, out);
        }
        self.acknowledge(kind, &heard, over, out);
        self.go_on(out);

        let changes = match kind {
            Kind::Endpoints | Kind::Routes => self.changes(message),
            Kind::Clusters | Kind::Listeners => None,
        };
        self.comes_back &= !over;
        let has_all = self.tracks.iter().all(|it| it.answered && it.missing == 0);
        let complete = has_all && !self.comes_back;
        let loaded = complete && !self.loaded;
        self.loaded |= complete;
        Ok(Step {
            loaded,
            changes,
            resources,
        })
    }

    /// Asks for the names of `kind` that it now needs.
    fn want(&mut self, kind: Kind, mut names: Vec<u32>, out: &mut Vec<u8>) {
        let track = &mut self.tracks[kind as usize];
        match self.dialect {
            Dialect::Delta => {
                names.retain(|name| track.want(*name));
                if !names.is_empty() {
                    self.ask(kind, &names, out);
                }
            }
            Dialect::Sotw => {
                // What was said is all there is.
                names.sort_unstable();
                names.dedup();
                if names == track.names {
                    return;
                }
                for gone in std::mem::take(&mut track.names) {
                    if names.binary_search(&gone).is_err() {
                        track.set(gone, Has::Unknown);
                    }
                }
                for name in &names {
                    track.want(*name);
                }
                track.names.clone_from(&names);
                self.ask(kind, &names, out);
            }
        }
    }

    fn ask(&mut self, kind: Kind, names: &[u32], out: &mut Vec<u8>) {
        let block = self.shared.block(kind, names);
        let track = &mut self.tracks[kind as usize];
        track.asked = true;
        let node: &[u8] = if kind == Kind::Clusters {
            &self.node
        } else {
            &[]
        };
        Ask {
            node,
            names: &block,
            version: &track.version,
            nonce: match self.dialect {
                Dialect::Sotw => &track.nonce,
                Dialect::Delta => &[],
            },
            ..Default::default()
        }
        .write(self.dialect, kind, out);
        track.block = Some(block);
    }

    fn acknowledge(&mut self, kind: Kind, heard: &Heard<'_>, over: bool, out: &mut Vec<u8>) {
        let track = &mut self.tracks[kind as usize];
        let mut unwanted = Vec::new();
        let mut ask = Ask {
            nonce: heard.nonce,
            ..Default::default()
        };
        if self.dialect == Dialect::Sotw {
            track.version = heard.version.to_vec();
            track.nonce = heard.nonce.to_vec();
            ask.version = heard.version;
            ask.names = track.block.as_deref().unwrap_or_default();
        }
        if over {
            wire::unwanted(&mut unwanted, END);
            ask.unwanted = &unwanted;
        }
        ask.write(self.dialect, kind, out);
    }

    /// Delta: `name` is gone. Endpoints go by the name of their cluster, unless it says otherwise.
    fn forget(&mut self, kind: Kind, name: &[u8], out: &mut Vec<u8>) {
        let number = self.shared.names(kind).number(name);
        let track = &mut self.tracks[kind as usize];
        if kind.next().is_none() {
            track.set(number, Has::Nothing);
            return;
        }
        track.set(number, Has::Unknown);
        if kind == Kind::Clusters {
            let number = self.shared.names(Kind::Endpoints).number(name);
            let track = &mut self.tracks[Kind::Endpoints as usize];
            if *track.has(number) != Has::Unknown {
                track.set(number, Has::Unknown);
                let mut unwanted = Vec::new();
                wire::unwanted(&mut unwanted, name);
                Ask {
                    unwanted: &unwanted,
                    ..Default::default()
                }
                .write(self.dialect, Kind::Endpoints, out);
            }
        }
    }

    /// Asks for listeners when all clusters are ready; what nothing was named of is answered.
    fn go_on(&mut self, out: &mut Vec<u8>) {
        for (first, second) in [
            (Kind::Clusters, Kind::Endpoints),
            (Kind::Listeners, Kind::Routes),
        ] {
            let named = self.tracks[first as usize].answered;
            let second = &mut self.tracks[second as usize];
            second.answered |= named && !second.asked;
        }
        let endpoints = &self.tracks[Kind::Endpoints as usize];
        let ready = endpoints.answered && endpoints.missing == 0;
        if ready && !self.tracks[Kind::Listeners as usize].asked {
            self.ask(Kind::Listeners, &[], out);
        }
    }

    fn changes(&mut self, message: &[u8]) -> Option<(u32, u32)> {
        let newest = change::newest(message)?;
        let first = self.seen;
        if newest < first {
            return None;
        }
        self.seen = newest + 1;
        Some((first, newest))
    }
}
