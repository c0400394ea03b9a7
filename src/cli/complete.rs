//! What a shell is offered behind the words typed so far: `completion` tells the shell to ask.
//!
//! Kinds and codes are known here; documents and proxies are asked of the server that the typed
//! words, the environment and the contexts lead to. No answer in time is no offer, never an error: a
//! shell has nowhere to show one.

use std::{ffi::OsString, future::Future, process::ExitCode, time::Duration};

use clap::{Args as _, Command, FromArgMatches as _};
use clap_complete::{CompleteEnv, engine::CompletionCandidate};
use serde_json::Value;

use super::{
    Failure,
    client::{InNamespace, Server},
    get::{kind, path},
};
use crate::{api::types::Proxies, check::Code, model::Kind};

/// Set by the shell's own part when it asks.
pub(super) const VARIABLE: &str = "NETLOFT_COMPLETE";

/// Longest that the server may take: a shell stands still meanwhile.
const BOUND: Duration = Duration::from_millis(500);

/// Answers a shell that asks what could come next; none where no shell asks.
#[must_use]
pub fn answer(command: impl Fn() -> Command) -> Option<ExitCode> {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(command).var(VARIABLE);
    match asked.try_complete(std::env::args_os(), here.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

pub(super) fn kinds() -> Vec<CompletionCandidate> {
    let plural = |kind: &Kind| candidate(kind.facts().plural, &kind.facts().api_version());
    Kind::ALL.iter().map(plural).collect()
}

/// What `explain` explains.
pub(super) fn subjects() -> Vec<CompletionCandidate> {
    let kind = |kind: &Kind| {
        let facts = kind.facts();
        candidate(&facts.kind.to_lowercase(), &facts.api_version())
    };
    let code = |code: &Code| candidate(&code.to_string(), code.title().unwrap_or_default());
    let kinds = Kind::ALL.iter().map(kind);
    kinds.chain(Code::ALL.iter().map(code)).collect()
}

/// The documents of the kind that was typed.
pub(super) fn documents() -> Vec<CompletionCandidate> {
    let words = words();
    let Some(kind) = words.iter().find_map(|word| kind(word).ok()) else {
        return Vec::new();
    };
    let Some((server, namespace)) = connection(&words) else {
        return Vec::new();
    };
    let asked = async {
        let namespace = namespace.of(&server)?;
        server
            .get::<Value>(&path(kind, Some(&namespace), None))
            .await
    };
    let list = asks(asked).unwrap_or_default();
    let items = list["items"].as_array().into_iter().flatten();
    let names = items.filter_map(|item| item["metadata"]["name"].as_str());
    names.map(CompletionCandidate::new).collect()
}

pub(super) fn proxies() -> Vec<CompletionCandidate> {
    let Some((server, _)) = connection(&words()) else {
        return Vec::new();
    };
    let asked = async { server.get::<Proxies>("/v1/proxies").await };
    let proxies = asks(asked).map(|answer| answer.proxies).unwrap_or_default();
    let offer = |proxy: &crate::api::types::Proxy| candidate(&proxy.name, &proxy.state);
    proxies.iter().map(offer).collect()
}

pub(super) fn contexts() -> Vec<CompletionCandidate> {
    let contexts = connection(&words()).and_then(|(server, _)| server.contexts().ok());
    let contexts = contexts.map(|file| file.contexts).unwrap_or_default();
    let offer = |context: &super::contexts::Context| candidate(&context.name, &context.server);
    contexts.iter().map(offer).collect()
}

fn candidate(value: &str, help: &str) -> CompletionCandidate {
    CompletionCandidate::new(value).help(Some(help.to_owned().into()))
}

/// The words typed so far.
fn words() -> Vec<String> {
    let words = std::env::args_os().skip_while(|word| word != "--").skip(2);
    words
        .map(|word: OsString| word.to_string_lossy().into_owned())
        .collect()
}

/// The server and namespace that `words` lead to: of all that was typed only these flags count.
fn connection(words: &[String]) -> Option<(Server, InNamespace)> {
    const FLAGS: [&str; 5] = ["--server", "--context", "--config", "--namespace", "-n"];
    let mut kept = vec!["netloft".to_owned()];
    for (index, word) in words.iter().enumerate() {
        let name = word.split('=').next().unwrap_or_default();
        if FLAGS.contains(&name) {
            kept.push(word.clone());
            kept.extend(words.get(index + 1).filter(|_| name == word).cloned());
        }
    }
    let command = InNamespace::augment_args(Server::augment_args(Command::new("netloft")));
    let matches = command.try_get_matches_from(kept).ok()?;
    let server = Server::from_arg_matches(&matches).ok()?;
    let namespace = InNamespace::from_arg_matches(&matches).ok()?;
    Some((server, namespace))
}

fn asks<T>(asked: impl Future<Output = Result<T, Failure>>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().ok()?;
    let bounded = async { tokio::time::timeout(BOUND, asked).await };
    runtime.block_on(bounded).ok()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_leads_to_the_server_counts_of_the_typed_words() {
        let words = [
            "get",
            "svc",
            "-n",
            "shop",
            "--frob",
            "--server=http://a",
            "x",
        ];
        let words = words.map(str::to_owned);
        let (server, namespace) = connection(&words).unwrap();
        assert_eq!(server.found().unwrap().url, "http://a");
        assert_eq!(namespace.of(&server).unwrap(), "shop");
    }
}
