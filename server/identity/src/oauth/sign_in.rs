//! Browser sign-in of people: authorization code flow with PKCE, with this server as the client (OAuth 2.1 section 4.1, `OpenID`
//! Connect Core section 3.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Provider, SignInError, TokenRejection,
    id_token::IdToken,
    issued_tokens::{IssuedTokens, TokenResponse},
    transport::{form_encode, read_json, send},
};

/// The registration of this server as a client of the provider.
#[derive(Clone)]
pub struct Registration {
    /// The client's id.
    pub client_id: String,
    /// The client secret. `None`: a public client, which only PKCE protects.
    pub secret: Option<String>,
    /// The registered URL to which the provider redirects the browser.
    pub redirect_uri: String,
    /// Requested scopes; must contain `openid`.
    pub scopes: Vec<String>,
    /// The URL of this server, the audience of the requested token (RFC 8707).
    pub resource: String,
}

/// The secrets of a sign-in between redirect and response. The browser that starts stores them, so that no other can finish.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingSignIn {
    state: String,
    nonce: String,
    verifier: String,
}

/// The query that the provider sends with the browser (RFC 6749 section 4.1.2, RFC 9207 section 2).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct AuthorizationResponse {
    /// The authorization code, on success.
    pub code: Option<String>,
    /// The `state` of the request.
    pub state: Option<String>,
    /// The issuer that responds.
    pub iss: Option<String>,
    /// The error code, on failure.
    pub error: Option<String>,
}

/// A validated access token that was just issued. It has no `Debug`, so that it is never printed.
pub struct AccessToken(String);

impl AccessToken {
    /// The token in clear text.
    #[must_use]
    pub fn into_token(self) -> String {
        self.0
    }
}

impl PendingSignIn {
    /// # Errors
    /// [`SignInError::NoRandomness`].
    fn new() -> Result<Self, SignInError> {
        Ok(Self { state: random()?, nonce: random()?, verifier: random()? })
    }
}

impl Provider {
    /// Starts a sign-in. Returns the URL to redirect the browser to, and what the browser must return for
    /// [`finish_sign_in`](Self::finish_sign_in).
    ///
    /// # Errors
    /// [`SignInError::ProviderUnavailable`], [`SignInError::EndpointMissing`], [`SignInError::NoRandomness`].
    pub async fn begin_sign_in(&self, registration: &Registration) -> Result<(String, PendingSignIn), SignInError> {
        let metadata = self.metadata().await?;
        let page = metadata.document.authorization_endpoint.as_deref().ok_or(SignInError::EndpointMissing)?;
        let pending = PendingSignIn::new()?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(pending.verifier.as_bytes()));
        let mut url = self.endpoint(page)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &registration.client_id),
            ("redirect_uri", &registration.redirect_uri),
            ("scope", &registration.scopes.join(" ")),
            ("state", &pending.state),
            ("nonce", &pending.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            // RFC 8707, and the older parameter that Ory Hydra and others support
            ("resource", &registration.resource),
            ("audience", &registration.resource),
        ]);
        Ok((url.into(), pending))
    }

    /// Finishes the sign-in of a program that runs as the person, which does not use the token itself: the server validates it.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn redeem_code(
        &self,
        registration: &Registration,
        pending: &PendingSignIn,
        response: AuthorizationResponse,
    ) -> Result<IssuedTokens, SignInError> {
        Ok(self.exchange_response(registration, pending, response).await?.0.into_issued())
    }

    /// Finishes a sign-in: exchanges the code for an access token of the subject of the ID token.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn finish_sign_in(
        &self,
        registration: &Registration,
        pending: &PendingSignIn,
        response: AuthorizationResponse,
    ) -> Result<AccessToken, SignInError> {
        let (tokens, subject) = self.exchange_response(registration, pending, response).await?;
        let validated = self.validate(&tokens.access_token).await;
        let claims = validated.map_err(|error| SignInError::from_token(error, SignInError::AccessToken))?;
        if claims.subject != subject {
            return Err(SignInError::SubjectMismatch);
        }
        Ok(AccessToken(tokens.access_token))
    }

    /// Exchanges the code of a response. Returns the tokens, and the subject of their validated ID token.
    async fn exchange_response(
        &self,
        registration: &Registration,
        pending: &PendingSignIn,
        response: AuthorizationResponse,
    ) -> Result<(TokenResponse, String), SignInError> {
        let state = response.state.unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(pending.state.as_bytes())) {
            return Err(SignInError::StateMismatch);
        }
        if response.iss.is_some_and(|issuer| issuer != self.settings().issuer) {
            return Err(SignInError::WrongIssuer);
        }
        let code = response.code.filter(|_| response.error.is_none()).ok_or(SignInError::ProviderDenied)?;
        let tokens = self.exchange_code(registration, pending, &code).await?;
        let id_token = tokens.id_token.as_deref().ok_or(SignInError::IdToken(TokenRejection::Unreadable))?;
        let verified = self.verify_jwt::<IdToken>(id_token).await;
        let id_token = verified.map_err(|error| SignInError::from_token(error, SignInError::IdToken))?;
        let subject = id_token.check(self.settings(), &registration.client_id, &pending.nonce)?;
        Ok((tokens, subject))
    }

    async fn exchange_code(
        &self,
        registration: &Registration,
        pending: &PendingSignIn,
        code: &str,
    ) -> Result<TokenResponse, SignInError> {
        let metadata = self.metadata().await?;
        let url = metadata.document.token_endpoint.as_deref().ok_or(SignInError::EndpointMissing)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &registration.redirect_uri),
            ("code_verifier", &pending.verifier),
            ("resource", &registration.resource),
        ];
        let request = with_client_credentials(
            self.client().post(self.endpoint(url)?),
            registration,
            &form,
            metadata.document.requires_secret_in_body(),
        );
        let response = send(request).await?;
        if response.status().is_client_error() {
            tracing::warn!(status = response.status().as_u16(), "the identity provider rejected an authorization code");
            return Err(SignInError::CodeExchangeFailed);
        }
        if !response.status().is_success() {
            tracing::error!(status = response.status().as_u16(), "the token endpoint of the identity provider failed");
            return Err(SignInError::ProviderUnavailable);
        }
        serde_json::from_value(read_json(response).await?).map_err(|_| SignInError::CodeExchangeFailed)
    }
}

pub(super) fn with_client_credentials(
    request: RequestBuilder,
    registration: &Registration,
    form: &[(&str, &str)],
    secret_in_body: bool,
) -> RequestBuilder {
    let id = ("client_id", registration.client_id.as_str());
    match &registration.secret {
        Some(secret) if secret_in_body => request.form(&[form, &[id, ("client_secret", secret)]].concat()),
        Some(secret) => request.basic_auth(form_encode(&registration.client_id), Some(form_encode(secret))).form(form),
        None => request.form(&[form, &[id]].concat()),
    }
}

/// 256 random bits, as 43 characters.
fn random() -> Result<String, SignInError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| SignInError::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_sign_in_has_unique_secrets_of_pkce_length() {
        let (one, other) = (PendingSignIn::new().expect("randomness"), PendingSignIn::new().expect("randomness"));
        let all = [&one.state, &one.nonce, &one.verifier, &other.state, &other.nonce, &other.verifier];
        assert!(all.iter().all(|text| text.len() == 43), "RFC 7636 section 4.1 requires 43 to 128 characters");
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
