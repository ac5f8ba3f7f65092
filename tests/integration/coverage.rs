//! Every command, alias and flag of the Juju client is a tool or an argument of one, or is listed with the reason.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use catalogue::{Catalogue, Tool};
use serde::Deserialize;

/// The commands of the Juju client 3.6, one a line; [`commands_equal_those_of_the_real_client`] compares them with the real one.
const COMMANDS: &str = include_str!("../fixtures/juju-commands.jsonl");
/// What is left, with reasons.
const LEFT: &str = include_str!("../fixtures/juju-commands-left.txt");
/// Commands that are not implemented yet. Each new tool lowers this number.
const MAX_MISSING_COMMANDS: usize = 0;

/// Flags that only concern the terminal and the files of the client, with the reason.
const TERMINAL_FLAGS: [(&str, &str); 10] = [
    ("no-browser-login", "the server logs in with its own credentials"),
    ("output", "a result goes to the caller"),
    ("color", "a result has no colours"),
    ("no-color", "a result has no colours"),
    ("utc", "times are always in UTC"),
    ("yes", "no tool prompts; policy and approvals decide"),
    ("no-prompt", "no tool prompts; policy and approvals decide"),
    ("file", "content comes as an argument, not from a file of the client"),
    ("no-switch", "no tool changes which controller or model is current"),
    ("exact-time", "a result has one form of time"),
];

/// A command of the Juju client.
#[derive(Deserialize)]
struct Command {
    name: String,
    aliases: Vec<String>,
    /// Long name, short name, type.
    flags: Vec<(String, String, String)>,
}

fn commands() -> Vec<Command> {
    COMMANDS.lines().map(|line| serde_json::from_str(line).expect("a command")).collect()
}

/// Reasons by `command` or `command --flag`.
fn left() -> BTreeMap<&'static str, &'static str> {
    let lines = LEFT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("a line without a reason: {line}"))).collect()
}

/// The flags of a command that its tool does not take.
fn missing_flags<'c>(tool: &dyn Tool, command: &'c Command) -> impl Iterator<Item = &'c str> {
    let is_terminal = |long: &str| TERMINAL_FLAGS.iter().any(|(flag, _)| *flag == long);
    let missing = command.flags.iter().filter(move |(long, short, _)| {
        let accepted = [long, short].into_iter().any(|name| !name.is_empty() && tool.accepts(name));
        !accepted && !is_terminal(long)
    });
    missing.map(|(long, short, _)| if long.is_empty() { short.as_str() } else { long.as_str() })
}

/// What no tool covers, in the form of the list.
fn uncovered() -> BTreeSet<String> {
    let catalogue = Catalogue::builtin();
    let mut uncovered = BTreeSet::new();
    for command in commands() {
        let Some(tool) = catalogue.get(&command.name) else {
            uncovered.insert(command.name);
            continue;
        };
        assert_eq!(tool.command(), command.name);
        uncovered.extend(missing_flags(tool, &command).map(|flag| format!("{} --{flag}", command.name)));
        for alias in &command.aliases {
            assert_eq!(catalogue.get(alias).map(Tool::command), Some(command.name.as_str()), "the alias {alias}");
        }
    }
    uncovered
}

#[test]
fn command_and_flag_of_the_client_is_covered_or_listed_with_a_reason() {
    let (uncovered, left) = (uncovered(), left());
    let unlisted: Vec<_> = uncovered.iter().filter(|what| !left.contains_key(what.as_str())).collect();
    assert!(unlisted.is_empty(), "neither covered nor listed: {unlisted:#?}");
    let covered: Vec<_> = left.keys().filter(|what| !uncovered.contains(**what)).collect();
    assert!(covered.is_empty(), "covered, so take them off the list: {covered:#?}");
    let missing = left.iter().filter(|(what, reason)| !what.contains(" --") && **reason == "not yet").count();
    assert_eq!(missing, MAX_MISSING_COMMANDS, "the number of missing commands changed");
}

#[test]
fn tool_of_a_juju_command_has_a_name_and_an_alias_only_once() {
    let catalogue = Catalogue::builtin();
    let names = catalogue.iter().flat_map(|tool| tool.aliases().iter().copied().chain([tool.command()]));
    let mut seen = BTreeSet::new();
    for name in names {
        assert!(seen.insert(name), "{name} is there twice");
    }
    assert_eq!(catalogue.get("juju_list_offers").map(Tool::name), Some("juju_offers"));
}

/// The commands and aliases of the real client, and the flags of each, by its own help.
#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn commands_equal_those_of_the_real_client() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = |topic: String| help(folder.path().to_owned(), topic);
    let listed = help("commands".to_owned()).await;
    let (mut names, mut aliases) = (BTreeSet::new(), BTreeMap::new());
    for line in listed.lines() {
        let (name, purpose) = line.split_once(' ').expect("a name and a purpose");
        match purpose.trim().strip_prefix("Alias for '") {
            Some(command) => drop(aliases.insert(name.to_owned(), command.trim_end_matches("'.").to_owned())),
            None => drop(names.insert(name.to_owned())),
        }
    }
    // built into every command line of this kind; `juju_find_command` and the resources have their content
    assert!(names.remove("help") && names.remove("documentation"));
    let known = commands();
    assert_eq!(known.iter().map(|command| command.name.clone()).collect::<BTreeSet<_>>(), names);
    let own = known.iter().flat_map(|one| one.aliases.iter().map(|alias| (alias.clone(), one.name.clone())));
    assert_eq!(own.collect::<BTreeMap<_, _>>(), aliases);
    for command in known {
        let flags: BTreeSet<_> =
            command.flags.iter().flat_map(|(long, short, _)| [long.clone(), short.clone()]).collect();
        let text = help(command.name.clone()).await;
        let own = text.split_once("\nCommand Options:\n").map_or("", |(_, rest)| rest);
        let options = own.lines().take_while(|line| *line != "Details:").filter(|line| line.starts_with('-'));
        for option in options {
            let words = option.split([',', ' ']).take_while(|word| !word.starts_with('('));
            for word in words.filter(|word| word.starts_with('-')).map(|word| word.trim_start_matches('-')) {
                assert!(flags.contains(word), "{}: the fixture has no flag {word}", command.name);
            }
        }
    }
}

async fn help(data: std::path::PathBuf, topic: String) -> String {
    let juju = Path::new(&std::env::var_os("JUJU_MCP_TEST_CONTROLLER").expect("set")).join("juju");
    let output = tokio::process::Command::new(juju).args(["help", &topic]).env("JUJU_DATA", data).output().await;
    String::from_utf8(output.expect("the client starts").stdout).expect("text")
}
