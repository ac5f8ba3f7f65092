//! `juju-mcp audit`: verifies and exports the ledger, also while the server runs; changes its key and repairs its checkpoint file.

use std::{
    fs::File,
    io::{BufReader, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::audit::{
    Error, LatestCheckpoint, LedgerConfig, PublicKey, Retention, Signer, Verified, rebuild_checkpoint_file, rotate_key,
    verify_checkpoints,
};
use store::Store;
use tokio::time::{Duration, Instant, sleep};

use super::{audit_list, ledger_store::open};
use crate::{
    cli::{Audit, Export, RebuildCheckpoint, Verify},
    failure::Failure,
    secret_key::{existing_key, replace_key},
    state_dir::{CHECKPOINT_FILE, LEDGER_KEY, STORE, StateDir, ledger_directories},
    wiring::ledger_key,
};

/// A running server writes the file of its first checkpoint within this time after the signature.
const FIRST_CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(command: Audit) -> Result<ExitCode, Failure> {
    match command {
        Audit::Verify(arguments) => match &arguments.file {
            Some(file) => verify_export(file, &keys(&arguments, &arguments.state.state_dir)?),
            None => verify_all(&arguments).await,
        },
        Audit::List(arguments) => audit_list::run(arguments).await,
        Audit::RotateKey(state) => rotate(&state.state_dir).await,
        Audit::RebuildCheckpoint(arguments) => rebuild(&arguments).await,
        Audit::Export(arguments) => export(arguments).await,
        Audit::PublicKey(state) => {
            print!("{}", own_key(&state.state_dir)?.pem());
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Verifies the ledger of a state directory, and those of further stdio processes in its numbered sub-directories.
async fn verify_all(arguments: &Verify) -> Result<ExitCode, Failure> {
    let directories = ledger_directories(&arguments.state.state_dir)?;
    let mut code = ExitCode::SUCCESS;
    for directory in &directories {
        if directories.len() > 1 {
            print!("{}: ", directory.display());
        }
        // checkpoints from elsewhere belong to the ledger of the directory that was given
        let elsewhere: &[PathBuf] = if *directory == arguments.state.state_dir { &arguments.checkpoint } else { &[] };
        match verify(directory, &keys(arguments, directory)?, elsewhere).await? {
            Ok(verified) => println!("{}", summary(&verified)),
            Err(problem) => code = changed(problem),
        }
    }
    Ok(code)
}

/// Verifies one ledger; the inner error is the sentence about a change.
async fn verify(
    directory: &Path,
    keys: &[PublicKey],
    elsewhere: &[PathBuf],
) -> Result<Result<Verified, String>, Failure> {
    let store = open(directory).await?;
    let elsewhere = read_checkpoints(elsewhere)?;
    let file = directory.join(CHECKPOINT_FILE);
    loop {
        let latest = match std::fs::read_to_string(&file) {
            Ok(text) if LatestCheckpoint::is_incomplete(&text) => {
                return Ok(Err(sentence(&Error::IncompleteCheckpointFile(file.display().to_string()))));
            }
            Ok(text) => match LatestCheckpoint::parse(&text, None) {
                Some(latest) => Some(latest),
                None => {
                    return Ok(Err(format!("`{}` does not hold a checkpoint with a valid signature", file.display())));
                }
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound => None,
            Err(cause) => return Err(Failure::file("read", &file, &cause)),
        };
        match ::audit::verify(&store, keys, latest.as_ref()).await {
            Ok(verified) if latest.is_none() && verified.records > 0 => {
                if wait_for_file(&file).await {
                    continue;
                }
                return Ok(Err(format!(
                    "`{}` is missing, so records after record {} may have been cut off",
                    file.display(),
                    verified.first + verified.records - 1
                )));
            }
            Ok(verified) => {
                return match verify_checkpoints(&store, &elsewhere).await {
                    Ok(()) => Ok(Ok(verified)),
                    Err(error) => Ok(Err(proof_of_change(error)?)),
                };
            }
            Err(error) => return Ok(Err(proof_of_change(error)?)),
        }
    }
}

/// The checkpoints in files: copies of the checkpoint file, or lines of a sink.
fn read_checkpoints(files: &[PathBuf]) -> Result<Vec<LatestCheckpoint>, Failure> {
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
        LatestCheckpoint::parse_lines(&text, None).ok_or_else(|| {
            Failure::usage(
                format!("`{}` has a line that is no checkpoint with a valid signature, or none at all", file.display()),
                "give a copy of `ledger-checkpoint.json`, or lines that a sink of checkpoints received",
            )
        })
    };
    Ok(files.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Changes the key: the old key signs the new one in the ledger, then the new key replaces its file.
async fn rotate(directory: &Path) -> Result<ExitCode, Failure> {
    ledger_directories(directory)?;
    let state = StateDir::lock(directory)?;
    let store = Store::open(&directory.join(STORE)).await?;
    let seed = ledger_key(directory, &store).await?;
    let mut next_seed = [0; 32];
    getrandom::fill(&mut next_seed).map_err(Failure::failed)?;
    let config = LedgerConfig {
        signer: Signer::new(&seed),
        checkpoint_file: directory.join(CHECKPOINT_FILE),
        retention: Retention::default(),
        sinks: Vec::new(),
        known_outcomes: dispatch::outcomes_of_open_entries(&store).await?,
    };
    let (old, next) = (Signer::new(&seed), Signer::new(&next_seed));
    rotate_key(store.clone(), config, &old, &next).await?;
    replace_key(directory, LEDGER_KEY, &next_seed)?;
    store.close().await;
    drop(state);
    println!("the new key signs the ledger from now on; the old key signed it: {}", old.public_key().hex());
    print!("{}", next.public_key().pem());
    Ok(ExitCode::SUCCESS)
}

/// Writes the checkpoint file again.
async fn rebuild(arguments: &RebuildCheckpoint) -> Result<ExitCode, Failure> {
    let directory = &arguments.state.state_dir;
    ledger_directories(directory)?;
    let _state = StateDir::lock(directory)?;
    let store = open(directory).await?;
    let elsewhere = read_checkpoints(&arguments.checkpoint)?;
    let file = directory.join(CHECKPOINT_FILE);
    match rebuild_checkpoint_file(&store, &[own_key(directory)?], &elsewhere, &file).await {
        Ok(verified) => {
            println!("{}; `{}` is written again", summary(&verified), file.display());
            if elsewhere.is_empty() {
                eprintln!(
                    "this does not prove that no record was cut off at the end: compare the last record with a checkpoint of a sink or a backup"
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Ok(changed(proof_of_change(error)?)),
    }
}

/// Waits for a file, and returns whether it exists: a running server writes its first checkpoint shortly after the signature.
async fn wait_for_file(file: &Path) -> bool {
    let deadline = Instant::now() + FIRST_CHECKPOINT_TIMEOUT;
    while !file.exists() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(Duration::from_millis(50)).await;
    }
    true
}

fn verify_export(file: &Path, keys: &[PublicKey]) -> Result<ExitCode, Failure> {
    let input = File::open(file).map_err(|cause| Failure::file("read", file, &cause))?;
    match ::audit::verify_export(BufReader::new(input), keys) {
        Ok((verified, exported)) => {
            println!("{}; {} of them are included in full", summary(&verified), exported.included);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => report(error),
    }
}

/// Prints that the ledger was changed, or fails for any other error.
fn report(error: Error) -> Result<ExitCode, Failure> {
    proof_of_change(error).map(changed)
}

/// The sentence that proves a change; any other error fails.
fn proof_of_change(error: Error) -> Result<String, Failure> {
    match error {
        Error::InvalidRecord(invalid) => Ok(invalid.to_string()),
        Error::ExportLine(_) => Ok(error.to_string()),
        error => Err(Failure::usage(&error, error.remedy().unwrap_or("check the file"))),
    }
}

fn sentence(error: &Error) -> String {
    error.remedy().map_or_else(|| error.to_string(), |remedy| format!("{error}; {remedy}"))
}

fn changed(what: impl std::fmt::Display) -> ExitCode {
    println!("changed: {what}");
    ExitCode::FAILURE
}

fn summary(verified: &Verified) -> String {
    let Verified { records, first, unsigned, signed_at, last_hash } = verified;
    if *records == 0 {
        return "there are no records".to_owned();
    }
    let mut text =
        format!("{records} records are valid, from {first} to {}; the last hash is {last_hash}", first + records - 1);
    if !signed_at.is_empty() {
        text = format!("{text}; the last checkpoint was signed at {signed_at}");
    }
    if *unsigned > 0 {
        text = format!("{text}; the last {unsigned} records are not signed yet");
    }
    text
}

async fn export(arguments: Export) -> Result<ExitCode, Failure> {
    ledger_directories(&arguments.state.state_dir)?;
    let store = open(&arguments.state.state_dir).await?;
    let output: Box<dyn Write + Send> = match &arguments.output {
        Some(file) => Box::new(private_file::create(file).map_err(|cause| Failure::file("create", file, &cause))?),
        None => Box::new(std::io::stdout()),
    };
    let mut output = BufWriter::new(output);
    let exported = ::audit::export(&store, arguments.range.into(), &mut output).await;
    let exported = exported.and_then(|exported| output.flush().map(|()| exported).map_err(Error::Export));
    match exported {
        Ok(exported) => {
            if exported.unsigned > 0 {
                eprintln!("{} newer records are left out, because no checkpoint signs them yet", exported.unsigned);
            }
            Ok(ExitCode::SUCCESS)
        }
        // the reader of the pipe has read enough
        Err(Error::Export(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => report(error),
    }
}

fn keys(arguments: &Verify, directory: &Path) -> Result<Vec<PublicKey>, Failure> {
    if arguments.public_key.is_empty() {
        return Ok(vec![own_key(directory)?]);
    }
    arguments.public_key.iter().map(read_key).collect()
}

fn read_key(file: &PathBuf) -> Result<PublicKey, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    PublicKey::from_pem(&text).ok_or_else(|| {
        Failure::usage(
            format!("`{}` is not a public key of a ledger", file.display()),
            "`juju-mcp audit public-key` prints it where the server runs",
        )
    })
}

/// The public key of the server.
fn own_key(state: &Path) -> Result<PublicKey, Failure> {
    match existing_key(state, LEDGER_KEY)? {
        Some(key) => Ok(Signer::new(&key).public_key().clone()),
        None => Err(Failure::usage(
            format!("there is no key `{LEDGER_KEY}` in `{}`", state.display()),
            "give the server's state directory with `--state-dir DIR`, or its public key with `--public-key FILE`",
        )),
    }
}
