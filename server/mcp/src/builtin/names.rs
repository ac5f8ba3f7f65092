//! Names of the built-in tools that other files mention.

/// Name of the tool that searches the commands.
pub(crate) const FIND_COMMAND: &str = "juju_find_command";
/// Name of the tool that runs a command that changes nothing.
pub(crate) const READ_COMMAND: &str = "juju_read_command";
/// Name of the tool that runs any command.
pub(crate) const RUN_COMMAND: &str = "juju_run_command";
/// Name of the tool that explains a command.
pub(crate) const HELP: &str = "juju_help";
