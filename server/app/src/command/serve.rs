//! `juju-mcp serve`: MCP over HTTP for a team.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use catalogue::Catalogue;
use content::nearest;
use dispatch::{Approvals, Dispatcher, SecurityEvents};
use http_server::{
    LiveEvents, LiveRouter, LoginTokenKeySet, RouterDeps, SecurityLog, Settings,
    metrics::{Metrics, NotificationSample},
};
use identity::Authenticator;
use juju_client::Controllers;
use notifier::{Notifier, NotifierSettings, Receiver, ReceiverCounts};
use policy::{BuiltinRules, Roles};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::live_server::{LiveServer, ReloadInputs};
use crate::{
    cli::Serve,
    config::{Config, ConsoleSection, LimitsSection, RESOURCE_ATTRIBUTES, TlsSection, read_token},
    failure::Failure,
    health::{HealthChecks, controller_samples, finding_samples},
    login_tokens::{self, LoginTokenFile},
    policy_watcher::{PolicyWatcher, Reload},
    ready_file::ReadyFile,
    secret_key::secret_key,
    state_dir::{SEAL, StateDir},
    telemetry::Telemetry,
    wiring,
};

pub(super) const DEFAULT_LISTEN_ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// Interval at which counters of the ledger's sinks and of the traces reach the metrics.
const COUNTER_INTERVAL: std::time::Duration = std::time::Duration::from_secs(2);
pub(super) const DEFAULT_STATE_DIR: &str = "/var/lib/juju-mcp";

pub(super) async fn run(arguments: Serve, telemetry: Telemetry) -> Result<ExitCode, Failure> {
    // from the start: without a handler, the signal ends the program
    let hangup = signal(SignalKind::hangup()).map_err(Failure::failed)?;
    let inputs = ReloadInputs::new(&arguments);
    let config = arguments.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    config.validate()?;
    telemetry.set_log_filter(config.log_filter()?);
    let juju_data = arguments.juju_data_dir.as_ref().or(config.juju_data_dir.as_ref());
    let directory =
        arguments.state_dir.or_else(|| config.state_dir.clone()).unwrap_or_else(|| DEFAULT_STATE_DIR.into());
    let login_tokens = login_tokens::login_tokens(&config, &directory)?;
    let acts_as_caller = login_tokens.is_some();
    let controllers = wiring::controllers(&config, juju_data.map(PathBuf::as_path), login_tokens).await?;
    let policy_watcher = PolicyWatcher::new(arguments.config.as_deref(), &arguments.policy, BuiltinRules::All);
    let policy = policy_watcher.read()?;
    let prompts = prompts(&config, policy.roles())?;
    let authenticator = authenticator(&config, &arguments.token_file, policy.roles())?;
    check_role_credentials(&config, policy.roles())?;
    check_controllers(&controllers, Required::One).await?;
    let state = StateDir::lock(&directory)?;
    let listener = listen(arguments.listen.or(config.listen).unwrap_or(DEFAULT_LISTEN_ADDRESS)).await?;
    let mut settings = settings(&config)?;
    let stop = wiring::stop_signal();
    if acts_as_caller {
        settings.login_token_keys = Some(publish_login_token_keys(&config, &directory, &stop)?);
    }
    settings.local_pages = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let own = address(&listener, settings.tls.is_some())?;
    let plain = listener.local_addr().ok().filter(|_| settings.tls.is_none());
    if let Some(warning) = plain.and_then(plain_http_warning) {
        tracing::warn!("{warning}");
    }
    let public = config.oauth.as_ref().map_or(own.as_str(), |oauth| oauth.public_url.as_str());
    let console = console(&config, &arguments.token_file, public)?;
    if settings.tls.is_none() {
        warn_of_clear_text(&listener, &config);
    }
    let terms = config.approvals.terms(public, console.is_some());
    let attributes = wiring::environment(RESOURCE_ATTRIBUTES).unwrap_or_default();
    let traces = config.tracing.as_ref().map(|section| section.settings(&own, &attributes)).transpose()?;
    settings.traces = traces.is_some();
    let exporter = traces.and_then(|settings| telemetry.spans.start(settings));
    let serving = Serving {
        receivers: config.notifications.receivers()?,
        dispatcher: wiring::build_dispatcher(
            &state,
            controllers,
            policy,
            terms,
            &config.ledger,
            config.externals(wiring::environment)?,
            &config.observer,
        )
        .await?,
        console,
        seal: secret_key(&state.directory, SEAL)?,
        authenticator,
        settings,
        limits: config.limits,
        prompts,
        listener,
        metrics_listener: match config.metrics_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        },
        policy_watcher,
        traces: Traces { spans: telemetry.spans.clone(), exporter },
        reload: Some((inputs, telemetry, hangup)),
        stop,
    };
    let ready = ReadyFile { pid: std::process::id(), ..ReadyFile::default() };
    serving.serve(ready, arguments.ready_file.as_deref(), |_| {}).await
}

