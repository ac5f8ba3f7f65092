//! The files of the user's Juju client: controllers, accounts and models (`jujuclient/*.go`).

mod change;
mod document;
mod load;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Maximum time to wait for the lock, the same as in the client.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The directory of the Juju client's files.
#[derive(Debug, Clone)]
pub struct ClientFiles {
    directory: PathBuf,
    temporary: PathBuf,
    /// Directories below which files of the user may be sent to a controller; empty for the default.
    file_roots: Vec<PathBuf>,
}

impl ClientFiles {
    /// The files in `directory`; `temporary` is the directory of the client's lock.
    pub fn new(directory: impl Into<PathBuf>, temporary: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into(), temporary: temporary.into(), file_roots: Vec::new() }
    }

    /// The same with the only directories below which files of the user may be sent to a controller.
    #[must_use]
    pub fn with_file_roots(self, file_roots: Vec<PathBuf>) -> Self {
        Self { file_roots, ..self }
    }

    /// The directory of the files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The only directories below which files of the user may be sent to a controller; empty where the caller's default applies.
    #[must_use]
    pub fn file_roots(&self) -> &[PathBuf] {
        &self.file_roots
    }

    /// The client's default directory: `$JUJU_DATA`, else `$XDG_DATA_HOME/juju`, else `~/.local/share/juju`.
    #[must_use]
    pub fn default_directory(
        juju_data: Option<PathBuf>,
        xdg_data_home: Option<PathBuf>,
        home: Option<PathBuf>,
    ) -> Option<PathBuf> {
        let xdg_directory = || xdg_data_home.map(|data| data.join("juju"));
        let home_directory = || home.map(|home| home.join(".local/share/juju"));
        juju_data.or_else(xdg_directory).or_else(home_directory)
    }

    fn lock_path(&self) -> PathBuf {
        self.temporary.join(lock_name(&self.directory))
    }
}

/// Takes the client's lock without blocking the thread.
async fn lock(files: &ClientFiles) -> Result<File, ClientFilesError> {
    let path = files.lock_path();
    let begun = Instant::now();
    loop {
        if let Some(lock) = try_lock(&path)? {
            return Ok(lock);
        }
        if begun.elapsed() > LOCK_TIMEOUT {
            return Err(ClientFilesError::Locked { file: path, cause: io::ErrorKind::TimedOut.into() });
        }
        tokio::time::sleep(LOCK_RETRY_INTERVAL).await;
    }
}

/// Tries to take the client's lock over all its files (`jujuclient/file.go`, `juju/mutex`); dropping the file releases it.
fn try_lock(path: &Path) -> Result<Option<File>, ClientFilesError> {
    let open = File::options().create(true).write(true).truncate(false).open(path);
    let file = open.map_err(|cause| ClientFilesError::Locked { file: path.to_owned(), cause })?;
    Ok(file.try_lock().is_ok().then_some(file))
}

/// `juju-store-lock-` and the hexadecimal form of the first eight hexadecimal digits of the SHA-256 of the path of
/// controllers.yaml, as the client computes it.
fn lock_name(directory: &Path) -> String {
    use sha2::{Digest as _, Sha256};
    let digest = hex::encode(Sha256::digest(directory.join("controllers.yaml").as_os_str().as_encoded_bytes()));
    format!("juju-store-lock-{}", hex::encode(&digest[..8]))
}

impl ClientFilesError {
    /// What the user can do: one sentence that begins in lower case.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Empty { .. } => {
                "log in with `juju login` or `juju bootstrap`, or give the directory of a Juju client that is logged in"
            }
            Self::Unfit { .. } => "correct the file, or remove it and log in again with `juju login`",
            Self::Unreadable { .. } | Self::Unwritable { .. } => "check the path and its permissions",
            Self::Locked { .. } => "end the `juju` command that holds the lock, and try again",
        }
    }
}

/// An error of the client's files.
#[derive(Debug, thiserror::Error)]
pub enum ClientFilesError {
    /// The files contain no controller.
    #[error("the Juju client files in `{}` name no controller", .directory.display())]
    Empty {
        /// The directory of the files.
        directory: PathBuf,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`: {cause}", .file.display())]
    Unreadable {
        /// Path of the file.
        file: PathBuf,
        /// Error of the operating system.
        #[source]
        cause: io::Error,
    },
    /// A file does not have the client's format.
    #[error("`{}` is not what the Juju client writes: {cause}", .file.display())]
    Unfit {
        /// Path of the file.
        file: PathBuf,
        /// Position of the mismatch.
        #[source]
        cause: serde_yaml::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`: {cause}", .file.display())]
    Unwritable {
        /// Path of the file.
        file: PathBuf,
        /// Error of the operating system.
        #[source]
        cause: io::Error,
    },
    /// The client holds its lock, or the lock file cannot be created.
    #[error("cannot take the Juju client's lock `{}`: {cause}", .file.display())]
    Locked {
        /// Path of the lock file.
        file: PathBuf,
        /// Error of the operating system.
        #[source]
        cause: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_name_equals_that_of_juju_client() {
        let name = lock_name(Path::new("/srv/ana/juju"));
        assert_eq!(name.len(), "juju-store-lock-".len() + 16);
        assert!(
            name.starts_with("juju-store-lock-3") || name.starts_with("juju-store-lock-6"),
            "{name}: hexadecimal of a hexadecimal digit"
        );
    }

    #[test]
    fn default_directory_follows_order_of_juju_client() {
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(ClientFiles::default_directory(path("/j"), path("/x"), path("/h")), path("/j"));
        assert_eq!(ClientFiles::default_directory(None, path("/x"), path("/h")), path("/x/juju"));
        assert_eq!(ClientFiles::default_directory(None, None, path("/h")), path("/h/.local/share/juju"));
        assert_eq!(ClientFiles::default_directory(None, None, None), None);
    }
}
