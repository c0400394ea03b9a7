//! Routes that ask for the same requests: told at the changed one, with the place of the other and
//! which of the two gets them.
//!
//! Rules: Gateway API, "HTTPRouteRule.matches", "precedence": `model::Precedence`. A wider match
//! hides no narrower one, so equal ones clash alone. Those of one route are told by its kind.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use super::{parent, place_of};
use crate::{
    check::{Code, Diagnostic, World},
    model::{Asks, Document, DocumentKey, HttpRoute, Match, Precedence, RefRole, Spec, Target},
};

/// Where requests arrive for the rules of a route: a port of a Service, or a host name on a port of
/// a Gateway.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Door {
    pub(super) port: u16,
    /// In lower case; only of a Gateway.
    pub(super) host: Option<Arc<str>>,
}

/// One match of a route, and whose it is.
pub(super) struct Claim<'w> {
    precedence: Precedence,
    document: &'w Document,
    pointer: String,
}

/// Who asks for what of one parent: by precedence, each document once.
pub(super) type Claims<'w> = HashMap<(Door, Rc<Asks>), Vec<Claim<'w>>>;

/// Looks for routes that ask for the same as the changed ones.
pub(super) struct Rivals<'w> {
    world: &'w dyn World,
    changed: &'w HashSet<DocumentKey>,
    parents: RefCell<HashMap<DocumentKey, Rc<Claims<'w>>>>,
}

impl<'w> Rivals<'w> {
    pub(super) fn new(changed: &'w HashSet<DocumentKey>, world: &'w dyn World) -> Self {
        Self {
            world,
            changed,
            parents: RefCell::default(),
        }
    }

    /// What `document` clashes with.
    pub(super) fn seek(&self, document: &Document) -> Vec<Diagnostic> {
        let Spec::HttpRoute(route) = &document.spec else {
            return Vec::new();
        };
        let own = document.key();
        let doors = self.doors(document);
        let mut told = Vec::new();
        let mut lost = HashSet::new();
        let (mut all, mut lost_everywhere) = (0, 0);
        for (asks, pointer) in matches(route) {
            all += 1;
            let mut hidden: Option<(&DocumentKey, &Door, &Claim<'_>)> = None;
            let mut hides: Option<&Claim<'_>> = None;
            let mut open = 0;
            let asks = Rc::new(asks);
            for (parent, door, claims) in &doors {
                let Some(claims) = claims.get(&(door.clone(), asks.clone())) else {
                    continue;
                };
                match &claims[..] {
                    [first, ..] if first.document.key() != own => {
                        hidden.get_or_insert((parent, door, first));
                    }
                    [_, second, ..] => {
                        open += 1;
                        hides.get_or_insert(second);
                    }
                    _ => open += 1,
                }
            }
            if let Some((parent, door, winner)) = hidden {
                lost.insert(winner.document.key());
                lost_everywhere += usize::from(open == 0);
                let which = (open > 0).then(|| requests_to(parent, door));
                told.push(self.hidden(document, pointer, which, winner));
            } else if let Some(loser) = hides
                && !self.changed.contains(&loser.document.key())
            {
                told.push(self.hides(document, pointer, loser));
            }
        }
        // One word for a route that is another's copy.
        if let Some(winner) = lost.iter().next()
            && all > 1
            && (lost.len(), lost_everywhere) == (1, all)
        {
            return vec![whole(winner).suggest(Some(KEEP_ONE))];
        }
        told
    }

    /// By which doors requests come to `document`, and who asks for what there.
    pub(super) fn doors(&self, document: &Document) -> Vec<(DocumentKey, Door, Rc<Claims<'w>>)> {
        let mut doors = Vec::new();
        for parent in parents(document) {
            let claims = self.claims(&parent);
            for door in parent::doors(document, &parent, self.world) {
                doors.push((parent.clone(), door, claims.clone()));
            }
        }
        doors
    }

    fn claims(&self, parent: &DocumentKey) -> Rc<Claims<'w>> {
        if let Some(known) = self.parents.borrow().get(parent) {
            return known.clone();
        }
        let mut claims: Claims<'w> = HashMap::new();
        for document in self.world.referrers(parent) {
            let Spec::HttpRoute(route) = &document.spec else {
                continue;
            };
            let doors = parent::doors(document, parent, self.world);
            if doors.is_empty() {
                continue;
            }
            for (asks, pointer) in matches(route) {
                let asks = Rc::new(asks);
                for door in &doors {
                    let same = claims.entry((door.clone(), asks.clone())).or_default();
                    // Of one route the first counts.
                    if same
                        .last()
                        .is_none_or(|last| !std::ptr::eq(last.document, document))
                    {
                        same.push(Claim {
                            precedence: self.world.precedence(document),
                            document,
                            pointer: pointer.clone(),
                        });
                    }
                }
            }
        }
        for same in claims.values_mut() {
            same.sort_by(|a, b| a.precedence.cmp(&b.precedence));
        }
        let claims = Rc::new(claims);
        self.parents
            .borrow_mut()
            .insert(parent.clone(), claims.clone());
        claims
    }

