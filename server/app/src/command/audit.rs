//! `juju-mcp audit`: verifies and exports the ledger, also while the server runs.

use std::{
    fs::File,
    io::{BufReader, BufWriter, ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::audit::{Error, ExportFilter, LatestCheckpoint, PublicKey, Signer, Verified};
use chrono::{DateTime, SecondsFormat, Utc};
use store::Store;
use tokio::time::{Duration, Instant, sleep};

use crate::{
    cli::{Audit, Export, Verify},
    failure::Failure,
    private_file::create_private,
    secret_key::existing_key,
    state_dir::{CHECKPOINT_FILE, LEDGER_KEY, STORE},
};

/// A running server writes the file of its first checkpoint within this time after the signature.
const FIRST_CHECKPOINT_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(command: Audit) -> Result<ExitCode, Failure> {
    match command {
        Audit::Verify(arguments) => match &arguments.file {
            Some(file) => verify_export(file, &keys(&arguments)?),
            None => verify(&arguments).await,
        },
        Audit::Export(arguments) => export(arguments).await,
        Audit::PublicKey(state) => {
            print!("{}", own_key(&state.state_dir)?.pem());
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify(arguments: &Verify) -> Result<ExitCode, Failure> {
    let state = &arguments.state.state_dir;
    let (store, keys) = (open(state).await?, keys(arguments)?);
    let file = arguments.checkpoint.clone().unwrap_or_else(|| state.join(CHECKPOINT_FILE));
    loop {
        let latest = match std::fs::read_to_string(&file) {
            Ok(text) => match LatestCheckpoint::parse(&text, Some(&keys)) {
                Some(latest) => Some(latest),
                None => {
                    return Ok(changed(format!(
                        "`{}` does not hold a checkpoint with a valid signature",
                        file.display()
                    )));
                }
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound && arguments.checkpoint.is_none() => None,
            Err(cause) => return Err(Failure::file("read", &file, &cause)),
        };
        match ::audit::verify(&store, &keys, latest.as_ref()).await {
            Ok(verified) if latest.is_none() && verified.records > 0 => {
                if wait_for_file(&file).await {
                    continue;
                }
                return Ok(changed(format!(
                    "`{}` is missing, so records after record {} may have been cut off",
                    file.display(),
                    verified.first + verified.records - 1
                )));
            }
            Ok(verified) => println!("{}", summary(&verified)),
            Err(error) => return report(error),
        }
        return Ok(ExitCode::SUCCESS);
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
    match error {
        Error::InvalidRecord(invalid) => Ok(changed(invalid)),
        Error::ExportLine(_) => Ok(changed(error)),
        error => Err(Failure::usage(&error, error.remedy().unwrap_or("check the file"))),
    }
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
    let store = open(&arguments.state.state_dir).await?;
    let output: Box<dyn Write + Send> = match &arguments.output {
        Some(file) => Box::new(create_private(file).map_err(|cause| Failure::file("create", file, &cause))?),
        None => Box::new(std::io::stdout()),
    };
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let Export { since, until, model, caller, .. } = arguments;
    let filter = ExportFilter { since: since.map(time), until: until.map(time), model, caller };
    let mut output = BufWriter::new(output);
    let exported = ::audit::export(&store, filter, &mut output).await;
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

fn keys(arguments: &Verify) -> Result<Vec<PublicKey>, Failure> {
    if arguments.public_key.is_empty() {
        return Ok(vec![own_key(&arguments.state.state_dir)?]);
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

async fn open(state: &Path) -> Result<Store, Failure> {
    let remedy = "give the server's state directory with `--state-dir DIR`";
    Store::open_read_only(&state.join(STORE)).await.map_err(|error| Failure::usage(error, remedy))
}
