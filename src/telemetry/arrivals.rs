//! When each stream took what: the propagation of revisions, from ACKs.

use std::{
    collections::{HashMap, VecDeque},
    time::SystemTime,
};

use crate::{
    snapshot::{Generation, TypeIx},
    xds::event::{Event, StreamId, What},
};

/// ACKs remembered of each stream: 24 bytes each, so 10,000 proxies cost 8 MB at most.
const REMEMBERED: usize = 32;

/// ACKs of every stream that is open, by stream.
#[derive(Debug, Default)]
pub(super) struct Arrivals(HashMap<StreamId, Acks>);

#[derive(Debug, Default)]
struct Acks {
    acks: VecDeque<(Generation, TypeIx, SystemTime)>,
    /// The newest generation of those that are forgotten.
    forgotten: Option<Generation>,
}

impl Arrivals {
    pub(super) fn note(&mut self, event: &Event) {
        match &event.what {
            What::Opened { .. } => drop(self.0.insert(event.stream, Acks::default())),
            What::Closed => drop(self.0.remove(&event.stream)),
            // With something waiting, more of the same publication follows.
            What::Acked {
                ty,
                generation,
                waiting: 0,
                ..
            } => {
                let Some(Acks { acks, forgotten }) = self.0.get_mut(&event.stream) else {
                    return;
                };
                if acks.len() == REMEMBERED
                    && let Some((generation, ..)) = acks.pop_front()
                {
                    *forgotten = (*forgotten).max(Some(generation));
                }
                acks.push_back((*generation, *ty, event.at));
            }
            _ => {}
        }
    }

    /// When `stream` had taken all of `types` as of `generation` or newer; none when that is not
    /// known, as where nothing had to be sent for it.
    pub(super) fn when(
        &self,
        stream: StreamId,
        generation: Generation,
        types: &[TypeIx],
    ) -> Option<SystemTime> {
        let Acks { acks, forgotten } = self.0.get(&stream)?;
        if forgotten.is_some_and(|forgotten| forgotten >= generation) {
            return None;
        }
        let first = |ty: &TypeIx| {
            let mut acks = acks.iter();
            acks.find(|(of, of_type, _)| *of >= generation && of_type == ty)
                .map(|(.., at)| *at)
        };
        let times: Option<Vec<_>> = types.iter().map(first).collect();
        times?.into_iter().max()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use netloft_proto::ProxyId;

    use super::*;
    use crate::snapshot::{CLUSTER, ENDPOINTS, Revision};

    const ONE: StreamId = StreamId(1);

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn acked(arrivals: &mut Arrivals, ty: TypeIx, generation: u64, waiting: usize, second: u64) {
        arrivals.note(&Event {
            stream: ONE,
            proxy: ProxyId::new("edge").unwrap(),
            class: None,
            at: at(second),
            what: What::Acked {
                ty,
                generation: Generation(generation),
                revision: Revision(generation),
                nonce: 1,
                resources: Default::default(),
                gone: Default::default(),
                took: Duration::ZERO,
                waiting,
            },
        });
    }

    #[test]
    fn a_publication_has_arrived_once_every_type_of_it_was_taken_whole() {
        let mut arrivals = Arrivals::default();
        arrivals.0.insert(ONE, Acks::default());
        let both = [CLUSTER, ENDPOINTS];
        acked(&mut arrivals, CLUSTER, 1, 0, 10);
        acked(&mut arrivals, CLUSTER, 2, 0, 20);
        assert_eq!(arrivals.when(ONE, Generation(2), &both), None);
        acked(&mut arrivals, ENDPOINTS, 2, 3, 21);
        assert_eq!(
            arrivals.when(ONE, Generation(2), &both),
            None,
            "more follows"
        );
        acked(&mut arrivals, ENDPOINTS, 3, 0, 22);
        acked(&mut arrivals, ENDPOINTS, 4, 0, 90);
        assert_eq!(arrivals.when(ONE, Generation(2), &both), Some(at(22)));
        assert_eq!(arrivals.when(ONE, Generation(2), &both[..1]), Some(at(20)));
    }

    #[test]
    fn what_is_forgotten_is_not_guessed() {
        let mut arrivals = Arrivals::default();
        arrivals.0.insert(ONE, Acks::default());
        for generation in 1..=40 {
            acked(&mut arrivals, CLUSTER, generation, 0, generation);
        }
        assert_eq!(arrivals.when(ONE, Generation(8), &[CLUSTER]), None);
        assert_eq!(arrivals.when(ONE, Generation(9), &[CLUSTER]), Some(at(9)));
    }
}
