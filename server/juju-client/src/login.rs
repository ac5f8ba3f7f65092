//! Logging in over a fresh socket: by password or client secret, on to another controller where a model has moved.

use std::{collections::HashMap, sync::Arc};

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
    dial::Target,
    error::Error,
    frame,
    line::{Answer, Line, Unanswered, read},
    tls,
    together::Changes,
    trail,
};

/// What the controller said at log-in.
#[derive(Debug)]
pub(crate) struct Welcome {
    pub(crate) user_tag: String,
    pub(crate) controller_access: String,
    pub(crate) model_access: String,
    pub(crate) model_uuid: Option<String>,
    pub(crate) controller_uuid: String,
    pub(crate) server_version: String,
    pub(crate) facades: HashMap<&'static str, u32>,
    /// What tells this connection from all others in the controller's audit log, where it could be said.
    pub(crate) mark: Option<Arc<str>>,
    /// Where the controller is, the address that answered first.
    pub(crate) target: Target,
}

/// Everything needed to dial and log in, again and again.
#[derive(Debug, Clone)]
pub(crate) struct Dialler {
    pub(crate) target: Target,
    pub(crate) controller_uuid: Option<String>,
    pub(crate) credential: Credential,
    pub(crate) settings: Arc<Settings>,
    pub(crate) model_uuid: Option<String>,
    /// Counts what this program changes on the controller.
    pub(crate) changes: Arc<Changes>,
}

enum Attempt {
    Welcome(Line, Box<Welcome>),
    Elsewhere(RedirectInfoResult),
}

impl Dialler {
    /// Dials, logs in, and follows one redirection.
    pub(crate) async fn open(&self) -> Result<(Line, Welcome), Error> {
        match self.attempt(&self.target).await? {
            Attempt::Welcome(line, welcome) => {
                self.check_controller(&welcome)?;
                Ok((line, *welcome))
            }
            Attempt::Elsewhere(place) => {
                let target = self.elsewhere(&place)?;
                match self.attempt(&target).await? {
                    Attempt::Welcome(line, welcome) => Ok((line, *welcome)),
                    Attempt::Elsewhere(place) => {
                        Err(Error::Redirected { controller: self.name(), addresses: addresses(&place) })
                    }
                }
            }
        }
    }

    pub(crate) fn name(&self) -> String {
        self.target.controller.to_string()
    }

    async fn attempt(&self, target: &Target) -> Result<Attempt, Error> {
        let path = self.model_uuid.as_ref().map_or_else(|| "/api".to_owned(), |uuid| format!("/model/{uuid}/api"));
        let (socket, address) = target.open(&path, &HeaderMap::new()).await?;
        let line = Line::new(socket, &self.settings);
        // only the log-in with a password carries a command line
        let mark = matches!(self.credential, Credential::Password { .. }).then(trail::mark).flatten();
        match self.log_in(&line, mark.as_deref()).await? {
            Answer::Done(result) => {
                let mut target = target.clone();
                target.addresses.retain(|other| *other != address);
                target.addresses.insert(0, address);
                let welcome = Welcome { mark, ..self.welcome(result, target)? };
                Ok(Attempt::Welcome(line, Box::new(welcome)))
            }
            Answer::Failed(error) if error.code == Code::RedirectionRequired => {
                Ok(Attempt::Elsewhere(self.where_to(&line, error).await?))
            }
            Answer::Failed(error) => Err(self.refused(error)),
        }
    }

    async fn log_in(&self, line: &Line, mark: Option<&str>) -> Result<Answer<LoginResult>, Error> {
        match &self.credential {
            Credential::Password { user, password } => {
                let request = LoginRequest {
                    auth_tag: format!("user-{user}"),
                    credentials: password.reveal().to_owned(),
                    bakery_version: 3,
                    cli_args: self.command_line(mark),
                    client_version: self.settings.client_version.clone(),
                    ..LoginRequest::default()
                };
                self.admin::<Login>(line, 3, &request).await
            }
            Credential::ClientCredentials { id, secret } => {
                let request = ClientCredentials { client_id: id.clone(), client_secret: secret.reveal().to_owned() };
                self.admin::<LoginWithClientCredentials>(line, 4, &request).await
            }
            Credential::SessionToken { token, .. } => {
                let request = SessionToken { session_token: token.reveal().to_owned() };
                self.admin::<LoginWithSessionToken>(line, 4, &request).await
            }
            Credential::Missing { user } => {
                Err(Error::NoCredential { controller: self.name(), user: user.clone().unwrap_or_default() })
            }
        }
    }

