//! `GET /v1/wait`: is a revision live. Answers when every proxy has, or when time is up.
//!
//! Woken by what happens on streams, and then looks again at those streams alone. There is no clock
//! in it but the caller's own bound.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, SystemTime},
};

use axum::{Json, extract::State as Shared};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    State,
    error::ApiError,
    extract::{Query, duration},
    proxies::{by_proxy, held, rejected, time},
    types::{Progress, ProxyProgress, Wait, WaitCounts, WaitState, Waiting},
};
use crate::{
    catalog::Current,
    snapshot::{Generation, Revision},
    telemetry::{
        journal::{Carrier, Happening},
        progress::{Standing, Target},
    },
    xds::cache::{StreamId, StreamStatus},
};

/// How long is waited where the caller does not say.
const WAIT: Duration = Duration::from_secs(30);

/// Longest wait.
const LONGEST: Duration = Duration::from_secs(600);

/// Names of pending resources that are listed for each proxy.
const LISTED: usize = 100;

/// Notices looked at in one go.
const AT_ONCE: usize = 1_024;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Question {
    /// Which revision; absent: the newest.
    revision: Option<u64>,
    /// How long to wait at most; absent: 30 s.
    #[serde(default, deserialize_with = "duration")]
    #[schemars(with = "Option<String>")]
    timeout: Option<Duration>,
}

pub(super) async fn get(
    Shared(state): Shared<State>,
    Query(question): Query<Question>,
) -> Result<Json<Wait>, ApiError> {
    let newest = state.catalog.current().revision;
    let revision = question.revision.map_or(newest, Revision);
    if revision > newest {
        return Err(ApiError::not_found(format!(
            "there is no revision {revision}: the newest is {newest}"
        )));
    }
    let timeout = question.timeout.unwrap_or(WAIT);
    if timeout > LONGEST {
        return Err(ApiError::bad_request(format!(
            "timeout is {} s; the longest wait is {} s",
            timeout.as_secs(),
            LONGEST.as_secs()
        )));
    }
    let committed = committed_at(&state, revision).await?;
    let timed_out = tokio::select! {
        biased;
        () = settled(&state, revision) => false,
        () = tokio::time::sleep(timeout) => true,
        () = state.stopping() => true,
    };
    Ok(Json(report(&state, revision, committed, timed_out)))
}

/// When `revision` was committed, as far as history tells.
async fn committed_at(state: &State, revision: Revision) -> Result<Option<SystemTime>, ApiError> {
    let next = Revision(revision.0.saturating_add(1));
    let found = state.catalog.revisions(Some(next), 1).await?;
    let this = found.first().filter(|info| info.revision.0 == revision.0);
    Ok(this.map(|info| SystemTime::UNIX_EPOCH + Duration::from_millis(info.meta.at)))
}

/// Returns once no proxy is left to answer `revision`.
async fn settled(state: &State, revision: Revision) {
    if !state.compiled.reached(revision).await {
        // The server is stopping, which its caller sees as well.
        return std::future::pending().await;
    }
    let journal = &state.telemetry.journal;
    let mut watch = journal.watch();
    loop {
        let Some(carrier) = carrier(state, revision) else {
            return;
        };
        let target = Target::new(&carrier);
        // Before looking: what happens from here on is not missed.
        let mut seen = journal.latest();
        let mut open = unsettled(&target, &state.cache.streams());
        while !open.is_empty() {
            if watch.wait_for(|latest| *latest > seen).await.is_err() {
                return;
            }
            let Ok(notices) = journal.after(seen, AT_ONCE) else {
                break; // too much has happened: look at everything again
            };
            let mut touched = BTreeSet::new();
            let mut published = false;
            for notice in notices {
                seen = notice.number;
                match &notice.what {
                    Happening::Stream { stream, .. } => drop(touched.insert(*stream)),
                    Happening::Published { .. } => published = true,
                    Happening::Committed { .. } => {}
                }
            }
            if published {
                break; // what was pending may be superseded
            }
            for id in touched {
                let stream = state.cache.stream(id);
                if stream.is_some_and(|stream| !target.standing(&stream).is_settled()) {
                    open.insert(id);
                } else {
                    open.remove(&id);
                }
            }
        }
        if open.is_empty() && unsettled(&target, &state.cache.streams()).is_empty() {
            return;
        }
    }
}

fn carrier(state: &State, revision: Revision) -> Option<Carrier> {
    let publications = state.cache.publications_after(Generation::default());
    Carrier::of(revision, &publications)
}

fn unsettled(target: &Target, streams: &[StreamStatus]) -> BTreeSet<StreamId> {
    let open = streams
        .iter()
        .filter(|stream| !target.standing(stream).is_settled());
    open.map(|stream| stream.id).collect()
}

