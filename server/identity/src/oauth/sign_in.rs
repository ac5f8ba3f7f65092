//! A person signs in with a browser: authorization code flow with PKCE, this server being the client (OAuth 2.1 section 4.1,
//! `OpenID` Connect Core section 3.1).

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    Provider, ProviderDown, Refused,
    id_token::IdToken,
    provider::{down, json},
};

/// This server as a client of the provider.
#[derive(Clone)]
pub struct Registration {
    /// The client's id.
    pub client_id: String,
    /// The client's secret; without one it is a public client, which PKCE alone protects.
    pub secret: Option<String>,
    /// Where the provider sends the browser back to, as registered.
    pub redirect_uri: String,
    /// Scopes to ask for; `openid` has to be among them.
    pub scopes: Vec<String>,
    /// The URL of this server that the token is to be for.
    pub resource: String,
}

/// What the first half leaves for the second. It is kept by the browser that began, so that no other one can finish.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

/// What the provider sent the browser back with (RFC 6749 section 4.1.2, RFC 9207 section 2).
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Returned {
    /// The code, where the provider said yes.
    pub code: Option<String>,
    /// What the first half sent along.
    pub state: Option<String>,
    /// The provider that answers.
    pub iss: Option<String>,
    /// Why it said no, one word.
    pub error: Option<String>,
}

/// Why nobody is signed in. Each is one sentence, with nothing of the provider's own text in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSignedIn {
    /// The provider cannot be asked now.
    #[error("the identity provider cannot be reached; try again in a moment")]
    ProviderDown,
    /// The provider has no page for it.
    #[error("the identity provider does not say where to sign in")]
    NoPage,
    /// The operating system has no randomness.
    #[error("the server has no randomness now; try again in a moment")]
    NoRandomness,
    /// Another browser began, or another sign-in.
    #[error("this answer belongs to no sign-in that was begun here; begin again")]
    State,
    /// Another provider answers.
    #[error("the answer is of another identity provider; begin again")]
    Issuer,
    /// The provider, or the person, said no.
    #[error("the identity provider did not let you in; begin again, or ask whoever runs it")]
    Denied,
    /// The provider does not take the code, or not from us.
    #[error(
        "the identity provider does not take the code back; begin again, and check the client's secret if it stays so"
    )]
    Code,
    /// The provider does not say who it is, or not in a way that can be believed.
    #[error("the identity provider's word on who you are is not taken: {0}")]
    Identity(Refused),
    /// The identity was made for another sign-in.
    #[error("the identity provider's answer is for another sign-in; begin again")]
    Nonce,
    /// The access token is not for this server.
    #[error("you are known, but your token is not taken here: {0}")]
    Token(Refused),
    /// The two tokens are of two people.
    #[error("the identity provider gave tokens of two people; begin again")]
    TwoPeople,
}

impl NotSignedIn {
    /// One word for ledger and metrics, as refused tokens have; nothing where nobody was refused.
    #[must_use]
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Self::ProviderDown | Self::NoPage | Self::NoRandomness => None,
            Self::State => Some("other-sign-in"),
            Self::Issuer => Some("issuer"),
            Self::Denied => Some("provider-denied"),
            Self::Code => Some("code"),
            Self::Nonce => Some("nonce"),
            Self::TwoPeople => Some("two-people"),
            Self::Identity(refused) | Self::Token(refused) => Some(refused.kind()),
        }
    }
}

impl From<ProviderDown> for NotSignedIn {
    fn from(ProviderDown: ProviderDown) -> Self {
        Self::ProviderDown
    }
}

/// An access token that was just got and checked. Never printed.
pub struct Signed(String);

impl Signed {
    /// The token itself.
    #[must_use]
    pub fn into_token(self) -> String {
        self.0
    }
}

/// RFC 6749 section 5.1.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: Option<String>,
}

impl Begun {
    /// # Errors
    /// Where the operating system has no randomness.
    fn new() -> Result<Self, NotSignedIn> {
        Ok(Self { state: random()?, nonce: random()?, verifier: random()? })
    }
}

