//! What one stream wants of one resource type.
//!
//! A subscription is a legacy wildcard while no request has named anything, and never again once
//! one has. Rules: xDS protocol, "How the client specifies what resources to return"; each has a
//! test below with the rule in its name.
//!
//! Absent on purpose: nonces and versions (`sotw`, `delta`), and what was sent (`known`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    names::{NamePool, Names},
    wire::List,
};
use crate::snapshot::Hash;

/// What one stream wants of one type.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    wildcard: bool,
    names: Arc<Names>,
    /// An empty request may still mean everything: the type has a legacy wildcard, and no request
    /// of this stream has named anything yet.
    legacy: bool,
    started: bool,
    /// Names that are wanted because another name stands for them, by that.
    through: BTreeMap<Arc<str>, Arc<str>>,
    /// Fingerprint of the last SotW list, so that an ACK that repeats it costs one pass of hashing.
    last_list: Option<Hash>,
}

/// What a request changed in a [`Subscription`].
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Names that are to be answered even if nothing about them changed.
    pub(super) names: Vec<Ask>,
    /// Besides those, all names of the subscription: none of them was wanted before.
    pub(super) all: bool,
    /// The wildcard began, or was asked for again: everything is to be sent.
    pub(super) everything: bool,
    /// Something is no longer wanted; what was remembered about it can go.
    pub(super) shrank: bool,
}

/// One name that is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) name: Arc<str>,
    /// It was not wanted before this request, so the client has nothing under it.
    pub(super) fresh: bool,
}

impl Asked {
    pub(super) fn is_nothing(&self) -> bool {
        self.names.is_empty() && !self.all && !self.everything && !self.shrank
    }
}

/// The name that stands for all of them.
const WILDCARD: &str = "*";

impl Subscription {
    /// A subscription of a type that has a legacy wildcard, or not.
    pub(super) fn new(legacy: bool) -> Self {
        Self {
            wildcard: false,
            names: Arc::default(),
            legacy,
            started: false,
            through: BTreeMap::new(),
            last_list: None,
        }
    }

    pub(super) fn wildcard(&self) -> bool {
        self.wildcard
    }

    pub(super) fn names(&self) -> &Arc<Names> {
        &self.names
    }

    pub(super) fn wants(&self, name: &str) -> bool {
        self.wildcard || self.names.contains(name)
    }

    pub(super) fn wants_nothing(&self) -> bool {
        !self.wildcard && self.names.len() == 0
    }

    /// Whether another name is wanted in the place of `name`.
    pub(super) fn is_resolved(&self, name: &str) -> bool {
        self.through.contains_key(name)
    }

    /// Wants `own` as long as `name` is wanted, which stands for it. Whether it was not wanted before.
    pub(super) fn stand_for(&mut self, name: &Arc<str>, own: &Arc<str>, pool: &NamePool) -> bool {
        let mut names = Names::clone(&self.names);
        let fresh = names.insert(own.clone());
        if fresh || self.through.values().any(|other| other == own) {
            self.through.insert(name.clone(), own.clone());
        }
        self.names = pool.share(names);
        fresh
    }

    /// Takes the list of a SotW request: it replaces the one before. `intern` gives the shared
    /// copy of a name.
    pub(super) fn replace(
        &mut self,
        list: &List,
        pool: &NamePool,
        intern: impl Fn(&str) -> Arc<str>,
    ) -> Asked {
        let hash = list.hash();
        let known = self.last_list.replace(hash);
        if self.started && known == Some(hash) {
            return Asked::default();
        }
        let first = !std::mem::replace(&mut self.started, true);
        if first && let Some(asked) = self.as_listed(hash, pool) {
            return asked;
        }

        self.legacy &= list.is_empty();
        let wanted: BTreeSet<&str> = list.iter().collect();
        let wildcard = self.legacy || wanted.contains(WILDCARD);
        let mut names = Names::clone(&self.names);
        let mut asked = Asked {
            everything: wildcard && !self.wildcard,
            shrank: self.wildcard && !wildcard,
            ..Asked::default()
        };
        for old in self.names.iter() {
            if !wanted.contains(&**old) {
                names.remove(old);
                asked.shrank = true;
            }
        }
        for name in wanted {
            if name != WILDCARD && !names.contains(name) {
                let name = intern(name);
                names.insert(name.clone());
                let fresh = !self.wildcard;
                asked.names.push(Ask { name, fresh });
            }
        }
        self.wildcard = wildcard;
        self.names = pool.share(names);
        if first && !wildcard {
            pool.listed(hash, &self.names);
        }
        asked
    }