    /// What the controller's audit log calls this connection: `juju-mcp connection=0f1e2d3c4b5a6978`.
    fn command_line(&self, mark: Option<&str>) -> String {
        let program = &self.settings.command_line;
        mark.map_or_else(|| program.clone(), |mark| format!("{program} connection={mark}"))
    }

    async fn admin<M: Method>(&self, line: &Line, version: u32, params: &M::Params) -> Result<Answer<M::Reply>, Error> {
        let (controller, method) = (self.name(), format!("{}.{}", M::FACADE, M::NAME));
        let tail = match frame::request_tail::<M>(version, "", params) {
            Ok(tail) => tail,
            Err(cause) => return Err(Error::Parameters { method, cause: cause.to_string() }),
        };
        match line.ask(&tail, Some(self.settings.connect_timeout)).await {
            Ok(text) => read::<M>(&text).map_err(|cause| Error::UnexpectedAnswer {
                controller,
                method,
                cause: cause.to_string(),
            }),
            Err(Unanswered::TimedOut(limit)) => Err(Error::TimedOut { method, limit }),
            Err(Unanswered::NotSent(cause) | Unanswered::Lost(cause)) => {
                Err(Error::ConnectionLost { controller, method, cause })
            }
        }
    }

    /// Where the model is: it comes with the error, or is asked for.
    async fn where_to(&self, line: &Line, error: RemoteError) -> Result<RedirectInfoResult, Error> {
        if let Some(place) = error.info.clone().and_then(|info| serde_json::from_value::<RedirectInfoResult>(info).ok())
            && !place.servers.is_empty()
        {
            return Ok(place);
        }
        match self.admin::<RedirectInfo>(line, 3, &()).await? {
            Answer::Done(place) => Ok(place),
            Answer::Failed(_) => Err(Error::Remote(error)),
        }
    }

    fn elsewhere(&self, place: &RedirectInfoResult) -> Result<Target, Error> {
        let authority = (!place.ca_cert.is_empty()).then_some(place.ca_cert.as_str());
        let trust = tls::ways(authority, None).map_err(|cause| Error::Configuration {
            controller: self.name(),
            cause: format!("it sends on to a controller whose certificate cannot be used: {cause}"),
        })?;
        let addresses = place.servers.iter().flatten().map(address).collect();
        Ok(Target { addresses, trust: trust.into(), ..self.target.clone() })
    }

    fn refused(&self, error: RemoteError) -> Error {
        let (controller, user) = (self.name(), self.credential.user().to_owned());
        match error.code {
            Code::ModelNotFound => {
                let name = self.model_uuid.clone().unwrap_or_default();
                Error::ModelUnknown { controller, name, near: Vec::new() }
            }
            Code::Unauthorized if error.message == "permission denied" => Error::Remote(error),
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

    fn welcome(&self, result: LoginResult, target: Target) -> Result<Welcome, Error> {
        let controller = self.name();
        let user = result.user_info.unwrap_or_default();
        if result.discharge_required.is_some() || result.bakery_discharge_required.is_some() {
            return Err(Error::InteractiveLogin { controller, user: self.credential.user().to_owned() });
        }
        if result.server_version.split('.').next() != Some("3") {
            return Err(Error::ControllerVersion { controller, version: result.server_version });
        }
        Ok(Welcome {
            user_tag: user.identity,
            controller_access: user.controller_access,
            model_access: user.model_access,
            model_uuid: result.model_tag.strip_prefix("model-").map(str::to_owned),
            controller_uuid: result.controller_tag.trim_start_matches("controller-").to_owned(),
            facades: negotiate(&result.facades),
            server_version: result.server_version,
            mark: None,
            target,
        })
    }

    fn check_controller(&self, welcome: &Welcome) -> Result<(), Error> {
        match &self.controller_uuid {
            Some(uuid) if *uuid != welcome.controller_uuid => {
                Err(Error::WrongController { controller: self.name(), uuid: welcome.controller_uuid.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// For each facade the highest version that both sides speak.
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

fn address(place: &HostPort) -> Address {
    Address { host: place.value.clone(), port: place.port, prefix: String::new() }
}

fn addresses(place: &RedirectInfoResult) -> Vec<String> {
    place.servers.iter().flatten().map(|place| address(place).to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_common_version_is_chosen() {
        let offered = |name: &str, versions: &[u32]| FacadeVersions { name: name.into(), versions: versions.into() };
        let chosen = negotiate(&[offered("Pinger", &[1, 9]), offered("Unheard", &[1]), offered("Admin", &[4])]);
        assert_eq!(chosen, HashMap::from([("Pinger", 1)]));
    }
}
