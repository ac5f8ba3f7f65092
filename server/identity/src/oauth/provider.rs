//! The identity provider as seen from here: its metadata, its keys, and what it says of opaque tokens.

use std::{
    net::IpAddr,
    time::{Duration, Instant, SystemTime},
};

use reqwest::{Client, RequestBuilder, Response, Url};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::{
    sync::{OnceCell, Semaphore},
    time::timeout,
};

use super::{
    Refused, Settings,
    jwt::{self, Signed},
    keys::Keys,
    known::{Checked, Known},
    raw::Raw,
};
use crate::{Claims, TokenHash};

/// The provider cannot be asked now. Nobody is let in for that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderDown;

/// Longest answer of a provider that is read, in bytes.
const LONGEST_ANSWER: usize = 512 * 1024;
/// For how long a token is remembered, however long it lives.
const LONGEST_KNOWN: Duration = Duration::from_hours(24);
/// Questions to the provider at once, so that a flood here is none there.
const AT_ONCE: usize = 32;
/// How long a question waits for its turn.
const TURN: Duration = Duration::from_secs(5);

/// An identity provider.
pub struct Provider {
    settings: Settings,
    client: Client,
    metadata: OnceCell<Metadata>,
    keys: Keys,
    known: Known,
    turns: Semaphore,
}

