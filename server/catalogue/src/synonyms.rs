//! Names that the Juju client has for arguments, where they differ from the names in the schemas.

/// For each command, the client's flags and the properties that have their meaning. A flag with the name of its property is
/// understood without an entry, with dashes too.
const FLAGS: [(&str, &[(&str, &str)]); 12] = [
    ("add-machine", &[("n", "num_machines")]),
    ("add-unit", &[("n", "num_units")]),
    ("debug-log", &[("i", "include"), ("x", "exclude"), ("l", "level"), ("n", "lines")]),
    ("deploy", &[("n", "num_units"), ("resource", "resources")]),
    ("enable-ha", &[("n", "num_controllers")]),
    (
        "exec",
        &[
            ("a", "applications"),
            ("app", "applications"),
            ("application", "applications"),
            ("u", "units"),
            ("unit", "units"),
            ("machine", "machines"),
        ],
    ),
    ("operations", &[("applications", "apps")]),
    ("rename-space", &[("rename", "new_name")]),
    ("set-firewall-rule", &[("whitelist", "allowlist")]),
    ("show-secret", &[("r", "revision")]),
    ("status", &[("integrations", "relations")]),
    ("refresh", &[("resource", "resources"), ("force_series", "force_base")]),
];

/// Commands with a flag `-c` for the controller; the others with a model have `-m`.
const CONTROLLER_COMMANDS: [&str; 3] = ["add-model", "models", "users"];
/// Commands that take the model by position and have no flag for it.
const NO_MODEL_FLAG: [&str; 4] = ["destroy-model", "offer", "show-model", "wait-for"];

/// The property that a flag of the client's command means.
pub(crate) fn property_of_flag(command: &str, flag: &str) -> Option<&'static str> {
    match flag {
        "c" if CONTROLLER_COMMANDS.contains(&command) => return Some("controller"),
        "m" if !NO_MODEL_FLAG.contains(&command) => return Some("model"),
        _ => {}
    }
    let (_, flags) = FLAGS.iter().find(|(name, _)| *name == command)?;
    flags.iter().find(|(name, _)| *name == flag).map(|(_, property)| *property)
}
