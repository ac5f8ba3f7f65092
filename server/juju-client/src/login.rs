//! Opens a socket and logs in, and follows the redirection of a model that has moved to another controller.

use std::{collections::HashMap, sync::Arc};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use juju_wire::{
    Code, Method, RemoteError,
    facade::{
        VERSIONS,
        admin::{
            ClientCredentials, FacadeVersions, HostPort, Login, LoginRequest, LoginResult, LoginWithClientCredentials,
            LoginWithSessionToken, RedirectInfo, RedirectInfoResult, SessionToken,
        },
    },
};
use tokio_tungstenite::tungstenite::http::HeaderMap;

use crate::{
    Credential, Settings,
    address::Address,
    audit_trail,
    coalescer::ChangeCounter,
    dial_target::DialTarget,
    encoded_call::EncodedCall,
    error::Error,
    rpc_client::{RpcClient, RpcRequest},
    tls,
};

/// The controller's reply to a log-in.
#[derive(Debug)]
pub(crate) struct LoginInfo {
    pub(crate) user_tag: String,
    pub(crate) controller_access: String,
    pub(crate) model_access: String,
    pub(crate) model_uuid: Option<String>,
    pub(crate) controller_uuid: String,
    pub(crate) server_version: String,
    pub(crate) facades: HashMap<&'static str, u32>,
    /// Addresses of the controller; the first one is the one of this connection.
    pub(crate) target: DialTarget,
}

/// Opens logged-in sockets to a controller or to one model.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    pub(crate) target: DialTarget,
    pub(crate) controller_uuid: Option<String>,
    pub(crate) credential: Credential,
    pub(crate) settings: Arc<Settings>,
    pub(crate) model_uuid: Option<String>,
    pub(crate) changes: Arc<ChangeCounter>,
}

enum Attempt {
    LoggedIn(RpcClient, Box<LoginInfo>),
    Redirected(Redirection),
}

/// Where a controller has sent a connection to.
struct Redirection {
    info: RedirectInfoResult,
    /// UUID of the other controller, where the first one names it.
    controller_uuid: Option<String>,
}

impl Connector {
    /// Connects, logs in, and follows one redirection.
    pub(crate) async fn open(&self) -> Result<(RpcClient, LoginInfo), Error> {
        match self.attempt(&self.target).await? {
            Attempt::LoggedIn(rpc, login) => {
                self.check_controller(&login)?;
                Ok((rpc, *login))
            }
            Attempt::Redirected(redirection) => {
                let target = self.redirect_target(&redirection.info)?;
                match self.attempt(&target).await? {
                    Attempt::LoggedIn(rpc, login) => {
                        self.check_redirected(redirection.controller_uuid.as_deref(), &login)?;
                        Ok((rpc, *login))
                    }
                    Attempt::Redirected(Redirection { info, .. }) => {
                        Err(Error::Redirected { controller: self.controller_name(), addresses: addresses(&info) })
                    }
                }
            }
        }
    }

    pub(crate) fn controller_name(&self) -> String {
        self.target.controller.to_string()
    }

    async fn attempt(&self, target: &DialTarget) -> Result<Attempt, Error> {
        let path = self.model_uuid.as_ref().map_or_else(|| "/api".to_owned(), |uuid| format!("/model/{uuid}/api"));
        let (socket, address) = target.open_websocket(&path, &HeaderMap::new()).await?;
        // only `Admin.Login` has a command line
        let has_command_line = matches!(self.credential, Credential::Password { .. } | Credential::LoginToken { .. });
        let connection_id = has_command_line.then(audit_trail::connection_id).flatten();
        let (controller, changes) = (Arc::clone(&self.target.controller), Arc::clone(&self.changes));
        let rpc = RpcClient::new(socket, controller, connection_id.clone(), changes, &self.settings);
        match self.log_in(&rpc, connection_id.as_deref()).await {
            Ok(result) => {
                let mut target = target.clone();
                target.addresses.retain(|other| *other != address);
                target.addresses.insert(0, address);
                let login = self.login_info(result, target)?;
                Ok(Attempt::LoggedIn(rpc, Box::new(login)))
            }
            Err(Error::Remote(error)) if error.code == Code::RedirectionRequired => {
                let tag = error.info.as_ref().and_then(|info| info.get("controller-tag")?.as_str());
                let controller_uuid = tag.and_then(|tag| tag.strip_prefix("controller-")).map(ToOwned::to_owned);
                let info = self.redirect_info(&rpc, error).await?;
                Ok(Attempt::Redirected(Redirection { info, controller_uuid }))
            }
            Err(Error::Remote(error)) => Err(self.login_error(error)),
            Err(error) => Err(error),
        }
    }

