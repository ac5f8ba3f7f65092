//! Options with an impact of their own: `trust` of applications, and those that decide how machines are set up.

use std::collections::BTreeMap;

use policy::{Capability, Impact};
use serde_json::Value;

/// Options of a model that change neither what machines run nor what they trust. Every other option, also one of a cloud or of a
/// later Juju, counts as machine setup, so that a new one is safe before this list has it.
const HARMLESS_OPTIONS: [&str; 21] = [
    "automatically-retry-hooks",
    "default-base",
    "default-series",
    "default-space",
    "development",
    "disable-telemetry",
    "logging-config",
    "logging-output",
    "max-action-results-age",
    "max-action-results-size",
    "max-status-history-age",
    "max-status-history-size",
    "mode",
    "net-bond-reconfigure-delay",
    "num-container-provision-workers",
    "num-provision-workers",
    "provisioner-harvest-mode",
    "resource-tags",
    "test-mode",
    "transmit-vendor-metrics",
    "update-status-hook-interval",
];

/// Whether this is the option by which Juju keeps an application's trust.
pub(super) fn is_trust_option(name: &str) -> bool {
    name.trim().eq_ignore_ascii_case("trust")
}

/// The trust that options of an application set; `None` where they do not set it. Everything but a clear no counts as trust.
pub(super) fn trust_option(options: &BTreeMap<String, Value>) -> Option<bool> {
    let set = options.iter().filter(|(name, _)| is_trust_option(name)).map(|(_, value)| match value {
        Value::Bool(set) => *set,
        Value::String(text) => !["", "false", "f", "0", "no", "off"].contains(&text.trim().to_lowercase().as_str()),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Null => false,
        Value::Array(_) | Value::Object(_) => true,
    });
    set.reduce(|one, other| one || other)
}

/// Whether one of the resources is a file or an image and not a revision that the store distributes.
pub(super) fn brings_resources(resources: &BTreeMap<String, String>) -> bool {
    resources.values().any(|value| value.parse::<u64>().is_err())
}

/// The impact of options of a model that are set or reset.
pub(super) fn machine_setup<'a>(names: impl IntoIterator<Item = &'a String>) -> Impact {
    let changes = |name: &String| !HARMLESS_OPTIONS.contains(&name.as_str());
    if names.into_iter().any(changes) {
        Impact::default().with_capability(Capability::ChangesMachineSetup)
    } else {
        Impact::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn trust_option_is_found_in_every_form_that_juju_takes() {
        let trust = |name: &str, value: Value| trust_option(&BTreeMap::from([(name.to_owned(), value)]));
        for value in [json!(true), json!("true"), json!("True"), json!("1"), json!(1), json!("yes")] {
            assert_eq!(trust("trust", value.clone()), Some(true), "{value}");
        }
        for value in [json!(false), json!("false"), json!("F"), json!(0)] {
            assert_eq!(trust("trust", value.clone()), Some(false), "{value}");
        }
        assert_eq!(trust("trusted-proxies", json!("true")), None);
    }

    #[test]
    fn machine_setup_is_changed_by_options_that_reach_into_machines() {
        let changes = |name: &str| machine_setup([&name.to_owned()]).has(Capability::ChangesMachineSetup);
        for name in [
            "cloudinit-userdata",
            "authorized-keys",
            "http-proxy",
            "juju-no-proxy",
            "apt-mirror",
            "agent-metadata-url",
            "agent-binary-url",
            "container-image-metadata-url",
            "snap-store-proxy-url",
            "container-inherit-properties",
            "HTTP-Proxy",
            " cloudinit-userdata",
            "option-of-a-later-juju",
        ] {
            assert!(changes(name), "{name}");
        }
        for name in ["update-status-hook-interval", "default-base", "logging-config"] {
            assert!(!changes(name), "{name}");
        }
    }
}
