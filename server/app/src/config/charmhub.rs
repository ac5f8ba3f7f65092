//! The section `charmhub`: the store of charms for `juju_find`, `juju_info` and `juju_download`.

use std::{path::PathBuf, time::Duration};

use catalogue::Externals;
use charmhub::{Charmhub, DEFAULT_URL};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::read_certificates;
use crate::{
    failure::Failure,
    http_client::{HttpClientOptions, is_base_url},
};

/// How long a request to the store may take; a download may be large.
const STORE_TIMEOUT: Duration = Duration::from_mins(5);

/// The store of charms for `juju_find`, `juju_info` and `juju_download`. Controllers have settings of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CharmhubSection {
    /// URL of the store. Default: `https://api.charmhub.io`.
    pub(crate) url: Option<String>,
    /// URL of the HTTP proxy to the store, `http://proxy:3128`. Default: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment.
    pub(crate) proxy: Option<String>,
    /// PEM file with the CA certificate of the store or the proxy. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
}

impl CharmhubSection {
    /// The first value that cannot be used: its key, and what is wrong with it.
    pub(super) fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        if let Some(url) = self.url.as_ref().filter(|url| !is_base_url(url)) {
            return Some(("charmhub.url", format!("is not a URL: `{url}`"), "use the form `https://api.charmhub.io`"));
        }
        // the URL of a proxy may have a password
        let proxy = self.proxy.as_ref().filter(|proxy| !is_base_url(proxy))?;
        let shown = policy::redact_text(proxy);
        Some(("charmhub.proxy", format!("is not a URL: `{shown}`"), "use the form `http://proxy:3128`"))
    }

    /// The services of commands beside the controllers.
    pub(crate) fn externals(&self) -> Externals {
        let section = self.clone();
        let build = move || section.client().map_err(|failure| failure.to_string());
        Externals::default().with_charmhub(Charmhub::new(self.url.as_deref().unwrap_or(DEFAULT_URL), build))
    }

    /// The client of the store.
    ///
    /// # Errors
    /// [`Failure`] where the file of the authority or the proxy cannot be used.
    pub(super) fn client(&self) -> Result<reqwest::Client, Failure> {
        let authority = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let options = HttpClientOptions { timeout: STORE_TIMEOUT, authority: authority.as_deref(), redirects: true };
        let mut builder = options.builder()?;
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(Failure::failed)?);
        }
        builder.build().map_err(Failure::failed)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    #[test]
    fn charmhub_section_is_checked_before_the_server_starts() {
        let problem = |section: &str| {
            let config =
                Config::parse(Path::new("/tmp/juju-mcp.yaml"), &format!("charmhub: {section}\n")).expect("YAML");
            config.validate().err().map(|failure| failure.to_string())
        };
        for fine in ["{}", "{url: 'http://127.0.0.1:8080'}", "{proxy: 'http://proxy:3128'}"] {
            assert_eq!(problem(fine), None, "{fine}");
        }
        for (section, named) in [
            ("{url: charmhub}", "charmhub.url"),
            ("{url: 'https://charmhub?x=1'}", "charmhub.url"),
            ("{proxy: 'socks9://x'}", "charmhub.proxy"),
            ("{ca_certificate_file: /nonexistent}", "/nonexistent"),
        ] {
            let text = problem(section).unwrap_or_default();
            assert!(text.contains(named), "{section}: {text}");
        }
    }
}
