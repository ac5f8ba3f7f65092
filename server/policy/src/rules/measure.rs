//! What can be measured of an act: from its arguments, its place, and facts that were looked up for it.

use serde_json::Value;

use super::{Settings, cost::Size, manifest};
use crate::{
    Act, Circumstances, Pattern,
    selector::{Matter, argument, leaves},
};

/// All measures but `arguments.NAME`, each with what it says.
pub const MEASURES: &[(&str, &str)] = &[
    ("channel.floating", "whether the channel is none, without a track, or of another risk than stable"),
    ("constraints.given", "whether what is deployed or added says what size it needs"),
    ("containers.privileged", "whether a container in the manifest may do all that its machine may"),
    ("containers.root", "whether a container in the manifest runs as root or does not say that it does not"),
    ("cost.month", "price of what is added for a month, by the table of prices"),
    ("exposed.everywhere", "whether an application is opened to every network"),
    ("forced", "whether an argument skips Juju's own care: `force`, `no_wait`, `destroy_storage` and the like"),
    ("gpu", "whether graphics processors are asked for"),
    ("images.floating", "whether an image in the manifest has no tag or `latest`"),
    ("machines.added", "machines or nodes that are added"),
    ("nodes.added", "units, machines or nodes that are added"),
    ("pod.host_namespaces", "whether a pod in the manifest shares namespaces of its host"),
    ("resources.limits", "whether every container in the manifest has limits for processor and memory"),
    ("revision.pinned", "whether a revision is given"),
    ("secrets.plaintext", "whether an option holds what looks like a password, token or key in clear"),
    ("text.blocked", "whether an argument holds a text of the list of blocked ones"),
    ("trust", "whether an application gets access to cloud credentials"),
    ("units.added", "units that are added"),
    ("units.after", "units that the application has afterwards; needs the fact `units.now`"),
];

/// Types of instance that have graphics processors.
const GPU_TYPES: [&str; 14] = [
    "*gpu*",
    "p2.*",
    "p3*",
    "p4*",
    "p5*",
    "g3*",
    "g4*",
    "g5*",
    "g6*",
    "a2-*",
    "a3-*",
    "g2-*",
    "Standard_N*",
    "VM.GPU*",
];
const FORCES: [&str; 8] =
    ["force", "no_wait", "destroy_storage", "release_storage", "no_prompt", "no_drain", "ignore_errors", "force_units"];
const SECRET_NAMES: [&str; 9] = [
    "*password*",
    "*passwd*",
    "*secret*",
    "*token*",
    "*api?key*",
    "*apikey*",
    "*private?key*",
    "*access?key*",
    "*credential*",
];

/// What a measure says of an act.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Amount {
    Number(f64),
    /// Set or not, and what was found.
    Flag(bool, String),
    Text(Vec<String>),
    /// It says nothing about this act.
    Absent,
    /// It would have to be looked up; with its name for people.
    Unknown(String),
}

/// Whether there is such a measure.
pub(crate) fn is_known(name: &str) -> bool {
    name.strip_prefix("arguments.").is_some_and(|argument| !argument.is_empty())
        || MEASURES.iter().any(|(known, _)| *known == name)
}

/// Facts that rules can use where they are looked up: their names.
#[must_use]
pub fn known() -> [&'static str; 1] {
    ["units.now"]
}

