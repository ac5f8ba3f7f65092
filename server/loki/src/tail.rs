//! [`LokiTail`]: lines as they arrive, over Loki's WebSocket.

use std::{fmt, time::Duration};

use backend::BackendError;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use reqwest::{Upgraded, header::SEC_WEBSOCKET_ACCEPT};
use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::{client::generate_key, derive_accept_key},
        protocol::{Role, WebSocketConfig},
    },
};

use crate::{LineStream, LokiLine, LokiReader, answer::lines_of, range::nanoseconds};

/// Largest message of Loki, in bytes.
const MAX_MESSAGE_BYTES: usize = 8 * 1024 * 1024;
/// Lines that Loki sends of the past at most.
const MAX_PAST_LINES: usize = 1_000;
/// Time without any frame after which the connection counts as broken; Loki pings every second.
const MAX_SILENCE: Duration = Duration::from_mins(1);

/// Lines as they arrive. Dropping it ends it.
pub struct LokiTail<'a> {
    reader: LokiReader<'a>,
    socket: WebSocketStream<Upgraded>,
}

impl fmt::Debug for LokiTail<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reader.fmt(formatter)
    }
}

/// Lines that have arrived together.
#[derive(Debug, Clone, Default)]
pub struct TailedLines {
    /// The lines, the oldest first.
    pub lines: Vec<LokiLine>,
    /// Lines that Loki has dropped, because they came too fast.
    pub dropped: usize,
}

/// A message of Loki.
#[derive(Deserialize)]
struct TailMessage {
    #[serde(default)]
    streams: Option<Vec<LineStream>>,
    #[serde(default)]
    dropped_entries: Option<Vec<Value>>,
}

impl<'a> LokiReader<'a> {
    /// Follows the lines that a query selects, from `start` on.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn tail(self, query: &str, start: DateTime<Utc>) -> Result<LokiTail<'a>, BackendError> {
        let key = generate_key();
        let headers = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", key.as_str()),
        ];
        let (start, limit) = (nanoseconds(start).to_string(), MAX_PAST_LINES.to_string());
        let params = [("query", self.bind(query)?), ("start", start), ("limit", limit)];
        let response = self.endpoint.upgrade("/tail", &params, &headers).await?;
        // RFC 6455 section 4.1
        let accept = response.headers().get(SEC_WEBSOCKET_ACCEPT).map(|value| value.as_bytes().to_vec());
        if accept != Some(derive_accept_key(key.as_bytes()).into_bytes()) {
            return Err(self.endpoint.unexpected("no acceptance of the WebSocket"));
        }
        let upgraded = response.upgrade().await.map_err(|error| self.endpoint.unexpected(&error))?;
        let limits = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES));
        let limits = limits.max_frame_size(Some(MAX_MESSAGE_BYTES));
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(limits)).await;
        Ok(LokiTail { reader: self, socket })
    }
}

impl LokiTail<'_> {
    /// Waits for the next lines; `None` if Loki ends the tail. Cancelling the wait loses none.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn next(&mut self) -> Result<Option<TailedLines>, BackendError> {
        let endpoint = self.reader.endpoint;
        loop {
            let waited = tokio::time::timeout(MAX_SILENCE, self.socket.next()).await;
            let message = match waited {
                Err(_) => return Err(endpoint.unexpected("the tail is silent, without a ping")),
                Ok(None | Some(Ok(Message::Close(_)))) => return Ok(None),
                Ok(Some(Err(error))) => return Err(endpoint.unexpected(&error)),
                Ok(Some(Ok(message))) => message,
            };
            let Message::Text(text) = message else { continue };
            let message: TailMessage = serde_json::from_str(&text).map_err(|error| endpoint.unexpected(&error))?;
            let streams = self.reader.visible_streams(message.streams.unwrap_or_default());
            let (lines, dropped) = (lines_of(streams), message.dropped_entries.map_or(0, |lines| lines.len()));
            if dropped > 0 || !lines.is_empty() {
                return Ok(Some(TailedLines { lines, dropped }));
            }
        }
    }
}
