//! The API on one WebSocket: a frame a request, answers in the order in which they are ready.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use juju_wire::{Reply, Request};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task::JoinSet,
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use tokio_util::sync::CancellationToken;

use crate::{methods::Methods, session::Session};

/// Answers requests until the other side goes away, sends what is no request, or `stop` is cancelled.
pub(crate) async fn serve<Stream>(
    socket: WebSocketStream<Stream>,
    session: Arc<Session>,
    methods: Arc<Methods>,
    delay: impl Fn() -> Duration,
    stop: CancellationToken,
) where
    Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sink, mut stream) = socket.split();
    let (answers, mut ready) = mpsc::channel::<Message>(256);
    let writer = tokio::spawn(async move {
        while let Some(message) = ready.recv().await {
            if sink.send(message).await.is_err() {
                break;
            }
        }
        // the other side may have gone already
        let _ = sink.close().await;
    });
    let mut calls = JoinSet::new();
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => break,
            _ = calls.join_next(), if !calls.is_empty() => continue,
            message = stream.next() => message,
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                // what is no request closes the socket, as the real server does
                let Ok(request) = serde_json::from_str::<Request>(&text) else { break };
                let (session, methods) = (Arc::clone(&session), Arc::clone(&methods));
                let (answers, delay) = (answers.clone(), delay());
                calls.spawn(async move {
                    if !delay.is_zero() {
                        tokio::time::sleep(delay).await;
                    }
                    let reply = methods.answer(&session, request).await;
                    // a client that went away needs no answer
                    let _ = answers.send(frame(&reply)).await;
                });
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(_) | Err(_)) | None => break,
        }
    }
    calls.abort_all();
    drop(answers);
    if stop.is_cancelled() {
        writer.abort();
    }
}

/// Every frame of the real server ends in a line feed.
fn frame(reply: &Reply) -> Message {
    let mut text = serde_json::to_string(reply).unwrap_or_default();
    text.push('\n');
    Message::text(text)
}
