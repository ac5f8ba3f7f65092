//! An identity provider for tests, on loopback: metadata, keys, introspection and userinfo, each answer as the test wants it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use axum::{
    Form, Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A client that asks providers over plain HTTP and trusts no certificate.
///
/// # Panics
/// Where TLS cannot be set up at all.
#[must_use]
pub fn web_client() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions that the provider knows")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let follow = reqwest::redirect::Policy::none(); // as the product's own
    reqwest::Client::builder().redirect(follow).use_preconfigured_tls(tls).build().expect("a client")
}

/// A running provider; it ends when this is dropped.
pub struct TestProvider {
    /// Its issuer.
    pub issuer: String,
    state: Arc<Mutex<ProviderState>>,
    serving: JoinHandle<()>,
}

/// What it answers.
#[derive(Default)]
struct ProviderState {
    issuer: String,
    key_set: Value,
    opaque: BTreeMap<String, Value>,
    userinfo: Option<Value>,
    asked: BTreeMap<&'static str, u64>,
    status: StatusCode,
    /// Below which path the endpoints are; elsewhere there is nothing.
    place: String,
    /// The issuer in its metadata.
    called: String,
}

/// Bytes of PKCS#8 that stand before the RSA key itself (PKCS#1): version, algorithm, and the heads around them.
const PKCS8_BEFORE_RSA: usize = 26;

/// A key of a provider, to sign with.
#[derive(Clone)]
pub struct SigningKey {
    /// Its id.
    pub id: String,
    private: EncodingKey,
    /// What the provider publishes of it.
    pub public: Value,
}

impl SigningKey {
    /// A new RSA key.
    ///
    /// # Panics
    /// Where the operating system has no randomness.
    #[must_use]
    pub fn rsa(id: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("randomness");
        let der: Pkcs8V1Der<'static> = pair.as_der().expect("a key can be written");
        Self::of(id, EncodingKey::from_rsa_der(&der.as_ref()[PKCS8_BEFORE_RSA..]))
    }

    /// A new key on the curve P-256.
    ///
    /// # Panics
    /// Where the operating system has no randomness.
    #[must_use]
    pub fn ec(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("randomness");
        let der = pair.to_pkcs8v1().expect("a key can be written");
        Self::with(id, EncodingKey::from_ec_der(der.as_ref()), Algorithm::ES256)
    }

    /// A new key on the curve Ed25519.
    ///
    /// # Panics
    /// Where the operating system has no randomness.
    #[must_use]
    pub fn ed(id: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("randomness");
        let der = pair.to_pkcs8v1().expect("a key can be written");
        Self::with(id, EncodingKey::from_ed_der(der.as_ref()), Algorithm::EdDSA)
    }

    /// A secret that both sides would have to know.
    #[must_use]
    pub fn shared(id: &str, secret: &[u8]) -> Self {
        Self::with(id, EncodingKey::from_secret(secret), Algorithm::HS256)
    }

    fn of(id: &str, private: EncodingKey) -> Self {
        Self::with(id, private, Algorithm::RS256)
    }

    fn with(id: &str, private: EncodingKey, algorithm: Algorithm) -> Self {
        let jwk = Jwk::from_encoding_key(&private, algorithm).expect("the public half");
        let mut public = serde_json::to_value(jwk).expect("plain");
        public["kid"] = json!(id);
        public["use"] = json!("sig");
        Self { id: id.to_owned(), private, public }
    }

    /// A token with these claims, signed with this key.
    ///
    /// # Panics
    /// Where the claims cannot be written.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        self.sign_with(&header, claims)
    }

    /// The same with a header of one's own.
    ///
    /// # Panics
    /// Where header or claims cannot be written.
    #[must_use]
    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).expect("a token")
    }

    /// A token of exactly these texts, signed as its algorithm says.
    ///
    /// # Panics
    /// Where the key is of another kind.
    #[must_use]
    pub fn sign_raw(&self, header: &str, claims: &str, algorithm: Algorithm) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, algorithm).expect("a signature");
        format!("{signed}.{signature}")
    }
}

