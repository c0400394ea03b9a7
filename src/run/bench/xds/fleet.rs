//! A run: all proxies, phase by phase.

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    board::Board,
    change::{self, Driver},
    link::{self, Target},
    node::Node,
    process::Usage,
    proxy::Proxy,
    report::{Changes, Cost, Idle, Loads, Report, Times, Used},
    shared::Shared,
    wire::Dialect,
};
use crate::cli;

/// What to do.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) server: SocketAddr,
    pub(super) proxies: usize,
    pub(super) dialect: Dialect,
    /// Proxies that share a connection.
    pub(super) streams: usize,
    pub(super) sources: u8,
    pub(super) node: Node,
    pub(super) driver: Option<Driver>,
    pub(super) changes: u32,
    pub(super) pace: Pace,
    pub(super) reconnect: bool,
    pub(super) idle: Duration,
    pub(super) process: Option<u32>,
    pub(super) collect: Option<String>,
    pub(super) bound: Duration,
    pub(super) progress: bool,
}

/// When the next change is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// When all have the last one.
    OneByOne,
    /// Whether they have it or not.
    Every(Duration),
}

/// Connections that are being opened at once.
const OPENING: usize = 256;

/// Longest wait for the server to be done with what it was told last.
const SETTLE: Duration = Duration::from_secs(3);

/// The proxies of a run, connected.
pub(super) struct Fleet {
    plan: Plan,
    board: Arc<Board>,
    stop: watch::Sender<bool>,
    links: Vec<JoinHandle<Vec<Proxy>>>,
}

impl Fleet {
    /// Does what `plan` says.
    pub(super) async fn measure(plan: Plan) -> Result<Report, cli::Failure> {
        let shared = Arc::new(Shared::default());
        let proxies = (0..plan.proxies)
            .map(|number| Proxy::new(shared.clone(), plan.dialect, plan.node.message(number)));
        let proxies = proxies.collect();
        let mut report = Report {
            server: plan.server.to_string(),
            dialect: plan.dialect,
            proxies: plan.proxies,
            connections: plan.proxies.div_ceil(plan.streams),
            lost: 0,
            reason: None,
            connect: Loads::default(),
            changes: None,
            reconnect: None,
            idle: None,
        };
        collect(&plan).await?;
        let before = used(&plan);
        let mut fleet = Self::connect(plan, proxies);
        report.connect = fleet.loads(before).await?;
        if let Some(driver) = fleet.plan.driver.take() {
            report.changes = Some(fleet.change(&driver).await?);
        }
        if !fleet.plan.idle.is_zero() {
            report.idle = Some(fleet.idle().await?);
        }
        fleet.note(&mut report);
        if fleet.plan.reconnect {
            let (plan, proxies) = fleet.disconnect().await;
            settled(&plan).await;
            let before = used(&plan);
            fleet = Self::connect(plan, proxies);
            report.reconnect = Some(fleet.loads(before).await?);
            fleet.note(&mut report);
        }
        fleet.disconnect().await;
        Ok(report)
    }

    fn connect(plan: Plan, proxies: Vec<Proxy>) -> Self {
        let board = Arc::new(Board::new(proxies.len()));
        let target = Arc::new(Target {
            server: plan.server,
            sources: plan.sources,
            opening: Semaphore::new(OPENING),
        });
        let (stop, stopped) = watch::channel(false);
        let mut links = Vec::with_capacity(proxies.len().div_ceil(plan.streams));
        let mut proxies = proxies.into_iter();
        loop {
            let some: Vec<_> = proxies.by_ref().take(plan.streams).collect();
            if some.is_empty() {
                break;
            }
            let (target, board, stopped) = (target.clone(), board.clone(), stopped.clone());
            links.push(tokio::spawn(link::run(
                links.len(),
                some,
                target,
                board,
                stopped,
            )));
        }
        Self {
            plan,
            board,
            stop,
            links,
        }
    }

    /// Ends all connections; the proxies keep what they have.
    async fn disconnect(self) -> (Plan, Vec<Proxy>) {
        // Those that are gone already have nothing to stop.
        let _ = self.stop.send(true);
        let mut proxies = Vec::with_capacity(self.plan.proxies);
        for link in self.links {
            proxies.extend(link.await.unwrap_or_default());
        }
        (self.plan, proxies)
    }

    fn note(&self, report: &mut Report) {
        let tally = self.board.counted();
        report.lost += tally.lost;
        report.reason = report.reason.take().or(tally.reason);
    }

