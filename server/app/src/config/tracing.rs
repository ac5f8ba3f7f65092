//! The section `tracing`: the export of traces.

use std::{path::PathBuf, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::{read_certificates, read_secret};
use crate::{failure::Failure, http_client::HttpClientOptions};

/// How long a request to the collector may take.
const COLLECTOR_TIMEOUT: Duration = Duration::from_secs(5);
/// Variable with further attributes of the resource, `name=value,name=value`, as the OpenTelemetry specification defines it.
pub(crate) const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// The path of a collector that receives traces (OTLP 1.x).
const TRACES_PATH: &str = "/v1/traces";

/// The export of traces to a collector, by OTLP over HTTP.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracingSection {
    /// URL of the collector, `http://tempo:4318`; `/v1/traces` is appended if it is absent.
    pub(crate) otlp_endpoint: String,
    /// PEM file with the CA certificate of the collector. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// File with one `name: value` per line: headers of each request, for a collector that authenticates. Needs `https`, or a collector
    /// on this machine.
    pub(crate) headers_file: Option<PathBuf>,
    /// Share of the traces that are exported, from 0 to 1. A caller that sends `traceparent` decides for its own traces. Default: 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) sample_ratio: Option<f64>,
}

impl TracingSection {
    /// The first value that cannot be used: its key, and what is wrong with it.
    pub(super) fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        let uri = self.otlp_endpoint.parse::<Uri>().ok();
        let uri = uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none());
        let Some((uri, host)) = uri.as_ref().and_then(|uri| Some((uri, uri.host()?))) else {
            let problem = format!("is not a URL: `{}`", self.otlp_endpoint);
            return Some(("tracing.otlp_endpoint", problem, "use the form `http://tempo:4318`"));
        };
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        if self.headers_file.is_some() && uri.scheme_str() != Some("https") && !is_local {
            let problem = "needs `https` in `tracing.otlp_endpoint`, because headers may contain a secret".to_owned();
            return Some(("tracing.headers_file", problem, "use the https URL of the collector"));
        }
        let ratio = self.sample_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio))?;
        Some(("tracing.sample_ratio", format!("is {ratio}"), "give a number from 0 to 1"))
    }

    /// The settings of the exporter; `instance` names this server among others, and `attributes` is the value of [`RESOURCE_ATTRIBUTES`].
    pub(crate) fn settings(&self, instance: &str, attributes: &str) -> Result<otlp::Settings, Failure> {
        let authority = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let options =
            HttpClientOptions { timeout: COLLECTOR_TIMEOUT, authority: authority.as_deref(), redirects: false };
        let base = self.otlp_endpoint.trim_end_matches('/');
        let path = if base.ends_with(TRACES_PATH) { "" } else { TRACES_PATH };
        Ok(otlp::Settings {
            url: format!("{base}{path}"),
            client: options.build()?,
            headers: self.headers()?,
            sample_ratio: self.sample_ratio.unwrap_or(1.0),
            resource: resource(instance, attributes),
        })
    }

    fn headers(&self) -> Result<HeaderMap, Failure> {
        let Some(file) = &self.headers_file else { return Ok(HeaderMap::new()) };
        let mut headers = HeaderMap::new();
        for (number, line) in read_secret(file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let header = line.split_once(':').and_then(|(name, value)| {
                let name = name.trim().parse::<HeaderName>().ok()?;
                let mut value = value.trim().parse::<HeaderValue>().ok()?;
                value.set_sensitive(true);
                Some((name, value))
            });
            let Some((name, value)) = header else {
                let problem = format!("line {} of `{}` is no header", number + 1, file.display());
                return Err(Failure::usage(problem, "write one `name: value` per line"));
            };
            headers.append(name, value);
        }
        Ok(headers)
    }
}

/// Attributes of this server, and those of a text `name=value,name=value`.
fn resource(instance: &str, attributes: &str) -> Vec<(String, String)> {
    let own = [
        ("service.name", "juju-mcp"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", instance),
    ];
    let given = attributes.split(',').filter_map(|attribute| attribute.split_once('='));
    let given = given.map(|(name, value)| (name.trim(), value.trim()));
    let given = given.filter(|(name, _)| !name.is_empty() && own.iter().all(|(known, _)| known != name));
    own.into_iter().chain(given).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn problem(section: &str) -> Option<String> {
        let text = format!("tracing: {section}\n");
        let config = Config::parse(Path::new("/tmp/juju-mcp.yaml"), &text).expect("YAML");
        config.validate().err().map(|failure| failure.to_string())
    }

    #[test]
    fn tracing_section_is_checked_before_the_server_starts() {
        assert_eq!(problem("{otlp_endpoint: 'http://tempo:4318'}"), None);
        assert_eq!(problem("{otlp_endpoint: 'https://tempo/otlp/v1/traces', sample_ratio: 0.1}"), None);
        for (section, named) in [
            ("{otlp_endpoint: tempo:4318}", "tracing.otlp_endpoint"),
            ("{otlp_endpoint: 'ftp://tempo'}", "tracing.otlp_endpoint"),
            ("{otlp_endpoint: 'http://tempo:4318?key=1'}", "tracing.otlp_endpoint"),
            ("{otlp_endpoint: 'http://tempo:4318', sample_ratio: 1.5}", "tracing.sample_ratio"),
            ("{otlp_endpoint: 'http://tempo:4318', sample_ratio: .nan}", "tracing.sample_ratio"),
            ("{otlp_endpoint: 'http://tempo:4318', headers_file: h}", "tracing.headers_file"),
            ("{otlp_endpoint: 'http://tempo:4318', ca_certificate_file: /nonexistent}", "/nonexistent"),
        ] {
            let text = problem(section).unwrap_or_default();
            assert!(text.contains(named), "{section}: {text}");
        }
    }

    #[test]
    fn resource_has_the_attributes_of_the_environment() {
        let text = "juju_model=prod, juju_unit=juju-mcp/0,service.name=other,odd,=x";
        let resource = resource("a", text);
        let given: Vec<_> = resource[3..].iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(given, [("juju_model", "prod"), ("juju_unit", "juju-mcp/0")]);
        assert_eq!(resource[0], ("service.name".to_owned(), "juju-mcp".to_owned()));
    }

    #[test]
    fn traces_path_is_appended_once() {
        for (given, url) in [
            ("http://tempo:4318", "http://tempo:4318/v1/traces"),
            ("http://tempo:4318/", "http://tempo:4318/v1/traces"),
            ("https://tempo/otlp/v1/traces", "https://tempo/otlp/v1/traces"),
        ] {
            let section = TracingSection {
                otlp_endpoint: given.to_owned(),
                ca_certificate_file: None,
                headers_file: None,
                sample_ratio: None,
            };
            assert_eq!(section.settings("", "").expect("settings").url, url);
        }
    }
}
