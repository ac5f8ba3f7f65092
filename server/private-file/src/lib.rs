//! Files that only their owner may read, whatever the umask, and that are replaced whole or not at all. Every file that the program
//! writes, except the store, is written here.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Mode of a private file.
pub const PRIVATE_FILE_MODE: u32 = 0o600;
/// Mode of a private directory.
pub const PRIVATE_DIRECTORY_MODE: u32 = 0o700;

/// Creates a private directory and its parents, if they do not exist.
///
/// # Errors
/// The error of the operating system.
pub fn create_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(PRIVATE_DIRECTORY_MODE).create(directory)
}

/// Creates a private file; a file or link that exists is an error, because another user may have prepared it.
///
/// # Errors
/// The error of the operating system.
pub fn create(file: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(PRIVATE_FILE_MODE).open(file)
}

/// Writes a private file under an unpredictable name beside its target, and returns that name. The disk has its content.
///
/// # Errors
/// The error of the operating system; then the part does not exist.
pub fn write_part(target: &Path, content: &[u8]) -> io::Result<PathBuf> {
    write_part_with(target, |handle| handle.write_all(content))
}

/// Replaces a file by a private one with this content. A reader, and a start after a power cut or a full disk, finds the old content or
/// the new one, never a part.
///
/// # Errors
/// The error of the operating system; then the old file is unchanged.
pub fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let part = write_part(file, content)?;
    remove_on_error(&part, std::fs::rename(&part, file))?;
    sync_directory(file)
}

fn write_part_with(target: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let part = target.with_extension(format!("part-{:016x}", u64::from_be_bytes(random)));
    let mut handle = create(&part)?;
    remove_on_error(&part, write(&mut handle).and_then(|()| handle.flush()).and_then(|()| handle.sync_all()))?;
    Ok(part)
}

/// Removes the part where its content is incomplete; the first error is the one to report.
fn remove_on_error(part: &Path, result: io::Result<()>) -> io::Result<()> {
    if result.is_err() {
        let _ = std::fs::remove_file(part);
    }
    result
}

/// Makes a rename durable. Some file systems cannot synchronize a directory; they need not.
fn sync_directory(file: &Path) -> io::Result<()> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(parent).and_then(|directory| directory.sync_all()) {
        Err(cause) if matches!(cause.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("juju-mcp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    #[test]
    fn private_file_replaces_a_link_without_following_it() {
        let folder = folder("private");
        let (other, link) = (folder.join("other"), folder.join("ready.json"));
        std::fs::write(&other, "of another owner").expect("written");
        std::os::unix::fs::symlink(&other, &link).expect("a link");
        assert!(create(&link).is_err(), "an existing link is never opened");
        replace(&link, b"token").expect("replaced");
        assert_eq!(std::fs::read_to_string(&other).expect("read"), "of another owner");
        let metadata = std::fs::symlink_metadata(&link).expect("a file");
        assert!(metadata.is_file());
        assert_eq!(metadata.permissions().mode() & 0o777, PRIVATE_FILE_MODE);
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn failed_write_leaves_the_old_file_and_no_part() {
        let folder = folder("full");
        let file = folder.join("checkpoint.json");
        replace(&file, b"old").expect("written");
        let failed = write_part_with(&file, |handle| {
            handle.write_all(b"ne")?;
            Err(io::Error::from(ErrorKind::StorageFull))
        });
        assert_eq!(failed.expect_err("the disk is full").kind(), ErrorKind::StorageFull);
        let directory = folder.join("directory.json");
        std::fs::create_dir_all(directory.join("not empty")).expect("a folder");
        assert!(replace(&directory, b"new").is_err(), "a directory is not replaced");
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).expect("read").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        assert_eq!(names, ["checkpoint.json", "directory.json"]);
        assert_eq!(std::fs::read(&file).expect("read"), b"old");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
