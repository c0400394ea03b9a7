//! Random commits against a model so simple that it is right: one whole map a revision.

use std::collections::BTreeMap;

use proptest::{prelude::*, test_runner::TestRunner};
use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, prefix, put, records};
use crate::{Commit, Head, ListOptions, Op, Page, ReadAt, Revision, Space, Store};

type Map = BTreeMap<String, String>;

#[derive(Debug, Clone)]
enum Step {
    Write {
        documents: Vec<(u8, Option<u8>)>,
        records: Vec<(u8, Option<u8>)>,
    },
    Compact(u8),
}

fn step() -> impl Strategy<Value = Step> {
    // Few keys and fewer values, so that most writes meet something, often the same bytes.
    let ops = |most| prop::collection::btree_map(0..6u8, prop::option::of(0..3u8), 0..most);
    prop_oneof![
        12 => (ops(5), ops(3)).prop_map(|(documents, records)| Step::Write {
            documents: documents.into_iter().collect(),
            records: records.into_iter().collect(),
        }),
        1 => (0..40u8).prop_map(Step::Compact),
    ]
}

/// Every document map there ever was, by revision, and the records of now.
struct Model {
    documents: Vec<Map>,
    records: Map,
    compacted: usize,
}

fn name(n: u8) -> String {
    // Two keys outside the watched prefix.
    if n < 4 {
        format!("k/{n}")
    } else {
        format!("x/{n}")
    }
}

fn write(map: &mut Map, ops: &[(u8, Option<u8>)]) {
    for (n, value) in ops {
        match value {
            Some(value) => map.insert(name(*n), value.to_string()),
            None => map.remove(&name(*n)),
        };
    }
}

fn ops(of: &[(u8, Option<u8>)]) -> Vec<Op> {
    let op = |(n, value): &(u8, Option<u8>)| match value {
        Some(value) => put(&name(*n), &value.to_string()),
        None => delete(&name(*n)),
    };
    of.iter().map(op).collect()
}

fn map(page: &Page) -> Map {
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let objects = page.objects.iter();
    objects
        .map(|object| (object.key.to_string(), text(&object.value)))
        .collect()
}

async fn list(store: &dyn Store, space: Space, at: ReadAt) -> Result<Map, crate::Error> {
    let options = ListOptions {
        at,
        ..ListOptions::default()
    };
    Ok(map(&store.list(space, &prefix(""), options).await?))
}

impl Model {
    fn head(&self) -> usize {
        self.documents.len() - 1
    }

    async fn take(&mut self, step: &Step, store: &dyn Store) {
        match step {
            Step::Compact(upto) => {
                store.compact(Revision(u64::from(*upto))).await.unwrap();
                let newest_that_goes = usize::from(*upto).min(self.head().saturating_sub(1));
                self.compacted = self.compacted.max(newest_that_goes);
            }
            Step::Write {
                documents: docs,
                records: recs,
            } => {
                let mut next = self.documents[self.head()].clone();
                write(&mut next, docs);
                write(&mut self.records, recs);
                let changed = next != self.documents[self.head()];
                if changed {
                    self.documents.push(next);
                }
                let commit = Commit {
                    records: records(ops(recs)).records,
                    ..documents(ops(docs))
                };
                let committed = store.commit(commit).await.unwrap();
                let expected = (Revision(self.head() as u64), changed);
                assert_eq!((committed.revision, committed.changed), expected);
            }
        }
    }

    async fn holds(&self, store: &dyn Store) {
        let Head {
            epoch,
            revision,
            compacted,
        } = store.head().await.unwrap();
        assert_eq!(
            (revision.0, compacted.0),
            (self.head() as u64, self.compacted as u64)
        );
        assert_eq!(
            list(store, Space::Records, ReadAt::Latest).await.unwrap(),
            self.records
        );
        for (at, expected) in self.documents.iter().enumerate() {
            let read = list(
                store,
                Space::Documents,
                ReadAt::Revision(Revision(at as u64)),
            )
            .await;
            assert_eq!(
                read.ok().as_ref(),
                (at >= self.compacted).then_some(expected),
                "at {at}"
            );
        }
        // What was there at some revision, and the watch from it, is what is there at each later one.
        for from in self.compacted..=self.head() {
            let mut fold = self.under(from);
            let mut watch = store
                .watch(&prefix("k/"), Revision(from as u64), epoch)
                .await
                .unwrap();
            for at in from + 1..=self.head() {
                let heard = watch.next().await.unwrap();
                assert_eq!(heard.revision, Revision(at as u64));
                for change in &heard.changes {
                    let changed = match &change.object {
                        Some(object) => {
                            let value = String::from_utf8(object.value.to_vec()).unwrap();
                            fold.insert(change.key.to_string(), value.clone()) != Some(value)
                        }
                        None => fold.remove(change.key.as_str()).is_some(),
                    };
                    assert!(changed, "{} did not change at {at}", change.key);
                }
                assert_eq!(fold, self.under(at), "watched from {from} to {at}");
            }
        }
        assert_eq!(store.stats().documents, self.documents[self.head()].len());
        let size = |map: &Map| map.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
        let live = size(&self.documents[self.head()]) + size(&self.records);
        assert_eq!(store.stats().live_bytes, live as u64);
        assert_eq!(store.history(&key("never"), 9).await.unwrap(), []);
    }

    fn under(&self, at: usize) -> Map {
        let all = self.documents[at].clone();
        all.into_iter()
            .filter(|(k, _)| k.starts_with("k/"))
            .collect()
    }
}

pub(crate) fn any_commits_leave_what_a_simple_model_says(runtime: &Runtime, open: Factory) {
    let steps = prop::collection::vec(step(), 1..40);
    let config = ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&steps, |steps| {
            runtime.block_on(async {
                let store = open(everything());
                let mut model = Model {
                    documents: vec![Map::new()],
                    records: Map::new(),
                    compacted: 0,
                };
                for step in &steps {
                    model.take(step, &*store).await;
                }
                model.holds(&*store).await;
            });
            Ok(())
        })
        .unwrap();
}
