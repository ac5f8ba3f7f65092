//! Every write that is repeated with the same idempotency key is done once, whatever it does.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use catalogue::{Catalogue, Externals, JujuProgram, Tool};
use futures::{StreamExt as _, stream};
use juju_client::ClientFiles;
use serde_json::{Value, json};
use tests::{SideBySide, long_timeouts};

use crate::{act_targets, dry_runs, dry_runs::at_shop};

/// Tools that are refused here: they need a terminal, a store of charms, or a second controller.
const REFUSED: [&str; 5] =
    ["juju_autoload_credentials", "juju_debug_code", "juju_debug_hooks", "juju_download", "juju_migrate"];

/// Tools with an act that the controller refuses in this estate, after it was asked once.
const FAILING: [&str; 4] = ["juju_add_storage", "juju_attach_storage", "juju_detach_storage", "juju_suspend_relation"];

/// A program in place of the client's that only notes each start.
fn program(folder: &Path) -> JujuProgram {
    let (path, notes) = (folder.join("juju"), folder.join("starts"));
    std::fs::write(&notes, "").expect("a file");
    std::fs::write(&path, format!("#!/bin/sh\necho \"$@\" >> {}\n", notes.display())).expect("a program");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("a program");
    JujuProgram::new(path, vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())])
}

/// A public key.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmXXbpVhM9Z9qvW3jGk1nWbOZkZb3R1cR1oV1x1Zb0b ana@there";

/// Arguments with which the act is done, where those of the dry run need an estate of another state; what comes first.
fn own_arguments(tool: &str, folder: &Path) -> Option<(Value, Vec<(&'static str, Value)>)> {
    let other = json!({"cloud": "microk8s", "credential": "other", "auth_type": "userpass", "secret_attributes": {"username": "x"}});
    let second = json!({"keys": [KEY.replace("ana@there", "bob@there").replace("Zb0b", "Zb0c")]});
    let (arguments, first) = match tool {
        "juju_add_ssh_key" => (json!({"keys": [KEY]}), vec![]),
        "juju_remove_ssh_key" => (
            json!({"keys": ["ana@there"]}),
            vec![("juju_add_ssh_key", json!({"keys": [KEY]})), ("juju_add_ssh_key", second)],
        ),
        "juju_attach_storage" => (json!({"unit": "postgresql/1", "storage": ["pgdata/0"]}), vec![]),
        "juju_model_defaults" => (json!({"cloud": "sim", "values": {"ftp-proxy": "10.0.0.1:8000"}}), vec![]),
        "juju_remove_relation" => (json!({"endpoints": ["web:cart", "cart:api"]}), vec![]),
        "juju_remove_storage" => (json!({"storage": ["pgdata/0"], "force": true}), vec![]),
        "juju_retry_provisioning" => (json!({"all": true}), vec![]),
        "juju_revoke_cloud" => {
            let access = json!({"user": "reader", "permission": "add-model", "clouds": ["microk8s"]});
            (access.clone(), vec![("juju_grant_cloud", access)])
        }
        "juju_set_credential" => {
            (json!({"model": "edge", "cloud": "microk8s", "credential": "other"}), vec![("juju_add_credential", other)])
        }
        "juju_scp" => (json!({"source": "web/0:/tmp/x", "destination": folder.join("x")}), vec![]),
        "juju_download_backup" => {
            (json!({"backup": "/var/lib/juju/backups/a.tar.gz", "filename": folder.join("a")}), vec![])
        }
        _ => return None,
    };
    Some((arguments, first))
}

/// Calls a tool twice with one key, in an estate of its own; returns what is wrong.
async fn repeat(tool: String, arguments: Value) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (simulator, pair) = dry_runs::estate().await;
    let data = folder.path().join("juju-data");
    simulator.write_client_files(&data, "admin").expect("client files");
    let files = ClientFiles::new(&data, folder.path()).with_file_roots(vec![folder.path().to_owned()]);
    let mut pair: SideBySide = pair;
    pair.dispatcher.controllers = files.controllers(long_timeouts()).await.expect("controllers").with_own_files(files);
    pair.dispatcher.catalogue =
        Catalogue::builtin().with_externals(Externals::default().with_program(program(folder.path())));
    let (arguments, first) = own_arguments(&tool, folder.path()).unwrap_or((arguments, Vec::new()));
    for (tool, arguments) in first {
        pair.juju_mcp(tool, &at_shop(tool, &arguments, false)).await.expect(tool);
    }
    let mut arguments = at_shop(&tool, &arguments, false);
    arguments["idempotency_key"] = json!("once");
    let acts = || (simulator.writes(), std::fs::read_to_string(folder.path().join("starts")).expect("notes"));
    let before = acts();
    let first = pair.juju_mcp(&tool, &arguments).await;
    let done = acts();
    let again = pair.juju_mcp(&tool, &arguments).await;
    let refused = REFUSED.contains(&tool.as_str());
    match (&first, &again) {
        _ if acts() != done => Some(format!("{tool}: is done again: {:?}, then {:?}", done, acts())),
        (Err(_), Err(_)) if refused && done == before => None,
        (Err(_), Err(again)) if FAILING.contains(&tool.as_str()) && again.code() == "previously_failed" => None,
        (Err(error), _) => Some(format!("{tool} {arguments}: fails: {error} ({:?})", error.remedy())),
        (Ok(_), Err(error)) => Some(format!("{tool} {arguments}: the repetition fails: {error}")),
        (Ok(first), Ok(again)) if !again.repeated || again.entry != first.entry => {
            Some(format!("{tool}: the repetition is another: {} / {}", first.text, again.text))
        }
        // results that are long or may have secrets are not stored
        (Ok(first), Ok(again)) if again.text != first.text && !again.text.starts_with("this was done already") => {
            Some(format!("{tool}: the repetition has another answer: {} / {}", first.text, again.text))
        }
        // a resource is an upload, and no request
        (Ok(_), Ok(_)) if done == before && tool != "juju_attach_resource" => {
            Some(format!("{tool} {arguments}: does nothing"))
        }
        (Ok(_), Ok(_)) => None,
    }
}

/// Commands that set a value in the user's own files: done twice they do nothing more. `programs.rs` and `local_files.rs` call them.
const OF_OWN_FILES: [&str; 3] = ["juju_default_credential", "juju_switch", "juju_unregister"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_write_with_the_key_of_an_earlier_one_is_done_once() {
    let rows = dry_runs::accepted();
    let catalogue = Catalogue::builtin();
    // the suite with real backends calls the tools that are no commands of the client
    let writes = catalogue.iter().filter(|tool| tool.effect().changes() && tool.is_client_command());
    let tools: Vec<_> = writes.map(Tool::name).filter(|name| !OF_OWN_FILES.contains(name)).collect();
    assert!(tools.len() > 90, "{}", tools.len());
    let arguments = |name: &str| {
        let row = rows.iter().find(|(tool, _)| *tool == name);
        row.map_or_else(|| act_targets::required(name), |(_, arguments)| arguments.clone())
    };
    let calls: Vec<_> = tools.into_iter().map(|name| (name.to_owned(), arguments(name))).collect();
    let problems = stream::iter(calls).map(|(tool, arguments)| repeat(tool, arguments)).buffer_unordered(4);
    let problems: Vec<String> = problems.filter_map(std::future::ready).collect().await;
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
