//! Accepts connections, HTTP/1.1 and HTTP/2, until it is told to stop.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo, extract::connect_info::Connected};
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

use crate::Settings;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

impl Connected<SocketAddr> for Peer {
    fn connect_info(address: SocketAddr) -> Self {
        Self(address)
    }
}

/// Serves until `stop` is cancelled, then lets open requests end within the drain limit. Streams end at once, because
/// the MCP service is told to stop by the same token.
///
/// # Errors
/// None while it runs: a connection that fails ends alone. The listener's own errors are waited out.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &Settings,
    stop: CancellationToken,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(settings.max_connections));
    let builder = connection_builder(settings);
    loop {
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot.map_err(io::Error::other)?,
            () = stop.cancelled() => break,
        };
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
        let connection = connection(&builder, stream, address, &router);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %address, "a connection ended badly");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(settings.drain_limit, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests were still open when the time to drain was over");
    }
    Ok(())
}

fn connection_builder(settings: &Settings) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(settings.read_limit);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(256);
    builder
}

fn connection(
    builder: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    address: SocketAddr,
    router: &Router,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + use<>
{
    // small answers would otherwise wait for the other side's delayed acknowledgement
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no-delay is not set");
    }
    let service = axum::Extension(ConnectInfo(Peer(address))).layer(router.clone());
    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned()
}

/// A connection that broke while it was accepted is nothing; too few file descriptors pass only with time.
async fn pause_after(error: &io::Error) {
    let broke = [io::ErrorKind::ConnectionRefused, io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    if !broke.contains(&error.kind()) {
        tracing::error!(%error, "no connection can be accepted; trying again in a second");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
