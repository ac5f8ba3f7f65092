//! `juju-mcp audit`: checks and exports the ledger, also beside a running server.

use std::{
    fs::File,
    io::{BufReader, BufWriter, ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use ::audit::{Error, Newest, Only, PublicKey, Signer, Verified};
use chrono::{DateTime, SecondsFormat, Utc};
use store::Store;
use tokio::time::{Duration, Instant, sleep};

use crate::{
    cli::{Audit, Export, Verify},
    failure::Failure,
    secret_key::existing_key,
    wiring::{LEDGER_KEY, NEWEST_HEAD, STORE},
};

/// So long after the first head was signed the file that keeps it may be missing.
const FIRST_HEAD_WITHIN: Duration = Duration::from_secs(5);

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
    let file = arguments.head.clone().unwrap_or_else(|| state.join(NEWEST_HEAD));
    loop {
        let newest = match std::fs::read_to_string(&file) {
            Ok(text) => match Newest::read(&text, Some(&keys)) {
                Some(newest) => Some(newest),
                None => return Ok(changed(format!("`{}` does not hold a head that it signed", file.display()))),
            },
            Err(cause) if cause.kind() == ErrorKind::NotFound && arguments.head.is_none() => None,
            Err(cause) => return Err(Failure::file("read", &file, &cause)),
        };
        match ::audit::verify(&store, &keys, newest.as_ref()).await {
            Ok(verified) if newest.is_none() && !verified.signed.is_empty() => {
                if appears(&file).await {
                    continue;
                }
                return Ok(changed(format!(
                    "`{}` is gone, so nothing shows whether there were records after record {}",
                    file.display(),
                    verified.first + verified.records - 1
                )));
            }
            Ok(verified) => println!("{}", holds(&verified)),
            Err(error) => return told(error),
        }
        return Ok(ExitCode::SUCCESS);
    }
}

/// Whether the file is there in a moment: a running server keeps its first head shortly after it has signed it.
async fn appears(file: &Path) -> bool {
    let within = Instant::now() + FIRST_HEAD_WITHIN;
    while !file.exists() {
        if Instant::now() >= within {
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
            println!("{}, of which {} are shown", holds(&verified), exported.shown);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => told(error),
    }
}

fn told(error: Error) -> Result<ExitCode, Failure> {
    match error {
        Error::Broken(broken) => Ok(changed(broken)),
        Error::Line(_) => Ok(changed(error)),
        error => Err(Failure::usage(&error, error.remedy().unwrap_or("look at the file"))),
    }
}

fn changed(what: impl std::fmt::Display) -> ExitCode {
    println!("changed: {what}");
    ExitCode::FAILURE
}

fn holds(verified: &Verified) -> String {
    let Verified { records, first, unsigned, signed, head } = verified;
    if *records == 0 {
        return "there are no records".to_owned();
    }
    let mut text = format!("{records} records hold, from {first} to {}; the last hash is {head}", first + records - 1);
    if !signed.is_empty() {
        text = format!("{text}; the last head was signed at {signed}");
    }
    if *unsigned > 0 {
        text = format!("{text}; the last {unsigned} records are not signed yet");
    }
    text
}

async fn export(arguments: Export) -> Result<ExitCode, Failure> {
    let store = open(&arguments.state.state_dir).await?;
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Micros, true);
    let Export { since, until, model, caller, .. } = arguments;
    let only = Only { since: since.map(time), until: until.map(time), model, caller };
    let mut output = BufWriter::new(std::io::stdout());
    let exported = ::audit::export(&store, only, &mut output).await;
    let exported = exported.and_then(|exported| output.flush().map(|()| exported).map_err(Error::Export));
    match exported {
        Ok(exported) => {
            if exported.unsigned > 0 {
                eprintln!("{} newer records are left out, because no head has signed them yet", exported.unsigned);
            }
            Ok(ExitCode::SUCCESS)
        }
        // whoever read the other end of the pipe has seen enough
        Err(Error::Export(cause)) if cause.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => told(error),
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
    PublicKey::read(&text).ok_or_else(|| {
        Failure::usage(
            format!("`{}` is not a public key of a ledger", file.display()),
            "`juju-mcp audit public-key` prints it where the server runs",
        )
    })
}

/// The public half of the server's own key.
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
