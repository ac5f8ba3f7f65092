//! [`HttpEndpoint`]: the HTTP client of a backend.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use form_urlencoded::Serializer;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    BackendError, BackendKind, Condition, ConditionRecord,
    response::{BodyError, error_message, read_body},
};

/// Largest answer that is read, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;
/// Requests to one backend at the same time; others wait. It bounds the connections.
const MAX_CONCURRENT_REQUESTS: usize = 16;
/// Attempts of a request that may be repeated.
const MAX_ATTEMPTS: u32 = 3;
/// Wait before the second attempt; it doubles, and up to the same is added at random.
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(100);

/// How the program logs in to an HTTP backend.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum HttpLogin {
    /// With nothing but what the connection shows, such as a client certificate.
    #[default]
    None,
    /// With a bearer token (RFC 6750).
    Bearer(String),
    /// With a user and a password (RFC 7617).
    Basic {
        /// Name of the user.
        user: String,
        /// The password.
        password: String,
    },
}

impl fmt::Debug for HttpLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Bearer(_) => "Bearer",
            Self::Basic { .. } => "Basic",
        })
    }
}

impl HttpLogin {
    /// The value of the header `Authorization`.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer(token) => Some(format!("Bearer {token}")),
            Self::Basic { user, password } => {
                Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
            }
        }
    }
}

/// Where a backend is, and how to talk to it.
#[derive(Debug, Clone)]
pub struct EndpointSettings {
    /// What it is.
    pub kind: BackendKind,
    /// Its name among those of its kind.
    pub name: String,
    /// URL that the paths of requests are appended to, without a final slash.
    pub url: String,
    /// How long a request may take, with all its attempts.
    pub timeout: Duration,
    /// How to log in.
    pub login: HttpLogin,
    /// Headers of every request, such as `X-Scope-OrgID`.
    pub headers: Vec<(String, String)>,
}

/// The HTTP client of a backend: requests have a time limit, and answers a limit of bytes; what may be repeated is repeated; at most
/// 16 requests run at the same time. Clones share connections and condition.
#[derive(Clone)]
pub struct HttpEndpoint(Arc<Shared>);

/// Builds the client, with authorities, client certificate and proxy, for the first request: it reads the certificates of the system.
type BuildClient = dyn Fn() -> Result<Client, String> + Send + Sync;

struct Shared {
    settings: EndpointSettings,
    build: Box<BuildClient>,
    client: OnceLock<Client>,
    slots: Semaphore,
    condition: ConditionRecord,
}

impl fmt::Debug for HttpEndpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.settings.fmt(formatter)
    }
}

impl HttpEndpoint {
    /// A client that `build` makes for its first request.
    pub fn new(settings: EndpointSettings, build: impl Fn() -> Result<Client, String> + Send + Sync + 'static) -> Self {
        let condition = ConditionRecord::new(settings.kind, &settings.name);
        let slots = Semaphore::new(MAX_CONCURRENT_REQUESTS);
        Self(Arc::new(Shared { settings, build: Box::new(build), client: OnceLock::new(), slots, condition }))
    }

    /// Where the backend is.
    #[must_use]
    pub fn settings(&self) -> &EndpointSettings {
        &self.0.settings
    }

