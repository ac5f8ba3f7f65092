//! Files that only their owner may read, whatever the umask.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// Mode of a private file.
pub(crate) const PRIVATE_FILE_MODE: u32 = 0o600;
/// Mode of a private directory.
pub(crate) const PRIVATE_DIRECTORY_MODE: u32 = 0o700;

/// Creates a private directory and its parents, if they do not exist.
pub(crate) fn create_private_dir(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY_MODE).create(directory)
}

/// Creates a private file; a file or link that exists is an error, because another user may have prepared it.
pub(crate) fn create_private(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE_MODE).open(file)
}

/// Removes a file; one that does not exist is no error.
pub(crate) fn remove_file(file: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(file) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(Failure::file("remove", file, &cause)),
        _ => Ok(()),
    }
}

/// Writes a private file under an unpredictable name beside its target, and returns that name.
pub(crate) fn write_part(target: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let part = target.with_extension(format!("part-{:016x}", u64::from_be_bytes(random)));
    let mut handle = create_private(&part)?;
    match handle.write_all(content).and_then(|()| handle.sync_all()) {
        Ok(()) => Ok(part),
        Err(cause) => {
            // the first error is the one to report
            let _ = std::fs::remove_file(&part);
            Err(cause)
        }
    }
}

/// Replaces a file by a private one with this content. A reader finds all of it or nothing.
pub(crate) fn replace_private(file: &Path, content: &[u8]) -> io::Result<()> {
    std::fs::rename(write_part(file, content)?, file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn private_file_replaces_a_link_without_following_it() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-private-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (other, link) = (folder.join("other"), folder.join("ready.json"));
        std::fs::write(&other, "of another owner").expect("written");
        std::os::unix::fs::symlink(&other, &link).expect("a link");
        assert!(create_private(&link).is_err(), "an existing link is never opened");
        replace_private(&link, b"token").expect("replaced");
        assert_eq!(std::fs::read_to_string(&other).expect("read"), "of another owner");
        let metadata = std::fs::symlink_metadata(&link).expect("a file");
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, PRIVATE_FILE_MODE);
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
