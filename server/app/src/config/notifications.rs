//! The section `notifications`: receivers of findings.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use http::Uri;
use notifier::{Receiver, ReceiverKind};
use observer::FindingSeverity;
use policy::Pattern;
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::{read_certificates, read_secret};
use crate::{failure::Failure, http_client::HttpClientOptions};

/// How long a request to a receiver may take.
const RECEIVER_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds between two repetitions of an alert that lasts.
const DEFAULT_REFRESH_SECONDS: u32 = 300;

/// Receivers of findings. Default: none.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NotificationsSection {
    /// Who receives a message for each finding, and one when it ends.
    pub(crate) receivers: Vec<ReceiverSection>,
}

/// One receiver: `url` or `url_file`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceiverSection {
    /// Its name, in logs and metrics.
    pub(crate) name: String,
    /// The format: `alertmanager`, or `chat` for an object with a `text`.
    #[serde(rename = "type")]
    pub(crate) kind: ReceiverType,
    /// The base URL of Alertmanager, or the URL of the webhook.
    pub(crate) url: Option<String>,
    /// File with the URL, if it contains a secret.
    pub(crate) url_file: Option<PathBuf>,
    /// File with a bearer token.
    pub(crate) token_file: Option<PathBuf>,
    /// File with a key. Each message then has a signature in `X-Juju-Mcp-Signature`.
    pub(crate) signing_key_file: Option<PathBuf>,
    /// PEM file with the CA certificate of the receiver. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Findings below this severity are not sent: `info`, `warning` or `critical`. Default: `warning`.
    #[schemars(with = "Option<String>", extend("enum" = ["info", "warning", "critical"]))]
    pub(crate) min_severity: Option<FindingSeverity>,
    /// Models of which findings are sent: `CONTROLLER:OWNER/MODEL` or `OWNER/MODEL`; `*` matches any text. Default: all.
    #[serde(default)]
    pub(crate) models: Vec<String>,
    /// Seconds between two repetitions of an alert that lasts, for `alertmanager`; an alert that is not repeated for three times as long
    /// ends there. Default: 300.
    #[schemars(range(min = 10, max = 86_400))]
    pub(crate) refresh_seconds: Option<u32>,
}

/// The format of a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReceiverType {
    /// Alerts of Alertmanager's API, version 2.
    Alertmanager,
    /// An object with a `text`.
    Chat,
}

impl NotificationsSection {
    /// The first value that cannot be used: its key, and what is wrong with it.
    pub(super) fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        let mut names = BTreeSet::new();
        self.receivers.iter().find_map(|receiver| {
            let name = receiver.name.as_str();
            let is_name =
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
            if !is_name {
                let problem = format!("is `{name}`");
                return Some(("notifications.receivers[].name", problem, "use letters, digits, `-`, `_` and `.`"));
            }
            if !names.insert(name) {
                let problem = format!("is `{name}` more than once");
                return Some(("notifications.receivers[].name", problem, "give each receiver its own name"));
            }
            receiver.problem()
        })
    }

    /// The receivers.
    pub(crate) fn receivers(&self) -> Result<Vec<Receiver>, Failure> {
        self.receivers.iter().map(ReceiverSection::receiver).collect()
    }
}

impl ReceiverSection {
    fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        const URL: &str = "notifications.receivers[].url";
        let name = &self.name;
        if self.url.is_some() == self.url_file.is_some() {
            let problem = format!("of `{name}` has to be given, or `url_file`, not both");
            return Some((URL, problem, "use `url_file` if the URL contains a secret"));
        }
        let is_open = self.url.as_ref().is_some_and(|url| !is_protected(url));
        if is_open && (self.token_file.is_some() || self.signing_key_file.is_some()) {
            let problem = format!("of `{name}` needs https, because a token or a signature is sent");
            return Some((URL, problem, "use the https URL of the receiver"));
        }
        if self.url.as_ref().is_some_and(|url| !is_url(url)) {
            return Some((URL, format!("of `{name}` is no URL"), "use the form `https://alertmanager.example`"));
        }
        let refresh = self.refresh_seconds.filter(|seconds| !(10..=86_400).contains(seconds))?;
        Some(("notifications.receivers[].refresh_seconds", format!("is {refresh}"), "give a number from 10 to 86400"))
    }

    fn receiver(&self) -> Result<Receiver, Failure> {
        let secret = |file: &Option<PathBuf>| file.as_deref().map(read_secret).transpose();
        let url = match &self.url {
            Some(url) => url.clone(),
            None => secret(&self.url_file)?.unwrap_or_default(),
        };
        if !is_url(&url) || (self.url_file.is_some() && !is_protected(&url)) {
            let problem =
                format!("the file of `notifications.receivers[].url_file` of `{}` has no https URL", self.name);
            return Err(Failure::usage(problem, "write the https URL of the webhook into the file"));
        }
        let authority = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let options =
            HttpClientOptions { timeout: RECEIVER_TIMEOUT, authority: authority.as_deref(), redirects: false };
        let refresh = u64::from(self.refresh_seconds.unwrap_or(DEFAULT_REFRESH_SECONDS));
        Ok(Receiver {
            name: self.name.clone(),
            kind: match self.kind {
                ReceiverType::Alertmanager => ReceiverKind::Alertmanager { refresh: Duration::from_secs(refresh) },
                ReceiverType::Chat => ReceiverKind::Chat,
            },
            url,
            token: secret(&self.token_file)?,
            signing_key: secret(&self.signing_key_file)?,
            client: options.build()?,
            min_severity: self.min_severity.unwrap_or(FindingSeverity::Warning),
            models: self.models.iter().map(Pattern::new).collect(),
        })
    }
}

fn is_url(text: &str) -> bool {
    let uri = text.parse::<Uri>().ok();
    uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// Whether the network cannot read what is sent to a URL: it is https, or on loopback.
fn is_protected(url: &str) -> bool {
    let is_local = |uri: &Uri| matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https") || is_local(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receiver_needs_one_protected_url_and_its_own_name() {
        let problem = |yaml: &str| {
            let section: NotificationsSection = serde_yaml::from_str(yaml).expect("a section");
            section.problem().map(|(key, problem, _)| format!("{key} {problem}"))
        };
        let good = "receivers: [{name: a, type: chat, url: 'https://h/x'}, {name: b, type: alertmanager, url: 'http://am:9093'}]";
        assert_eq!(problem(good), None);
        for (odd, expected) in [
            ("[{name: a, type: chat}]", "has to be given"),
            ("[{name: a, type: chat, url: 'https://h', url_file: f}]", "not both"),
            ("[{name: a, type: chat, url: 'ftp://h'}]", "is no URL"),
            ("[{name: a, type: chat, url: 'http://h', token_file: t}]", "needs https"),
            ("[{name: a/b, type: chat, url: 'https://h'}]", "is `a/b`"),
            ("[{name: a, type: chat, url: 'https://h'}, {name: a, type: chat, url: 'https://h'}]", "more than once"),
            ("[{name: a, type: alertmanager, url: 'https://h', refresh_seconds: 1}]", "is 1"),
        ] {
            let found = problem(&format!("receivers: {odd}")).unwrap_or_default();
            assert!(found.contains(expected), "{odd}: {found}");
        }
    }
}
