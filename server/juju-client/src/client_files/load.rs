//! Reads the controllers, accounts and current models of the Juju client.

use std::{collections::BTreeMap, io, time::Instant};

use serde::{Deserialize, de::DeserializeOwned};

use super::{ClientFiles, ClientFilesError, LOCK_RETRY_INTERVAL, LOCK_TIMEOUT, try_lock};
use crate::{ControllerEndpoint, Controllers, Credential, Secret, Settings};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ControllersFile {
    controllers: BTreeMap<String, ControllerEntry>,
    current_controller: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ControllerEntry {
    uuid: String,
    api_endpoints: Vec<String>,
    ca_cert: String,
    public_hostname: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AccountsFile {
    controllers: BTreeMap<String, AccountEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AccountEntry {
    user: String,
    password: Option<String>,
    #[serde(rename = "access-token")]
    session_token: Option<String>,
}

impl AccountEntry {
    /// Prefers the session token of a log-in with a browser, as the client does.
    fn credential(self) -> Credential {
        let non_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (non_empty(self.session_token), non_empty(self.password)) {
            (Some(token), _) => Credential::SessionToken { user: self.user, token: Secret::new(token) },
            (None, Some(password)) => Credential::Password { user: self.user, password: Secret::new(password) },
            (None, None) => Credential::Missing { user: non_empty(Some(self.user)) },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ModelsFile {
    controllers: BTreeMap<String, ModelsEntry>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct ModelsEntry {
    current_model: Option<String>,
}

impl ClientFiles {
    /// Reads all controllers of the client, with its current controller and models as defaults, under the client's lock.
    ///
    /// # Errors
    /// [`ClientFilesError`] with the path of the file.
    pub fn controllers(&self, settings: Settings) -> Result<Controllers, ClientFilesError> {
        let lock = lock_blocking(self)?;
        let file: ControllersFile = self.read("controllers.yaml")?;
        let mut accounts: AccountsFile = self.read("accounts.yaml")?;
        let models: ModelsFile = self.read("models.yaml")?;
        drop(lock);
        if file.controllers.is_empty() {
            return Err(ClientFilesError::Empty { directory: self.directory.clone() });
        }
        let endpoint = |(name, entry): (String, ControllerEntry)| {
            let account = accounts.controllers.remove(&name).unwrap_or_default();
            let credential = account.credential();
            let non_empty = |text: String| Some(text).filter(|text| !text.is_empty());
            ControllerEndpoint {
                name,
                uuid: non_empty(entry.uuid),
                addresses: entry.api_endpoints,
                ca_certificate: non_empty(entry.ca_cert),
                public_hostname: non_empty(entry.public_hostname),
                credential,
            }
        };
        let endpoints = file.controllers.into_iter().map(endpoint).collect();
        let current = models.controllers.into_iter().filter_map(|(name, entry)| Some((name, entry.current_model?)));
        Ok(Controllers::new(endpoints, file.current_controller, settings).with_current_models(current.collect()))
    }

    fn read<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, ClientFilesError> {
        let file = self.directory.join(name);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            Err(cause) => return Err(ClientFilesError::Unreadable { file, cause }),
        };
        serde_yaml::from_str(&text).map_err(|cause| ClientFilesError::Unfit { file, cause })
    }
}

/// Like [`super::lock`], for code that runs before the async runtime serves anything.
fn lock_blocking(files: &ClientFiles) -> Result<std::fs::File, ClientFilesError> {
    let path = files.lock_path();
    let begun = Instant::now();
    loop {
        if let Some(lock) = try_lock(&path)? {
            return Ok(lock);
        }
        if begun.elapsed() > LOCK_TIMEOUT {
            return Err(ClientFilesError::Locked { file: path, cause: io::ErrorKind::TimedOut.into() });
        }
        sleep(LOCK_RETRY_INTERVAL);
    }
}

#[expect(clippy::disallowed_methods, reason = "the server reads the files once, before it serves anything")]
fn sleep(interval: std::time::Duration) {
    std::thread::sleep(interval);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_entry_yields_its_kind_of_credential() {
        let credential = |text: &str| serde_yaml::from_str::<AccountEntry>(text).expect("an account").credential();
        let password = credential("{user: admin, password: p, last-known-access: superuser}");
        assert_eq!(password, Credential::Password { user: "admin".to_owned(), password: "p".into() });
        let browser = credential("{user: ana@example.com, access-token: t, last-known-access: login}");
        assert_eq!(browser, Credential::SessionToken { user: "ana@example.com".to_owned(), token: "t".into() });
        let macaroon = credential("{user: bob, last-known-access: login}");
        assert_eq!(macaroon, Credential::Missing { user: Some("bob".to_owned()) });
    }
}
