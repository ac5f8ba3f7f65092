//! The command line.

mod audit;
mod operations;

use std::{net::SocketAddr, path::PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use juju_sim::SCENARIOS;
use policy::{BuiltinRules, Fact, Subject};
use tracing_subscriber::filter::Targets;

use crate::log_filter::log_filter;

pub(crate) use audit::{Audit, AuditList, Export, RebuildCheckpoint, Verify};
pub(crate) use operations::{Backup, Doctor, Healthcheck, LoginKey, Man, Page, Reference};

/// An MCP server that lets an assistant operate Juju 3.6 estates safely.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Start with:\n  juju-mcp demo          try it, with nothing else installed\n  juju-mcp stdio         use your own Juju client files\n  juju-mcp serve --help  run it for a team"
)]
pub(crate) struct Cli {
    /// Log filter: a level, or `crate=level,...` (release builds have no `trace`; outside crates log at `info` at most); the log goes to standard error; default: `log` of the configuration, else warn
    #[arg(long, global = true, env = "JUJU_MCP_LOG", value_name = "FILTER", value_parser = log_filter)]
    pub(crate) log: Option<Targets>,
    /// Format of the log; `json` has one object per line
    #[arg(long, global = true, env = "JUJU_MCP_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve a simulated Juju controller and an MCP server for it
    Demo(Demo),
    /// Serve MCP over HTTP
    Serve(Serve),
    /// Serve MCP over standard input and output, with your own Juju client files
    Stdio(Stdio),
    /// Serve a simulated Juju controller alone
    Sim(Sim),
    /// List the tools of an endpoint, with their size in tokens
    Tools(Tools),
    /// Check or export the audit ledger
    #[command(subcommand)]
    Audit(Audit),
    /// Back up or restore the state directory: ledger, approval requests, keys
    #[command(subcommand)]
    Backup(Backup),
    /// List, approve or reject approval requests of a running server
    #[command(subcommand)]
    Approvals(Approvals),
    /// Call a tool of a running server
    Call(Call),
    /// List or replace the keys by which callers log in to controllers as themselves
    #[command(subcommand)]
    LoginKey(LoginKey),
    /// Get a token for `approvals` from the identity provider of a server, by a browser
    Login(Login),
    /// Revoke and remove the token that `login` stored
    Logout(Logout),
    /// Check or list a policy, or explain its decision about an operation
    #[command(subcommand)]
    Policy(Policy),
    /// Check a configuration file, or print its schema
    #[command(subcommand)]
    Config(Config),
    /// Check what a server depends on: configuration, controllers, identity provider, clock, state directory, disk
    Doctor(Doctor),
    /// Check whether a running server is ready; exit code 0 if so
    Healthcheck(Healthcheck),
    /// Inject a fault into a running `demo` or `sim`
    Fault(Fault),
    /// Generate shell completions
    Completion(Completion),
    /// Generate the manual pages
    Man(Man),
    /// Generate a page of the reference in `docs/reference`
    #[command(hide = true)]
    Reference(Reference),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp demo\n  juju-mcp demo --scenario outage-infrastructure\n  juju-mcp demo --scenario regions --listen 127.0.0.1:8080\n  juju-mcp demo --scenario large --units 10000"
)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// Address on which the MCP server listens; loopback only, port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// File to which addresses and tokens are written, as JSON, when everything is ready
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
    /// Directory for ledger and keys; default: a temporary directory
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// The source of the policy.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PolicySource {
    /// A file with roles, role bindings, rules and settings, reloaded when it changes; repeatable
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Vec<PathBuf>,
    /// Which built-in rules apply: `all`, `relaxed` or `none`; default: `relaxed` for `stdio`, else `all`
    #[arg(long, value_name = "NAME", value_parser = builtin_rules)]
    pub(crate) builtin_rules: Option<BuiltinRules>,
}

