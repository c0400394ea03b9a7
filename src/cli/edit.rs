//! `netloft edit`: one document in the user's own editor, and what becomes of it on the server.
//!
//! What the server does not take comes back into the editor, below what is wrong with it, as
//! comments. So does a text that was begun on what somebody else has changed since. A text that is
//! left as it was shown ends it. No text is lost: where it was not taken its file stays.

mod draft;

use std::{path::Path, process::Command};

use clap_complete::engine::ArgValueCandidates;
use http::Method;
use serde_json::Value;

use super::{
    Failure, apply,
    client::{Ask, InNamespace, Server},
    complete,
    describe::declared,
    failure::Code,
    get::{kind, missing, path},
    output::{Output, note, yaml},
    show::unified,
};
use crate::{
    api::types::{ApplyAnswer, DocumentOutcome},
    model::Kind,
};
use draft::Draft;

/// Changes one document in your editor.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kind, in singular, plural or short
    #[arg(add = ArgValueCandidates::new(complete::kinds), value_parser = kind)]
    kind: Kind,

    /// Name
    #[arg(add = ArgValueCandidates::new(complete::documents))]
    name: String,

    /// The editor, a command line [default: that of VISUAL, else EDITOR, else vi]
    #[arg(long, value_name = "COMMAND", env = "NETLOFT_EDITOR")]
    editor: Option<String>,

    #[arg(long, hide = true, hide_env = true, env = "VISUAL")]
    visual: Option<String>,
    #[arg(long = "user-editor", hide = true, hide_env = true, env = "EDITOR")]
    user_editor: Option<String>,

    #[command(flatten)]
    namespace: InNamespace,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let namespace = args.namespace.of(&args.server)?;
    let path = path(args.kind, Some(&namespace), Some(&args.name));
    let found = args.server.get::<Value>(&path).await;
    let mut newest = found.map_err(|failure| missing(failure, args.kind))?;
    let begun = yaml(&declared(&newest))?;
    let mut draft = Draft::new(&newest, &begun)?;
    let mut refused: Option<Failure> = None;
    loop {
        args.open(draft.path())?;
        let shown = draft.text().to_owned();
        draft.read()?;
        match (draft.text() == shown, refused.take()) {
            // Left as it was shown: the user gives up.
            (true, Some(failure)) => return Err(draft.keep(failure)),
            (true, None) => return nothing(draft),
            (false, _) if draft.text().trim().is_empty() || draft.text() == begun => {
                return nothing(draft);
            }
            (false, _) => {}
        }
        let failure = match args.send(&path, &newest, draft.text()).await {
            Ok(answer) => {
                let revision = answer["metadata"]["resourceVersion"].as_str();
                let outcome = match newest["metadata"]["resourceVersion"].as_str() == revision {
                    true => "unchanged",
                    false => "configured",
                };
                draft.remove();
                return args.tell(namespace, outcome, revision.unwrap_or_default());
            }
            Err(failure) => failure,
        };
        match failure.code() {
            Code::Invalid => draft.write_below(&failure)?,
            Code::Conflict => {
                let before = yaml(&declared(&newest))?;
                newest = match args.server.get(&path).await {
                    Ok(document) => document,
                    Err(failure) => return Err(draft.keep(failure)),
                };
                let after = yaml(&declared(&newest))?;
                draft.write_below_change(&newest, &unified(&before, &after))?;
            }
            _ => return Err(draft.keep(failure)),
        }
        refused = Some(failure);
    }
}

fn nothing(draft: Draft) -> Result<(), Failure> {
    draft.remove();
    note("nothing was changed");
    Ok(())
}

impl Args {
    /// Runs the editor until it ends.
    fn open(&self, file: &Path) -> Result<(), Failure> {
        let given = [&self.editor, &self.visual, &self.user_editor];
        let mut given = given
            .into_iter()
            .flatten()
            .filter(|one| !one.trim().is_empty());
        let editor = given.next().map_or("vi", String::as_str);
        // By a shell, since it may have arguments of its own.
        let script = format!("{editor} \"$@\"");
        let mut shell = Command::new("sh");
        let status = shell.args(["-c", &script, "editor"]).arg(file).status();
        let next = "netloft edit KIND NAME --editor COMMAND";
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => {
                let text = format!("the editor {editor:?} has failed: {status}");
                Err(Failure::other(text).next(next))
            }
            Err(error) => {
                let text = format!("the editor {editor:?} cannot be run: {error}");
                Err(Failure::other(text).next(next))
            }
        }
    }

    /// Replaces the document, unless it is another than `base` by now.
    async fn send(&self, path: &str, base: &Value, text: &str) -> Result<Value, Failure> {
        let revision = base["metadata"]["resourceVersion"].as_str();
        let ask = Ask::new(Method::PUT, path)
            .body("application/yaml", text.as_bytes().to_vec())
            .only_if(revision.unwrap_or_default());
        self.server.ask(ask).await
    }

    fn tell(&self, namespace: String, outcome: &str, revision: &str) -> Result<(), Failure> {
        let facts = self.kind.facts();
        let answer = ApplyAnswer {
            revision: revision.parse().unwrap_or(0),
            dry_run: false,
            documents: vec![DocumentOutcome {
                kind: facts.kind.to_owned(),
                namespace: match facts.namespaced {
                    true => namespace,
                    false => String::new(),
                },
                name: self.name.clone(),
                outcome: outcome.to_owned(),
            }],
            warnings: Vec::new(),
        };
        apply::show(&self.output, &answer)
    }
}
