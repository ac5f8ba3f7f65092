//! Reads the files that a configuration names.

use std::path::Path;

use identity::{Token, TokenHash};

use crate::failure::Failure;

/// A file's text without the white space around it, which editors and `echo` leave.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    Ok(text.trim().to_owned())
}

/// The hash of the token in a file.
pub(crate) fn read_token(file: &Path) -> Result<TokenHash, Failure> {
    let token = Token::parse(&read_text(file)?);
    let token = token.map_err(|weak| {
        Failure::usage(format!("the token in `{}` cannot be used", file.display()), weak.to_string())
    })?;
    Ok(token.hash())
}
