//! The command line of the Juju client with the meaning of a call, for people to read, to check and to run.

mod wait_for;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    Options, Scope,
    shell_words::{shell_quote, texts},
};

/// What of a command decides its command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The name of a tool that is no command of the client.
    pub(crate) tool: Option<&'static str>,
    pub(crate) command: &'static str,
    pub(crate) scope: Scope,
    /// Arguments that the client takes by position, in order.
    pub(crate) positional: &'static [&'static str],
}

/// Commands that have no flag for the model and take it by position.
const MODEL_BY_POSITION: [&str; 3] = ["destroy-model", "migrate", "show-model"];
/// Lists of which the client takes each value with a flag of its own; other lists are one flag with commas.
const REPEATED: [&str; 4] = ["include", "exclude", "include_module", "exclude_module"];
/// Arguments of reads that the client has no flag for.
const OWN_ARGUMENTS: [(&str, &[&str]); 1] = [("debug-log", &["contains", "since", "until", "grouped"])];
/// Numbers that are durations in seconds.
const SECONDS: [&str; 1] = ["wait"];
/// Commands with a flag for the controller.
const CONTROLLER_FLAG: [&str; 17] = [
    "add-cloud",
    "add-credential",
    "add-k8s",
    "add-model",
    "clouds",
    "credentials",
    "models",
    "offer",
    "regions",
    "remove-cloud",
    "remove-credential",
    "remove-k8s",
    "show-cloud",
    "show-credential",
    "update-cloud",
    "update-credential",
    "users",
];

/// Renders a call.
pub(crate) fn command_line(shape: Shape, arguments: &Value, options: &Options) -> String {
    let empty = Map::new();
    let arguments = arguments.as_object().unwrap_or(&empty);
    if let Some(tool) = shape.tool {
        return own_command_line(tool, arguments, options);
    }
    let (controller, model) = (options.selector.controller.as_deref(), options.selector.model.as_deref());
    if shape.command == "wait-for" {
        return wait_for::lines(arguments, controller, model);
    }
    let mut words = vec!["juju".to_owned(), shape.command.to_owned()];
    let (mut positional, mut rest) = positional_words(shape, arguments, controller, model);
    match place(shape, controller, model) {
        Place::Flag(flag) => words.push(flag),
        Place::Environment(variable) => words.insert(0, variable),
        Place::None => {}
    }
    // in the order of names, so that one act has one line
    for (name, value) in arguments.iter().collect::<BTreeMap<_, _>>() {
        let is_own =
            OWN_ARGUMENTS.iter().any(|(command, own)| *command == shape.command && own.contains(&name.as_str()));
        if !is_own && !shape.positional.contains(&name.as_str()) {
            words.extend(flag_words(shape.command, name, value));
        }
    }
    positional.append(&mut rest);
    if positional.iter().any(|word| word.starts_with('-')) {
        words.push("--".to_owned());
    }
    words.append(&mut positional);
    words.join(" ")
}

/// The command line of this program for a tool that is no command of the client.
fn own_command_line(tool: &str, arguments: &Map<String, Value>, options: &Options) -> String {
    let (controller, model) = (options.selector.controller.as_deref(), options.selector.model.as_deref());
    let place = [("controller", controller), ("model", model)].into_iter();
    let place = place.filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))));
    let given = arguments.iter().map(|(name, value)| (name.clone(), value.clone()));
    // in the order of names, so that one act has one line
    let words = place.chain(given).collect::<BTreeMap<_, _>>().into_iter().filter(|(_, value)| !value.is_null());
    let word = |(name, value): (String, Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        shell_quote(&format!("{name}={text}"))
    };
    ["juju-mcp call".to_owned(), tool.to_owned()].into_iter().chain(words.map(word)).collect::<Vec<_>>().join(" ")
}

/// How a command line names controller and model.
enum Place {
    Flag(String),
    Environment(String),
    None,
}

