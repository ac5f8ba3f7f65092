//! What differs between two configuration files, and what applies each change.

use std::{collections::BTreeMap, path::Path};

use serde_yaml::Mapping;

use super::{AppliedBy, Config, changed_keys};
use crate::failure::Failure;

/// The keys that differ between two configuration files, or that name a file with another content; each with what applies the change.
/// Certificates of `tls` and passwords of controllers count too, although the server reads these by itself.
pub(crate) fn changes(before: &Path, after: &Path) -> Result<BTreeMap<String, AppliedBy>, Failure> {
    let (mut old, mut new) = (Config::read(before)?, Config::read(after)?);
    let mut changed = BTreeMap::new();
    for key in changed_keys(&sections(before)?, &sections(after)?) {
        let applied_by = AppliedBy::of(&key).unwrap_or(AppliedBy::Restart);
        changed.insert(key, applied_by);
    }
    if old.controllers_as_caller() != new.controllers_as_caller() {
        changed.insert("controllers[].act_as_caller".to_owned(), AppliedBy::Restart);
    }
    let (old, new) = (contents(&mut old), contents(&mut new));
    for (key, content) in &new {
        if old.get(key).is_some_and(|before| before != content) && !changed.contains_key(*key) {
            changed.insert((*key).to_owned(), file_applied_by(key));
        }
    }
    Ok(changed)
}

/// What applies a new content of the file that a key names.
fn file_applied_by(key: &str) -> AppliedBy {
    // the server watches its certificate, although another path needs a restart
    if key.starts_with("tls.") { AppliedBy::Reload } else { AppliedBy::of(key).unwrap_or(AppliedBy::Restart) }
}

/// The configuration as it is written.
fn sections(file: &Path) -> Result<Mapping, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    Ok(serde_yaml::from_str(&text).unwrap_or_default())
}

/// The contents of the files that each key names; none of a directory or of a missing file.
fn contents(config: &mut Config) -> BTreeMap<&'static str, Vec<Option<Vec<u8>>>> {
    let mut contents: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (key, path) in config.paths_mut() {
        contents.entry(key).or_default().push(std::fs::read(&*path).ok());
    }
    contents
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    /// A folder with a configuration and the files that it names.
    fn folder(name: &str, config: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("juju-mcp-changes-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (file, text) in files {
            fs::write(folder.join(file), text).expect("written");
        }
        fs::write(folder.join("config.yaml"), config).expect("written");
        folder
    }

    /// The changes between two configurations, one line each.
    fn lines(name: &str, before: (&str, &[(&str, &str)]), after: (&str, &[(&str, &str)])) -> Vec<String> {
        let folders =
            [folder(&format!("{name}-before"), before.0, before.1), folder(&format!("{name}-after"), after.0, after.1)];
        let [before, after] = [0, 1].map(|number: usize| folders[number].join("config.yaml"));
        let found = changes(&before, &after).expect("valid");
        for folder in &folders {
            fs::remove_dir_all(folder).expect("removed");
        }
        found.into_iter().map(|(key, applied_by)| format!("{key}: {}", applied_by.as_str())).collect()
    }

    const CONTROLLER: &str = "{name: a, addresses: ['h:1'], user: u, password_file: password}";

    #[test]
    fn equal_configurations_have_no_changes() {
        let one = (&*format!("controllers: [{CONTROLLER}]"), &[("password", "p")][..]);
        assert!(lines("equal", one, one).is_empty());
    }

    #[test]
    fn changed_content_of_a_named_file_is_a_change_of_its_key() {
        let config = format!(
            "{{controllers: [{CONTROLLER}], console: {{client_secret_file: secret}}, policy: {{files: [policy.yaml]}}, prompts: {{file: prompts}}}}"
        );
        let before = [("password", "p"), ("secret", "s"), ("policy.yaml", "{}"), ("prompts", "{}")];
        let after = [("password", "q"), ("secret", "t"), ("policy.yaml", "{rules: []}"), ("prompts", "{}")];
        let expected =
            ["console.client_secret_file: restart", "controllers[].password_file: reload", "policy.files: reload"];
        assert_eq!(lines("files", (&config, &before), (&config, &after)), expected);
    }

    #[test]
    fn changed_certificate_is_reloaded_and_another_path_needs_a_restart() {
        let (one, other) = ("tls: {certificate: c, key: k}", "tls: {certificate: d, key: k}");
        let changed = lines("content", (one, &[("c", "1"), ("k", "1")]), (one, &[("c", "2"), ("k", "2")]));
        assert_eq!(changed, ["tls.certificate: reload", "tls.key: reload"]);
        let changed = lines("path", (one, &[("c", "1"), ("k", "1")]), (other, &[("d", "1"), ("k", "1")]));
        assert_eq!(changed, ["tls.certificate: restart"]);
    }

    #[test]
    fn act_as_caller_in_the_list_of_controllers_needs_a_restart() {
        let acting = CONTROLLER.replace('}', ", act_as_caller: {}}");
        let (before, after) = (format!("controllers: [{CONTROLLER}]"), format!("controllers: [{acting}]"));
        let files = &[("password", "p")][..];
        let expected = ["controllers: reload", "controllers[].act_as_caller: restart"];
        assert_eq!(lines("acting", (&before, files), (&after, files)), expected);
    }

    #[test]
    fn each_key_has_what_applies_its_change() {
        let before = "{log: info, ledger: {retention_days: 1}, limits: {burst: 1, max_request_bytes: 70000}}";
        let after = "{log: debug, ledger: {retention_days: 2}, limits: {burst: 2, max_request_bytes: 80000}}";
        let expected = [
            "ledger.retention_days: restart",
            "limits.burst: reload",
            "limits.max_request_bytes: restart",
            "log: reload",
        ];
        assert_eq!(lines("kinds", (before, &[]), (after, &[])), expected);
    }
}