    /// What the last request showed.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.0.condition.current()
    }

    /// The version that the backend has reported.
    pub fn set_version(&self, version: &str) {
        self.0.condition.set_version(version);
    }

    /// Requests `path?params` and reads the answer as JSON. It is repeated if the backend cannot be reached.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        path: &str,
        params: &[(&str, String)],
    ) -> Result<T, BackendError> {
        let query = if params.is_empty() { String::new() } else { format!("?{}", encode(params)) };
        let body = self.send_repeatedly(&|client| client.get(format!("{}{path}{query}", self.0.settings.url))).await?;
        self.parse(&body)
    }

    /// The same with the parameters as a form in the body, for queries that are too long for a URL.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn post_form<T: DeserializeOwned>(
        &self,
        path: &str,
        params: &[(&str, String)],
    ) -> Result<T, BackendError> {
        let form = encode(params);
        let request = |client: &Client| {
            let request = client.post(format!("{}{path}", self.0.settings.url));
            request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.clone())
        };
        let body = self.send_repeatedly(&request).await?;
        self.parse(&body)
    }

    /// Requests `path` and returns the answer as text. It is repeated if the backend cannot be reached.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn get_text(&self, path: &str) -> Result<String, BackendError> {
        let body = self.send_repeatedly(&|client| client.get(format!("{}{path}", self.0.settings.url))).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// Sends a request that changes something, once.
    ///
    /// # Errors
    /// [`BackendError`]. After [`BackendError::TimedOut`] the change may have been made.
    pub async fn send_once(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, BackendError> {
        let request = |client: &Client| {
            let request = client.request(method.clone(), format!("{}{path}", self.0.settings.url));
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let result = self.within_limit(self.attempt(&request)).await;
        self.0.condition.record(&result);
        let body = result?;
        if body.is_empty() { Ok(Value::Null) } else { self.parse(&body) }
    }

    /// Requests `path?params` and returns the response as soon as its head is there, for a stream without an end. Reading it has no
    /// time limit; the caller ends it by dropping it.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn stream(&self, path: &str, params: &[(&str, String)]) -> Result<Response, BackendError> {
        let query = if params.is_empty() { String::new() } else { format!("?{}", encode(params)) };
        let opening = async {
            let request = self.client()?.get(format!("{}{path}{query}", self.0.settings.url));
            let response = self.authorized(request).send().await.map_err(|error| self.unreachable(&error))?;
            self.checked(response).await
        };
        let result = self.within_limit(opening).await;
        self.0.condition.record(&result);
        result
    }

    /// Requests `path?params` with these headers of an upgrade to another protocol, and returns the response with status 101. What follows
    /// has no time limit; the caller ends it by dropping it.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn upgrade(
        &self,
        path: &str,
        params: &[(&str, String)],
        headers: &[(&str, &str)],
    ) -> Result<Response, BackendError> {
        let opening = async {
            let request = self.client()?.get(format!("{}{path}?{}", self.0.settings.url, encode(params)));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let response = self.authorized(request).send().await.map_err(|error| self.unreachable(&error))?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                Ok(response)
            } else {
                self.refused(response).await
            }
        };
        let result = self.within_limit(opening).await;
        self.0.condition.record(&result);
        result
    }

    /// The error of an answer in an unknown form.
    #[must_use]
    pub fn unexpected(&self, reason: &(impl ToString + ?Sized)) -> BackendError {
        let EndpointSettings { kind, name, .. } = &self.0.settings;
        BackendError::Unexpected { kind: *kind, name: name.clone(), reason: reason.to_string() }
    }

    fn client(&self) -> Result<&Client, BackendError> {
        if let Some(client) = self.0.client.get() {
            return Ok(client);
        }
        let built = (self.0.build)().map_err(|reason| {
            let EndpointSettings { kind, name, .. } = &self.0.settings;
            BackendError::Configuration { kind: *kind, name: name.clone(), reason }
        })?;
        Ok(self.0.client.get_or_init(|| built))
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        let settings = &self.0.settings;
        let own = settings.headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        let login = settings.login.header().map(|value| (header::AUTHORIZATION.to_string(), value));
        own.chain(login).fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends a request that may be repeated, and returns the body of its answer.
    async fn send_repeatedly(
        &self,
        request: &(dyn Fn(&Client) -> RequestBuilder + Sync),
    ) -> Result<Vec<u8>, BackendError> {
        let attempts = async {
            let mut delay = FIRST_RETRY_DELAY;
            for _ in 1..MAX_ATTEMPTS {
                match self.attempt(request).await {
                    Err(error) if error.is_transient() => {
                        tokio::time::sleep(delay + delay.mul_f64(random_fraction())).await;
                        delay *= 2;
                    }
                    result => return result,
                }
            }
            self.attempt(request).await
        };
        let result = self.within_limit(attempts).await;
        self.0.condition.record(&result);
        result
    }

    async fn attempt(&self, request: &(dyn Fn(&Client) -> RequestBuilder + Sync)) -> Result<Vec<u8>, BackendError> {
        // the semaphore is never closed
        let _slot = self.0.slots.acquire().await.ok();
        let request = self.authorized(request(self.client()?));
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        let response = self.checked(response).await?;
        read_body(response, MAX_RESPONSE_BYTES).await.map_err(|error| self.unreadable(error))
    }

    /// The response, if its status is one of success.
    async fn checked(&self, response: Response) -> Result<Response, BackendError> {
        if response.status().is_success() { Ok(response) } else { self.refused(response).await }
    }

    /// The error that a response is.
    async fn refused(&self, response: Response) -> Result<Response, BackendError> {
        let status = response.status();
        let EndpointSettings { kind, name, .. } = &self.0.settings;
        let body = read_body(response, MAX_RESPONSE_BYTES).await.map_err(|error| self.unreadable(error))?;
        let (kind, name, message) = (*kind, name.clone(), error_message(&body));
        Err(BackendError::Refused { kind, name, status: status.as_u16(), message })
    }

    async fn within_limit<T>(&self, work: impl Future<Output = Result<T, BackendError>>) -> Result<T, BackendError> {
        let EndpointSettings { kind, name, timeout, .. } = &self.0.settings;
        let expired = || BackendError::TimedOut { kind: *kind, name: name.clone(), limit: *timeout };
        tokio::time::timeout(*timeout, work).await.unwrap_or_else(|_| Err(expired()))
    }

    fn parse<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, BackendError> {
        serde_json::from_slice(body).map_err(|cause| {
            let error = self.unexpected(&cause);
            self.0.condition.record::<()>(&Err(error.clone()));
            error
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> BackendError {
        let EndpointSettings { kind, name, timeout, .. } = &self.0.settings;
        if error.is_timeout() {
            return BackendError::TimedOut { kind: *kind, name: name.clone(), limit: *timeout };
        }
        BackendError::Unreachable { kind: *kind, name: name.clone(), reason: innermost(error) }
    }

    fn unreadable(&self, error: BodyError) -> BackendError {
        let EndpointSettings { kind, name, .. } = &self.0.settings;
        match error {
            BodyError::TooLarge => {
                BackendError::TooLarge { kind: *kind, name: name.clone(), limit: MAX_RESPONSE_BYTES }
            }
            BodyError::Broken(error) => self.unreachable(&error),
        }
    }
}

fn encode(params: &[(&str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

/// The innermost cause: the outer ones only repeat the URL, which may have a credential.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// A number from 0 to 1 that differs between attempts.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
