//! Arguments of commands for operators: health check, doctor, backup.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::audit::State;

/// Arguments of `healthcheck`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp healthcheck --url http://127.0.0.1:8080\n  juju-mcp healthcheck --token-file ./viewer.token   show the state of each part\n  juju-mcp healthcheck --config /etc/juju-mcp/config.yaml --live"
)]
pub(crate) struct Healthcheck {
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// File with a bearer token; with it, the server reports the state of each part. Default: no token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Configuration of the server: take its address, on this machine, from there; its TLS certificate is not verified
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "token_file"])]
    pub(crate) config: Option<PathBuf>,
    /// Check only whether the server responds, not its controllers and its ledger
    #[arg(long)]
    pub(crate) live: bool,
}

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  juju-mcp doctor --config /etc/juju-mcp/config.yaml")]
pub(crate) struct Doctor {
    /// Configuration of the server
    #[arg(long, value_name = "FILE", env = "JUJU_MCP_CONFIG")]
    pub(crate) config: PathBuf,
    /// Directory for ledger and keys; default: that of the configuration, else /var/lib/juju-mcp
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  juju-mcp man /usr/local/share/man/man1")]
pub(crate) struct Man {
    /// Directory for the pages, one for each sub-command
    pub(crate) directory: PathBuf,
}

/// A page of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// Every sub-command with its flags.
    Cli,
    /// Every key of the configuration file.
    Configuration,
    /// Every error code.
    ErrorCodes,
    /// Every HTTP path.
    Http,
    /// Every metric.
    Metrics,
    /// The HTTP paths as an `OpenAPI` document, JSON.
    Openapi,
}

/// Arguments of `reference`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  juju-mcp reference cli")]
pub(crate) struct Reference {
    /// The page
    #[arg(value_enum)]
    pub(crate) page: Page,
}

/// Sub-commands of `login-key`.
#[derive(Debug, Subcommand)]
pub(crate) enum LoginKey {
    /// List the keys that sign the tokens by which callers log in to controllers as themselves
    #[command(after_help = "Example:\n  juju-mcp login-key list --state-dir /var/lib/juju-mcp")]
    List {
        #[command(flatten)]
        state: State,
    },
    /// Replace the key, also while the server runs; controllers know the new key before it signs
    #[command(
        after_help = "Examples:\n  juju-mcp login-key rotate\n  juju-mcp login-key rotate --revoke   a key has leaked"
    )]
    Rotate {
        #[command(flatten)]
        state: State,
        /// Withdraw all earlier keys at once: controllers stop trusting them within 30 minutes, and refuse callers until then
        #[arg(long)]
        revoke: bool,
    },
}

/// Sub-commands of `backup`.
#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    /// Write ledger, approval requests and keys as of one moment into one file, also while the server runs
    #[command(after_help = "Example:\n  juju-mcp backup create /var/backups/juju-mcp-2026-11-27.backup")]
    Create {
        /// The file to create; keep it secret, because the keys in it can sign ledger records
        file: PathBuf,
        #[command(flatten)]
        state: State,
    },
    /// Restore a state directory from a backup, after the ledger in it was verified; the server must not run
    #[command(
        after_help = "Example:\n  juju-mcp backup restore /var/backups/juju-mcp-2026-11-27.backup --state-dir /var/lib/juju-mcp"
    )]
    Restore {
        /// The backup
        file: PathBuf,
        #[command(flatten)]
        state: State,
        /// Restore over existing state, which is moved to a directory `replaced-TIME` in the state directory
        #[arg(long)]
        replace: bool,
    },
}
