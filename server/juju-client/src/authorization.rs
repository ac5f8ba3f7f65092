//! `Authorization` headers of requests to Juju's HTTP endpoints (`api/legacyloginprovider.go`).

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio_tungstenite::tungstenite::http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, InvalidHeaderValue},
};

use crate::Credential;

/// Headers that authenticate the logged-in user.
pub(crate) fn headers(credential: &Credential, user_tag: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    let pair = match credential {
        Credential::Password { password, .. } => format!("{user_tag}:{}", password.reveal()),
        Credential::ClientCredentials { id, secret } => format!("{id}:{}", secret.reveal()),
        Credential::SessionToken { token, .. } => format!(":{}", token.reveal()),
        Credential::Missing { .. } => String::new(), // there is no log-in without a credential
    };
    let mut basic = HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(pair)))?;
    basic.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, basic);
    headers.insert("Bakery-Protocol-Version", HeaderValue::from_static("3"));
    Ok(headers)
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
}
