//! Reads the files that a configuration names.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use identity::{Token, TokenHash};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{failure::Failure, path::absolute};

/// Mode bit that lets other users read a file.
const READABLE_BY_OTHERS: u32 = 0o004;
/// Mode bit that lets the group read a file: that is how a service reads a file of `root`.
const READABLE_BY_GROUP: u32 = 0o040;

/// Reads a file and strips white space at both ends: editors and `echo` add a final newline.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", &absolute(file), &cause))?;
    Ok(text.trim().to_owned())
}

/// Reads a secret. A file that other users can read is accepted with a warning, because volumes with secrets in containers have such
/// modes, and there no other user exists.
pub(crate) fn read_secret(file: &Path) -> Result<String, Failure> {
    let text = read_text(file)?;
    if let Some(warning) = wide_mode(file) {
        tracing::warn!("{warning}");
    }
    if text.is_empty() {
        return Err(Failure::usage(
            format!("`{}` is empty", absolute(file).display()),
            "write the secret into the file, with mode 0600",
        ));
    }
    Ok(text)
}

/// A warning if other users can read a file with a secret.
fn wide_mode(file: &Path) -> Option<String> {
    let metadata = std::fs::metadata(file).ok()?;
    let mode = metadata.permissions().mode() & 0o777;
    // the files of a process in `/proc` belong to its user
    let is_own = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == metadata.uid());
    let too_wide = READABLE_BY_OTHERS | if is_own { READABLE_BY_GROUP } else { 0 };
    let file = absolute(file);
    (mode & too_wide != 0).then(|| {
        let file = file.display();
        format!("other users can read the secret in `{file}` (mode {mode:04o}); restrict it with `chmod 600 {file}`")
    })
}

/// Reads a file with one or more certificates, PEM.
pub(crate) fn read_certificates(file: &Path) -> Result<String, Failure> {
    let text = read_text(file)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    if certificates.is_ok_and(|certificates| !certificates.is_empty()) {
        return Ok(text);
    }
    Err(Failure::usage(
        format!("`{}` contains no certificate", absolute(file).display()),
        "give a PEM file with `-----BEGIN CERTIFICATE-----`; `juju show-controller` prints that of a controller as `ca-cert`",
    ))
}

/// Reads a token from a file and returns its hash.
pub(crate) fn read_token(file: &Path) -> Result<TokenHash, Failure> {
    let token = Token::parse(&read_secret(file)?);
    let invalid = |weak: &dyn std::fmt::Display| {
        Failure::usage(format!("the token in `{}` is invalid", absolute(file).display()), weak.to_string())
    };
    Ok(token.map_err(|weak| invalid(&weak))?.hash())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    #[test]
    fn secret_file_that_others_can_read_is_reported_with_its_path() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-secret-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("operator.token");
        std::fs::write(&file, "secret\n").expect("written");
        for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o644, true), (0o604, true)] {
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).expect("set");
            let warning = wide_mode(&file);
            assert_eq!(warning.is_some(), warned, "{mode:o}");
            assert!(warning.is_none_or(|text| text.contains(&format!("chmod 600 {}", file.display()))));
            assert_eq!(read_secret(&file).expect("read"), "secret");
        }
        std::fs::write(&file, " \n").expect("written");
        assert!(read_secret(&file).expect_err("empty").to_string().contains("is empty"));
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
