//! Whatever happens, in the end every client has what its scope holds and it asked for.

use std::{collections::BTreeSet, time::Duration};

use proptest::{collection::vec, prelude::*};

use super::{
    harbour::{BOAT, CHARTER, Edit, FLEET, Harbour, SAIL, VOYAGE},
    model::{BAD, Client, Wanted},
};
use crate::{snapshot::TypeIx, xds::Dialect};

#[derive(Debug, Clone)]
enum Step {
    Publish(Vec<Change>),
    Want(TypeIx, Wanted),
    Listen { millis: u64, prompt: bool },
    Answer,
    Reconnect,
}

#[derive(Debug, Clone)]
struct Change {
    ty: TypeIx,
    name: &'static str,
    /// None: it goes.
    content: Option<u8>,
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn ty() -> impl Strategy<Value = TypeIx> {
    prop::sample::select(vec![BOAT, SAIL, CHARTER, VOYAGE])
}

fn change() -> impl Strategy<Value = Change> {
    let content = prop_oneof![1 => Just(None), 4 => (0_u8..4).prop_map(Some)];
    (ty(), prop::sample::select(NAMES.to_vec()), content).prop_map(|(ty, name, content)| Change {
        ty,
        name,
        content,
    })
}

fn wanted() -> impl Strategy<Value = (TypeIx, Wanted)> {
    let names = prop::sample::subsequence(NAMES.to_vec(), 0..=4);
    (ty(), names, any::<bool>()).prop_map(|(ty, names, star)| {
        let wildcard = star && FLEET[ty.index()].full_state;
        let names: BTreeSet<_> = names.into_iter().map(str::to_owned).collect();
        (ty, Wanted { wildcard, names })
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(change(), 1..4).prop_map(Step::Publish),
        3 => wanted().prop_map(|(ty, wanted)| Step::Want(ty, wanted)),
        4 => (prop::sample::select(vec![1, 300, 6_000, 11_000]), any::<bool>())
            .prop_map(|(millis, prompt)| Step::Listen { millis, prompt }),
        2 => Just(Step::Answer),
        1 => Just(Step::Reconnect),
    ]
}

fn apply(edit: &mut Edit, change: &Change) {
    let Change { ty, name, content } = change;
    let Some(content) = content else {
        edit.remove(*ty, name);
        return;
    };
    let text = match content {
        3 => format!("{BAD}-{content}"),
        _ => content.to_string(),
    };
    let other = NAMES[usize::from(*content)];
    let refs = match *ty {
        BOAT => vec![(SAIL, *name)],
        CHARTER => vec![(BOAT, *name), (VOYAGE, other)],
        VOYAGE => vec![(BOAT, other)],
        _ => vec![],
    };
    edit.link(*ty, name, &text, &refs);
}

async fn run(dialect: Dialect, steps: &[Step], names_in_words: bool) -> Result<(), TestCaseError> {
    let harbour = Harbour::new();
    let mut client = Client::new(&harbour, dialect, names_in_words);
    for step in steps {
        match step {
            Step::Publish(changes) => harbour.publish(|edit| {
                for change in changes {
                    apply(edit, change);
                }
            }),
            Step::Want(ty, wanted) => client.wants(*ty, wanted),
            Step::Listen { millis, prompt } => {
                client
                    .listens(Duration::from_millis(*millis), *prompt)
                    .await;
            }
            Step::Answer => client.answers(),
            Step::Reconnect => client.reconnects(),
        }
    }
    // What is bad is mended, so that everything can be taken in the end.
    harbour.publish(|edit| {
        for ty in [BOAT, SAIL, CHARTER, VOYAGE] {
            for resource in harbour_bad(&harbour, ty) {
                edit.put(ty, &resource, "mended");
            }
        }
    });
    client.answers();
    client.listens(Duration::from_secs(30), true).await;

    let world = harbour.cache.snapshot(super::harbour::SCOPE).unwrap();
    let expected = client.expected(&world);
    let mut view = client.view.clone();
    if dialect == Dialect::Sotw {
        // Rule 41: SotW cannot say that a voyage is gone.
        view.retain(|(ty, name), _| *ty != VOYAGE || world.get(VOYAGE, name).is_some());
    }
    prop_assert_eq!(&view, &expected);
    for &ty in client.wanted.keys() {
        let status = client.stream.status(ty);
        prop_assert!(
            status.is_synced(),
            "{:?} {:#?}",
            status.differences(),
            status
        );
    }
    client
        .stream
        .hears_nothing_for(Duration::from_secs(60))
        .await;
    Ok(())
}

fn harbour_bad(harbour: &Harbour, ty: TypeIx) -> Vec<String> {
    let world = harbour.snapshot();
    let bad = world
        .iter(ty)
        .filter(|resource| String::from_utf8_lossy(&resource.message()).contains(BAD));
    bad.map(|resource| resource.name().to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_the_end_a_client_has_what_its_scope_holds_and_nothing_came_for_nothing(
        steps in vec(step(), 1..40),
        sotw in any::<bool>(),
        names_in_words in any::<bool>(),
    ) {
        let dialect = if sotw { Dialect::Sotw } else { Dialect::Delta };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(run(dialect, &steps, names_in_words))?;
    }
}
