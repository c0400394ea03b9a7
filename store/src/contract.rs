//! What every backend promises, as tests.
//!
//! `contract::suite!(name, factory)` makes a module of tests; `factory` is called with the
//! [`Retention`] to open an empty store with, several times in some tests. It is made anew for each
//! test and lives as long, so it can own a directory. Tests speak to the store through the trait
//! alone.
//!
//! Absent on purpose: what survives a crash, which only a backend with a disk can be asked.

pub(crate) mod history;
pub(crate) mod limits;
pub(crate) mod list;
pub(crate) mod model;
pub(crate) mod preconditions;
pub(crate) mod revisions;
pub(crate) mod watching;

use std::sync::Arc;

use crate::{Commit, Error, Key, Op, Precondition, Prefix, ReadAt, Retention, Space, Store};

/// An empty store.
pub(crate) type Opened = Arc<dyn Store>;

/// Makes a module `$name` that runs the whole contract against the stores `$factory` opens.
macro_rules! suite {
    ($name:ident, $factory:expr) => {
        mod $name {
            use super::*;
            $crate::contract::suite!(@part $factory, preconditions:
                each_precondition_holds_exactly_when_it_says,
                what_was_refused_wrote_nothing,
                of_racing_writers_none_is_lost,
                an_own_write_of_the_same_record_is_seen_by_a_precondition,
            );
            $crate::contract::suite!(@part $factory, revisions:
                all_documents_of_a_commit_share_one_revision,
                the_same_bytes_make_no_revision,
                records_alone_make_no_revision,
                a_document_counts_its_versions_anew_after_a_deletion,
                a_commit_is_seen_whole_or_not_at_all,
            );
            $crate::contract::suite!(@part $factory, limits:
                each_limit_is_held_to_the_last_byte,
                a_key_written_twice_is_refused_by_name,
                ten_thousand_documents_are_one_revision,
                a_closed_store_answers_nothing_but_closed,
            );
            $crate::contract::suite!(@part $factory, list:
                pages_hold_every_key_once_while_others_write,
                a_page_ends_at_either_limit_but_is_never_empty,
                a_place_before_the_prefix_begins_at_the_prefix,
                a_prefix_holds_neither_its_neighbours_nor_the_other_space,
                records_are_read_as_of_now,
            );
            $crate::contract::suite!(@part $factory, watching:
                a_watch_brings_every_later_revision_once_and_whole,
                a_watch_waits_for_what_is_not_there_yet,
                a_watch_that_lags_ends_and_held_nobody_up,
                where_a_watch_cannot_begin_is_told_by_name,
                a_call_given_up_loses_no_revision,
                closing_ends_a_watch_behind_the_last_revision,
            );
            $crate::contract::suite!(@part $factory, history:
                the_past_is_read_as_it_was,
                only_so_many_revisions_are_kept,
                only_revisions_so_old_are_kept,
                of_each_document_the_last_few_versions_are_kept,
                nothing_is_left_of_a_deletion_that_history_dropped,
                revisions_are_told_newest_first_in_pages,
                compacting_never_drops_the_newest,
            );
            $crate::contract::suite!(@part $factory, model:
                any_commits_leave_what_a_simple_model_says,
            );
        }
    };
    (@part $factory:expr, $part:ident: $($test:ident,)+) => {$(
        #[test]
        fn $test() {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            // A backend may start tasks when it is opened.
            let _context = runtime.enter();
            $crate::contract::$part::$test(&runtime, &$factory);
        }
    )+};
}
pub(crate) use suite;

/// Opens an empty store with this retention.
pub(crate) type Factory<'a> = &'a dyn Fn(Retention) -> Opened;

/// Nothing is dropped unless asked for.
fn everything() -> Retention {
    Retention {
        revisions: u64::MAX,
        age: std::time::Duration::MAX,
        min_per_key: 1,
    }
}

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn prefix(text: &str) -> Prefix {
    Prefix::new(text).unwrap()
}

fn put(at: &str, value: &str) -> Op {
    Op::Put {
        key: key(at),
        value: value.to_owned().into(),
    }
}

fn delete(at: &str) -> Op {
    Op::Delete { key: key(at) }
}

fn documents(ops: impl IntoIterator<Item = Op>) -> Commit {
    Commit {
        documents: ops.into_iter().collect(),
        ..Commit::default()
    }
}

fn records(ops: impl IntoIterator<Item = Op>) -> Commit {
    Commit {
        records: ops.into_iter().collect(),
        ..Commit::default()
    }
}

/// `ops` in the space given.
fn within(space: Space, ops: impl IntoIterator<Item = Op>) -> Commit {
    match space {
        Space::Documents => documents(ops),
        Space::Records => records(ops),
    }
}

fn provided(commit: Commit, preconditions: impl IntoIterator<Item = Precondition>) -> Commit {
    Commit {
        preconditions: preconditions.into_iter().collect(),
        ..commit
    }
}

/// What stands there now, as text.
async fn text(store: &dyn Store, space: Space, at: &str) -> Option<String> {
    let object = store.get(space, &key(at), ReadAt::Latest).await.unwrap();
    object.map(|object| String::from_utf8(object.value.to_vec()).unwrap())
}

/// Polls once: an answer that is there, or none.
async fn at_once<T>(answer: impl Future<Output = Result<T, Error>>) -> Option<Result<T, Error>> {
    tokio::time::timeout(std::time::Duration::ZERO, answer)
        .await
        .ok()
}
