//! Reading many keys.

use tokio::runtime::Runtime;

use super::{Factory, delete, documents, everything, key, prefix, put, records};
use crate::{ListOptions, Page, ReadAt, Revision, Space, Store};

fn names(page: &Page) -> Vec<&str> {
    page.objects
        .iter()
        .map(|object| object.key.as_str())
        .collect()
}

async fn list(store: &dyn Store, under: &str, options: ListOptions) -> Page {
    store
        .list(Space::Documents, &prefix(under), options)
        .await
        .unwrap()
}

pub(crate) fn pages_hold_every_key_once_while_others_write(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        let all: Vec<String> = (0..10).map(|n| format!("k/{n}")).collect();
        store
            .commit(documents(all.iter().map(|k| put(k, "old"))))
            .await
            .unwrap();
        let mut options = ListOptions {
            limit: 3,
            ..ListOptions::default()
        };
        let mut seen = Vec::new();
        for round in 0.. {
            let page = list(&*store, "k/", options.clone()).await;
            assert_eq!(page.revision, Revision(1));
            for object in &page.objects {
                assert_eq!(object.value, "old");
                seen.push(object.key.to_string());
            }
            let Some(next) = page.next else { break };
            options.after = Some(next);
            options.at = ReadAt::Revision(page.revision);
            let (new, gone) = (format!("k/{round}-new"), format!("k/{}", 9 - round));
            store
                .commit(documents([
                    put(&new, "new"),
                    delete(&gone),
                    put("k/5", &new),
                ]))
                .await
                .unwrap();
        }
        assert_eq!(seen, all);
    });
}

pub(crate) fn a_page_ends_at_either_limit_but_is_never_empty(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        // Four bytes each, keys included.
        let ops = ["a", "b", "c", "d"].map(|k| put(k, "xyz"));
        store.commit(documents(ops)).await.unwrap();
        // limit, limit_bytes, objects of the first page, whether another one follows
        let table = [
            (4, 16, 4, false),
            (3, 16, 3, true),
            (9, 15, 3, true),
            (9, 8, 2, true),
            (9, 0, 1, true),
            (0, 16, 1, true),
        ];
        for (limit, limit_bytes, objects, more) in table {
            let options = ListOptions {
                limit,
                limit_bytes,
                ..ListOptions::default()
            };
            let page = list(&*store, "", options).await;
            let found = (page.objects.len(), page.next.is_some());
            assert_eq!(found, (objects, more), "{limit} {limit_bytes}");
        }
    });
}

pub(crate) fn a_place_before_the_prefix_begins_at_the_prefix(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        store
            .commit(documents(
                ["a", "b", "m/1", "m/2", "z"].map(|k| put(k, "x")),
            ))
            .await
            .unwrap();
        let table = [
            ("a", vec!["m/1", "m/2"]),
            ("m/1", vec!["m/2"]),
            ("z", vec![]),
        ];
        for (after, expected) in table {
            let options = ListOptions {
                after: Some(key(after)),
                ..ListOptions::default()
            };
            assert_eq!(
                names(&list(&*store, "m/", options).await),
                expected,
                "{after}"
            );
        }
    });
}

pub(crate) fn a_prefix_holds_neither_its_neighbours_nor_the_other_space(
    runtime: &Runtime,
    open: Factory,
) {
    runtime.block_on(async {
        let store = open(everything());
        let keys = ["m", "m-", "m/1", "m/2", "m0", "n/1"];
        store
            .commit(documents(keys.map(|k| put(k, "x"))))
            .await
            .unwrap();
        store.commit(records([put("m/record", "x")])).await.unwrap();
        let page = list(&*store, "m/", ListOptions::default()).await;
        assert_eq!(names(&page), ["m/1", "m/2"]);
        let page = list(&*store, "", ListOptions::default()).await;
        assert_eq!(names(&page), keys);
        let page = store
            .list(Space::Records, &prefix(""), ListOptions::default())
            .await
            .unwrap();
        assert_eq!(names(&page), ["m/record"]);
    });
}

pub(crate) fn records_are_read_as_of_now(runtime: &Runtime, open: Factory) {
    runtime.block_on(async {
        let store = open(everything());
        for value in ["1", "2", "3"] {
            store.commit(documents([put("a", value)])).await.unwrap();
            store.commit(records([put("r", value)])).await.unwrap();
        }
        store.compact(Revision(2)).await.unwrap();
        for asked in [0, 1, 3, 9] {
            let at = ReadAt::Revision(Revision(asked));
            let options = ListOptions {
                at,
                ..ListOptions::default()
            };
            let page = store
                .list(Space::Records, &prefix(""), options)
                .await
                .unwrap();
            assert_eq!(
                (page.revision, &*page.objects[0].value),
                (Revision(3), &b"3"[..])
            );
            let record = store
                .get(Space::Records, &key("r"), at)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(record.value, "3");
        }
    });
}
