//! Counts how many names are looked at, so that costs can be asserted.

use std::cell::Cell;

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// Notes that one name was looked at.
pub(in crate::xds) fn count() {
    LOOKED_AT.with(|looked| looked.set(looked.get() + 1));
}

/// How many names `work` looked at.
pub(in crate::xds) fn during<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = LOOKED_AT.with(Cell::get);
    let result = work();
    (result, LOOKED_AT.with(Cell::get) - before)
}
