//! A connection to a controller or to one model of it, over whichever session is open at the moment.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use futures::{FutureExt, future::BoxFuture, future::Shared};
use juju_wire::{Code, Method};

use crate::{
    Credential, Session,
    backoff::Backoff,
    error::{Error, Lost},
    line::Unanswered,
    login::Dialler,
    trail::Trail,
};

/// A shared connection: many calls at once over one socket, which is dialled again when it broke.
#[derive(Debug)]
pub struct Connection {
    model_name: Option<String>,
    inner: Arc<Inner>,
    /// Where calls that change something are noted.
    trail: Option<Arc<Trail>>,
}

#[derive(Debug)]
struct Inner {
    dialler: Dialler,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    state: State,
    backoff: Backoff,
    /// Whether a session was ever open, so that a controller that is away is worth waiting for.
    was_open: bool,
}

type Dialling = Shared<BoxFuture<'static, Result<Arc<Session>, Error>>>;

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Dialling(Dialling),
    Open(Arc<Session>),
}

impl Connection {
    pub(crate) fn new(dialler: Dialler, model_name: Option<String>) -> Self {
        Self { model_name, inner: Arc::new(Inner { dialler, slot: Mutex::default() }), trail: None }
    }

    /// The same connection for one act: what it sends to change something is noted on the act's trail.
    #[must_use]
    pub fn leaving(&self, trail: &Arc<Trail>) -> Self {
        let (model_name, inner) = (self.model_name.clone(), Arc::clone(&self.inner));
        Self { model_name, inner, trail: Some(Arc::clone(trail)) }
    }

    /// Full name of the model, `admin/prod`; none on a connection to the controller.
    #[must_use]
    pub fn model_name(&self) -> Option<&str> {
        self.model_name.as_deref()
    }

    /// UUID of the model; none on a connection to the controller.
    #[must_use]
    pub fn model_uuid(&self) -> Option<&str> {
        self.inner.dialler.model_uuid.as_deref()
    }

    /// Name of the controller.
    #[must_use]
    pub fn controller_name(&self) -> &str {
        &self.inner.dialler.target.controller
    }

    /// Something is about to change on the controller beside calls, or has.
    pub(crate) fn count_change(&self) {
        self.inner.dialler.changes.count();
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.inner.dialler.credential
    }

    /// The session that is open, or a new one. Callers that come while it is dialled wait for the same dialling.
    ///
    /// # Errors
    /// Why it cannot be dialled or logged in to.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        let dialling = {
            let mut slot = self.inner.slot();
            match &slot.state {
                State::Open(session) if !session.is_closed() => return Ok(Arc::clone(session)),
                State::Dialling(dialling) => dialling.clone(),
                _ => {
                    let dialling = Arc::clone(&self.inner).dial_in_background();
                    slot.state = State::Dialling(dialling.clone());
                    dialling
                }
            }
        };
        dialling.await
    }

    /// Calls a method. Reads that are asked alike at the same time are asked once. A read that failed because the connection broke is made once more on a new one; a write that the
    /// controller may have seen is not.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::UnknownOutcome`] where the answer to a write was lost.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Reply, Error> {
        let mut session = self.session().await?;
        let mut asked = session.ask_together::<M>(&session.tail::<M>("", &params)?, self.trail.as_deref()).await;
        let again = match &asked {
            Err(Unanswered::NotSent(_)) => true,
            Err(Unanswered::Lost(_)) => !M::WRITES,
            _ => false,
        };
        if again {
            session = self.session().await?;
            asked = session.ask_together::<M>(&session.tail::<M>("", &params)?, self.trail.as_deref()).await;
        }
        let answer = session.answer::<M>(asked);
        match &answer {
            Err(Error::UnexpectedAnswer { .. }) => self.inner.abandon(&session),
            // the model is gone; the next use finds out whether another has its name now
            Err(Error::Remote(error)) if error.code == Code::ModelNotFound && self.model_name.is_some() => {
                self.inner.abandon(&session);
            }
            _ => {}
        }
        answer
    }
}

impl Inner {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        // no code that can panic runs under the lock
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a session that is of no more use; it closes when its last call has ended.
    fn abandon(&self, session: &Arc<Session>) {
        let mut slot = self.slot();
        if matches!(&slot.state, State::Open(open) if Arc::ptr_eq(open, session)) {
            slot.state = State::Closed;
        }
    }

    /// Dials in a task of its own, so that a caller who gives up takes nothing away from the others.
    fn dial_in_background(self: Arc<Self>) -> Dialling {
        let controller = self.dialler.name();
        let task = tokio::spawn(async move {
            let result = self.dial().await;
            let mut slot = self.slot();
            slot.state = match &result {
                Ok(session) => State::Open(Arc::clone(session)),
                Err(_) => State::Closed,
            };
            result
        });
        let dialled = async move {
            task.await.unwrap_or_else(|_| {
                let method = "Admin.Login".to_owned();
                Err(Error::ConnectionLost { controller, method, cause: Lost::Dropped })
            })
        };
        dialled.boxed().shared()
    }

    async fn dial(&self) -> Result<Arc<Session>, Error> {
        let settings = &self.dialler.settings;
        let began = Instant::now();
        loop {
            let pause = self.slot().backoff.pause(Instant::now());
            tokio::time::sleep(pause).await;
            match self.dialler.open().await {
                Ok((line, welcome)) => {
                    let mut slot = self.slot();
                    slot.backoff.succeeded();
                    slot.was_open = true;
                    let changes = Arc::clone(&self.dialler.changes);
                    return Ok(Arc::new(Session::new(line, welcome, settings.call_timeout, changes)));
                }
                Err(error) => {
                    let jitter = getrandom::u32().unwrap_or(u32::MAX / 2);
                    let mut slot = self.slot();
                    slot.backoff.failed(Instant::now(), settings, jitter);
                    let next = began.elapsed() + slot.backoff.pause(Instant::now());
                    if !slot.was_open || !error.passes() || next > settings.reconnect_window {
                        return Err(error);
                    }
                }
            }
        }
    }
}
