//! Public keys of login tokens, which controllers of Juju fetch (`login-token-refresh-url`).

use std::{fmt, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::Value;

use crate::HttpError;

/// Path of the key set. Juju requires that its configured URL ends with it.
pub const LOGIN_TOKEN_KEYS_PATH: &str = "/.well-known/jwks.json";

/// The current keys as a JSON Web Key Set (RFC 7517); `None` while they cannot be read.
#[derive(Clone)]
pub struct LoginTokenKeySet(Arc<ReadKeys>);

type ReadKeys = dyn Fn() -> Option<Value> + Send + Sync;

impl LoginTokenKeySet {
    /// The key set that `read` returns for each request.
    pub fn new(read: impl Fn() -> Option<Value> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl fmt::Debug for LoginTokenKeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LoginTokenKeySet")
    }
}

/// Serves the key set. It is public, so it needs no token.
pub(crate) fn routes(keys: LoginTokenKeySet) -> Router {
    Router::new().route(LOGIN_TOKEN_KEYS_PATH, get(serve_keys)).with_state(keys)
}

async fn serve_keys(State(keys): State<LoginTokenKeySet>) -> Response {
    let Some(document) = (keys.0)() else { return HttpError::Internal.into_response() };
    // controllers refresh their copy after this time, but never earlier than after 15 minutes
    let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("max-age=900"))];
    (cache, Json(document)).into_response()
}
