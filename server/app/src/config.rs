//! The configuration file: one struct for each section; unknown keys are errors.

mod act_as_caller;
mod approvals;
mod backends;
mod changes;
mod charmhub;
mod console;
mod credential;
mod externals;
mod files;
mod keys;
mod kubernetes;
mod ledger;
mod limits;
mod login_tokens;
mod notifications;
mod oauth;
mod observer;
mod paths;
mod policy;
mod prompts;
mod thresholds;
mod tls;
mod tracing;
mod validate;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ::policy::RoleBinding;
use content::shorten_unknown;
use juju_client::ControllerEndpoint;
use schemars::JsonSchema;
use serde::Deserialize;
use tracing_subscriber::filter::Targets;

use crate::{failure::Failure, log_filter::log_filter, path::absolute};

pub(crate) use approvals::ApprovalsSection;
pub(crate) use backends::{ALERTMANAGER, HttpBackendSection, LOKI, PROMETHEUS, Sections};
pub(crate) use changes::changes;
pub(crate) use charmhub::CharmhubSection;
pub(crate) use console::ConsoleSection;
pub(crate) use credential::CredentialSection;
pub(crate) use files::{read_certificates, read_secret, read_token};
pub(crate) use keys::{AppliedBy, Key, all_keys, changed_keys};
pub(crate) use kubernetes::KubernetesSection;
pub(crate) use ledger::LedgerSection;
pub(crate) use limits::LimitsSection;
pub(crate) use login_tokens::{ActAsCallerSection, LoginTokensSection};
pub(crate) use notifications::NotificationsSection;
pub(crate) use oauth::{LOGIN_SCOPES, OauthSection};
pub(crate) use observer::ObserverSection;
pub(crate) use policy::PolicySection;
pub(crate) use prompts::PromptsSection;
pub(crate) use thresholds::ThresholdsSection;
pub(crate) use tls::TlsSection;
pub(crate) use tracing::{RESOURCE_ATTRIBUTES, TracingSection};

/// The configuration file of `serve`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Address to listen on. Default: `127.0.0.1:8080`.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// Certificate and key of `listen`. Default: HTTP without TLS.
    pub(crate) tls: Option<TlsSection>,
    /// Address of a second listener that serves `/metrics` without a token. Default: none; `/metrics` of `listen` needs a token.
    #[schemars(with = "Option<String>")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Host names that clients may send in `Host`; loopback names are always allowed.
    pub(crate) allowed_hosts: Vec<String>,
    /// Origins of pages that may call the server.
    pub(crate) allowed_origins: Vec<String>,
    /// Directory for ledger and keys. Default: `/var/lib/juju-mcp`.
    pub(crate) state_dir: Option<PathBuf>,
    /// Directory of Juju client files with the controllers to use in place of `controllers`.
    pub(crate) juju_data_dir: Option<PathBuf>,
    /// Controllers to operate.
    pub(crate) controllers: Vec<ControllerSection>,
    /// Tokens by which callers log in to controllers as themselves.
    pub(crate) login_tokens: LoginTokensSection,
    /// The controller for calls without a controller.
    pub(crate) default_controller: Option<String>,
    /// Static bearer tokens, for servers without an identity provider.
    pub(crate) tokens: Vec<TokenSection>,
    /// Start with neither `tokens` nor `oauth`, and reject every caller. Default: false, because a missing section is usually a mistake.
    pub(crate) reject_all_callers: bool,
    /// Limits for callers.
    pub(crate) limits: LimitsSection,
    /// Approval requests.
    pub(crate) approvals: ApprovalsSection,
    /// Retention of the ledger.
    pub(crate) ledger: LedgerSection,
    /// The approval page, for browsers.
    pub(crate) console: Option<ConsoleSection>,
    /// The identity provider that issues the accepted tokens.
    pub(crate) oauth: Option<OauthSection>,
    /// Which users, groups and clients of the provider have which roles.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub(crate) role_bindings: Vec<RoleBinding>,
    /// Built-in rules, and files with own roles, role bindings and rules.
    pub(crate) policy: PolicySection,
    /// The store of charms.
    pub(crate) charmhub: CharmhubSection,
    /// Kubernetes clusters: one map, or a list. Default: that of the environment variable `KUBECONFIG`, else none.
    pub(crate) kubernetes: Sections<KubernetesSection>,
    /// Prometheus servers: one map, or a list. Default: that of the environment variable `PROMETHEUS_URL`, else none.
    pub(crate) prometheus: Sections<HttpBackendSection>,
    /// Alertmanagers: one map, or a list. Default: that of the environment variable `ALERTMANAGER_URL`, else none.
    pub(crate) alertmanager: Sections<HttpBackendSection>,
    /// From where on values are worth a warning, or critical.
    pub(crate) thresholds: ThresholdsSection,
    /// Loki servers: one map, or a list. Default: that of the environment variable `LOKI_URL`, else none.
    pub(crate) loki: Sections<HttpBackendSection>,
    /// The observer, which detects what goes wrong.
    pub(crate) observer: ObserverSection,
    /// Prompts of other applications. Default: none.
    pub(crate) prompts: Option<PromptsSection>,
    /// Receivers of findings.
    pub(crate) notifications: NotificationsSection,
    /// The export of traces. Default: none.
    pub(crate) tracing: Option<TracingSection>,
    /// Log filter: a level, or `crate=level,...`, as `--log` and `JUJU_MCP_LOG`, which replace it. Default: warn.
    pub(crate) log: Option<String>,
    /// The absolute path of the file.
    #[serde(skip)]
    pub(crate) source: Option<PathBuf>,
}

