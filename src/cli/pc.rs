//! `netloft pc`: the resources that one proxy is given.

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap_complete::engine::ArgValueCandidates;

use super::{
    Failure,
    client::{Server, escaped},
    complete,
    output::{Output, table},
    ps::told,
};
use crate::api::types::{ALL_TYPES, Resources, type_names};

/// Shows the resources of one type, or of all, that a proxy is given.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which type
    #[arg(value_parser = types(), ignore_case = true)]
    what: String,

    /// The proxy's name, as `netloft ps` shows it
    #[arg(add = ArgValueCandidates::new(complete::proxies))]
    proxy: String,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

/// The types there are, each also by its API's name.
fn types() -> PossibleValuesParser {
    let types = type_names().map(|(noun, api)| PossibleValue::new(noun).alias(api));
    PossibleValuesParser::new(types.chain([PossibleValue::new(ALL_TYPES)]))
}

pub(super) async fn run(args: Args) -> Result<(), Failure> {
    let path = format!("/v1/proxies/{}/xds/{}", escaped(&args.proxy), args.what);
    let resources: Resources = args.server.get(&path).await?;
    let rows = || {
        let rows: Vec<Vec<String>> = resources
            .resources
            .iter()
            .map(|one| {
                let from = one.from.first().map(told).unwrap_or_default();
                let more = one.from.len().saturating_sub(1);
                let from = if more > 0 {
                    format!("{from} +{more}")
                } else {
                    from
                };
                vec![
                    one.api.clone(),
                    one.name.clone(),
                    one.state.clone(),
                    one.version.clone(),
                    from,
                ]
            })
            .collect();
        table(&["TYPE", "NAME", "STATE", "VERSION", "FROM"], &rows)
    };
    let names = || {
        resources
            .resources
            .iter()
            .map(|one| one.name.clone())
            .collect()
    };
    args.output.show(&resources, rows, names)
}