/// What a measure says of an act.
pub(crate) fn of(name: &str, matter: &Matter<'_>, settings: &Settings, circumstances: &Circumstances) -> Amount {
    let (act, arguments) = (matter.act, &matter.act.arguments);
    let flag = |set: bool| Amount::Flag(set, String::new());
    let listed = |found: Vec<String>| Amount::Flag(!found.is_empty(), found.join(", "));
    let in_pods = |look: fn(&[Value]) -> Vec<String>| match manifest::pods(arguments) {
        Ok(None) => Amount::Absent,
        Ok(Some(pods)) => listed(look(&pods)),
        Err(unknown) => Amount::Unknown(unknown),
    };
    let fact = |name: &str| match circumstances.facts.get(name).and_then(Value::as_f64) {
        Some(number) => Amount::Number(number),
        None => Amount::Unknown(format!("`{name}`")),
    };
    match name {
        "channel.floating" => channel(act),
        "constraints.given" if sizes(act) => flag(argument(arguments, "constraints").is_some()),
        "containers.privileged" => in_pods(manifest::privileged),
        "containers.root" => in_pods(manifest::root),
        "cost.month" => cost(act, settings),
        "exposed.everywhere" if is(act, "expose") => everywhere(arguments),
        "forced" => {
            listed(FORCES.iter().filter(|name| arguments[**name] == true).map(|name| format!("`{name}`")).collect())
        }
        "gpu" => gpu(act),
        "images.floating" => in_pods(manifest::floating_images),
        "machines.added" if machines(act) > 0.0 => Amount::Number(machines(act)),
        "nodes.added" if machines(act) + units(act) > 0.0 => Amount::Number(machines(act) + units(act)),
        "pod.host_namespaces" => in_pods(manifest::host_namespaces),
        "resources.limits" => match in_pods(manifest::unlimited) {
            Amount::Flag(found, names) => Amount::Flag(!found, names),
            other => other,
        },
        "revision.pinned" if is(act, "deploy") || is(act, "refresh") => flag(argument(arguments, "revision").is_some()),
        "secrets.plaintext" => listed(plaintext(arguments)),
        "text.blocked" => {
            let found = settings.blocked.iter().filter(|blocked| blocked.stands_in(arguments));
            listed(found.map(|blocked| format!("`{}`", blocked.text())).collect())
        }
        "trust" => flag(arguments["trust"] == true || (is(act, "trust") && arguments["remove"] != true)),
        "units.added" if units(act) > 0.0 => Amount::Number(units(act)),
        "units.after" => after(act, fact("units.now")),
        other => other.strip_prefix("arguments.").map_or(Amount::Absent, |name| given(argument(arguments, name))),
    }
}

fn is(act: &Act, word: &str) -> bool {
    act.tool.strip_prefix("juju_").unwrap_or(&act.tool).replace('_', "-") == word
}

fn given(value: Option<&Value>) -> Amount {
    match value {
        None => Amount::Absent,
        Some(Value::Bool(set)) => Amount::Flag(*set, String::new()),
        Some(Value::Number(number)) => number.as_f64().map_or(Amount::Absent, Amount::Number),
        Some(Value::String(text)) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Amount::Number(number),
            _ => Amount::Text(vec![text.clone()]),
        },
        Some(other) => Amount::Text(leaves(other)),
    }
}

fn number(arguments: &Value, names: &[&str]) -> Option<f64> {
    names.iter().find_map(|name| arguments[*name].as_f64())
}

/// Units that an act adds.
pub(crate) fn units(act: &Act) -> f64 {
    let said = |names| number(&act.arguments, names);
    if is(act, "deploy") || is(act, "add-unit") {
        said(&["num_units"]).unwrap_or(1.0).max(0.0)
    } else if is(act, "scale-application") {
        // how many there are now is not part of the arguments, so all may be new
        said(&["scale"]).unwrap_or(0.0)
    } else {
        0.0
    }
}

/// Machines or nodes that an act adds.
pub(crate) fn machines(act: &Act) -> f64 {
    let said = number(&act.arguments, &["num_machines", "node_count", "num_nodes", "nodes"]);
    if is(act, "add-machine") { said.unwrap_or(1.0) } else { said.unwrap_or(0.0) }
}

fn after(act: &Act, now: Amount) -> Amount {
    match now {
        _ if is(act, "deploy") || is(act, "scale-application") => Amount::Number(units(act)),
        Amount::Number(now) if is(act, "add-unit") => Amount::Number(now + units(act)),
        unknown if is(act, "add-unit") => unknown,
        _ => Amount::Absent,
    }
}

/// Whether an act is about something that has a size.
fn sizes(act: &Act) -> bool {
    is(act, "deploy") || is(act, "add-machine")
}

fn channel(act: &Act) -> Amount {
    if !is(act, "deploy") && !is(act, "refresh") {
        return Amount::Absent;
    }
    match act.arguments["channel"].as_str() {
        // a refresh without a channel stays on the one that was chosen before
        None if is(act, "refresh") => Amount::Flag(false, String::new()),
        None => Amount::Flag(true, "no channel is given".to_owned()),
        Some(channel) => {
            let (track, risk) = channel.split_once('/').unwrap_or((channel, "stable"));
            let risk_alone = matches!(track, "stable" | "candidate" | "beta" | "edge");
            let floating = risk_alone || track == "latest" || !risk.starts_with("stable");
            Amount::Flag(floating, format!("channel `{channel}`"))
        }
    }
}

