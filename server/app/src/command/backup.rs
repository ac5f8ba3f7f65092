//! `juju-mcp backup`: copies ledger, approval requests and keys into one file, and restores them.

use std::{
    fs::DirBuilder,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use audit::{LatestCheckpoint, Signer};
use chrono::Utc;
use store::{BackupFile, Store};

use crate::{
    cli::Backup,
    failure::Failure,
    state_dir::{CHECKPOINT_FILE, LEDGER_KEY, LOGIN_TOKEN_KEYS, SEAL, STORE, StateDir, remove_file},
};

/// Files of the state directory in a backup beside the store. The checkpoint is read before the store, so that the copy of
/// the ledger contains it.
const FILES: [&str; 4] = [CHECKPOINT_FILE, LEDGER_KEY, LOGIN_TOKEN_KEYS, SEAL];
/// Name of the store while it is restored.
const UNVERIFIED_STORE: &str = "juju-mcp.sqlite.part-restore";

pub(super) async fn run(command: Backup) -> Result<ExitCode, Failure> {
    match command {
        Backup::Create { file, state } => create(&file, &state.state_dir).await,
        Backup::Restore { file, state, replace } => restore(&file, &state.state_dir, replace).await,
    }
}

async fn create(file: &Path, state: &Path) -> Result<ExitCode, Failure> {
    if file.exists() {
        return Err(Failure::usage(format!("`{}` exists", file.display()), "give the name of a new file"));
    }
    let read = |name: &&str| match std::fs::read(state.join(name)) {
        Ok(content) => Some(Ok(BackupFile { name: (*name).to_owned(), content })),
        Err(cause) if cause.kind() == ErrorKind::NotFound => None,
        Err(cause) => Some(Err(Failure::file("read", &state.join(name), &cause))),
    };
    let files = FILES.iter().filter_map(read).collect::<Result<Vec<_>, Failure>>()?;
    let remedy = "give the server's state directory with `--state-dir DIR`";
    let store = Store::open_read_only(&state.join(STORE)).await.map_err(|error| Failure::usage(error, remedy))?;
    if let Err(error) = store.back_up(file, &files).await {
        // an incomplete backup must not look like one
        let _ = std::fs::remove_file(file);
        return Err(error.into());
    }
    println!("`{}` was written; it contains the keys of the server, so keep it secret", file.display());
    Ok(ExitCode::SUCCESS)
}

async fn restore(file: &Path, state: &Path, replace: bool) -> Result<ExitCode, Failure> {
    let locked = StateDir::lock(state)?;
    let directory = &locked.directory;
    if directory.join(STORE).exists() && !replace {
        return Err(Failure::usage(
            format!("the state directory `{}` is in use by a ledger", directory.display()),
            "give an empty directory with `--state-dir DIR`, or `--replace` to move the existing state aside",
        ));
    }
    let unverified = directory.join(UNVERIFIED_STORE);
    remove_file(&unverified)?;
    let restored = restore_verified(file, directory, &unverified).await;
    if restored.is_err() {
        remove_file(&unverified)?;
    }
    println!("{}", restored?);
    Ok(ExitCode::SUCCESS)
}

/// Unpacks the backup beside the existing state, verifies its ledger, and replaces the state. Returns a summary.
async fn restore_verified(file: &Path, directory: &Path, unverified: &Path) -> Result<String, Failure> {
    let files = Store::unpack_backup(file, unverified).await?;
    if let Some(unknown) = files.iter().find(|file| !FILES.contains(&file.name.as_str())) {
        return Err(Failure::usage(
            format!("the backup contains the unknown file `{}`", unknown.name),
            "restore it with the program that wrote it, or a newer one",
        ));
    }
    let records = verify(&files, unverified).await?;
    let aside = set_aside(directory)?;
    for file in &files {
        let target = directory.join(&file.name);
        private_file::replace(&target, &file.content).map_err(|cause| Failure::file("write", &target, &cause))?;
    }
    let target = directory.join(STORE);
    std::fs::rename(unverified, &target).map_err(|cause| Failure::file("write", &target, &cause))?;
    let replaced = aside.map(|folder| format!("; the previous state is in `{}`", folder.display())).unwrap_or_default();
    Ok(format!("{records} records of the ledger are valid and restored{replaced}"))
}

/// Verifies the ledger of a backup with the key and the checkpoint in it; returns the number of records.
async fn verify(files: &[BackupFile], store: &Path) -> Result<i64, Failure> {
    let content = |name: &str| files.iter().find(|file| file.name == name).map(|file| file.content.as_slice());
    let invalid = |problem: String| Failure::usage(problem, "restore another backup; nothing was changed");
    let key: Option<[u8; 32]> = content(LEDGER_KEY).and_then(|key| key.try_into().ok());
    let key = key.ok_or_else(|| invalid("the backup lacks the key of the ledger".to_owned()))?;
    let keys = [Signer::new(&key).public_key().clone()];
    let checkpoint = content(CHECKPOINT_FILE).map(|text| {
        let checkpoint = LatestCheckpoint::parse(&String::from_utf8_lossy(text), Some(&keys));
        checkpoint.ok_or_else(|| invalid("the checkpoint in the backup has no valid signature".to_owned()))
    });
    let checkpoint = checkpoint.transpose()?;
    let store = Store::open_read_only(store).await?;
    let verified = audit::verify(&store, &keys, checkpoint.as_ref()).await;
    store.close().await;
    verified
        .map(|verified| verified.records)
        .map_err(|error| invalid(format!("the ledger in the backup is invalid: {error}")))
}

/// Moves the existing state into a folder of its own. Returns the folder, or `None` if there was no state.
fn set_aside(directory: &Path) -> Result<Option<PathBuf>, Failure> {
    let journals = ["-wal", "-shm"].map(|suffix| format!("{STORE}{suffix}"));
    let names = FILES.into_iter().chain([STORE]).chain(journals.iter().map(String::as_str));
    let existing: Vec<_> = names.filter(|name| directory.join(name).exists()).collect();
    if existing.is_empty() {
        return Ok(None);
    }
    let folder = directory.join(format!("replaced-{}", Utc::now().format("%Y%m%dT%H%M%S%.3fZ")));
    let failed = |cause: std::io::Error| Failure::file("move the existing state to", &folder, &cause);
    DirBuilder::new().mode(private_file::PRIVATE_DIRECTORY_MODE).create(&folder).map_err(failed)?;
    for name in existing {
        std::fs::rename(directory.join(name), folder.join(name)).map_err(failed)?;
    }
    Ok(Some(folder))
}
