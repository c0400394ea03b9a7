//! What happens on streams, for those who watch: telemetry.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use netloft_proto::ProxyId;

use super::order::Hold;
pub use super::{
    directory::{Peer, StreamId},
    order::Reason,
};
use crate::snapshot::{Generation, Hash, Ref, Resource, Revision, ScopeId, TypeIx};

/// Receives every event of every stream, in the order of each stream.
///
/// Called on the stream's own task between two responses: must return at once and not block.
pub trait Events: Send + Sync {
    /// Takes note of `event`.
    fn record(&self, event: Event);
}

/// One thing that happened on one stream.
#[derive(Debug, Clone)]
pub struct Event {
    /// The stream.
    pub stream: StreamId,
    /// What the client calls itself.
    pub proxy: ProxyId,
    /// Class of the proxy, a word of the directory's; nothing while that is not decided.
    pub class: Option<Arc<str>>,
    /// When.
    pub at: SystemTime,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// The stream was admitted.
    Opened {
        /// Who it is.
        peer: Arc<Peer>,
        /// What it is given.
        scope: ScopeId,
    },
    /// The client said something new about itself: the stream is given the resources of another
    /// scope from now on.
    Moved {
        /// Who it is by now.
        peer: Arc<Peer>,
        /// That scope.
        scope: ScopeId,
    },
    /// The stream ended.
    Closed,
    /// A request asked for a type that is not served here. It gets no answer.
    Ignored {
        /// That type.
        type_url: Arc<str>,
    },
    /// A response was handed to the transport.
    Sent {
        /// Type of its resources.
        ty: TypeIx,
        /// The publication it was computed from.
        generation: Generation,
        /// The documents' revision of that publication.
        revision: Revision,
        /// Which response of this stream it is, from 1.
        nonce: u64,
        /// What in it is new to the client, in name order.
        resources: Arc<[Arc<Resource>]>,
        /// What it says is gone or does not exist.
        gone: Arc<[Arc<str>]>,
        /// Its length.
        bytes: usize,
    },
    /// The client took a response, and every older one of its type.
    Acked {
        /// Type of its resources.
        ty: TypeIx,
        /// The publication it was computed from.
        generation: Generation,
        /// The documents' revision of that publication.
        revision: Revision,
        /// Which response of this stream it is.
        nonce: u64,
        /// What in it was new to the client, in name order.
        resources: Arc<[Arc<Resource>]>,
        /// What it said is gone or does not exist.
        gone: Arc<[Arc<str>]>,
        /// Time since it was sent.
        took: Duration,
        /// Names of the type that wait to be sent: held, or for their turn. More of the same
        /// publication follows unless this is 0.
        waiting: usize,
    },
    /// The client rejected a response.
    Rejected {
        /// Type of its resources.
        ty: TypeIx,
        /// The publication it was computed from.
        generation: Generation,
        /// The documents' revision of that publication.
        revision: Revision,
        /// Which response of this stream it is.
        nonce: u64,
        /// What it is about, with the hashes sent (none for a removal): the names that the client's
        /// words name, or else all that was new in the response.
        names: Vec<(Arc<str>, Option<Hash>)>,
        /// The client's words named them; it took the rest of the response.
        named: bool,
        /// The client's words, at most 4 KiB.
        error: Arc<str>,
    },
    /// Make before break holds a resource back, or did so until its bound passed.
    Held {
        /// Type of the resource.
        ty: TypeIx,
        /// Its name.
        name: Arc<str>,
        /// Why.
        reason: Reason,
        /// What it waits for.
        on: Ref,
        /// The bound has passed, and it is sent all the same.
        overdue: bool,
    },
}

impl What {
    pub(super) fn held(ty: TypeIx, name: &Arc<str>, hold: &Hold, overdue: bool) -> Self {
        Self::Held {
            ty,
            name: name.clone(),
            reason: hold.reason,
            on: hold.on.clone(),
            overdue,
        }
    }
}

/// All of them take note, in this order.
impl<const N: usize> Events for [Arc<dyn Events>; N] {
    fn record(&self, event: Event) {
        for each in self {
            each.record(event.clone());
        }
    }
}

/// Takes no note.
impl Events for () {
    fn record(&self, _: Event) {}
}
