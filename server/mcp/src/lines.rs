//! MCP messages as lines over a pair of streams. A line that is no message is answered by an error, so that its client does not
//! wait for ever. The stream ends for the server only when every request has its response, or the time for it is over.

use std::{collections::HashSet, sync::Arc};

use rmcp::{
    ErrorData, RoleServer,
    model::{ClientNotification, ErrorCode, JsonRpcMessage, RequestId, ServerJsonRpcMessage},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::{Mutex, watch},
    time::{Instant, timeout_at},
};

use crate::{
    message_check::{Checked, check_message},
    services::Stopping,
};

/// Longest line, in bytes; a longer one is dropped and answered by an error.
const MAX_LINE_BYTES: usize = 16 << 20;

/// The lines of one client.
pub(crate) struct Lines<R, W> {
    reader: BufReader<R>,
    /// The line that is being read. [`Transport::receive`] can be cancelled in the middle of one, so it is not local there.
    line: Vec<u8>,
    /// Whether the line that is being read is too long.
    too_long: bool,
    writer: Arc<Mutex<Option<W>>>,
    /// Requests without a response.
    unanswered: watch::Sender<HashSet<RequestId>>,
    stopping: Stopping,
    /// Until when responses are awaited; set when the client has closed its end or the server stops.
    ends_at: Option<Instant>,
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Send + Unpin + 'static> Lines<R, W> {
    pub(crate) fn new(reader: R, writer: W, stopping: Stopping) -> Self {
        Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            too_long: false,
            writer: Arc::new(Mutex::new(Some(writer))),
            unanswered: watch::Sender::new(HashSet::new()),
            stopping,
            ends_at: None,
        }
    }

    /// The next line, or `None` once the client has closed its end or the server stops.
    async fn next_line_before_stop(&mut self) -> Option<Result<Vec<u8>, ErrorData>> {
        let stop = self.stopping.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            line = self.next_line() => line,
        }
    }

    /// Keeps account of the requests that wait for a response. The server sends none for a request that its client has cancelled.
    fn account(&self, message: &RxJsonRpcMessage<RoleServer>) {
        match message {
            JsonRpcMessage::Request(request) => {
                self.unanswered.send_if_modified(|waiting| waiting.insert(request.id.clone()));
            }
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) = &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.unanswered.send_if_modified(|waiting| waiting.remove(id));
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
    }

    /// The next line without its end, or `None` at the end of the stream. The end of the stream inside a line ends that line too.
    async fn next_line(&mut self) -> Option<Result<Vec<u8>, ErrorData>> {
        loop {
            let available = match self.reader.fill_buf().await {
                Ok(available) => available,
                Err(error) => {
                    tracing::debug!(%error, "reading from the client failed");
                    return None;
                }
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |at| at + 1);
            let at_end = available.is_empty();
            self.too_long |= self.line.len().saturating_add(taken) > MAX_LINE_BYTES;
            if !self.too_long {
                self.line.extend_from_slice(&available[..taken]);
            }
            self.reader.consume(taken);
            if end.is_none() && !at_end {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if std::mem::take(&mut self.too_long) {
                let problem = format!("the message has more than {MAX_LINE_BYTES} bytes: send a smaller one");
                return Some(Err(ErrorData::new(ErrorCode::INVALID_REQUEST, problem, None)));
            }
            if at_end && line.trim_ascii().is_empty() {
                return None;
            }
            return Some(Ok(line));
        }
    }

    /// Answers a line that is no message, in a task: cancelled in the middle, it would leave half a line.
    fn answer(&self, error: ErrorData, id: Option<RequestId>) {
        let writer = Arc::clone(&self.writer);
        tokio::spawn(async move { write(&writer, &ServerJsonRpcMessage::error(error, id)).await });
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let (writer, unanswered) = (Arc::clone(&self.writer), self.unanswered.clone());
        async move {
            let written = write(&writer, &item).await;
            let answered = match &item {
                JsonRpcMessage::Response(response) => Some(&response.id),
                JsonRpcMessage::Error(error) => error.id.as_ref(),
                JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
            };
            if let Some(id) = answered {
                unanswered.send_if_modified(|waiting| waiting.remove(id));
            }
            written
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        loop {
            if let Some(ends_at) = self.ends_at {
                let mut unanswered = self.unanswered.subscribe();
                if timeout_at(ends_at, unanswered.wait_for(HashSet::is_empty)).await.is_err() {
                    tracing::warn!("calls were still in progress at the end of the drain timeout");
                }
                return None;
            }
            let Some(line) = self.next_line_before_stop().await else {
                let now = Instant::now();
                self.ends_at = Some(now.checked_add(self.stopping.drain_timeout).unwrap_or(now));
                continue;
            };
            match line {
                Err(error) => self.answer(error, None),
                Ok(line) if line.trim_ascii().is_empty() => {}
                Ok(line) => match read(&line) {
                    Line::Message(message) => {
                        self.account(&message);
                        return Some(*message);
                    }
                    Line::Bad(error, id) => self.answer(error, id),
                    Line::Ignored => {}
                },
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        drop(self.writer.lock().await.take());
        Ok(())
    }
}

async fn write<W: AsyncWrite + Unpin>(
    writer: &Mutex<Option<W>>,
    message: &ServerJsonRpcMessage,
) -> Result<(), std::io::Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut writer = writer.lock().await;
    let writer = writer.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
    writer.write_all(&line).await?;
    writer.flush().await
}

/// What a line is.
enum Line {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    /// No message: the error that answers it, and the id that it has (JSON-RPC 2.0, section 5.1).
    Bad(ErrorData, Option<RequestId>),
    /// A notification that is none of the protocol's: it needs no answer.
    Ignored,
}

fn read(line: &[u8]) -> Line {
    match check_message(line) {
        Checked::Unchanged => parse(line),
        Checked::Rewritten(line) => parse(&line),
        Checked::Refused(error, id) => Line::Bad(error, id),
    }
}

fn parse(line: &[u8]) -> Line {
    if let Ok(message) = serde_json::from_slice(line) {
        return Line::Message(Box::new(message));
    }
    let value: Value = match serde_json::from_slice(line) {
        Ok(value) => value,
        Err(error) => {
            let problem = format!("the line is no JSON: {error}");
            return Line::Bad(ErrorData::new(ErrorCode::PARSE_ERROR, problem, None), None);
        }
    };
    if value.get("method").is_some_and(Value::is_string) && value.get("id").is_none() {
        return Line::Ignored;
    }
    let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
    let problem = "the line is no JSON-RPC message of MCP: send one object with `jsonrpc`, `id`, `method` and `params`";
    Line::Bad(ErrorData::new(ErrorCode::INVALID_REQUEST, problem, None), id)
}
