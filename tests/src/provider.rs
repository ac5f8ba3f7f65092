//! An identity provider for tests, on loopback: metadata, keys, introspection and userinfo, with responses set by the test.

use std::{
    collections::BTreeMap,
    sync::Arc,
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
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// An HTTP client that allows plain HTTP and trusts no certificate.
///
/// # Panics
/// If TLS cannot be set up.
#[must_use]
pub fn web_client() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions that the provider knows")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let follow = reqwest::redirect::Policy::none(); // as in the product
    reqwest::Client::builder().redirect(follow).use_preconfigured_tls(tls).build().expect("a client")
}

/// A running provider; dropping it stops the provider.
pub struct TestProvider {
    /// Its issuer.
    pub issuer: String,
    state: Arc<Mutex<ProviderState>>,
    serving: JoinHandle<()>,
}

/// Its responses and request counts.
#[derive(Default)]
struct ProviderState {
    issuer: String,
    key_set: Value,
    opaque: BTreeMap<String, Value>,
    userinfo: Option<Value>,
    requests: BTreeMap<&'static str, u64>,
    status: StatusCode,
    /// The path prefix of the endpoints.
    prefix: String,
    /// The issuer in its metadata.
    metadata_issuer: String,
}

/// Size of the PKCS#8 header before the PKCS#1 key.
const PKCS8_HEADER: usize = 26;

/// A signing key of a provider.
#[derive(Clone)]
pub struct SigningKey {
    /// Its id.
    pub id: String,
    private: EncodingKey,
    /// The public key as a JWK.
    pub public: Value,
}

impl SigningKey {
    /// A new RSA key.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    #[must_use]
    pub fn rsa(id: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("randomness");
        let der: Pkcs8V1Der<'static> = pair.as_der().expect("a key can be written");
        Self::from_rsa_key(id, EncodingKey::from_rsa_der(&der.as_ref()[PKCS8_HEADER..]))
    }

    /// A new key on the curve P-256.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    #[must_use]
    pub fn ec(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("randomness");
        let der = pair.to_pkcs8v1().expect("a key can be written");
        Self::from_key(id, EncodingKey::from_ec_der(der.as_ref()), Algorithm::ES256)
    }

    /// A new key on the curve Ed25519.
    ///
    /// # Panics
    /// If the operating system has no randomness.
    #[must_use]
    pub fn ed(id: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("randomness");
        let der = pair.to_pkcs8v1().expect("a key can be written");
        Self::from_key(id, EncodingKey::from_ed_der(der.as_ref()), Algorithm::EdDSA)
    }

    /// A shared secret (HMAC).
    #[must_use]
    pub fn shared(id: &str, secret: &[u8]) -> Self {
        Self::from_key(id, EncodingKey::from_secret(secret), Algorithm::HS256)
    }

    fn from_rsa_key(id: &str, private: EncodingKey) -> Self {
        Self::from_key(id, private, Algorithm::RS256)
    }

    fn from_key(id: &str, private: EncodingKey, algorithm: Algorithm) -> Self {
        let jwk = Jwk::from_encoding_key(&private, algorithm).expect("the public half");
        let mut public = serde_json::to_value(jwk).expect("plain");
        public["kid"] = json!(id);
        public["use"] = json!("sig");
        Self { id: id.to_owned(), private, public }
    }

    /// A token with these claims, signed with this key.
    ///
    /// # Panics
    /// If the claims cannot be serialized.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        self.sign_with(&header, claims)
    }

    /// A token with this header and these claims.
    ///
    /// # Panics
    /// If header or claims cannot be written.
    #[must_use]
    pub fn sign_with(&self, header: &Header, claims: &Value) -> String {
        encode(header, claims, &self.private).expect("a token")
    }

    /// A token of exactly these texts, signed with the algorithm.
    ///
    /// # Panics
    /// If the key does not fit the algorithm.
    #[must_use]
    pub fn sign_raw(&self, header: &str, claims: &str, algorithm: Algorithm) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.private, algorithm).expect("a signature");
        format!("{signed}.{signature}")
    }
}