    /// Waits until all have what they ask for.
    async fn loads(&self, before: Used) -> Result<Loads, cli::Failure> {
        let progress = self.progress("connected");
        let all = self
            .board
            .until(self.plan.bound, |tally| tally.all_loaded())
            .await;
        progress.end();
        let (loaded, lost) = self.board.standing();
        if loaded == 0 {
            let reason = self.board.counted().reason;
            let reason = reason.unwrap_or("none got all it asked for in time".to_owned());
            return Err(cli::Failure::unreachable(format!(
                "nothing to measure at {}: {reason}",
                self.plan.server
            )));
        }
        if !all {
            let left = self.plan.proxies - loaded - lost;
            let seconds = self.plan.bound.as_secs();
            self.board
                .lost(left, format!("not all it asked for within {seconds} s"));
        }
        settled(&self.plan).await;
        collect(&self.plan).await?;
        let (tally, traffic) = (self.board.counted(), self.board.traffic());
        Ok(Loads::new(tally, traffic, before, used(&self.plan)))
    }

    async fn change(&self, driver: &Driver) -> Result<Changes, cli::Failure> {
        let before = (used(&self.plan), self.board.traffic());
        let begun = Instant::now();
        let progress = self.progress("connected");
        let made = self.make(driver).await;
        let all = self
            .board
            .until(self.plan.bound, |tally| tally.all_changed())
            .await;
        progress.end();
        made?;
        let wall = begun.elapsed();
        settled(&self.plan).await;
        let after = used(&self.plan);
        let tally = self.board.counted();
        if !all {
            let seconds = self.plan.bound.as_secs();
            let newest = tally.changes.last().map_or(0, |change| change.acknowledged);
            let late = (self.plan.proxies - tally.lost).saturating_sub(newest);
            self.board
                .lost(late, format!("not the last change within {seconds} s"));
        }
        let made = tally.changes.len();
        Ok(Changes {
            made,
            acknowledged: tally.arrivals.len(),
            overtaken: tally.changes.iter().map(|change| change.overtaken).sum(),
            seconds: wall.as_secs_f64(),
            until_acknowledged: Times::of(tally.arrivals),
            until_all: Times::of(tally.changes.iter().map(|change| change.last).collect()),
            traffic: self.board.traffic().since(before.1),
            cost: Cost::of(before.0, after, wall, made * self.plan.proxies),
        })
    }

    async fn make(&self, driver: &Driver) -> Result<(), cli::Failure> {
        let mut every = match self.plan.pace {
            Pace::Every(period) => Some(interval(period)),
            Pace::OneByOne => None,
        };
        if let Some(every) = &mut every {
            // A server that is slow to take a change is asked for the next ones at once.
            every.set_missed_tick_behavior(MissedTickBehavior::Burst);
        }
        for _ in 0..self.plan.changes {
            if let Some(every) = &mut every {
                every.tick().await;
            }
            driver.make(self.board.change()).await?;
            let one_by_one = every.is_none();
            if one_by_one
                && !self
                    .board
                    .until(self.plan.bound, |tally| tally.all_changed())
                    .await
            {
                break;
            }
        }
        Ok(())
    }

    async fn idle(&self) -> Result<Idle, cli::Failure> {
        let (before, begun) = (used(&self.plan), Instant::now());
        sleep(self.plan.idle).await;
        let (after, wall) = (used(&self.plan), begun.elapsed());
        collect(&self.plan).await?;
        Ok(Idle {
            seconds: wall.as_secs_f64(),
            cost: Cost::of(before, after, wall, self.plan.proxies),
            resident: used(&self.plan).0.map(|usage| usage.resident),
        })
    }

    /// Shows how it stands, on a terminal.
    fn progress(&self, what: &'static str) -> Progress {
        let (board, proxies) = (self.board.clone(), self.plan.proxies);
        Progress(self.plan.progress.then(|| {
            tokio::spawn(async move {
                loop {
                    let (loaded, lost) = board.standing();
                    let changes = board.counted().changes.len();
                    say(&format!(
                        "\r{what} {loaded} of {proxies}, {lost} lost, {changes} changes "
                    ));
                    sleep(Duration::from_millis(200)).await;
                }
            })
        }))
    }
}

struct Progress(Option<JoinHandle<()>>);

impl Progress {
    fn end(self) {
        if let Some(task) = self.0 {
            task.abort();
            say("\r\u{1b}[K");
        }
    }
}

/// Nobody reading it is no failure.
fn say(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

fn used(plan: &Plan) -> Used {
    (
        plan.process.and_then(Usage::of),
        Usage::of(std::process::id()),
    )
}

async fn collect(plan: &Plan) -> Result<(), cli::Failure> {
    match &plan.collect {
        Some(url) => change::ask(url).await,
        None => Ok(()),
    }
}

/// Waits until the server has nothing to do: the last acknowledgements are on their way to it.
async fn settled(plan: &Plan) {
    let Some(process) = plan.process else {
        return;
    };
    let begun = Instant::now();
    let mut last = None;
    while begun.elapsed() < SETTLE {
        sleep(Duration::from_millis(100)).await;
        let now = Usage::of(process).map(|usage| usage.processor);
        if last == now {
            return;
        }
        last = now;
    }
}
