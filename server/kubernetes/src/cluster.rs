//! [`Cluster`]: the connection to a cluster. It is made for the first request, and made again after its credential was refused.

use std::{
    error::Error as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use backend::{BackendError, BackendKind, Condition, ConditionRecord, MAX_RESPONSE_BYTES};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::{
    Client, Config,
    client::Body,
    config::{KubeConfigOptions, Kubeconfig},
};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    object::{items, text},
    request::ApiRequest,
    resource::{ACCEPT_DISCOVERY, ResourceType, parse_discovery},
};

/// Requests to one cluster at the same time; others wait.
const MAX_CONCURRENT_REQUESTS: usize = 16;
/// Attempts of a request that may be repeated.
const MAX_ATTEMPTS: u32 = 3;
/// Wait before the second attempt; it doubles.
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);
/// How long a connection attempt may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the kinds of a cluster are remembered.
const DISCOVERY_AGE: Duration = Duration::from_mins(10);
/// Longest text of an error that is shown, in characters.
const MAX_MESSAGE_CHARS: usize = 600;

/// How the program logs in to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterAccess {
    /// With one of the contexts of kubeconfig files, which are merged as `kubectl` merges them.
    Kubeconfig {
        /// The files.
        paths: Vec<PathBuf>,
        /// Name of the context; the current one where it is absent.
        context: Option<String>,
    },
    /// With the service account of the pod that the program runs in.
    ServiceAccount,
}

/// A cluster, and how to use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSettings {
    /// Its name among the clusters.
    pub name: String,
    /// How to log in.
    pub access: ClusterAccess,
    /// Namespace of objects that are named without one; that of the context where it is absent.
    pub namespace: Option<String>,
    /// How long a request may take, with all its attempts.
    pub timeout: Duration,
    /// Whether requests are made as the caller (`Impersonate-User`, `Impersonate-Group`).
    pub impersonate: bool,
}

/// The user that a request is made as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impersonation {
    user: String,
    groups: Vec<String>,
}

/// How names begin that Kubernetes reserves for itself, such as `system:masters`, which may do everything.
const RESERVED: &str = "system:";

impl Impersonation {
    /// A caller with its groups. No caller becomes a user or a member of a group that Kubernetes reserves for itself.
    #[must_use]
    pub fn new(subject: &str, groups: &[String]) -> Self {
        let user = if subject.starts_with(RESERVED) { format!("caller:{subject}") } else { subject.to_owned() };
        let groups = groups.iter().filter(|group| !group.starts_with(RESERVED)).cloned().collect();
        Self { user, groups }
    }
}

/// A cluster.
pub struct Cluster {
    settings: ClusterSettings,
    client: Mutex<Option<Client>>,
    kinds: Mutex<Option<(Instant, Arc<Vec<ResourceType>>)>>,
    slots: Semaphore,
    condition: ConditionRecord,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(formatter)
    }
}

impl Cluster {
    /// A cluster that nothing is requested from yet.
    #[must_use]
    pub fn new(settings: ClusterSettings) -> Self {
        let condition = ConditionRecord::new(BackendKind::Kubernetes, &settings.name);
        let slots = Semaphore::new(MAX_CONCURRENT_REQUESTS);
        Self { settings, client: Mutex::default(), kinds: Mutex::default(), slots, condition }
    }

    /// How it is used.
    #[must_use]
    pub fn settings(&self) -> &ClusterSettings {
        &self.settings
    }

