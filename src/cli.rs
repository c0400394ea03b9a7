//! Client verbs of the command line, one a file: a client of the REST API, and what needs no server.
//!
//! A verb is a file with `Args` and `run`, and one line in `verbs!` below.

mod apply;
mod bootstrap;
mod check;
mod client;
mod complete;
mod completion;
mod connection;
mod context;
mod contexts;
pub mod data_dir;
mod delete;
mod describe;
mod diff;
mod edit;
mod eject;
mod explain;
mod failure;
pub mod files;
mod get;
mod grpc_bootstrap;
mod import;
mod jsonpath;
mod live;
mod log;
pub mod man;
mod output;
mod overlay;
mod paint;
mod pc;
mod plan;
mod ps;
mod reporting;
mod show;
mod stat;
mod validate;
mod usage;
mod verb;
mod wait;

pub use client::Server;
pub use complete::answer as complete;
pub use failure::{Failure, failed};
pub use output::{Format, Output, table};
pub use paint::{Colour, Terminal};
pub use usage::not_understood;

verb::verbs! {
    /// Applies documents in one transaction
    Apply(apply)
    /// Compares files with what the server has
    Diff(diff)
    /// Shows documents
    Get(get)
    /// Shows one document, how it is, what it was compiled into, and what is wrong with it
    Describe(describe)
    /// Changes one document in your editor
    Edit(edit)
    /// Deletes documents
    Delete(delete)
    /// Shows revisions, newest first
    Log(log)
    /// Shows what a revision changed, or how two differ
    Show(show)
    /// Waits until a revision is live, or a document has a condition
    Wait(wait)
    /// Checks files without a server
    Validate(validate)
    /// Explains a kind, a field of it, or a code
    Explain(explain)
    /// Shows what every proxy was sent, accepted and rejected
    Ps(ps)
    /// Shows what traffic does: rates, errors and times by proxy and cluster
    Stat(stat)
    /// Shows the resources that one proxy is given
    #[command(visible_alias = "proxy-config")]
    Pc(pc)
    /// Prints what an Envoy needs to find its control plane
    Bootstrap(bootstrap)
    /// Prints what a gRPC client or server without a proxy needs to find its control plane
    GrpcBootstrap(grpc_bootstrap)
    /// Prints what makes an Envoy report what it does, whoever configures it
    Overlay(overlay)
    /// Checks that all is well: the server and its proxies, or this machine
    Check(check)
    /// Makes documents of an Envoy's own configuration
    Import(import)
    /// Writes a static file of what a proxy is given: for an Envoy without a control plane
    Eject(eject)
    /// Shows, adds and chooses the servers that verbs talk to
    Context(context)
    /// Prints what a shell has to read to complete words
    Completion(completion)
}
