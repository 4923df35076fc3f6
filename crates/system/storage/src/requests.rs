//! Who waits for what: writes are done one after the other by a single future, the flight. It belongs
//! to the store, and one of those who wait polls it, the pilot. If the pilot is dropped another waiter
//! takes over: nobody else is stopped, and no write is left half done behind which others would go on.

use crate::{
    append,
    batch::Batch,
    compact,
    error::StoreError,
    store::{Effort, Shared, Store},
};
use alloc::{boxed::Box, collections::BTreeMap, collections::VecDeque, rc::Rc, vec::Vec};
use core::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, Waker},
};

/// Work under way.
pub(crate) type Flight<'d> = Pin<Box<dyn Future<Output = ()> + 'd>>;

/// Payload bytes beyond which no further batch joins a group.
const GROUP_BYTES: usize = 64 << 20;

/// Something to be done that writes.
pub(crate) enum Request {
    Commit(Batch),
    Compact(Effort),
    Close,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// There is more to compact.
    More,
}

type Outcome = Result<Answer, StoreError>;

/// All requests that are not answered yet, and answers that nobody has fetched.
#[derive(Default)]
pub(crate) struct Requests {
    last_ticket: u64,
    queue: VecDeque<(u64, Request)>,
    waiting: BTreeMap<u64, Waker>,
    /// Who polls the flight.
    pilot: Option<u64>,
    answers: BTreeMap<u64, Outcome>,
}

impl Requests {
    /// The next request, or the next batches that can be made durable together.
    fn next(&mut self) -> Option<(Vec<u64>, Work)> {
        let (ticket, request) = self.queue.pop_front()?;
        let mut tickets = Vec::from([ticket]);
        let work = match request {
            Request::Compact(effort) => Work::Compact(effort),
            Request::Close => Work::Close,
            Request::Commit(batch) => {
                let mut bytes = batch.payload_bytes();
                let mut batches = Vec::from([batch]);
                while let Some((_, Request::Commit(next))) = self.queue.front() {
                    bytes = bytes.saturating_add(next.payload_bytes());
                    if bytes > GROUP_BYTES {
                        break;
                    }
                    if let Some((ticket, Request::Commit(batch))) = self.queue.pop_front() {
                        tickets.push(ticket);
                        batches.push(batch);
                    }
                }
                Work::Commit(batches)
            }
        };
        Some((tickets, work))
    }

    fn answer(&mut self, ticket: u64, outcome: Outcome) {
        // Nobody waits if the asker was dropped.
        if self.waiting.contains_key(&ticket) {
            self.answers.insert(ticket, outcome);
        }
    }

    fn wake_all(&self) {
        self.waiting.values().for_each(Waker::wake_by_ref);
    }
}

enum Work {
    Commit(Vec<Batch>),
    Compact(Effort),
    Close,
}

/// Does what is first in the queue.
async fn serve(shared: Rc<Shared<'_>>) {
    let next = shared.requests.borrow_mut().next();
    let Some((tickets, work)) = next else { return };
    let outcomes = work.run(&shared).await;
    let mut requests = shared.requests.borrow_mut();
    for (ticket, outcome) in tickets.into_iter().zip(outcomes) {
        requests.answer(ticket, outcome);
    }
}

impl Work {
    /// Does it; one outcome for each request.
    async fn run(self, shared: &Shared<'_>) -> Vec<Outcome> {
        let broken = shared.state.borrow().broken;
        if let Some(error) = broken {
            let count = if let Self::Commit(batches) = &self { batches.len() } else { 1 };
            return alloc::vec![Err(StoreError::Broken(error)); count];
        }
        let outcomes = match self {
            Self::Commit(batches) => commit(shared, &batches).await,
            Self::Compact(effort) => {
                let is_more = compact::step(shared, effort.into()).await;
                Vec::from([is_more.map(|more| if more { Answer::More } else { Answer::Done })])
            }
            Self::Close => Vec::from([close(shared).await.map(|()| Answer::Done)]),
        };
        for outcome in &outcomes {
            if let Err(StoreError::Device(error)) = outcome {
                shared.state.borrow_mut().broken = Some(*error);
            }
        }
        outcomes
    }
}

/// Commits batches together, or, where there is no room for all of them, one by one.
async fn commit(shared: &Shared<'_>, batches: &[Batch]) -> Vec<Outcome> {
    let outcome = append::commit(shared, batches).await;
    let is_full = matches!(outcome, Err(StoreError::Full { .. }));
    if !is_full || batches.len() == 1 {
        return alloc::vec![outcome.map(|()| Answer::Done); batches.len()];
    }
    let mut outcomes = Vec::with_capacity(batches.len());
    for batch in batches {
        let outcome = match outcomes.last() {
            Some(Err(StoreError::Device(error))) => Err(StoreError::Broken(*error)),
            Some(Err(error @ StoreError::Broken(_))) => Err(*error),
            _ => append::commit(shared, core::slice::from_ref(batch)).await,
        };
        outcomes.push(outcome.map(|()| Answer::Done));
    }
    outcomes
}

async fn close(shared: &Shared<'_>) -> Result<(), StoreError> {
    shared.write_superblock().await?;
    Ok(shared.pages.flush().await?)
}

/// Waits for the answer to a request.
pub(crate) struct Ask<'s, 'd> {
    store: &'s Store<'d>,
    /// Until the first poll.
    request: Option<Request>,
    /// From then on, until it is answered.
    ticket: Option<u64>,
}

impl<'s, 'd> Ask<'s, 'd> {
    pub(crate) const fn new(store: &'s Store<'d>, request: Request) -> Self {
        Self { store, request: Some(request), ticket: None }
    }
}

impl Future for Ask<'_, '_> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let store = self.store;
        let requests = &store.shared.requests;
        if let Some(request) = self.request.take() {
            let mut requests = requests.borrow_mut();
            requests.last_ticket += 1;
            let ticket = requests.last_ticket;
            requests.queue.push_back((ticket, request));
            self.ticket = Some(ticket);
        }
        let ticket = self.ticket.expect("polled no more once it was ready");
        requests.borrow_mut().waiting.insert(ticket, context.waker().clone());
        loop {
            let answer = requests.borrow_mut().answers.remove(&ticket);
            if let Some(answer) = answer {
                self.ticket = None;
                let mut requests = requests.borrow_mut();
                requests.waiting.remove(&ticket);
                return Poll::Ready(answer);
            }
            if *requests.borrow_mut().pilot.get_or_insert(ticket) != ticket {
                return Poll::Pending;
            }
            let flight = store.flight.borrow_mut().take();
            let mut flight = flight.unwrap_or_else(|| Box::pin(serve(Rc::clone(&store.shared))));
            if flight.as_mut().poll(context).is_pending() {
                *store.flight.borrow_mut() = Some(flight);
                return Poll::Pending;
            }
            let mut requests = requests.borrow_mut();
            requests.pilot = None;
            requests.wake_all();
        }
    }
}

impl Drop for Ask<'_, '_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut requests = self.store.shared.requests.borrow_mut();
        requests.waiting.remove(&ticket);
        requests.answers.remove(&ticket);
        requests.queue.retain(|(other, _)| *other != ticket);
        if requests.pilot.take_if(|pilot| *pilot == ticket).is_some() {
            requests.wake_all();
        }
    }
}
