//! Rows of `dry_runs.rs` for storage, secrets, networks, access, and the controller.

use serde_json::{Value, json};

use super::Refused;

/// What the rows below act on: a secret, a space, a pool, and an application of another model.
pub(super) fn prepared() -> Vec<(&'static str, Value)> {
    vec![
        ("juju_add_secret", json!({"name": "api-key", "secret_content": {"user": "ana"}})),
        ("juju_add_space", json!({"name": "backend"})),
        ("juju_create_storage_pool", json!({"name": "fast", "provider": "loop"})),
        ("juju_consume", json!({"offer": "admin/edge.ingress", "application_alias": "entrance"})),
        ("juju_add_secret_backend", backend("safe")),
        ("juju_add_cloud", json!({"cloud": "spare", "definition": {"type": "kubernetes", "auth-types": ["userpass"]}})),
        ("juju_add_credential", credential("spare", "mine")),
    ]
}

fn backend(name: &str) -> Value {
    json!({"name": name, "backend_type": "vault", "config": {"endpoint": "http://vault:8200", "token": "s.x"}})
}

fn credential(cloud: &str, name: &str) -> Value {
    let attributes = json!({"username": "ana", "password": "pass-of-ana"});
    json!({"cloud": cloud, "credential": name, "auth_type": "userpass", "secret_attributes": attributes})
}

/// Arguments with which tools of the controller do something in the scenario `kubernetes`.
fn accepted_of_controllers() -> Vec<(&'static str, Value)> {
    let definition = json!({"type": "maas", "auth-types": ["oauth1"], "endpoint": "http://maas.example/MAAS"});
    vec![
        ("juju_add_cloud", json!({"cloud": "extra", "definition": definition})),
        ("juju_add_credential", credential("microk8s", "other")),
        ("juju_add_secret_backend", backend("other")),
        ("juju_add_user", json!({"user": "bob", "display_name": "Bob B"})),
        ("juju_change_user_password", json!({"user": "reader", "reset": true})),
        ("juju_destroy_controller", json!({"name": "simulated", "destroy_all_models": true, "release_storage": true})),
        ("juju_import_filesystem", json!({"storage_provider": "loop", "provider_id": "vol-1", "storage_name": "data"})),
        ("juju_import_ssh_key", json!({"keys": ["gh:ana"]})),
        ("juju_kill_controller", json!({"name": "simulated"})),
        ("juju_move_to_space", json!({"name": "backend", "cidrs": ["10.8.0.0/24"]})),
        ("juju_remove_cloud", json!({"cloud": "spare"})),
        ("juju_remove_credential", json!({"cloud": "spare", "credential": "mine"})),
        ("juju_remove_secret_backend", json!({"name": "safe"})),
        (
            "juju_update_cloud",
            json!({"cloud": "spare", "definition": {"type": "kubernetes", "endpoint": "http://k8s"}}),
        ),
        ("juju_update_credential", credential("microk8s", "microk8s")),
        ("juju_update_secret_backend", json!({"name": "safe", "config": {"token-rotate": "2h"}})),
        ("juju_add_k8s", json!({"cloud": "extra", "definition": {"endpoint": "http://k8s.example"}})),
        ("juju_update_k8s", json!({"cloud": "spare", "definition": {"endpoint": "http://k8s"}})),
        ("juju_remove_k8s", json!({"cloud": "spare"})),
        ("juju_create_backup", json!({"notes": "before the upgrade"})),
        ("juju_upgrade_machine", json!({"machine": "0", "command": "prepare", "base": "ubuntu@24.04"})),
        ("juju_upgrade_controller", json!({"agent_version": "3.6.12"})),
        ("juju_upgrade_model", json!({"model": "shop"})),
    ]
}

