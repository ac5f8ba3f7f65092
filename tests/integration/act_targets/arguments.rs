//! Arguments of every tool: those that a call needs, those that name an entity, and those that name none.

#![expect(
    clippy::match_same_arms,
    clippy::unnested_or_patterns,
    reason = "the tables have one row for each kind of property"
)]

use serde_json::{Value, json};

pub(super) const CANARY: &str = "canary77";

/// Arguments that every call of a tool needs.
pub(crate) fn required(tool: &str) -> Value {
    match tool {
        "juju_add_model" => json!({"name": "other"}),
        "juju_add_cloud" | "juju_update_cloud" => json!({"cloud": "other", "definition": {"type": "maas"}}),
        "juju_remove_cloud" => json!({"cloud": "other"}),
        "juju_add_credential" | "juju_update_credential" => {
            json!({"cloud": "sim", "credential": "other", "auth_type": "userpass", "secret_attributes": {"username": "x"}})
        }
        "juju_remove_credential" => json!({"cloud": "sim", "credential": "other"}),
        "juju_add_secret_backend" => {
            json!({"name": "other", "backend_type": "vault", "config": {"endpoint": "http://vault"}})
        }
        "juju_update_secret_backend" => json!({"name": "other", "reset": ["namespace"]}),
        "juju_remove_secret_backend" => json!({"name": "other"}),
        "juju_add_user" => json!({"user": "bob"}),
        "juju_change_user_password" => json!({"user": "bob", "reset": true}),
        "juju_destroy_controller" | "juju_kill_controller" => json!({"name": "other"}),
        "juju_add_k8s" | "juju_update_k8s" => json!({"cloud": "other", "definition": {}}),
        "juju_remove_k8s" | "juju_default_credential" | "juju_default_region" | "juju_bootstrap" => {
            json!({"cloud": "other"})
        }
        "juju_agree" => json!({"terms": ["canonical/1"]}),
        "juju_debug_code" | "juju_debug_hooks" => json!({"unit": "web/0"}),
        "juju_diff_bundle" => json!({"bundle": "web-stack"}),
        "juju_download_backup" => json!({"backup": "/var/lib/juju/backups/a.tar.gz", "filename": "/tmp/a.tar.gz"}),
        "juju_login" => json!({"password": "x"}),
        "juju_register" => json!({"registration_token": "MCMTA2", "password": "x"}),
        "juju_scp" => json!({"source": "web/0:/tmp/x", "destination": "x"}),
        "juju_ssh" => json!({"target": "web/0", "command": "uptime"}),
        "juju_switch" => json!({"to": "prod"}),
        "juju_unregister" => json!({"name": "other"}),
        "juju_upgrade_machine" => json!({"machine": "0", "command": "complete"}),
        "juju_download" | "juju_info" => json!({"charm": "web"}),
        "juju_import_filesystem" => {
            json!({"storage_provider": "loop", "provider_id": "vol-1", "storage_name": "data"})
        }
        "juju_import_ssh_key" => json!({"keys": ["gh:ana"]}),
        "juju_migrate" => json!({"model": "prod", "target_controller": "other"}),
        "juju_move_to_space" => json!({"name": "alpha", "cidrs": ["10.0.0.0/24"]}),
        "juju_upgrade_model" => json!({"model": "prod"}),
        "juju_add_secret" => json!({"name": "other", "secret_content": {"user": "x"}}),
        "juju_charm_resources" => json!({"charm": "web"}),
        "juju_consume" => json!({"offer": "admin/prod.db"}),
        "juju_deploy" => json!({"charm": "web"}),
        "juju_destroy_model" => json!({"model": "prod"}),
        "juju_exec" => json!({"command": "uptime", "units": ["web/0"]}),
        "juju_grant_secret" | "juju_revoke_secret" => json!({"id_or_name": "other", "applications": ["web"]}),
        "juju_remove_secret" | "juju_show_secret" => json!({"id_or_name": "other"}),
        "juju_update_secret" => json!({"id_or_name": "other", "info": "text"}),
        "juju_regions" | "juju_show_cloud" => json!({"cloud": "sim"}),
        "juju_resources" => json!({"name": "web"}),
        "juju_show_action" => json!({"application": "web", "action": "restart"}),
        "juju_show_credential" => json!({"cloud": "sim", "credential": "default"}),
        "juju_show_offer" => json!({"url": "admin/prod.db"}),
        "juju_show_secret_backend" => json!({"name": "internal"}),
        "juju_show_space" | "juju_add_space" | "juju_remove_space" => json!({"name": "alpha"}),
        "juju_rename_space" => json!({"old_name": "alpha", "new_name": "beta"}),
        "juju_add_storage" => json!({"unit": "web/0", "storage": {"data": "1G"}}),
        "juju_attach_storage" => json!({"unit": "web/0", "storage": ["pgdata/0"]}),
        "juju_detach_storage" | "juju_remove_storage" => json!({"storage": ["pgdata/0"]}),
        "juju_create_storage_pool" | "juju_remove_storage_pool" => json!({"name": "fast"}),
        "juju_update_storage_pool" => json!({"name": "fast", "attributes": {"a": "b"}}),
        "juju_add_ssh_key" | "juju_remove_ssh_key" => json!({"keys": ["ssh-ed25519 AAAA ana"]}),
        "juju_disable_command" | "juju_enable_command" => json!({"command_set": "all"}),
        "juju_enable_user" | "juju_disable_user" | "juju_remove_user" => json!({"user": "ana"}),
        "juju_grant" | "juju_revoke" => json!({"user": "ana", "permission": "admin", "to": ["prod"]}),
        "juju_grant_cloud" | "juju_revoke_cloud" => json!({"user": "ana", "permission": "admin", "clouds": ["sim"]}),
        "juju_suspend_relation" | "juju_resume_relation" => json!({"relation_ids": [1]}),
        "juju_remove_offer" => json!({"urls": ["admin/prod.db"]}),
        "juju_remove_saas" => json!({"applications": ["web"]}),
        "juju_set_model_constraints" => json!({"constraints": "mem=4G"}),
        "juju_bind" => json!({"application": "web", "bind": {"db": "alpha"}}),
        "juju_set_application_base" => json!({"application": "web", "base": "ubuntu@22.04"}),
        "juju_set_firewall_rule" => json!({"service": "ssh", "allowlist": ["10.0.0.0/8"]}),
        "juju_retry_provisioning" => json!({"machines": ["0"]}),
        "juju_cancel_task" => json!({"task_ids": ["2"]}),
        "juju_attach_resource" => json!({"application": "web", "resource": "image", "value": "ghcr.io/acme/web:1"}),
        "juju_set_credential" => json!({"cloud": "sim", "credential": "default"}),
        "juju_show_storage" => json!({"storage": ["pgdata/0"]}),
        "juju_show_task" => json!({"task_id": "2"}),
        "juju_storage" => json!({"filesystem": true}),
        "juju_integrate" => json!({"endpoints": ["web", "db"]}),
        "juju_offer" => json!({"application": "web", "endpoints": ["db"]}),
        "juju_remove_relation" => json!({"endpoints": ["web", "db"]}),
        "juju_remove_machine" | "juju_show_machine" => json!({"machines": ["0"]}),
        "juju_remove_application" | "juju_show_application" => json!({"applications": ["web"]}),
        "juju_remove_unit" | "juju_resolved" | "juju_show_unit" => json!({"units": ["web/0"]}),
        "juju_run" => json!({"units": ["web/0"], "action": "restart"}),
        "juju_scale_application" => json!({"application": "web", "scale": 3}),
        "juju_set_constraints" => json!({"application": "web", "constraints": "mem=4G"}),
        "juju_show_operation" => json!({"operation_id": "1"}),
        "juju_show_status_log" => json!({"entity_name": "web/0"}),
        "juju_wait_for" => json!({"kind": "application", "name": "web"}),
        "juju_actions" | "juju_add_unit" | "juju_config" | "juju_constraints" | "juju_expose" | "juju_refresh"
        | "juju_trust" | "juju_unexpose" => json!({"application": "web"}),
        _ => required_of_backends(tool),
    }
}