fn place(shape: Shape, controller: Option<&str>, model: Option<&str>) -> Place {
    let flag = |name: &str, value: &str| Place::Flag(shell_quote(&format!("--{name}={value}")));
    if CONTROLLER_FLAG.contains(&shape.command) {
        return controller.map_or(Place::None, |controller| flag("controller", controller));
    }
    if MODEL_BY_POSITION.contains(&shape.command) || shape.command == "find-offers" {
        return Place::None;
    }
    match (controller, model) {
        (Some(controller), _) if shape.scope == Scope::Controller => {
            Place::Environment(shell_quote(&format!("JUJU_CONTROLLER={controller}")))
        }
        (Some(controller), Some(model)) => flag("model", &format!("{controller}:{model}")),
        (None, Some(model)) => flag("model", model),
        (Some(controller), None) => flag("model", &format!("{controller}:")),
        (None, None) => Place::None,
    }
}

/// The words by position, quoted: those before and those after what `positional` names.
fn positional_words(
    shape: Shape,
    arguments: &Map<String, Value>,
    controller: Option<&str>,
    model: Option<&str>,
) -> (Vec<String>, Vec<String>) {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let prefixed = |name: &str| controller.map_or(name.to_owned(), |controller| format!("{controller}:{name}"));
    let own = || shape.positional.iter().filter_map(|name| arguments.get(*name)).flat_map(shell_words).collect();
    match shape.command {
        command if MODEL_BY_POSITION.contains(&command) => {
            (model.map(|model| shell_quote(&prefixed(model))).into_iter().collect(), own())
        }
        // the client reads content from a file
        "deploy" => {
            let charm = text("charm").map(|charm| file_of_content(charm, "bundle.yaml"));
            let name = text("application_name").map(shell_quote);
            (charm.map(shell_quote).into_iter().chain(name).collect(), Vec::new())
        }
        // the file has the name of the credential
        "add-credential" => (text("cloud").map(shell_quote).into_iter().collect(), Vec::new()),
        "find-offers" => match (controller, text("url")) {
            (None, None) => (Vec::new(), Vec::new()),
            (_, url) => (vec![shell_quote(&prefixed(url.unwrap_or_default()))], Vec::new()),
        },
        "offer" => {
            let endpoints: Vec<_> = arguments.get("endpoints").into_iter().flat_map(texts).collect();
            let application = text("application").unwrap_or_default();
            let application = model.map_or(application.to_owned(), |model| format!("{model}.{application}"));
            let offered = shell_quote(&format!("{application}:{}", endpoints.join(",")));
            (vec![offered], text("offer_name").map(shell_quote).into_iter().collect())
        }
        "add-model" => {
            let cloud = [text("cloud"), text("region")].into_iter().flatten().collect::<Vec<_>>().join("/");
            let cloud = Some(cloud).filter(|cloud| !cloud.is_empty());
            (
                text("name").map(shell_quote).into_iter().collect(),
                cloud.as_deref().map(shell_quote).into_iter().collect(),
            )
        }
        "run" => {
            let before = ["units", "action"].iter().filter_map(|name| arguments.get(*name)).flat_map(shell_words);
            let parameters = arguments.get("params").and_then(Value::as_object).into_iter().flatten();
            let parameters = parameters.collect::<BTreeMap<_, _>>().into_iter();
            (before.collect(), parameters.flat_map(|(name, value)| parameter_words(name, value)).collect())
        }
        _ => (own(), Vec::new()),
    }
}

/// A parameter of an action; those in objects have dots in their names.
fn parameter_words(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => {
            members.iter().flat_map(|(member, value)| parameter_words(&format!("{name}.{member}"), value)).collect()
        }
        Value::String(text) => vec![shell_quote(&format!("{name}={text}"))],
        other => vec![shell_quote(&format!("{name}={other}"))],
    }
}

/// The name of a file in place of content of several lines.
fn file_of_content<'a>(text: &'a str, file: &'a str) -> &'a str {
    if text.contains('\n') || text.trim_start().starts_with('{') { file } else { text }
}