/// Makes the keys of login tokens if there are none yet, and replaces them when they are old. Returns the public keys.
fn publish_login_token_keys(
    config: &Config,
    state: &Path,
    stop: &CancellationToken,
) -> Result<LoginTokenKeySet, Failure> {
    let file = LoginTokenFile::in_directory(state);
    file.read_or_create()?;
    tokio::spawn(file.clone().rotate_by_age(config.login_tokens.rotation_days(), stop.clone()));
    Ok(file.key_set())
}

/// The services of an HTTP server.
pub(super) struct Serving {
    pub(super) dispatcher: Arc<Dispatcher>,
    /// Receivers of findings.
    pub(super) receivers: Vec<Receiver>,
    /// Key that seals the request states of input-required results.
    pub(super) seal: [u8; 32],
    pub(super) authenticator: Authenticator,
    pub(super) settings: Settings,
    pub(super) limits: LimitsSection,
    /// Prompts of other applications.
    pub(super) prompts: mcp::Prompts,
    /// The approval page, if it is configured.
    pub(super) console: Option<console::Settings>,
    pub(super) listener: TcpListener,
    /// The listener for `/metrics` without a token, if it is configured.
    pub(super) metrics_listener: Option<TcpListener>,
    /// Reloads the policy when its files change.
    pub(super) policy_watcher: PolicyWatcher,
    /// The export of traces, if it is configured.
    pub(super) traces: Traces,
    /// What a reload of the configuration reads and changes outside the server, and its signal, if the server reloads it.
    pub(super) reload: Option<(ReloadInputs, Telemetry, Signal)>,
    pub(super) stop: CancellationToken,
}

/// The export of traces.
#[derive(Default)]
pub(super) struct Traces {
    spans: otlp::Spans,
    exporter: Option<otlp::Exporter>,
}