/// The same for tools of backends beside Juju.
fn required_of_backends(tool: &str) -> Value {
    match tool {
        "backend_query" => json!({"backend": "prometheus", "method": "query"}),
        "alertmanager_add_silence" => json!({"matchers": ["alertname=Down"], "duration": "2h", "comment": "why"}),
        "alertmanager_expire_silence" => json!({"id": "other"}),
        "prometheus_query" | "prometheus_query_range" | "prometheus_exemplars" => json!({"query": "up"}),
        "prometheus_series" => json!({"selectors": ["up"]}),
        "describe_pod" | "get_pod_events" | "get_pod_logs" | "k8s_delete_pod" => json!({"name": "web-1"}),
        "k8s_cordon" | "k8s_drain" => json!({"node": "node-1"}),
        "k8s_list" => json!({"kind": "pods"}),
        "k8s_can_i" => json!({"verb": "get", "kind": "pods"}),
        "k8s_get" | "k8s_rollout_status" | "k8s_rollout_restart" => json!({"kind": "deployment", "name": "web"}),
        "k8s_scale" => json!({"kind": "deployment", "name": "web", "replicas": 3}),
        "k8s_patch" => json!({"kind": "deployment", "name": "web", "patch": {"spec": {"paused": true}}}),
        "k8s_apply" => json!({"manifest": "{apiVersion: v1, kind: ConfigMap, metadata: {name: web}}"}),
        "loki_query" | "loki_query_range" => json!({"query": "{app=\"web\"}"}),
        "loki_search" => json!({"text": "timeout"}),
        _ => json!({}),
    }
}

