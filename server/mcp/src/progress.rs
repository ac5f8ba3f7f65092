//! Progress notifications of long calls, for clients that request them.

use std::time::Duration;

use catalogue::Progress;
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::transport::client_link;

/// A call without progress for this long sends a first notification, which also opens the stream and keeps it open.
const FIRST_PROGRESS_AFTER: Duration = Duration::from_secs(1);

/// Forwards the progress of a call to its client.
pub(crate) struct ProgressReporter {
    listener: Option<ProgressListener>,
    last: Option<f64>,
}

/// A client that requested progress, and the progress of its call.
struct ProgressListener {
    token: ProgressToken,
    client: Peer<RoleServer>,
    updates: UnboundedReceiver<Progress>,
}

impl ProgressReporter {
    /// The reporter of a call, and the channel for the call's progress if the client requested it.
    pub(crate) fn for_call(context: &RequestContext<RoleServer>) -> (Self, Option<UnboundedSender<Progress>>) {
        let Some(token) = context.meta.get_progress_token() else { return (Self { listener: None, last: None }, None) };
        let (sender, updates) = unbounded_channel();
        let listener = ProgressListener { token, client: client_link::peer(context), updates };
        (Self { listener: Some(listener), last: None }, Some(sender))
    }

    /// Runs `work` to its end and sends its progress meanwhile.
    pub(crate) async fn run_reporting<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            let next = tokio::select! {
                biased;
                answer = &mut work => return answer,
                next = self.next() => next,
            };
            self.send(next).await;
        }
    }

    async fn next(&mut self) -> Progress {
        let Some(listener) = &mut self.listener else { return std::future::pending().await };
        let received = match self.last {
            Some(_) => listener.updates.recv().await,
            None => match tokio::time::timeout(FIRST_PROGRESS_AFTER, listener.updates.recv()).await {
                Ok(received) => received,
                Err(_) => return Progress { done: 0.0, total: None, message: "at work".to_owned() },
            },
        };
        match received {
            Some(progress) => progress,
            None => std::future::pending().await,
        }
    }

    /// Sends a notification. The protocol requires each number to be greater than the previous one.
    async fn send(&mut self, update: Progress) {
        let Some(listener) = &self.listener else { return };
        let done = self.last.map_or(update.done, |last| if update.done > last { update.done } else { last + 0.001 });
        self.last = Some(done);
        let mut notification =
            ProgressNotificationParam::new(listener.token.clone(), done).with_message(update.message);
        if let Some(total) = update.total {
            notification = notification.with_total(total);
        }
        if let Err(error) = listener.client.notify_progress(notification).await {
            tracing::debug!(%error, "the client no longer receives progress");
        }
    }
}