/// The estate to simulate.
#[derive(Debug, Args)]
pub(crate) struct Scenario {
    #[arg(long, value_name = "NAME", help = scenario_help())]
    pub(crate) scenario: Option<String>,
    /// Units in the scenario `large`
    #[arg(long, value_name = "N")]
    pub(crate) units: Option<u32>,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp serve --config /etc/juju-mcp.yaml\n  juju-mcp serve --juju-data-dir ~/.local/share/juju --token-file operator=./operator.token\n  JUJU_CONTROLLER_ADDRESSES=10.0.0.5:17070 JUJU_USERNAME=admin JUJU_PASSWORD=... JUJU_CA_CERT=... juju-mcp serve"
)]
pub(crate) struct Serve {
    /// Configuration, YAML; `juju-mcp config schema` describes it
    #[arg(long, value_name = "FILE", env = "JUJU_MCP_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Address to listen on; default: 127.0.0.1:8080
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Directory of Juju client files; its controllers replace those of the configuration
    #[arg(long, value_name = "DIR")]
    pub(crate) juju_data_dir: Option<PathBuf>,
    /// Directory for ledger and keys; default: /var/lib/juju-mcp
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// A role and the file with the bearer token for it; repeatable
    #[arg(long, value_name = "ROLE=FILE", value_parser = role_and_file)]
    pub(crate) token_file: Vec<(String, PathBuf)>,
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// File to which addresses are written, as JSON, when everything is ready
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
}

/// Arguments of `stdio`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  claude mcp add juju -- juju-mcp stdio\n  juju-mcp stdio --read-only\n  juju-mcp stdio --toolsets deploy,status"
)]
pub(crate) struct Stdio {
    /// Directory of Juju client files; default: that of the `juju` client
    #[arg(long, value_name = "DIR")]
    pub(crate) juju_data_dir: Option<PathBuf>,
    /// Directory for ledger and keys; default: `juju-mcp` in the directory of the client files
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Toolsets to serve in place of the curated tools of `/mcp`; `all` for every tool
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) toolsets: Vec<String>,
    /// Directory below which files may be sent to controllers, such as charms and resources; repeatable; default: all that are not hidden
    /// and not of the system
    #[arg(long, value_name = "DIR")]
    pub(crate) file_root: Vec<PathBuf>,
    /// Serve only tools that change nothing
    #[arg(long)]
    pub(crate) read_only: bool,
    #[command(flatten)]
    pub(crate) policy: PolicySource,
}

/// Arguments of `sim`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  juju-mcp sim --scenario shop --ready-file ready.json &\n  JUJU_DATA=$(jq -r .juju_data ready.json) juju status"
)]
pub(crate) struct Sim {
    #[command(flatten)]
    pub(crate) scenario: Scenario,
    /// Address on which the controller's API listens; loopback only, port 0 selects a free port
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// File to which addresses are written, as JSON, when everything is ready
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
}

/// Arguments of `tools`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  juju-mcp tools\n  juju-mcp tools --endpoint /mcp/full --format json")]
pub(crate) struct Tools {
    /// Endpoint to list: `/mcp`, `/mcp/full`, `/mcp/readonly`, `/mcp/x/TOOLSET`
    #[arg(long, default_value = "/mcp", value_name = "PATH")]
    pub(crate) endpoint: String,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns.
    Table,
    /// JSON.
    Json,
}

/// Sub-commands of `approvals`.
#[derive(Debug, Subcommand)]
pub(crate) enum Approvals {
    /// List approval requests: an approver sees all, everyone else their own
    #[command(
        after_help = "Example:\n  juju-mcp approvals list --status pending --url https://juju-mcp.example --token-file ./approver.token"
    )]
    List {
        #[command(flatten)]
        server: ApiServer,
        /// Filter by status: `pending`, `approved`, `rejected`, `used`, `expired`
        #[arg(long, value_name = "STATUS")]
        status: Option<String>,
    },
    /// Show one approval request: operation, target, requester, rules
    #[command(
        after_help = "Example:\n  juju-mcp approvals show 01890a5d-ac96-774b-bcce-b302099a8057 --token-file ./approver.token"
    )]
    Show {
        /// The approval
        id: String,
        #[command(flatten)]
        server: ApiServer,
    },
    /// Approve a request; the operation runs when the requester repeats the call
    #[command(
        after_help = "Example:\n  juju-mcp approvals approve 01890a5d-ac96-774b-bcce-b302099a8057 --url https://juju-mcp.example --token-file ./approver.token"
    )]
    Approve(Decide),
    /// Reject a request
    #[command(
        after_help = "Example:\n  juju-mcp approvals reject 01890a5d-ac96-774b-bcce-b302099a8057 --token-file ./approver.token --reason 'not on a Friday'"
    )]
    Reject(Decide),
}

/// Arguments of `approvals approve` and `approvals reject`.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The approval
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) server: ApiServer,
    /// Reason, for the ledger and for the requester
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub(crate) reason: String,
    /// Digest of the operation that you reviewed; the command fails if it differs. Default: show the operation first
    #[arg(long, value_name = "SHA256")]
    pub(crate) digest: Option<String>,
    /// Do not ask for confirmation on the terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// A running server and the token to use.
