//! The file with the keys of login tokens, and the tokens that they sign.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use http_server::LoginTokenKeySet;
use identity::{LoginTokenClaims, LoginTokenKeys};
use juju_client::{LOGIN_TOKEN_LIFETIME, LoginGrant, LoginTokens, Secret, SignLoginToken};
use tokio_util::sync::CancellationToken;

use crate::{config::Config, failure::Failure, state_dir::LOGIN_TOKEN_KEYS};

/// Interval at which a running server compares the age of the key with the configuration.
const ROTATION_INTERVAL: Duration = Duration::from_hours(1);
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

/// The keys of login tokens in a state directory. They are read for each use: a rotation by command needs no restart.
#[derive(Debug, Clone)]
pub(crate) struct LoginTokenFile(PathBuf);

/// Signs login tokens with the keys of a state directory.
struct FileSigner {
    file: LoginTokenFile,
    user_domain: String,
}

impl LoginTokenFile {
    pub(crate) fn in_directory(state: &Path) -> Self {
        Self(state.join(LOGIN_TOKEN_KEYS))
    }

    /// The keys; `None` before the first start of a server that needs them.
    pub(crate) fn read(&self) -> Result<Option<LoginTokenKeys>, Failure> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(Failure::file("read", &self.0, &cause)),
        };
        LoginTokenKeys::parse(&text).map(Some).map_err(|error| {
            Failure::usage(
                format!("`{}` cannot be used: {error}", self.0.display()),
                "restore it, or remove it: the server makes a new one, and controllers refuse it for up to 30 minutes",
            )
        })
    }

    /// The keys, made if there are none yet.
    pub(crate) fn read_or_create(&self) -> Result<LoginTokenKeys, Failure> {
        if let Some(keys) = self.read()? {
            return Ok(keys);
        }
        let keys = LoginTokenKeys::generate(now()).map_err(Failure::failed)?;
        self.write(&keys)?;
        Ok(keys)
    }

    pub(crate) fn write(&self, keys: &LoginTokenKeys) -> Result<(), Failure> {
        let written = private_file::replace(&self.0, keys.to_text().as_bytes());
        written.map_err(|cause| Failure::file("write", &self.0, &cause))
    }

    /// The public keys, for controllers.
    pub(crate) fn key_set(&self) -> LoginTokenKeySet {
        let file = self.clone();
        LoginTokenKeySet::new(move || match file.read() {
            Ok(keys) => keys.map(|keys| keys.jwks()),
            Err(error) => {
                tracing::error!(%error, "the keys of login tokens cannot be published");
                None
            }
        })
    }

    /// Replaces the key whenever it is older than `days`, until `stop` is cancelled.
    pub(crate) async fn rotate_by_age(self, days: u32, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.rotate_if_older(days) {
                tracing::error!(%error, "the key of login tokens cannot be replaced");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(ROTATION_INTERVAL) => {}
            }
        }
    }

    fn rotate_if_older(&self, days: u32) -> Result<(), Failure> {
        let mut keys = self.read_or_create()?;
        if keys.age(now()) < Duration::from_secs(u64::from(days).saturating_mul(SECONDS_PER_DAY)) {
            return Ok(());
        }
        keys.rotate(now()).map_err(Failure::failed)?;
        self.write(&keys)?;
        tracing::info!(?keys, "a new key of login tokens is published, and will sign after two hours");
        Ok(())
    }
}

impl SignLoginToken for FileSigner {
    fn sign(&self, grant: &LoginGrant) -> Result<Secret, String> {
        let keys = self.file.read().map_err(|failure| failure.to_string())?;
        let keys = keys.ok_or("the server has made no key yet")?;
        let claims = LoginTokenClaims {
            user: grant.user.clone(),
            controller_uuid: grant.controller_uuid.clone(),
            access: grant.access.clone(),
            lifetime: LOGIN_TOKEN_LIFETIME,
        };
        keys.sign(&claims, now()).map(Secret::new).map_err(|error| error.to_string())
    }

    fn user_domain(&self) -> &str {
        &self.user_domain
    }
}

/// The login tokens of a configuration, signed with the keys in `state`; `None` if callers log in to no controller as themselves.
pub(crate) fn login_tokens(config: &Config, state: &Path) -> Result<Option<LoginTokens>, Failure> {
    let controllers = config.controllers_as_caller();
    if controllers.is_empty() {
        return Ok(None);
    }
    let signer = FileSigner { file: LoginTokenFile::in_directory(state), user_domain: config.user_domain()? };
    Ok(Some(LoginTokens::new(Arc::new(signer), controllers)))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(Utc::now().timestamp()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn key_file_is_private_and_rotates_by_age_only() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-login-tokens-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = LoginTokenFile::in_directory(&folder);
        assert!(file.read().expect("readable").is_none());
        let first = file.read_or_create().expect("made").jwks();
        assert_eq!(file.read_or_create().expect("unchanged").jwks(), first);
        let mode = std::fs::metadata(&file.0).expect("it exists").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        file.rotate_if_older(1).expect("young");
        assert_eq!(file.read().expect("readable").expect("keys").jwks(), first);
        file.rotate_if_older(0).expect("old");
        let keys = file.read().expect("readable").expect("keys");
        assert_eq!(keys.status(now()).len(), 2);
        std::fs::write(&file.0, "[]").expect("written");
        let problem = file.read().map(|_| ()).expect_err("no keys");
        assert!(problem.remedy().is_some_and(|remedy| remedy.contains("restore it")), "{problem}");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
