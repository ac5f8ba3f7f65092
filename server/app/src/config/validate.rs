//! Checks what the types of the configuration cannot express: values, and names of other parts of the file.

use std::ops::RangeInclusive;

use content::suggestion;

use super::{ALERTMANAGER, CharmhubSection, Config, CredentialSection, LOKI, PROMETHEUS, files::read_certificates};
use crate::failure::Failure;

/// Prefix of the scopes of this server.
const SCOPE_PREFIX: &str = "juju:";
/// Scopes of this server.
const SCOPES: [&str; 4] = ["juju:read", "juju:write", "juju:sensitive", "juju:approve"];
const MINUTES_OF_AN_APPROVAL: RangeInclusive<u64> = 1..=1_440;
const MINUTES_OF_A_SESSION: RangeInclusive<u64> = 1..=720;
/// Range of `observer.interval_seconds`.
const SECONDS_OF_A_LOOK: RangeInclusive<u64> = 5..=3600;
/// Range of `observer.maintenance.hours`.
const HOURS_OF_A_WINDOW: RangeInclusive<u64> = 1..=24;
/// Range of `observer.close_after_minutes`.
const MINUTES_UNTIL_CLOSED: RangeInclusive<u64> = 0..=1440;
const SECONDS_OF_THE_TOKEN_CACHE: RangeInclusive<u64> = 0..=60;
const DAYS_OF_A_LOGIN_KEY: RangeInclusive<u64> = 1..=3_650;
const AT_LEAST_ONE: RangeInclusive<u64> = 1..=u64::MAX;

impl Config {
    /// Validates all values that need nothing outside the configuration and the files that it names.
    pub(crate) fn validate(&self) -> Result<(), Failure> {
        self.validate_addresses()?;
        self.validate_controllers()?;
        self.validate_login_tokens()?;
        self.validate_numbers()?;
        self.validate_urls()?;
        self.validate_scopes()?;
        self.log_filter()?;
        self.validate_charmhub()?;
        self.validate_backends()?;
        self.validate_observer()?;
        self.validate_notifications()?;
        self.validate_tracing()
    }

    /// The failure for a key: the problem follows the key in the sentence.
    pub(crate) fn invalid(&self, key: &str, problem: &str, remedy: impl Into<String>) -> Failure {
        let file = self.source.as_deref().map(|file| format!(" in `{}`", file.display())).unwrap_or_default();
        Failure::usage(format!("`{key}`{file} {problem}"), remedy)
    }

    fn validate_addresses(&self) -> Result<(), Failure> {
        for host in &self.allowed_hosts {
            if host.is_empty() || host.contains(['/', ' ', '*']) || host.parse::<http::uri::Authority>().is_err() {
                let problem = format!("contains no host name: `{host}`");
                return Err(self.invalid(
                    "allowed_hosts",
                    &problem,
                    "use the form `mcp.example` or `mcp.example:8443`",
                ));
            }
        }
        for origin in &self.allowed_origins {
            let authority = ["https://", "http://"].iter().find_map(|scheme| origin.strip_prefix(scheme));
            let authority = authority.map(|authority| authority.trim_end_matches(":*"));
            if authority.is_none_or(|text| text.contains('/') || text.parse::<http::uri::Authority>().is_err()) {
                let problem = format!("contains no origin: `{origin}`");
                let remedy = "use the form `https://console.example` or `http://localhost:*`, without a path";
                return Err(self.invalid("allowed_origins", &problem, remedy));
            }
        }
        Ok(())
    }

    fn validate_controllers(&self) -> Result<(), Failure> {
        let names: Vec<&str> = self.controllers.iter().map(|controller| controller.name.as_str()).collect();
        for (number, controller) in self.controllers.iter().enumerate() {
            let key = |key: &str| format!("controllers[{number}].{key}");
            let name = controller.name.as_str();
            if name.is_empty() || name.contains([':', '/', ' ']) {
                let problem = format!("is not the name of a controller: `{name}`");
                return Err(self.invalid(&key("name"), &problem, "use letters, digits, `-` and `_`"));
            }
            if names[..number].contains(&name) {
                let problem = format!("is the name of another controller too: `{name}`");
                return Err(self.invalid(&key("name"), &problem, "give each controller a name of its own"));
            }
            let wrong = controller.addresses.iter().find(|address| !is_address(address));
            if let Some(wrong) = wrong.map(String::as_str).or(controller.addresses.is_empty().then_some("")) {
                let problem = format!("contains no `host:port`: `{wrong}`");
                let remedy =
                    "give the API address of the controller with its port, `10.0.0.5:17070` or `[fd00::5]:17070`";
                return Err(self.invalid(&key("addresses"), &problem, remedy));
            }
            if let Some(file) = &controller.ca_certificate_file {
                read_certificates(file)?;
            }
            self.validate_credentials(number)?;
        }
        self.validate_default_controller(&names)
    }

