//! The protocol: aggregated discovery in both dialects, for the types it is handed.
//!
//! A stream is a state machine without IO ([`Engine`](engine::Engine)): requests and snapshots go
//! in, responses come out, and what is sent is decided when it can be sent. Types are known by
//! [`TypeInfo`](crate::snapshot::TypeInfo) and references alone. Rules are cited by their numbers
//! in `docs/xds.md`.
//!
//! | file | what it is |
//! |---|---|
//! | `subscription`, `names` | what one stream wants of one type |
//! | `known`, `track` | what its client has, what is in flight, held, rejected |
//! | `sotw`, `delta` | how each dialect's requests are read |
//! | `aliases` | names that stand for others |
//! | `plan`, `order`, `send`, `load` | what to say of each name, what has to wait, the response |
//! | `engine` | the state machine |
//! | `stream`, `wire`, `service`, `server` | tasks, gRPC and sockets |
//! | `cache` | scopes, publications, streams |
//! | `directory`, `event`, `status` | what others ask and are told |
//!
//! Absent on purpose: what the types mean, who may see what, and keeping anything over a restart.

use serde::{Deserialize, Serialize};

mod aliases;
mod blame;
mod bodies;
pub mod cache;
mod delta;
pub mod directory;
mod doubt;
mod engine;
pub mod event;
mod known;
mod load;
mod names;
mod nonce;
mod order;
mod plan;
mod response;
mod send;
pub mod server;
mod service;
mod sotw;
mod status;
mod stream;
mod subscription;
mod track;
mod wire;
#[cfg(test)]
mod tests;

pub use cache::Cache;
pub use directory::{Directory, LOBBY, Peer, Refusal, StreamId};
pub use engine::{MAX_ERROR, OVERTAKE_AFTER, STALE_AFTER};
pub use event::{Event, Events, What};
pub use order::{PATIENCE, Reason};
pub use send::{SPLIT_AT, WARN_AT};
pub use server::{Config, OutOfBounds, serve};
pub use service::Discovery;
pub use status::{Difference, HeldStatus, RejectedStatus, SentStatus, TypeStatus};
pub use wire::MAX_REQUEST;

/// How a stream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// State of the world.
    Sotw,
    /// Incremental.
    Delta,
}

/// The mechanisms that keep traffic whole while configuration moves. All are on; tests switch one
/// off to prove that they would notice. Not for any other use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Manners {
    /// Types go out in send order, and what newly names a resource waits for it. Off: the reverse
    /// order, and nothing waits.
    pub order: bool,
    /// What goes waits for what named it.
    pub deferred_removal: bool,
    /// What a changed resource refers to follows it, changed or not, where its type says so.
    pub endpoints_behind_clusters: bool,
}

impl Default for Manners {
    fn default() -> Self {
        Self {
            order: true,
            deferred_removal: true,
            endpoints_behind_clusters: true,
        }
    }
}
