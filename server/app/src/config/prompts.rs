//! The section `prompts`: prompts that other applications define.

use std::path::PathBuf;

use mcp::Prompts;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::failure::Failure;

/// Prompts that other applications define, in the form of the Juju interface `mcp`. Tools and resources in the file are left out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PromptsSection {
    /// File with a JSON object: by name of an application, its definitions.
    pub(crate) file: PathBuf,
    /// Callers with one of these roles receive the prompts. Default: none, so that no caller does.
    #[serde(default)]
    pub(crate) roles: Vec<String>,
}

impl PromptsSection {
    /// Reads the file. Logs which definitions are left out.
    pub(crate) fn load(&self) -> Result<Prompts, Failure> {
        let text = std::fs::read_to_string(&self.file).map_err(|cause| Failure::file("read", &self.file, &cause))?;
        let (prompts, notes) = Prompts::read(&text, self.roles.clone()).map_err(|error| {
            let problem =
                format!("`prompts.file` `{}` is no JSON object of applications: {error}", self.file.display());
            Failure::usage(
                problem,
                "write the definitions of each application below its name, as the interface `mcp` does",
            )
        })?;
        for note in notes {
            tracing::warn!("{note}");
        }
        Ok(prompts)
    }
}