/// Values that name an entity, by the property that takes them; arguments to leave out in their favour.
pub(super) fn naming(tool: &str, property: &str) -> Option<(Value, &'static [&'static str])> {
    let list = json!([CANARY]);
    let value = match (tool, property) {
        ("juju_integrate" | "juju_remove_relation", "endpoints") => json!([format!("{CANARY}:db"), "web"]),
        (
            "juju_show_space"
            | "juju_resources"
            | "juju_show_secret_backend"
            | "juju_add_secret"
            | "juju_update_secret",
            "name",
        )
        | ("juju_subnets", "space")
        | (
            "juju_regions" | "juju_show_cloud" | "juju_credentials" | "juju_set_credential" | "juju_show_credential",
            "cloud",
        )
        | ("juju_show_user", "user")
        | (_, "id_or_name" | "namespace") => json!(CANARY),
        (
            "juju_add_space"
            | "juju_remove_space"
            | "juju_create_storage_pool"
            | "juju_remove_storage_pool"
            | "juju_update_storage_pool",
            "name",
        )
        | ("juju_rename_space", "old_name" | "new_name")
        | (
            "juju_enable_user" | "juju_disable_user" | "juju_remove_user" | "juju_grant" | "juju_revoke"
            | "juju_grant_cloud" | "juju_revoke_cloud",
            "user",
        )
        | ("juju_model_defaults", "cloud") => {
            json!(CANARY)
        }
        ("juju_grant" | "juju_revoke", "to") | ("juju_grant_cloud" | "juju_revoke_cloud", "clouds") => list,
        ("juju_add_storage" | "juju_attach_storage", "unit") => json!(format!("{CANARY}/0")),
        ("juju_suspend_relation" | "juju_resume_relation", "relation_ids") => json!([77]),
        ("juju_remove_offer", "urls") => json!([format!("admin/{CANARY}.db")]),
        ("juju_cancel_task", "task_ids") => json!(["77"]),
        ("juju_attach_storage" | "juju_detach_storage" | "juju_remove_storage" | "juju_show_storage", "storage") => {
            json!([format!("{CANARY}/0")])
        }
        (
            "juju_add_cloud"
            | "juju_add_k8s"
            | "juju_update_cloud"
            | "juju_update_k8s"
            | "juju_remove_cloud"
            | "juju_remove_k8s"
            | "juju_add_credential"
            | "juju_update_credential"
            | "juju_remove_credential"
            | "juju_bootstrap",
            "cloud",
        )
        | ("juju_add_credential" | "juju_update_credential" | "juju_remove_credential", "credential")
        | (
            "juju_add_secret_backend"
            | "juju_update_secret_backend"
            | "juju_remove_secret_backend"
            | "juju_move_to_space",
            "name",
        )
        | ("juju_add_user" | "juju_change_user_password", "user")
        | ("juju_import_filesystem", "provider_id")
        | ("juju_migrate", "target_controller") => json!(CANARY),
        ("juju_ssh", "target") | ("juju_debug_hooks" | "juju_debug_code", "unit") => json!(format!("{CANARY}/0")),
        ("juju_wait_for", "also") => json!([format!("unit {CANARY}/0 removed")]),
        ("juju_scp", "source") => json!(format!("{CANARY}/0:/tmp/x")),
        ("juju_upgrade_machine", "machine") => json!("77"),
        ("juju_secrets", "owner") => json!(format!("application-{CANARY}")),
        ("alertmanager_expire_silence", "id") => json!(CANARY),
        ("juju_show_offer", "url") => json!(format!("admin/{CANARY}.db")),
        ("juju_show_task", "task_id") => json!("77"),
        ("juju_storage", "ids") => json!(["77"]),
        (_, "offer") if tool == "juju_consume" => json!(format!("admin/{CANARY}.db")),
        ("juju_remove_relation", "relation_id") => return Some((json!(77), &["endpoints"])),
        ("juju_add_model", "name") | ("juju_wait_for", "name") => json!(CANARY),
        ("juju_show_status_log", "entity_name") => json!(format!("{CANARY}/0")),
        ("juju_show_operation", "operation_id") => json!("77"),
        ("juju_status", "selectors") | ("juju_debug_log", "include") => list,
        ("juju_offer", "offer_name") => return None,
        (
            _,
            "application" | "application_name" | "application_alias" | "model_name" | "offer_name" | "offer" | "url",
        ) => {
            json!(CANARY)
        }
        ("loki_errors" | "loki_patterns" | "loki_search" | "loki_tail", "service") => json!(CANARY),
        (_, "model" | "controller") => json!(CANARY),
        (_, "applications" | "apps") => list,
        (_, "units") => json!([format!("{CANARY}/0")]),
        (_, "related_unit") => json!(format!("{CANARY}/0")),
        (_, "machines") => json!(["77"]),
        ("juju_add_unit" | "juju_deploy", "to") => json!(["lxd:77"]),
        ("juju_add_machine", "placement") => json!("lxd:77"),
        _ => return None,
    };
    Some((value, &[]))
}

