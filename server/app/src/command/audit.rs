//! `juju-mcp audit`: checks and exports the ledger, also beside a running server.

use std::{io::Write as _, path::Path, process::ExitCode};

use audit::Ledger;
use store::Store;

use crate::{
    cli::{Audit, Export},
    failure::Failure,
    wiring::STORE,
};

const PAGE: i64 = 500;

pub(super) async fn run(command: Audit) -> Result<ExitCode, Failure> {
    match command {
        Audit::Verify(state) => verify(&state.state).await,
        Audit::Export(export) => print(&export).await,
    }
}

async fn verify(state: &Path) -> Result<ExitCode, Failure> {
    match audit::verify(&open(state).await?).await {
        Ok(verified) => {
            println!("{} records hold; the last hash is {}", verified.records, verified.head);
            Ok(ExitCode::SUCCESS)
        }
        Err(audit::Error::Broken(broken)) => {
            println!("the ledger was changed: {broken}");
            Ok(ExitCode::FAILURE)
        }
        Err(error) => Err(error.into()),
    }
}

async fn print(export: &Export) -> Result<ExitCode, Failure> {
    let store = open(&export.state.state).await?;
    let mut output = std::io::stdout().lock();
    let mut next = export.from.max(1);
    loop {
        let records = Ledger::records(&store, next, PAGE).await?;
        let Some(last) = records.last() else { return Ok(ExitCode::SUCCESS) };
        next = last.sequence + 1;
        for record in &records {
            let line = serde_json::to_string(record).map_err(Failure::failed)?;
            if writeln!(output, "{line}").is_err() {
                // whoever read the other end of the pipe has seen enough
                return Ok(ExitCode::SUCCESS);
            }
        }
    }
}

async fn open(state: &Path) -> Result<Store, Failure> {
    let remedy = "give the server's state directory with `--state DIR`";
    Store::open_read_only(&state.join(STORE)).await.map_err(|error| Failure::usage(error, remedy))
}
