//! One connection to the API: who is logged in, to which model, and the watchers that it holds.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use juju_wire::{
    Code, RemoteError,
    facade::{
        SERVER_CONTROLLER, SERVER_MODEL,
        admin::{ClientCredentials, FacadeVersions, LoginRequest, LoginResult, UserInfo},
    },
    tag::Tag,
};
use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    errors::permission_denied,
    login_tokens::TokenUser,
    state::{Estate, Kind, ModelAccess, State},
};

/// Facades that only a connection to the controller itself has (`apiserver/restrict_controller.go`).
const CONTROLLER_ONLY: &[&str] = &[
    "AllModelWatcher",
    "ApplicationOffers",
    "Cloud",
    "Controller",
    "CrossController",
    "MigrationTarget",
    "ModelManager",
    "ModelUpgrader",
    "ModelSummaryWatcher",
    "SecretBackends",
    "UserManager",
];
/// Facades that both kinds of connection have.
const BOTH: &[&str] = &["Admin", "Pinger", "Bundle", "HighAvailability", "NotifyWatcher", "ModelConfig", "SSHServer"];

/// Facades for clients that Kubernetes models have, beside [`BOTH`] (`apiserver/restrict_caasmodel.go`).
const IN_CLUSTERS: &[&str] = &[
    "Action",
    "AllWatcher",
    "Annotations",
    "Application",
    "Block",
    "Charms",
    "Client",
    "Payloads",
    "Resources",
    "SSHClient",
    "Secrets",
    "Storage",
    "StringsWatcher",
];

/// What a watcher remembers between two calls of `Next`.
#[derive(Debug, Clone)]
pub(crate) struct Watcher {
    /// Last revision that the watcher returned.
    pub(crate) revision: u64,
    /// Cancelled by `Stop`.
    pub(crate) stopped: CancellationToken,
}

/// One connection.
pub(crate) struct Session {
    context: Arc<Context>,
    model: Option<String>,
    user: Mutex<Option<String>>,
    /// The token of the log-in, if it was one by token: it alone decides about access.
    token: OnceLock<TokenUser>,
    watchers: Mutex<HashMap<String, Watcher>>,
    last_watcher: AtomicU64,
}

impl Session {
    pub(crate) fn new(context: Arc<Context>, model: Option<String>) -> Self {
        let token = OnceLock::new();
        Self {
            context,
            model,
            user: Mutex::default(),
            token,
            watchers: Mutex::default(),
            last_watcher: AtomicU64::new(0),
        }
    }

    pub(crate) fn estate(&self) -> &Arc<Estate> {
        &self.context.estate
    }

    /// UUID of the model; none on a connection to the controller.
    pub(crate) fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Address of the controller, and the certificate that signed its own.
    pub(crate) fn api_address(&self) -> (String, String) {
        (self.context.address.to_string(), self.context.ca_certificate.clone())
    }

    /// Who is logged in; empty before the login.
    pub(crate) fn user(&self) -> String {
        self.user.lock().clone().unwrap_or_default()
    }

    /// What the user of this connection may do in a model.
    pub(crate) fn model_access(&self, state: &State, uuid: &str) -> Option<ModelAccess> {
        match self.token.get() {
            Some(_) if !state.models.contains_key(uuid) => None,
            Some(token) if token.is_superuser(&state.controller.uuid) => Some(ModelAccess::Admin),
            Some(token) => token.model_access(uuid),
            None => state.model_access(&self.user(), uuid),
        }
    }

    /// The error for a user of this connection without that access; the real server names to the user of a token what is missing.
    pub(crate) fn denial(&self, uuid: &str, access: ModelAccess) -> RemoteError {
        if self.token.get().is_none() {
            return permission_denied();
        }
        let message = format!("access permissions required: map[model-{uuid}:{}]", access.as_str());
        RemoteError::new(Code::AccessRequired, message)
    }

