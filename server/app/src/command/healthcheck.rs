//! `juju-mcp healthcheck`: checks whether a running server is ready.

use std::{process::ExitCode, time::Duration};

use crate::{
    cli::Healthcheck,
    config::read_text,
    failure::Failure,
    http_client::{HttpClientOptions, base_url},
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn run(arguments: &Healthcheck) -> Result<ExitCode, Failure> {
    let url = format!("{}/readyz", base_url(&arguments.url));
    let token = arguments.token_file.as_deref().map(read_text).transpose()?;
    // a redirect could send the token to another host
    let options = HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: None, redirects: token.is_none() };
    let request = options.build()?.get(&url);
    let request = match &token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await;
    let response = answer.map_err(|error| Failure::Failed {
        problem: format!("no server answers at `{}`: {}", arguments.url, root_cause(&error)),
        remedy: Some("start it with `juju-mcp serve`, or give its address with `--url URL`".to_owned()),
    })?;
    let status = response.status();
    println!("{}", response.text().await.map_err(Failure::failed)?);
    Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The last cause in the chain is the specific one, for example `connection refused`.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