    /// What the last request showed.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.condition.current()
    }

    /// Namespace of objects that are named without one.
    ///
    /// # Errors
    /// [`BackendError::Configuration`].
    pub async fn default_namespace(&self) -> Result<String, BackendError> {
        match &self.settings.namespace {
            Some(namespace) => Ok(namespace.clone()),
            None => Ok(self.client().await?.default_namespace().to_owned()),
        }
    }

    /// URL of its API.
    ///
    /// # Errors
    /// [`BackendError::Configuration`].
    pub async fn url(&self) -> Result<String, BackendError> {
        Ok(self.config().await?.cluster_url.to_string())
    }

    /// Its version, `v1.36.3`.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn version(&self) -> Result<String, BackendError> {
        let answer = self.send(&ApiRequest::get("/version"), None).await?;
        let version = text(&answer, "/gitVersion");
        if version.is_empty() {
            return Err(self.unexpected("it reports no version"));
        }
        self.condition.set_version(version);
        Ok(version.to_owned())
    }

    /// The kinds that it serves. They are read again after ten minutes, or with `fresh`.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn kinds(&self, fresh: bool) -> Result<Arc<Vec<ResourceType>>, BackendError> {
        let known = self.kinds.lock().clone();
        if let Some((_, kinds)) = known.filter(|(read, _)| !fresh && read.elapsed() < DISCOVERY_AGE) {
            return Ok(kinds);
        }
        let mut kinds = Vec::new();
        for path in ["/api", "/apis"] {
            let answer = self.send(&ApiRequest::get(path).accepting(ACCEPT_DISCOVERY), None).await?;
            if items(&answer, "/items").is_empty() {
                return Err(self.unexpected("it has no aggregated discovery, which Kubernetes 1.26 introduced"));
            }
            kinds.extend(parse_discovery(&answer));
        }
        let kinds = Arc::new(kinds);
        *self.kinds.lock() = Some((Instant::now(), Arc::clone(&kinds)));
        Ok(kinds)
    }

    /// Sends a request and reads the answer as JSON. A read is repeated if the cluster cannot be reached; what changes something is sent
    /// once.
    ///
    /// # Errors
    /// [`BackendError`]. After [`BackendError::TimedOut`] a change may have been made.
    pub async fn send(&self, request: &ApiRequest, caller: Option<&Impersonation>) -> Result<Value, BackendError> {
        let body = self.send_for_text(request, caller).await?;
        serde_json::from_slice(&body).map_err(|error| self.unexpected(&error.to_string()))
    }

    /// The same with the answer as it is.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn send_for_text(
        &self,
        request: &ApiRequest,
        caller: Option<&Impersonation>,
    ) -> Result<Vec<u8>, BackendError> {
        let sending = async {
            let _slot = self.slots.acquire().await;
            let (mut attempt, mut delay) = (1, FIRST_RETRY_DELAY);
            loop {
                let result = self.attempt(request, caller).await;
                let repeat = request.is_read() && attempt < MAX_ATTEMPTS && result.as_ref().is_err_and(is_transient);
                if !repeat {
                    return result;
                }
                tokio::time::sleep(delay).await;
                (attempt, delay) = (attempt + 1, delay * 2);
            }
        };
        let result = self.within_limit(sending).await;
        self.record(&result);
        result
    }

    /// Sends a request and returns the body as soon as the head of the answer is there. Reading it has no time limit; dropping it ends it.
    pub(crate) async fn open(
        &self,
        request: &ApiRequest,
        caller: Option<&Impersonation>,
    ) -> Result<Body, BackendError> {
        let result = self.within_limit(self.respond(request, caller)).await;
        self.record(&result);
        result.map(Response::into_body)
    }

    /// Waits no longer than a request may take.
    async fn within_limit<T>(&self, work: impl Future<Output = Result<T, BackendError>>) -> Result<T, BackendError> {
        let limit = self.settings.timeout;
        tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
            Err(BackendError::TimedOut { kind: BackendKind::Kubernetes, name: self.settings.name.clone(), limit })
        })
    }

    /// Takes a result into account. A refusal by access control shows that the cluster answers; after a refused credential or a lost
    /// connection the configuration is read again, because it may have been renewed.
    fn record<T>(&self, result: &Result<T, BackendError>) {
        match result {
            Err(BackendError::Refused { status: 403, .. }) => self.condition.record(&Ok(())),
            result => self.condition.record(result),
        }
        let renew = |error: &BackendError| {
            matches!(error, BackendError::Unreachable { .. } | BackendError::Refused { status: 401, .. })
        };
        if result.as_ref().is_err_and(renew) {
            *self.client.lock() = None;
        }
    }

    async fn attempt(&self, request: &ApiRequest, caller: Option<&Impersonation>) -> Result<Vec<u8>, BackendError> {
        let response = self.respond(request, caller).await?;
        self.read(response.into_body()).await
    }

    /// The response, if its status is a success.
    async fn respond(
        &self,
        request: &ApiRequest,
        caller: Option<&Impersonation>,
    ) -> Result<Response<Body>, BackendError> {
        let mut builder = Request::builder().method(request.method()).uri(request.uri());
        builder = builder.header(header::ACCEPT, request.accept());
        if let Some(content_type) = request.content_type() {
            builder = builder.header(header::CONTENT_TYPE, content_type);
        }
        if let Some(caller) = caller {
            builder = builder.header("impersonate-user", &caller.user);
            for group in &caller.groups {
                builder = builder.header("impersonate-group", group);
            }
        }
        let sent = builder.body(Body::from(request.body().to_vec()));
        let sent = sent.map_err(|error| BackendError::Parameters(format!("the request cannot be made: {error}")))?;
        let response = self.client().await?.send(sent).await.map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.read(response.into_body()).await.unwrap_or_default();
        Err(self.refused(status, &body))
    }

    async fn read(&self, body: Body) -> Result<Vec<u8>, BackendError> {
        let (kind, name) = (BackendKind::Kubernetes, self.settings.name.clone());
        match Limited::new(body, MAX_RESPONSE_BYTES).collect().await {
            Ok(body) => Ok(body.to_bytes().to_vec()),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(BackendError::TooLarge { kind, name, limit: MAX_RESPONSE_BYTES })
            }
            Err(error) => Err(BackendError::Unreachable { kind, name, reason: error.to_string() }),
        }
    }

    async fn client(&self) -> Result<Client, BackendError> {
        if let Some(client) = self.client.lock().clone() {
            return Ok(client);
        }
        let built = Client::try_from(self.config().await?).map_err(|error| self.misconfigured(error.to_string()))?;
        Ok(self.client.lock().get_or_insert(built).clone())
    }

    async fn config(&self) -> Result<Config, BackendError> {
        let mut config = self.read_config().await.map_err(|reason| self.misconfigured(reason))?;
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        config.default_retry = false;
        Ok(config)
    }

    fn misconfigured(&self, reason: String) -> BackendError {
        BackendError::Configuration { kind: BackendKind::Kubernetes, name: self.settings.name.clone(), reason }
    }

    async fn read_config(&self) -> Result<Config, String> {
        match &self.settings.access {
            // the name of the service is the same in every cluster, so the environment is not read
            ClusterAccess::ServiceAccount => Config::incluster_dns().map_err(|error| error.to_string()),
            ClusterAccess::Kubeconfig { paths, context } => {
                let mut merged = Kubeconfig::default();
                for path in paths {
                    let one = Kubeconfig::read_from(path).map_err(|error| error.to_string())?;
                    merged = merged.merge(one).map_err(|error| error.to_string())?;
                }
                let options = KubeConfigOptions { context: context.clone(), ..KubeConfigOptions::default() };
                Config::from_custom_kubeconfig(merged, &options).await.map_err(|error| error.to_string())
            }
        }
    }

    fn unreachable(&self, error: &kube::Error) -> BackendError {
        let (mut reason, mut source) = (error.to_string(), error.source());
        while let Some(inner) = source {
            let inner_text = inner.to_string();
            if !reason.contains(&inner_text) {
                reason = format!("{reason}: {inner_text}");
            }
            source = inner.source();
        }
        let reason = reason.trim_start_matches("ServiceError: ").chars().take(MAX_MESSAGE_CHARS).collect();
        BackendError::Unreachable { kind: BackendKind::Kubernetes, name: self.settings.name.clone(), reason }
    }

    /// A refusal in the words of the cluster: the member `message` of its Status.
    fn refused(&self, status: StatusCode, body: &[u8]) -> BackendError {
        let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
        let message = match text(&parsed, "/message") {
            "" => String::from_utf8_lossy(body).trim().to_owned(),
            message => message.to_owned(),
        };
        let message = if message.is_empty() { "no reason given".to_owned() } else { message };
        BackendError::Refused {
            kind: BackendKind::Kubernetes,
            name: self.settings.name.clone(),
            status: status.as_u16(),
            message: message.chars().take(MAX_MESSAGE_CHARS).collect(),
        }
    }

    pub(crate) fn unexpected(&self, reason: &str) -> BackendError {
        let (kind, name) = (BackendKind::Kubernetes, self.settings.name.clone());
        BackendError::Unexpected { kind, name, reason: reason.to_owned() }
    }
}

/// Whether the same request may succeed a moment later.
fn is_transient(error: &BackendError) -> bool {
    match error {
        BackendError::Unreachable { .. } => true,
        BackendError::Refused { status, .. } => matches!(status, 429 | 502..=504),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_becomes_no_user_and_no_member_that_kubernetes_reserves() {
        let groups = ["ops", "system:masters"].map(str::to_owned);
        let caller = Impersonation::new("system:admin", &groups);
        assert_eq!((caller.user.as_str(), caller.groups.as_slice()), ("caller:system:admin", &["ops".to_owned()][..]));
        assert_eq!(Impersonation::new("ana@example.com", &[]).user, "ana@example.com");
    }
}
