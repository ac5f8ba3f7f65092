//! News of long calls, for clients that asked for it.

use std::time::Duration;

use catalogue::Progress;
use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A call that is silent for so long is said to be at work, which also opens the stream and keeps it open.
const SILENCE: Duration = Duration::from_secs(1);

/// Carries news from a call to its client.
pub(crate) struct News {
    told: Option<(ProgressToken, Peer<RoleServer>, UnboundedReceiver<Progress>)>,
    last: Option<f64>,
}

impl News {
    /// The channel for the call, where the client wants news.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> (Self, Option<UnboundedSender<Progress>>) {
        match context.meta.get_progress_token() {
            None => (Self { told: None, last: None }, None),
            Some(token) => {
                let (sender, receiver) = unbounded_channel();
                (Self { told: Some((token, context.peer.clone(), receiver)), last: None }, Some(sender))
            }
        }
    }

    /// Passes news on while `work` goes on.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            let next = tokio::select! {
                biased;
                answer = &mut work => return answer,
                next = self.next() => next,
            };
            self.tell(next).await;
        }
    }

    async fn next(&mut self) -> Progress {
        let Some((_, _, channel)) = &mut self.told else { return std::future::pending().await };
        let quiet = || Progress { done: 0.0, total: None, message: "at work".to_owned() };
        let received = match self.last {
            Some(_) => channel.recv().await,
            None => match tokio::time::timeout(SILENCE, channel.recv()).await {
                Ok(received) => received,
                Err(_) => return quiet(),
            },
        };
        match received {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }

    /// The protocol wants each number to be above the one before.
    async fn tell(&mut self, news: Progress) {
        let Some((token, peer, _)) = &self.told else { return };
        let progress = self.last.map_or(news.done, |last| if news.done > last { news.done } else { last + 0.001 });
        self.last = Some(progress);
        let mut told = ProgressNotificationParam::new(token.clone(), progress).with_message(news.message);
        if let Some(total) = news.total {
            told = told.with_total(total);
        }
        if let Err(error) = peer.notify_progress(told).await {
            tracing::debug!(%error, "the client no longer takes news");
        }
    }
}