impl Serving {
    /// Serves until `stop` is cancelled. Calls `on_ready` with the content of the ready file.
    pub(super) async fn serve(
        self,
        mut ready: ReadyFile,
        ready_file: Option<&Path>,
        on_ready: impl FnOnce(&ReadyFile),
    ) -> Result<ExitCode, Failure> {
        let address = address(&self.listener, self.settings.tls.is_some())?;
        if let Some(tls) = self.settings.tls.clone() {
            tokio::spawn(tls.watch(self.stop.clone()));
        }
        check_tool_limits(&self.limits, &self.dispatcher.catalogue)?;
        let metrics = Arc::new(Metrics::default());
        let server = mcp::Server::new(Arc::clone(&self.dispatcher), metrics.clone())
            .with_state_key(&self.seal)
            .with_tool_limits(self.limits.tools())
            .with_prompts(self.prompts);
        let notifier = start_notifier(&self.dispatcher, self.receivers).await?;
        let sources = CounterSources {
            dispatcher: Arc::clone(&self.dispatcher),
            spans: self.traces.spans,
            notifier: notifier.clone(),
        };
        let stop = self.stop.clone();
        tokio::spawn(copy_counters(sources, Arc::clone(&metrics), stop.clone()));
        let drain_timeout = self.settings.drain_timeout;
        let drained = tokio::spawn(async move {
            stop.cancelled().await;
            Instant::now() + drain_timeout
        });
        let (authenticator, tool_limits) = (Arc::new(self.authenticator), server.tool_limits());
        let health = Arc::new(HealthChecks::new(Arc::clone(&self.dispatcher), Arc::clone(&authenticator)));
        tokio::spawn(Arc::clone(&health).monitor(self.stop.clone()));
        observe(&self.dispatcher, &metrics, &self.stop);
        let controllers = self.dispatcher.controllers.clone();
        metrics.set_controller_source(move || controller_samples(&controllers));
        let approvals = Approvals::new(Arc::clone(&self.dispatcher));
        let window = self.settings.auth_failure_window;
        let security_log = Arc::new(SecurityLog::new(Arc::clone(&metrics), Arc::clone(&self.dispatcher), window));
        let events: Arc<dyn SecurityEvents> = security_log.clone();
        let pages =
            |settings| console::routes(settings, approvals.clone(), Arc::clone(&authenticator), Arc::clone(&events));
        let console = self.console.map(pages).transpose().map_err(Failure::failed)?;
        let deps = RouterDeps {
            mcp: server.http(self.settings.max_body_bytes, self.stop.clone(), self.settings.drain_timeout),
            toolsets: self.dispatcher.catalogue.toolsets().into_iter().map(str::to_owned).collect(),
            authenticate: authenticator.clone(),
            health,
            metrics: Arc::clone(&metrics),
            approvals: Some(approvals),
            live: Some(LiveEvents { dispatcher: Arc::clone(&self.dispatcher), stop: self.stop.clone() }),
            events,
            console,
        };
        if let Some(listener) = self.metrics_listener {
            let settings = Settings { tls: None, ..self.settings.clone() };
            tokio::spawn(serve_metrics(listener, Arc::clone(&deps.metrics), settings, self.stop.clone()));
        }
        let router = LiveRouter::from(http_server::router(&self.settings, deps.clone()));
        let live = match self.reload {
            Some((inputs, telemetry, hangup)) => {
                let (dispatcher, router, settings) =
                    (Arc::clone(&self.dispatcher), router.clone(), self.settings.clone());
                let live = LiveServer {
                    inputs,
                    dispatcher,
                    notifier: notifier.clone(),
                    authenticator,
                    tool_limits,
                    router,
                    deps,
                    settings,
                    telemetry,
                    rebuild,
                };
                Some((Box::new(live) as Box<dyn Reload>, hangup))
            }
            None => None,
        };
        tokio::spawn(self.policy_watcher.watch(Arc::clone(&self.dispatcher), metrics, live, self.stop.clone()));
        ready.mcp_url = Some(format!("{address}/mcp"));
        if let Some(file) = ready_file {
            ready.write(file)?;
        }
        on_ready(&ready);
        tracing::info!(address, "serving");
        http_server::serve(self.listener, router, &self.settings, self.stop).await.map_err(Failure::failed)?;
        // clients that have gone leave their writes behind
        let deadline = drained.await.unwrap_or_else(|_| Instant::now() + drain_timeout);
        security_log.close().await;
        notifier.stop().await;
        wiring::close(&self.dispatcher, deadline.into_std()).await;
        if let Some(exporter) = self.traces.exporter {
            exporter.stop(deadline).await;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Sends the findings of the observer to `receivers`; without observer there are none.
async fn start_notifier(dispatcher: &Dispatcher, receivers: Vec<Receiver>) -> Result<Notifier, Failure> {
    let findings = dispatcher.observer.as_ref().map(|observer| Arc::clone(observer.log())).unwrap_or_default();
    let store = dispatcher.ledger.store().clone();
    Ok(Notifier::start(store, &findings, receivers, NotifierSettings::default()).await?)
}

/// Observes the models, and plans upgrades for their windows, until `stop` is cancelled.
fn observe(dispatcher: &Dispatcher, metrics: &Metrics, stop: &CancellationToken) {
    let Some(observer) = dispatcher.observer.clone() else { return };
    let source = Arc::clone(&observer);
    metrics.set_finding_source(move || finding_samples(&source));
    if let Some(planner) = dispatcher.planner.clone() {
        let (estate, source, stop) = (dispatcher.estates.for_role(None), Arc::clone(&observer), stop.clone());
        tokio::spawn(async move { planner.run(estate, || source.findings(), stop.cancelled_owned()).await });
    }
    let stop = stop.clone();
    tokio::spawn(async move { observer.run(stop.cancelled_owned()).await });
}

/// What counts beside the metrics.
struct CounterSources {
    dispatcher: Arc<Dispatcher>,
    spans: otlp::Spans,
    notifier: Notifier,
}

/// Copies the failures of the ledger's sinks, the number of dropped spans and the counts of receivers to the metrics until `stop` is
/// cancelled.
async fn copy_counters(sources: CounterSources, metrics: Arc<Metrics>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        for sink in sources.dispatcher.ledger.sinks() {
            metrics.set_ledger_sink_failures(&sink.name, sink.failures);
        }
        metrics.set_trace_spans_dropped(sources.spans.dropped());
        for (receiver, counts) in sources.notifier.counts().await {
            let ReceiverCounts { sent, failed, rejected, dropped, queued } = counts;
            metrics.set_notifications(&NotificationSample {
                receiver,
                sent,
                failed,
                dropped: rejected + dropped,
                queued,
            });
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(COUNTER_INTERVAL) => {}
        }
    }
}

/// Serves `/metrics` on a listener of its own until `stop` is cancelled.
async fn serve_metrics(listener: TcpListener, metrics: Arc<Metrics>, settings: Settings, stop: CancellationToken) {
    let router = http_server::metrics_router(metrics);
    if let Err(error) = http_server::serve(listener, router, &settings, stop).await {
        tracing::error!(%error, "the listener for metrics failed");
    }
}

/// How long the start waits for the controllers, so that one that is away delays the others little.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// How many controllers have to be reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Required {
    /// At least one: the server starts, and `/readyz` reports the others.
    One,
    /// Every one.
    All,
}

/// Connects to each controller with each credential, so that a wrong address, authority or password is reported now and not at the
/// first call.
pub(super) async fn check_controllers(controllers: &Controllers, required: Required) -> Result<(), Failure> {
    connect(controllers, required).await?;
    for role in controllers.roles() {
        connect(&controllers.for_role(&role), required).await?;
    }
    Ok(())
}

async fn connect(controllers: &Controllers, required: Required) -> Result<(), Failure> {
    let names = controllers.names();
    let tried = futures::future::join_all(names.iter().map(async |name| {
        let opened = async {
            let controller = controllers.controller(Some(name))?;
            controller.connection().await.map(drop)
        };
        let late = |_| Err(juju_client::Error::TimedOut { method: "the log-in".to_owned(), limit: START_TIMEOUT });
        (name, tokio::time::timeout(START_TIMEOUT, opened).await.unwrap_or_else(late))
    }));
    let mut away: Vec<_> = tried.await.into_iter().filter_map(|(name, result)| Some((name, result.err()?))).collect();
    let tolerated = if required == Required::One { names.len().saturating_sub(1) } else { 0 };
    if away.len() > tolerated {
        return Err(away.swap_remove(0).1.into());
    }
    for (controller, error) in away {
        tracing::warn!(%controller, %error, "serving without a controller that cannot be reached");
    }
    Ok(())
}

/// Warns of tokens in clear text on the network: without TLS of its own, the server needs a TLS proxy in front of it beyond loopback.
fn warn_of_clear_text(listener: &TcpListener, config: &Config) {
    let is_loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let public_urls =
        [config.oauth.as_ref().map(|oauth| oauth.public_url.as_str()), config.approvals.public_url.as_deref()];
    if !is_loopback && !public_urls.into_iter().flatten().any(|url| url.starts_with("https://")) {
        tracing::warn!(
            "tokens are sent in clear text to this address: set `tls`, or put a TLS proxy in front of it and set `public_url` to its https \
             URL, or listen on loopback"
        );
    }
}

/// The address of a listener as a URL.
pub(super) fn address(listener: &TcpListener, tls: bool) -> Result<String, Failure> {
    let scheme = if tls { "https" } else { "http" };
    Ok(format!("{scheme}://{}", listener.local_addr().map_err(Failure::failed)?))
}

pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|cause| {
        Failure::usage(
            format!("cannot listen on {address}: {cause}"),
            "take another address with `--listen ADDR`; port 0 takes a free one",
        )
    })
}

