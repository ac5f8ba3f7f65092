//! `juju-mcp fault`: injects a fault into a running `demo` or `sim`.

use std::{process::ExitCode, time::Duration};

use serde_json::{Value, json};

use crate::{cli::Fault, failure::Failure, ready::Ready, web::Web};

/// A restart of the simulated controller takes two seconds.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) async fn run(arguments: Fault) -> Result<ExitCode, Failure> {
    let ready = Ready::read(&arguments.ready_file)?;
    let (Some(url), Some(token)) = (ready.control_url, ready.control_token) else {
        return Err(Failure::usage(
            "the ready file names no address that takes faults",
            "give the one of `demo` or `sim`",
        ));
    };
    let words: Vec<_> = std::iter::once(arguments.kind).chain(arguments.target).collect();
    let order = json!({"fault": words.join(" ")});
    let answer = Web { patience: PATIENCE, authority: None, redirects: false }
        .client()?
        .post(&url)
        .bearer_auth(token)
        .json(&order)
        .send()
        .await;
    let response = answer.map_err(|_| Failure::failed(format!("nothing answers at `{url}`: has it ended?")))?;
    let done = response.status().is_success();
    let said: Value = response.json().await.map_err(Failure::failed)?;
    if done {
        println!("injected: {}", words.join(" "));
        return Ok(ExitCode::SUCCESS);
    }
    let sentence = said.get("error").and_then(Value::as_str).unwrap_or("refused");
    Err(Failure::usage(sentence, "`juju-mcp fault --help` names the kinds"))
}
