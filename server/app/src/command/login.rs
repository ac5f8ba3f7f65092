//! `juju-mcp login` and `logout`: a person's token from the identity provider of a server, for `juju-mcp approvals`.

use std::{path::Path, process::ExitCode, time::Duration};

use http_server::LOGIN_MEMBER;
use identity::oauth::{
    DeviceProgress, IssuedTokens, Provider, Registration, Settings as ProviderSettings, SignInError,
};
use serde::Deserialize;
use serde_json::Value;

use super::loopback_redirect::LoopbackRedirect;
use crate::{
    cli::{Login, Logout},
    config::{LOGIN_SCOPES, read_certificates, read_secret},
    failure::Failure,
    http_client::{HttpClientOptions, base_url},
    stored_token::StoredToken,
    wiring,
};

const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a person has to sign in.
const SIGN_IN_TIMEOUT: Duration = Duration::from_mins(10);
/// A token that expires within this time is renewed before it is used.
const RENEWAL_SECONDS: u64 = 30;

/// The parts of the protected resource metadata that a login needs (RFC 9728).
#[derive(Deserialize)]
struct ServerMetadata {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(flatten)]
    more: serde_json::Map<String, Value>,
}

/// The client that the server names in its metadata.
#[derive(Default, Deserialize)]
struct ServerClient {
    client_id: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
}

pub(super) async fn login(arguments: Login) -> Result<ExitCode, Failure> {
    let server = base_url(&arguments.url).to_owned();
    let certificate = arguments.ca_certificate_file.as_deref();
    let metadata = discover(&server, certificate).await?;
    let issuer = metadata.authorization_servers.first().cloned().ok_or_else(|| no_provider(&server))?;
    let named: ServerClient = metadata
        .more
        .get(LOGIN_MEMBER)
        .cloned()
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default();
    let client_id = arguments.client_id.clone().or(named.client_id).ok_or_else(|| {
        Failure::usage(
            format!("`{server}` names no client for `juju-mcp login`"),
            "name one with `--client-id ID`, or ask the operator of the server to set `oauth.login.client_id`",
        )
    })?;
    let scopes = [arguments.scope.clone(), named.scopes, LOGIN_SCOPES.map(str::to_owned).to_vec()];
    let mut token = StoredToken {
        server,
        issuer,
        client_id,
        resource: metadata.resource,
        scopes: scopes.into_iter().find(|scopes| !scopes.is_empty()).unwrap_or_default(),
        ca_certificate_file: arguments.ca_certificate_file.as_deref().map(crate::path::absolute),
        access_token: String::new(),
        refresh_token: None,
        expires_at: None,
    };
    let provider = provider(&token)?;
    let by_device = sign_in_by_device(&provider, &token, arguments.browser).await?;
    let tokens = match by_device {
        Some(tokens) => tokens,
        None => sign_in_by_browser(&provider, &token).await?,
    };
    set_tokens(&mut token, tokens);
    let file = token.write()?;
    println!("signed in to {}; the token is in `{}`", token.server, file.display());
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn logout(arguments: Logout) -> Result<ExitCode, Failure> {
    let server = base_url(&arguments.url);
    let Some(token) = StoredToken::read(server)? else {
        println!("not signed in to {server}");
        return Ok(ExitCode::SUCCESS);
    };
    let revoked = token.refresh_token.as_deref().unwrap_or(&token.access_token);
    if let Err(error) = provider(&token)?.revoke_token(&registration(&token, String::new()), revoked).await {
        tracing::warn!(%error, "the provider did not revoke the token; it stays valid until it expires");
    }
    token.remove()?;
    println!("signed out of {server}");
    Ok(ExitCode::SUCCESS)
}

/// A client of a running server with its token: that of the file, or that of the person.
pub(super) async fn client_with_token(
    url: &str,
    token_file: Option<&Path>,
    ca_certificate_file: Option<&Path>,
    timeout: Duration,
) -> Result<(reqwest::Client, String), Failure> {
    let token = match token_file {
        Some(file) => read_secret(file)?,
        None => stored_token(base_url(url)).await?,
    };
    let authority = ca_certificate_file.map(read_certificates).transpose()?;
    let options = HttpClientOptions { timeout, authority: authority.as_deref(), redirects: false };
    Ok((options.build()?, token))
}

/// The token of the person for a server, renewed if necessary.
async fn stored_token(server: &str) -> Result<String, Failure> {
    let remedy = format!("sign in with `juju-mcp login --url {server}`, or give `--token-file FILE`");
    let Some(mut token) = StoredToken::read(server)? else {
        return Err(Failure::usage(format!("there is no token for `{server}`"), remedy));
    };
    let expires = token.expires_at.is_some_and(|at| at <= now() + RENEWAL_SECONDS);
    if !expires {
        return Ok(token.access_token);
    }
    let Some(refresh_token) = token.refresh_token.clone() else {
        return Err(Failure::usage(format!("the token for `{server}` has expired"), remedy));
    };
    let renewed = provider(&token)?.refresh_tokens(&registration(&token, String::new()), &refresh_token).await;
    let issued = renewed.map_err(|error| Failure::Failed {
        problem: format!("the token for `{server}` cannot be renewed: {error}"),
        remedy: Some(remedy),
    })?;
    set_tokens(&mut token, issued);
    token.write()?;
    Ok(token.access_token)
}

fn set_tokens(token: &mut StoredToken, issued: IssuedTokens) {
    token.access_token = issued.access_token;
    token.refresh_token = issued.refresh_token;
    token.expires_at = issued.expires_in.map(|seconds| now().saturating_add(seconds));
}

async fn discover(server: &str, certificate: Option<&Path>) -> Result<ServerMetadata, Failure> {
    let url = format!("{server}/.well-known/oauth-protected-resource/mcp");
    let authority = certificate.map(read_certificates).transpose()?;
    let client =
        HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: authority.as_deref(), redirects: false }.build()?;
    let response = client.get(&url).send().await.map_err(|error| Failure::Failed {
        problem: format!("no server responds at `{server}`: {}", error.without_url()),
        remedy: Some("give its address with `--url URL`".to_owned()),
    })?;
    if response.status() == reqwest::StatusCode::NOT_FOUND {
        return Err(no_provider(server));
    }
    response.json().await.map_err(|_| {
        Failure::usage(
            format!("`{server}` is not a juju-mcp server: `{url}` has no metadata"),
            "give its address with `--url URL`",
        )
    })
}

