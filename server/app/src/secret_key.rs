//! Keys of this server: generated once, stored in the state directory, readable by their owner only.

use std::{
    fs::File,
    io::{ErrorKind, Read as _},
    path::Path,
};

use private_file::write_part;

use crate::failure::Failure;

/// The key of this name in the state directory; generated from the randomness of the operating system if it does not exist.
pub(crate) fn secret_key(state: &Path, name: &str) -> Result<[u8; 32], Failure> {
    match existing_key(state, name)? {
        Some(key) => Ok(key),
        None => generate(&state.join(name)),
    }
}

/// The key of this name in the state directory, if there is one.
pub(crate) fn existing_key(state: &Path, name: &str) -> Result<Option<[u8; 32]>, Failure> {
    let file = state.join(name);
    match File::open(&file) {
        Ok(handle) => read(handle, &file).map(Some),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Failure::file("read", &file, &cause)),
    }
}

fn read(mut handle: File, file: &Path) -> Result<[u8; 32], Failure> {
    let mut bytes = Vec::new();
    handle.read_to_end(&mut bytes).map_err(|cause| Failure::file("read", file, &cause))?;
    bytes.try_into().map_err(|_| {
        Failure::usage(
            format!("`{}` is not a key of 32 bytes", file.display()),
            "restore the original key; without it, everything that it sealed or signed is invalid",
        )
    })
}

/// Replaces the key of this name.
pub(crate) fn replace_key(state: &Path, name: &str, key: &[u8; 32]) -> Result<(), Failure> {
    let file = state.join(name);
    private_file::replace(&file, key).map_err(|cause| Failure::file("write", &file, &cause))
}

/// Generates a key. Written under another name and linked, so that two concurrent processes get the same complete key.
fn generate(file: &Path) -> Result<[u8; 32], Failure> {
    let failed = |cause: std::io::Error| Failure::file("write", file, &cause);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(Failure::failed)?;
    let part = write_part(file, &key).map_err(failed)?;
    let linked = std::fs::hard_link(&part, file);
    std::fs::remove_file(&part).map_err(failed)?;
    match linked {
        Ok(()) => Ok(key),
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => read(File::open(file).map_err(failed)?, file),
        Err(cause) => Err(failed(cause)),
    }
}