/// Dry runs of tools of the controller that are refused as the acts would be.
fn refused_of_controllers() -> Vec<Refused> {
    let spare = json!({"type": "kubernetes"});
    vec![
        (
            "juju_add_cloud",
            json!({"cloud": "spare", "definition": spare}),
            "already_exists",
            "\"spare\"",
            "juju_update_cloud",
        ),
        ("juju_add_credential", credential("spare", "mine"), "already_exists", "\"mine\"", "juju_update_credential"),
        ("juju_add_credential", credential("spair", "mine"), "not_found", "\"spair\"", "`spare`"),
        ("juju_add_secret_backend", backend("safe"), "already_exists", "\"safe\"", "juju_update_secret_backend"),
        ("juju_add_user", json!({"user": "Reader"}), "already_exists", "Reader", "juju_users"),
        ("juju_change_user_password", json!({"user": "admin", "reset": true}), "refused", "lock itself out", ""),
        ("juju_download", json!({"charm": "web", "filepath": "/tmp/web.charm"}), "refused", "over HTTP", "stdio"),
        ("juju_migrate", json!({"model": "shop", "target_controller": "other"}), "controller_unknown", "\"other\"", ""),
        (
            "juju_migrate",
            json!({"model": "shop", "target_controller": "simulated"}),
            "refused",
            "already",
            "juju_controllers",
        ),
        ("juju_destroy_controller", json!({"name": "simulated"}), "refused", "admin/shop", "destroy_all_models"),
        ("juju_destroy_controller", json!({"name": "other"}), "refused", "`other`", "controller"),
        (
            "juju_import_filesystem",
            json!({"storage_provider": "lop", "provider_id": "vol-1", "storage_name": "data"}),
            "not_found",
            "lop",
            "`loop`",
        ),
        ("juju_import_ssh_key", json!({"keys": ["ana"]}), "invalid_arguments", "gh:ana", ""),
        ("juju_kill_controller", json!({"name": "other"}), "refused", "`other`", "controller"),
        ("juju_move_to_space", json!({"name": "backedn", "cidrs": ["10.8.0.0/24"]}), "not_found", "backedn", ""),
        (
            "juju_move_to_space",
            json!({"name": "backend", "cidrs": ["10.9.0.0/24"]}),
            "not_found",
            "10.9.0.0/24",
            "juju_subnets",
        ),
        ("juju_remove_cloud", json!({"cloud": "spair"}), "not_found", "\"spair\"", "`spare`"),
        ("juju_remove_credential", json!({"cloud": "spare", "credential": "mein"}), "not_found", "\"mein\"", "mine"),
        ("juju_remove_secret_backend", json!({"name": "save"}), "not_found", "\"save\"", "`safe`"),
        ("juju_update_cloud", json!({"cloud": "spair", "definition": spare}), "not_found", "\"spair\"", "`spare`"),
        ("juju_update_credential", credential("spare", "mein"), "not_found", "\"mein\"", "mine"),
        ("juju_update_secret_backend", json!({"name": "save", "reset": ["token"]}), "not_found", "\"save\"", "`safe`"),
        (
            "juju_add_k8s",
            json!({"cloud": "extra", "definition": {"type": "maas"}}),
            "invalid_arguments",
            "kubernetes",
            "",
        ),
        ("juju_add_k8s", json!({"cloud": "spare", "definition": {}}), "already_exists", "\"spare\"", "another name"),
        ("juju_update_k8s", json!({"cloud": "spair", "definition": {}}), "not_found", "\"spair\"", "`spare`"),
        ("juju_remove_k8s", json!({"cloud": "spair"}), "not_found", "\"spair\"", "`spare`"),
        ("juju_create_backup", json!({"note": "x"}), "invalid_arguments", "`note`", ""),
        (
            "juju_upgrade_machine",
            json!({"machine": "77", "command": "prepare", "base": "ubuntu@24.04"}),
            "not_found",
            "77",
            "",
        ),
        ("juju_upgrade_machine", json!({"machine": "0", "command": "prepare"}), "invalid_arguments", "`base`", ""),
        ("juju_upgrade_controller", json!({"agent_version": "9.9.9"}), "not_found", "no matching", ""),
        ("juju_upgrade_model", json!({"model": "shop", "agent_version": "3.6.12"}), "juju_error", "controller", ""),
        (
            "juju_upgrade_model",
            json!({"model": "controller"}),
            "refused",
            "controller itself",
            "juju_upgrade_controller",
        ),
    ]
}

/// What needs the files of a user's own client, or a terminal.
fn refused_without_files() -> impl Iterator<Item = Refused> {
    let files = [
        ("juju_agree", json!({"terms": ["canonical/1"]})),
        ("juju_bootstrap", json!({"cloud": "aws"})),
        ("juju_default_credential", json!({"cloud": "aws"})),
        ("juju_default_region", json!({"cloud": "aws"})),
        ("juju_download_backup", json!({"backup": "/var/lib/a.tar.gz", "filename": "/tmp/a.tar.gz"})),
        ("juju_login", json!({"password": "pass-of-ana"})),
        ("juju_logout", json!({})),
        ("juju_register", json!({"registration_token": "MCMTA2", "password": "pass-of-ana"})),
        ("juju_scp", json!({"source": "web/0:/tmp/x", "destination": "x"})),
        ("juju_ssh", json!({"target": "web/0", "command": "hostname"})),
        ("juju_switch", json!({"to": "shop"})),
        ("juju_sync_agent_binary", json!({})),
        ("juju_unregister", json!({"name": "other"})),
        ("juju_update_public_clouds", json!({})),
    ];
    let terminal = [
        ("juju_autoload_credentials", json!({})),
        ("juju_debug_code", json!({"unit": "web/0"})),
        ("juju_debug_hooks", json!({"unit": "web/0"})),
    ];
    let files = files.into_iter().map(|(tool, arguments)| (tool, arguments, "refused", "a user's own client", ""));
    files.chain(terminal.into_iter().map(|(tool, arguments)| (tool, arguments, "refused", "needs a terminal", "")))
}

