//! The ready file: written atomically when the server is ready, so that a waiting script reads all of it or nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{failure::Failure, user_dirs};

/// Name of the ready file in the runtime directory of the user.
const FILE_NAME: &str = "ready.json";

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
        private_file::replace(file, &text).map_err(|cause| Failure::file("write", file, &cause))
    }

    /// Writes the file to the runtime directory of the user, where `juju-mcp fault` finds it. Without such a directory, only the
    /// flag `--ready-file` names a file.
    pub(crate) fn publish(&self) -> Option<PublishedFile> {
        let write = |directory: PathBuf| {
            private_file::create_directory(&directory).ok()?;
            let file = directory.join(FILE_NAME);
            self.write(&file).ok()?;
            Some(PublishedFile { file, pid: self.pid })
        };
        user_dirs::runtime_dirs().into_iter().find_map(write)
    }

    /// Reads the file that a running server published.
    pub(crate) fn find() -> Result<Self, Failure> {
        let files: Vec<_> = user_dirs::runtime_dirs().into_iter().map(|directory| directory.join(FILE_NAME)).collect();
        if let Some(file) = files.iter().find(|file| file.exists()) {
            return Self::read(file);
        }
        let files: Vec<_> = files.iter().map(|file| format!("`{}`", file.display())).collect();
        Err(Failure::usage(
            format!("no running `demo` or `sim` was found: there is no ready file at {}", files.join(" or ")),
            "start one with `juju-mcp demo`, or name its ready file with `--ready-file FILE`",
        ))
    }

    /// Reads the file of a running server.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
        let unfit = |cause| format!("`{}` is not a ready file of `juju-mcp demo` or `sim`: {cause}", file.display());
        serde_json::from_str(&text)
            .map_err(|cause: serde_json::Error| Failure::usage(unfit(cause), "give the file named by `--ready-file`"))
    }
}

/// A published ready file. The process removes it at its end, unless a later process has replaced it.
#[derive(Debug)]
pub(crate) struct PublishedFile {
    file: PathBuf,
    pid: u32,
}

impl Drop for PublishedFile {
    fn drop(&mut self) {
        if ReadyFile::read(&self.file).is_ok_and(|found| found.pid == self.pid) {
            // a file that is left behind names a process that does not run: `fault` reports that
            let _ = std::fs::remove_file(&self.file);
        }
    }
}
