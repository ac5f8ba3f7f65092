//! One open socket before and after log-in: a request goes in, its answer comes out.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use juju_wire::{Code, Method, RemoteError};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    Settings,
    dial::Socket,
    driver::{self, Outgoing, Shared},
    error::Lost,
    frame,
    pending::Outcome,
};

/// One open socket; closed when it is dropped.
#[derive(Debug)]
pub(crate) struct Line {
    sender: mpsc::UnboundedSender<Outgoing>,
    shared: Arc<Shared>,
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub(crate) enum Unanswered {
    /// The controller cannot have seen the request.
    NotSent(Lost),
    /// The controller may have seen it.
    Lost(Lost),
    /// The controller may have seen it, and still be at it.
    TimedOut(Duration),
}

impl Line {
    pub(crate) fn new(socket: Socket, settings: &Settings) -> Self {
        let (sender, shared) = driver::start(socket, settings);
        Self { sender, shared }
    }

    /// Whether the socket is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed() || self.shared.ended.get().is_some()
    }

    /// A number for a request that no other has.
    pub(crate) fn number(&self) -> u64 {
        self.shared.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request and waits for its frame; whoever drops this future is no longer waited for.
    pub(crate) async fn ask(&self, tail: &str, limit: Option<Duration>) -> Result<Utf8Bytes, Unanswered> {
        self.ask_as(self.number(), tail, limit).await
    }

    /// The same under a number that was had before.
    pub(crate) async fn ask_as(&self, id: u64, tail: &str, limit: Option<Duration>) -> Result<Utf8Bytes, Unanswered> {
        let answer = self.shared.pending.expect(id);
        let _forget = Forget { shared: &self.shared, id };
        if self.sender.send(Outgoing { id, text: frame::request(id, tail).into() }).is_err() {
            return Err(Unanswered::NotSent(self.cause()));
        }
        let outcome = match limit {
            Some(limit) => match tokio::time::timeout(limit, answer).await {
                Ok(outcome) => outcome,
                Err(_) => return Err(Unanswered::TimedOut(limit)),
            },
            None => answer.await,
        };
        match outcome {
            Ok(Outcome::Answered(text)) => Ok(text),
            Ok(Outcome::NotSent(cause)) => Err(Unanswered::NotSent(cause)),
            Ok(Outcome::Lost(cause)) => Err(Unanswered::Lost(cause)),
            // the task ended between the two: it may have been sent
            Err(_) => Err(Unanswered::Lost(self.cause())),
        }
    }

    fn cause(&self) -> Lost {
        self.shared.ended.get().cloned().unwrap_or(Lost::Dropped)
    }
}

/// Takes the call off the list when its caller has gone.
struct Forget<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.pending.forget(self.id);
    }
}

/// What a frame says.
pub(crate) enum Answer<R> {
    /// The call was carried out.
    Done(R),
    /// The controller refused or failed.
    Failed(RemoteError),
}

/// Reads a frame as the answer of `M`, without copying it.
pub(crate) fn read<M: Method>(text: &str) -> Result<Answer<M::Reply>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Frame<'a> {
        #[serde(default)]
        error: String,
        #[serde(default, rename = "error-code")]
        code: String,
        #[serde(default, rename = "error-info")]
        info: Option<Value>,
        #[serde(borrow, default)]
        response: Option<&'a RawValue>,
    }
    let frame: Frame = serde_json::from_str(text)?;
    if !frame.error.is_empty() || !frame.code.is_empty() {
        let code = Code::from(frame.code.as_str());
        return Ok(Answer::Failed(RemoteError { message: frame.error, code, info: frame.info }));
    }
    let response = frame.response.map_or("{}", RawValue::get);
    match serde_json::from_str(response) {
        Ok(reply) => Ok(Answer::Done(reply)),
        // an empty answer is `{}` on the wire and `()` here
        Err(_) if response == "{}" => serde_json::from_str("null").map(Answer::Done),
        Err(cause) => Err(cause),
    }
}