fn everywhere(arguments: &Value) -> Amount {
    let cidrs = leaves(&arguments["to_cidrs"]);
    let open = cidrs.iter().any(|cidr| cidr.ends_with("/0"));
    let narrowed = !cidrs.is_empty() || !leaves(&arguments["to_spaces"]).is_empty();
    Amount::Flag(open || !narrowed, if open { cidrs.join(", ") } else { "no network is given".to_owned() })
}

/// Words of a constraint, `mem=4G cores=2`.
fn constraint(arguments: &Value, names: &[&str]) -> Option<String> {
    let text = arguments["constraints"].as_str()?;
    let words = text.split_whitespace().filter_map(|word| word.split_once('='));
    let mut found = words.filter(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned());
    found.next_back()
}

fn instance_type(arguments: &Value) -> Option<String> {
    constraint(arguments, &["instance-type"]).or_else(|| arguments["instance_type"].as_str().map(str::to_owned))
}

fn gpu(act: &Act) -> Amount {
    let arguments = &act.arguments;
    let kind = instance_type(arguments);
    if let Some(kind) = kind.filter(|kind| GPU_TYPES.iter().any(|pattern| Pattern::new(*pattern).matches(kind))) {
        return Amount::Flag(true, format!("instance type `{kind}`"));
    }
    let tagged = ["tags", "gpu", "gpus"].iter().any(|name| {
        constraint(arguments, &[name])
            .is_some_and(|value| *name != "tags" || value.split(',').any(|tag| tag.contains("gpu")))
    });
    if tagged {
        return Amount::Flag(true, "the constraints name one".to_owned());
    }
    if arguments["gpu_enabled"] == true || number(arguments, &["gpu_count", "gpus"]).is_some_and(|count| count > 0.0) {
        return Amount::Flag(true, "GPU asked for".to_owned());
    }
    match manifest::pods(arguments) {
        Ok(None) => Amount::Flag(false, String::new()),
        Ok(Some(pods)) => {
            let found = manifest::gpu(&pods);
            Amount::Flag(!found.is_empty(), found.join(", "))
        }
        Err(unknown) => Amount::Unknown(unknown),
    }
}

fn cost(act: &Act, settings: &Settings) -> Amount {
    let count = units(act) + machines(act);
    // nodes of other peers than Juju have sizes that are said elsewhere
    let priced = sizes(act) || is(act, "add-unit") || is(act, "scale-application");
    if count == 0.0 || !priced {
        return Amount::Absent;
    }
    let arguments = &act.arguments;
    let size = Size {
        instance_type: instance_type(arguments),
        cores: constraint(arguments, &["cores", "cpu-cores"]).and_then(|text| text.parse().ok()),
        gib: constraint(arguments, &["mem"]).and_then(|text| gib(&text)),
        gpu: matches!(gpu(act), Amount::Flag(true, _)),
    };
    Amount::Number(count * settings.prices.of(&size))
}

fn gib(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "M" => 1.0 / 1024.0,
        "G" => 1.0,
        "T" => 1024.0,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| number * factor)
}

/// Names of options that hold what looks like a secret in clear.
fn plaintext(arguments: &Value) -> Vec<String> {
    let named = |name: &str| {
        let name = name.to_lowercase().replace('-', "_");
        SECRET_NAMES.iter().any(|pattern| Pattern::new(*pattern).matches(&name))
    };
    let shaped = |text: &str| {
        text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----")
            || (text.len() == 20 && text.starts_with("AKIA"))
            || ["ghp_", "glpat-", "xoxb-"].iter().any(|prefix| text.starts_with(prefix) && text.len() > 20)
    };
    // a reference to a secret of Juju is what should stand there, and true, false or an empty text hide nothing
    let clear = |text: &str| !text.is_empty() && !text.starts_with("secret:") && text != "true" && text != "false";
    let options =
        ["config", "values", "options", "params", "parameters"].iter().filter_map(|name| arguments[*name].as_object());
    options
        .flatten()
        .filter(|(name, value)| leaves(value).iter().any(|text| shaped(text) || (named(name) && clear(text))))
        .map(|(name, _)| format!("`{name}`"))
        .collect()
}
