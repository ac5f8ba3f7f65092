//! Tokens for a program that runs as a person on their machine (RFC 8252): device authorization (RFC 8628), refresh and revocation.
//! The browser sign-in of such a program is [`Provider::begin_sign_in`] and [`Provider::redeem_code`].

use std::time::Duration;

use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Provider, Registration, SignInError,
    issued_tokens::{IssuedTokens, TokenResponse},
    sign_in::with_client_credentials,
    transport::{read_json, send},
};

/// RFC 8628 section 3.5: the interval of a provider that names none, and what `slow_down` adds to it.
const POLL_INTERVAL_STEP: Duration = Duration::from_secs(5);
/// Longest interval and lifetime that a provider may ask for.
const MAX_DEVICE_SECONDS: u64 = 3_600;

/// What a person has to do at another device, and what the program needs to ask for the result.
#[derive(Clone, Deserialize)]
pub struct DeviceAuthorization {
    device_code: String,
    /// The code that the person types or compares.
    pub user_code: String,
    /// The page that takes the code.
    pub verification_uri: String,
    /// The same page with the code in it.
    pub verification_uri_complete: Option<String>,
    #[serde(default)]
    expires_in: u64,
    interval: Option<u64>,
}

impl DeviceAuthorization {
    /// How long the person has.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(self.expires_in.clamp(1, MAX_DEVICE_SECONDS))
    }

    /// The pause between two questions.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval.map_or(POLL_INTERVAL_STEP, |seconds| Duration::from_secs(seconds.clamp(1, MAX_DEVICE_SECONDS)))
    }
}

/// The state of a device authorization.
pub enum DeviceProgress {
    /// The person has approved.
    Issued(IssuedTokens),
    /// The person has not decided: ask again after the interval, which is now longer by this.
    Pending(Duration),
}

impl Provider {
    /// Starts a device authorization. `None`: the provider does not support it.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn begin_device_authorization(
        &self,
        registration: &Registration,
    ) -> Result<Option<DeviceAuthorization>, SignInError> {
        let metadata = self.metadata().await?;
        let Some(url) = metadata.document.device_authorization_endpoint.as_deref() else { return Ok(None) };
        let scopes = registration.scopes.join(" ");
        let form =
            [("scope", scopes.as_str()), ("resource", &registration.resource), ("audience", &registration.resource)];
        let response = self.send_form(url, registration, &form).await?;
        if !response.status().is_success() {
            return Err(SignInError::ProviderDenied);
        }
        serde_json::from_value(read_json(response).await?).map(Some).map_err(|_| SignInError::ProviderUnavailable)
    }

    /// Asks for the result of a device authorization.
    ///
    /// # Errors
    /// [`SignInError`]; [`SignInError::ProviderDenied`] also if the time is over.
    pub async fn poll_device_authorization(
        &self,
        registration: &Registration,
        device: &DeviceAuthorization,
    ) -> Result<DeviceProgress, SignInError> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.device_code.as_str()),
        ];
        let response = self.send_to_token_endpoint(registration, &form).await?;
        if response.status().is_success() {
            return Ok(DeviceProgress::Issued(issued(response).await?));
        }
        let error = read_json(response).await.unwrap_or(Value::Null);
        match error["error"].as_str() {
            Some("authorization_pending") => Ok(DeviceProgress::Pending(Duration::ZERO)),
            Some("slow_down") => Ok(DeviceProgress::Pending(POLL_INTERVAL_STEP)),
            _ => Err(SignInError::ProviderDenied),
        }
    }

    /// Exchanges a refresh token for new tokens. A provider that issues no new refresh token leaves the old one valid.
    ///
    /// # Errors
    /// [`SignInError`]; [`SignInError::ProviderDenied`] if the person has to sign in again.
    pub async fn refresh_tokens(
        &self,
        registration: &Registration,
        refresh_token: &str,
    ) -> Result<IssuedTokens, SignInError> {
        let form =
            [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("resource", &registration.resource)];
        let response = self.send_to_token_endpoint(registration, &form).await?;
        if !response.status().is_success() {
            return Err(SignInError::ProviderDenied);
        }
        let tokens = issued(response).await?;
        let refresh_token = tokens.refresh_token.or_else(|| Some(refresh_token.to_owned()));
        Ok(IssuedTokens { refresh_token, ..tokens })
    }

    /// Revokes a token (RFC 7009). Does nothing if the provider has no endpoint for it.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn revoke_token(&self, registration: &Registration, token: &str) -> Result<(), SignInError> {
        let metadata = self.metadata().await?;
        let Some(url) = metadata.document.revocation_endpoint.as_deref() else { return Ok(()) };
        let response = self.send_form(url, registration, &[("token", token)]).await?;
        if response.status().is_success() { Ok(()) } else { Err(SignInError::ProviderDenied) }
    }

    async fn send_to_token_endpoint(
        &self,
        registration: &Registration,
        form: &[(&str, &str)],
    ) -> Result<Response, SignInError> {
        let metadata = self.metadata().await?;
        let url = metadata.document.token_endpoint.as_deref().ok_or(SignInError::EndpointMissing)?;
        let response = self.send_form(url, registration, form).await?;
        if response.status().is_server_error() {
            return Err(SignInError::ProviderUnavailable);
        }
        Ok(response)
    }

    async fn send_form(
        &self,
        url: &str,
        registration: &Registration,
        form: &[(&str, &str)],
    ) -> Result<Response, SignInError> {
        let metadata = self.metadata().await?;
        let request = with_client_credentials(
            self.client().post(self.endpoint(url)?),
            registration,
            form,
            metadata.document.requires_secret_in_body(),
        );
        Ok(send(request).await?)
    }
}

async fn issued(response: Response) -> Result<IssuedTokens, SignInError> {
    let tokens: TokenResponse =
        serde_json::from_value(read_json(response).await?).map_err(|_| SignInError::CodeExchangeFailed)?;
    Ok(tokens.into_issued())
}
