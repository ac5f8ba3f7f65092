//! The state directory. One process uses it at a time, because the ledger in it is one chain. Only its owner may read it.

use std::{
    fs::{DirBuilder, File, Permissions, TryLockError},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use private_file::{PRIVATE_DIRECTORY_MODE, PRIVATE_FILE_MODE};

use crate::failure::Failure;

/// File of the store in a state directory.
pub(crate) const STORE: &str = "juju-mcp.sqlite";

/// File of the key that seals the request states of input-required results.
pub(crate) const SEAL: &str = "request-state.key";

/// File of the key that signs the ledger's checkpoints.
pub(crate) const LEDGER_KEY: &str = "ledger.key";

/// File of the keys that sign login tokens.
pub(crate) const LOGIN_TOKEN_KEYS: &str = "login-tokens.key";

/// File of the ledger's latest checkpoint.
pub(crate) const CHECKPOINT_FILE: &str = "ledger-checkpoint.json";

/// Name of the lock in a state directory.
const LOCK: &str = "lock";
/// Mode bits of other users and of the group.
const SHARED_BITS: u32 = 0o077;
/// Mode bits of a directory in which every user may create files: `/tmp` has both.
const PUBLIC_BITS: u32 = 0o1002;

/// Maximum number of stdio processes of one user, each started by another assistant.
const MAX_STDIO_INSTANCES: u32 = 64;

/// The directories with a ledger: the state directory itself, and its numbered sub-directories, in which further stdio processes of a
/// user record.
pub(crate) fn ledger_directories(state: &Path) -> Result<Vec<PathBuf>, Failure> {
    let numbered = (2..MAX_STDIO_INSTANCES).map(|number| state.join(number.to_string()));
    let all: Vec<_> =
        std::iter::once(state.to_owned()).chain(numbered).filter(|directory| directory.join(STORE).exists()).collect();
    if all.is_empty() {
        let problem = if state.is_dir() {
            format!("there is no ledger in `{}`: it has no file `{STORE}` that you may read", state.display())
        } else {
            format!("there is no directory `{}` that you may read", state.display())
        };
        return Err(Failure::usage(
            problem,
            "give the state directory of the server with `--state-dir DIR` and run this as its user; that of `stdio` is `~/.local/share/juju/juju-mcp`",
        ));
    }
    Ok(all)
}

/// Removes a file; one that does not exist is no error.
pub(crate) fn remove_file(file: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(file) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err(Failure::file("remove", file, &cause)),
        _ => Ok(()),
    }
}

/// A locked state directory. Other processes cannot use it until this value is dropped.
#[derive(Debug)]
pub(crate) struct StateDir {
    pub(crate) directory: PathBuf,
    _lock: File,
}

impl StateDir {
    /// Locks a directory; creates it if necessary.
    pub(crate) fn lock(directory: &Path) -> Result<Self, Failure> {
        Self::try_lock(directory)?.ok_or_else(|| {
            Failure::usage(
                format!("another juju-mcp uses the state directory `{}`", directory.display()),
                "stop it, or use another directory with `--state-dir DIR`",
            )
        })
    }

    /// Locks a directory, or the first free one of its numbered sub-directories.
    pub(crate) fn lock_first_free(directory: &Path) -> Result<Self, Failure> {
        if let Some(locked) = Self::try_lock(directory)? {
            return Ok(locked);
        }
        for number in 2..MAX_STDIO_INSTANCES {
            if let Some(locked) = Self::try_lock(&directory.join(number.to_string()))? {
                return Ok(locked);
            }
        }
        Self::lock(directory)
    }

    fn try_lock(directory: &Path) -> Result<Option<Self>, Failure> {
        let failed = |doing, cause: std::io::Error| Failure::file(doing, directory, &cause);
        let created = DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY_MODE).create(directory);
        created.map_err(|cause| failed("create the state directory", cause))?;
        restrict_directory(directory)?;
        restrict_files(directory).map_err(|cause| failed("restrict the files of the state directory", cause))?;
        let lock = File::options().create(true).append(true).mode(PRIVATE_FILE_MODE).open(directory.join(LOCK));
        let lock = lock.map_err(|cause| failed("write in the state directory", cause))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { directory: directory.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(failed("lock the state directory", cause)),
        }
    }
}

