//! `watch=true`: what becomes of the documents that are selected, an event a line, without a gap.
//!
//! A watch holds a place in the store's history and no queue: events are made when the client takes
//! them. A client that falls behind what history keeps is told 410 and begins again.
//!
//! A document's status changes without a revision: it is then told as modified, with the version it
//! has.
//!
//! Absent on purpose: an end because of silence. Bookmarks tell that a watch lives.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{Form, Objects, Place, Refused, list::Wanted, selection::Selection, version::Version};
use crate::{
    api::State,
    catalog::{self, Change, Changes, Class, Stored},
    model::DocumentKey,
    snapshot::{Generation, Revision},
};

/// How long a watch goes on whose client does not say.
const LONGEST: Duration = Duration::from_secs(45 * 60);
/// Between two bookmarks.
const BOOKMARK: Duration = Duration::from_secs(60);

/// How long news of proxies are gathered before statuses are looked at: an acknowledgement of
/// thousands of proxies is one look.
const NEWS: Duration = Duration::from_millis(100);

/// Marks the bookmark behind the events that tell what is there already.
const INITIAL_END: &str = "k8s.io/initial-events-end";

/// What a client is told, before it is written down.
enum Event {
    Added(Arc<Stored>),
    Modified(Arc<Stored>),
    /// As it was, and the revision that took it away.
    Deleted(Arc<Stored>, Revision),
    /// Nothing happened up to this revision; whether it ends what was there at the beginning.
    Bookmark(Revision, bool),
}

/// Why a watch does something.
enum Woken {
    ToEnd,
    ByTime,
    ByChange(Result<Change, catalog::Error>),
    ByNews,
    ToLook,
}

/// One client's watch.
struct Watch {
    state: State,
    place: Place,
    form: Form,
    selection: Selection,
    changes: Changes,
    /// Told already.
    revision: Revision,
    /// Of each document that was told, a hash of its status.
    told: HashMap<DocumentKey, blake3::Hash>,
    /// What proxies do, and what they are given.
    news: (
        tokio::sync::watch::Receiver<u64>,
        tokio::sync::watch::Receiver<Generation>,
    ),
    /// When statuses are to be looked at.
    look: Option<Instant>,
    events: VecDeque<Event>,
    bookmarks: bool,
    next_bookmark: Instant,
    end: Instant,
    ended: bool,
}

