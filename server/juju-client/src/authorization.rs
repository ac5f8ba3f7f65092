//! `Authorization` headers of requests to Juju's HTTP endpoints (`api/legacyloginprovider.go`).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio_tungstenite::tungstenite::http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, InvalidHeaderValue},
};

use crate::Credential;

/// Headers that authenticate the logged-in user.
pub(crate) fn headers(credential: &Credential, user_tag: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    let authorization = match credential {
        Credential::LoginToken { token, .. } => format!("Bearer {}", BASE64_STANDARD.encode(token.reveal())),
        other => format!("Basic {}", BASE64_STANDARD.encode(basic_pair(other, user_tag))),
    };
    let mut authorization = HeaderValue::try_from(authorization)?;
    authorization.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, authorization);
    headers.insert("Bakery-Protocol-Version", HeaderValue::from_static("3"));
    Ok(headers)
}

/// Name and password of the scheme `Basic`.
fn basic_pair(credential: &Credential, user_tag: &str) -> String {
    match credential {
        Credential::Password { password, .. } => format!("{user_tag}:{}", password.reveal()),
        Credential::ClientCredentials { id, secret } => format!("{id}:{}", secret.reveal()),
        Credential::SessionToken { token, .. } => format!(":{}", token.reveal()),
        // there is no log-in without a credential, and a token has another scheme
        Credential::Missing { .. } | Credential::LoginToken { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_of_headers_hides_the_password() {
        let credential = Credential::Password { user: "admin".into(), password: "hunter2".into() };
        let headers = headers(&credential, "user-admin").expect("fits");
        assert_eq!(headers[AUTHORIZATION], "Basic dXNlci1hZG1pbjpodW50ZXIy");
        assert!(!format!("{headers:?}").contains("dXNlci1"), "{headers:?}");
    }

    #[test]
    fn headers_of_login_token_are_a_hidden_bearer_token() {
        let credential = Credential::LoginToken { user: "ana@example.com".into(), token: "a.b.c".into() };
        let headers = headers(&credential, "user-ana@example.com").expect("fits");
        assert_eq!(headers[AUTHORIZATION], "Bearer YS5iLmM=");
        assert!(!format!("{headers:?}").contains("YS5iLmM"), "{headers:?}");
    }
}
