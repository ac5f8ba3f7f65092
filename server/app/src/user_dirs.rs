//! Directories of the user that runs the program (XDG Base Directory Specification).

use std::path::PathBuf;

use crate::wiring::environment;

/// Name of this program's directory below each of them.
const PROGRAM: &str = "juju-mcp";

/// The directory for data that survives the program: `$XDG_STATE_HOME/juju-mcp`, else `~/.local/state/juju-mcp`.
pub(crate) fn state_dir() -> Option<PathBuf> {
    let home = || environment("HOME").map(|home| PathBuf::from(home).join(".local").join("state"));
    absolute("XDG_STATE_HOME").or_else(home).map(|directory| directory.join(PROGRAM))
}

/// Directories for data of running programs, in order of preference: `$XDG_RUNTIME_DIR/juju-mcp`, then the state directory.
pub(crate) fn runtime_dirs() -> Vec<PathBuf> {
    let runtime = absolute("XDG_RUNTIME_DIR").map(|directory| directory.join(PROGRAM));
    runtime.into_iter().chain(state_dir()).collect()
}

/// A directory from the environment. The specification ignores relative paths.
fn absolute(name: &str) -> Option<PathBuf> {
    environment(name).map(PathBuf::from).filter(|path| path.is_absolute())
}