    fn hidden(
        &self,
        document: &Document,
        pointer: String,
        which: Option<String>,
        winner: &Claim<'_>,
    ) -> Diagnostic {
        let who = winner.document.key();
        let message = match which {
            None => format!("no request reaches this match: {who} takes the same ones"),
            Some(which) => format!("{which} do not reach this match: {who} takes them"),
        };
        let place = place_of(winner.document, &winner.pointer);
        let own = self.world.precedence(document);
        let why = match winner.precedence.is_older_than(&own) {
            true => "that route is older",
            false => "that route's name comes first",
        };
        Diagnostic::new(Code::SAME_MATCH, message)
            .pointer(pointer)
            .found(format!("{place} asks for the same, and {why}"))
            .suggest(Some(KEEP_ONE))
            .effect("its filters and backends are not used for them")
    }

    fn hides(&self, document: &Document, pointer: String, loser: &Claim<'_>) -> Diagnostic {
        let who = loser.document.key();
        let place = place_of(loser.document, &loser.pointer);
        let own = self.world.precedence(document);
        let why = match own.is_older_than(&loser.precedence) {
            true => "this route is older",
            false => "this route's name comes first",
        };
        Diagnostic::new(
            Code::SAME_MATCH,
            format!("this match takes the requests of {who}"),
        )
        .pointer(pointer)
        .found(format!("{place} asks for the same, and {why}"))
        .suggest(Some(KEEP_ONE))
        .effect("the filters and backends there are not used for them")
    }
}

const KEEP_ONE: &str = "remove one of the two, or make one ask for something else too";

fn whole(winner: &DocumentKey) -> Diagnostic {
    let message = format!("no request reaches this route: {winner} takes the same ones");
    Diagnostic::new(Code::SAME_MATCH, message)
        .pointer("/metadata/name")
        .effect("none of its filters and backends is used")
}

/// `requests to shop.example`, `requests to port 80 of Service default/orders`.
pub(super) fn requests_to(parent: &DocumentKey, door: &Door) -> String {
    match door.host.as_deref() {
        None | Some("*") => format!("requests to port {} of {parent}", door.port),
        Some(host) => format!("requests to {host} on port {} of {parent}", door.port),
    }
}

/// What `document` attaches to, each once.
fn parents(document: &Document) -> BTreeSet<DocumentKey> {
    let references = document.spec.refs(&document.metadata.namespace).into_iter();
    let parents = references.filter(|reference| reference.role == RefRole::Parent);
    let named = parents.filter_map(|reference| match reference.target {
        Target::Document(key) => Some(key),
        _ => None,
    });
    named.collect()
}

/// What each match of `route` asks for, with the place of the match; of equal ones the first.
fn matches(route: &HttpRoute) -> Vec<(Asks, String)> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for (i, rule) in route.rules.iter().enumerate() {
        let rule_at = format!("/spec/rules/{i}");
        if rule.matches.is_empty() {
            found.push((Asks::of(&Match::default()), rule_at));
            continue;
        }
        for (j, it) in rule.matches.iter().enumerate() {
            found.push((Asks::of(it), format!("{rule_at}/matches/{j}")));
        }
    }
    found.retain(|(asks, _)| seen.insert(asks.clone()));
    found
}