/// Properties that name no entity, with the reason. A new property has to be here or in [`naming`].
pub(super) fn names_no_entity(tool: &str, property: &str) -> Option<&'static str> {
    Some(match (tool, property) {
        (_, "format" | "fields" | "filter" | "limit" | "cursor" | "fresh") => "options for the form of the answer",
        (_, "dry_run" | "idempotency_key" | "background" | "wait" | "timeout" | "query" | "n" | "days" | "offset") => {
            "how and how long the call works"
        }
        (_, "instance") => "the name of a backend",
        _ if !tool.starts_with("juju_") && ["name", "kind", "node", "container"].contains(&property) => {
            "what is in the namespace of the call, or in a cluster that the role sees whole"
        }
        (_, "label_selector" | "field_selector" | "contains" | "since" | "warnings_only" | "wide" | "verb") => {
            "selects objects of the namespace of the call"
        }
        (_, "subresource" | "tail_lines" | "previous" | "follow" | "grace_period_seconds" | "uncordon") => {
            "what is done, and how long"
        }
        (_, "ignore_daemonsets" | "delete_emptydir_data" | "force_conflicts") => "flags",
        (_, "replicas" | "patch" | "manifest") => "content that the target gets; the tool holds it to the namespace",
        ("backend_query", "backend" | "method" | "params") => {
            "a query in the terms of a backend, limited to the model by the tool"
        }
        (tool, _) if tool.starts_with("prometheus_") || tool.starts_with("alertmanager_") => {
            "selects series, alerts and silences of the model"
        }
        (_, "force" | "force_base" | "force_units" | "no_retry" | "keep_instance" | "remove" | "trust") => "flags",
        (_, "destroy_storage" | "release_storage" | "relations" | "schema" | "app" | "active_only" | "all") => "flags",
        (_, "short" | "full" | "details" | "reveal" | "revisions" | "show_secrets" | "filesystem" | "volume") => {
            "flags"
        }
        (_, "include_charm_defaults" | "include_series" | "auto_prune") => "flags",
        ("juju_subnets" | "juju_storage_pools" | "juju_payloads", "zone" | "name" | "provider" | "patterns") => {
            "filters of what the model has itself"
        }
        (_, "secret_content" | "info") => "content of a secret",
        (_, "no_destroy" | "no_wait" | "command_set" | "message" | "permission") => "what is done, and why",
        (_, "keys" | "cidrs" | "allowlist" | "service" | "attributes" | "provider") => "what the model gets",
        (_, "constraints" | "base" | "num_units" | "num_machines" | "scale" | "storage" | "attach_storage") => "sizes",
        (_, "charm" | "channel" | "revision" | "path" | "resources" | "config" | "values" | "reset" | "key") => {
            "content that the target gets"
        }
        (_, "command" | "action" | "actions" | "params" | "status" | "level" | "lines" | "type" | "kind") => {
            "what is done, or a filter by kind"
        }
        (_, "to_cidrs" | "to_spaces" | "via" | "bind") => "networks",
        (_, "device" | "disks" | "switch" | "scope") => "content that the target gets",
        (_, "parallel" | "execution_group") => "how and how long the call works",
        ("juju_deploy", "overlay" | "map_machines") => "part of a bundle: its applications are the target",
        ("juju_debug_log", "include_label" | "exclude_label") => "selects lines by label",
        ("juju_debug_log", "until" | "grouped") => "selects lines by text and time",
        ("juju_wait_for", "removed") => "what is waited for",
        ("juju_show_status_log", "from_date") => "how far back it goes",
        ("juju_add_model", "owner") => "clouds and users",
        ("juju_attach_resource", "resource" | "value") => "content that the target gets",
        (
            _,
            "definition" | "auth_type" | "secret_attributes" | "backend_type" | "import_id" | "display_name"
            | "password",
        ) => "content that the target gets",
        ("juju_destroy_controller" | "juju_kill_controller", "name") => "repeats the controller",
        ("juju_destroy_controller", "destroy_all_models" | "model_timeout") => "flags",
        ("juju_find" | "juju_info" | "juju_download", "category" | "publisher" | "track" | "arch" | "filepath") => {
            "what is looked for in the store, and a new file"
        }
        ("juju_import_filesystem", "storage_provider" | "storage_name") => "content that the model gets",
        ("juju_upgrade_model" | "juju_upgrade_controller" | "juju_bootstrap" | "juju_sync_agent_binary", _) => {
            "what the agents and the controller are"
        }
        (_, "notes" | "hooks" | "container" | "proxy" | "source" | "destination") => "what is done there",
        (
            "juju_login"
            | "juju_logout"
            | "juju_register"
            | "juju_unregister"
            | "juju_switch"
            | "juju_agree"
            | "juju_help_hook_commands"
            | "juju_help_action_commands"
            | "juju_autoload_credentials"
            | "juju_download_backup"
            | "juju_default_credential"
            | "juju_default_region"
            | "juju_diff_bundle",
            _,
        ) => "files of the user's own client, and the store",
        (tool, _) if tool.starts_with("loki_") => "selects lines and streams of the model",
        ("juju_enable_ha", "num_controllers" | "to") => "machines of the controller",
        (_, "cloud" | "region" | "credential" | "user" | "allowed_consumer" | "connected_user") => "clouds and users",
        ("juju_expose" | "juju_unexpose" | "juju_offer", "endpoints") => "endpoints of the application",
        ("juju_show_unit", "endpoint") => "an endpoint of the unit",
        ("juju_offer", "offer_name") => "the name of a new offer",
        ("juju_offers" | "juju_find_offers", "interface") => "a filter by interface",
        ("juju_debug_log", "exclude" | "include_module" | "exclude_module") => {
            "leaves lines out, or selects log modules"
        }
        _ => return None,
    })
}