pub(super) async fn watch(
    state: State,
    place: Place,
    form: Form,
    wanted: Wanted,
) -> Result<Response, Refused> {
    let selection = wanted.selection()?;
    let version = wanted.version()?;
    let initial = wanted.send_initial_events;
    if initial == Some(true) && !wanted.allow_watch_bookmarks.unwrap_or_default() {
        return Err(Refused::bad_request(
            "sendInitialEvents needs allowWatchBookmarks=true, for a bookmark ends them",
        ));
    }
    let current = version.wait(&state).await?;
    let bookmarks = wanted.allow_watch_bookmarks.unwrap_or_default();
    let begin = initial.unwrap_or(version == Version::Any);
    let from = match version {
        Version::At(revision, _) if !begin => revision,
        _ => current.revision,
    };
    let mut events = VecDeque::new();
    if begin {
        let all = current.list(place.kind, place.namespace.as_deref());
        let chosen = all.filter(|(_, stored)| selection.fits(&stored.document));
        events.extend(chosen.map(|(_, stored)| Event::Added(stored.clone())));
        if bookmarks {
            events.push_back(Event::Bookmark(from, initial == Some(true)));
        }
    }
    let namespace = place.namespace.as_deref();
    let changes = state.catalog.changes(place.kind, namespace, from).await?;
    let now = Instant::now();
    let longest = wanted.timeout_seconds.map_or(LONGEST, Duration::from_secs);
    let watch = Watch {
        selection,
        changes,
        revision: from,
        told: HashMap::new(),
        news: (state.telemetry.journal.watch(), state.cache.watch()),
        // Who listed and watches from there may have missed what proxies did in between.
        look: (!begin).then_some(now),
        events,
        bookmarks,
        next_bookmark: now + BOOKMARK,
        end: now + longest.min(LONGEST),
        ended: false,
        state,
        place,
        form,
    };
    let lines = stream::unfold(watch, |mut watch| async move {
        let line = watch.line().await?;
        Some((Ok::<_, std::convert::Infallible>(line), watch))
    });
    let mut response = Response::new(Body::from_stream(lines));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

impl Watch {
    /// The next line; none at the end.
    async fn line(&mut self) -> Option<Bytes> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(line(&self.write(&event)));
            }
            if self.ended {
                return None;
            }
            match self.woken().await {
                Woken::ToEnd => self.ended = true,
                Woken::ByTime => {
                    self.next_bookmark += BOOKMARK;
                    self.events.push_back(Event::Bookmark(self.revision, false));
                }
                Woken::ByNews => self.look = Some(Instant::now() + NEWS),
                Woken::ToLook => self.look(),
                Woken::ByChange(change) => {
                    if let Err(refused) = self.take(change).await {
                        self.ended = true;
                        let error = json!({ "type": "ERROR", "object": refused.object() });
                        return Some(line(&error));
                    }
                }
            }
        }
    }

    async fn woken(&mut self) -> Woken {
        let mut stopping = self.state.stopping.clone();
        let (proxies, published) = &mut self.news;
        let quiet = self.form.is_whole() && self.look.is_none();
        tokio::select! {
            biased;
            // A sender that is gone means the same.
            _ = stopping.wait_for(|stop| *stop) => Woken::ToEnd,
            () = sleep_until(self.end) => Woken::ToEnd,
            change = self.changes.next() => Woken::ByChange(change),
            () = sleep_until(self.look.unwrap_or(self.end)), if self.look.is_some() => Woken::ToLook,
            Ok(()) = proxies.changed(), if quiet => Woken::ByNews,
            Ok(()) = published.changed(), if quiet => Woken::ByNews,
            () = sleep_until(self.next_bookmark), if self.bookmarks => Woken::ByTime,
        }
    }

    /// Makes events of the documents whose status is another than was told.
    fn look(&mut self) {
        self.look = None;
        self.news.0.mark_unchanged();
        self.news.1.mark_unchanged();
        let current = self.state.catalog.current();
        let objects = Objects::new(&self.state);
        let all = current.list(self.place.kind, self.place.namespace.as_deref());
        // What changed since is told when its revision is.
        let same = all.filter(|(_, stored)| stored.changed.revision <= self.revision);
        let same = same.filter(|(_, stored)| self.selection.fits(&stored.document));
        for (key, stored) in same {
            let other = |told: &blake3::Hash| *told != hash(&objects.status(stored));
            // What was not told here was listed before, with a status that may be another by now.
            if self.told.get(key).is_none_or(other) {
                self.events.push_back(Event::Modified(stored.clone()));
            }
        }
    }

    /// Makes events of a revision's changes.
    async fn take(&mut self, change: Result<Change, catalog::Error>) -> Result<(), Refused> {
        let change = match change {
            Ok(change) => change,
            Err(error) if error.class() == Class::Unavailable => {
                self.ended = true;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.revision = change.revision;
        for (key, now) in change.documents {
            let fits = |stored: &Arc<Stored>| self.selection.fits(&stored.document);
            let is_new = |now: &Arc<Stored>| now.created.revision == now.changed.revision;
            // What was there before is read only where it decides what this is.
            let before = match &now {
                Some(now) if is_new(now) || !self.selection.depends_on_labels() => None,
                Some(_) | None => {
                    let before = Revision(change.revision.0.saturating_sub(1));
                    self.state.catalog.at(&key, before).await?
                }
            };
            let event = match (before.filter(fits), now) {
                (None, Some(now)) if !fits(&now) => continue,
                (None, Some(now)) if is_new(&now) || self.selection.depends_on_labels() => {
                    Event::Added(now)
                }
                (Some(_), Some(now)) if fits(&now) => Event::Modified(now),
                (None, Some(now)) => Event::Modified(now),
                (Some(before), _) => Event::Deleted(before, change.revision),
                (None, None) => continue,
            };
            self.events.push_back(event);
        }
        Ok(())
    }

    fn write(&mut self, event: &Event) -> Value {
        let objects = Objects::new(&self.state);
        let (kind, mut object) = match event {
            Event::Added(stored) => ("ADDED", objects.render(stored)),
            Event::Modified(stored) => ("MODIFIED", objects.render(stored)),
            Event::Deleted(stored, _) => ("DELETED", objects.render(stored)),
            Event::Bookmark(..) => ("BOOKMARK", self.bookmark()),
        };
        match event {
            Event::Added(stored) | Event::Modified(stored) => {
                let status = object.get("status").cloned();
                self.told.insert(stored.document.key(), hash(&status));
            }
            Event::Deleted(stored, _) => drop(self.told.remove(&stored.document.key())),
            Event::Bookmark(..) => {}
        }
        if let Event::Deleted(_, revision) | Event::Bookmark(revision, _) = event {
            object["metadata"]["resourceVersion"] = json!(revision.to_string());
        }
        if let Event::Bookmark(_, true) = event {
            object["metadata"]["annotations"] = json!({ INITIAL_END: "true" });
        }
        let object = match event {
            Event::Bookmark(..) => self.form.bookmark(object),
            _ => self.form.object(self.place.kind, object),
        };
        json!({ "type": kind, "object": object })
    }

    /// An object of the kind that says nothing.
    fn bookmark(&self) -> Value {
        let facts = self.place.kind.facts();
        json!({
            "kind": facts.kind,
            "apiVersion": facts.api_version(),
            "metadata": { "creationTimestamp": null },
        })
    }
}

fn hash(status: &Option<Value>) -> blake3::Hash {
    let text = status.as_ref().map(Value::to_string);
    blake3::hash(text.unwrap_or_default().as_bytes())
}

fn line(event: &Value) -> Bytes {
    Bytes::from(format!("{event}\n"))
}