impl TestProvider {
    /// Starts one that publishes these keys.
    ///
    /// # Panics
    /// Where there is no free port.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let begun = ProviderState {
            issuer: issuer.clone(),
            called: issuer.clone(),
            place: "at".to_owned(),
            ..ProviderState::default()
        };
        let state = Arc::new(Mutex::new(begun));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/{place}/keys", get(keys_of))
            .route("/{place}/introspect", post(introspect))
            .route("/{place}/userinfo", get(userinfo))
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        let provider = Self { issuer, state, serving };
        provider.publish(keys);
        provider
    }

    /// Publishes these keys from now on, and no others.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.publish_raw(&keys.iter().map(|key| key.public.clone()).collect::<Vec<_>>());
    }

    /// Publishes exactly this.
    pub fn publish_raw(&self, keys: &[Value]) {
        self.publish_set(json!({"keys": keys}));
    }

    /// Answers so when asked for keys.
    pub fn publish_set(&self, key_set: Value) {
        self.state().key_set = key_set;
    }

    /// Answers so when asked about a token; unknown ones are not active.
    pub fn set_introspection(&self, token: &str, answer: Value) {
        self.state().opaque.insert(token.to_owned(), answer);
    }

    /// Says so of every user.
    pub fn set_userinfo(&self, userinfo: Value) {
        self.state().userinfo = Some(userinfo);
    }

    /// Fails on everything that is asked from now on, or no longer.
    pub fn set_failing(&self, broken: bool) {
        self.set_status(if broken { StatusCode::BAD_GATEWAY } else { StatusCode::OK });
    }

    /// Gives all its answers this status from now on.
    pub fn set_status(&self, status: StatusCode) {
        self.state().status = status;
    }

    /// Has its endpoints below another path from now on, and none where they were.
    pub fn move_endpoints(&self, place: &str) {
        place.clone_into(&mut self.state().place);
    }

    /// Calls itself so in its metadata from now on.
    pub fn set_metadata_issuer(&self, issuer: &str) {
        issuer.clone_into(&mut self.state().called);
    }

    /// How often `metadata`, `keys`, `introspect` or `userinfo` was asked for.
    #[must_use]
    pub fn request_count(&self, what: &str) -> u64 {
        self.state().asked.get(what).copied().unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, ProviderState> {
        lock(&self.state)
    }
}

impl Drop for TestProvider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Claims of a good token of `issuer` for `audience`, for ten minutes.
///
/// # Panics
/// Where the clock stands before 1970.
#[must_use]
pub fn good_claims(issuer: &str, audience: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    json!({"iss": issuer, "sub": "ana", "aud": [audience], "iat": now, "exp": now + 600, "client_id": "assistant",
        "scp": ["openid", "offline_access"], "groups": ["ops"]})
}

type Shared = State<Arc<Mutex<ProviderState>>>;

fn lock(state: &Mutex<ProviderState>) -> MutexGuard<'_, ProviderState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(
    state: &Mutex<ProviderState>,
    what: &'static str,
    of: impl FnOnce(&ProviderState) -> Option<Value>,
) -> Response {
    let mut state = lock(state);
    *state.asked.entry(what).or_default() += 1;
    match of(&state) {
        Some(value) => (state.status, Json(value)).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// The same where it is now; anywhere else there is nothing, and nothing is counted.
fn answer_at(
    state: &Mutex<ProviderState>,
    place: &str,
    what: &'static str,
    of: impl FnOnce(&ProviderState) -> Option<Value>,
) -> Response {
    if lock(state).place != place {
        return StatusCode::NOT_FOUND.into_response();
    }
    answer(state, what, of)
}

async fn metadata(State(state): Shared) -> Response {
    answer(&state, "metadata", |state| {
        let at = format!("{}/{}", state.issuer, state.place);
        Some(json!({"issuer": state.called, "jwks_uri": format!("{at}/keys"),
            "introspection_endpoint": format!("{at}/introspect"), "userinfo_endpoint": format!("{at}/userinfo")}))
    })
}

async fn keys_of(State(state): Shared, Path(place): Path<String>) -> Response {
    answer_at(&state, &place, "keys", |state| Some(state.key_set.clone()))
}

async fn introspect(
    State(state): Shared,
    Path(place): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    answer_at(&state, &place, "introspect", |state| {
        let known = form.get("token").and_then(|token| state.opaque.get(token));
        Some(known.cloned().unwrap_or_else(|| json!({"active": false})))
    })
}

async fn userinfo(State(state): Shared, Path(place): Path<String>) -> Response {
    answer_at(&state, &place, "userinfo", |state| state.userinfo.clone())
}
