//! Reading the log when a store is opened: every whole entry, or a refusal by name.

use super::{
    Sequence, corrupt, io,
    record::{self, Place},
    segment::{self, Head},
};
use crate::{Epoch, Error, disk::Disk};

/// What the log held.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Payloads in order.
    pub(crate) payloads: Vec<Vec<u8>>,
    /// The newest segment and how much of it is whole; none: there is no segment.
    pub(crate) end: Option<(u64, u64)>,
    /// Bytes of a torn end that do not count.
    pub(crate) torn: u64,
    /// The sequence that the oldest segment begins with.
    pub(crate) first: Option<Sequence>,
}

/// Reads every segment of the store `epoch`.
///
/// A bad record with nothing whole behind it is the torn end of what was never acknowledged. With
/// something whole behind it, it was whole once: that is damage, and refused.
pub(crate) fn recover(disk: &dyn Disk, epoch: Epoch) -> Result<Recovered, Error> {
    let names = disk.list().map_err(io("read the directory of the log"))?;
    let mut numbers: Vec<u64> = names
        .iter()
        .filter_map(|name| segment::number(name))
        .collect();
    numbers.sort_unstable();

    let mut recovered = Recovered {
        payloads: Vec::new(),
        end: None,
        torn: 0,
        first: None,
    };
    // The first bad place so far: an error as soon as anything whole follows.
    let mut bad: Option<(String, usize, &'static str)> = None;
    let mut expected = None;
    for number in numbers {
        let name = segment::name(number);
        let bytes = disk.read(&name).map_err(io(format!("read {name}")))?;
        let head = Head::decode(&bytes).filter(|head| head.number == number);
        let Some(head) = head else {
            if record::any_behind(
                Place {
                    epoch,
                    segment: number,
                    offset: 0,
                },
                &bytes,
            ) {
                return Err(corrupt(&name, 0, "its head is damaged"));
            }
            recovered.torn += bytes.len() as u64;
            bad.get_or_insert((name, 0, "its head is torn"));
            continue;
        };
        if let Some((file, offset, reason)) = bad {
            return Err(corrupt(
                &file,
                offset,
                format!("{reason}, and {name} follows it"),
            ));
        }
        if head.epoch != epoch {
            return Err(corrupt(
                &name,
                8,
                format!("it belongs to the store {}, not {epoch}", head.epoch),
            ));
        }
        if expected.is_some_and(|expected| expected != number) {
            return Err(corrupt(&name, 0, "a segment before it is missing"));
        }
        expected = Some(number + 1);
        recovered.first.get_or_insert(head.first);

        let mut offset = segment::HEAD;
        while offset < bytes.len() {
            let place = Place {
                epoch,
                segment: number,
                offset: offset as u64,
            };
            match record::decode(place, &bytes[offset..]) {
                Some(payload) => {
                    recovered.payloads.push(payload.to_vec());
                    offset += record::HEAD + payload.len();
                }
                None if record::any_behind(place, &bytes[offset..]) => {
                    return Err(corrupt(
                        &name,
                        offset,
                        "a record is damaged, and whole ones follow it",
                    ));
                }
                None => {
                    recovered.torn += (bytes.len() - offset) as u64;
                    bad = Some((name.clone(), offset, "a record is damaged"));
                    break;
                }
            }
        }
        recovered.end = Some((number, offset as u64));
    }
    Ok(recovered)
}
