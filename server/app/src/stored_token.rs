//! Tokens that `juju-mcp login` stored: one private file for each server, in the state directory of the user.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, user_dirs};

/// A person's token for one server, and what is needed to renew and revoke it.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredToken {
    /// URL of the server.
    pub(crate) server: String,
    /// Issuer of the token.
    pub(crate) issuer: String,
    /// The client that obtained it.
    pub(crate) client_id: String,
    /// Audience of the token.
    pub(crate) resource: String,
    /// The requested scopes.
    pub(crate) scopes: Vec<String>,
    /// CA certificate of server and provider, if the system does not trust them.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    /// Seconds since 1970, if the provider reported a lifetime.
    pub(crate) expires_at: Option<u64>,
}

impl StoredToken {
    /// The token for a server; `None` if there is none.
    pub(crate) fn read(server: &str) -> Result<Option<Self>, Failure> {
        let file = file(server)?;
        let text = match std::fs::read_to_string(&file) {
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|cause| Failure::file("read", &file, &cause))?,
        };
        let unfit = |cause| format!("the stored token in `{}` cannot be read: {cause}", file.display());
        serde_json::from_str(&text).map(Some).map_err(|cause: serde_json::Error| {
            Failure::usage(unfit(cause), format!("sign in again with `juju-mcp login --url {server}`"))
        })
    }

    /// Stores the token with mode 0600.
    pub(crate) fn write(&self) -> Result<PathBuf, Failure> {
        let file = file(&self.server)?;
        let text = serde_json::to_vec_pretty(self).map_err(Failure::failed)?;
        let directory = file.parent().unwrap_or(&file);
        private_file::create_directory(directory).map_err(|cause| Failure::file("create", directory, &cause))?;
        private_file::replace(&file, &text).map_err(|cause| Failure::file("write", &file, &cause))?;
        Ok(file)
    }

    /// Removes the token.
    pub(crate) fn remove(&self) -> Result<(), Failure> {
        let file = file(&self.server)?;
        std::fs::remove_file(&file).map_err(|cause| Failure::file("remove", &file, &cause))
    }
}

/// The file for a server. Its name contains the URL, with `_` for other characters than letters, digits, `-` and `.`.
fn file(server: &str) -> Result<PathBuf, Failure> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "-.".contains(letter) { letter } else { '_' };
    let name: String = server.chars().map(plain).collect();
    let directory = user_dirs::state_dir().ok_or_else(|| {
        Failure::usage("the directory for tokens is unknown", "set HOME, or XDG_STATE_HOME to an absolute path")
    })?;
    Ok(directory.join("tokens").join(format!("{name}.json")))
}
