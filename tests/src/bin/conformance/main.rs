//! The fixtures of the official conformance suite on the HTTP stack of juju-mcp; only for tests, only on loopback.
//!
//! The suite cannot send a token, so this program accepts every caller. It is not part of the product.

mod ask;
mod handler;
mod jobs;
mod rounds;
mod texts;

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use clap::Parser;
use futures::future::BoxFuture;
use http_server::{Authenticate, RouterDeps, Settings, metrics::Metrics};
use identity::{Caller, Presented, Unauthenticated};
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Arguments {
    /// Address to listen on; a loopback one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Written atomically when the server is ready.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

struct AnyCaller;

impl Authenticate for AnyCaller {
    fn authenticate<'call>(
        &'call self,
        _: Presented<'call>,
        _: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        Box::pin(std::future::ready(Ok(Caller::local("conformance", "viewer"))))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::WARN).init();
    let arguments = Arguments::parse();
    if !arguments.listen.ip().is_loopback() {
        return Err("the conformance fixtures accept every caller, so they listen on loopback only".into());
    }
    let settings = Settings::default();
    let stop = CancellationToken::new();
    let deps = RouterDeps {
        mcp: mcp::streamable_http(handler::Fixtures::new()?, settings.max_body_bytes, Arc::new(())),
        toolsets: Vec::new(),
        authenticate: Arc::new(AnyCaller),
        health: Arc::new(()),
        metrics: Arc::new(Metrics::default()),
        approvals: None,
        live: None,
        events: Arc::new(()),
        console: None,
    };
    let router = http_server::router(&settings, deps);
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    if let Some(path) = arguments.ready_file {
        let whole = path.with_extension("new");
        std::fs::write(&whole, serde_json::json!({"mcp_url": url, "pid": std::process::id()}).to_string())?;
        std::fs::rename(whole, path)?;
    }
    eprintln!("{url}");
    let ended = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            ended.cancel();
        }
    });
    http_server::serve(listener, router, &settings, stop).await?;
    Ok(())
}