    /// Whether the user of this connection may do everything.
    pub(crate) fn is_superuser(&self, state: &State) -> bool {
        match self.token.get() {
            Some(token) => token.is_superuser(&state.controller.uuid),
            None => state.is_superuser(&self.user()),
        }
    }

    /// Whether this connection has the facade, now.
    pub(crate) fn may_call(&self, facade: &str) -> bool {
        if facade == "Admin" {
            return true;
        }
        let logged_in = self.user.lock().is_some();
        let here = BOTH.contains(&facade) || CONTROLLER_ONLY.contains(&facade) == self.model.is_none();
        logged_in && here
    }

    /// Refuses, on a connection to a Kubernetes model, facades that only machine models have.
    pub(crate) fn check_kind(&self, facade: &str) -> Result<(), RemoteError> {
        let cluster = self.model.as_ref().is_some_and(|uuid| {
            self.estate().read(|state| state.models.get(uuid).is_some_and(|model| model.kind == Kind::Caas))
        });
        if !cluster || self.user().is_empty() || IN_CLUSTERS.contains(&facade) || BOTH.contains(&facade) {
            return Ok(());
        }
        let message = format!("facade \"{facade}\" not supported on container models");
        Err(RemoteError::new(Code::NotSupported, message))
    }

    /// The error for a facade that only the other kind of connection has.
    pub(crate) fn elsewhere(&self, facade: &str) -> Option<RemoteError> {
        let listed = |served: &[(&str, &[u32])]| served.iter().any(|(name, _)| *name == facade);
        let (here, there, kind) = match &self.model {
            Some(_) => (SERVER_MODEL, SERVER_CONTROLLER, "model"),
            None => (SERVER_CONTROLLER, SERVER_MODEL, "controller"),
        };
        let refused = !self.user().is_empty() && !listed(here) && listed(there);
        let message = format!("facade \"{facade}\" not supported for {kind} API connection");
        refused.then(|| RemoteError::new(Code::NotSupported, message))
    }

    /// Logs a user in by name and password, or by token.
    pub(crate) fn log_in(&self, request: &LoginRequest) -> Result<LoginResult, RemoteError> {
        if !request.token.is_empty() {
            return self.log_in_by_token(self.context.login_token_keys.verify(&request.token)?);
        }
        let user = Tag::parse_id("user", &request.auth_tag).map_err(|_| wrong_password())?;
        self.admit(user.trim_end_matches("@local"), &request.credentials)
    }

    /// Logs a service account in: here, a user with the secret as password.
    pub(crate) fn log_in_service(&self, request: &ClientCredentials) -> Result<LoginResult, RemoteError> {
        self.admit(&request.client_id, &request.client_secret)
    }

    /// Logs the user of a token in. As at the real server, only access to the controller decides about the log-in.
    fn log_in_by_token(&self, token: TokenUser) -> Result<LoginResult, RemoteError> {
        let result = self.estate().read(|state| {
            self.check_model(state)?;
            let access = token.controller_access(&state.controller.uuid).to_owned();
            if access.is_empty() {
                return Err(permission_denied());
            }
            let model_access = self.model.as_ref().and_then(|uuid| token.model_access(uuid));
            let model_access = model_access.map(ModelAccess::as_str).unwrap_or_default().to_owned();
            Ok(self.login_result(state, &token.user, access, model_access, None))
        })?;
        *self.user.lock() = Some(token.user.clone());
        // a connection logs in once
        let _ = self.token.set(token);
        Ok(result)
    }

    fn check_model(&self, state: &State) -> Result<(), RemoteError> {
        match &self.model {
            Some(uuid) if !state.models.contains_key(uuid) => {
                Err(RemoteError::new(Code::ModelNotFound, format!("unknown model: \"{uuid}\"")))
            }
            _ => Ok(()),
        }
    }

