//! The sections of backends with an HTTP API: one map, or a list of maps where there are several of a kind.

use std::{collections::BTreeSet, marker::PhantomData, path::PathBuf, time::Duration};

use backend::{BackendKind, EndpointSettings, HttpEndpoint, HttpLogin, Instances};
use http::Uri;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::files::{read_certificates, read_secret, read_text};
use crate::{
    failure::Failure,
    http_client::{ClientCertificate, HttpClientOptions, is_base_url},
};

/// Seconds that a request may take.
const DEFAULT_TIMEOUT: u32 = 30;
/// Name of the only backend of its kind.
const DEFAULT_NAME: &str = "default";

/// Backends of one kind: a map, or a list of maps.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Sections<T>(pub(crate) Vec<T>);

impl<T> Default for Sections<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sections<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// A map or a list. A serde `untagged` enum would lose the line number and the reason of an error.
        struct OneOrMany<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for OneOrMany<T> {
            type Value = Sections<T>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a map, or a list of maps")
            }
            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Sections::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|one| Sections(vec![one]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut sections = Vec::new();
                while let Some(section) = list.next_element()? {
                    sections.push(section);
                }
                Ok(Sections(sections))
            }
        }
        deserializer.deserialize_any(OneOrMany(PhantomData))
    }
}

/// A backend with an HTTP API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpBackendSection {
    /// Its name, by which calls choose among several. Default: `default`.
    pub(crate) name: Option<String>,
    /// Use it. Default: true.
    pub(crate) enabled: Option<bool>,
    /// Its URL. Default: that of a server on this machine with the usual port.
    pub(crate) url: Option<String>,
    /// The path of its API below `url`. Default: the usual one.
    pub(crate) api_path: Option<String>,
    /// Seconds that a request may take. Default: 30.
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout: Option<u32>,
    /// File with a bearer token.
    pub(crate) token_file: Option<PathBuf>,
    /// User to log in as, with `password_file`.
    pub(crate) user: Option<String>,
    /// File with the user's password.
    pub(crate) password_file: Option<PathBuf>,
    /// PEM file with the CA certificate of the server. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// PEM file with the certificate that this program shows, with `client_key_file`.
    pub(crate) client_certificate_file: Option<PathBuf>,
    /// PEM file with the key of the certificate.
    pub(crate) client_key_file: Option<PathBuf>,
    /// URL of the HTTP proxy to it. Default: none; those of the environment are not used.
    pub(crate) proxy: Option<String>,
    /// The tenant, for a server with several: the header `X-Scope-OrgID`.
    pub(crate) tenant: Option<String>,
}

/// What is usual for a kind of backend.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpBackendDefaults {
    pub(crate) kind: BackendKind,
    pub(crate) url: &'static str,
    pub(crate) api_path: &'static str,
    /// Keys of the files of a section, in the order of [`HttpBackendSection`].
    pub(crate) file_keys: [&'static str; 5],
}

/// Alertmanager.
pub(crate) const ALERTMANAGER: HttpBackendDefaults = HttpBackendDefaults {
    kind: BackendKind::Alertmanager,
    url: "http://localhost:9093",
    api_path: "/api/v2",
    file_keys: [
        "alertmanager[].token_file",
        "alertmanager[].password_file",
        "alertmanager[].ca_certificate_file",
        "alertmanager[].client_certificate_file",
        "alertmanager[].client_key_file",
    ],
};
/// Prometheus.
pub(crate) const PROMETHEUS: HttpBackendDefaults = HttpBackendDefaults {
    kind: BackendKind::Prometheus,
    url: "http://localhost:9090",
    api_path: "/api/v1",
    file_keys: [
        "prometheus[].token_file",
        "prometheus[].password_file",
        "prometheus[].ca_certificate_file",
        "prometheus[].client_certificate_file",
        "prometheus[].client_key_file",
    ],
};