/// Arguments with which each tool does something in the scenario `kubernetes`.
pub(super) fn accepted() -> Vec<(&'static str, Value)> {
    let secret = json!({"id_or_name": "api-key"});
    let shared = json!({"id_or_name": "api-key", "applications": ["web"]});
    let reader = json!({"user": "reader"});
    let cloud = json!({"user": "reader", "permission": "add-model", "clouds": ["microk8s"]});
    let own = vec![
        ("juju_add_secret", json!({"name": "other", "secret_content": {"user": "x"}})),
        ("juju_add_space", json!({"name": "data"})),
        ("juju_add_ssh_key", json!({"keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmX ana"]})),
        ("juju_add_storage", json!({"unit": "postgresql/0", "storage": {"pgdata": "1G"}})),
        (
            "juju_attach_resource",
            json!({"model": "edge", "application": "traefik", "resource": "traefik-image", "value": "ghcr.io/acme/t:1"}),
        ),
        ("juju_attach_storage", json!({"unit": "postgresql/1", "storage": ["pgdata/0"]})),
        ("juju_bind", json!({"application": "web", "bind": {"": "alpha"}})),
        ("juju_cancel_task", json!({"task_ids": ["2"]})),
        ("juju_controller_config", json!({"values": {"auditing-enabled": true}})),
        ("juju_create_storage_pool", json!({"name": "slow", "provider": "loop"})),
        ("juju_detach_storage", json!({"storage": ["pgdata/0"]})),
        ("juju_disable_command", json!({"command_set": "all"})),
        ("juju_disable_user", reader.clone()),
        ("juju_enable_command", json!({"command_set": "all"})),
        ("juju_enable_destroy_controller", json!({})),
        ("juju_enable_ha", json!({"num_controllers": 3})),
        ("juju_enable_user", reader.clone()),
        ("juju_grant", json!({"user": "reader", "permission": "write", "to": ["shop"]})),
        ("juju_grant_cloud", cloud.clone()),
        ("juju_grant_secret", shared.clone()),
        ("juju_model_defaults", json!({"values": {"ftp-proxy": "10.0.0.1:8000"}})),
        ("juju_reload_spaces", json!({})),
        ("juju_remove_offer", json!({"urls": ["admin/edge.ingress"]})),
        ("juju_remove_saas", json!({"applications": ["entrance"]})),
        ("juju_remove_secret", secret.clone()),
        ("juju_remove_space", json!({"name": "backend"})),
        ("juju_remove_ssh_key", json!({"keys": ["ana"]})),
        ("juju_remove_storage", json!({"storage": ["pgdata/0"]})),
        ("juju_remove_storage_pool", json!({"name": "fast"})),
        ("juju_remove_user", reader),
        ("juju_rename_space", json!({"old_name": "backend", "new_name": "back"})),
        ("juju_resume_relation", json!({"relation_ids": [1]})),
        ("juju_retry_provisioning", json!({"machines": ["0"]})),
        ("juju_revoke", json!({"user": "reader", "permission": "read", "to": ["shop"]})),
        ("juju_revoke_cloud", cloud),
        ("juju_revoke_secret", shared),
        ("juju_set_application_base", json!({"application": "web", "base": "ubuntu@22.04"})),
        ("juju_set_credential", json!({"model": "edge", "cloud": "microk8s", "credential": "microk8s"})),
        ("juju_set_firewall_rule", json!({"service": "ssh", "allowlist": ["10.0.0.0/8"]})),
        ("juju_set_model_constraints", json!({"constraints": "mem=1G"})),
        ("juju_suspend_relation", json!({"relation_ids": [1]})),
        ("juju_update_secret", json!({"id_or_name": "api-key", "info": "For the API."})),
        ("juju_update_storage_pool", json!({"name": "fast", "attributes": {"a": "b"}})),
    ];
    [own, accepted_of_controllers()].concat()
}

/// What only machine models have.
fn refused_on_kubernetes() -> impl Iterator<Item = Refused> {
    let at_edge = |tool: &'static str, mut arguments: Value| {
        arguments["model"] = json!("edge");
        (tool, arguments, "refused", "container model", "model on machines")
    };
    [
        ("juju_add_space", json!({"name": "data"})),
        ("juju_add_ssh_key", json!({"keys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmX ana"]})),
        ("juju_reload_spaces", json!({})),
        ("juju_remove_ssh_key", json!({"keys": ["ana"]})),
        ("juju_retry_provisioning", json!({"machines": ["0"]})),
        ("juju_set_firewall_rule", json!({"service": "ssh", "allowlist": ["10.0.0.0/8"]})),
    ]
    .into_iter()
    .map(move |(tool, arguments)| at_edge(tool, arguments))
}

