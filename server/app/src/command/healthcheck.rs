//! `juju-mcp healthcheck`: asks a running server whether it is ready.

use std::{process::ExitCode, time::Duration};

use crate::{cli::Healthcheck, failure::Failure, web::Web};

const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn run(arguments: &Healthcheck) -> Result<ExitCode, Failure> {
    let url = format!("{}/readyz", arguments.url.trim_end_matches('/'));
    let answer = Web { patience: PATIENCE, authority: None, redirects: true }.client()?.get(&url).send().await;
    let response = answer.map_err(|error| Failure::Failed {
        problem: format!("no server answers at `{}`: {}", arguments.url, deepest(&error)),
        remedy: Some("start it with `juju-mcp serve`, or say where it is with `--url URL`".to_owned()),
    })?;
    let status = response.status();
    println!("{}", response.text().await.map_err(Failure::failed)?);
    Ok(if status.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The last cause is the one that says what happened: `connection refused`.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
