//! The store of a ledger, opened for the commands that read it.

use std::path::Path;

use store::Store;

use crate::{failure::Failure, state_dir::STORE};

/// Opens the ledger of a state directory for reading.
pub(super) async fn open(state: &Path) -> Result<Store, Failure> {
    let remedy = "give the server's state directory with `--state-dir DIR`, and run this as the user of the server";
    Store::open_read_only(&state.join(STORE)).await.map_err(|error| Failure::usage(error, remedy))
}
