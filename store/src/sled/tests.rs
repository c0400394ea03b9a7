//! The store on disk: the contract, power cuts, failing disks, damage, and kill -9.

mod crash;
mod damage;
mod disk;
mod failing;
mod kill;
mod waiting;
mod work;

use std::sync::Arc;

use super::{Config, Sled};
use crate::contract;

contract::suite!(sled, {
    let dirs = std::cell::RefCell::new(Vec::new());
    move |retention| {
        let dir = tempfile::tempdir().unwrap();
        let config = Config {
            retention,
            keep_free: 0,
            ..Config::new(dir.path().to_owned())
        };
        dirs.borrow_mut().push(dir);
        Arc::new(Sled::open(&config).unwrap())
    }
});

#[test]
fn a_second_opening_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let first = Sled::open(&Config::new(dir.path().to_owned())).unwrap();
    let second = Sled::open(&Config::new(dir.path().to_owned()));
    assert!(matches!(second, Err(crate::Error::InUse(_))), "{second:?}");
    drop(first);
    Sled::open(&Config::new(dir.path().to_owned())).unwrap();
}
