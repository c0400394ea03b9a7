//! The small worlds: which boats there are, and which of them each voyage takes.

use std::sync::Arc;

use super::super::harbour::{BOAT, SAIL, VOYAGE, resource};
use crate::snapshot::{Generation, Layer, Revision, Snapshot};

pub(super) const BOATS: [&str; 2] = ["ketch", "yawl"];
pub(super) const VOYAGES: [&str; 2] = ["north", "south"];

/// One publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct World {
    /// The boat of each voyage.
    pub(super) takes: [usize; 2],
    /// Boats that no voyage takes are there too; and all of them are as they are in such a world.
    pub(super) spare: bool,
}

impl World {
    pub(super) fn has(&self, boat: usize) -> bool {
        self.spare || self.takes.contains(&boat)
    }

    /// What proxies are given of it. The content of a voyage is the name of its boat.
    pub(super) fn snapshot(&self, number: usize) -> Arc<Snapshot> {
        let mut layer = Arc::<Layer>::default().edit();
        for (index, boat) in BOATS.into_iter().enumerate() {
            if self.has(index) {
                let content = if self.spare { "2" } else { "1" };
                layer.insert(Arc::new(resource(BOAT, boat, content, &[(SAIL, boat)])));
                layer.insert(Arc::new(resource(SAIL, boat, "1", &[])));
            }
        }
        for (voyage, boat) in VOYAGES.into_iter().zip(self.takes) {
            let boat = BOATS[boat];
            layer.insert(Arc::new(resource(VOYAGE, voyage, boat, &[(BOAT, boat)])));
        }
        let number = number as u64 + 1;
        let layers = [layer.finish().unwrap_or_default()].into();
        Arc::new(Snapshot::new(Generation(number), Revision(number), layers))
    }
}

/// Every history of three publications, but for those that differ from another by names alone.
pub(super) fn histories() -> Vec<[World; 3]> {
    let mut worlds = Vec::new();
    for takes in [[0, 0], [0, 1], [1, 0], [1, 1]] {
        for spare in [false, true] {
            // Where both are taken there is none to spare.
            if !(spare && takes[0] != takes[1]) {
                worlds.push(World { takes, spare });
            }
        }
    }
    let mut histories = Vec::new();
    for first in worlds.iter().filter(|world| world.takes[0] == 0) {
        for second in &worlds {
            for third in &worlds {
                if first != second && second != third {
                    histories.push([*first, *second, *third]);
                }
            }
        }
    }
    histories
}
