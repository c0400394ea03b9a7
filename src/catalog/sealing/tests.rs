//! Secrets over a store in memory, and the key's file.

use std::{os::unix::fs::PermissionsExt, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use netloft_store::{ListOptions, Prefix, memory::Memory};

use super::*;
use crate::{
    catalog::{Applied, Catalog, Edit, Outcome, Terms, Verdict},
    check::{Source, documents},
    model::Kind,
};

const VALUE: &str = "hunter2-a4c1c7b1f7e94c0d";

fn read(yaml: &str) -> Vec<Document> {
    let checked = documents(
        &[Source {
            file: Some("a.yaml"),
            text: yaml,
        }],
        "shop",
    );
    assert_eq!(checked.diagnostics, []);
    checked.documents
}

/// A Secret `name` whose fields beside the metadata are `fields`.
fn secret(name: &str, fields: &str) -> Document {
    let yaml = format!("{{apiVersion: v1, kind: Secret, metadata: {{name: {name}}}, {fields}}}");
    read(&yaml).remove(0)
}

fn password(name: &str, value: &str) -> Document {
    secret(name, &format!("stringData: {{password: '{value}'}}"))
}

fn key(name: &str) -> DocumentKey {
    DocumentKey {
        kind: Kind::Secret,
        namespace: "shop".into(),
        name: name.into(),
    }
}

async fn catalog() -> Catalog {
    Catalog::open(Arc::new(Memory::default()), &Config::default())
        .await
        .unwrap()
}

async fn write(catalog: &Catalog, document: Document) -> Result<Applied, Error> {
    let edit = Edit::Put(Arc::new(document));
    let make = |_: &_| Ok::<_, ()>(vec![edit.clone()]);
    match catalog.write(Terms::default(), make).await? {
        Verdict::Applied(applied) => Ok(applied),
        Verdict::Invalid(()) => unreachable!("nothing says no"),
    }
}

async fn outcome(catalog: &Catalog, document: Document) -> Outcome {
    write(catalog, document).await.unwrap().outcomes[0].1
}

/// What a client is shown, as the document it reads.
fn shown(catalog: &Catalog, name: &str) -> Document {
    let current = catalog.current();
    let json = current.get(&key(name)).unwrap().document.to_json().unwrap();
    read(&json.to_string()).remove(0)
}

fn revealed(catalog: &Catalog, name: &str, value: &str) -> Option<String> {
    let values = catalog.reveal(&key(name)).unwrap()?;
    Some(String::from_utf8(values.get(value)?.to_vec()).unwrap())
}

/// All that stands in the store, its history included.
async fn everything(store: &dyn Store) -> String {
    let mut bytes = Vec::new();
    for space in [Space::Documents, Space::Records] {
        let options = ListOptions::default();
        let all = Prefix::new("").unwrap();
        for object in store.list(space, &all, options).await.unwrap().objects {
            bytes.extend_from_slice(&object.value);
            if space == Space::Documents {
                for (_, old) in store.history(&object.key, 100).await.unwrap() {
                    bytes.extend_from_slice(&old.unwrap().value);
                }
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn what_is_stored_shown_and_printed_does_not_hold_the_value() {
    let catalog = catalog().await;
    let base64 = STANDARD.encode(VALUE);
    let applied =
        format!(r#"{{"kind":"Secret","data":{{"a":"{base64}"}},"stringData":{{"b":"{VALUE}"}}}}"#);
    let fields = format!("data: {{a: {base64}}}, stringData: {{b: {VALUE}}}");
    let yaml = format!(
        "{{apiVersion: v1, kind: Secret, metadata: {{name: a, annotations: {{{}: '{applied}'}}}}, {fields}}}",
        "kubectl.kubernetes.io/last-applied-configuration"
    );
    let document = read(&yaml).remove(0);
    let printed = format!("{document:?}{}", document.to_json().unwrap());
    let applied = write(&catalog, document).await.unwrap();
    write(&catalog, password("a", "another")).await.unwrap();
    let stored = everything(&**catalog.store()).await;
    assert!(stored.contains("\"sealed\""), "{stored}");
    for text in [printed, format!("{applied:?}"), stored] {
        assert!(!text.contains(VALUE) && !text.contains(&base64), "{text}");
    }
}

#[tokio::test]
async fn writing_the_same_value_again_changes_nothing() {
    let catalog = catalog().await;
    assert_eq!(
        outcome(&catalog, password("a", "x")).await,
        Outcome::Created
    );
    let again = secret("a", "data: {password: eA==}");
    assert_eq!(outcome(&catalog, again).await, Outcome::Unchanged);
    let other = password("a", "y");
    assert_eq!(outcome(&catalog, other).await, Outcome::Configured);
    let stored = catalog.current().get(&key("a")).unwrap().clone();
    assert_eq!(stored.generation, 2);
}

#[tokio::test]
async fn what_was_shown_keeps_the_values_when_it_is_applied() {
    let catalog = catalog().await;
    let fields = format!("stringData: {{password: '{VALUE}', user: ada}}");
    write(&catalog, secret("a", &fields)).await.unwrap();
    let mut edited = shown(&catalog, "a");
    assert_eq!(outcome(&catalog, edited.clone()).await, Outcome::Unchanged);
    edited.metadata.labels.insert("team".into(), "red".into());
    let Spec::Secret(values) = &mut edited.spec else {
        unreachable!()
    };
    values.data.remove("user");
    assert_eq!(outcome(&catalog, edited).await, Outcome::Configured);
    assert_eq!(revealed(&catalog, "a", "password").as_deref(), Some(VALUE));
    assert_eq!(revealed(&catalog, "a", "user"), None);
}

#[tokio::test]
async fn what_was_shown_of_another_secret_or_of_an_older_value_is_refused() {
    let catalog = catalog().await;
    for name in ["a", "b"] {
        write(&catalog, password(name, VALUE)).await.unwrap();
    }
    let old = shown(&catalog, "a");
    let mut elsewhere = old.clone();
    elsewhere.metadata.name = "b".into();
    let mut renamed = old.clone();
    if let Spec::Secret(values) = &mut renamed.spec {
        let value = values.data.remove("password").unwrap();
        values.data.insert("other".into(), value);
    }
    for document in [elsewhere, renamed] {
        let error = write(&catalog, document).await.unwrap_err();
        assert!(matches!(error, Error::Redacted { .. }), "{error}");
    }
    write(&catalog, password("a", "newer")).await.unwrap();
    let error = write(&catalog, old).await.unwrap_err();
    assert!(matches!(error, Error::Redacted { .. }), "{error}");
    assert_eq!(
        revealed(&catalog, "a", "password").as_deref(),
        Some("newer")
    );
}

#[tokio::test]
async fn a_new_key_must_fit_the_certificate_that_is_kept() {
    let pem = |name: &str| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/model/testdata/tls/");
        let text = std::fs::read_to_string(Path::new(path).join(name)).unwrap();
        serde_json::to_string(&text).unwrap()
    };
    let fields = format!(
        "type: kubernetes.io/tls, stringData: {{tls.crt: {}, tls.key: {}}}",
        pem("ec.crt"),
        pem("ec.key")
    );
    let catalog = catalog().await;
    write(&catalog, secret("a", &fields)).await.unwrap();
    for (file, fits) in [("other.key", false), ("sec1.key", true)] {
        let mut edited = shown(&catalog, "a");
        let new = format!("stringData: {{tls.key: {}}}", pem(file));
        let Spec::Secret(new) = secret("a", &new).spec else {
            unreachable!()
        };
        if let Spec::Secret(values) = &mut edited.spec {
            values.data.extend(new.data);
        }
        let written = write(&catalog, edited).await;
        assert_eq!(written.is_ok(), fits, "{file}: {written:?}");
    }
}

#[tokio::test]
async fn an_immutable_document_keeps_what_it_declares() {
    let catalog = catalog().await;
    let frozen = "immutable: true, stringData: {password: x}";
    write(&catalog, secret("a", frozen)).await.unwrap();
    assert_eq!(
        outcome(&catalog, secret("a", frozen)).await,
        Outcome::Unchanged
    );
    for fields in [
        "stringData: {password: x}",
        "immutable: true, stringData: {password: y}",
    ] {
        let error = write(&catalog, secret("a", fields)).await.unwrap_err();
        assert!(matches!(error, Error::Immutable(_)), "{error}");
    }
    let mut labelled = secret("a", frozen);
    labelled.metadata.labels.insert("team".into(), "red".into());
    assert_eq!(outcome(&catalog, labelled).await, Outcome::Configured);
}

/// A value cut out of one place and put into another, as someone could who can write the store.
#[tokio::test]
async fn a_value_moved_to_another_place_does_not_open() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        key_file: Some(dir.path().join("key")),
    };
    let catalog = Catalog::open(store.clone(), &config).await.unwrap();
    for (name, value) in [("a", VALUE), ("b", "another")] {
        write(&catalog, password(name, value)).await.unwrap();
    }
    let at = |name: &str| netloft_store::Key::new(&format!("default/secrets/shop/{name}")).unwrap();
    let stolen = store
        .get(Space::Documents, &at("a"), ReadAt::Latest)
        .await
        .unwrap();
    let stolen = String::from_utf8(stolen.unwrap().value.to_vec()).unwrap();
    store
        .commit(Commit {
            documents: vec![Op::Put {
                key: at("b"),
                value: stolen.replace("\"name\":\"a\"", "\"name\":\"b\"").into(),
            }],
            txn: netloft_store::TxnId(7),
            ..Commit::default()
        })
        .await
        .unwrap();
    let error = Catalog::open(store, &config).await.unwrap_err();
    let moved = matches!(&error, Error::Sealed { document, .. } if *document == key("b"));
    assert!(moved, "{error}");
}

#[tokio::test]
async fn the_key_is_made_once_for_its_owner_alone_and_opens_what_it_sealed() {
    let store: Arc<dyn Store> = Arc::new(Memory::default());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("key");
    let config = Config {
        key_file: Some(file.clone()),
    };
    let catalog = Catalog::open(store.clone(), &config).await.unwrap();
    write(&catalog, password("a", VALUE)).await.unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read(&file).unwrap();
    drop(catalog);
    let again = Catalog::open(store, &config).await.unwrap();
    assert_eq!(revealed(&again, "a", "password").as_deref(), Some(VALUE));
    assert_eq!(std::fs::read(&file).unwrap(), text);
}

/// What was done to the key's file, and what is said then.
type Harm = (fn(&Path), &'static str);

#[tokio::test]
async fn without_its_own_key_a_store_does_not_open_and_says_why() {
    let harms: [Harm; 6] = [
        (
            |key| std::fs::remove_file(key).unwrap(),
            "is not there: restore it",
        ),
        (
            |key| {
                std::fs::remove_file(key).unwrap();
                key::obtain(Some(key), None).unwrap();
            },
            "put the right file there",
        ),
        (
            |key| std::fs::write(key, "").unwrap(),
            "is not a key that netloft wrote",
        ),
        (
            |key| std::fs::set_permissions(key, PermissionsExt::from_mode(0o640)).unwrap(),
            "its mode is 640): make sure that nobody else has it, then chmod 600",
        ),
        (
            |key| {
                let moved = key.with_extension("moved");
                std::fs::rename(key, &moved).unwrap();
                std::os::unix::fs::symlink(&moved, key).unwrap();
            },
            "is a symbolic link",
        ),
        (
            |key| {
                std::fs::remove_file(key).unwrap();
                std::fs::create_dir(key).unwrap();
                std::fs::set_permissions(key, PermissionsExt::from_mode(0o700)).unwrap();
            },
            "key: ",
        ),
    ];
    for (harm, says) in harms {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let config = Config {
            key_file: Some(file.clone()),
        };
        drop(Catalog::open(store.clone(), &config).await.unwrap());
        harm(&file);
        let error = Catalog::open(store.clone(), &config).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.to_string().contains("key"), "{error}");
    }
}