    fn validate_credentials(&self, number: usize) -> Result<(), Failure> {
        let controller = &self.controllers[number];
        let own = controller.own_credential();
        let by_role = controller.credentials_by_role.iter();
        let by_role = by_role.map(|(role, credential)| (format!(".credentials_by_role.{role}"), credential.clone()));
        for (key, credential) in std::iter::once((String::new(), own)).chain(by_role) {
            let empty = |name: &Option<String>| name.as_deref().is_some_and(str::is_empty);
            let CredentialSection { user, client_id, .. } = &credential;
            for (name, value) in [("user", user), ("client_id", client_id)] {
                if empty(value) {
                    let key = format!("controllers[{number}]{key}.{name}");
                    return Err(self.invalid(&key, "is empty", "give the name to log in with, or remove the key"));
                }
            }
        }
        Ok(())
    }

    fn validate_default_controller(&self, names: &[&str]) -> Result<(), Failure> {
        let Some(default) = self.default_controller.as_deref() else { return Ok(()) };
        if self.juju_data_dir.is_some() {
            let remedy = "remove it; `juju switch` changes the current controller of client files";
            return Err(self.invalid("default_controller", "has no effect beside `juju_data_dir`", remedy));
        }
        if names.contains(&default) {
            return Ok(());
        }
        let near = suggestion(default, names.iter().copied(), "controllers are");
        let problem = format!("names the controller `{default}`, which does not exist{near}");
        Err(self.invalid("default_controller", &problem, "use a `name` below `controllers`"))
    }

