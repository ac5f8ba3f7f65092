//! `juju-mcp config`: checks a configuration file, lists its keys, or prints its schema.

use std::{path::Path, process::ExitCode};

use policy::BuiltinRules;

use super::serve::{self, Required};
use crate::{
    cli::{self, PolicySource},
    config::{Config, changes},
    failure::Failure,
    output,
    policy_watcher::PolicyWatcher,
    wiring,
};

pub(super) async fn run(command: &cli::Config) -> Result<ExitCode, Failure> {
    match command {
        cli::Config::Check { file, connect } => {
            let config = check(file)?;
            if *connect {
                let configured = wiring::controllers(&config, config.juju_data_dir.as_deref(), None).await?;
                serve::check_controllers(&configured, Required::All).await?;
            }
            println!(
                "`{}` is valid: {}, {}",
                file.display(),
                catalogue::count(config.controllers.len(), "controller"),
                catalogue::count(config.tokens.len(), "token")
            );
        }
        cli::Config::Diff { before, after } => {
            for (key, applied_by) in changes(before, after)? {
                println!("{key}: {}", applied_by.as_str());
            }
        }
        cli::Config::Keys => output::text(&crate::reference::configuration())?,
        cli::Config::Schema => output::json(&schemars::schema_for!(Config))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Validates a configuration, the files that it names, and the policy, as `serve` does at its start.
fn check(file: &Path) -> Result<Config, Failure> {
    let config = Config::read(file)?;
    config.validate()?;
    config.endpoints()?;
    config.endpoints_by_role()?;
    let policy = PolicyWatcher::new(Some(file), &PolicySource::default(), BuiltinRules::All).read()?;
    serve::validate(&config, policy.roles())?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use serde_yaml::Value as Yaml;

    use super::*;
    use crate::config::all_keys;

    /// The documentation, and the complete example in it.
    fn docs() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
    }

    /// The example in a directory with the files that it names.
    struct Example(PathBuf);

    impl Example {
        fn write(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("juju-mcp-keys-{name}-{}", std::process::id()));
            fs::create_dir_all(folder.join("secrets")).expect("a folder");
            for file in ["juju-mcp.yaml", "policy.yaml", "prompts.json"] {
                fs::copy(docs().join("example").join(file), folder.join(file)).expect("copied");
            }
            let text = fs::read_to_string(folder.join("juju-mcp.yaml")).expect("the example");
            let key = rcgen::KeyPair::generate().expect("a key");
            let parameters = rcgen::CertificateParams::new(["mcp.example".to_owned()]).expect("a name");
            let certificate = parameters.self_signed(&key).expect("a certificate").pem();
            for file in text.split([' ', '\n']).filter(|word| word.starts_with("secrets/")) {
                let content = match file {
                    "secrets/server.key" => key.serialize_pem(),
                    file if file.contains(".pem") => certificate.clone(),
                    "secrets/on-call.url" => "https://chat.example/hooks/on-call".to_owned(),
                    "secrets/tempo.headers" => "authorization: Bearer an-unguessable-secret-0123456789".to_owned(),
                    _ => "an-unguessable-secret-0123456789abcdef".to_owned(),
                };
                fs::write(folder.join(file), content).expect("written");
                let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                fs::set_permissions(folder.join(file), private).expect("set");
            }
            Self(folder)
        }

        fn read(&self) -> Yaml {
            serde_yaml::from_str(&fs::read_to_string(self.0.join("juju-mcp.yaml")).expect("read")).expect("YAML")
        }

        fn check(&self, changed: &Yaml) -> Result<(), Failure> {
            let file = self.0.join("changed.yaml");
            fs::write(&file, serde_yaml::to_string(changed).expect("YAML")).expect("written");
            super::check(&file).map(drop)
        }

        /// The refusal of a changed configuration: one sentence that names the file, and a remedy.
        fn refusal(&self, changed: &Yaml, what: &str) -> String {
            let failure = self.check(changed).expect_err(what);
            let text = failure.to_string();
            assert!(text.contains(&self.0.display().to_string()), "{what}: the file is missing in: {text}");
            assert!(failure.remedy().is_some_and(|remedy| !remedy.is_empty()), "{what}: no remedy: {text}");
            assert!(!text.contains('\n'), "{what}: more than one sentence: {text}");
            text
        }
    }

    impl Drop for Example {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// All paths in a value, in the form of [`Key`], each with the way to it.
    fn paths(value: &Yaml, prefix: &str, way: &[Yaml], found: &mut Vec<(String, Vec<Yaml>)>) {
        let is_map_of_names = prefix.ends_with("credentials_by_role") || prefix.ends_with("per_tool");
        for (key, below) in value.as_mapping().into_iter().flatten() {
            let name = key.as_str().expect("a name");
            let way = [way, std::slice::from_ref(key)].concat();
            let path = match (prefix, is_map_of_names) {
                ("", _) => name.to_owned(),
                (_, true) => format!("{prefix}.NAME"),
                (_, false) => format!("{prefix}.{name}"),
            };
            if !is_map_of_names {
                found.push((path.clone(), way.clone()));
            }
            for (number, item) in below.as_sequence().into_iter().flatten().enumerate() {
                paths(item, &format!("{path}[]"), &[way.as_slice(), &[Yaml::from(number)]].concat(), found);
            }
            paths(below, &path, &way, found);
        }
    }

    /// The value at the end of a way.
    fn at<'a>(value: &'a mut Yaml, way: &[Yaml]) -> &'a mut Yaml {
        way.iter().fold(value, |value, step| match step.as_u64() {
            Some(number) => &mut value[usize::try_from(number).expect("small")],
            None => &mut value[step.as_str().expect("a name")],
        })
    }

    #[test]
    fn example_is_valid_and_has_every_key() {
        let example = Example::write("complete");
        check(&example.0.join("juju-mcp.yaml")).expect("the example is valid");
        let mut found = Vec::new();
        paths(&example.read(), "", &[], &mut found);
        for key in all_keys() {
            // the only key that replaces another section
            let absent = key.path == "juju_data_dir";
            assert!(absent != found.iter().any(|(path, _)| *path == key.path), "{} in the example", key.path);
            assert!(!key.description.is_empty(), "{} is documented", key.path);
        }
    }

    #[test]
    fn key_with_a_wrong_type_is_refused_with_its_name() {
        let example = Example::write("types");
        let (right, mut found) = (example.read(), Vec::new());
        paths(&right, "", &[], &mut found);
        assert!(found.len() > 60, "{}", found.len());
        for (path, way) in found {
            let mut changed = right.clone();
            let value = at(&mut changed, &way);
            *value = match value {
                Yaml::Sequence(_) | Yaml::Mapping(_) => Yaml::from(5),
                _ => Yaml::Sequence(vec![Yaml::from("list")]),
            };
            let text = example.refusal(&changed, &path);
            let name = path.rsplit(['.', ']']).find(|part| !part.is_empty() && *part != "NAME").expect("a name");
            assert!(text.contains(name.trim_end_matches('[')), "{path}: {text}");
        }
    }

    #[test]
    fn unknown_key_is_refused_with_the_nearest_one() {
        let example = Example::write("unknown");
        let (right, mut found) = (example.read(), Vec::new());
        paths(&right, "", &[], &mut found);
        // the keys below are names of detectors and of their thresholds, which the section checks itself
        let is_free = |path: &str| path.starts_with("observer.thresholds.");
        for (path, way) in found.into_iter().filter(|(path, _)| !is_free(path)) {
            let (last, parent) = way.split_last().expect("a key");
            let name = last.as_str().expect("a name");
            let mistyped = format!("{name}s");
            let mut changed = right.clone();
            let map = at(&mut changed, parent).as_mapping_mut().expect("a map");
            map.insert(Yaml::from(mistyped.clone()), Yaml::from(5));
            let text = example.refusal(&changed, &path);
            assert!(text.contains(&format!("`{mistyped}`; did you mean `{name}`?")), "{path}: {text}");
        }
    }

    /// Wrong values of keys; the texts of the others are free.
    const WRONG_VALUES: [(&str, &str); 68] = [
        ("listen", "localhost"),
        ("listen", "127.0.0.1"),
        ("metrics_listen", "9090"),
        ("tls.certificate", "secrets/missing.pem"),
        ("tls.certificate", "secrets/dashboard.token"),
        ("tls.key", "secrets/server.pem"),
        ("allowed_hosts", "[https://mcp.example/]"),
        ("allowed_hosts", "['']"),
        ("allowed_origins", "[mcp.example]"),
        ("allowed_origins", "['https://mcp.example/path']"),
        ("controllers[].name", "a:b"),
        ("controllers[].name", "''"),
        ("controllers[].addresses", "['10.0.0.5']"),
        ("controllers[].addresses", "['fd00::5:17070']"),
        ("controllers[].addresses", "['10.0.0.5:99999']"),
        ("controllers[].addresses", "[]"),
        ("controllers[].ca_certificate_file", "secrets/missing.pem"),
        ("controllers[].ca_certificate_file", "secrets/prod-mcp.password"),
        ("controllers[].user", "''"),
        ("controllers[].password_file", "secrets/missing.password"),
        ("controllers[].credentials_by_role.NAME.password_file", "secrets/missing.password"),
        ("controllers[].credentials_by_role.NAME.user", "''"),
        ("controllers", "[{name: a, addresses: ['h:1'], user: u}]"),
        ("controllers[].act_as_caller.if_refused", "ignore"),
        ("login_tokens.user_domain", "local"),
        ("login_tokens.user_domain", "external"),
        ("login_tokens.user_domain", "iam_example"),
        ("login_tokens.rotation_days", "0"),
        ("login_tokens.rotation_days", "4000"),
        ("default_controller", "prd"),
        ("tokens[].role", "viewr"),
        ("tokens[].file", "secrets/missing.token"),
        ("tokens[].file", "policy.yaml"),
        ("reject_all_callers", "true"),
        ("role_bindings[].role", "operatr"),
        ("role_bindings[].subjects", "[staff]"),
        ("role_bindings[].issuer", "https://other.example"),
        ("policy.builtin_rules", "relaxd"),
        ("policy.files", "[missing.yaml]"),
        ("prompts.file", "missing.json"),
        ("prompts.file", "policy.yaml"),
        ("prompts.roles", "[operatr]"),
        ("approvals.ttl_minutes", "0"),
        ("approvals.ttl_minutes", "-1"),
        ("approvals.ttl_minutes", "2000"),
        ("approvals.public_url", "mcp.example"),
        ("console.session_minutes", "0"),
        ("console.scopes", "[openid, 'juju:aprove']"),
        ("console.client_secret_file", "secrets/missing"),
        ("oauth.issuer", "iam.example"),
        ("oauth.public_url", "ftp://mcp.example"),
        ("oauth.algorithms", "[HS256]"),
        ("oauth.scopes", "['juju:wirte']"),
        ("oauth.login.client_id", "''"),
        ("oauth.login.scopes", "['juju:approv']"),
        ("oauth.token_cache_seconds", "600"),
        ("oauth.introspection.url", "/introspect"),
        ("oauth.ca_certificate_file", "secrets/dashboard.token"),
        ("oauth.allow_static_tokens", "false"),
        ("ledger.retention_days", "0"),
        ("limits.per_tool", "{juju_debuglog: {burst: 1}}"),
        ("tracing.otlp_endpoint", "tempo.example:4318"),
        ("tracing.otlp_endpoint", "http://tempo.example:4318"),
        ("tracing.ca_certificate_file", "secrets/missing.pem"),
        ("tracing.headers_file", "secrets/missing"),
        ("tracing.headers_file", "secrets/dashboard.token"),
        ("tracing.sample_ratio", "1.5"),
        ("log", "loud"),
    ];

    #[test]
    fn key_with_a_wrong_value_is_refused_with_its_name_or_its_file() {
        let example = Example::write("values");
        let (right, mut found) = (example.read(), Vec::new());
        paths(&right, "", &[], &mut found);
        for (path, value) in WRONG_VALUES {
            let (_, way) = found.iter().find(|(known, _)| known == path).expect(path);
            let mut changed = right.clone();
            *at(&mut changed, way) = serde_yaml::from_str(value).expect("YAML");
            let failure = example.check(&changed).expect_err(path);
            let text = format!("{failure}; {}", failure.remedy().unwrap_or_default());
            let name = path.rsplit('.').next().expect("a name");
            let named_file = value.trim_matches(['[', ']']).rsplit('/').next().filter(|_| value.contains(['/', '.']));
            let is_named = text.contains(name.trim_end_matches("[]"))
                || named_file.is_some_and(|file| {
                    text.contains(&example.0.join("x").with_file_name("").display().to_string()) && text.contains(file)
                })
                || text.contains("controllers[")
                || text.contains("credential")
                || text.contains("role binding")
                || text.contains("binding of the role");
            assert!(is_named, "{path} = {value}: {text}");
            assert!(failure.remedy().is_some_and(|remedy| !remedy.is_empty()), "{path}: {text}");
        }
    }

    #[test]
    fn relative_path_starts_at_the_file_that_names_it() {
        let example = Example::write("paths");
        let config = Config::read(&example.0.join("juju-mcp.yaml")).expect("valid");
        let text = format!("{config:?}");
        let folder = example.0.display().to_string();
        assert!(!text.contains("\"secrets/") && !text.contains("\"policy.yaml"), "{text}");
        let named =
            fs::read_to_string(example.0.join("juju-mcp.yaml")).expect("the example").matches("secrets/").count();
        assert_eq!(text.matches(&format!("\"{folder}/secrets/")).count(), named, "every path of a secret");
        assert_eq!(config.policy.files, [example.0.join("policy.yaml")]);
        // whatever the working directory is
        fs::remove_file(example.0.join("secrets/dashboard.token")).expect("removed");
        let failure = check(&example.0.join("juju-mcp.yaml")).expect_err("missing");
        assert!(failure.to_string().contains(&format!("{folder}/secrets/dashboard.token")), "{failure}");
    }

    #[test]
    fn reference_in_the_documents_lists_every_key() {
        let text = fs::read_to_string(docs().join("reference/configuration.md")).expect("the reference");
        let generated = crate::cli::Page::Configuration.text();
        let differs = generated.lines().find(|line| !text.lines().any(|known| known == *line));
        assert!(text == generated, "`tests/docs_reference.py PROGRAM --write` writes it: {differs:?}");
    }
}
