//! The state directory: one program at a time, because the ledger in it is one chain.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// So many programs of one user, each started by an assistant of its own, find a directory.
const MANY: u32 = 64;

/// A state directory that no other program uses while this stands.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) directory: PathBuf,
    _lock: File,
}

impl State {
    /// Takes a directory, makes it where there is none.
    pub(crate) fn take(directory: &Path) -> Result<Self, Failure> {
        Self::try_take(directory)?.ok_or_else(|| {
            Failure::usage(
                format!("another juju-mcp uses the state directory `{}`", directory.display()),
                "end it, or give each its own with `--state DIR`",
            )
        })
    }

    /// Takes a directory, or the first of those numbered below it that is free.
    pub(crate) fn take_free(directory: &Path) -> Result<Self, Failure> {
        if let Some(taken) = Self::try_take(directory)? {
            return Ok(taken);
        }
        for number in 2..MANY {
            if let Some(taken) = Self::try_take(&directory.join(number.to_string()))? {
                return Ok(taken);
            }
        }
        Self::take(directory)
    }

    fn try_take(directory: &Path) -> Result<Option<Self>, Failure> {
        let failed = |doing, cause: std::io::Error| Failure::file(doing, directory, &cause);
        std::fs::create_dir_all(directory).map_err(|cause| failed("make the state directory", cause))?;
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
    fn a_directory_is_taken_once_and_free_again_afterwards() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-state-{}", std::process::id()));
        let first = State::take(&folder).expect("free");
        assert!(State::take(&folder).is_err());
        let second = State::take_free(&folder).expect("another");
        assert_eq!(second.directory, folder.join("2"));
        drop(first);
        assert!(State::take(&folder).is_ok());
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
