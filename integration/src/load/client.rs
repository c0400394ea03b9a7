//! The sending side: a clock that starts requests, and the connections kept between them.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Method;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::{Load, Outcome, Report};
use crate::{
    backend::BACKEND,
    http::{Answer, Failure, TIMEOUT, answer, connect, request},
};

type Sender = SendRequest<Full<Bytes>>;

/// Connections that wait for their next request.
#[derive(Debug, Default)]
struct Kept(Mutex<Vec<Sender>>);

impl Kept {
    // The mutex is never held over an await, and what it guards is one push or pop.
    fn take(&self) -> Option<Sender> {
        let mut kept = self.0.lock().expect("no holder panics");
        // Closed by the proxy in the meantime: as any client would, take another.
        while let Some(sender) = kept.pop() {
            if !sender.is_closed() {
                return Some(sender);
            }
        }
        None
    }

    fn put(&self, sender: Sender) {
        self.0.lock().expect("no holder panics").push(sender);
    }
}

/// Starts requests at the load's rate until told to stop; then waits for what is under way.
pub(super) async fn keep_sending(load: Load, mut stopped: watch::Receiver<bool>) -> Report {
    let started = Instant::now();
    let kept = Arc::new(Kept::default());
    let load = Arc::new(load);
    let mut clock = interval(Duration::from_secs(1) / load.rate.max(1));
    // A late tick is made good: the rate is of requests started, not of pauses kept.
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    let mut outcomes = Vec::new();
    for number in 0_u64.. {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            _ = clock.tick() => {}
        }
        let (load, kept) = (Arc::clone(&load), Arc::clone(&kept));
        let keep = number % 2 == 0;
        under_way.spawn(async move { one(&load, &kept, keep, started).await });
        while let Some(done) = under_way.try_join_next() {
            outcomes.push(done.expect("a request does not panic"));
        }
    }
    outcomes.extend(under_way.join_all().await);
    Report::new(outcomes, started.elapsed())
}

/// Sends `count` requests, eight at a time.
pub(super) async fn send(load: &Load, count: usize) -> Report {
    const AT_ONCE: usize = 8;
    let started = Instant::now();
    let kept = Arc::new(Kept::default());
    let mut workers = JoinSet::new();
    for worker in 0..AT_ONCE {
        let (load, kept) = (load.clone(), Arc::clone(&kept));
        workers.spawn(async move {
            let mut outcomes = Vec::new();
            for number in (worker..count).step_by(AT_ONCE) {
                outcomes.push(one(&load, &kept, number % 16 < AT_ONCE, started).await);
            }
            outcomes
        });
    }
    let outcomes = workers.join_all().await.into_iter().flatten().collect();
    Report::new(outcomes, started.elapsed())
}

/// One request: on a kept connection when there is one and `keep`, else on a new one.
async fn one(load: &Load, kept: &Kept, keep: bool, started: Instant) -> Outcome {
    let at = started.elapsed();
    let result = match timeout(TIMEOUT, exchange(load, kept, keep)).await {
        Ok(Ok(answer)) => Ok((answer.status, answer.header(BACKEND).to_owned())),
        Ok(Err(failure)) => Err(chain(failure.as_ref())),
        Err(_) => Err(format!("no answer within {TIMEOUT:?}")),
    };
    Outcome {
        at,
        took: started.elapsed().saturating_sub(at),
        result,
    }
}

async fn exchange(load: &Load, kept: &Kept, keep: bool) -> Result<Answer, Failure> {
    let request = request(Method::GET, &load.host, &load.path, Bytes::new())?;
    let mut sender = match keep.then(|| kept.take()).flatten() {
        Some(sender) => sender,
        None => connect(load.address).await?,
    };
    let answer = answer(&mut sender, request).await?;
    if keep && sender.ready().await.is_ok() {
        kept.put(sender);
    }
    Ok(answer)
}

fn chain(failure: &(dyn std::error::Error + 'static)) -> String {
    let mut text = failure.to_string();
    let mut next = failure.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