/// One controller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControllerSection {
    /// The name of the controller in calls.
    pub(crate) name: String,
    /// Addresses of its API, `host:port`.
    pub(crate) addresses: Vec<String>,
    /// PEM file with the CA certificate of the controller. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Host name in the controller's certificate, if a CA of the system signed it.
    pub(crate) public_hostname: Option<String>,
    /// User to log in as, with `password_file`.
    pub(crate) user: Option<String>,
    /// File with the user's password.
    pub(crate) password_file: Option<PathBuf>,
    /// Service account to log in as, with `client_secret_file`.
    pub(crate) client_id: Option<String>,
    /// File with the secret of the service account.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Credentials for callers with these roles. Callers with other roles use the credential above.
    #[serde(default)]
    pub(crate) credentials_by_role: BTreeMap<String, CredentialSection>,
    /// Callers log in to this controller as themselves, if it was bootstrapped to trust this server. Default: they do not; all callers of a
    /// role are one user of the controller.
    pub(crate) act_as_caller: Option<ActAsCallerSection>,
}

/// One bearer token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenSection {
    /// Role of the caller.
    pub(crate) role: String,
    /// File with the token.
    pub(crate) file: PathBuf,
    /// The owner of the token, by name or e-mail address. The owner of several tokens cannot be the second approver of their own
    /// requests.
    pub(crate) owner: Option<String>,
}

impl Config {
    /// Reads a configuration file.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", &absolute(file), &cause))?;
        Self::parse(file, &text)
    }

    /// Parses the text of a configuration file.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, Failure> {
        let file = absolute(file);
        let parsed = serde_yaml::from_str::<Option<Self>>(text).map_err(|cause| {
            let problem = match (::policy::tab_problem(text, &cause), cause.location()) {
                (Some(problem), Some(place)) => format!("{problem} at line {}", place.line()),
                _ => shorten_unknown(&cause.to_string()),
            };
            Failure::usage(
                format!("the configuration `{}` is invalid: {problem}", file.display()),
                "`juju-mcp config schema` and docs/configuration.md describe all keys",
            )
        })?;
        // an empty file is a configuration without keys
        let mut config = parsed.unwrap_or_default();
        config.resolve_paths(&file);
        config.source = Some(file);
        Ok(config)
    }

    /// The log filter.
    pub(crate) fn log_filter(&self) -> Result<Option<Targets>, Failure> {
        let invalid = |problem: String| {
            self.invalid("log", &format!("is invalid: {problem}"), "docs/operation.md describes the log")
        };
        self.log.as_deref().map(log_filter).transpose().map_err(invalid)
    }

    /// The connection settings of the controllers.
    pub(crate) fn endpoints(&self) -> Result<Vec<ControllerEndpoint>, Failure> {
        self.controllers.iter().map(|section| section.endpoint(None)).collect()
    }

    /// The same for each role with a credential of its own on one of the controllers.
    pub(crate) fn endpoints_by_role(&self) -> Result<BTreeMap<String, Vec<ControllerEndpoint>>, Failure> {
        let named = self.controllers.iter().flat_map(|section| section.credentials_by_role.keys().cloned());
        let roles: BTreeSet<String> = named.collect();
        let endpoints_of = |role: String| {
            let endpoints = self.controllers.iter().map(|section| section.endpoint(Some(&role)));
            Ok((role.clone(), endpoints.collect::<Result<_, Failure>>()?))
        };
        roles.into_iter().map(endpoints_of).collect()
    }
}

impl ControllerSection {
    /// The credential for callers without one for their role.
    fn own_credential(&self) -> CredentialSection {
        CredentialSection {
            user: self.user.clone(),
            password_file: self.password_file.clone(),
            client_id: self.client_id.clone(),
            client_secret_file: self.client_secret_file.clone(),
        }
    }

    fn endpoint(&self, role: Option<&str>) -> Result<ControllerEndpoint, Failure> {
        let ca_certificate = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let named = role.and_then(|role| self.credentials_by_role.get(role)).cloned();
        let credential = named.unwrap_or_else(|| self.own_credential()).read(&self.name)?;
        Ok(ControllerEndpoint {
            name: self.name.clone(),
            uuid: None,
            addresses: self.addresses.clone(),
            ca_certificate,
            public_hostname: self.public_hostname.clone(),
            credential,
        })
    }
}