/// A warning if others in the network could read tokens: this program terminates no TLS.
fn plain_http_warning(address: SocketAddr) -> Option<String> {
    (!address.ip().is_loopback()).then(|| {
        format!(
            "listening on {address} without TLS, so tokens and results pass the network in clear text: listen on loopback behind a reverse proxy that terminates TLS, or restrict access to the port (docs/operation.md)"
        )
    })
}

/// What a reload builds.
fn rebuild(config: &Config, files: &[(String, PathBuf)], roles: &Roles) -> Result<(Authenticator, Settings), Failure> {
    config.validate()?;
    validate(config, roles)?;
    Ok((authenticator(config, files, roles)?, settings(config)?))
}

/// The settings of the HTTP server.
fn settings(config: &Config) -> Result<Settings, Failure> {
    let mut settings = Settings::default();
    if let Some(oauth) = &config.oauth {
        settings.allowed_hosts.push(oauth.public_host()?);
        settings.metadata = Some(oauth.metadata());
    }
    settings.public_url =
        config.oauth.as_ref().map(|oauth| oauth.public_url.clone()).or_else(|| config.approvals.public_url.clone());
    settings.allowed_hosts.extend(config.allowed_hosts.iter().cloned());
    settings.allowed_origins.extend(config.allowed_origins.iter().cloned());
    config.limits.apply(&mut settings);
    settings.tls = config.tls.as_ref().map(TlsSection::load).transpose()?;
    Ok(settings)
}