    async fn log_in(&self, rpc: &RpcClient, connection_id: Option<&str>) -> Result<LoginResult, Error> {
        match &self.credential {
            Credential::Password { user, password } => {
                let request = LoginRequest {
                    auth_tag: format!("user-{user}"),
                    credentials: password.reveal().to_owned(),
                    bakery_version: 3,
                    cli_args: self.command_line(connection_id),
                    client_version: self.settings.client_version.clone(),
                    ..LoginRequest::default()
                };
                self.call_admin::<Login>(rpc, 3, &request).await
            }
            Credential::LoginToken { user, token } => {
                let request = LoginRequest {
                    // for the security log only: the controller takes the user from the token
                    auth_tag: format!("user-{user}"),
                    token: BASE64_STANDARD.encode(token.reveal()),
                    bakery_version: 3,
                    cli_args: self.command_line(connection_id),
                    client_version: self.settings.client_version.clone(),
                    ..LoginRequest::default()
                };
                self.call_admin::<Login>(rpc, 3, &request).await
            }
            Credential::ClientCredentials { id, secret } => {
                let request = ClientCredentials { client_id: id.clone(), client_secret: secret.reveal().to_owned() };
                self.call_admin::<LoginWithClientCredentials>(rpc, 4, &request).await
            }
            Credential::SessionToken { token, .. } => {
                let request = SessionToken { session_token: token.reveal().to_owned() };
                self.call_admin::<LoginWithSessionToken>(rpc, 4, &request).await
            }
            Credential::Missing { user } => {
                Err(Error::NoCredential { controller: self.controller_name(), user: user.clone().unwrap_or_default() })
            }
        }
    }

    /// Command line for the controller's audit log: `juju-mcp connection=0f1e2d3c4b5a6978`.
    fn command_line(&self, connection_id: Option<&str>) -> String {
        let program = &self.settings.command_line;
        connection_id.map_or_else(|| program.clone(), |id| format!("{program} connection={id}"))
    }

    async fn call_admin<M: Method>(&self, rpc: &RpcClient, version: u32, body: &M::Params) -> Result<M::Reply, Error> {
        let call = EncodedCall::of::<M>(body)?;
        let timeout = Some(self.settings.connect_timeout);
        let request = RpcRequest { call: &call, version, object: "", timeout, coalesce: false, audit_trail: None };
        rpc.decode::<M>(&rpc.send(request).await?)
    }

    /// Reads the new address of the model from the error, or requests it.
    async fn redirect_info(&self, rpc: &RpcClient, error: RemoteError) -> Result<RedirectInfoResult, Error> {
        if let Some(info) = error.info.clone().and_then(|info| serde_json::from_value::<RedirectInfoResult>(info).ok())
            && !info.servers.is_empty()
        {
            return Ok(info);
        }
        self.call_admin::<RedirectInfo>(rpc, 3, &()).await.map_err(|failure| match failure {
            Error::Remote(_) => Error::Remote(error),
            other => other,
        })
    }

    fn redirect_target(&self, info: &RedirectInfoResult) -> Result<DialTarget, Error> {
        let authority = (!info.ca_cert.is_empty()).then_some(info.ca_cert.as_str());
        let trust = tls::trust_options(authority, None).map_err(|cause| Error::Configuration {
            controller: self.controller_name(),
            cause: format!("it redirects to a controller with an unusable CA certificate: {cause}"),
        })?;
        let addresses = info.servers.iter().flatten().map(address).collect();
        Ok(DialTarget { addresses, trust: trust.into(), ..self.target.clone() })
    }

