//! The manual as one page of Markdown: `docs/cli.md`.

use std::fmt::Write as _;

use clap::{Arg, Command};

/// All verbs of `command`, each with its usage, arguments and options.
pub(super) fn markdown(mut command: Command) -> String {
    command.build();
    let mut text = String::from(
        "# The command line\n\nWritten by `netloft man --markdown`. A flag goes before the \
         environment variable in brackets, that before the\ncontext, and that before the default.\n",
    );
    let global: Vec<&Arg> = shown(&command).filter(|arg| arg.is_global_set()).collect();
    text.push_str("\n## With every verb\n\n");
    for arg in &global {
        text.push_str(&line(arg));
    }
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        section(&mut text, verb, 2);
    }
    text
}

fn section(text: &mut String, verb: &Command, depth: usize) {
    let name = verb.get_bin_name().unwrap_or_else(|| verb.get_name());
    let about = verb
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "\n{} {name}\n\n{}.\n",
        "#".repeat(depth),
        about.trim_end_matches('.')
    );
    let usage = verb.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").trim();
    let _ = writeln!(text, "```\n{usage}\n```\n");
    let own: Vec<&Arg> = shown(verb).filter(|arg| !arg.is_global_set()).collect();
    for arg in own {
        text.push_str(&line(arg));
    }
    for verb in verb.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        section(text, verb, depth + 1);
    }
}

fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    let known =
        |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    command.get_arguments().filter(known)
}

/// `- `-f`, `--filename FILE`: what it is (one of ..; default ..; `VARIABLE`)`.
fn line(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let value = match arg.get_action().takes_values() {
        true => names.iter().map(|name| format!(" {name}")).collect(),
        false => String::new(),
    };
    let mut spelt = Vec::new();
    spelt.extend(arg.get_short().map(|short| format!("`-{short}`")));
    spelt.extend(arg.get_long().map(|long| format!("`--{long}{value}`")));
    if spelt.is_empty() {
        spelt.push(format!("`{}`", value.trim()));
    }
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut notes = Vec::new();
    let choices = arg.get_possible_values();
    let choices: Vec<String> = choices
        .iter()
        .filter(|_| arg.get_action().takes_values())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    if !choices.is_empty() {
        notes.push(format!("one of {}", choices.join(", ")));
    }
    let defaults = arg.get_default_values().iter();
    let defaults: Vec<String> = defaults
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    if !defaults.concat().is_empty() && arg.get_action().takes_values() {
        notes.push(format!("default `{}`", defaults.join(",")));
    }
    if let Some(variable) = arg.get_env().filter(|_| !arg.is_hide_env_set()) {
        notes.push(format!("[`{}`]", variable.to_string_lossy()));
    }
    let notes = match notes.is_empty() {
        true => String::new(),
        false => format!(" ({})", notes.join("; ")),
    };
    format!("- {}: {help}{notes}\n", spelt.join(", "))
}
