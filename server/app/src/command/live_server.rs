//! The parts of a running server that a changed configuration replaces.

use std::{path::PathBuf, sync::Arc};

use dispatch::Dispatcher;
use futures::future::{BoxFuture, FutureExt as _};
use http_server::{LiveRouter, RouterDeps, Settings};
use identity::Authenticator;
use mcp::ToolLimits;
use notifier::Notifier;
use policy::{Policy, Roles};

use crate::{
    cli::Serve,
    config::Config,
    failure::Failure,
    policy_watcher::{Apply, Reload},
    telemetry::Telemetry,
    wiring,
};

/// What a reload reads beside the configuration: the command line.
#[derive(Debug, Clone, Default)]
pub(super) struct ReloadInputs {
    token_files: Vec<(String, PathBuf)>,
    juju_data_dir: Option<PathBuf>,
}

impl ReloadInputs {
    /// Those of the arguments of `serve`.
    pub(super) fn new(arguments: &Serve) -> Self {
        Self { token_files: arguments.token_file.clone(), juju_data_dir: arguments.juju_data_dir.clone() }
    }
}

/// Validates a configuration, and builds the authenticator and the settings of the HTTP server from it and from the tokens of the command
/// line.
pub(super) type Rebuild = fn(&Config, &[(String, PathBuf)], &Roles) -> Result<(Authenticator, Settings), Failure>;

/// The parts of a running server that a changed configuration replaces. Open connections, sessions and streams stay. Cheap to clone.
#[derive(Clone)]
pub(super) struct LiveServer {
    pub(super) inputs: ReloadInputs,
    pub(super) dispatcher: Arc<Dispatcher>,
    pub(super) notifier: Notifier,
    pub(super) authenticator: Arc<Authenticator>,
    pub(super) tool_limits: Arc<ToolLimits>,
    pub(super) router: LiveRouter,
    pub(super) deps: RouterDeps,
    /// The settings of the start; those that only a restart applies stay.
    pub(super) settings: Settings,
    pub(super) telemetry: Telemetry,
    pub(super) rebuild: Rebuild,
}

impl Reload for LiveServer {
    fn prepare<'a>(&'a self, config: &'a Config, policy: &'a Policy) -> BoxFuture<'a, Result<Apply, Failure>> {
        async move {
            let (authenticator, fresh) = (self.rebuild)(config, &self.inputs.token_files, policy.roles())?;
            let juju_data = self.inputs.juju_data_dir.as_ref().or(config.juju_data_dir.as_ref());
            let login_tokens = self.dispatcher.controllers.login_tokens();
            let acting = login_tokens.as_ref().map(|tokens| tokens.controllers().clone()).unwrap_or_default();
            if config.controllers_as_caller() != acting {
                tracing::warn!("a change of `controllers[].act_as_caller` takes effect after a restart");
            }
            let controllers = wiring::controllers(config, juju_data.map(PathBuf::as_path), login_tokens).await?;
            let settings = Settings {
                tls: self.settings.tls.clone(),
                max_body_bytes: self.settings.max_body_bytes,
                public_url: self.settings.public_url.clone(),
                local_pages: self.settings.local_pages,
                traces: self.settings.traces,
                login_token_keys: self.settings.login_token_keys.clone(),
                ..fresh
            };
            let (limits, log) = (config.limits.clone(), config.log_filter()?);
            let (observer, maintenance) = (config.observer.settings(), config.observer.maintenance());
            let receivers = config.notifications.receivers()?;
            let own = self.clone();
            let apply: Apply = Box::new(move |changed: &[String]| {
                own.dispatcher.controllers.replace(&controllers);
                own.authenticator.replace(authenticator);
                own.tool_limits.replace(limits.of_tools());
                own.telemetry.set_log_filter(log);
                if let Some(known) = &own.dispatcher.observer {
                    known.set_settings(observer);
                }
                if let Some(planner) = &own.dispatcher.planner {
                    planner.set_settings(maintenance);
                }
                if changed.iter().any(|key| key.starts_with("notifications")) {
                    let notifier = own.notifier.clone();
                    tokio::spawn(async move { notifier.set_receivers(receivers).await });
                }
                // the limits of callers count anew in a new router, so an unchanged one stays
                if changed.iter().any(|key| is_of_router(key)) {
                    own.router.replace(http_server::router(&settings, own.deps.clone()));
                }
            });
            Ok(apply)
        }
        .boxed()
    }
}

/// Whether a key of the configuration is in the settings of the router.
fn is_of_router(key: &str) -> bool {
    ["allowed_hosts", "allowed_origins", "limits", "oauth"].contains(&key.split('.').next().unwrap_or(key))
}
