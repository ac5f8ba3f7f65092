//! A connection to a controller or to one of its models: one shared session, opened again after it breaks.

use std::{sync::Arc, time::Instant};

use futures::{FutureExt, future::BoxFuture, future::Shared};
use juju_wire::{Code, Method};
use parking_lot::{Mutex, MutexGuard};

use crate::{
    Credential, Session,
    audit_trail::AuditTrail,
    backoff::Backoff,
    error::{DisconnectReason, Error},
    login::Connector,
};

/// A shared connection: many concurrent calls over one socket, which reconnects after it breaks.
#[derive(Debug)]
pub struct Connection {
    model_name: Option<String>,
    inner: Arc<Inner>,
    audit_trail: Option<Arc<AuditTrail>>,
}

#[derive(Debug)]
struct Inner {
    connector: Connector,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    state: State,
    backoff: Backoff,
    /// Whether a session was open before: then a call waits for a controller that restarts.
    was_open: bool,
}

type PendingSession = Shared<BoxFuture<'static, Result<Arc<Session>, Error>>>;

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Connecting(PendingSession),
    Open(Arc<Session>),
}

impl Connection {
    pub(crate) fn new(connector: Connector, model_name: Option<String>) -> Self {
        Self { model_name, inner: Arc::new(Inner { connector, slot: Mutex::default() }), audit_trail: None }
    }

    /// The same connection for one act; `audit_trail` records the writes of the act.
    #[must_use]
    pub fn with_trail(&self, audit_trail: &Arc<AuditTrail>) -> Self {
        let (model_name, inner) = (self.model_name.clone(), Arc::clone(&self.inner));
        Self { model_name, inner, audit_trail: Some(Arc::clone(audit_trail)) }
    }

    /// Full name of the model, `admin/prod`; `None` on a connection to the controller.
    #[must_use]
    pub fn model_name(&self) -> Option<&str> {
        self.model_name.as_deref()
    }

    /// UUID of the model; `None` on a connection to the controller.
    #[must_use]
    pub fn model_uuid(&self) -> Option<&str> {
        self.inner.connector.model_uuid.as_deref()
    }

    /// Name of the controller.
    #[must_use]
    pub fn controller_name(&self) -> &str {
        &self.inner.connector.target.controller
    }

    /// Notes that the controller is about to change, or has changed, by another way than a call.
    pub(crate) fn note_change(&self) {
        self.inner.connector.changes.increment();
    }

    pub(crate) fn credential(&self) -> &Credential {
        &self.inner.connector.credential
    }

    /// Returns the open session, or opens one. Concurrent callers share one attempt.
    ///
    /// # Errors
    /// Any [`Error`] of the connection or the log-in.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        let pending = {
            let mut slot = self.inner.slot();
            match &slot.state {
                State::Open(session) if !session.is_closed() => return Ok(Arc::clone(session)),
                State::Connecting(pending) => pending.clone(),
                _ => {
                    let pending = Arc::clone(&self.inner).connect_in_background();
                    slot.state = State::Connecting(pending.clone());
                    pending
                }
            }
        };
        pending.await
    }

    /// Calls a method. Equal reads at the same time share one request. After the connection breaks, the call is sent once
    /// more on a new connection if it is a read or was never sent; a write that the controller may have received is not
    /// repeated.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::UnknownOutcome`] if the reply to a write is lost.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Reply, Error> {
        let audit_trail = self.audit_trail.as_deref();
        let mut session = self.session().await?;
        let mut reply = session.call_coalesced::<M>(&params, audit_trail).await;
        if matches!(reply, Err(Error::ConnectionLost { .. })) {
            session = self.session().await?;
            reply = session.call_coalesced::<M>(&params, audit_trail).await;
        }
        match &reply {
            Err(Error::UnexpectedAnswer { .. }) => self.inner.abandon(&session),
            // the model is destroyed; the next call finds out whether another model has its name now
            Err(Error::Remote(error)) if error.code == Code::ModelNotFound && self.model_name.is_some() => {
                self.inner.abandon(&session);
            }
            _ => {}
        }
        reply
    }
}

impl Inner {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock()
    }

    /// Drops a session that must not be used again; it closes when its last call has ended.
    fn abandon(&self, session: &Arc<Session>) {
        let mut slot = self.slot();
        if matches!(&slot.state, State::Open(open) if Arc::ptr_eq(open, session)) {
            slot.state = State::Closed;
        }
    }

    /// Connects in a task of its own, so that a cancelled caller does not cancel the attempt of the others.
    fn connect_in_background(self: Arc<Self>) -> PendingSession {
        let controller = self.connector.controller_name();
        let task = tokio::spawn(async move {
            let result = self.connect().await;
            let mut slot = self.slot();
            slot.state = match &result {
                Ok(session) => State::Open(Arc::clone(session)),
                Err(_) => State::Closed,
            };
            result
        });
        let connected = async move {
            task.await.unwrap_or_else(|_| {
                let method = "Admin.Login".to_owned();
                Err(Error::ConnectionLost { controller, method, cause: DisconnectReason::Dropped })
            })
        };
        connected.boxed().shared()
    }

    /// Connects with backoff until it succeeds, fails permanently, or exceeds the reconnect window.
    async fn connect(&self) -> Result<Arc<Session>, Error> {
        let settings = &self.connector.settings;
        let began = Instant::now();
        loop {
            let delay = self.slot().backoff.delay(Instant::now());
            tokio::time::sleep(delay).await;
            match self.connector.open().await {
                Ok((rpc, login)) => {
                    let mut slot = self.slot();
                    slot.backoff.reset();
                    slot.was_open = true;
                    return Ok(Arc::new(Session::new(rpc, login, settings.call_timeout)));
                }
                Err(error) => {
                    let jitter = getrandom::u32().unwrap_or(u32::MAX / 2);
                    let mut slot = self.slot();
                    slot.backoff.record_failure(Instant::now(), settings, jitter);
                    let next_attempt = began.elapsed() + slot.backoff.delay(Instant::now());
                    if !slot.was_open || !error.is_transient() || next_attempt > settings.reconnect_window {
                        return Err(error);
                    }
                }
            }
        }
    }
}
