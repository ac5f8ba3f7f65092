//! The page of the command line, from the definitions that parse it.

use clap::{Arg, Command, CommandFactory as _};

use super::markdown::{capitalized, cell};
use crate::cli::Cli;

const HEAD: &str = "# Command line

Every sub-command of `juju-mcp` with its arguments; `juju-mcp COMMAND --help` prints the same. [health.md](../health.md#exit-codes) has the exit codes.

";

/// The page.
pub(super) fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let mut text = HEAD.to_owned();
    text += "## Global flags\n\n| flag | meaning | default | environment |\n|---|---|---|---|\n";
    text.extend(root.get_arguments().filter(|argument| is_listed(argument)).map(row));
    text.push('\n');
    for command in root.get_subcommands().filter(|command| is_shown(command)) {
        add(&mut text, command, "juju-mcp", 2);
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn is_listed(argument: &Arg) -> bool {
    !argument.is_hide_set() && !matches!(argument.get_id().as_str(), "help" | "version")
}

/// Adds a sub-command and those below it.
fn add(text: &mut String, command: &Command, parent: &str, level: usize) {
    let name = format!("{parent} {}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    text.extend([format!("{} `{name}`\n\n{}.\n\n", "#".repeat(level), about.trim_end_matches('.'))]);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim().lines().map(str::trim).collect::<Vec<_>>().join("\n");
    if command.has_subcommands() {
        for below in command.get_subcommands().filter(|below| is_shown(below)) {
            add(text, below, &name, level + 1);
        }
        return;
    }
    text.extend([format!("```text\n{usage}\n```\n\n")]);
    let own: Vec<_> =
        command.get_arguments().filter(|argument| is_listed(argument) && !argument.is_global_set()).collect();
    if !own.is_empty() {
        *text += "| argument | meaning | default | environment |\n|---|---|---|---|\n";
        text.extend(own.into_iter().map(row));
        text.push('\n');
    }
    if let Some(help) = command.get_after_help() {
        text.extend([format!("```text\n{}\n```\n\n", help.to_string().trim())]);
    }
}

/// One row of a table of arguments.
fn row(argument: &Arg) -> String {
    let value = argument.get_value_names().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let takes_value = argument.get_action().takes_values();
    let name = match argument.get_long() {
        Some(long) if takes_value => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    };
    let mut meaning = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let words: Vec<_> = argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if takes_value && !words.is_empty() {
        meaning.extend([format!(": {}", words.join(", "))]);
    }
    // the default of an option without a value is in its help
    let stated = meaning.find("; default: ").or_else(|| meaning.find(". Default: "));
    let (meaning, stated) = match stated {
        Some(at) => (meaning[..at].to_owned(), Some(meaning[at + "; default: ".len()..].to_owned())),
        None => (meaning, None),
    };
    let given: Vec<_> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    let default = match stated {
        Some(text) => text,
        None if takes_value && !given.is_empty() && given != ["``"] => given.join(" "),
        None if argument.is_required_set() => "required".to_owned(),
        None => String::new(),
    };
    let environment = argument.get_env().map(|name| format!("`{}`", name.to_string_lossy())).unwrap_or_default();
    format!("| `{}` | {} | {} | {environment} |\n", cell(&name), cell(&capitalized(&meaning)), cell(&default))
}
