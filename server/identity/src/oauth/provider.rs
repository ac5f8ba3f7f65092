//! The identity provider: validates tokens with its metadata, its keys and its introspection endpoint.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use jsonwebtoken::DecodingKey;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Introspection, ProviderUnavailable, Settings, TokenError, TokenRejection,
    claims::RawClaims,
    jwt::{self, UnverifiedJwt},
    keys::KeyQuery,
    metadata::{MetadataError, ProviderMetadata, parse_configured_url, parse_discovered_url},
    refresh_cache::RefreshingCache,
    token_cache::{TokenCache, ValidatedToken},
    transport::{form_encode, read_json, send},
};
use crate::{Claims, TokenHash};

/// A token is remembered for at most this time, however long it lives.
const MAX_TOKEN_LIFETIME: Duration = Duration::from_hours(24);
/// Concurrent requests to the provider, so that a flood of tokens is not passed on to it.
const MAX_CONCURRENT: usize = 32;
/// How long a request waits for one of these places.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// An identity provider.
pub struct Provider {
    settings: Settings,
    client: Client,
    metadata: RefreshingCache<Arc<ProviderMetadata>>,
    tokens: TokenCache,
    slots: Semaphore,
}

impl Provider {
    /// Sends no request yet, so the provider may start later than this server.
    #[must_use]
    pub fn new(settings: Settings, client: Client) -> Self {
        let metadata = RefreshingCache::new(settings.refresh);
        Self { settings, client, metadata, tokens: TokenCache::default(), slots: Semaphore::new(MAX_CONCURRENT) }
    }

