//! `juju-mcp healthcheck`: checks whether a running server is ready, or alive.

use std::{net::Ipv4Addr, process::ExitCode, time::Duration};

use super::serve::DEFAULT_LISTEN_ADDRESS;
use crate::{
    cli::Healthcheck,
    config::{Config, read_secret},
    failure::Failure,
    http_client::{HttpClientOptions, base_url},
    unverified_client::unverified_client,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn run(arguments: &Healthcheck) -> Result<ExitCode, Failure> {
    let token = arguments.token_file.as_deref().map(read_secret).transpose()?;
    let (client, url) = if let Some(file) = &arguments.config {
        (unverified_client(REQUEST_TIMEOUT)?, own_url(&Config::read(file)?))
    } else {
        // a redirect could send the token to another host
        let options = HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: None, redirects: token.is_none() };
        (options.build()?, base_url(&arguments.url).to_owned())
    };
    let request = client.get(format!("{url}/{}", if arguments.live { "healthz" } else { "readyz" }));
    let request = match &token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await;
    let response = answer.map_err(|error| Failure::Failed {
        problem: format!("no server answers at `{url}`: {}", root_cause(&error)),
        remedy: Some("start it with `juju-mcp serve`, or give its address with `--url URL`".to_owned()),
    })?;
    let status = response.status();
    println!("{}", response.text().await.map_err(Failure::failed)?);
    Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The URL at which a server with this configuration listens, seen from its own machine.
fn own_url(config: &Config) -> String {
    let mut address = config.listen.unwrap_or(DEFAULT_LISTEN_ADDRESS);
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("{}://{address}", if config.tls.is_some() { "https" } else { "http" })
}

/// The last cause in the chain is the specific one, for example `connection refused`.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