#[derive(Debug, Args)]
pub(crate) struct ApiServer {
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// File with a bearer token that may approve; default: the token of `juju-mcp login`
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with the CA certificate of the server; default: the CAs of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Output format; default: a table on a terminal, JSON otherwise
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
}

/// Arguments of `call`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp call juju_status model=shop\n  juju-mcp call list_pods namespace=shop format=json\n  juju-mcp call juju_add_unit application=web num_units=2 dry_run=true\n\nA value that is JSON (true, 3, [..], {..}) is taken as such; `name:=text` takes any value as text."
)]
pub(crate) struct Call {
    /// Name of the tool; `juju-mcp tools` lists them
    pub(crate) tool: String,
    /// Arguments, `name=value`
    #[arg(value_name = "NAME=VALUE")]
    pub(crate) arguments: Vec<String>,
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// File with a bearer token; default: the token of `juju-mcp login`
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// PEM file with the CA certificate of the server; default: the CAs of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

/// Arguments of `login`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp login --url https://juju-mcp.example\n  juju-mcp login --url https://juju-mcp.example --browser --client-id my-client"
)]
pub(crate) struct Login {
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
    /// Client at the identity provider; default: the one that the server names
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// A scope to request, in place of those that the server names; repeatable
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Use the browser of this machine even if the provider supports other devices
    #[arg(long)]
    pub(crate) browser: bool,
    /// PEM file with the CA certificate of server and provider; default: the CAs of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_certificate_file: Option<PathBuf>,
}

/// Arguments of `logout`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  juju-mcp logout --url https://juju-mcp.example")]
pub(crate) struct Logout {
    /// Address of the server
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) url: String,
}

/// Sub-commands of `policy`.
#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Check policy files as `serve --policy` reads them; errors have line and column
    #[command(after_help = "Example:\n  juju-mcp policy check /etc/juju-mcp/policy.yaml")]
    Check {
        /// The files; later ones add to earlier ones
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Which built-in rules apply: `all`, `relaxed` or `none`
        #[arg(long, value_name = "NAME", value_parser = builtin_rules)]
        builtin_rules: Option<BuiltinRules>,
    },
    /// Explain whether a caller may run an operation and which role and rules decide that; runs nothing
    #[command(
        after_help = "Examples:\n  juju-mcp policy explain --role operator --tool add-unit --model prod --args '{\"application\": \"web\", \"num_units\": 15}'\n  juju-mcp policy explain --caller group:ops --config /etc/juju-mcp.yaml --tool destroy-model --model admin/prod\n  juju-mcp policy explain --role admin --tool refresh --model prod --args '{\"application\": \"db\"}' --at 2026-11-21T09:00:00Z --format json"
    )]
    Explain(Box<Explain>),
    /// List the roles
    #[command(after_help = "Example:\n  juju-mcp policy roles --config /etc/juju-mcp.yaml")]
    Roles(PolicyListArgs),
    /// List the rules
    #[command(after_help = "Example:\n  juju-mcp policy rules --policy ./policy.yaml --format json")]
    Rules(PolicyListArgs),
    /// List what the checks of rules can measure
    #[command(after_help = "Example:\n  juju-mcp policy measures")]
    Measures,
}

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Name of the tool, `juju_add_unit`, or of the `juju` command, `add-unit`
    #[arg(long, value_name = "NAME")]
    pub(crate) tool: String,
    /// Its arguments
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub(crate) args: String,
    /// Target controller
    #[arg(long, value_name = "NAME")]
    pub(crate) controller: Option<String>,
    /// Target model, `prod` or `admin/prod`
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// A caller with this role
    #[arg(long, value_name = "ROLE", required_unless_present = "caller")]
    pub(crate) role: Option<String>,
    /// A caller of the identity provider, with roles from role bindings: `group:NAME`, `user:EMAIL`, `subject:SUB`, `client:ID`;
    /// repeatable
    #[arg(long, value_name = "KIND:NAME", conflicts_with = "role")]
    pub(crate) caller: Vec<Subject>,
    /// A scope of the caller's token; repeatable
    #[arg(long, value_name = "SCOPE", conflicts_with = "role")]
    pub(crate) scope: Vec<String>,
    /// Time of the evaluation, RFC 3339; default: now
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<DateTime<Utc>>,
    /// An assumed value of something that rules look up, for example `units.now=5`; repeatable
    #[arg(long, value_name = "NAME=NUMBER", value_parser = assumption)]
    pub(crate) assume: Vec<(Fact, u64)>,
    #[command(flatten)]
    pub(crate) listed: PolicyListArgs,
}