    fn login_error(&self, error: RemoteError) -> Error {
        let (controller, user) = (self.controller_name(), self.credential.user().to_owned());
        match error.code {
            Code::ModelNotFound => {
                let name = self.model_uuid.clone().unwrap_or_default();
                Error::ModelUnknown { controller, name, similar: Vec::new() }
            }
            Code::Unauthorized if error.message == "permission denied" => Error::Remote(error),
            // the reasons of a token have no code: a key that cannot be fetched, a signature, a time
            Code::Unauthorized | Code::NoCredentials | Code::None
                if matches!(self.credential, Credential::LoginToken { .. }) =>
            {
                Error::LoginTokenRefused { controller, user, message: error.message }
            }
            Code::SessionTokenInvalid | Code::Unauthorized
                if matches!(self.credential, Credential::SessionToken { .. }) =>
            {
                Error::SessionEnded { controller, user }
            }
            Code::Unauthorized | Code::NoCredentials | Code::LoginExpired | Code::SessionTokenInvalid => {
                Error::LoginRefused { controller, user, message: error.message }
            }
            _ => Error::Remote(error),
        }
    }

    fn login_info(&self, result: LoginResult, target: DialTarget) -> Result<LoginInfo, Error> {
        let controller = self.controller_name();
        let user = result.user_info.unwrap_or_default();
        if result.discharge_required.is_some() || result.bakery_discharge_required.is_some() {
            if let Credential::LoginToken { user, .. } = &self.credential {
                let message = "it uses an identity manager of its own".to_owned();
                return Err(Error::LoginTokenRefused { controller, user: user.clone(), message });
            }
            return Err(Error::InteractiveLogin { controller, user: self.credential.user().to_owned() });
        }
        if result.server_version.split('.').next() != Some("3") {
            return Err(Error::ControllerVersion { controller, version: result.server_version });
        }
        Ok(LoginInfo {
            user_tag: user.identity,
            controller_access: user.controller_access,
            model_access: user.model_access,
            model_uuid: result.model_tag.strip_prefix("model-").map(str::to_owned),
            controller_uuid: result.controller_tag.trim_start_matches("controller-").to_owned(),
            facades: negotiate(&result.facades),
            server_version: result.server_version,
            target,
        })
    }

    /// Checks that a redirection led to the controller that the first one named, and to the wanted model.
    fn check_redirected(&self, controller_uuid: Option<&str>, login: &LoginInfo) -> Result<(), Error> {
        let is_other_model = self.model_uuid.is_some() && login.model_uuid != self.model_uuid;
        if is_other_model || controller_uuid.is_some_and(|uuid| uuid != login.controller_uuid) {
            return Err(Error::WrongController {
                controller: self.controller_name(),
                uuid: login.controller_uuid.clone(),
            });
        }
        Ok(())
    }

    fn check_controller(&self, login: &LoginInfo) -> Result<(), Error> {
        match &self.controller_uuid {
            Some(uuid) if *uuid != login.controller_uuid => {
                Err(Error::WrongController { controller: self.controller_name(), uuid: login.controller_uuid.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Selects the highest version of each facade that both sides support.
fn negotiate(offered: &[FacadeVersions]) -> HashMap<&'static str, u32> {
    let offered: HashMap<&str, &[u32]> =
        offered.iter().map(|facade| (facade.name.as_str(), facade.versions.as_slice())).collect();
    VERSIONS
        .iter()
        .filter_map(|(name, ours)| {
            let theirs = offered.get(name)?;
            ours.iter().filter(|version| theirs.contains(version)).max().map(|version| (*name, *version))
        })
        .collect()
}

fn address(server: &HostPort) -> Address {
    Address { host: server.value.clone(), port: server.port, prefix: String::new() }
}

fn addresses(info: &RedirectInfoResult) -> Vec<String> {
    info.servers.iter().flatten().map(|server| address(server).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negotiate_selects_highest_common_version() {
        let offered = |name: &str, versions: &[u32]| FacadeVersions { name: name.into(), versions: versions.into() };
        let chosen = negotiate(&[offered("Pinger", &[1, 9]), offered("Unheard", &[1]), offered("Admin", &[4])]);
        assert_eq!(chosen, HashMap::from([("Pinger", 1)]));
    }
}
