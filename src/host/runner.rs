//! The work behind a [`Driver`](super::driver::Driver): one task that owns the engine, so that nothing is ever
//! borrowed while it waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context as PollContext, Poll, Waker};

use futures_channel::oneshot;

use super::driver::{Maintenance, Opened};
use super::epoch::Claim;
use super::executor::give_way;
use super::export::Export;
use super::import::Import;
use super::{Clock, Host, Pending};
use crate::collection::maintain::Reason;
use crate::command::{Command, Reply};
use crate::engine::{Engine, Options, Step};
use crate::error::{Error, Result};
use crate::sorted::SortedMap;
use crate::store::{Batch, BlobKey};
use crate::timestamp::Context;

/// Bytes that commands may have written and the host not yet stored before later commands wait.
const UNCOMMITTED_BYTES_MAX: u64 = 32 << 20;

/// Random numbers of exports are below this, so that counting from one stays where JavaScript's numbers are exact.
const EXPORT_START_END: u64 = 1 << 52;

/// How often a store is opened again after a failure before the failure is passed on.
const REOPEN_ATTEMPTS: u32 = 3;

/// Where an answer goes.
type Answer<T> = oneshot::Sender<Result<T>>;

/// What can be asked of a runner.
pub(super) enum Request {
    Open(Answer<Opened>),
    Run(Box<Command>, Answer<Reply>),
    Maintain(u32, Reason, Answer<Maintenance>),
    ExportStart(Answer<u64>),
    ExportNext(u64, Answer<Option<Vec<u8>>>),
    ExportEnd(u64, Answer<()>),
    ImportChunk(Vec<u8>, Answer<()>),
    ImportEnd(Answer<()>),
    Close(Answer<()>),
}

/// Requests that wait for the runner.
#[derive(Default)]
pub(super) struct Inbox {
    state: RefCell<InboxState>,
    /// Whether a command that only reads has left background work.
    has_news: Cell<bool>,
}

#[derive(Default)]
struct InboxState {
    requests: VecDeque<Request>,
    waker: Option<Waker>,
    is_closed: bool,
}

