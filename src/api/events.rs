//! `GET /v1/events`: what happens, as server-sent events that can be resumed.
//!
//! A reader has a place in telemetry's journal and no queue: one that is too slow is told that it
//! has missed something, and its stream ends.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State as Shared,
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as Message, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::watch;

use super::{
    State,
    error::ApiError,
    extract::Query,
    proxies::time,
    types::{Committed, Connection, Event, EventBody, Published, Verdict},
};
use crate::{
    catalog::Catalog,
    snapshot::{Generation, Revision},
    telemetry::{
        Telemetry,
        journal::{Forgotten, Happening, Notice, Turn},
    },
    xds::cache::Cache,
};

/// A comment is sent after this long without an event, so that both ends notice a dead connection.
const SILENCE: Duration = Duration::from_secs(15);

/// Events read from the journal in one go.
const AT_ONCE: usize = 256;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// The cursor behind which to begin; absent: now. `start`: the oldest that is remembered.
    since: Option<String>,
}

pub(super) async fn get(
    Shared(state): Shared<State>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let resumed = headers
        .get("last-event-id")
        .map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let journal = &state.telemetry.journal;
    let after = match resumed.or(from.since).as_deref() {
        None => journal.latest(),
        Some("start") => journal.oldest() - 1,
        Some(cursor) => read(&state, cursor)?,
    };
    if let Err(forgotten) = journal.after(after, 0) {
        return Err(gone(&forgotten.to_string()));
    }
    let events = Sse::new(follow(state, after));
    Ok(events
        .keep_alive(KeepAlive::new().interval(SILENCE))
        .into_response())
}

/// The notice that `cursor` stands for.
fn read(state: &State, cursor: &str) -> Result<u64, ApiError> {
    let malformed = || {
        ApiError::bad_request(format!(
            "{cursor:?} is no cursor of an event of this server"
        ))
    };
    let (process, number) = cursor.split_once('-').ok_or_else(malformed)?;
    let number: u64 = number.parse().map_err(|_| malformed())?;
    if *process != *state.process {
        return Err(gone(
            "the cursor is of an earlier run of this server, whose events are gone",
        ));
    }
    if number > state.telemetry.journal.latest() {
        return Err(malformed());
    }
    Ok(number)
}

fn gone(why: &str) -> ApiError {
    let what = "read /v1/proxies and /v1/revisions anew, then follow without a cursor";
    ApiError::gone(format!("{why}: {what}"))
}

struct Reader {
    state: State,
    latest: watch::Receiver<u64>,
    after: u64,
    read: VecDeque<Arc<Notice>>,
    ended: bool,
}

/// The events behind notice `after`, for as long as the server runs and the reader keeps up.
fn follow(state: State, after: u64) -> impl Stream<Item = Result<Message, Infallible>> {
    let reader = Reader {
        latest: state.telemetry.journal.watch(),
        state,
        after,
        read: VecDeque::new(),
        ended: false,
    };
    stream::unfold(reader, |mut reader| async move {
        let message = reader.next().await?;
        Some((Ok(message), reader))
    })
}

impl Reader {
    async fn next(&mut self) -> Option<Message> {
        if self.ended {
            return None;
        }
        while self.read.is_empty() {
            let after = self.after;
            tokio::select! {
                biased;
                () = self.state.stopping() => return None,
                more = self.latest.wait_for(|latest| *latest > after) => drop(more.ok()?),
            }
            match self.state.telemetry.journal.after(after, AT_ONCE) {
                Ok(notices) => self.read.extend(notices),
                Err(forgotten) => return Some(self.missed(forgotten)),
            }
        }
        let notice = self.read.pop_front()?;
        self.after = notice.number;
        Some(message(&self.state.process, &notice))
    }

    /// The last message of a reader that was too slow.
    fn missed(&mut self, forgotten: Forgotten) -> Message {
        self.ended = true;
        let problem = gone(&forgotten.to_string()).problem();
        Message::default()
            .event("gone")
            .json_data(problem)
            .unwrap_or_default()
    }
}

