//! Login tokens for tests: keys, their publication, and signatures.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use http_server::{LoginTokenKeySet, Settings};
use identity::{LoginTokenClaims, LoginTokenKeys};
use juju_client::{
    ControllerEndpoint, Controllers, IfTokenRefused, LOGIN_TOKEN_LIFETIME, LoginGrant, LoginTokens, Secret,
    SignLoginToken,
};
use serde_json::Value;

use crate::{TestServer, long_timeouts};

/// Domain of the users that the tokens name.
pub const USER_DOMAIN: &str = "iam.example";

/// Keys of login tokens.
#[derive(Clone)]
pub struct TestLoginTokens(Arc<LoginTokenKeys>);

/// Signs tokens, if wanted with less access to models than requested.
struct TestSigner {
    keys: Arc<LoginTokenKeys>,
    model_access: Option<&'static str>,
}

impl SignLoginToken for TestSigner {
    fn sign(&self, grant: &LoginGrant) -> Result<Secret, String> {
        let mut access = grant.access.clone();
        if let Some(less) = self.model_access {
            access.iter_mut().filter(|(tag, _)| tag.starts_with("model-")).for_each(|(_, access)| *access = less);
        }
        let (user, controller_uuid) = (grant.user.clone(), grant.controller_uuid.clone());
        let claims = LoginTokenClaims { user, controller_uuid, access, lifetime: LOGIN_TOKEN_LIFETIME };
        self.keys.sign(&claims, now()).map(Secret::new).map_err(|error| error.to_string())
    }

    fn user_domain(&self) -> &str {
        USER_DOMAIN
    }
}

impl TestLoginTokens {
    /// New keys.
    ///
    /// # Panics
    /// Without a source of randomness.
    #[must_use]
    pub fn generate() -> Self {
        Self(Arc::new(LoginTokenKeys::generate(now()).expect("a key")))
    }

    /// The public keys.
    #[must_use]
    pub fn key_set(&self) -> Value {
        self.0.jwks()
    }

    /// The controller of an endpoint, which callers log in to as themselves.
    #[must_use]
    pub fn controllers(&self, endpoint: ControllerEndpoint, if_refused: IfTokenRefused) -> Controllers {
        self.controllers_with_access(endpoint, if_refused, None)
    }

    /// The same with tokens that have this access to models, whatever the act needs.
    #[must_use]
    pub fn controllers_with_access(
        &self,
        endpoint: ControllerEndpoint,
        if_refused: IfTokenRefused,
        model_access: Option<&'static str>,
    ) -> Controllers {
        let signer = Arc::new(TestSigner { keys: Arc::clone(&self.0), model_access });
        let names = BTreeMap::from([(endpoint.name.clone(), if_refused)]);
        let login_tokens = Some(LoginTokens::new(signer, names));
        Controllers::new(vec![endpoint], None, juju_client::Settings { login_tokens, ..long_timeouts() })
    }

    /// A server that publishes the public keys and has no controllers.
    pub async fn publish(&self, folder: &Path) -> TestServer {
        let keys = self.clone();
        let login_token_keys = Some(LoginTokenKeySet::new(move || Some(keys.key_set())));
        TestServer::start(folder, Vec::new(), Settings { login_token_keys, ..Settings::default() }).await
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}