/// Loki.
pub(crate) const LOKI: HttpBackendDefaults = HttpBackendDefaults {
    kind: BackendKind::Loki,
    url: "http://localhost:3100",
    api_path: "/loki/api/v1",
    file_keys: [
        "loki[].token_file",
        "loki[].password_file",
        "loki[].ca_certificate_file",
        "loki[].client_certificate_file",
        "loki[].client_key_file",
    ],
};

impl Sections<HttpBackendSection> {
    /// The backend at this URL, if no section is there.
    pub(crate) fn or_url(self, url: Option<String>) -> Self {
        match url {
            Some(url) if self.0.is_empty() => {
                Self(vec![HttpBackendSection { url: Some(url), ..HttpBackendSection::default() }])
            }
            _ => self,
        }
    }

    /// The first value that cannot be used: its key, what is wrong with it, and the remedy.
    pub(super) fn problem(&self, defaults: HttpBackendDefaults) -> Option<(String, String, &'static str)> {
        let mut names = BTreeSet::new();
        self.0.iter().find_map(|section| {
            let (key, problem, remedy) = if names.insert(section.name()) {
                section.problem()?
            } else {
                ("name", format!("is `{}` more than once", section.name()), "give each its own name")
            };
            Some((format!("{}[].{key}", defaults.kind.word()), problem, remedy))
        })
    }

    /// The backends that are enabled.
    ///
    /// # Errors
    /// [`Failure`] where a file cannot be read.
    pub(crate) fn instances<T>(
        &self,
        defaults: HttpBackendDefaults,
        make: impl Fn(HttpEndpoint) -> T,
    ) -> Result<Instances<T>, Failure> {
        let mut enabled = self.0.iter().filter(|section| section.enabled.unwrap_or(true));
        enabled.try_fold(Instances::none(defaults.kind), |instances, section| {
            Ok(instances.with(section.name(), make(section.endpoint(defaults)?)))
        })
    }

    /// Every path with its key.
    pub(super) fn paths_mut(
        &mut self,
        defaults: HttpBackendDefaults,
    ) -> impl Iterator<Item = (&'static str, Option<&mut PathBuf>)> {
        self.0.iter_mut().flat_map(move |section| {
            let files = [
                section.token_file.as_mut(),
                section.password_file.as_mut(),
                section.ca_certificate_file.as_mut(),
                section.client_certificate_file.as_mut(),
                section.client_key_file.as_mut(),
            ];
            defaults.file_keys.into_iter().zip(files)
        })
    }
}