fn message(process: &str, notice: &Notice) -> Message {
    let event = Event {
        cursor: format!("{process}-{}", notice.number),
        at: time(notice.at),
        body: body(&notice.what),
    };
    let name = match &event.body {
        EventBody::Committed(_) => "committed",
        EventBody::Published(_) => "published",
        EventBody::Connected(_) => "connected",
        EventBody::Disconnected(_) => "disconnected",
        EventBody::Accepted(_) => "accepted",
        EventBody::Rejected(_) => "rejected",
    };
    let message = Message::default().event(name).id(&event.cursor);
    // Fails for no event: each is a flat object of texts and numbers.
    message.json_data(&event).unwrap_or_default()
}

fn body(what: &Happening) -> EventBody {
    match what {
        Happening::Committed {
            revision,
            author,
            message,
            documents,
        } => EventBody::Committed(Committed {
            revision: revision.0,
            author: author.clone(),
            message: message.clone(),
            documents: *documents,
        }),
        Happening::Published {
            revision,
            scopes,
            names,
        } => EventBody::Published(Published {
            revision: revision.0,
            scopes: *scopes,
            names: *names,
        }),
        Happening::Stream {
            stream,
            proxy,
            turn,
        } => {
            let (proxy, stream) = (proxy.to_string(), stream.0);
            match turn {
                Turn::Opened => EventBody::Connected(Connection { proxy, stream }),
                Turn::Closed => EventBody::Disconnected(Connection { proxy, stream }),
                Turn::Accepted {
                    api,
                    revision,
                    took,
                } => EventBody::Accepted(Verdict {
                    proxy,
                    stream,
                    api: (*api).to_owned(),
                    revision: revision.0,
                    took_ms: Some(took.as_secs_f64() * 1e3),
                    names: Vec::new(),
                    error: None,
                }),
                Turn::Rejected {
                    api,
                    revision,
                    names,
                    error,
                } => EventBody::Rejected(Verdict {
                    proxy,
                    stream,
                    api: (*api).to_owned(),
                    revision: revision.0,
                    took_ms: None,
                    names: names.iter().map(ToString::to_string).collect(),
                    error: Some(error.to_string()),
                }),
            }
        }
    }
}

/// Writes revisions and publications into the journal, in their order, until the catalog is gone.
pub async fn chronicle(catalog: Arc<Catalog>, cache: Arc<Cache>, telemetry: Arc<Telemetry>) {
    let mut documents = catalog.watch();
    let mut publications = cache.watch();
    let mut revision = documents.borrow_and_update().revision;
    let mut generation = *publications.borrow_and_update();
    // The task must not keep the catalog: it ends with it.
    let catalog = {
        let weak = Arc::downgrade(&catalog);
        drop(catalog);
        weak
    };
    loop {
        tokio::select! {
            changed = documents.changed() => if changed.is_err() { return },
            changed = publications.changed() => if changed.is_err() { return },
        }
        let newest = documents.borrow_and_update().revision;
        let Some(catalog) = catalog.upgrade() else {
            return;
        };
        note_revisions(&catalog, &telemetry, revision, newest).await;
        revision = newest;
        publications.mark_unchanged();
        for publication in cache.publications_after(generation) {
            generation = Generation(generation.0.max(publication.generation.0));
            let at = std::time::SystemTime::now();
            telemetry.journal.published(at, &publication);
        }
    }
}

/// Notes the revisions behind `known` up to `newest`, oldest first.
async fn note_revisions(
    catalog: &Catalog,
    telemetry: &Telemetry,
    known: Revision,
    newest: Revision,
) {
    let count = usize::try_from(newest.0.saturating_sub(known.0)).unwrap_or(usize::MAX);
    if count == 0 {
        return;
    }
    let before = Revision(newest.0.saturating_add(1));
    let limit = count.min(4_096);
    match catalog.revisions(Some(before), limit).await {
        Ok(found) => {
            for info in found.iter().rev() {
                let at = std::time::SystemTime::UNIX_EPOCH + Duration::from_millis(info.meta.at);
                let made = (Revision(info.revision.0), info.keys.len());
                let meta = &info.meta;
                telemetry
                    .journal
                    .committed(at, made, &meta.author, &meta.message);
            }
        }
        Err(error) => tracing::warn!(%error, "revisions cannot be read for the journal"),
    }
}
