//! Reads the controllers, accounts and current models of the Juju client.

use std::{collections::BTreeMap, io};

use futures::FutureExt;
use serde::{Deserialize, de::DeserializeOwned};

use super::{ClientFiles, ClientFilesError, lock};
use crate::{
    ControllerEndpoint, Controllers, ControllersReader, Credential, Error, KnownControllers, Secret, Settings,
};

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
    /// Reads all controllers of the client, with its current controller and models as defaults.
    ///
    /// # Errors
    /// [`ClientFilesError`] with the path of the file.
    pub async fn controllers(&self, settings: Settings) -> Result<Controllers, ClientFilesError> {
        let known = self.known_controllers().await?;
        Ok(Controllers::from_known(known, settings).with_reader(self.reader()))
    }

    /// The same for a program that starts without usable files too: the error of the files is the error of every controller,
    /// until the files can be read.
    pub async fn controllers_when_readable(&self, settings: Settings) -> Controllers {
        let controllers = match self.known_controllers().await {
            Ok(known) => Controllers::from_known(known, settings),
            Err(error) => Controllers::unreadable(unreadable(&error), settings),
        };
        controllers.with_reader(self.reader())
    }

    fn reader(&self) -> ControllersReader {
        let files = self.clone();
        ControllersReader::new(move || {
            let files = files.clone();
            async move { files.known_controllers().await.map_err(|error| unreadable(&error)) }.boxed()
        })
    }

    /// Reads the three files under the client's lock.
    async fn known_controllers(&self) -> Result<KnownControllers, ClientFilesError> {
        if !self.directory.is_dir() {
            return Err(ClientFilesError::Empty { directory: self.directory.clone() });
        }
        let lock = lock(self).await?;
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
        Ok(KnownControllers { endpoints, default: file.current_controller, current_models: current.collect() })
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

fn unreadable(error: &ClientFilesError) -> Error {
    Error::NoControllers { problem: error.to_string(), remedy: error.remedy().to_owned() }
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