impl HttpBackendSection {
    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(DEFAULT_NAME)
    }

    fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        let name = self.name();
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
            return Some(("name", format!("is `{name}`"), "use letters, digits, `-`, `_` and `.`"));
        }
        if let Some(url) = self.url.as_ref().filter(|url| !is_base_url(url)) {
            let shown = policy::redact_text(url);
            return Some((
                "url",
                format!("of `{name}` is no URL: `{shown}`"),
                "use the form `https://metrics.example`",
            ));
        }
        if self.proxy.as_ref().is_some_and(|proxy| !is_base_url(proxy)) {
            return Some(("proxy", format!("of `{name}` is no URL"), "use the form `http://proxy:3128`"));
        }
        if let Some(path) = self.api_path.as_ref().filter(|path| !path.starts_with('/')) {
            return Some(("api_path", format!("of `{name}` is `{path}`"), "begin it with `/`"));
        }
        if let Some(seconds) = self.timeout.filter(|seconds| !(1..=600).contains(seconds)) {
            return Some(("timeout", format!("of `{name}` is {seconds}"), "give a number from 1 to 600"));
        }
        if self.user.is_some() != self.password_file.is_some() {
            return Some(("user", format!("of `{name}` needs `password_file` beside it"), "give both or none"));
        }
        if self.token_file.is_some() && self.user.is_some() {
            return Some(("token_file", format!("of `{name}` is beside `user`"), "give one of the two"));
        }
        if self.client_certificate_file.is_some() != self.client_key_file.is_some() {
            let problem = format!("of `{name}` needs `client_key_file` beside it");
            return Some(("client_certificate_file", problem, "give both or none"));
        }
        let has_secret = self.token_file.is_some() || self.user.is_some();
        if has_secret && !self.url.as_deref().is_none_or(is_protected) {
            let problem = format!("of `{name}` needs https, because a secret is sent");
            return Some(("url", problem, "use the https URL of the server"));
        }
        None
    }

    /// The client of the backend. It reads the certificates of the system for its first request.
    fn endpoint(&self, defaults: HttpBackendDefaults) -> Result<HttpEndpoint, Failure> {
        let login = match (&self.token_file, &self.user, &self.password_file) {
            (Some(file), ..) => HttpLogin::Bearer(read_secret(file)?),
            (None, Some(user), Some(file)) => HttpLogin::Basic { user: user.clone(), password: read_secret(file)? },
            _ => HttpLogin::None,
        };
        let base = self.url.as_deref().unwrap_or(defaults.url).trim_end_matches('/');
        let path = self.api_path.as_deref().unwrap_or(defaults.api_path).trim_end_matches('/');
        let timeout = Duration::from_secs(u64::from(self.timeout.unwrap_or(DEFAULT_TIMEOUT)));
        let settings = EndpointSettings {
            kind: defaults.kind,
            name: self.name().to_owned(),
            url: format!("{base}{path}"),
            timeout,
            login,
            headers: self.tenant.iter().map(|tenant| ("X-Scope-OrgID".to_owned(), tenant.clone())).collect(),
        };
        let authority = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let identity = match (&self.client_certificate_file, &self.client_key_file) {
            (Some(certificate), Some(key)) => {
                Some(ClientCertificate { certificate: read_certificates(certificate)?, key: read_text(key)? })
            }
            _ => None,
        };
        let proxy = self.proxy.clone();
        let build = move || {
            let options = HttpClientOptions { timeout, authority: authority.as_deref(), redirects: false };
            build_client(options, identity.as_ref(), proxy.as_deref()).map_err(|failure| failure.to_string())
        };
        Ok(HttpEndpoint::new(settings, build))
    }
}

fn build_client(
    options: HttpClientOptions<'_>,
    identity: Option<&ClientCertificate>,
    proxy: Option<&str>,
) -> Result<reqwest::Client, Failure> {
    let builder = options.builder_with_identity(identity)?.no_proxy();
    let builder = match proxy {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy).map_err(Failure::failed)?),
        None => builder,
    };
    builder.build().map_err(Failure::failed)
}

/// Whether others cannot read what is sent there.
fn is_protected(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback =
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    uri.scheme_str() == Some("https") || is_loopback
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    fn problem(section: &str) -> Option<String> {
        let config = Config::parse(Path::new("/tmp/juju-mcp.yaml"), &format!("prometheus: {section}\n"));
        config.and_then(|config| config.validate()).err().map(|failure| failure.to_string())
    }

    #[test]
    fn backend_sections_are_a_map_or_a_list_and_are_checked() {
        for fine in [
            "",
            "{}",
            "{enabled: false}",
            "{enabled: true, url: 'http://localhost:9090', api_path: /api/v1, timeout: 30}",
            "[{name: eu, url: 'https://eu.example'}, {name: us, url: 'https://us.example'}]",
        ] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for (section, named) in [
            ("{url: prometheus}", "prometheus[].url"),
            ("{api_path: api}", "prometheus[].api_path"),
            ("{timeout: 0}", "prometheus[].timeout"),
            ("{user: ana}", "password_file"),
            ("{url: 'http://metrics.example', token_file: /tmp/token}", "needs https"),
            ("{client_key_file: /tmp/key}", "client_certificate_file"),
            ("{ca_certificate_file: /nonexistent}", "/nonexistent"),
            ("[{url: 'https://eu.example'}, {url: 'https://us.example'}]", "more than once"),
            ("{uri: 'http://localhost'}", "line 1"),
        ] {
            let text = problem(section).unwrap_or_default();
            assert!(text.contains(named), "{section}: {text}");
        }
    }
}
