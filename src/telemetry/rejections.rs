//! What proxies said no to lately.

use std::{collections::VecDeque, sync::Arc, time::SystemTime};

use netloft_proto::ProxyId;

use crate::{
    snapshot::{Generation, Hash, Revision},
    xds::event::StreamId,
};

/// Rejections remembered.
const REMEMBERED: usize = 1_000;

/// One response that a proxy rejected.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// On which stream.
    pub stream: StreamId,
    /// Who.
    pub proxy: ProxyId,
    /// Class of the proxy.
    pub class: Option<Arc<str>>,
    /// When.
    pub at: SystemTime,
    /// The API, as `CDS`.
    pub api: &'static str,
    /// The publication it was computed from.
    pub generation: Generation,
    /// The documents' revision it was computed from.
    pub revision: Revision,
    /// What it is about, with the hashes sent; none for a removal.
    pub names: Vec<(Arc<str>, Option<Hash>)>,
    /// The proxy's words.
    pub error: Arc<str>,
}

#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<Rejection>);

impl Recent {
    pub(super) fn add(&mut self, rejection: Rejection) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_back();
        }
        self.0.push_front(rejection);
    }

    pub(super) fn of(&self, proxy: &str) -> Vec<Rejection> {
        let all = self.0.iter();
        all.filter(|one| one.proxy.as_str() == proxy)
            .cloned()
            .collect()
    }
}