    /// The settings of this provider.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Checks that the provider returns its metadata, without the cache.
    ///
    /// # Errors
    /// One sentence that describes the problem.
    pub async fn check(&self) -> Result<(), String> {
        let url = parse_configured_url(&ProviderMetadata::url(&self.settings))
            .map_err(|_| "the address of the identity provider is invalid".to_owned())?;
        let response = self.client.get(url).send().await.map_err(|error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            format!("the identity provider cannot be reached: {cause}")
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        Err(format!("the identity provider answers HTTP {} to a request for its metadata", status.as_u16()))
    }

    /// Whether JWTs can be validated while the provider is away: with metadata and keys that are cached, and without introspection.
    #[must_use]
    pub fn has_cached_keys(&self) -> bool {
        let introspects_jwts =
            self.settings.introspection.as_ref().is_some_and(|introspection| introspection.include_jwts);
        !introspects_jwts && self.metadata.usable().is_some_and(|metadata| metadata.keys.are_cached())
    }

    /// Whether a token that was never valid before needs an introspection request.
    pub(crate) fn needs_introspection(&self, token: &str) -> bool {
        !jwt::looks_like_jwt(token)
            && self.settings.introspection.is_some()
            && !self.tokens.was_valid(&TokenHash::digest(token))
    }

    /// Validates an access token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn validate(&self, token: &str) -> Result<Claims, TokenError> {
        let hash = TokenHash::digest(token);
        if let Some(claims) = self.tokens.get(&hash) {
            return Ok(claims);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let result = self.validate_uncached(token, now).await;
        if let Err(TokenError::Rejected(_)) = result {
            self.tokens.remove(&hash);
        }
        let (mut claims, expires) = result?;
        let mut email_fetched = None;
        if claims.email.is_none() && self.settings.userinfo && has_email_scopes(&claims) {
            (claims.email, email_fetched) = match self.tokens.email(&hash) {
                Some((email, fetched)) => (Some(email), Some(fetched)),
                None => (self.fetch_email(token, &claims.subject).await, Some(Instant::now())),
            };
        }
        let lifetime = Duration::try_from_secs_f64((expires - now).max(0.0)).unwrap_or(MAX_TOKEN_LIFETIME);
        let lifetime = lifetime.min(MAX_TOKEN_LIFETIME);
        let checked = Instant::now();
        let valid_until = checked + lifetime.min(self.settings.token_cache);
        let validated =
            ValidatedToken { claims: claims.clone(), valid_until, expires: checked + lifetime, email_fetched };
        self.tokens.insert(hash, validated);
        Ok(claims)
    }

    /// The claims of a token that is not cached, and its `exp` in seconds since 1970.
    async fn validate_uncached(&self, token: &str, now: f64) -> Result<(Claims, f64), TokenError> {
        let is_jwt = jwt::looks_like_jwt(token);
        let raw: RawClaims = match &self.settings.introspection {
            _ if is_jwt => self.verify_jwt(token).await?,
            Some(introspection) => self.introspect(token, introspection).await?,
            None => return Err(TokenRejection::IntrospectionDisabled.into()),
        };
        let expires = raw.expires();
        let claims = raw.check(&self.settings, now, !is_jwt)?;
        // only JWTs that passed all other checks are introspected, so that guesses cost the provider nothing
        if let Some(introspection) = self.settings.introspection.as_ref().filter(|it| is_jwt && it.include_jwts) {
            let response = self.introspect(token, introspection).await?;
            if !response.matches_subject(&claims.subject) {
                return Err(TokenRejection::Inactive.into());
            }
        }
        Ok((claims, expires.unwrap_or(now)))
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The claims of a JWT that is signed with a key of the provider.
    pub(super) async fn verify_jwt<C: DeserializeOwned>(&self, token: &str) -> Result<C, TokenError> {
        let jwt = UnverifiedJwt::read(token, &self.settings)?;
        let key = self.with_metadata_retry(|metadata| self.find_key(metadata, &jwt)).await?;
        Ok(jwt.verify(&key)?)
    }

    async fn find_key(
        &self,
        metadata: Arc<ProviderMetadata>,
        jwt: &UnverifiedJwt<'_>,
    ) -> Result<DecodingKey, TokenError> {
        let fetch = || async { self.fetch_json(self.client.get(self.endpoint(&metadata.document.jwks_uri)?)).await };
        metadata.keys.find(KeyQuery { id: jwt.key_id.as_deref(), algorithm: jwt.algorithm }, fetch).await
    }

    /// RFC 7662 section 2.
    async fn introspect(&self, token: &str, introspection: &Introspection) -> Result<RawClaims, TokenError> {
        let response = match &introspection.url {
            Some(url) => self.post_introspection(token, parse_configured_url(url)?, introspection).await?,
            None => self.with_metadata_retry(|metadata| self.introspect_at(metadata, token, introspection)).await?,
        };
        if response.get("active") != Some(&Value::Bool(true)) {
            return Err(TokenRejection::Inactive.into());
        }
        serde_json::from_value(response).map_err(|_| TokenRejection::Unreadable.into())
    }

    async fn introspect_at(
        &self,
        metadata: Arc<ProviderMetadata>,
        token: &str,
        introspection: &Introspection,
    ) -> Result<Value, ProviderUnavailable> {
        let url = metadata.document.introspection_endpoint.as_deref().ok_or(ProviderUnavailable)?;
        self.post_introspection(token, self.endpoint(url)?, introspection).await
    }

    async fn post_introspection(
        &self,
        token: &str,
        url: Url,
        introspection: &Introspection,
    ) -> Result<Value, ProviderUnavailable> {
        let request = self.client.post(url).form(&[("token", token)]);
        let request = match &introspection.client {
            Some((id, secret)) => request.basic_auth(form_encode(id), Some(form_encode(secret))),
            None => request,
        };
        self.fetch_json(request).await
    }

    /// The user's verified e-mail address (`OpenID` Connect Core section 5.3). On failure only the role bindings to `user:` are
    /// missing, so the token stays valid.
    async fn fetch_email(&self, token: &str, subject: &str) -> Option<String> {
        let metadata = self.metadata().await.ok()?;
        let url = self.endpoint(metadata.document.userinfo_endpoint.as_deref()?).ok()?;
        let user = self.fetch_json(self.client.get(url).bearer_auth(token)).await.ok()?;
        let same_subject = user.get("sub").and_then(Value::as_str) == Some(subject);
        let verified = user.get("email_verified") == Some(&Value::Bool(true));
        user.get("email").and_then(Value::as_str).filter(|_| same_subject && verified).map(str::to_owned)
    }

    /// The provider's metadata.
    pub(super) async fn metadata(&self) -> Result<Arc<ProviderMetadata>, ProviderUnavailable> {
        self.metadata.get_or_refresh(|previous| self.discover(previous)).await
    }

    /// Runs an operation that uses endpoints of the metadata. If it fails, the provider may have moved its endpoints: the metadata is
    /// refreshed, and if it has changed, the operation runs once more.
    async fn with_metadata_retry<T, E: From<ProviderUnavailable>, Attempt>(
        &self,
        operation: impl Fn(Arc<ProviderMetadata>) -> Attempt,
    ) -> Result<T, E>
    where
        Attempt: Future<Output = Result<T, E>>,
    {
        let metadata = self.metadata().await?;
        let result = operation(Arc::clone(&metadata)).await;
        if result.is_ok() {
            return result;
        }
        match self.newer_metadata(&metadata).await {
            Some(newer) if newer.document != metadata.document => operation(newer).await,
            _ => result,
        }
    }

    /// Metadata that was fetched after `old`, from the cache or by a refresh.
    async fn newer_metadata(&self, old: &Arc<ProviderMetadata>) -> Option<Arc<ProviderMetadata>> {
        let cached = || self.metadata.fresh().filter(|cached| !Arc::ptr_eq(cached, old));
        if let Some(newer) = cached() {
            return Some(newer);
        }
        let refresher = self.metadata.refresher().await;
        if let Some(newer) = cached() {
            return Some(newer); // another task has refreshed it meanwhile
        }
        refresher.run(|previous| self.discover(previous)).await.into_value()
    }

    async fn discover(
        &self,
        previous: Option<Arc<ProviderMetadata>>,
    ) -> Result<Arc<ProviderMetadata>, ProviderUnavailable> {
        let url = parse_configured_url(&ProviderMetadata::url(&self.settings))?;
        let document = self.fetch_json(self.client.get(url)).await?;
        let parsed = ProviderMetadata::parse(document, &self.settings, previous.as_deref());
        parsed.map(Arc::new).map_err(|error| {
            tracing::error!(%error, "the metadata of the identity provider is rejected");
            if let MetadataError::OtherIssuer(_) = error {
                // the cached endpoints belong to a provider that is no longer there
                self.metadata.clear();
            }
            ProviderUnavailable
        })
    }

    /// Parses an endpoint of the provider's metadata.
    pub(super) fn endpoint(&self, url: &str) -> Result<Url, ProviderUnavailable> {
        parse_discovered_url(url, &self.settings)
    }

    async fn fetch_json(&self, request: RequestBuilder) -> Result<Value, ProviderUnavailable> {
        let slot = timeout(QUEUE_TIMEOUT, self.slots.acquire()).await;
        let Ok(Ok(_slot)) = slot else { return Err(ProviderUnavailable) };
        let response = send(request).await?;
        // redirects are not followed, so they are failures too
        if !response.status().is_success() {
            tracing::error!(status = response.status().as_u16(), "the identity provider returned an error status");
            return Err(ProviderUnavailable);
        }
        read_json(response).await
    }
}

fn has_email_scopes(claims: &Claims) -> bool {
    let has = |wanted: &str| claims.scopes.iter().any(|scope| scope == wanted);
    has("openid") && has("email")
}