impl TestProvider {
    /// Starts a provider that publishes these keys.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let initial = ProviderState {
            issuer: issuer.clone(),
            metadata_issuer: issuer.clone(),
            prefix: "at".to_owned(),
            ..ProviderState::default()
        };
        let state = Arc::new(Mutex::new(initial));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/{prefix}/keys", get(keys_of))
            .route("/{prefix}/introspect", post(introspect))
            .route("/{prefix}/userinfo", get(userinfo))
            .with_state(Arc::clone(&state));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        let provider = Self { issuer, state, serving };
        provider.publish(keys);
        provider
    }

    /// Publishes exactly these keys from now on.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.publish_raw(&keys.iter().map(|key| key.public.clone()).collect::<Vec<_>>());
    }

    /// Publishes exactly these values as keys.
    pub fn publish_raw(&self, keys: &[Value]) {
        self.publish_set(json!({"keys": keys}));
    }

    /// Sets the response of the key endpoint.
    pub fn publish_set(&self, key_set: Value) {
        self.state().key_set = key_set;
    }

    /// Sets the introspection response of a token; unknown tokens are not active.
    pub fn set_introspection(&self, token: &str, answer: Value) {
        self.state().opaque.insert(token.to_owned(), answer);
    }

    /// Sets the userinfo response.
    pub fn set_userinfo(&self, userinfo: Value) {
        self.state().userinfo = Some(userinfo);
    }

    /// Responds to all requests with status 502 from now on, or no longer.
    pub fn set_failing(&self, failing: bool) {
        self.set_status(if failing { StatusCode::BAD_GATEWAY } else { StatusCode::OK });
    }

    /// Sets the status of all responses.
    pub fn set_status(&self, status: StatusCode) {
        self.state().status = status;
    }

    /// Moves the endpoints to another path prefix.
    pub fn move_endpoints(&self, prefix: &str) {
        prefix.clone_into(&mut self.state().prefix);
    }

    /// Sets the issuer in the metadata.
    pub fn set_metadata_issuer(&self, issuer: &str) {
        issuer.clone_into(&mut self.state().metadata_issuer);
    }

    /// The number of requests for `metadata`, `keys`, `introspect` or `userinfo`.
    #[must_use]
    pub fn request_count(&self, what: &str) -> u64 {
        self.state().requests.get(what).copied().unwrap_or_default()
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

/// Claims of a valid token of `issuer` for `audience`, for ten minutes.
///
/// # Panics
/// If the clock is before 1970.
#[must_use]
pub fn good_claims(issuer: &str, audience: &str) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    json!({"iss": issuer, "sub": "ana", "aud": [audience], "iat": now, "exp": now + 600, "client_id": "assistant",
        "scp": ["openid", "offline_access"], "groups": ["ops"]})
}

type Shared = State<Arc<Mutex<ProviderState>>>;

fn lock(state: &Mutex<ProviderState>) -> MutexGuard<'_, ProviderState> {
    state.lock()
}

fn respond(
    state: &Mutex<ProviderState>,
    what: &'static str,
    body: impl FnOnce(&ProviderState) -> Option<Value>,
) -> Response {
    let mut state = lock(state);
    *state.requests.entry(what).or_default() += 1;
    match body(&state) {
        Some(value) => (state.status, Json(value)).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

/// Responds at the current prefix; other paths respond 404 and are not counted.
fn respond_at(
    state: &Mutex<ProviderState>,
    prefix: &str,
    what: &'static str,
    body: impl FnOnce(&ProviderState) -> Option<Value>,
) -> Response {
    if lock(state).prefix != prefix {
        return StatusCode::NOT_FOUND.into_response();
    }
    respond(state, what, body)
}

async fn metadata(State(state): Shared) -> Response {
    respond(&state, "metadata", |state| {
        let at = format!("{}/{}", state.issuer, state.prefix);
        Some(json!({"issuer": state.metadata_issuer, "jwks_uri": format!("{at}/keys"),
            "introspection_endpoint": format!("{at}/introspect"), "userinfo_endpoint": format!("{at}/userinfo")}))
    })
}

async fn keys_of(State(state): Shared, Path(prefix): Path<String>) -> Response {
    respond_at(&state, &prefix, "keys", |state| Some(state.key_set.clone()))
}

async fn introspect(
    State(state): Shared,
    Path(prefix): Path<String>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    respond_at(&state, &prefix, "introspect", |state| {
        let known = form.get("token").and_then(|token| state.opaque.get(token));
        Some(known.cloned().unwrap_or_else(|| json!({"active": false})))
    })
}

async fn userinfo(State(state): Shared, Path(prefix): Path<String>) -> Response {
    respond_at(&state, &prefix, "userinfo", |state| state.userinfo.clone())
}
