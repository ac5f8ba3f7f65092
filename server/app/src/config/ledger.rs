//! The section `ledger`: retention of the ledger, and sinks for its checkpoints.

use std::{path::PathBuf, sync::Arc};

use audit::{CheckpointSink, Retention};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::read_secret;
use crate::{
    checkpoint_sinks::{FileSink, HttpSink, REQUEST_TIMEOUT, SyslogAddress, SyslogSink},
    failure::Failure,
    http_client::HttpClientOptions,
};

/// Age in days up to which the size removes no record, if the section does not state another.
const DEFAULT_MIN_RETENTION_DAYS: u32 = 7;

/// Retention of the ledger, and sinks for its checkpoints. Default: all records are retained, and there is no sink.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerSection {
    /// Age in days after which a record is removed.
    #[schemars(range(min = 1))]
    pub(crate) retention_days: Option<u32>,
    /// Size of the store in megabytes above which the oldest records are removed.
    #[schemars(range(min = 1))]
    pub(crate) max_size_mb: Option<u32>,
    /// Age in days up to which `max_size_mb` removes no record, so that a flood of calls cannot evict what it follows. Default: 7.
    pub(crate) min_retention_days: Option<u32>,
    /// Places outside the state directory that receive each checkpoint.
    pub(crate) checkpoint_sinks: Vec<CheckpointSinkSection>,
}

/// One place that receives checkpoints: exactly one of `file`, `syslog` and `url`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CheckpointSinkSection {
    /// A file on another mount; each checkpoint is one more line.
    pub(crate) file: Option<PathBuf>,
    /// A syslog daemon: the path of its socket, `/dev/log`, or `udp:HOST:PORT`.
    pub(crate) syslog: Option<String>,
    /// An HTTPS endpoint that accepts a POST of each checkpoint.
    pub(crate) url: Option<String>,
    /// File with a bearer token for `url`.
    pub(crate) token_file: Option<PathBuf>,
}

impl LedgerSection {
    pub(crate) fn retention(&self) -> Retention {
        let max_bytes = self.max_size_mb.map(|megabytes| u64::from(megabytes) * 1_000_000);
        // a short retention by age is also the shortest by size
        let default = DEFAULT_MIN_RETENTION_DAYS.min(self.retention_days.unwrap_or(u32::MAX));
        Retention { days: self.retention_days, max_bytes, min_days: self.min_retention_days.unwrap_or(default) }
    }

    /// The sinks of the section.
    pub(crate) fn sinks(&self) -> Result<Vec<Arc<dyn CheckpointSink>>, Failure> {
        self.checkpoint_sinks.iter().enumerate().map(|(index, section)| section.sink(index)).collect()
    }

    /// Files of the section's sinks.
    pub(crate) fn sink_files(&self) -> Vec<PathBuf> {
        self.checkpoint_sinks.iter().filter_map(|section| section.file.clone()).collect()
    }
}

impl CheckpointSinkSection {
    fn sink(&self, index: usize) -> Result<Arc<dyn CheckpointSink>, Failure> {
        let invalid = |problem: &str| {
            Failure::usage(
                format!("`ledger.checkpoint_sinks[{index}]` {problem}"),
                "give `file: PATH`, `syslog: /dev/log`, `syslog: udp:HOST:PORT`, or `url: https://...`, optionally with `token_file`",
            )
        };
        if self.token_file.is_some() && self.url.is_none() {
            return Err(invalid("has a `token_file` without a `url`"));
        }
        match (&self.file, &self.syslog, &self.url) {
            (Some(file), None, None) => {
                Ok(Arc::new(FileSink { name: format!("file {}", file.display()), file: file.clone() }))
            }
            (None, Some(text), None) => {
                let address = SyslogAddress::parse(text).ok_or_else(|| invalid("has an invalid `syslog`"))?;
                Ok(Arc::new(SyslogSink { name: format!("syslog {text}"), address }))
            }
            (None, None, Some(url)) if is_protected(url) => {
                let host = url.split_once("://").map_or("", |(_, rest)| rest);
                let host = host.split(['/', '?', '#']).next().unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                let token = self.token_file.as_deref().map(read_secret).transpose()?;
                let client =
                    HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: None, redirects: false }.build()?;
                Ok(Arc::new(HttpSink { name: format!("url {host}"), client, url: url.clone(), token }))
            }
            (None, None, Some(_)) => Err(invalid("has a `url` without https")),
            _ => Err(invalid("has not exactly one of `file`, `syslog` and `url`")),
        }
    }
}

/// Whether the network cannot read what is sent to a URL: it is https, or on loopback.
fn is_protected(url: &str) -> bool {
    url.starts_with("https://")
        || ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"].iter().any(|local| url.starts_with(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoint_sink_needs_exactly_one_destination() {
        let sinks = |yaml: &str| {
            let section: LedgerSection = serde_yaml::from_str(yaml).expect("a section");
            section.sinks().map(|sinks| sinks.iter().map(|sink| sink.name().to_owned()).collect::<Vec<_>>())
        };
        let names = sinks(
            "checkpoint_sinks:\n- file: /mnt/a.jsonl\n- syslog: /dev/log\n- syslog: udp:log:514\n- url: https://u:p@h.example/x?token=t\n",
        );
        assert_eq!(
            names.expect("sinks"),
            ["file /mnt/a.jsonl", "syslog /dev/log", "syslog udp:log:514", "url h.example"]
        );
        for odd in [
            "[{}]",
            "[{file: a, syslog: /dev/log}]",
            "[{syslog: log}]",
            "[{url: 'http://h.example/'}]",
            "[{file: a, token_file: t}]",
        ] {
            let refused = sinks(&format!("checkpoint_sinks: {odd}")).expect_err(odd).to_string();
            assert!(refused.contains("`ledger.checkpoint_sinks[0]`"), "{refused}");
        }
    }
}
