//! The ready file: written atomically when the server is ready, so that a waiting script reads all of it or nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, private_file::replace_private};

/// Content of the ready file. It contains tokens, so only its owner may read it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct ReadyFile {
    /// Ends in `/mcp`; absent for `sim`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) mcp_url: Option<String>,
    /// Role to bearer token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) tokens: BTreeMap<String, String>,
    /// Directory of client files for the `juju` client and the same simulated controller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) juju_data: Option<PathBuf>,
    /// URL that accepts faults.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) control_url: Option<String>,
    /// Bearer token for that URL.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) control_token: Option<String>,
    /// Process id of the server.
    pub(crate) pid: u32,
}

impl ReadyFile {
    /// Writes the file under another name and renames it.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(self).map_err(Failure::failed)?;
        replace_private(file, &text).map_err(|cause| Failure::file("write", file, &cause))
    }

    /// Reads the file of a running server.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
        let unfit = |cause| format!("`{}` is not a ready file of `juju-mcp demo` or `sim`: {cause}", file.display());
        serde_json::from_str(&text)
            .map_err(|cause: serde_json::Error| Failure::usage(unfit(cause), "give the file named by `--ready-file`"))
    }
}