/// What we need of the provider's metadata (`OpenID` Connect Discovery section 3, RFC 8414 section 2).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    jwks_uri: String,
    introspection_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Metadata {
    /// Whether clients have to send their secret in the body, because the header is not among what the provider takes.
    pub(super) fn wants_post(&self) -> bool {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

impl Provider {
    /// Nothing is asked of the provider yet, so that it may be started later than this server.
    #[must_use]
    pub fn new(settings: Settings, client: Client) -> Self {
        Self {
            settings,
            client,
            metadata: OnceCell::new(),
            keys: Keys::default(),
            known: Known::default(),
            turns: Semaphore::new(AT_ONCE),
        }
    }

    /// What was configured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the provider has to be asked about a token that it never called good.
    pub(crate) fn has_to_ask(&self, token: &str) -> bool {
        !jwt::has_form(token) && self.settings.introspection.is_some() && !self.known.was_good(&TokenHash::of(token))
    }

    /// Who a token stands for.
    ///
    /// # Errors
    /// [`ProviderDown`] where the provider has to be asked and cannot; inside, why the token is not taken.
    pub async fn check(&self, token: &str) -> Result<Result<Claims, Refused>, ProviderDown> {
        let hash = TokenHash::of(token);
        if let Some(claims) = self.known.get(&hash) {
            return Ok(Ok(claims));
        }
        let (raw, introspected) = if jwt::has_form(token) {
            (self.open(token).await?, false)
        } else if self.settings.introspection.is_some() {
            (self.introspect(token).await?, true)
        } else {
            (Err(Refused::Opaque), false)
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let (mut claims, expires) = match raw {
            Ok(raw) => {
                let expires = raw.expires();
                match raw.check(&self.settings, now, introspected) {
                    Ok(claims) => (claims, expires.unwrap_or(now)),
                    Err(refused) => return Ok(Err(self.refuse(&hash, refused))),
                }
            }
            Err(refused) => return Ok(Err(self.refuse(&hash, refused))),
        };
        let mut looked_up = None;
        if claims.email.is_none() && self.settings.userinfo && may_ask_for_email(&claims) {
            (claims.email, looked_up) = match self.known.email(&hash) {
                Some((email, at)) => (Some(email), Some(at)),
                None => (self.email(token, &claims.subject).await, Some(Instant::now())),
            };
        }
        let left = Duration::try_from_secs_f64((expires - now).max(0.0)).unwrap_or(LONGEST_KNOWN).min(LONGEST_KNOWN);
        let looked = Instant::now();
        let until = looked + left.min(self.settings.recheck);
        self.known.keep(hash, &Checked { claims: &claims, until, expires: looked + left, looked_up });
        Ok(Ok(claims))
    }

    fn refuse(&self, token: &TokenHash, refused: Refused) -> Refused {
        self.known.forget(token);
        refused
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    async fn open(&self, token: &str) -> Result<Result<Raw, Refused>, ProviderDown> {
        self.signed(token).await
    }

    /// The claims of a JWT that a key of the provider signed.
    pub(super) async fn signed<C: DeserializeOwned>(&self, token: &str) -> Result<Result<C, Refused>, ProviderDown> {
        let signed = match Signed::read(token, &self.settings) {
            Ok(signed) => signed,
            Err(refused) => return Ok(Err(refused)),
        };
        let look = || async { self.ask(self.client.get(endpoint(&self.metadata().await?.jwks_uri)?)).await };
        let key = self.keys.find(signed.key_id.as_deref(), signed.algorithm, &self.settings, look).await?;
        Ok(key.and_then(|key| signed.open(&key)))
    }

    /// RFC 7662 section 2.
    async fn introspect(&self, token: &str) -> Result<Result<Raw, Refused>, ProviderDown> {
        let Some(introspection) = &self.settings.introspection else { return Ok(Err(Refused::Opaque)) };
        let url = match &introspection.url {
            Some(url) => url.clone(),
            None => self.metadata().await?.introspection_endpoint.clone().ok_or(ProviderDown)?,
        };
        let request = self.client.post(endpoint(&url)?).form(&[("token", token)]);
        let request = match &introspection.client {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        let answer = self.ask(request).await?;
        if answer.get("active") != Some(&Value::Bool(true)) {
            return Ok(Err(Refused::Inactive));
        }
        Ok(serde_json::from_value(answer).map_err(|_| Refused::Unreadable))
    }

    /// The user's verified address (`OpenID` Connect Core section 5.3). Without one, bindings to it do not apply: no more.
    async fn email(&self, token: &str, subject: &str) -> Option<String> {
        let url = self.metadata().await.ok()?.userinfo_endpoint.clone()?;
        let told = self.ask(self.client.get(endpoint(&url).ok()?).bearer_auth(token)).await.ok()?;
        let same = told.get("sub").and_then(Value::as_str) == Some(subject);
        let verified = told.get("email_verified") == Some(&Value::Bool(true));
        told.get("email").and_then(Value::as_str).filter(|_| same && verified).map(str::to_owned)
    }

    pub(super) async fn metadata(&self) -> Result<&Metadata, ProviderDown> {
        self.metadata.get_or_try_init(|| self.discover()).await
    }

    async fn discover(&self) -> Result<Metadata, ProviderDown> {
        let base = self.settings.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let told = self.ask(self.client.get(endpoint(&url)?)).await?;
        let metadata: Metadata = serde_json::from_value(told).map_err(|error| {
            tracing::error!(%error, "the metadata of the identity provider cannot be read");
            ProviderDown
        })?;
        if metadata.issuer != self.settings.issuer {
            tracing::error!(
                configured = self.settings.issuer,
                told = metadata.issuer,
                "the identity provider calls itself by another issuer; configure exactly that one"
            );
            return Err(ProviderDown);
        }
        Ok(metadata)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, ProviderDown> {
        let turn = timeout(TURN, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(ProviderDown) };
        json(request.send().await.and_then(Response::error_for_status).map_err(down)?).await
    }
}

pub(super) fn down(error: reqwest::Error) -> ProviderDown {
    tracing::error!(error = %error.without_url(), "the identity provider does not answer");
    ProviderDown
}

/// The JSON in an answer, if it is no longer than an answer of a provider may be.
pub(super) async fn json(mut answer: Response) -> Result<Value, ProviderDown> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(down)? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(ProviderDown);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| ProviderDown)
}

/// An address of the provider, if what is sent there stays between the two of us.
pub(super) fn endpoint(url: &str) -> Result<Url, ProviderDown> {
    let parsed = Url::parse(url).ok().filter(is_private);
    parsed.ok_or_else(|| {
        tracing::error!(url, "the identity provider has an address that is not https");
        ProviderDown
    })
}

/// Whether an address is `https`, or on this machine. An introspection endpoint inside a cluster is named by its operator
/// alone, so `http` is taken for names without a dot and for those of a cluster too.
fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let inside = match address {
        Some(address) => address.is_loopback(),
        None => host == "localhost" || !host.contains('.') || host.ends_with(".svc.cluster.local"),
    };
    url.scheme() == "https" || (url.scheme() == "http" && inside && !host.is_empty())
}

fn may_ask_for_email(claims: &Claims) -> bool {
    let has = |wanted: &str| claims.scopes.iter().any(|scope| scope == wanted);
    has("openid") && has("email")
}
