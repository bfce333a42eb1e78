//! The conformance suite on the hosts that run natively.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::io::Write;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use elanus::host::Host;
use elanus::host::memory::MemoryHost;

use crate::simulated::SimulatedHost;
use crate::simulated::disk::Disk;
use crate::suite::{self, Stores};

#[derive(Default)]
struct Memories {
    stores: RefCell<BTreeMap<String, MemoryHost>>,
}

impl Stores for Memories {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let host = self.stores.borrow_mut().entry(store.to_string()).or_default().clone();
        Box::pin(ready(Rc::new(host) as Rc<dyn Host>))
    }
}

/// Disks whose hosts fold their journals often, so that the suite runs on folded and unfolded stores.
#[derive(Default)]
struct Disks {
    disks: RefCell<BTreeMap<String, Disk>>,
}

impl Stores for Disks {
    fn open(&self, store: &str) -> Pin<Box<dyn Future<Output = Rc<dyn Host>>>> {
        let disk = self.disks.borrow_mut().entry(store.to_string()).or_default().clone();
        Box::pin(ready(Rc::new(SimulatedHost::open(&disk, 2000)) as Rc<dyn Host>))
    }
}

/// Polls a future to its end; these hosts never wait for the world.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Writes past the test runner, which keeps the words of passing tests to itself.
pub fn report(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("the output is open");
}

#[test]
fn memory_keeps_the_promises_of_a_host() {
    report(&block_on(suite::run("memory", &Memories::default())));
}

#[test]
fn the_simulated_host_keeps_the_promises_of_a_host() {
    report(&block_on(suite::run("simulated", &Disks::default())));
}
