//! The program of the Juju client, for commands that need the user's own files, a cloud or SSH.
//!
//! It gets an argument vector and no shell, an environment of a few variables, and closed standard input. It is killed with the call or
//! at its time limit.

use std::{path::PathBuf, process::Stdio, time::Duration};

use juju_client::{DisconnectReason, Error};
use policy::redact_text;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};

use crate::Failure;

/// Most bytes of each output that are read; the rest is dropped.
const MAX_OUTPUT_BYTES: u64 = 1024 * 1024;

/// The `juju` program of a user.
#[derive(Debug, Clone)]
pub struct JujuProgram {
    path: PathBuf,
    environment: Vec<(String, String)>,
}

/// What the program printed.
#[derive(Debug)]
pub(crate) struct Printed {
    /// Its standard output.
    pub(crate) text: String,
    /// Its standard error.
    pub(crate) messages: String,
}

impl JujuProgram {
    /// The program at a path, with its whole environment.
    #[must_use]
    pub fn new(path: PathBuf, environment: Vec<(String, String)>) -> Self {
        Self { path, environment }
    }

    /// Runs a command with these words, in the client's directory `data`. `input` is what it reads, such as a password.
    ///
    /// # Errors
    /// [`Failure`] where it does not start, fails, or does not end in time; then its outcome is unknown.
    pub(crate) async fn run(
        &self,
        words: &[String],
        data: &std::path::Path,
        input: Option<&str>,
        limit: Duration,
    ) -> Result<Printed, Failure> {
        let name = words.first().map_or("", String::as_str);
        let mut child = Command::new(&self.path)
            .args(words)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("JUJU_DATA", data)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| {
                Failure::refused(format!("cannot start `juju`: {cause}"), "install the Juju client 3.6")
            })?;
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            // a program that ends early does not read all of it
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let ended = async { tokio::join!(read(stdout), read(stderr), child.wait()) };
        let Ok((text, messages, status)) = tokio::time::timeout(limit, ended).await else {
            let cause = DisconnectReason::TimedOut(limit);
            return Err(Error::UnknownOutcome { method: format!("juju {name}"), cause }.into());
        };
        if status.is_ok_and(|status| status.success()) {
            return Ok(Printed { text, messages });
        }
        let last = messages.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it printed nothing");
        let problem = redact_text(last.trim_start_matches("ERROR ").trim());
        Err(Failure::refused(
            format!("`juju {name}` failed: {problem}"),
            "correct the arguments, or run it in a terminal",
        ))
    }
}

/// The text of an output, within the limit. The rest is read too, so that the program does not wait for a reader.
async fn read(output: Option<impl AsyncRead + Unpin>) -> String {
    let Some(output) = output else { return String::new() };
    let (mut bytes, mut limited) = (Vec::new(), output.take(MAX_OUTPUT_BYTES));
    // what was read before an error is what there is
    let _ = limited.read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut limited.into_inner(), &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell() -> JujuProgram {
        let environment = vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("GIVEN".to_owned(), "1".to_owned())];
        JujuProgram::new("/bin/sh".into(), environment)
    }

    async fn run(script: &str, input: Option<&str>, limit: Duration) -> Result<Printed, Failure> {
        let words = ["-c".to_owned(), script.to_owned()];
        shell().run(&words, std::path::Path::new("/nonexistent/data"), input, limit).await
    }

    #[tokio::test]
    async fn program_gets_its_environment_and_input_only() {
        let printed = run("env | sort; cat", Some("secret\n"), Duration::from_secs(20)).await.expect("it ends");
        let mut lines: Vec<_> =
            printed.text.lines().filter(|line| !line.starts_with("PWD=") && !line.starts_with('_')).collect();
        lines.retain(|line| !line.starts_with("SHLVL"));
        lines.sort_unstable();
        assert_eq!(lines, ["GIVEN=1", "JUJU_DATA=/nonexistent/data", "PATH=/usr/bin:/bin", "secret"]);
        let closed = run("cat; echo end", None, Duration::from_secs(20)).await.expect("its input is closed");
        assert_eq!(closed.text, "end\n");
    }

    #[tokio::test]
    async fn failure_and_time_limit_are_reported_without_secrets() {
        let failed = run("echo 'ERROR password=hunter2 is wrong' >&2; exit 1", None, Duration::from_secs(20)).await;
        let text = failed.expect_err("it fails").to_string();
        assert!(text.contains("is wrong") && !text.contains("hunter2"), "{text}");
        let slow = run("sleep 30", None, Duration::from_millis(200)).await.expect_err("it takes too long");
        assert!(slow.outcome_unknown(), "{slow}");
        let long = run("head -c 3000000 /dev/zero | tr '\\0' x", None, Duration::from_secs(20)).await.expect("it ends");
        assert_eq!(long.text.len(), 1024 * 1024);
    }
}
