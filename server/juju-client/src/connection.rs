//! A connection to a controller or to one of its models: one shared session, opened again after it breaks.

use std::{sync::Arc, time::Instant};

use futures::{FutureExt, future::BoxFuture, future::Shared};
use juju_wire::{Code, Method};
use parking_lot::{Mutex, MutexGuard};
use tracing::Instrument as _;

use crate::{
    Credential, LOGIN_TOKEN_LIFETIME, ModelEntry, Session, Settings,
    access::Access,
    audit_trail::AuditTrail,
    backoff::Backoff,
    circuit::Condition,
    controller_state::ControllerState,
    encoded_call::EncodedCall,
    error::{DisconnectReason, Error},
    login::Connector,
    login_tokens::TokenLogin,
    rpc_client::RpcReply,
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
    shared: Arc<ControllerState>,
    model_uuid: Option<String>,
    /// The caller, if the connection is one of a caller that logs in as itself.
    login: Option<TokenLogin>,
    slot: Mutex<Slot>,
}

#[derive(Debug, Default)]
struct Slot {
    state: State,
    backoff: Backoff,
    /// Whether a session was open before: then a call waits for a controller that restarts.
    was_open: bool,
    /// When the open session was opened.
    opened_at: Option<Instant>,
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
    /// A connection to `model`; without one, to the controller.
    pub(crate) fn new(shared: Arc<ControllerState>, model: Option<&ModelEntry>) -> Self {
        Self::with_login(shared, model, None)
    }

    /// The same for a caller that logs in as itself.
    pub(crate) fn with_login(
        shared: Arc<ControllerState>,
        model: Option<&ModelEntry>,
        login: Option<TokenLogin>,
    ) -> Self {
        let model_uuid = model.map(|entry| entry.uuid.clone());
        let inner = Arc::new(Inner { shared, model_uuid, login, slot: Mutex::default() });
        Self { model_name: model.map(ModelEntry::full_name), inner, audit_trail: None }
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
        self.inner.model_uuid.as_deref()
    }

    /// Name of the controller.
    #[must_use]
    pub fn controller_name(&self) -> &str {
        &self.inner.shared.name
    }

    /// Notes that the controller is about to change, or has changed, by another way than a call.
    pub(crate) fn note_change(&self) {
        self.inner.shared.changes.increment();
    }

    /// The credential for requests to HTTP endpoints; a new token for a caller that logs in as itself.
    pub(crate) fn credential(&self) -> Result<Credential, Error> {
        self.inner.credential(&self.inner.shared.access.get())
    }

