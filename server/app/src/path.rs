//! Paths in messages.

use std::path::{Path, PathBuf};

/// The absolute path of a file: a message that names it is clear in a log, where the working directory is unknown.
pub(crate) fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
