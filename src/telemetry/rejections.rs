//! What proxies said no to lately.

use std::{collections::VecDeque, sync::Arc, time::SystemTime};

use netloft_proto::ProxyId;

use crate::snapshot::{Hash, Revision};

/// Rejections remembered.
const REMEMBERED: usize = 1_000;

/// One response that a proxy rejected.
#[derive(Debug, Clone)]
pub struct Rejection {
    /// Who.
    pub proxy: ProxyId,
    /// When.
    pub at: SystemTime,
    /// The API, as `CDS`.
    pub api: &'static str,
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

    pub(super) fn list(&self) -> Vec<Rejection> {
        self.0.iter().cloned().collect()
    }
}
