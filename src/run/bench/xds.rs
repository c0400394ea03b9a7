//! `netloft bench xds`: how fast an xDS server is, and what it costs, seen from its proxies.
//!
//! The proxies are simulated as cheaply as they can be, so that what is measured is the server: one
//! task a connection, no message types, requests from parts that are encoded once. They ask as
//! Envoy does and acknowledge all they are given. Figures: how long until all proxies have what
//! they ask for when they connect and when they come back, and until each has acknowledged a change;
//! bytes; processor time and memory of the server, where it runs on this machine.
//!
//! Absent on purpose: TLS, types beyond clusters, endpoints, listeners and routes, and rejections.

mod board;
mod change;
mod fleet;
mod kind;
mod link;
mod node;
mod process;
mod proxy;
mod report;
mod shared;
#[cfg(test)]
mod tests;
mod wire;

use std::{io::IsTerminal as _, net::SocketAddr, time::Duration};

use change::By;
use fleet::{Fleet, Pace, Plan};
use node::Node;
use wire::Dialect;

use crate::cli::{self, Output, Server};

/// Connects simulated proxies to an xDS server and measures what they see of it.
///
/// They ask for clusters, their endpoints, listeners and their routes, as Envoy does over one
/// aggregated stream, and acknowledge everything.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The xDS server
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7701")]
    grpc: SocketAddr,

    /// How many proxies
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    proxies: u32,

    /// How they speak
    #[arg(long, value_enum, default_value_t = Dialect::Delta)]
    dialect: Dialect,

    /// Proxies that share a connection
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    streams: u32,

    /// Loopback addresses, 127.0.0.1 and on, to connect from: each has about 28,000 ports
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=i64::from(link::SOURCES)))]
    sources: u8,

    #[command(flatten)]
    node: Node,

    #[command(flatten)]
    by: By,

    /// How many changes to make
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=i64::from(change::MOST)))]
    changes: u32,

    /// Changes a second; without it the next one waits until all proxies have the last
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,

    /// Drop all connections at the end, and let every proxy come back with what it has (delta)
    #[arg(long)]
    reconnect: bool,

    /// Seconds to stay connected while nothing happens
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    idle: u32,

    /// Process id of the server, where it runs on this machine: its CPU and memory are measured
    #[arg(long)]
    pid: Option<u32>,

    /// POST to this URL before memory is read, so that a server can collect its garbage
    #[arg(long, value_name = "URL")]
    collect: Option<String>,

    /// Seconds to wait at most, for all to connect and for one change to arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    timeout: u32,

    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    server: Server,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "it must be a number".to_owned())?;
    let fits = rate > 0.0 && rate <= 10_000.0;
    fits.then_some(rate)
        .ok_or("it must be more than 0 and at most 10000".to_owned())
}

pub(super) async fn run(args: Args) -> Result<(), cli::Failure> {
    let output = args.output.clone();
    let report = Fleet::measure(args.plan()?).await?;
    output.show(
        &report,
        || cli::table(&["WHAT", "FIGURE"], &report.rows()),
        Vec::new,
    )?;
    match report.lost {
        0 => Ok(()),
        lost => Err(cli::Failure::other(format!(
            "{lost} of {} proxies lost their stream: {}",
            report.proxies,
            report.reason.as_deref().unwrap_or_default()
        ))),
    }
}

impl Args {
    fn plan(self) -> Result<Plan, cli::Failure> {
        let proxies = self.proxies as usize;
        self.node.check(proxies)?;
        if self.reconnect && self.dialect == Dialect::Sotw {
            return Err(cli::Failure::usage(
                "--reconnect is for --dialect delta: in SotW a server may say nothing to a client \
                 that comes back, so there is no end to measure",
            ));
        }
        if self.pid.is_some_and(|id| process::Usage::of(id).is_none()) {
            return Err(cli::Failure::usage(
                "--pid: there is no such process here, or this system does not tell what it uses",
            ));
        }
        Ok(Plan {
            server: self.grpc,
            proxies,
            dialect: self.dialect,
            streams: self.streams as usize,
            sources: self.sources,
            node: self.node,
            driver: self.by.driver(self.server)?,
            changes: self.changes,
            pace: self.rate.map_or(Pace::OneByOne, |rate| {
                Pace::Every(Duration::from_secs_f64(1.0 / rate))
            }),
            reconnect: self.reconnect,
            idle: Duration::from_secs(self.idle.into()),
            process: self.pid,
            collect: self.collect,
            bound: Duration::from_secs(self.timeout.into()),
            progress: std::io::stderr().is_terminal(),
        })
    }
}