/// The policy to list, and the output format.
#[derive(Debug, Args)]
pub(crate) struct PolicyListArgs {
    /// Configuration with the policy and its role bindings
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) policy: PolicySource,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Sub-commands of `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Check a configuration file
    #[command(
        after_help = "Examples:\n  juju-mcp config check /etc/juju-mcp.yaml\n  juju-mcp config check --connect /etc/juju-mcp.yaml"
    )]
    Check {
        /// The file
        file: PathBuf,
        /// Also log in to every controller
        #[arg(long)]
        connect: bool,
    },
    /// List the keys that differ between two configuration files, or that name a file with another content, and whether the running
    /// server applies each change by a reload or needs a restart
    #[command(after_help = "Example:\n  juju-mcp config diff /etc/juju-mcp/juju-mcp.yaml new/juju-mcp.yaml")]
    Diff {
        /// The file that is in use
        before: PathBuf,
        /// The file that replaces it
        after: PathBuf,
    },
    /// List all keys of the configuration file with their meaning, as a table in Markdown
    #[command(after_help = "Example:\n  juju-mcp config keys")]
    Keys,
    /// Print the JSON Schema of the configuration file
    #[command(after_help = "Example:\n  juju-mcp config schema > juju-mcp.schema.json")]
    Schema,
}

/// Arguments of `completion`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  juju-mcp completion bash > ~/.local/share/bash-completion/completions/juju-mcp\n  juju-mcp completion zsh > \"${fpath[1]}/_juju-mcp\"\n  juju-mcp completion fish > ~/.config/fish/completions/juju-mcp.fish"
)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Arguments of `fault`.
#[derive(Debug, Args)]
#[command(
    after_help = "Kinds:\n  hook-error UNIT   block UNIT MESSAGE   machine-down ID   drop-connections\n  delay MILLISECONDS   restart-controller   clear\n\nExamples:\n  juju-mcp fault hook-error payment/0\n  juju-mcp fault clear --ready-file ready.json"
)]
pub(crate) struct Fault {
    /// Kind of fault
    pub(crate) kind: String,
    /// Target of the fault, and a message if the kind takes one
    pub(crate) target: Vec<String>,
    /// The ready file that `demo` or `sim` wrote; default: that of the latest one of this user
    #[arg(long, value_name = "FILE")]
    pub(crate) ready_file: Option<PathBuf>,
}

/// Names of the scenarios, from the simulator.
fn scenario_help() -> String {
    let names: Vec<_> = SCENARIOS.iter().map(|name| format!("`{name}`")).collect();
    format!("Estate to simulate: {}, or a YAML file; default: `outage` for `demo`, `shop` for `sim`", names.join(", "))
}

fn builtin_rules(text: &str) -> Result<BuiltinRules, String> {
    [BuiltinRules::All, BuiltinRules::Relaxed, BuiltinRules::None]
        .into_iter()
        .find(|profile| profile.as_str() == text)
        .ok_or_else(|| "use `all`, `relaxed` or `none`".to_owned())
}

/// Parses `units.now=5`.
fn assumption(text: &str) -> Result<(Fact, u64), String> {
    let invalid = || {
        let known = Fact::ALL.map(Fact::as_str).join(", ");
        format!("expected a name and a number, as in `units.now=5`; names are: {known}")
    };
    let (name, value) = text.split_once('=').ok_or_else(invalid)?;
    Ok((Fact::parse(name).ok_or_else(invalid)?, value.parse().map_err(|_| invalid())?))
}

fn role_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((role, file)) if !role.is_empty() && !file.is_empty() => Ok((role.to_owned(), PathBuf::from(file))),
        _ => Err("give a role and a file, as in `operator=/etc/juju-mcp/operator.token`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn sub_commands_have_a_description_and_an_example() {
        let mut left = vec![Cli::command()];
        while let Some(command) = left.pop() {
            let name = command.get_name().to_owned();
            assert!(command.get_about().is_some(), "{name}");
            if command.has_subcommands() {
                left.extend(command.get_subcommands().cloned());
            } else {
                let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains("Example") && help.contains("juju-mcp "), "{name}: {help}");
            }
        }
        Cli::command().debug_assert();
    }
}