/// Settings of the approval page, if it is configured. With an identity provider, the page accepts only tokens that the server accepts.
fn console(config: &Config, files: &[(String, PathBuf)], public: &str) -> Result<Option<console::Settings>, Failure> {
    let tokens = !config.tokens.is_empty() || !files.is_empty();
    let address = if config.oauth.is_some() { public } else { config.approvals.url_or(public) };
    let settings = |section: &ConsoleSection| section.settings(config.oauth.as_ref(), tokens, address);
    config.console.as_ref().map(settings).transpose()
}

/// Prompts of other applications; an empty set without the section.
fn prompts(config: &Config, roles: &Roles) -> Result<mcp::Prompts, Failure> {
    let Some(section) = &config.prompts else { return Ok(mcp::Prompts::default()) };
    check_roles(roles, section.roles.iter().map(|role| ("prompts.roles", role.as_str())))?;
    section.load()
}

fn check_tool_limits(limits: &LimitsSection, catalogue: &Catalogue) -> Result<(), Failure> {
    limits.unknown_tool(catalogue).map_or(Ok(()), |name| {
        let names = mcp::tool_names(catalogue);
        let near = policy::nearest_tool(
            &format!("juju_{}", name.trim_start_matches("juju_").replace('-', "_")),
            names.iter().map(String::as_str),
        );
        let near = near.map(|tool| format!("; did you mean `{tool}`?")).unwrap_or_default();
        Err(Failure::usage(
            format!("`limits.per_tool` names the tool `{name}`, which does not exist{near}"),
            "`juju-mcp tools` and `juju-mcp tools --endpoint /mcp/full` list their names",
        ))
    })
}

