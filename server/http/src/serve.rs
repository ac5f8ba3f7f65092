//! Accepts HTTP/1.1 and HTTP/2 connections until the stop token is cancelled.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{extract::ConnectInfo, extract::connect_info::Connected};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::Layer as _;

use crate::{LiveRouter, Settings, guarded_stream::GuardedStream, peer_slots::PeerSlots, tls::Transport};

/// The remote address of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<SocketAddr> for Peer {
    fn connect_info(address: SocketAddr) -> Self {
        Self(address)
    }
}

/// Serves until `stop` is cancelled, then lets open requests end within the drain timeout. Streams end at once, because
/// the same token stops the MCP service.
///
/// # Errors
/// None in practice: a failed connection ends alone, and the loop retries after errors of the listener.
pub async fn serve(
    listener: TcpListener,
    router: impl Into<LiveRouter>,
    settings: &Settings,
    stop: CancellationToken,
) -> io::Result<()> {
    let router = router.into();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(settings.max_connections));
    let peers = PeerSlots::new(settings.max_connections_per_peer);
    let builder = connection_builder(settings);
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let Some(peer_slot) = peers.acquire(address.ip()) else {
            tracing::debug!(%address, "a connection was closed: its peer has the maximum of open connections");
            continue;
        };
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot.map_err(io::Error::other)?,
            () = stop.cancelled() => break,
        };
        set_nodelay(&stream);
        let stream = Transport::new(stream, settings.tls.as_ref());
        let stream = GuardedStream::new(stream, settings.read_timeout, settings.write_timeout);
        let connection = connection(&builder, stream, address, &router);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %address, "a connection ended with an error");
            }
            drop((slot, peer_slot));
        });
    }
    drop(listener);
    if tokio::time::timeout(settings.drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still open at the end of the drain timeout");
    }
    Ok(())
}

fn connection_builder(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(settings.read_timeout);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(256);
    builder
}

/// Sends small responses at once: otherwise they wait for the delayed acknowledgement of the peer.
fn set_nodelay(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY cannot be set");
    }
}

fn connection(
    builder: &auto::Builder<TokioExecutor>,
    stream: GuardedStream<Transport>,
    address: SocketAddr,
    router: &LiveRouter,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + use<>
{
    let service = axum::Extension(ConnectInfo(Peer(address))).layer(router.clone());
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned()
}

/// Ignores a connection that broke during accept; waits after other errors, such as too few file descriptors.
async fn pause_after(error: &io::Error) {
    let harmless = [io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    if !harmless.contains(&error.kind()) {
        tracing::error!(%error, "cannot accept connections; retrying in one second");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
