//! The files of the user's own Juju client: which controllers it knows, and as whom (`jujuclient/*.go`).

mod change;
mod document;

use std::{
    collections::BTreeMap,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, de::DeserializeOwned};

use crate::{ControllerEndpoint, Controllers, Credential, Secret, Settings};

/// How long the client itself waits for its lock.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
const LOCK_RETRY: Duration = Duration::from_millis(20);

/// A directory of the Juju client's files.
#[derive(Debug, Clone)]
pub struct ClientFiles {
    directory: PathBuf,
    temporary: PathBuf,
}

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
    /// As the client does: the token of a log-in with a browser comes first.
    fn credential(self) -> Credential {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (given(self.session_token), given(self.password)) {
            (Some(token), _) => Credential::SessionToken { user: self.user, token: Secret::new(token) },
            (None, Some(password)) => Credential::Password { user: self.user, password: Secret::new(password) },
            (None, None) => Credential::Missing { user: given(Some(self.user)) },
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
    /// The files in `directory`; `temporary` is where the client keeps its lock.
    pub fn new(directory: impl Into<PathBuf>, temporary: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), temporary: temporary.into() }
    }

    /// Where the client keeps its files: `$JUJU_DATA`, else `$XDG_DATA_HOME/juju`, else `~/.local/share/juju`.
    #[must_use]
    pub fn default_directory(
        juju_data: Option<PathBuf>,
        xdg_data_home: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Option<PathBuf> {
        let shared = || xdg_data_home.map(|data| data.join("juju"));
        let own = || home.map(|home| home.join(".local/share/juju"));
        juju_data.or_else(shared).or_else(own)
    }

    /// All controllers that the client knows, with its own current ones as defaults. Read under the client's lock.
    ///
    /// # Errors
    /// [`ClientFilesError`], naming the file.
    pub fn controllers(&self, settings: Settings) -> Result<Controllers, ClientFilesError> {
        let lock = self.lock()?;
        let known: ControllersFile = self.read("controllers.yaml")?;
        let mut accounts: AccountsFile = self.read("accounts.yaml")?;
        let models: ModelsFile = self.read("models.yaml")?;
        drop(lock);
        if known.controllers.is_empty() {
            return Err(ClientFilesError::Empty { directory: self.directory.clone() });
        }
        let endpoint = |(name, entry): (String, ControllerEntry)| {
            let account = accounts.controllers.remove(&name).unwrap_or_default();
            let credential = account.credential();
            let given = |text: String| Some(text).filter(|text| !text.is_empty());
            ControllerEndpoint {
                name,
                uuid: given(entry.uuid),
                addresses: entry.api_endpoints,
                ca_certificate: given(entry.ca_cert),
                public_hostname: given(entry.public_hostname),
                credential,
            }
        };
        let endpoints = known.controllers.into_iter().map(endpoint).collect();
        let current = models.controllers.into_iter().filter_map(|(name, entry)| Some((name, entry.current_model?)));
        Ok(Controllers::new(endpoints, known.current_controller, settings).with_current_models(current.collect()))
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

    /// The client's own lock over all its files (`jujuclient/file.go`, `juju/mutex`).
    fn lock(&self) -> Result<File, ClientFilesError> {
        let file = self.temporary.join(lock_name(&self.directory));
        let failed = |cause| ClientFilesError::Locked { file: file.clone(), cause };
        let handle = File::options().create(true).write(true).truncate(false).open(&file).map_err(failed)?;
        let begun = Instant::now();
        while handle.try_lock().is_err() {
            if begun.elapsed() > LOCK_LIMIT {
                return Err(failed(io::ErrorKind::TimedOut.into()));
            }
            pause();
        }
        Ok(handle)
    }
}

#[expect(clippy::disallowed_methods, reason = "files are read once, before anything is served")]
fn pause() {
    std::thread::sleep(LOCK_RETRY);
}

/// `juju-store-lock-` and, in hexadecimal, the first eight digits of the SHA-256 of the path of controllers.yaml.
fn lock_name(directory: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = hex::encode(Sha256::digest(directory.join("controllers.yaml").as_os_str().as_encoded_bytes()));
    format!("juju-store-lock-{}", hex::encode(&digest[..8]))
}

/// Why the client's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClientFilesError {
    /// They name no controller.
    #[error("the Juju client files in `{}` name no controller", .directory.display())]
    Empty {
        /// Where they are.
        directory: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`: {cause}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// A file is not what the client writes.
    #[error("`{}` is not what the Juju client writes: {cause}", .file.display())]
    Unfit {
        /// The file.
        file: PathBuf,
        /// Where it does not fit.
        #[source]
        cause: serde_yaml::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {cause}", .file.display())]
    Unwritable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The client holds its lock, or the lock cannot be made.
    #[error("cannot take the Juju client's lock `{}`: {cause}", .file.display())]
    Locked {
        /// The lock.
        file: PathBuf,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

impl ControllerEndpoint {
    /// The controller that the environment describes, by the names that Juju's Terraform provider uses:
    /// `JUJU_CONTROLLER_ADDRESSES` (joined by commas), `JUJU_USERNAME` and `JUJU_PASSWORD` or `JUJU_CLIENT_ID` and
    /// `JUJU_CLIENT_SECRET`, `JUJU_CA_CERT` (PEM). None without addresses.
    #[must_use]
    pub fn from_environment(look_up: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let addresses = look_up("JUJU_CONTROLLER_ADDRESSES")?;
        let credential = match (look_up("JUJU_USERNAME"), look_up("JUJU_PASSWORD")) {
            (Some(user), Some(password)) => Credential::Password { user, password: Secret::new(password) },
            (user, _) => match (look_up("JUJU_CLIENT_ID"), look_up("JUJU_CLIENT_SECRET")) {
                (Some(id), Some(secret)) => Credential::ClientCredentials { id, secret: Secret::new(secret) },
                _ => Credential::Missing { user },
            },
        };
        Some(Self {
            name: "juju".to_owned(),
            uuid: None,
            addresses: addresses.split(',').map(|address| address.trim().to_owned()).collect(),
            ca_certificate: look_up("JUJU_CA_CERT"),
            public_hostname: None,
            credential,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_has_the_name_that_the_client_gives_it() {
        let name = lock_name(Path::new("/srv/ana/juju"));
        assert_eq!(name.len(), "juju-store-lock-".len() + 16);
        assert!(
            name.starts_with("juju-store-lock-3") || name.starts_with("juju-store-lock-6"),
            "{name}: hexadecimal of a hexadecimal digit"
        );
    }

    #[test]
    fn the_directory_is_found_in_the_clients_own_order() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(ClientFiles::default_directory(path("/j"), path("/x"), path("/h")), path("/j"));
        assert_eq!(ClientFiles::default_directory(None, path("/x"), path("/h")), path("/x/juju"));
        assert_eq!(ClientFiles::default_directory(None, None, path("/h")), path("/h/.local/share/juju"));
        assert_eq!(ClientFiles::default_directory(None, None, None), None);
    }

    #[test]
    fn an_account_is_logged_in_to_by_what_the_client_keeps() {
        let of = |text: &str| serde_yaml::from_str::<AccountEntry>(text).expect("an account").credential();
        let password = of("{user: admin, password: p, last-known-access: superuser}");
        assert_eq!(password, Credential::Password { user: "admin".to_owned(), password: "p".into() });
        let browser = of("{user: ana@example.com, access-token: t, last-known-access: login}");
        assert_eq!(browser, Credential::SessionToken { user: "ana@example.com".to_owned(), token: "t".into() });
        let macaroon = of("{user: bob, last-known-access: login}");
        assert_eq!(macaroon, Credential::Missing { user: Some("bob".to_owned()) });
    }

    #[test]
    fn the_environment_describes_a_controller_with_either_kind_of_credential() {
        let of = |pairs: &'static [(&str, &str)]| {
            ControllerEndpoint::from_environment(move |name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(of(&[("JUJU_USERNAME", "admin")]).is_none());
        let password =
            of(&[("JUJU_CONTROLLER_ADDRESSES", "a:1, b:2"), ("JUJU_USERNAME", "admin"), ("JUJU_PASSWORD", "p")])
                .expect("one");
        assert_eq!((password.addresses.len(), password.credential.user()), (2, "admin"));
        let client = of(&[("JUJU_CONTROLLER_ADDRESSES", "a:1"), ("JUJU_CLIENT_ID", "id"), ("JUJU_CLIENT_SECRET", "s")])
            .expect("one");
        assert!(matches!(client.credential, Credential::ClientCredentials { .. }));
        let none = of(&[("JUJU_CONTROLLER_ADDRESSES", "a:1")]).expect("one");
        assert!(matches!(none.credential, Credential::Missing { .. }));
    }
}
