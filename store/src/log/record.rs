//! One record in a segment: framed so that a torn or damaged one is never taken for whole.
//!
//! `magic u32 | length u32 | crc32c u32 | payload`, little-endian. The checksum also covers where
//! the record stands (store, segment, offset), so that an old record in a reused place is not taken
//! for a new one.

use crate::Epoch;

const MAGIC: [u8; 4] = *b"NLr1";
/// Bytes before the payload.
pub(super) const HEAD: usize = 12;

/// Where a record stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) epoch: Epoch,
    pub(super) segment: u64,
    pub(super) offset: u64,
}

fn checksum(place: Place, payload: &[u8]) -> u32 {
    let mut sum = crc32c::crc32c(&place.epoch.0.to_le_bytes());
    sum = crc32c::crc32c_append(sum, &place.segment.to_le_bytes());
    sum = crc32c::crc32c_append(sum, &place.offset.to_le_bytes());
    sum = crc32c::crc32c_append(sum, &(payload.len() as u64).to_le_bytes());
    crc32c::crc32c_append(sum, payload)
}

/// The record of `payload`, to be written at `place`; none when it is too long for a record.
pub(super) fn encode(place: Place, payload: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(payload.len()).ok()?;
    let mut record = Vec::with_capacity(HEAD + payload.len());
    record.extend_from_slice(&MAGIC);
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(&checksum(place, payload).to_le_bytes());
    record.extend_from_slice(payload);
    Some(record)
}

/// The payload of the record at the beginning of `bytes`, which stand at `place`.
pub(super) fn decode(place: Place, bytes: &[u8]) -> Option<&[u8]> {
    let word = |at: usize| {
        bytes
            .get(at..at + 4)?
            .try_into()
            .ok()
            .map(u32::from_le_bytes)
    };
    if bytes.get(..4)? != MAGIC {
        return None;
    }
    let length = usize::try_from(word(4)?).ok()?;
    let payload = bytes.get(HEAD..HEAD.checked_add(length)?)?;
    (checksum(place, payload) == word(8)?).then_some(payload)
}

/// Whether any whole record begins behind the first byte of `bytes`, which stand at `place`.
pub(super) fn any_behind(place: Place, bytes: &[u8]) -> bool {
    let candidates = bytes.windows(MAGIC.len()).enumerate().skip(1);
    candidates
        .filter(|(_, window)| *window == MAGIC)
        .any(|(at, _)| {
            let place = Place {
                offset: place.offset + at as u64,
                ..place
            };
            decode(place, &bytes[at..]).is_some()
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place = Place {
        epoch: Epoch(7),
        segment: 3,
        offset: 64,
    };

    proptest! {
        #[test]
        fn a_record_with_any_bit_flipped_is_no_record(
            payload in prop::collection::vec(any::<u8>(), 0..200),
            flip in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let mut record = encode(PLACE, &payload).unwrap();
            prop_assert_eq!(decode(PLACE, &record), Some(&payload[..]));
            let at = flip.index(record.len());
            record[at] ^= 1 << bit;
            prop_assert_eq!(decode(PLACE, &record), None);
        }

        #[test]
        fn a_cut_record_is_no_record(payload in prop::collection::vec(any::<u8>(), 1..200), cut in any::<prop::sample::Index>()) {
            let record = encode(PLACE, &payload).unwrap();
            prop_assert_eq!(decode(PLACE, &record[..cut.index(record.len())]), None);
        }
    }

    #[test]
    fn a_record_counts_only_where_it_was_written() {
        let record = encode(PLACE, b"payload").unwrap();
        for elsewhere in [
            Place {
                epoch: Epoch(8),
                ..PLACE
            },
            Place {
                segment: 4,
                ..PLACE
            },
            Place {
                offset: 65,
                ..PLACE
            },
        ] {
            assert_eq!(decode(elsewhere, &record), None, "{elsewhere:?}");
        }
    }

    #[test]
    fn a_whole_record_behind_a_damaged_one_is_found() {
        let mut bytes = encode(PLACE, b"first").unwrap();
        let second = Place {
            offset: PLACE.offset + bytes.len() as u64,
            ..PLACE
        };
        bytes[HEAD] ^= 1;
        assert!(!any_behind(PLACE, &bytes));
        bytes.extend(encode(second, b"second").unwrap());
        assert!(any_behind(PLACE, &bytes));
    }
}
