//! Answers on standard output; whoever reads them through a pipe may stop when they have seen enough.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a text as it is.
///
/// # Errors
/// Where it cannot be written; not where the reader has gone.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the answer: {cause}")))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON, indented.
///
/// # Errors
/// As [`text`], and where the value cannot be JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    text(&(serde_json::to_string_pretty(value).map_err(Failure::failed)? + "\n"))
}
