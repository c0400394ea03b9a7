//! What was typed and is no command line.
//!
//! People are told as clap tells it: what is wrong, the usage, and where to read on. Where JSON was
//! asked for it is a problem object, as every other failure is. Help and versions are no mistakes.

use std::{ffi::OsString, process::ExitCode};

use clap::error::{ContextKind, ErrorKind};

use super::{Failure, failed};

/// Tells `error` on standard error; its exit code.
#[must_use]
pub fn not_understood(error: &clap::Error) -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let told = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if told || !asks_for_json(&words) {
        // Where nobody reads it the exit code still tells.
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    failed(&failure(error), true)
}

fn failure(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    // What follows is the usage, for people.
    let what = text.split("\n\nUsage:").next().unwrap_or_default();
    let what = what.split("\n\nFor more").next().unwrap_or_default();
    let what = what.trim_start_matches("error: ").trim();
    let usage = error.get(ContextKind::Usage).map(ToString::to_string);
    let usage = usage.as_deref().unwrap_or_default();
    let verbs = usage
        .split_whitespace()
        .skip_while(|word| *word != "netloft");
    let is_verb = |word: &&str| {
        word.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let verbs: Vec<&str> = verbs
        .take_while(|word| is_verb(word) && !word.starts_with('-'))
        .collect();
    let verbs = if verbs.is_empty() {
        vec!["netloft"]
    } else {
        verbs
    };
    Failure::usage(what).next(format!("{} --help", verbs.join(" ")))
}

/// Whether the words ask for JSON, as far as words that were not understood can.
fn asks_for_json(words: &[OsString]) -> bool {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let joined = |word: &&str| matches!(*word, "-ojson" | "-o=json" | "--output=json");
    let apart = |pair: &[&str]| matches!(pair, ["-o" | "--output", "json"]);
    words.iter().any(joined) || words.windows(2).any(apart)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_asked_for_in_every_way_that_it_can_be() {
        for (words, json) in [
            (&["get", "-o", "json"][..], true),
            (&["get", "-ojson"], true),
            (&["get", "--output=json"], true),
            (&["get", "--output", "json"], true),
            (&["get", "json"], false),
            (&["get", "-o", "yaml"], false),
        ] {
            let words: Vec<OsString> = words.iter().map(Into::into).collect();
            assert_eq!(asks_for_json(&words), json, "{words:?}");
        }
    }
}