    /// The set of another stream that began with the same list: then no name needs a look.
    fn as_listed(&mut self, list: Hash, pool: &NamePool) -> Option<Asked> {
        self.names = pool.by_list(list)?;
        self.legacy = false;
        Some(Asked {
            all: true,
            ..Asked::default()
        })
    }

    /// Takes the lists of a delta request.
    pub(super) fn edit(
        &mut self,
        subscribe: &List,
        unsubscribe: &List,
        pool: &NamePool,
        intern: impl Fn(&str) -> Arc<str>,
    ) -> Asked {
        let mut asked = Asked::default();
        let everything_before = self.wildcard;
        let listed = (!self.started && unsubscribe.is_empty() && !subscribe.is_empty())
            .then(|| subscribe.hash());
        if let Some(list) = listed
            && let Some(asked) = self.as_listed(list, pool)
        {
            self.started = true;
            return asked;
        }
        if !self.started {
            // Rule 49: only the subscribe list decides; a list of removals means nothing yet.
            self.started = true;
            self.wildcard = self.legacy && subscribe.is_empty();
            asked.everything = self.wildcard;
        }
        if subscribe.is_empty() && unsubscribe.is_empty() {
            return asked;
        }
        let mut names = Names::clone(&self.names);
        for name in subscribe.iter() {
            if name == WILDCARD {
                self.wildcard = true;
                asked.everything = true;
            } else {
                let name = intern(name);
                let fresh = names.insert(name.clone()) && !everything_before;
                asked.names.push(Ask { name, fresh });
            }
        }
        // Rule 62: a name in both lists is not subscribed afterwards.
        for name in unsubscribe.iter() {
            if name == WILDCARD {
                asked.everything = false;
                asked.shrank |= self.wildcard;
                self.wildcard = false;
            } else if names.remove(name) {
                asked.names.retain(|ask| *ask.name != *name);
                asked.shrank = true;
                let own = self.through.remove(name);
                let own = own.filter(|own| self.through.values().all(|other| other != own));
                if let Some(own) = own {
                    names.remove(&own);
                }
                if self.wildcard {
                    // Rule 52: say whether the wildcard still covers it.
                    let name = intern(name);
                    asked.names.push(Ask { name, fresh: false });
                }
            }
        }
        asked
            .names
            .retain(|ask| self.wildcard || names.contains(&ask.name));
        self.names = pool.share(names);
        if let Some(list) = listed.filter(|_| !self.wildcard) {
            pool.listed(list, &self.names);
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> List {
        names.iter().collect()
    }

    fn text(asked: &Asked) -> Vec<&str> {
        asked.names.iter().map(|ask| &*ask.name).collect()
    }

    struct Case {
        subscription: Subscription,
        pool: NamePool,
    }

    impl Case {
        fn new(legacy: bool) -> Self {
            Self {
                subscription: Subscription::new(legacy),
                pool: NamePool::default(),
            }
        }
        fn sotw(&mut self, names: &[&str]) -> Asked {
            self.subscription
                .replace(&list(names), &self.pool, |name| name.into())
        }
        fn delta(&mut self, subscribe: &[&str], unsubscribe: &[&str]) -> Asked {
            self.subscription
                .edit(&list(subscribe), &list(unsubscribe), &self.pool, |name| {
                    name.into()
                })
        }
        /// Wildcard, A, B: what is wanted, as a word.
        fn wants(&self) -> String {
            let mut word = String::new();
            if self.subscription.wildcard() {
                word.push('*');
            }
            for name in self.subscription.names().iter() {
                word.push_str(name);
            }
            word
        }
    }

    #[test]
    fn who_begins_with_the_list_of_another_shares_its_set_and_asks_for_all_of_it() {
        for sotw in [true, false] {
            let mut case = Case::new(true);
            let begin = |case: &mut Case, names: &[&str]| {
                case.subscription = Subscription::new(true);
                if sotw {
                    case.sotw(names)
                } else {
                    case.delta(names, &[])
                }
            };
            assert_eq!(text(&begin(&mut case, &["A", "B"])), ["A", "B"]);
            let first = case.subscription.names().clone();
            let asked = begin(&mut case, &["A", "B"]);
            assert!(asked.all && asked.names.is_empty() && !asked.everything);
            assert!(Arc::ptr_eq(&first, case.subscription.names()));
            // A wildcard is no name, and other lists are not taken for these.
            for other in [&["A", "B", "*"][..], &["AB"], &["A"], &[]] {
                for _ in 0..2 {
                    let asked = begin(&mut case, other);
                    let wildcard = other.contains(&"*") || other.is_empty();
                    assert_eq!(asked.everything, wildcard, "{other:?}");
                    assert_eq!(case.subscription.wildcard(), wildcard, "{other:?}");
                }
            }
        }
    }

    #[test]
    fn rule_47_sotw_lists_replace_each_other_as_in_the_specs_example() {
        let mut case = Case::new(true);
        let steps: [(&[&str], &str); 4] =
            [(&[], "*"), (&["*", "A"], "*A"), (&["A"], "A"), (&[], "")];
        for (request, wants) in steps {
            case.sotw(request);
            assert_eq!(case.wants(), wants, "after {request:?}");
        }
    }

    #[test]
    fn rule_48_delta_lists_edit_as_in_the_specs_example() {
        let mut case = Case::new(true);
        let steps: [(&[&str], &[&str], &str); 4] = [
            (&[], &[], "*"),
            (&["A"], &[], "*A"),
            (&[], &["*"], "A"),
            (&[], &["A"], ""),
        ];
        for (subscribe, unsubscribe, wants) in steps {
            case.delta(subscribe, unsubscribe);
            assert_eq!(case.wants(), wants, "after +{subscribe:?} -{unsubscribe:?}");
        }
    }

    #[test]
    fn rule_46_an_empty_first_request_asks_for_everything_only_with_a_legacy_wildcard() {
        for legacy in [true, false] {
            assert_eq!(Case::new(legacy).sotw(&[]).everything, legacy);
            assert_eq!(Case::new(legacy).delta(&[], &[]).everything, legacy);
        }
    }

    #[test]
    fn rule_49_a_first_request_that_only_unsubscribes_is_a_wildcard() {
        let mut case = Case::new(true);
        assert!(case.delta(&[], &["A"]).everything);
        assert_eq!(case.wants(), "*");
    }

    #[test]
    fn rule_50_asking_for_the_wildcard_again_asks_for_everything_again() {
        let mut case = Case::new(true);
        case.delta(&["*"], &[]);
        assert!(case.delta(&["*"], &[]).everything);
    }

    #[test]
    fn rule_52_dropping_a_name_under_a_wildcard_is_to_be_answered() {
        let mut case = Case::new(true);
        case.delta(&["*", "A"], &[]);
        assert_eq!(text(&case.delta(&[], &["A"])), ["A"]);
        assert_eq!(case.wants(), "*");
    }

    #[test]
    fn rule_53_an_explicit_wildcard_is_honoured_for_any_type() {
        assert!(Case::new(false).sotw(&["*"]).everything);
        assert!(Case::new(false).delta(&["*"], &[]).everything);
    }

    #[test]
    fn rule_55_dropping_the_last_name_is_not_a_wildcard() {
        let mut case = Case::new(true);
        case.sotw(&["A"]);
        assert!(!case.sotw(&[]).everything);
        assert!(case.subscription.wants_nothing());
    }

    #[test]
    fn rule_35_a_name_dropped_and_taken_again_is_to_be_answered_again() {
        let mut case = Case::new(true);
        assert_eq!(text(&case.sotw(&["A"])), ["A"]);
        assert_eq!(text(&case.sotw(&["A"])), [""; 0]);
        case.sotw(&[]);
        assert_eq!(text(&case.sotw(&["A"])), ["A"]);
    }

    #[test]
    fn rule_43_duplicates_are_one_name_and_an_empty_string_is_a_name() {
        let mut case = Case::new(true);
        assert_eq!(text(&case.sotw(&["A", "", "A"])), ["", "A"]);
        assert!(!case.subscription.wildcard());
    }

    #[test]
    fn rule_56_a_delta_name_is_to_be_answered_each_time_it_is_asked_for() {
        let mut case = Case::new(true);
        case.delta(&["A"], &[]);
        assert_eq!(text(&case.delta(&["A"], &[])), ["A"]);
    }

    #[test]
    fn rule_62_a_name_in_both_lists_is_not_subscribed_and_unknown_names_are_ignored() {
        let mut case = Case::new(false);
        case.delta(&["B"], &[]);
        let asked = case.delta(&["A"], &["A", "never"]);
        assert_eq!(text(&asked), [""; 0]);
        assert_eq!(case.wants(), "B");
    }
}