fn no_provider(server: &str) -> Failure {
    Failure::usage(
        format!("`{server}` has no identity provider"),
        "ask its operator for a static token, and give its file with `--token-file FILE`",
    )
}

fn provider(token: &StoredToken) -> Result<Provider, Failure> {
    let authority = token.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
    let client =
        HttpClientOptions { timeout: REQUEST_TIMEOUT, authority: authority.as_deref(), redirects: false }.build()?;
    Ok(Provider::new(ProviderSettings::new(token.issuer.clone(), vec![token.resource.clone()]), client))
}

fn registration(token: &StoredToken, redirect_uri: String) -> Registration {
    Registration {
        client_id: token.client_id.clone(),
        secret: None,
        redirect_uri,
        scopes: token.scopes.clone(),
        resource: token.resource.clone(),
    }
}

/// Signs in at another device. `None` if the provider does not support it, or the person wants the browser of this one.
async fn sign_in_by_device(
    provider: &Provider,
    token: &StoredToken,
    browser: bool,
) -> Result<Option<IssuedTokens>, Failure> {
    if browser {
        return Ok(None);
    }
    let registration = registration(token, String::new());
    let Some(device) =
        provider.begin_device_authorization(&registration).await.map_err(|error| failed(error, token))?
    else {
        return Ok(None);
    };
    let page = device.verification_uri_complete.as_ref().unwrap_or(&device.verification_uri);
    println!("Open this page in a browser, on any device, and compare the code {}:\n  {page}", device.user_code);
    let mut interval = device.interval();
    let poll = async {
        loop {
            tokio::time::sleep(interval).await;
            match provider.poll_device_authorization(&registration, &device).await? {
                DeviceProgress::Issued(issued) => return Ok(issued),
                DeviceProgress::Pending(longer) => interval += longer,
            }
        }
    };
    let result: Result<IssuedTokens, SignInError> =
        tokio::time::timeout(device.lifetime(), poll).await.map_err(|_| too_late(token))?;
    result.map(Some).map_err(|error| failed(error, token))
}

/// Signs in with the browser of this machine, which the provider redirects to a listener on loopback (RFC 8252 section 7.3).
async fn sign_in_by_browser(provider: &Provider, token: &StoredToken) -> Result<IssuedTokens, Failure> {
    let redirect = LoopbackRedirect::listen().await?;
    let registration = registration(token, redirect.uri().to_owned());
    let (url, pending) = provider.begin_sign_in(&registration).await.map_err(|error| failed(error, token))?;
    println!("Open this page in a browser on this machine:\n  {url}");
    let response = tokio::time::timeout(SIGN_IN_TIMEOUT, redirect.response()).await.map_err(|_| too_late(token))??;
    provider.redeem_code(&registration, &pending, response).await.map_err(|error| failed(error, token))
}

fn failed(error: SignInError, token: &StoredToken) -> Failure {
    Failure::Failed {
        problem: format!("the sign-in at `{}` failed: {error}", token.issuer),
        remedy: Some(format!(
            "check that the client `{}` is a public client with these scopes and the redirect URI `http://127.0.0.1/callback`, or with the device grant",
            token.client_id
        )),
    }
}

fn too_late(token: &StoredToken) -> Failure {
    Failure::Failed {
        problem: format!("no sign-in at `{}` was completed in time", token.issuer),
        remedy: Some(format!("start again with `{} login --url {}`", wiring::program(), token.server)),
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}