/// Where everyone stands now.
fn report(
    state: &State,
    revision: Revision,
    committed: Option<SystemTime>,
    timed_out: bool,
) -> Wait {
    let published = state.compiled.revision();
    let carrier = carrier(state, revision)
        .filter(|_| published.is_some_and(|published| published >= revision));
    let mut wait = Wait {
        revision: revision.0,
        state: WaitState::Compiling,
        timed_out,
        published: published.map(|revision| revision.0),
        counts: WaitCounts::default(),
        proxies: Vec::new(),
        exact: carrier.as_ref().is_some_and(|carrier| carrier.exact),
        took_ms: None,
    };
    let Some(carrier) = carrier else {
        return wait;
    };
    let target = Target::new(&carrier);
    let current = state.catalog.current();
    let streams = state.cache.streams();
    for streams in by_proxy(&streams) {
        wait.proxies
            .push(progress(state, &target, &streams, &current, committed));
    }
    for gone in state.telemetry.offline() {
        wait.proxies.push(ProxyProgress {
            since: Some(time(gone.since)),
            ..nothing(gone.proxy.to_string(), Progress::Offline)
        });
    }
    wait.proxies.sort_by(|a, b| a.name.cmp(&b.name));
    let count = |state| wait.proxies.iter().filter(|it| it.state == state).count();
    wait.counts = WaitCounts {
        acked: count(Progress::Acked),
        pending: count(Progress::Pending),
        rejected: count(Progress::Rejected),
        offline: count(Progress::Offline),
        not_affected: count(Progress::NotAffected),
    };
    wait.state = match wait.counts {
        WaitCounts { pending: 1.., .. } => WaitState::Pending,
        WaitCounts { rejected: 1.., .. } => WaitState::Rejected,
        _ => WaitState::Live,
    };
    if wait.state == WaitState::Live {
        let acked = wait.proxies.iter().filter(|it| it.state == Progress::Acked);
        let times: Option<Vec<f64>> = acked.map(|proxy| proxy.took_ms).collect();
        wait.took_ms = times.and_then(|times| times.into_iter().reduce(f64::max));
    }
    wait
}

/// Where the proxy of `streams` stands.
fn progress(
    state: &State,
    target: &Target,
    streams: &[&StreamStatus],
    current: &Current,
    committed: Option<SystemTime>,
) -> ProxyProgress {
    let name = streams.first().map(|stream| stream.peer.proxy.to_string());
    let mut progress = nothing(name.unwrap_or_default(), Progress::NotAffected);
    let mut last = Some(SystemTime::UNIX_EPOCH);
    for stream in streams {
        let standing = target.standing(stream);
        if standing.affected.is_empty() {
            continue;
        }
        progress.state = Progress::Acked;
        let arrived = state
            .telemetry
            .arrived(stream.id, target.generation(), &standing.affected);
        last = last.zip(arrived).map(|(one, other)| one.max(other));
        add(&mut progress, stream, &standing, current);
    }
    if !progress.pending.is_empty() {
        progress.state = Progress::Pending;
    } else if !progress.rejected.is_empty() {
        progress.state = Progress::Rejected;
    } else if progress.state == Progress::Acked {
        let took = committed
            .zip(last)
            .and_then(|(from, to)| to.duration_since(from).ok());
        progress.took_ms = took.map(|took| took.as_secs_f64() * 1e3);
    }
    progress.pending.truncate(LISTED);
    progress
}

/// Adds what keeps `stream` from having it all.
fn add(
    progress: &mut ProxyProgress,
    stream: &StreamStatus,
    standing: &Standing,
    current: &Current,
) {
    for status in &stream.types {
        let of = |names: &[(_, std::sync::Arc<str>)]| -> BTreeMap<_, ()> {
            let names = names.iter().filter(|(ty, _)| *ty == status.ty);
            names.map(|(_, name)| (name.clone(), ())).collect()
        };
        let (pending, refused) = (of(&standing.pending), of(&standing.rejected));
        let api = status.ty.info().api;
        progress.pending.extend(pending.keys().map(|name| Waiting {
            api: api.to_owned(),
            name: name.to_string(),
        }));
        let waits = status.held.iter();
        let waits = waits.filter(|held| pending.contains_key(&held.name));
        progress
            .held
            .extend(waits.map(|one| held(status, one, false)));
        let said_no = status.rejected.iter();
        let said_no = said_no.filter(|one| refused.contains_key(&one.name));
        progress
            .rejected
            .extend(said_no.map(|one| rejected(status, one, current)));
    }
}

fn nothing(name: String, state: Progress) -> ProxyProgress {
    ProxyProgress {
        name,
        state,
        took_ms: None,
        pending: Vec::new(),
        rejected: Vec::new(),
        held: Vec::new(),
        since: None,
    }
}