    /// Returns the open session, or opens one. Concurrent callers share one attempt. While the controller is known to be
    /// away, it fails at once.
    ///
    /// # Errors
    /// [`Error::Away`], or any [`Error`] of the connection or the log-in.
    pub async fn session(&self) -> Result<Arc<Session>, Error> {
        let pending = {
            let mut slot = self.inner.slot();
            match &slot.state {
                State::Open(session) if !session.is_closed() && self.inner.is_valid(&slot) => {
                    return Ok(Arc::clone(session));
                }
                State::Connecting(pending) => pending.clone(),
                _ => {
                    self.inner.shared.circuit.admit()?;
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
        let call = EncodedCall::of::<M>(&params)?;
        drop(params);
        let (session, reply) = self.exchange(call).await?;
        let decoded = session.decode::<M>(&reply);
        if decoded.is_err() {
            self.inner.abandon(&session);
        }
        decoded
    }

    /// Sends a call, without its types: one code for all methods.
    async fn exchange(&self, call: EncodedCall) -> Result<(Arc<Session>, RpcReply), Error> {
        let audit_trail = self.audit_trail.as_deref();
        let mut session = self.session().await?;
        if let Some(trail) = audit_trail
            && call.method.writes
        {
            trail.record_user(session.user());
        }
        let mut reply = session.call_coalesced(&call, audit_trail).await;
        if matches!(reply, Err(Error::ConnectionLost { .. })) {
            session = self.session().await?;
            reply = session.call_coalesced(&call, audit_trail).await;
        }
        match &reply {
            Err(Error::UnexpectedAnswer { .. }) => self.inner.abandon(&session),
            // the model is destroyed; the next call finds out whether another model has its name now
            Err(Error::Remote(error)) if error.code == Code::ModelNotFound && self.model_name.is_some() => {
                self.inner.abandon(&session);
            }
            _ => {}
        }
        Ok((session, reply?))
    }
}

impl Inner {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock()
    }

    /// Whether a session of this slot may serve new calls: the session of a token for no longer than the token is valid.
    fn is_valid(&self, slot: &Slot) -> bool {
        self.login.is_none() || slot.opened_at.is_some_and(|opened| opened.elapsed() < LOGIN_TOKEN_LIFETIME)
    }

    fn credential(&self, access: &Access) -> Result<Credential, Error> {
        match &self.login {
            Some(login) => login.credential(&self.shared.name),
            None => Ok(access.endpoint.credential.clone()),
        }
    }

    /// The condition of the log-in: that of the credential, or that of all tokens.
    fn log_in(&self) -> &Condition {
        if self.login.is_some() { &self.shared.token_log_in } else { &self.shared.log_in }
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
        let controller = self.shared.name.to_string();
        let connecting = async move {
            let result = self.connect().await;
            let mut slot = self.slot();
            slot.state = match &result {
                Ok(session) => {
                    slot.opened_at = Some(Instant::now());
                    State::Open(Arc::clone(session))
                }
                Err(_) => State::Closed,
            };
            result
        };
        // in the trace, the log-in belongs to the first call that needs it
        let task = tokio::spawn(connecting.in_current_span());
        let connected = async move {
            task.await.unwrap_or_else(|_| {
                let method = "Admin.Login".to_owned();
                Err(Error::ConnectionLost { controller, method, cause: DisconnectReason::Dropped })
            })
        };
        connected.boxed().shared()
    }

    /// Connects with backoff until it succeeds, fails permanently, or exceeds the reconnect window. A failure of the network
    /// starts the task that tries the controller again.
    async fn connect(self: &Arc<Self>) -> Result<Arc<Session>, Error> {
        let settings = &self.shared.settings;
        let began = Instant::now();
        loop {
            let delay = self.slot().backoff.delay(Instant::now());
            tokio::time::sleep(delay).await;
            let error = match self.open().await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let waits_for_restart = {
                let mut slot = self.slot();
                slot.backoff.record_failure(Instant::now(), settings, getrandom::u32().unwrap_or(u32::MAX / 2));
                let next_attempt = began.elapsed() + slot.backoff.delay(Instant::now());
                slot.was_open && error.is_transient() && next_attempt <= settings.reconnect_window
            };
            if waits_for_restart && self.shared.circuit.admit().is_ok() {
                continue;
            }
            if self.is_network_failure(&error) {
                self.slot().backoff.reset(); // the circuit has a backoff of its own
                self.shared.circuit.record_failure(&error);
                self.start_probe();
            }
            return Err(error);
        }
    }

    /// Whether the controller itself is away. What a controller answers to the log-in to one model concerns that model.
    fn is_network_failure(&self, error: &Error) -> bool {
        error.is_transient() && (self.model_uuid.is_none() || error.remote().is_none())
    }

    /// One attempt. If trust or log-in fails, the endpoint is read again from its source, and if it has changed, the attempt
    /// is repeated.
    async fn open(&self) -> Result<Arc<Session>, Error> {
        let access = self.shared.access.get();
        let mut opened = self.connector(&access)?.open().await;
        if let Err(error) = &opened
            && error.depends_on_endpoint()
            && let Some(newer) = self.shared.access.renew(&access, &self.shared.settings).await
        {
            opened = self.connector(&newer)?.open().await;
        }
        let (controller, settings) = (&self.shared.name, &self.shared.settings);
        let result = opened.map(|(rpc, login)| Arc::new(Session::new(rpc, login, settings.call_timeout)));
        match &result {
            Ok(_) => {
                let mut slot = self.slot();
                slot.backoff.reset();
                self.shared.circuit.record_success(slot.was_open);
                slot.was_open = true;
                self.log_in().record_success(controller);
            }
            Err(error) if self.is_network_failure(error) => {}
            Err(error) => {
                self.shared.circuit.record_success(false); // it answers
                if error.remote().is_none() && !matches!(error, Error::ModelUnknown { .. }) {
                    self.log_in().record_failure(controller, error);
                }
            }
        }
        result
    }

    fn connector(&self, access: &Access) -> Result<Connector, Error> {
        let mut settings = Arc::clone(&self.shared.settings);
        if self.login.is_some() {
            settings = Arc::new(Settings {
                idle_timeout: LOGIN_TOKEN_LIFETIME.min(settings.idle_timeout),
                ..(*settings).clone()
            });
        }
        Ok(Connector {
            target: access.target.clone(),
            controller_uuid: access.endpoint.uuid.clone(),
            credential: self.credential(access)?,
            settings,
            model_uuid: self.model_uuid.clone(),
            changes: Arc::clone(&self.shared.changes),
        })
    }

    /// Tries the controller again in the background until it answers, this connection is dropped, or no caller wants it.
    fn start_probe(self: &Arc<Self>) {
        let Some(guard) = self.shared.circuit.start_probe() else { return };
        let shared = Arc::clone(&self.shared);
        let connection = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(delay) = shared.circuit.next_probe(&shared.settings) {
                tokio::time::sleep(delay).await;
                let Some(inner) = connection.upgrade() else { return };
                shared.circuit.begin_attempt();
                match inner.open().await {
                    Ok(session) => {
                        let mut slot = inner.slot();
                        slot.opened_at = Some(Instant::now());
                        slot.state = State::Open(session);
                    }
                    Err(error) if inner.is_network_failure(&error) => shared.circuit.record_failure(&error),
                    Err(_) => {} // it answers, so the circuit is closed
                }
            }
            drop(guard);
        });
    }
}