/// Validates the sections that only `serve` reads. Without tokens and provider in the file, the command line has to supply tokens.
pub(super) fn validate(config: &Config, roles: &Roles) -> Result<(), Failure> {
    settings(config)?;
    prompts(config, roles)?;
    check_tool_limits(&config.limits, &Catalogue::builtin())?;
    check_role_credentials(config, roles)?;
    if config.reject_all_callers || config.oauth.is_some() || !config.tokens.is_empty() {
        authenticator(config, &[], roles)?;
        console(config, &[], "http://localhost")?;
    }
    Ok(())
}

/// The authenticator of all accepted tokens; `files` are those of the command line, by role.
fn authenticator(config: &Config, files: &[(String, PathBuf)], roles: &Roles) -> Result<Authenticator, Failure> {
    let configured = config.tokens.iter().map(|token| (&token.role, &token.file, token.owner.as_deref()));
    let tokens: Vec<_> = configured.chain(files.iter().map(|(role, file)| (role, file, None))).collect();
    check_roles(roles, config.tokens.iter().map(|token| ("tokens[].role", token.role.as_str())))?;
    check_roles(roles, files.iter().map(|(role, _)| ("--token-file", role.as_str())))?;
    if config.reject_all_callers && !(tokens.is_empty() && config.oauth.is_none()) {
        return Err(Failure::usage(
            "`reject_all_callers` is set beside a way to authenticate",
            "remove it, or remove the tokens and `oauth`",
        ));
    }
    if tokens.is_empty() && config.oauth.is_none() && !config.reject_all_callers {
        return Err(Failure::usage(
            "no caller could authenticate: neither a token nor an identity provider is configured",
            "give one with `--token-file ROLE=FILE`, or `tokens` or `oauth` in the configuration",
        ));
    }
    if config.oauth.as_ref().is_some_and(|oauth| !oauth.allow_static_tokens) && !tokens.is_empty() {
        return Err(Failure::usage(
            "static tokens are given beside an identity provider",
            "remove them, or set `oauth.allow_static_tokens: true`",
        ));
    }
    let mut authenticator = Authenticator::default();
    if let Some(oauth) = &config.oauth {
        authenticator.set_provider(oauth.provider(&Catalogue::builtin().toolsets())?);
    }
    for (role, file, owner) in tokens {
        authenticator.add_owned_static_token(read_token(file)?, role, owner);
    }
    Ok(authenticator)
}

/// Refuses a role that does not exist: a token for it could do nothing.
pub(super) fn check_roles<'a>(
    roles: &Roles,
    names: impl Iterator<Item = (&'static str, &'a str)>,
) -> Result<(), Failure> {
    for (key, name) in names {
        if !roles.has(name) {
            let known: Vec<_> = roles.described().map(|(name, _)| name).collect();
            let near = nearest(name, known.iter().copied());
            let near = near.map(|role| format!("; did you mean `{role}`?")).unwrap_or_default();
            return Err(Failure::usage(
                format!("there is no role `{name}`, which `{key}` names{near}"),
                format!("roles are: {}", known.join(", ")),
            ));
        }
    }
    Ok(())
}

fn check_role_credentials(config: &Config, roles: &Roles) -> Result<(), Failure> {
    let named = config.controllers.iter().flat_map(|controller| controller.credentials_by_role.keys());
    check_roles(roles, named.map(|role| ("controllers[].credentials_by_role", role.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listener_beyond_loopback_is_warned_of() {
        for (address, warned) in [
            ("127.0.0.1:8080", false),
            ("127.1.2.3:80", false),
            ("[::1]:8080", false),
            ("0.0.0.0:8080", true),
            ("[::]:8080", true),
            ("10.0.0.1:8080", true),
        ] {
            let warning = plain_http_warning(address.parse().expect("an address"));
            assert_eq!(warning.is_some(), warned, "{address}");
            assert!(warning.is_none_or(|text| text.contains("without TLS") && text.contains("reverse proxy")));
        }
    }
}
