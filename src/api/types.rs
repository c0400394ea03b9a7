//! What goes over the wire, for both ends: one subject a file.
//!
//! `JsonSchema` is derived from the same types, so the OpenAPI document cannot tell another story.
//! Absent on purpose: documents in Kubernetes' shape (`model` knows them).

mod apply;
mod compiled;
mod event;
mod info;
mod plan;
mod problem;
mod proxy;
mod resource;
mod revision;
mod stats;
mod wait;

pub use apply::{ApplyAnswer, ApplyBody, DocumentOutcome, File};
pub use compiled::{Compiled, CompiledResource, Holder};
pub use event::{Committed, Connection, Event, EventBody, Published, Verdict};
pub use info::Info;
pub use plan::{
    Plan, PlanDocument, PlanMove, PlanResource, PlanScope, ProblemEntry, ResourceChange, UnitCount,
};
pub use problem::ProblemDetails;
pub use proxy::{
    Held, Place, Proxies, Proxy, ProxyType, Rejected, RejectedVersion, Rejection, Reports,
};
pub use resource::{ALL_TYPES, ResourceEntry, Resources, type_names};
pub use revision::{Diff, DocumentChange, DocumentDiff, RevisionDetail, RevisionEntry, Revisions};
pub use stats::{ClusterStats, Endpoints, Stats, StatsKept};
pub use wait::{Progress, ProxyProgress, Wait, WaitCounts, WaitState, Waiting};