impl Inbox {
    /// Adds a request; a closed inbox drops it, which its asker reads as `Closed`.
    pub fn push(&self, request: Request) {
        let mut state = self.state.borrow_mut();
        if state.is_closed {
            return;
        }
        state.requests.push_back(request);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Whether a command that only reads has left background work since the last call.
    pub fn take_news(&self) -> bool {
        self.has_news.take()
    }

    /// Puts requests back before all others, in their order.
    fn put_back(&self, requests: Vec<Request>) {
        let mut state = self.state.borrow_mut();
        for request in requests.into_iter().rev() {
            state.requests.push_front(request);
        }
    }

    fn poll(&self, context: &mut PollContext<'_>) -> Poll<Request> {
        let mut state = self.state.borrow_mut();
        match state.requests.pop_front() {
            Some(request) => Poll::Ready(request),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    fn close(&self) {
        let mut state = self.state.borrow_mut();
        state.is_closed = true;
        let dropped = mem::take(&mut state.requests);
        drop(state);
        drop(dropped);
    }
}

/// What runs.
enum State {
    /// Nothing was opened yet.
    Unopened,
    /// An engine, equal to the store and the commits under way.
    Open(Box<Engine>, Claim),
    /// The engine was dropped and no new one could be opened so far.
    Lost(Claim),
    /// Another writer has the store.
    Fenced,
}

/// What became of the commits that an executed request waits for.
enum Fate {
    Stored,
    /// The commit of what it wrote, or of what it saw, failed.
    Failed(Error),
    /// A commit before its own failed, and its own was never begun.
    Undercut(Error),
}

/// A request that was executed and not answered. Told what became of the commits, it answers, or wants to be executed
/// anew: whoever only looks, and whoever came upon failing work in the background, need not know of it.
type Waiting = Box<dyn FnOnce(Fate) -> Option<Request>>;

/// Requests that were executed and not answered, and what they wrote.
#[derive(Default)]
struct Group {
    batch: Batch,
    waiting: Vec<Waiting>,
    /// Whether a command wrote something of it, and not only work in the background.
    has_commands: bool,
}

struct InFlight {
    commit: Pending<()>,
    keys: Vec<BlobKey>,
    size_bytes: u64,
    waiting: Vec<Waiting>,
    has_commands: bool,
}

/// Owner of the engine.
pub(super) struct Runner {
    host: Rc<dyn Host>,
    options: Options,
    clock: Rc<dyn Clock>,
    inbox: Rc<Inbox>,
    writer: u64,
    state: State,
    /// How many engines were dropped; what was begun on one cannot be finished on the next.
    engines_lost: u64,
    pending: Group,
    in_flight: Option<InFlight>,
    exports: SortedMap<u64, Export>,
    /// Number of the export begun last. The first is random: after a trap, whoever still reads an export of the engine
    /// before must not be given pieces of another.
    last_export: u64,
    import: Option<Import>,
}

enum Event {
    Asked(Request),
    Committed(Result<()>),
}

impl Runner {
    /// A runner that has opened nothing yet.
    pub fn new(host: Rc<dyn Host>, options: Options, clock: Rc<dyn Clock>, inbox: Rc<Inbox>) -> Runner {
        let writer = clock.random();
        let last_export = clock.random() % EXPORT_START_END;
        Runner {
            host,
            options,
            clock,
            inbox,
            writer,
            state: State::Unopened,
            engines_lost: 0,
            pending: Group::default(),
            in_flight: None,
            exports: SortedMap::new(),
            last_export,
            import: None,
        }
    }

    /// Answers requests until one of them closes the store.
    pub async fn run(mut self) {
        loop {
            match self.next().await {
                Event::Committed(result) => self.committed(result).await,
                Event::Asked(Request::Close(answer)) => {
                    let engines_lost = self.engines_lost;
                    self.drain().await;
                    if engines_lost != self.engines_lost {
                        // Requests before it may have been put back.
                        self.inbox.push(Request::Close(answer));
                        continue;
                    }
                    let result = self.host.close().await;
                    self.inbox.close();
                    let _ = answer.send(result);
                    return;
                }
                Event::Asked(request) => {
                    self.answer(request).await;
                    // Storage can only report between two turns of the world, so each command ends one.
                    give_way().await;
                }
            }
        }
    }

    async fn next(&mut self) -> Event {
        let has_room = self.uncommitted_bytes() < UNCOMMITTED_BYTES_MAX;
        poll_fn(|context| {
            if let Poll::Ready(result) = self.poll_commit(context) {
                return Poll::Ready(Event::Committed(result));
            }
            if has_room { self.inbox.poll(context).map(Event::Asked) } else { Poll::Pending }
        })
        .await
    }

    async fn answer(&mut self, request: Request) {
        match request {
            Request::Open(answer) => {
                let _ = answer.send(self.open().await);
            }
            Request::Run(command, answer) => {
                let again = self.may_repeat(&command).then(|| command.clone());
                let result = self.execute(*command).await;
                self.note_writer(&result);
                self.conclude(result, answer, again.map(|command| move |answer| Request::Run(command, answer)));
            }
            Request::Maintain(budget, reason, answer) => {
                let result = self.maintain(budget, reason).await;
                self.conclude(result, answer, Some(move |answer| Request::Maintain(budget, reason, answer)));
            }
            Request::ExportStart(answer) => {
                let _ = answer.send(self.export_start().await);
            }
            Request::ExportNext(export, answer) => {
                let _ = answer.send(self.export_next(export).await);
            }
            Request::ExportEnd(export, answer) => {
                self.exports.remove(&export);
                let _ = answer.send(Ok(()));
            }
            Request::ImportChunk(bytes, answer) => {
                let _ = answer.send(self.import_chunk(&bytes).await);
            }
            Request::ImportEnd(answer) => {
                let _ = answer.send(self.import_end().await);
            }
            Request::Close(_) => unreachable!("the loop answers it"),
        }
    }

    async fn open(&mut self) -> Result<Opened> {
        match &self.state {
            State::Open(_, claim) => return Ok(Opened { is_new: false, epoch: claim.number }),
            State::Lost(_) | State::Fenced => {
                return self.ready().await.map(|(_, claim)| Opened { is_new: false, epoch: claim.number });
            }
            State::Unopened => {}
        }
        self.import = None;
        let (engine, claim, is_new) = self.load(None).await?;
        let epoch = claim.number;
        self.state = State::Open(Box::new(engine), claim);
        Ok(Opened { is_new, epoch })
    }

    /// The engine, opened again if it was lost, of a store that is there as far as is known.
    async fn ready(&mut self) -> Result<(&mut Engine, &Claim)> {
        if let State::Lost(claim) = &self.state {
            let claim = claim.clone();
            self.reopen(claim).await?;
        }
        if let State::Open(_, claim) = &self.state
            && self.host.is_lost()
        {
            // What is in memory would go on to answer reads of a database that is gone.
            claim.verify(&*self.host).await?;
        }
        match &mut self.state {
            State::Open(engine, claim) => Ok((engine, claim)),
            State::Fenced => Err(fenced()),
            State::Unopened | State::Lost(_) => Err(Error::Closed),
        }
    }

    async fn execute(&mut self, mut command: Command) -> Result<(Reply, Batch)> {
        let context = Context { now_ms: self.clock.now_ms(), seed: self.clock.random() };
        'anew: loop {
            let mut step = self.ready().await?.0.execute(command, context)?;
            loop {
                let (keys, waiting) = match step {
                    Step::Done(reply, batch) => {
                        if self.ready().await?.0.take_news() {
                            self.inbox.has_news.set(true);
                        }
                        return Ok((reply, batch));
                    }
                    Step::Need(keys, waiting) => (keys, waiting),
                };
                let engines_lost = self.engines_lost;
                if self.writes_any(&keys) {
                    self.drain().await;
                }
                let load = self.host.load(&keys);
                let blobs = self.beside_commits(load).await;
                if engines_lost != self.engines_lost {
                    command = waiting.into_command();
                    continue 'anew;
                }
                let blobs = keys.into_iter().zip(blobs?).collect();
                step = self.ready().await?.0.resume(waiting, blobs, context)?;
            }
        }
    }

    async fn maintain(&mut self, budget: u32, reason: Reason) -> Result<(Maintenance, Batch)> {
        let is_held_back = !self.exports.is_empty();
        let (engine, _) = self.ready().await?;
        if is_held_back {
            return Ok((Maintenance { has_more: true, progress: None }, Batch::default()));
        }
        if let Some(id) = engine.next_asked()
            && let Err(error) = self.execute(Command::GetCompactionState { id }).await
        {
            // Told once: other collections have work too.
            self.ready().await?.0.forget_asked(id);
            return Err(error);
        }
        let mut step = self.ready().await?.0.maintain(budget, reason)?;
        if !step.need.is_empty() {
            let engines_lost = self.engines_lost;
            let keys = mem::take(&mut step.need);
            if self.writes_any(&keys) {
                self.drain().await;
            }
            let load = self.host.load(&keys);
            let blobs = self.beside_commits(load).await?;
            if engines_lost == self.engines_lost {
                self.ready().await?.0.supply(keys.into_iter().zip(blobs).collect())?;
            }
        }
        Ok((Maintenance { has_more: step.has_more, progress: step.progress }, step.batch))
    }

    /// Whether a command is executed anew when a commit fails that is under way now. Commands that write are not
    /// when it is the commit of others: what was meant to come before them did not happen.
    fn may_repeat(&self, command: &Command) -> bool {
        self.in_flight.as_ref().is_some_and(|in_flight| command.only_reads() || !in_flight.has_commands)
    }

    fn note_writer(&mut self, result: &Result<(Reply, Batch)>) {
        self.pending.has_commands |= result.as_ref().is_ok_and(|(_, batch)| !batch.is_empty());
    }

    /// Sends an answer once every commit that it could have seen is stored; that may be at once.
    fn conclude<T: 'static>(
        &mut self,
        result: Result<(T, Batch)>,
        answer: Answer<T>,
        again: Option<impl FnOnce(Answer<T>) -> Request + 'static>,
    ) {
        let (result, batch) = match result {
            Ok((reply, batch)) => (Ok(reply), batch),
            Err(error) => (Err(error), Batch::default()),
        };
        let has_written = !batch.is_empty();
        let waiting: Waiting = Box::new(move |fate| {
            let result = match (fate, again) {
                (Fate::Stored, _) => result,
                (Fate::Failed(error), None) | (Fate::Undercut(error), None) => Err(error),
                (Fate::Failed(error), Some(_)) if has_written => Err(error),
                (Fate::Failed(_) | Fate::Undercut(_), Some(again)) => return Some(again(answer)),
            };
            let _ = answer.send(result);
            None
        });
        if has_written || !self.pending.batch.is_empty() {
            self.pending.batch.merge(batch);
            self.pending.waiting.push(waiting);
            self.start_commit();
        } else if let Some(in_flight) = &mut self.in_flight {
            in_flight.waiting.push(waiting);
        } else {
            waiting(Fate::Stored);
        }
    }

    fn start_commit(&mut self) {
        let State::Open(_, claim) = &self.state else { return };
        if self.in_flight.is_some() || self.pending.batch.is_empty() {
            return;
        }
        let Group { mut batch, waiting, has_commands } = mem::take(&mut self.pending);
        claim.sign(&mut batch);
        let keys = batch.writes.keys().copied().collect();
        let size_bytes = batch.size_bytes();
        self.in_flight = Some(InFlight { commit: self.host.commit(batch), keys, size_bytes, waiting, has_commands });
    }

    fn poll_commit(&mut self, context: &mut PollContext<'_>) -> Poll<Result<()>> {
        match &mut self.in_flight {
            Some(in_flight) => in_flight.commit.as_mut().poll(context),
            None => Poll::Pending,
        }
    }

    async fn committed(&mut self, result: Result<()>) {
        let waiting = self.in_flight.take().map(|in_flight| in_flight.waiting).unwrap_or_default();
        match result {
            Ok(()) => {
                if let State::Open(_, claim) = &mut self.state {
                    claim.signed();
                }
                for waiting in waiting {
                    waiting(Fate::Stored);
                }
                self.start_commit();
            }
            Err(error) => self.failed(error, waiting).await,
        }
    }

    /// Memory is ahead of storage: opens the engine again, then answers whoever waits.
    async fn failed(&mut self, error: Error, failed: Vec<Waiting>) {
        let undercut = mem::take(&mut self.pending).waiting;
        self.engines_lost += 1;
        let mut reopened = Ok(());
        if let State::Open(_, claim) = mem::replace(&mut self.state, State::Fenced) {
            reopened = self.reopen(claim).await;
        }
        let error = match (error, reopened) {
            // The store was taken over, or is gone: that says more than how it was noticed. Any other failure to
            // reopen is told to the next caller, whose call tries again.
            (_, Err(error @ (Error::Locked { .. } | Error::Evicted { .. }))) => error,
            (error @ (Error::Quota { .. } | Error::Storage { .. } | Error::UnknownCommit { .. }), _) => error,
            (error, _) => Error::UnknownCommit { reason: error.to_string() },
        };
        let failed = failed.into_iter().map(|waiting| waiting(Fate::Failed(error.clone())));
        let undercut = undercut.into_iter().map(|waiting| waiting(Fate::Undercut(error.clone())));
        self.inbox.put_back(failed.chain(undercut).flatten().collect());
    }

    async fn reopen(&mut self, claim: Claim) -> Result<()> {
        let mut attempt = 1;
        loop {
            match self.load(Some(&claim)).await {
                Ok((engine, claim, _)) => {
                    self.state = State::Open(Box::new(engine), claim);
                    return Ok(());
                }
                Err(Error::Locked { .. }) => {
                    self.state = State::Fenced;
                    return Err(fenced());
                }
                Err(Error::Storage { .. } | Error::UnknownCommit { .. }) if attempt < REOPEN_ATTEMPTS => attempt += 1,
                Err(error) => {
                    self.state = State::Lost(claim);
                    return Err(error);
                }
            }
        }
    }

    /// Takes the store over, and only then looks at it: whoever had it can change it no more.
    async fn load(&self, mine: Option<&Claim>) -> Result<(Engine, Claim, bool)> {
        let mut claim = Claim::take(&*self.host, self.writer, mine).await?;
        if claim.was_importing {
            Import::clear(&*self.host, &mut claim).await?;
        }
        let (keys, blobs) = (self.host.list(&[]), self.host.load(&[BlobKey::Catalog, BlobKey::Access]));
        let (keys, mut blobs) = (keys.await?, blobs.await?);
        let (access, catalog) = (blobs.pop().flatten(), blobs.pop().flatten());
        let is_new = keys.iter().all(|key| *key == BlobKey::Epoch);
        Ok((Engine::open(self.options, keys, catalog)?.with_access(access), claim, is_new))
    }

    fn uncommitted_bytes(&self) -> u64 {
        self.pending.batch.size_bytes() + self.in_flight.as_ref().map_or(0, |in_flight| in_flight.size_bytes)
    }

    fn writes_any(&self, keys: &[BlobKey]) -> bool {
        let in_flight = self.in_flight.as_ref().map_or(&[][..], |in_flight| &in_flight.keys);
        keys.iter().any(|key| self.pending.batch.writes.contains_key(key) || in_flight.contains(key))
    }

    /// Waits until everything executed is stored, or has failed.
    async fn drain(&mut self) {
        while self.in_flight.is_some() {
            let result = poll_fn(|context| self.poll_commit(context)).await;
            self.committed(result).await;
        }
    }

    /// Waits for `work`; commits go on meanwhile, and what they bring is dealt with.
    async fn beside_commits<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let event = poll_fn(|context| {
                if let Poll::Ready(result) = self.poll_commit(context) {
                    return Poll::Ready(Err(result));
                }
                work.as_mut().poll(context).map(Ok)
            });
            match event.await {
                Ok(done) => return done,
                Err(result) => self.committed(result).await,
            }
        }
    }

    async fn export_start(&mut self) -> Result<u64> {
        self.ready().await?;
        self.drain().await;
        let export = Export::start(&*self.host).await?;
        self.last_export += 1;
        self.exports.insert(self.last_export, export);
        Ok(self.last_export)
    }

    async fn export_next(&mut self, id: u64) -> Result<Option<Vec<u8>>> {
        let mut export =
            self.exports.remove(&id).ok_or_else(|| Error::Aborted { reason: format!("there is no export {id}") })?;
        let host = self.host.clone();
        let (export, chunk) = self
            .beside_commits(async move {
                let chunk = export.next(&*host).await;
                (export, chunk)
            })
            .await;
        if let Ok(Some(_)) = chunk {
            self.exports.insert(id, export);
        }
        chunk
    }

    async fn import_chunk(&mut self, bytes: &[u8]) -> Result<()> {
        let State::Unopened = self.state else {
            return Err(Error::invalid("an import needs a database that is not open yet"));
        };
        let mut import = match self.import.take() {
            Some(import) => import,
            None => Import::start(&*self.host, self.writer).await?,
        };
        import.chunk(&*self.host, bytes).await?;
        self.import = Some(import);
        Ok(())
    }

    async fn import_end(&mut self) -> Result<()> {
        match self.import.take() {
            Some(import) => import.end(&*self.host).await,
            None => Err(Error::invalid("no import is under way")),
        }
    }
}

fn fenced() -> Error {
    Error::Locked { name: "of a later writer".to_string() }
}