/// Takes the access of other users from an existing directory. Refuses a public directory; in a directory of another owner, such
/// as a mounted volume, the files alone are private.
fn restrict_directory(directory: &Path) -> Result<(), Failure> {
    let failed = |cause: io::Error| Failure::file("inspect the state directory", directory, &cause);
    let mode = std::fs::metadata(directory).map_err(failed)?.permissions().mode();
    if mode & SHARED_BITS == 0 {
        return Ok(());
    }
    let public = || {
        Failure::usage(
            format!("every user may write in the state directory `{}`", directory.display()),
            "use a directory of its own, which the server creates with mode 0700, with `--state-dir DIR`",
        )
    };
    if mode & PUBLIC_BITS == PUBLIC_BITS {
        return Err(public());
    }
    match std::fs::set_permissions(directory, Permissions::from_mode(PRIVATE_DIRECTORY_MODE)) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied && mode & PUBLIC_BITS == 0 => {
            tracing::warn!(directory = %directory.display(), mode = %format!("{:o}", mode & 0o7777),
                "the state directory has another owner, so other users can list the names of its files");
            Ok(())
        }
        Err(cause) if cause.kind() == ErrorKind::PermissionDenied => Err(public()),
        Err(cause) => Err(failed(cause)),
    }
}

/// Takes the access of other users from the files that an earlier program or umask left readable.
fn restrict_files(directory: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name();
        if metadata.is_file()
            && name.to_str().is_some_and(is_state_file)
            && metadata.permissions().mode() & SHARED_BITS != 0
        {
            std::fs::set_permissions(entry.path(), Permissions::from_mode(PRIVATE_FILE_MODE))?;
        }
    }
    Ok(())
}

/// Whether this program writes a file of this name: lock, store with its journals, checkpoint, keys, tokens.
fn is_state_file(name: &str) -> bool {
    let stem = CHECKPOINT_FILE.trim_end_matches(".json");
    name == LOCK
        || name.starts_with(STORE)
        || name.starts_with(stem)
        || [".key", ".token"].iter().any(|end| name.ends_with(end))
        || name.contains(".part-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_state_dir_is_tightened_and_a_public_one_refused() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-modes-{}", std::process::id()));
        let mode = |path: &Path| std::fs::metadata(path).expect("it exists").permissions().mode() & 0o7777;
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::set_permissions(&folder, Permissions::from_mode(0o755)).expect("set");
        for name in [LOCK, STORE, "juju-mcp.sqlite-wal", CHECKPOINT_FILE, "ledger.key", "foreign.txt"] {
            std::fs::write(folder.join(name), "").expect("written");
            std::fs::set_permissions(folder.join(name), Permissions::from_mode(0o644)).expect("set");
        }
        drop(StateDir::lock(&folder).expect("tightened"));
        assert_eq!(mode(&folder), 0o700);
        for name in [LOCK, STORE, "juju-mcp.sqlite-wal", CHECKPOINT_FILE, "ledger.key"] {
            assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(&folder.join("foreign.txt")), 0o644, "the directory protects files of others");
        std::fs::set_permissions(&folder, Permissions::from_mode(0o1777)).expect("set");
        let refused = StateDir::lock(&folder).expect_err("public").to_string();
        assert!(refused.contains("every user may write"), "{refused}");
        assert_eq!(mode(&folder), 0o1777, "a public directory keeps its mode");
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn state_dir_is_locked_until_dropped() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-state-{}", std::process::id()));
        let first = StateDir::lock(&folder).expect("free");
        assert!(StateDir::lock(&folder).is_err());
        let second = StateDir::lock_first_free(&folder).expect("another");
        assert_eq!(second.directory, folder.join("2"));
        drop(first);
        assert!(StateDir::lock(&folder).is_ok());
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
