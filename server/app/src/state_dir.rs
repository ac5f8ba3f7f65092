//! The state directory. One process uses it at a time, because the ledger in it is one chain.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Maximum number of stdio processes of one user, each started by another assistant.
const MAX_STDIO_INSTANCES: u32 = 64;

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
        std::fs::create_dir_all(directory).map_err(|cause| failed("create the state directory", cause))?;
        let lock = File::options().create(true).append(true).open(directory.join("lock"));
        let lock = lock.map_err(|cause| failed("write in the state directory", cause))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { directory: directory.to_owned(), _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(failed("lock the state directory", cause)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
