//! What is to be said of each name in the next response of one type: decided here, done in `send`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use super::{
    Dialect,
    known::Has,
    order::{Gates, Hold},
    track::{Track, Why},
};
use crate::snapshot::{Hash, Removal, Resource, TypeInfo};

/// What happens to one name.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) name: Arc<str>,
    pub(super) why: Why,
    /// What the client is believed to have.
    pub(super) has: Has,
    pub(super) act: Act,
    /// The bound of this hold has passed.
    pub(super) overdue: Option<Hold>,
}

#[derive(Debug)]
pub(super) enum Act {
    /// Goes into the response.
    Send(Arc<Resource>),
    /// The client is told that it is gone.
    Remove,
    /// The client is told that it does not exist.
    Miss,
    /// Nothing is said: the client has just this, or nothing that it must be told of.
    Settle(Option<Arc<Resource>>),
    /// Not now.
    Hold(Hold),
}

/// What the decisions about one type are made from.
#[derive(Debug)]
pub(super) struct Planner<'a> {
    pub(super) gates: Gates<'a>,
    pub(super) info: &'a TypeInfo,
    pub(super) track: &'a Track,
    /// Missing names are told with a placeholder.
    pub(super) placeholders: bool,
    pub(super) at: Instant,
}

impl Planner<'_> {
    /// Decides about every name of `names`.
    pub(super) fn decide(&self, names: BTreeMap<Arc<str>, Why>) -> Vec<Decision> {
        let ty = self.track.ty;
        // Collected only when something is to go.
        let mut in_use = None;
        #[cfg_attr(not(test), expect(unused_mut, reason = "tests plant faults in it"))]
        let mut decisions: Vec<_> = names
            .into_iter()
            .map(|(name, why)| {
                #[cfg(test)]
                super::tests::work::count();
                let earlier = self.track.held.get(&name);
                // What was asked for while it was held is still to be answered.
                let why = earlier.map_or(why, |earlier| earlier.why.max(why));
                let has = self.track.known.has(ty, &name);
                let want = self.gates.now.get(ty, &name).cloned();
                let act = match want {
                    Some(want) => self.present(want, &has, why),
                    None => self.absent(&name, &has, why),
                };
                let actual = self.track.actual(&name);
                let verdict = match &act {
                    Act::Send(want) if self.gates.now.get(ty, &name).is_some() => {
                        self.gates.admits(self.track, want, &actual)
                    }
                    Act::Send(_) | Act::Remove => {
                        let in_use = in_use.get_or_insert_with(|| self.gates.in_use());
                        self.gates.frees(ty, &name, &actual, in_use)
                    }
                    Act::Miss | Act::Settle(_) | Act::Hold(_) => super::order::Verdict::Go,
                };
                let (hold, passed) = Hold::under(verdict, earlier, why, self.at);
                Decision {
                    name,
                    why,
                    has: actual,
                    act: hold.map_or(act, Act::Hold),
                    overdue: passed.then(|| earlier.cloned()).flatten(),
                }
            })
            .collect();
        #[cfg(test)]
        super::order::planted::hold_all(&mut decisions);
        decisions
    }

    fn present(&self, want: Arc<Resource>, has: &Has, why: Why) -> Act {
        if why == Why::Look && has.is(Some(&want)) {
            Act::Settle(Some(want))
        } else {
            Act::Send(want)
        }
    }

    fn absent(&self, name: &str, has: &Has, why: Why) -> Act {
        let idle = why == Why::Look && has.is_nothing();
        match self.gates.dialect {
            _ if idle => Act::Settle(None),
            // Rule 65: where its parent drives deletion, a removal is only ever an answer.
            Dialect::Delta if why == Why::Look && self.info.removal == Removal::OnMiss => {
                Act::Settle(None)
            }
            // Rule 66: the name alone is the answer.
            Dialect::Delta if has.is_nothing() && self.info.aliases.is_some() => Act::Miss,
            Dialect::Delta => Act::Remove,
            Dialect::Sotw => match self.placeholder(name) {
                Some(placeholder) => self.present(placeholder, has, why),
                None if why == Why::Asked => Act::Miss,
                None if self.info.full_state && !has.is_nothing() => Act::Remove,
                // Rule 41: SotW cannot say that anything else is gone.
                None => Act::Settle(None),
            },
        }
    }

    /// What stands for `name`, which does not exist.
    fn placeholder(&self, name: &str) -> Option<Arc<Resource>> {
        let told = self.placeholders && self.gates.dialect == Dialect::Sotw;
        let placeholder = self.info.placeholder.filter(|_| told)?;
        Some(Arc::new(placeholder(name)))
    }

    /// Rule 30: decides about what was in a rejected response with something that is sent now, and
    /// is still as it was then.
    pub(super) fn decide_siblings(
        &self,
        siblings: Vec<(Arc<str>, Option<Hash>)>,
        decided: &[Decision],
    ) -> Vec<Decision> {
        let wants = |name: &str| self.track.subscription.wants(name);
        let said = |decision: &&Decision| !matches!(decision.act, Act::Settle(_));
        let decided = decided.iter().filter(said);
        let decided: BTreeSet<_> = decided.map(|decision| &decision.name).collect();
        let mut again = BTreeMap::new();
        for (name, hash) in siblings {
            let want = self.gates.now.get(self.track.ty, &name).cloned();
            let want = want.or_else(|| self.placeholder(&name));
            let same = want.as_ref().map(|want| want.hash()) == hash;
            if same && wants(&name) && !decided.contains(&name) {
                again.insert(name, Why::Follows);
            }
        }
        self.decide(again)
    }
}