/// What the arguments show already.
fn refused_for_arguments() -> impl Iterator<Item = Refused> {
    [
        ("juju_add_secret", json!({"name": "other", "secret_content": {}}), "at least one key"),
        ("juju_cancel_task", json!({"task_ids": ["web"]}), "task_ids"),
        ("juju_controller_config", json!({"values": {"auditing-enabled": "perhaps"}}), "auditing-enabled"),
        ("juju_disable_command", json!({"command_set": "everything"}), "command_set"),
        ("juju_enable_command", json!({"command_set": "everything"}), "command_set"),
        ("juju_enable_destroy_controller", json!({"force": true}), "force"),
        ("juju_disable_user", json!({"user": "a b"}), "user"),
        ("juju_enable_ha", json!({"num_controllers": 2}), "odd"),
        ("juju_enable_user", json!({"user": "a b"}), "user"),
        ("juju_grant", json!({"user": "reader", "permission": "everything", "to": ["shop"]}), "permission"),
        ("juju_grant_cloud", json!({"user": "reader", "permission": "admin", "clouds": []}), "at least one cloud"),
        ("juju_model_defaults", json!({"values": {"agent-version": "3.6.1"}}), "agent-version"),
        ("juju_remove_user", json!({"user": "a b"}), "user"),
        ("juju_revoke", json!({"user": "reader", "permission": "everything", "to": ["shop"]}), "permission"),
        ("juju_revoke_cloud", json!({"user": "reader", "permission": "admin", "clouds": []}), "at least one cloud"),
    ]
    .into_iter()
    .map(|(tool, arguments, sentence)| (tool, arguments, "invalid_arguments", sentence, ""))
}

/// Dry runs that are refused as the acts would be.
pub(super) fn refused() -> Vec<Refused> {
    let missing =
        |tool: &'static str, arguments: Value, sentence: &'static str| (tool, arguments, "not_found", sentence, "");
    let found = vec![
        missing("juju_update_secret", json!({"id_or_name": "api-kye", "info": "x"}), "api-kye"),
        missing("juju_remove_secret", json!({"id_or_name": "api-kye"}), "api-kye"),
        missing("juju_grant_secret", json!({"id_or_name": "api-kye", "applications": ["web"]}), "api-kye"),
        missing("juju_revoke_secret", json!({"id_or_name": "api-kye", "applications": ["web"]}), "api-kye"),
        missing("juju_add_storage", json!({"unit": "postgresql/9", "storage": {"pgdata": "1G"}}), "postgresql/9"),
        missing("juju_attach_storage", json!({"unit": "postgresql/1", "storage": ["pgdata/9"]}), "pgdata/9"),
        missing("juju_detach_storage", json!({"storage": ["pgdata/9"]}), "pgdata/9"),
        missing("juju_remove_storage", json!({"storage": ["pgdata/9"]}), "pgdata/9"),
        missing("juju_update_storage_pool", json!({"name": "fats", "attributes": {"a": "b"}}), "fats"),
        missing("juju_remove_storage_pool", json!({"name": "fats"}), "fats"),
        ("juju_create_storage_pool", json!({"name": "slow"}), "refused", "provider", ""),
        missing("juju_rename_space", json!({"old_name": "backedn", "new_name": "back"}), "backedn"),
        missing("juju_remove_space", json!({"name": "backedn"}), "backedn"),
        missing("juju_bind", json!({"application": "wbe", "bind": {"": "alpha"}}), "\"wbe\" not found"),
        missing(
            "juju_set_application_base",
            json!({"application": "wbe", "base": "ubuntu@22.04"}),
            "\"wbe\" not found",
        ),
        missing("juju_set_model_constraints", json!({"constraints": "spaces=alfa"}), "alfa"),
        missing("juju_suspend_relation", json!({"relation_ids": [99]}), "relation 99 not found"),
        missing("juju_resume_relation", json!({"relation_ids": [99]}), "relation 99 not found"),
        missing("juju_remove_offer", json!({"urls": ["admin/edge.ingres"]}), "ingres"),
        missing("juju_remove_saas", json!({"applications": ["entranec"]}), "\"entranec\" not found"),
        (
            "juju_attach_resource",
            json!({"model": "edge", "application": "traefik", "resource": "image", "value": "ghcr.io/acme/t:1"}),
            "refused",
            "no resource `image`",
            "`traefik-image`",
        ),
        (
            "juju_set_credential",
            json!({"model": "edge", "cloud": "microk8s", "credential": "other"}),
            "refused",
            "no credential `other`",
            "it has: microk8s",
        ),
    ];
    let own = found.into_iter().chain(refused_of_controllers()).chain(refused_without_files());
    own.chain(refused_on_kubernetes()).chain(refused_for_arguments()).collect()
}
