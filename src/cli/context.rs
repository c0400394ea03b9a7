//! `netloft context`: the servers a user works with.

use clap_complete::engine::ArgValueCandidates;

use super::{
    Failure, complete,
    contexts::{Context, Place},
    output::{Output, say, table},
};

/// Shows, adds and chooses the servers that verbs talk to.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Shows all of them; the current one has a star
    List(List),
    /// Makes one the current one
    Use(Named),
    /// Adds one, or replaces the one of that name
    Add(Add),
    /// Removes one
    Remove(Named),
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
struct Named {
    /// Its name
    #[arg(add = ArgValueCandidates::new(complete::contexts))]
    name: String,
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What it shall be called
    name: String,

    /// URL of the server's REST API
    #[arg(long, value_name = "URL")]
    server: http::Uri,

    /// Namespace of what names none
    #[arg(short, long)]
    namespace: Option<String>,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let place = &args.place;
    let mut contexts = place.read()?;
    match args.what {
        What::List(List { output }) => {
            let current = contexts.current.as_deref();
            let rows = || {
                if contexts.contexts.is_empty() {
                    return "no context. `netloft context add NAME --server URL` adds one.\n"
                        .to_owned();
                }
                let row = |context: &Context| {
                    let star = if current == Some(&context.name) {
                        "*"
                    } else {
                        ""
                    };
                    let namespace = context.namespace.clone().unwrap_or_default();
                    vec![
                        star.to_owned(),
                        context.name.clone(),
                        context.server.clone(),
                        namespace,
                    ]
                };
                let rows: Vec<_> = contexts.contexts.iter().map(row).collect();
                table(&["CURRENT", "NAME", "SERVER", "NAMESPACE"], &rows)
            };
            let names = || {
                contexts
                    .contexts
                    .iter()
                    .map(|one| one.name.clone())
                    .collect()
            };
            output.show(&contexts, rows, names)
        }
        What::Use(Named { name }) => {
            let server = contexts.named(&name)?.server.clone();
            contexts.current = Some(name.clone());
            place.write(&contexts)?;
            say(&format!("{name}: {server}\n"))
        }
        What::Add(Add {
            name,
            server,
            namespace,
        }) => {
            contexts.contexts.retain(|context| context.name != name);
            contexts.contexts.push(Context {
                name: name.clone(),
                server: server.to_string().trim_end_matches('/').to_owned(),
                namespace,
            });
            contexts.contexts.sort_by(|a, b| a.name.cmp(&b.name));
            // The first one is what its owner means.
            if contexts.contexts.len() == 1 {
                contexts.current = Some(name.clone());
            }
            place.write(&contexts)?;
            let used = match contexts.current.as_deref() == Some(&name) {
                true => "it is the current one".to_owned(),
                false => format!("`netloft context use {name}` makes it the current one"),
            };
            say(&format!("{name} added; {used}\n"))
        }
        What::Remove(Named { name }) => {
            contexts.named(&name)?;
            contexts.contexts.retain(|context| context.name != name);
            if contexts.current.as_deref() == Some(&name) {
                contexts.current = None;
            }
            place.write(&contexts)?;
            say(&format!("{name} removed\n"))
        }
    }
}