impl Provider {
    /// The first half: where to send the browser, and what it has to bring back.
    ///
    /// # Errors
    /// [`NotSignedIn::ProviderDown`], [`NotSignedIn::NoPage`], [`NotSignedIn::NoRandomness`].
    pub async fn begin(&self, own: &Registration) -> Result<(String, Begun), NotSignedIn> {
        let told = self.told().await?;
        let page = told.metadata.authorization_endpoint.as_deref().ok_or(NotSignedIn::NoPage)?;
        let begun = Begun::new()?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(begun.verifier.as_bytes()));
        let mut url = self.endpoint(page)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &own.client_id),
            ("redirect_uri", &own.redirect_uri),
            ("scope", &own.scopes.join(" ")),
            ("state", &begun.state),
            ("nonce", &begun.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            // RFC 8707, and the older word for it that Ory Hydra and others know
            ("resource", &own.resource),
            ("audience", &own.resource),
        ]);
        Ok((url.into(), begun))
    }

    /// The second half: what came back becomes an access token for this server, of the person whom the ID token names.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn finish(&self, own: &Registration, begun: &Begun, back: Returned) -> Result<Signed, NotSignedIn> {
        let state = back.state.unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(begun.state.as_bytes())) {
            return Err(NotSignedIn::State);
        }
        if back.iss.is_some_and(|issuer| issuer != self.settings().issuer) {
            return Err(NotSignedIn::Issuer);
        }
        let code = back.code.filter(|_| back.error.is_none()).ok_or(NotSignedIn::Denied)?;
        let tokens = self.redeem(own, begun, &code).await?;
        let id_token = tokens.id_token.ok_or(NotSignedIn::Identity(Refused::Unreadable))?;
        let identity: IdToken = self.signed(&id_token).await?.map_err(NotSignedIn::Identity)?;
        let subject = identity.check(self.settings(), &own.client_id, &begun.nonce)?;
        let claims = self.check(&tokens.access_token).await?.map_err(NotSignedIn::Token)?;
        if claims.subject != subject {
            return Err(NotSignedIn::TwoPeople);
        }
        Ok(Signed(tokens.access_token))
    }

    async fn redeem(&self, own: &Registration, begun: &Begun, code: &str) -> Result<Tokens, NotSignedIn> {
        let told = self.told().await?;
        let url = told.metadata.token_endpoint.as_deref().ok_or(NotSignedIn::NoPage)?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &own.redirect_uri),
            ("code_verifier", &begun.verifier),
            ("resource", &own.resource),
        ];
        let request = as_client(self.client().post(self.endpoint(url)?), own, &form, told.metadata.wants_post());
        let answer = request.send().await.map_err(down)?;
        if answer.status().is_client_error() {
            tracing::warn!(status = answer.status().as_u16(), "the identity provider refused to redeem a code");
            return Err(NotSignedIn::Code);
        }
        if !answer.status().is_success() {
            tracing::error!(status = answer.status().as_u16(), "the identity provider does not redeem codes now");
            return Err(NotSignedIn::ProviderDown);
        }
        serde_json::from_value(json(answer).await?).map_err(|_| NotSignedIn::Code)
    }
}

fn as_client(request: RequestBuilder, own: &Registration, form: &[(&str, &str)], in_body: bool) -> RequestBuilder {
    let id = ("client_id", own.client_id.as_str());
    match &own.secret {
        Some(secret) if in_body => request.form(&[form, &[id, ("client_secret", secret)]].concat()),
        Some(secret) => request.basic_auth(encoded(&own.client_id), Some(encoded(secret))).form(form),
        None => request.form(&[form, &[id]].concat()),
    }
}

/// RFC 6749 section 2.3.1: id and secret of a client are form-encoded before they are put into the header.
pub(super) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// 256 random bits, as 43 characters.
fn random() -> Result<String, NotSignedIn> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| NotSignedIn::NoRandomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_in_has_secrets_of_its_own_of_the_length_that_pkce_wants() {
        let (one, other) = (Begun::new().expect("randomness"), Begun::new().expect("randomness"));
        let all = [&one.state, &one.nonce, &one.verifier, &other.state, &other.nonce, &other.verifier];
        assert!(all.iter().all(|text| text.len() == 43), "RFC 7636 section 4.1 wants 43 to 128 characters");
        let different: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn a_secret_with_odd_characters_survives_the_header() {
        assert_eq!(encoded("a:b c%ü"), "a%3Ab+c%25%C3%BC");
    }
}
