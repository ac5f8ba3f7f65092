//! The identity provider as seen from here: its metadata, its keys, and what it says of tokens.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use jsonwebtoken::DecodingKey;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{sync::Semaphore, time::timeout};

use super::{
    Introspection, Refused, Settings,
    jwt::{self, Signed},
    kept::Kept,
    known::{Checked, Known},
    metadata::{NotTaken, Told, named_by_operator, named_by_provider},
    raw::Raw,
    sign_in::encoded,
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
    told: Kept<Arc<Told>>,
    known: Known,
    turns: Semaphore,
}

impl Provider {
    /// Nothing is asked of the provider yet, so that it may be started later than this server.
    #[must_use]
    pub fn new(settings: Settings, client: Client) -> Self {
        Self { settings, client, told: Kept::default(), known: Known::default(), turns: Semaphore::new(AT_ONCE) }
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
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let (mut claims, expires) = match self.look(token, now).await? {
            Ok(looked) => looked,
            Err(refused) => {
                self.known.forget(&hash);
                return Ok(Err(refused));
            }
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

    /// The claims of a token that nothing is known of, and when it ends, in seconds since 1970.
    async fn look(&self, token: &str, now: f64) -> Result<Result<(Claims, f64), Refused>, ProviderDown> {
        let signed = jwt::has_form(token);
        let raw: Result<Raw, Refused> = match &self.settings.introspection {
            _ if signed => self.signed(token).await?,
            Some(introspection) => self.introspect(token, introspection).await?,
            None => Err(Refused::Opaque),
        };
        let checked = raw.and_then(|raw| {
            let expires = raw.expires();
            Ok((raw.check(&self.settings, now, !signed)?, expires.unwrap_or(now)))
        });
        // the provider is asked about a JWT only if it made it, so that guesses cost it nothing
        if let (Ok((claims, _)), Some(introspection)) = (&checked, &self.settings.introspection)
            && signed
            && introspection.jwts
        {
            match self.introspect(token, introspection).await? {
                Ok(told) if told.may_be_of(&claims.subject) => {}
                Ok(_) => return Ok(Err(Refused::Inactive)),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(checked)
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The claims of a JWT that a key of the provider signed.
    pub(super) async fn signed<C: DeserializeOwned>(&self, token: &str) -> Result<Result<C, Refused>, ProviderDown> {
        let signed = match Signed::read(token, &self.settings) {
            Ok(signed) => signed,
            Err(refused) => return Ok(Err(refused)),
        };
        let unknown = |found: &Found| !matches!(found, Ok(Ok(_)));
        let key = self.where_it_says(unknown, |told| self.key(told, &signed)).await?;
        Ok(key.and_then(|key| signed.open(&key)))
    }

    async fn key(&self, told: Arc<Told>, signed: &Signed<'_>) -> Found {
        let look = || async { self.ask(self.client.get(self.endpoint(&told.metadata.jwks_uri)?)).await };
        told.keys.find(signed.key_id.as_deref(), signed.algorithm, &self.settings, look).await
    }

    /// RFC 7662 section 2.
    async fn introspect(
        &self,
        token: &str,
        introspection: &Introspection,
    ) -> Result<Result<Raw, Refused>, ProviderDown> {
        let answer = if let Some(url) = &introspection.url {
            self.ask_about(token, named_by_operator(url)?, introspection).await?
        } else {
            let ask = async |told: Arc<Told>| {
                let url = told.metadata.introspection_endpoint.as_deref().ok_or(ProviderDown)?;
                self.ask_about(token, self.endpoint(url)?, introspection).await
            };
            self.where_it_says(Result::is_err, ask).await?
        };
        if answer.get("active") != Some(&Value::Bool(true)) {
            return Ok(Err(Refused::Inactive));
        }
        Ok(serde_json::from_value(answer).map_err(|_| Refused::Unreadable))
    }

    async fn ask_about(&self, token: &str, url: Url, introspection: &Introspection) -> Result<Value, ProviderDown> {
        let request = self.client.post(url).form(&[("token", token)]);
        let request = match &introspection.client {
            Some((id, secret)) => request.basic_auth(encoded(id), Some(encoded(secret))),
            None => request,
        };
        self.ask(request).await
    }

    /// The user's verified address (`OpenID` Connect Core section 5.3). Without one, bindings to it do not apply: no more.
    async fn email(&self, token: &str, subject: &str) -> Option<String> {
        let told = self.told().await.ok()?;
        let url = self.endpoint(told.metadata.userinfo_endpoint.as_deref()?).ok()?;
        let told = self.ask(self.client.get(url).bearer_auth(token)).await.ok()?;
        let same = told.get("sub").and_then(Value::as_str) == Some(subject);
        let verified = told.get("email_verified") == Some(&Value::Bool(true));
        told.get("email").and_then(Value::as_str).filter(|_| same && verified).map(str::to_owned)
    }

    /// The provider's metadata, read again when they are old.
    pub(super) async fn told(&self) -> Result<Arc<Told>, ProviderDown> {
        self.told.get(&self.settings, |_| true, |before| self.discover(before)).await
    }

    /// Asks the provider where its metadata say. Where that `failed`, it may have moved: its metadata are read again, if that was
    /// not done a moment ago, and where they say something else now, it is asked there.
    pub(super) async fn where_it_says<T, Asked>(
        &self,
        failed: impl Fn(&Result<T, ProviderDown>) -> bool,
        ask: impl Fn(Arc<Told>) -> Asked,
    ) -> Result<T, ProviderDown>
    where
        Asked: Future<Output = Result<T, ProviderDown>>,
    {
        let told = self.told().await?;
        let answer = ask(Arc::clone(&told)).await;
        if !failed(&answer) {
            return answer;
        }
        let other = |now: &Arc<Told>| !Arc::ptr_eq(now, &told);
        match self.told.get(&self.settings, other, |before| self.discover(before)).await {
            Ok(now) if now.metadata != told.metadata => ask(now).await,
            _ => answer,
        }
    }

    async fn discover(&self, before: Option<Arc<Told>>) -> Result<Arc<Told>, ProviderDown> {
        let told = self.ask(self.client.get(named_by_operator(&Told::address(&self.settings))?)).await?;
        let read = Told::read(told, &self.settings, before.as_deref());
        read.map(Arc::new).map_err(|error| {
            tracing::error!(%error, "the identity provider is not asked");
            if let NotTaken::OtherIssuer(_) = error {
                // it is not the one any more whose addresses these were
                self.told.forget();
            }
            ProviderDown
        })
    }

    /// An address that the provider's metadata name.
    pub(super) fn endpoint(&self, url: &str) -> Result<Url, ProviderDown> {
        named_by_provider(url, &self.settings)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, ProviderDown> {
        let turn = timeout(TURN, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(ProviderDown) };
        let answer = request.send().await.map_err(down)?;
        // an answer that leads elsewhere is none either
        if !answer.status().is_success() {
            tracing::error!(status = answer.status().as_u16(), "the identity provider does not answer as it should");
            return Err(ProviderDown);
        }
        json(answer).await
    }
}

/// A key, if there is such a one and that can be known.
type Found = Result<Result<DecodingKey, Refused>, ProviderDown>;

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

fn may_ask_for_email(claims: &Claims) -> bool {
    let has = |wanted: &str| claims.scopes.iter().any(|scope| scope == wanted);
    has("openid") && has("email")
}
