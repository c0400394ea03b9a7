//! `netloft eject`: one file for an Envoy that shall need no control plane any more.
//!
//! What the server gives the proxy, and the bootstrap it was started with, as one static file. The
//! server tells nobody a private key: where one is hidden nothing is written, and the place is told.

use std::{fs, path::PathBuf};

use netloft_proto::ProxyId;
use serde_json::json;

use super::{
    Failure,
    client::{Server, escaped},
    import,
    output::{Written, give, note},
    reporting,
};
use crate::{
    api::types::Resources,
    import::{Configuration, Unfit, eject},
};

/// Writes a static file of what a proxy is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The proxy's name, as `netloft ps` shows it
    #[arg(value_parser = ProxyId::new)]
    proxy: ProxyId,

    /// File to write; without it, standard output. JSON where its name ends in .json
    #[arg(short, long = "output", value_name = "FILE")]
    output: Option<PathBuf>,

    /// The bootstrap that is kept, as for `netloft bootstrap --onto`: its admin page, statistics,
    /// tracing, runtime and static resources
    #[arg(long, value_name = "FILE")]
    onto: Option<PathBuf>,

    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let kept = match &args.onto {
        Some(path) => import::configuration(path)?,
        None => alone(&args.proxy),
    };
    let path = format!("/v1/proxies/{}/xds/all", escaped(args.proxy.as_str()));
    let given: Resources = args.server.get(&path).await?;
    let all = given.resources.iter();
    let all = all.map(|it| (it.api.as_str(), it.name.as_str(), &it.resource));
    let made = eject(all, kept).map_err(|unfit| not_ejected(&args.proxy, &unfit))?;
    let as_json = args
        .output
        .as_ref()
        .is_some_and(|path| path.extension().is_some_and(|it| it == "json"));
    let text = Written::of(as_json).text(&made)?;
    let Some(path) = &args.output else {
        return give(&text);
    };
    fs::write(path, text)
        .map_err(|error| Failure::other(format!("cannot write {}: {error}", path.display())))?;
    let count = given.resources.len();
    note(&format!(
        "{}: {count} resources of {}; start it with `envoy -c {}`",
        path.display(),
        args.proxy.as_str(),
        path.display()
    ));
    Ok(())
}

/// A bootstrap that holds the proxy's name and a way to look at it.
fn alone(proxy: &ProxyId) -> Configuration {
    let bootstrap = [
        ("node".to_owned(), json!({"id": proxy.as_str()})),
        (
            "admin".to_owned(),
            json!({"address": reporting::socket("127.0.0.1", 0)}),
        ),
    ];
    Configuration {
        bootstrap: bootstrap.into_iter().collect(),
        resources: Vec::new(),
    }
}

fn not_ejected(proxy: &ProxyId, unfit: &[Unfit]) -> Failure {
    let lines: Vec<String> = unfit.iter().map(|one| format!("  {one}")).collect();
    Failure::unfit(format!(
        "{} cannot do without its control plane:\n{}",
        proxy.as_str(),
        lines.join("\n")
    ))
    .next(format!("netloft pc all {} -o yaml", proxy.as_str()))
}
