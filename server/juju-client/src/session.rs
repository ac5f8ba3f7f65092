//! One logged-in socket. A connection has one at a time; a watcher lives and dies with the session that made it.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use juju_wire::Method;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    error::{Error, Lost},
    frame,
    line::{Answer, Line, Unanswered, read},
    login::Welcome,
    together::{Changes, Together, may_be_shared},
    trail::Trail,
};

/// One logged-in socket: never dialled again, so ids of watchers hold as long as it does.
#[derive(Debug)]
pub struct Session {
    line: Line,
    pub(crate) welcome: Welcome,
    call_timeout: Duration,
    changes: Arc<Changes>,
    together: Together,
}

impl Session {
    pub(crate) fn new(line: Line, welcome: Welcome, call_timeout: Duration, changes: Arc<Changes>) -> Self {
        Self { line, welcome, call_timeout, changes, together: Together::default() }
    }

    /// Whether the socket is gone; every further call fails.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.line.is_closed()
    }

    /// Who is logged in, without `user-`: `admin`, `alice@external`.
    #[must_use]
    pub fn user(&self) -> &str {
        self.welcome.user_tag.trim_start_matches("user-")
    }

    /// The same as a tag: `user-admin`.
    #[must_use]
    pub fn user_tag(&self) -> &str {
        &self.welcome.user_tag
    }

    /// What the user may do on the controller: `login`, `add-model`, `superuser`.
    #[must_use]
    pub fn controller_access(&self) -> &str {
        &self.welcome.controller_access
    }

    /// What the user may do in the model: `read`, `write`, `admin`; empty on a connection to the controller.
    #[must_use]
    pub fn model_access(&self) -> &str {
        &self.welcome.model_access
    }

    /// UUID of the model; none on a connection to the controller.
    #[must_use]
    pub fn model_uuid(&self) -> Option<&str> {
        self.welcome.model_uuid.as_deref()
    }

    /// UUID of the controller.
    #[must_use]
    pub fn controller_uuid(&self) -> &str {
        &self.welcome.controller_uuid
    }

    /// Version of the controller, `3.6.11`.
    #[must_use]
    pub fn server_version(&self) -> &str {
        &self.welcome.server_version
    }

    /// The version of `facade` that both sides speak; none where this connection has no such facade.
    #[must_use]
    pub fn facade_version(&self, facade: &str) -> Option<u32> {
        self.welcome.facades.get(facade).copied()
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call<M: Method>(&self, params: M::Params) -> Result<M::Reply, Error> {
        self.call_on::<M>("", params).await
    }

    /// Calls a method of one object of this session, as the `Stop` of a watcher.
    ///
    /// # Errors
    /// Any [`Error`] of a call.
    pub async fn call_on<M: Method>(&self, object: &str, params: M::Params) -> Result<M::Reply, Error> {
        let tail = self.tail::<M>(object, &params)?;
        let asked = self.ask(&tail, Some(self.call_timeout)).await;
        self.answer::<M>(asked)
    }

    /// Calls a method that answers only when there is news, as the `Next` of a watcher: without a time limit.
    ///
    /// # Errors
    /// Any [`Error`] of a call but [`Error::TimedOut`].
    pub async fn wait_on<M: Method>(&self, object: &str, params: M::Params) -> Result<M::Reply, Error> {
        let tail = self.tail::<M>(object, &params)?;
        let asked = self.ask(&tail, None).await;
        self.answer::<M>(asked)
    }

    /// The request without its number.
    pub(crate) fn tail<M: Method>(&self, object: &str, params: &M::Params) -> Result<String, Error> {
        let Some(version) = self.facade_version(M::FACADE) else {
            let side = if self.welcome.model_uuid.is_some() { "model" } else { "controller" };
            return Err(Error::FacadeMissing { facade: M::FACADE, side });
        };
        if M::WRITES {
            self.changes.count();
        }
        frame::request_tail::<M>(version, object, params)
            .map_err(|cause| Error::Parameters { method: method::<M>(), cause: cause.to_string() })
    }

    async fn ask(&self, tail: &str, limit: Option<Duration>) -> Result<Utf8Bytes, Unanswered> {
        self.line.ask(tail, limit).await
    }

    /// Asks `M`, and a read together with those who ask the same at the moment. A write is noted where that
    /// is wanted.
    pub(crate) async fn ask_together<M: Method>(
        self: &Arc<Self>,
        tail: &str,
        noted: Option<&Trail>,
    ) -> Result<Utf8Bytes, Unanswered> {
        let limit = Some(self.call_timeout);
        if let (true, Some(mark), Some(trail)) = (M::WRITES, &self.welcome.mark, noted) {
            let id = self.line.number();
            let asked = self.line.ask_as(id, tail, limit).await;
            if !matches!(asked, Err(Unanswered::NotSent(_))) {
                trail.add::<M>(mark, id);
            }
            return asked;
        }
        if !may_be_shared::<M>() {
            return self.ask(tail, limit).await;
        }
        let (asking, joined) = self.together.join(self.changes.counted(), tail, || {
            let (session, tail) = (Arc::clone(self), tail.to_owned());
            async move { session.ask(&tail, limit).await }.boxed()
        });
        match asking.await {
            // their time was up, not this caller's
            Err(Unanswered::TimedOut(_)) if joined => self.ask(tail, limit).await,
            asked => asked,
        }
    }

    /// Reads what came of a call.
    pub(crate) fn answer<M: Method>(&self, asked: Result<Utf8Bytes, Unanswered>) -> Result<M::Reply, Error> {
        if M::WRITES {
            self.changes.count();
        }
        let controller = || self.welcome.target.controller.to_string();
        match asked {
            Ok(text) => match read::<M>(&text) {
                Ok(Answer::Done(reply)) => Ok(reply),
                Ok(Answer::Failed(error)) => Err(Error::Remote(error)),
                Err(cause) => Err(Error::UnexpectedAnswer {
                    controller: controller(),
                    method: method::<M>(),
                    cause: cause.to_string(),
                }),
            },
            Err(Unanswered::Lost(cause)) if M::WRITES => Err(Error::UnknownOutcome { method: method::<M>(), cause }),
            Err(Unanswered::NotSent(cause) | Unanswered::Lost(cause)) => {
                Err(Error::ConnectionLost { controller: controller(), method: method::<M>(), cause })
            }
            Err(Unanswered::TimedOut(limit)) if M::WRITES => {
                Err(Error::UnknownOutcome { method: method::<M>(), cause: Lost::TimedOut(limit) })
            }
            Err(Unanswered::TimedOut(limit)) => Err(Error::TimedOut { method: method::<M>(), limit }),
        }
    }
}

/// `Application.AddUnits`.
fn method<M: Method>() -> String {
    format!("{}.{}", M::FACADE, M::NAME)
}
