//! What is confined to some modules: IO and clocks, encoding, knowledge of Envoy's types.

use super::{starts_with, written};
use crate::source::{Module, Tree, Way};

/// No IO, no clock, no chance. `x::*` stands for everything below `x`.
const IMPURE: [&str; 18] = [
    "tokio",
    "tonic",
    "hyper",
    "axum",
    "rand",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::os::unix::net",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::time::UNIX_EPOCH",
    "uuid::Uuid::new_v4",
];

/// Clocks that are read by a function of an otherwise pure type.
const CLOCKS: [&str; 2] = ["jiff", "chrono"];

/// Functions that write a message's fields in whatever order its maps have.
const ENCODERS: [&str; 6] = [
    "encode_to_vec",
    "encode_length_delimited_to_vec",
    "encode_length_delimited",
    "encode_raw",
    "from_msg",
    "to_any",
];

/// What the modules in `pure` name of the outside world.
#[must_use]
pub fn impure(pure: &[&str], tree: &Tree) -> Vec<String> {
    each_within(pure, tree, |path, module, broken| {
        for mention in &module.mentions {
            for meaning in tree.meanings(path, mention) {
                let named = IMPURE.iter().any(|name| starts_with(&meaning, name))
                    || (mention.way == Way::Glob && covers_impure(&meaning))
                    || (CLOCKS.iter().any(|name| starts_with(&meaning, name))
                        && meaning.last().is_some_and(|last| last == "now"));
                if named {
                    broken.push(format!(
                        "src/{}: {} is not for a pure module",
                        module.file,
                        written(&meaning)
                    ));
                }
            }
        }
    })
}

fn covers_impure(glob: &[String]) -> bool {
    let glob = written(glob);
    IMPURE.iter().any(|name| {
        name.strip_prefix(&glob)
            .is_some_and(|rest| rest.starts_with("::"))
    })
}

/// Where a module outside `allowed` encodes a message itself.
#[must_use]
pub fn messages_encoded(allowed: &[&str], tree: &Tree) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, module) in tree.modules() {
        if path
            .first()
            .is_none_or(|top| allowed.contains(&top.as_str()))
        {
            continue;
        }
        // Without the trait in scope `.encode(..)` is some other encode: base64's, say.
        let trait_in_scope = module.mentions.iter().any(|mention| {
            tree.meanings(path, mention).iter().any(|meaning| {
                starts_with(meaning, "prost::Message")
                    || (mention.way == Way::Glob && written(meaning) == "prost")
            })
        });
        let plain = trait_in_scope && module.calls.contains("encode");
        let called = ENCODERS.iter().filter(|name| module.calls.contains(**name));
        for name in called.copied().chain(plain.then_some("encode")) {
            broken.push(format!(
                "src/{}: calls {name}: messages are encoded canonically, by snapshot",
                module.file
            ));
        }
    }
    broken
}

/// Where a module in `ignorant` knows a resource type: a type URL or one of Envoy's config messages.
#[must_use]
pub fn types_known(ignorant: &[&str], tree: &Tree) -> Vec<String> {
    each_within(ignorant, tree, |path, module, broken| {
        for mention in &module.mentions {
            for meaning in tree.meanings(path, mention) {
                if starts_with(&meaning, "netloft_proto::type_url") || is_config_message(&meaning) {
                    broken.push(format!(
                        "src/{}: names {}: resource types are known by snapshot::TypeInfo alone",
                        module.file,
                        written(&meaning)
                    ));
                }
            }
        }
        for literal in &module.literals {
            if literal.contains("googleapis.com/envoy.") || literal.starts_with("envoy.config.") {
                broken.push(format!(
                    "src/{}: holds the type URL {literal:?}: types are known by snapshot::TypeInfo alone",
                    module.file
                ));
            }
        }
    })
}

/// Envoy's config and extension messages. Not `core`, which has what every request carries: `Node`.
fn is_config_message(path: &[String]) -> bool {
    if path.first().is_none_or(|first| first != "envoy_types") {
        return false;
    }
    let after_envoy = path.iter().skip_while(|name| *name != "envoy").skip(1);
    let names: Vec<&str> = after_envoy.map(String::as_str).take(2).collect();
    match names.as_slice() {
        ["config", area] => *area != "core",
        [first, ..] => *first == "extensions",
        [] => false,
    }
}

fn each_within(
    tops: &[&str],
    tree: &Tree,
    rule: impl Fn(&[String], &Module, &mut Vec<String>),
) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, module) in tree.modules() {
        if path.first().is_some_and(|top| tops.contains(&top.as_str())) {
            rule(path, module, &mut broken);
        }
    }
    broken.sort();
    broken.dedup();
    broken
}