/// The flag of an argument.
fn flag_words(command: &str, name: &str, value: &Value) -> Vec<String> {
    let flag = match (command, name) {
        // the client requests these from the person, reads them from a file that the line names already, or has no flag for them
        (_, "password" | "secret_attributes") | ("register", "name") | ("add-k8s", "definition" | "force") => {
            return Vec::new();
        }
        (_, "definition") => return vec!["-f cloud.yaml".to_owned()],
        (_, "auth_type") => return vec!["-f credential.yaml".to_owned()],
        ("download", "resources") => "--resources".to_owned(),
        ("exec", "units") => "--unit".to_owned(),
        ("exec", "applications") => "--app".to_owned(),
        ("exec", "machines") => "--machine".to_owned(),
        ("add-machine", "num_machines") | ("enable-ha", "num_controllers") | ("show-status-log", "n") => {
            "-n".to_owned()
        }
        (_, "resources") => "--resource".to_owned(),
        _ => format!("--{}", name.replace('_', "-")),
    };
    let with = |value: &str| {
        let separator = if flag.starts_with("--") { "=" } else { " " };
        format!("{flag}{separator}{}", shell_quote(value))
    };
    match value {
        Value::Bool(true) => vec![flag],
        Value::Bool(false) | Value::Null => Vec::new(),
        Value::Array(items) if items.is_empty() => Vec::new(),
        Value::Array(_) if (command, name) == ("deploy", "overlay") => {
            texts(value).iter().map(|text| with(file_of_content(text, "overlay.yaml"))).collect()
        }
        Value::Array(_) if REPEATED.contains(&name) => texts(value).iter().map(|text| with(text)).collect(),
        Value::Array(_) => vec![with(&texts(value).join(","))],
        Value::Object(members) if name == "bind" => {
            let bind = |(endpoint, space): (&String, &Value)| {
                let space = texts(space).join(",");
                if endpoint.is_empty() { space } else { format!("{endpoint}={space}") }
            };
            vec![with(&members.iter().map(bind).collect::<Vec<_>>().join(" "))]
        }
        Value::Object(_) => texts(value).iter().map(|text| with(text)).collect(),
        Value::Number(number) if SECONDS.contains(&name) => vec![with(&format!("{number}s"))],
        Value::Number(number) => vec![with(&number.to_string())],
        Value::String(text) => vec![with(text)],
    }
}

