//! A queue of tasks that are polled only when somebody calls [`Executor::turn`].
//!
//! Callbacks of JavaScript never run engine work: they mark a task as ready and ring a bell. Whoever hears it calls
//! `turn`, and so one guarded call catches whatever traps.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::sorted::SortedMap;

thread_local! {
    /// What each executor of this thread rings. It lies here because a waker must be `Send` and a bell of
    /// JavaScript is not.
    static BELLS: RefCell<SortedMap<u64, Rc<dyn Fn()>>> = const { RefCell::new(SortedMap::new()) };
}

static EXECUTOR_COUNT: AtomicU64 = AtomicU64::new(0);

/// Tasks of one thread.
pub struct Executor {
    tasks: RefCell<SortedMap<u64, Task>>,
    task_count: Cell<u64>,
    ready: Arc<Ready>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = ()>>>,
    wake: Arc<TaskWake>,
}

struct Ready {
    executor: u64,
    queues: Mutex<Queues>,
}

#[derive(Default)]
struct Queues {
    /// Tasks to poll in this turn, or in the next one when none is under way.
    now: VecDeque<u64>,
    /// Tasks that woke themselves, which is how they give way to the world: polled in the next turn.
    later: VecDeque<u64>,
    /// The task that is being polled.
    polled: Option<u64>,
    in_turn: bool,
    /// Whether the bell has rung since the last turn.
    has_rung: bool,
}

struct TaskWake {
    ready: Arc<Ready>,
    task: u64,
    is_queued: AtomicBool,
}

impl Executor {
    /// An executor without tasks. `bell` is called when a turn is due: once, until that turn comes.
    pub fn new(bell: impl Fn() + 'static) -> Executor {
        let executor = EXECUTOR_COUNT.fetch_add(1, Ordering::Relaxed);
        BELLS.with_borrow_mut(|bells| bells.insert(executor, Rc::new(bell)));
        let ready = Arc::new(Ready { executor, queues: Mutex::default() });
        Executor { tasks: RefCell::default(), task_count: Cell::new(0), ready }
    }

    /// Adds a task, to be polled in a coming turn. Tasks are first polled in the order in which they were added.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) {
        let task = self.task_count.replace(self.task_count.get() + 1);
        let wake = Arc::new(TaskWake { ready: self.ready.clone(), task, is_queued: AtomicBool::new(false) });
        self.tasks.borrow_mut().insert(task, Task { future: Box::pin(future), wake: wake.clone() });
        wake.wake();
    }

    /// Polls every task that is ready, also those that become so meanwhile. Returns whether another turn is due
    /// at once. A turn within a turn does nothing.
    pub fn turn(&self) -> bool {
        if !self.ready.begin() {
            return false;
        }
        while let Some(id) = self.ready.next() {
            let Some(mut task) = self.tasks.borrow_mut().remove(&id) else { continue };
            task.wake.is_queued.store(false, Ordering::Relaxed);
            let waker = Waker::from(task.wake.clone());
            if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                self.tasks.borrow_mut().insert(id, task);
            }
        }
        self.ready.end()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        BELLS.with_borrow_mut(|bells| bells.remove(&self.ready.executor));
    }
}

impl Ready {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) -> bool {
        let mut queues = self.queues();
        queues.has_rung = false;
        !mem::replace(&mut queues.in_turn, true)
    }

    fn next(&self) -> Option<u64> {
        let mut queues = self.queues();
        queues.polled = queues.now.pop_front();
        queues.polled
    }

    fn end(&self) -> bool {
        let mut queues = self.queues();
        queues.in_turn = false;
        queues.now = mem::take(&mut queues.later);
        let is_due = !queues.now.is_empty();
        queues.has_rung = is_due;
        drop(queues);
        if is_due {
            self.ring();
        }
        is_due
    }

    fn add(&self, task: u64) {
        let mut queues = self.queues();
        if queues.polled == Some(task) {
            queues.later.push_back(task);
        } else {
            queues.now.push_back(task);
        }
        let rings = !queues.in_turn && !mem::replace(&mut queues.has_rung, true);
        drop(queues);
        if rings {
            self.ring();
        }
    }

    fn ring(&self) {
        let bell = BELLS.with_borrow(|bells| bells.get(&self.executor).cloned());
        if let Some(bell) = bell {
            bell();
        }
    }
}

impl Wake for TaskWake {
    fn wake(self: Arc<Self>) {
        if !self.is_queued.swap(true, Ordering::Relaxed) {
            self.ready.add(self.task);
        }
    }
}

/// Lets everything else that is ready go first, and the world too: returns in the next turn.
pub async fn give_way() {
    let mut gave_way = false;
    std::future::poll_fn(|context| {
        if mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_channel::oneshot;

    #[test]
    fn the_bell_rings_once_until_the_turn() {
        let rings = Rc::new(Cell::new(0));
        let heard = rings.clone();
        let executor = Executor::new(move || heard.set(heard.get() + 1));
        let (send, receive) = oneshot::channel::<u32>();
        let got = Rc::new(Cell::new(0));
        let result = got.clone();
        executor.spawn(async move { result.set(receive.await.unwrap()) });
        executor.spawn(async {});
        assert_eq!(rings.get(), 1);
        assert!(!executor.turn());
        assert_eq!((rings.get(), got.get()), (1, 0));
        send.send(7).unwrap();
        assert_eq!((rings.get(), got.get()), (2, 0));
        executor.turn();
        assert_eq!((rings.get(), got.get()), (2, 7));
    }

    #[test]
    fn a_task_that_gives_way_goes_on_in_the_next_turn() {
        let executor = Executor::new(|| {});
        let steps = Rc::new(Cell::new(0));
        let counted = steps.clone();
        executor.spawn(async move {
            for step in 1..=2 {
                counted.set(step);
                give_way().await;
            }
            counted.set(3);
        });
        assert!(executor.turn() && steps.get() == 1);
        assert!(executor.turn() && steps.get() == 2);
        assert!(!executor.turn() && steps.get() == 3);
    }

    #[test]
    fn a_task_woken_within_a_turn_is_polled_in_it() {
        let executor = Executor::new(|| {});
        let (send, receive) = oneshot::channel::<u32>();
        let got = Rc::new(Cell::new(0));
        let result = got.clone();
        executor.spawn(async move { result.set(receive.await.unwrap()) });
        executor.spawn(async move { send.send(5).unwrap() });
        executor.turn();
        assert_eq!(got.get(), 5);
    }
}