    fn validate_numbers(&self) -> Result<(), Failure> {
        let oauth_cache = self.oauth.as_ref().and_then(|oauth| oauth.token_cache_seconds);
        let session = self.console.as_ref().and_then(|console| console.session_minutes);
        for (key, value, range) in [
            ("approvals.ttl_minutes", self.approvals.ttl_minutes.map(u64::from), MINUTES_OF_AN_APPROVAL),
            ("console.session_minutes", session.map(u64::from), MINUTES_OF_A_SESSION),
            ("oauth.token_cache_seconds", oauth_cache, SECONDS_OF_THE_TOKEN_CACHE),
            ("login_tokens.rotation_days", self.login_tokens.rotation_days.map(u64::from), DAYS_OF_A_LOGIN_KEY),
            ("observer.interval_seconds", self.observer.interval_seconds.map(u64::from), SECONDS_OF_A_LOOK),
            ("observer.maintenance.hours", self.observer.maintenance.hours.map(u64::from), HOURS_OF_A_WINDOW),
            ("observer.close_after_minutes", self.observer.close_after_minutes.map(u64::from), MINUTES_UNTIL_CLOSED),
            ("ledger.retention_days", self.ledger.retention_days.map(u64::from), AT_LEAST_ONE),
            ("ledger.max_size_mb", self.ledger.max_size_mb.map(u64::from), AT_LEAST_ONE),
        ] {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let remedy = if *range.end() == u64::MAX {
                    format!("give a number of at least {}, or remove the key", range.start())
                } else {
                    format!("give a number from {} to {}", range.start(), range.end())
                };
                return Err(self.invalid(key, &format!("is {value}"), remedy));
            }
        }
        let (least, most) = (self.ledger.min_retention_days, self.ledger.retention_days);
        if least > most && most.is_some() {
            let remedy = "give at most `ledger.retention_days`, after which every record is removed";
            return Err(self.invalid(
                "ledger.min_retention_days",
                &format!("is {}", least.unwrap_or_default()),
                remedy,
            ));
        }
        Ok(())
    }

    fn validate_urls(&self) -> Result<(), Failure> {
        let oauth = self.oauth.as_ref();
        let introspection = oauth.and_then(|oauth| oauth.introspection.as_ref());
        for (key, url) in [
            ("approvals.public_url", self.approvals.public_url.as_ref()),
            ("oauth.issuer", oauth.map(|oauth| &oauth.issuer)),
            ("oauth.public_url", oauth.map(|oauth| &oauth.public_url)),
            ("oauth.introspection.url", introspection.and_then(|section| section.url.as_ref())),
        ] {
            let is_url = |text: &str| {
                let uri = text.parse::<http::Uri>().ok();
                uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
                    && !text.contains(['?', '#', ' '])
            };
            if let Some(url) = url.filter(|url| !is_url(url)) {
                return Err(self.invalid(
                    key,
                    &format!("is not a URL: `{url}`"),
                    "use the form `https://host.example/path`",
                ));
            }
        }
        if oauth.and_then(|oauth| oauth.groups_claim.as_deref()).is_some_and(str::is_empty) {
            return Err(self.invalid("oauth.groups_claim", "is empty", "name a claim, or remove the key for `groups`"));
        }
        if let Some(file) = oauth.and_then(|oauth| oauth.ca_certificate_file.as_ref()) {
            read_certificates(file)?;
        }
        if oauth.and_then(|oauth| oauth.login.as_ref()).is_some_and(|login| login.client_id.is_empty()) {
            return Err(self.invalid(
                "oauth.login.client_id",
                "is empty",
                "name a client of the provider, or remove the section",
            ));
        }
        let client = self.console.as_ref().and_then(|console| console.client_id.as_deref());
        if client.is_some_and(str::is_empty) {
            return Err(self.invalid(
                "console.client_id",
                "is empty",
                "name a client of the provider, or remove the key",
            ));
        }
        Ok(())
    }

    fn validate_observer(&self) -> Result<(), Failure> {
        match self.observer.problem() {
            Some((key, problem, remedy)) => Err(self.invalid(&key, &problem, remedy)),
            None => Ok(()),
        }
    }

    fn validate_charmhub(&self) -> Result<(), Failure> {
        if let Some((key, problem, remedy)) = self.charmhub.problem() {
            return Err(self.invalid(key, &problem, remedy));
        }
        if self.charmhub == CharmhubSection::default() {
            return Ok(());
        }
        // reads the file
        self.charmhub.client().map(drop)
    }

    fn validate_backends(&self) -> Result<(), Failure> {
        if let Some((key, problem, remedy)) = self.kubernetes.kubernetes_problem() {
            return Err(self.invalid(&key, &problem, remedy));
        }
        let mut sections =
            [(&self.prometheus, PROMETHEUS), (&self.alertmanager, ALERTMANAGER), (&self.loki, LOKI)].into_iter();
        if let Some((key, problem, remedy)) = sections.find_map(|(sections, defaults)| sections.problem(defaults)) {
            return Err(self.invalid(&key, &problem, remedy));
        }
        if let Err((key, problem)) = self.thresholds.table().check() {
            return Err(self.invalid(
                &format!("thresholds.{key}"),
                problem,
                "use the form `{warning: 80, critical: 95}`",
            ));
        }
        // reads the files
        self.externals(|_| None).map(drop)
    }

    fn validate_notifications(&self) -> Result<(), Failure> {
        if let Some((key, problem, remedy)) = self.notifications.problem() {
            return Err(self.invalid(key, &problem, remedy));
        }
        // reads the files
        self.notifications.receivers().map(drop)
    }

    fn validate_tracing(&self) -> Result<(), Failure> {
        let Some(section) = &self.tracing else { return Ok(()) };
        if let Some((key, problem, remedy)) = section.problem() {
            return Err(self.invalid(key, &problem, remedy));
        }
        // reads the files
        section.settings("", "").map(drop)
    }

    /// Scopes of this server have to exist; the provider knows all others.
    fn validate_scopes(&self) -> Result<(), Failure> {
        let oauth = self.oauth.as_ref().and_then(|oauth| oauth.scopes.as_ref());
        let console = self.console.as_ref().and_then(|console| console.scopes.as_ref());
        let login = self.oauth.as_ref().and_then(|oauth| oauth.login.as_ref()).and_then(|login| login.scopes.as_ref());
        for (key, scopes) in [("oauth.scopes", oauth), ("oauth.login.scopes", login), ("console.scopes", console)] {
            let own = scopes.into_iter().flatten().filter(|scope| scope.starts_with(SCOPE_PREFIX));
            if let Some(unknown) = own.into_iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
                let near = suggestion(unknown, SCOPES, "scopes are");
                let problem = format!("names the scope `{unknown}`, which does not exist{near}");
                return Err(self.invalid(key, &problem, "docs/identity.md describes the scopes"));
            }
        }
        Ok(())
    }
}

/// Whether a text is `host:port`; an IPv6 address is in brackets.
fn is_address(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let host_is_valid = !host.is_empty() && (bracketed || !host.contains([':', '/', ' ']));
    host_is_valid && port.parse::<u16>().is_ok_and(|port| port != 0)
}