/// A value as words of a command line, quoted.
fn shell_words(value: &Value) -> Vec<String> {
    texts(value).iter().map(|text| shell_quote(text)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Catalogue, Plan, Tool, samples::arguments_with};

    /// The flags of the client, `command flag:kind ...`, from `juju help`; a kind is `bool`, `duration`, `int` or `text`.
    const CLIENT_FLAGS: &str = include_str!("client_flags.txt");

    fn line(tool: &dyn Tool, arguments: &Map<String, Value>) -> String {
        let plan: Plan = tool.plan(arguments.clone()).unwrap_or_else(|bad| panic!("{}: {bad}", tool.name()));
        plan.command_line()
    }

    /// The words of a line without the quotes of the shell.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
        for letter in line.chars() {
            match letter {
                '\'' => quoted = !quoted,
                ' ' if !quoted => words.push(std::mem::take(&mut word)),
                _ => word.push(letter),
            }
        }
        words.push(word);
        words
    }

    fn flags_of(command: &str) -> Vec<(&'static str, &'static str)> {
        let line = CLIENT_FLAGS.lines().find(|line| line.split(' ').next() == Some(command));
        let flags = line.unwrap_or_else(|| panic!("{command} is no command")).split(' ').skip(1);
        flags.filter_map(|flag| flag.split_once(':')).collect()
    }

    /// What the client would refuse in a line.
    fn fault(line: &str) -> Option<String> {
        let mut words = words(line).into_iter().skip_while(|word| word != "juju").skip(1);
        let mut command = words.next()?;
        let mut words = words.peekable();
        if command == "wait-for" {
            command = format!("wait-for-{}", words.next()?);
        }
        let flags = flags_of(&command);
        while let Some(word) = words.next_if(|word| word.starts_with('-') && word != "--") {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (word.as_str(), None),
            };
            let name = name.trim_start_matches('-');
            let Some((_, kind)) = flags.iter().find(|(known, _)| *known == name) else {
                return Some(format!("{command} has no flag {word}"));
            };
            let value = if *kind == "bool" || value.is_some() { value } else { words.next() };
            let fits = match (*kind, &value) {
                ("bool", None) | ("text", Some(_)) => true,
                ("int", Some(value)) => value.parse::<i64>().is_ok(),
                ("duration", Some(value)) => value.ends_with(['s', 'm', 'h']),
                _ => false,
            };
            if !fits {
                return Some(format!("{command} cannot take {value:?} for {word}"));
            }
        }
        words.next_if(|word| word == "--");
        words
            .find(|word| word.starts_with("--"))
            .map(|word| format!("{command}: the flag {word} is after a positional word"))
    }

    #[test]
    fn command_line_of_every_tool_and_property_has_only_flags_of_the_client() {
        let catalogue = Catalogue::builtin();
        let mut faults = Vec::new();
        for tool in catalogue.iter().filter(|tool| tool.is_client_command()) {
            for name in tool.input_schema()["properties"].as_object().expect("properties").keys() {
                // only the server makes cursors
                for controller in [None, Some("prod")].into_iter().filter(|_| name != "cursor") {
                    let mut arguments = arguments_with(tool, name, None);
                    let known = |name: &str| tool.input_schema()["properties"].get(name).is_some();
                    if let Some(controller) = controller.filter(|_| known("controller") || known("model")) {
                        arguments.insert("controller".to_owned(), json!(controller));
                    }
                    let line = line(tool, &arguments);
                    let lines = line.split(" && ");
                    faults.extend(lines.filter_map(fault).map(|fault| format!("{fault}: {line}")));
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    #[test]
    fn command_line_of_a_tool_of_a_backend_is_a_call_of_this_program() {
        let catalogue = Catalogue::builtin();
        let tool = catalogue.get("prometheus-targets").expect("a tool");
        let arguments = json!({"instance": "my eu", "model": "prod:shop"});
        let line = line(tool, arguments.as_object().expect("an object"));
        assert_eq!(line, "juju-mcp call prometheus_targets controller=prod 'instance=my eu' model=shop");
    }

    #[test]
    fn command_line_has_the_form_of_the_client() {
        let catalogue = Catalogue::builtin();
        for (command, arguments, expected) in [
            ("destroy-model", json!({"model": "stor"}), "juju destroy-model stor"),
            (
                "destroy-model",
                json!({"model": "prod:admin/stor", "force": true}),
                "juju destroy-model --force prod:admin/stor",
            ),
            (
                "exec",
                json!({"command": "uptime; id", "model": "shop", "units": ["web/0", "web/1"], "wait": 5}),
                "juju exec --model=shop --unit=web/0,web/1 --wait=5s 'uptime; id'",
            ),
            (
                "run",
                json!({"units": ["db/0"], "action": "backup", "params": {"opts": {"zip": true}, "to": "s3"}}),
                "juju run db/0 backup opts.zip=true to=s3",
            ),
            (
                "offer",
                json!({"application": "db", "endpoints": ["db", "admin"], "offer_name": "sql", "model": "prod:admin/shop"}),
                "juju offer --controller=prod admin/shop.db:db,admin sql",
            ),
            (
                "wait-for",
                json!({"kind": "unit", "name": "web/0", "timeout": "90s", "model": "shop"}),
                "juju wait-for unit --model=shop --timeout=90s web/0",
            ),
            ("add-machine", json!({"num_machines": 3}), "juju add-machine -n 3"),
            ("whoami", json!({"controller": "prod"}), "JUJU_CONTROLLER=prod juju whoami"),
            ("show-model", json!({"model": "shop"}), "juju show-model shop"),
            (
                "deploy",
                json!({"bind": {"": "alpha", "db": "internal"}, "charm": "web", "config": {"title": "a b"}, "to": ["0", "1"]}),
                "juju deploy --bind='alpha db=internal' --config='title=a b' --to=0,1 web",
            ),
            ("add-unit", json!({"application": "-rf"}), "juju add-unit -- -rf"),
        ] {
            let arguments = arguments.as_object().cloned().expect("an object");
            assert_eq!(line(catalogue.get(command).expect(command), &arguments), expected);
        }
    }
}
