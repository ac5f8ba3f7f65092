//! Results on standard output. The reader of a pipe may close it early.

use std::io::{ErrorKind, Write as _};

use policy::display_safe;
use serde::Serialize;

use crate::failure::Failure;

/// Prints a text.
///
/// # Errors
/// If the write fails, unless the reader has closed the pipe.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("cannot write the result: {cause}")))
        }
        _ => Ok(()),
    }
}

/// Prints a value as JSON, indented.
///
/// # Errors
/// As [`text`], and if the value cannot be serialized.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    text(&(serde_json::to_string_pretty(value).map_err(Failure::failed)? + "\n"))
}

/// Prints rows in aligned columns, without invisible and control characters, because cells may contain text of an assistant.
///
/// # Errors
/// As [`text`].
pub(crate) fn table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> Result<(), Failure> {
    let rows: Vec<_> = rows.iter().map(|row| row.iter().map(|cell| display_safe(cell)).collect()).collect();
    text(&catalogue::table(head, &rows))
}