    fn login_result(
        &self,
        state: &State,
        user: &str,
        controller_access: String,
        model_access: String,
        last_connection: Option<String>,
    ) -> LoginResult {
        let served = if self.model.is_some() { SERVER_MODEL } else { SERVER_CONTROLLER };
        let facades = served
            .iter()
            .map(|(name, versions)| FacadeVersions { name: (*name).to_owned(), versions: versions.to_vec() });
        LoginResult {
            servers: vec![vec![self.context.host_port()]],
            model_tag: self.model.as_ref().map(|uuid| Tag::new("model", uuid).to_string()).unwrap_or_default(),
            controller_tag: Tag::new("controller", &state.controller.uuid).to_string(),
            user_info: Some(UserInfo {
                // the real server leaves it empty here
                display_name: String::new(),
                identity: Tag::new("user", user).to_string(),
                last_connection,
                controller_access,
                model_access,
            }),
            facades: facades.collect(),
            server_version: state.controller.agent_version.clone(),
            ..LoginResult::default()
        }
    }

    fn admit(&self, name: &str, password: &str) -> Result<LoginResult, RemoteError> {
        let now = chrono::Utc::now();
        let result = self.estate().write(|state| -> Result<LoginResult, RemoteError> {
            self.check_model(state)?;
            let user = state.users.get_mut(name).filter(|user| user.enabled && user.password == password);
            let user = user.ok_or_else(wrong_password)?;
            let mut last_connection = user.last_connection.replace(now);
            let access = user.access.to_string();
            let model_access = match &self.model {
                None => String::new(),
                Some(uuid) => {
                    state.model_access(name, uuid).map(ModelAccess::as_str).ok_or_else(permission_denied)?.to_owned()
                }
            };
            let own = state.models.values().find(|model| model.name == "controller").map(|model| model.uuid.clone());
            let to = self.model.clone().or(own).unwrap_or_default();
            if let Some(model) = state.models.get_mut(&to) {
                let before = model.connections.insert(name.to_owned(), now);
                last_connection = if self.model.is_some() { before } else { last_connection };
            }
            let last_connection = last_connection.map(|time| time.to_rfc3339());
            Ok(self.login_result(state, name, access, model_access, last_connection))
        })?;
        *self.user.lock() = Some(name.to_owned());
        Ok(result)
    }

    /// Starts a watcher that has returned everything up to `revision`, and returns its number.
    pub(crate) fn watch(&self, revision: u64) -> String {
        let number = (self.last_watcher.fetch_add(1, Ordering::Relaxed) + 1).to_string();
        let watcher = Watcher { revision, stopped: CancellationToken::new() };
        self.watchers().insert(number.clone(), watcher);
        self.context.watchers.started.fetch_add(1, Ordering::Relaxed);
        self.context.watchers.open.fetch_add(1, Ordering::Relaxed);
        number
    }

    /// The watcher of this number.
    pub(crate) fn watcher(&self, number: &str) -> Result<Watcher, RemoteError> {
        let missing = || RemoteError::new(Code::NotFound, "unknown watcher id");
        self.watchers().get(number).cloned().ok_or_else(missing)
    }

    /// Records the revision that a watcher has returned.
    pub(crate) fn advance_watcher(&self, number: &str, revision: u64) {
        if let Some(watcher) = self.watchers().get_mut(number) {
            watcher.revision = revision;
        }
    }

    /// Ends a watcher; a waiting call of `Next` fails.
    pub(crate) fn stop_watcher(&self, number: &str) -> Result<(), RemoteError> {
        let watcher = self.watcher(number)?;
        if self.watchers().remove(number).is_some() {
            self.context.watchers.open.fetch_sub(1, Ordering::Relaxed);
        }
        watcher.stopped.cancel();
        Ok(())
    }

    fn watchers(&self) -> MutexGuard<'_, HashMap<String, Watcher>> {
        self.watchers.lock()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let left = self.watchers.get_mut().len() as u64;
        self.context.watchers.open.fetch_sub(left, Ordering::Relaxed);
    }
}

/// The error for a wrong name and for a wrong password alike.
fn wrong_password() -> RemoteError {
    RemoteError::new(Code::Unauthorized, "invalid entity name or password")
}
