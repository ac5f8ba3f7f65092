//! `juju-mcp fault`: injects a fault into a running `demo` or `sim`.

use std::{process::ExitCode, time::Duration};

use serde_json::{Value, json};

use crate::{cli::Fault, failure::Failure, http_client::HttpClientOptions, ready_file::ReadyFile};

/// Longer than a restart of the simulated controller, which takes two seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) async fn run(arguments: Fault) -> Result<ExitCode, Failure> {
    let ready = arguments.ready_file.as_deref().map_or_else(ReadyFile::find, ReadyFile::read)?;
    let (Some(url), Some(token)) = (ready.control_url, ready.control_token) else {
        return Err(Failure::usage(
            "the ready file contains no URL that accepts faults",
            "give the one of `demo` or `sim`",
        ));
    };
    let words: Vec<_> = std::iter::once(arguments.kind).chain(arguments.target).collect();
    let request = json!({"fault": words.join(" ")});
    let sent = HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: None, redirects: false }
        .build()?
        .post(&url)
        .bearer_auth(token)
        .json(&request)
        .send()
        .await;
    let response = sent.map_err(|_| Failure::Failed {
        problem: format!("nothing answers at `{url}`: the `demo` or `sim` of this ready file has ended"),
        remedy: Some("start another one with `juju-mcp demo`".to_owned()),
    })?;
    let succeeded = response.status().is_success();
    let body: Value = response.json().await.map_err(Failure::failed)?;
    if succeeded {
        println!("injected: {}", words.join(" "));
        return Ok(ExitCode::SUCCESS);
    }
    let sentence = body.get("error").and_then(Value::as_str).unwrap_or("refused");
    Err(Failure::usage(sentence, "`juju-mcp fault --help` lists the kinds"))
}
