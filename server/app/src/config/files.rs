//! Reads the files that a configuration names.

use std::path::Path;

use identity::{Token, TokenHash};

use crate::failure::Failure;

/// Reads a file and strips white space at both ends: editors and `echo` add a final newline.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    Ok(text.trim().to_owned())
}

/// Reads a token from a file and returns its hash.
pub(crate) fn read_token(file: &Path) -> Result<TokenHash, Failure> {
    let token = Token::parse(&read_text(file)?);
    let token = token
        .map_err(|weak| Failure::usage(format!("the token in `{}` is invalid", file.display()), weak.to_string()))?;
    Ok(token.hash())
}
