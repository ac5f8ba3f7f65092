//! What an act is, by what it does and touches: no tool opens a shell for operators, hides a target, or shows content to viewers.

#![expect(
    clippy::match_same_arms,
    clippy::unnested_or_patterns,
    reason = "the tables have one row for each kind of property"
)]

use std::collections::BTreeSet;

use catalogue::{Catalogue, Tool};
use dispatch::{Refusal, Reply};
use identity::Caller;
use juju_sim::Simulator;
use policy::{Act, Budget, BuiltinRules, EvaluationContext, Fact, Policy, Target};
use serde_json::{Map, Value, json};
use tests::{SideBySide, side_by_side::simulator};

const CANARY: &str = "canary77";

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
fn naming(tool: &str, property: &str) -> Option<(Value, &'static [&'static str])> {
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
fn names_no_entity(tool: &str, property: &str) -> Option<&'static str> {
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

fn plan(tool: &dyn Tool, arguments: Value) -> Result<Act, String> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    Ok(tool.plan(arguments).map_err(|error| error.to_string())?.unresolved_act())
}

#[test]
fn property_that_names_an_entity_is_in_the_target_of_every_tool() {
    let mut named = 0;
    for tool in Catalogue::builtin().iter() {
        let properties = tool.input_schema()["properties"].as_object().cloned().unwrap_or_default();
        for property in properties.keys() {
            let path = format!("{} {property}", tool.name());
            let Some((value, excluded)) = naming(tool.name(), property) else {
                assert!(names_no_entity(tool.name(), property).is_some(), "{path} is in no table of this test");
                continue;
            };
            let mut arguments = required(tool.name());
            for name in excluded {
                arguments.as_object_mut().expect("an object").remove(*name);
            }
            arguments[property] = value.clone();
            let act = plan(tool, arguments).unwrap_or_else(|error| panic!("{path}: {error}"));
            let targets = json!([act.target, act.source]).to_string();
            let name =
                if value.to_string().contains("77\"") && !value.to_string().contains(CANARY) { "77" } else { CANARY };
            let name = if value.is_number() || value == json!([77]) { "77" } else { name };
            assert!(targets.contains(name), "{path}: {targets}");
            named += 1;
        }
    }
    assert!(named > 60, "{named}");
}

fn decision(tool: &dyn Tool, role: &str, arguments: Value) -> Result<&'static str, String> {
    let policy = Policy::builtin().expect("built-in policy");
    let act = plan(tool, arguments)?;
    let location = if act.target.location.model().is_none() && tool.name() == "juju_add_model" {
        policy::Location::from_names(Some("eu".into()), None)
    } else {
        policy::Location::from_names(Some("eu".into()), Some("admin/prod-shop".into()))
    };
    let act = Act { target: Target { location, entities: act.target.entities.clone() }, ..act };
    let now = "2026-11-17T09:00:00Z".parse().expect("a moment");
    let context = EvaluationContext {
        now,
        toolset: tool.toolset().to_owned(),
        facts: [(Fact::UnitsNow, 2)].into(),
        reservation: Some(Budget::default().reserve("ana", &act, &policy::Prices::default(), now)),
    };
    Ok(policy.explain(&Caller::local("ana", role), &act, &context).decision)
}

/// Free-form properties that run no code, with the reason. Others need hostile values in the test below.
const HARMLESS: [(&str, &str, &str); 29] = [
    ("juju_add_storage", "storage", "pools and sizes"),
    ("juju_create_storage_pool", "attributes", "attributes of a pool"),
    ("juju_update_storage_pool", "attributes", "attributes of a pool"),
    ("juju_bind", "bind", "spaces of endpoints"),
    ("juju_add_secret", "secret_content", "content of a secret"),
    ("juju_update_secret", "secret_content", "content of a secret"),
    ("juju_run", "params", "parameters of an action of the charm"),
    ("juju_deploy", "bind", "spaces of endpoints"),
    ("juju_deploy", "storage", "pools and sizes"),
    ("juju_deploy", "device", "kinds of devices"),
    ("juju_refresh", "bind", "spaces of endpoints"),
    ("juju_refresh", "storage", "pools and sizes"),
    ("juju_wait_for", "query", "read by this server"),
    ("juju_operations", "actions", "a filter by name"),
    ("juju_add_cloud", "definition", "for administrators alone"),
    ("juju_add_k8s", "definition", "for administrators alone"),
    ("juju_update_cloud", "definition", "for administrators alone"),
    ("juju_update_k8s", "definition", "for administrators alone"),
    ("juju_add_credential", "secret_attributes", "a credential"),
    ("juju_update_credential", "secret_attributes", "a credential"),
    ("juju_add_secret_backend", "config", "address and token of a backend"),
    ("juju_update_secret_backend", "config", "address and token of a backend"),
    ("juju_update_secret_backend", "reset", "address and token of a backend"),
    ("juju_download", "charm", "a name in Charmhub"),
    ("juju_bootstrap", "storage_pool", "attributes of a pool"),
    ("juju_change_user_password", "reset", "a flag"),
    ("juju_default_credential", "reset", "a flag"),
    ("juju_default_region", "reset", "a flag"),
    ("juju_upgrade_machine", "command", "one of two words"),
];

#[test]
fn operator_gets_no_shell_in_production_by_any_tool() {
    let run = |action: &str| json!({"units": ["web/0"], "action": action, "params": {"command": "id"}});
    let script = json!({"cloudinit-userdata": "postruncmd: [id]"});
    let trusted = |value: Value| json!({"trust": value});
    let container =
        json!({"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "evil.example/x"}]}}}});
    let manifest = |kind: &str, members: &Value| {
        let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "web"}});
        object.as_object_mut().expect("an object").extend(members.as_object().cloned().unwrap_or_default());
        object.to_string()
    };
    let hostile: Vec<(&str, &str, Value)> = vec![
        ("juju_exec", "command", json!({"command": "id", "units": ["web/0"]})),
        ("juju_ssh", "command", json!({"command": "id", "target": "web/0"})),
        ("k8s_patch", "patch", json!({"kind": "deployment", "name": "web", "patch": container})),
        ("k8s_patch", "patch", json!({"kind": "clusterrolebindings", "name": "a", "patch": {"subjects": []}})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("Deployment", &container)})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("RoleBinding", &json!({"subjects": []}))})),
        ("k8s_apply", "manifest", json!({"manifest": manifest("Service", &json!({"spec": {"type": "LoadBalancer"}}))})),
        ("juju_bootstrap", "config", json!({"cloud": "other", "config": {"cloudinit-userdata": "postruncmd: [id]"}})),
        ("juju_bootstrap", "model_default", json!({"cloud": "other", "model_default": {"authorized-keys": "x"}})),
        ("juju_run", "action", run("juju-exec")),
        ("juju_run", "action", run("juju-run")),
        ("juju_run", "action", run("JUJU-EXEC")),
        ("juju_run", "action", run(" juju-exec")),
        ("juju_model_config", "values", json!({"values": script})),
        ("juju_model_config", "values", json!({"values": {"authorized-keys": "ssh-ed25519 AAAA"}})),
        ("juju_model_config", "values", json!({"values": {"apt-http-proxy": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"apt-mirror": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"agent-metadata-url": "http://192.0.2.1"}})),
        ("juju_model_config", "values", json!({"values": {"container-inherit-properties": "ca-certs"}})),
        ("juju_model_defaults", "values", json!({"values": script})),
        ("juju_controller_config", "values", json!({"values": {"caas-image-repo": "evil.example"}})),
        ("juju_model_defaults", "reset", json!({"reset": ["apt-mirror"]})),
        ("juju_model_config", "reset", json!({"reset": ["apt-mirror"]})),
        ("juju_add_model", "config", json!({"name": "prod-new", "config": script})),
        ("juju_deploy", "config", json!({"charm": "web", "config": trusted(json!(true))})),
        ("juju_deploy", "config", json!({"charm": "web", "config": trusted(json!("true"))})),
        ("juju_deploy", "resources", json!({"charm": "web", "resources": {"image": "evil:latest"}})),
        ("juju_deploy", "charm", json!({"charm": "./evil.charm", "application_name": "web"})),
        ("juju_refresh", "config", json!({"application": "web", "config": trusted(json!("True"))})),
        ("juju_refresh", "trust", json!({"application": "web", "trust": true})),
        ("juju_refresh", "path", json!({"application": "web", "path": "./evil.charm"})),
        ("juju_refresh", "resources", json!({"application": "web", "resources": {"image": "evil:latest"}})),
        ("juju_config", "values", json!({"application": "web", "values": trusted(json!("true"))})),
        ("juju_config", "values", json!({"application": "web", "values": {"Trust": 1}})),
        ("juju_trust", "application", json!({"application": "web"})),
        ("juju_attach_resource", "value", json!({"application": "web", "resource": "image", "value": "evil:latest"})),
    ];
    let catalogue = Catalogue::builtin();
    for (name, _, arguments) in &hostile {
        let tool = catalogue.get(name).expect(name);
        let decided = decision(tool, "operator", arguments.clone());
        assert_ne!(decided, Ok("allow"), "{name} {arguments}");
        if ["juju_exec", "juju_model_config", "juju_model_defaults", "juju_add_model"].contains(name) {
            assert_eq!(decided, Ok("deny"), "{name} {arguments}");
        }
    }
    let run_tool = catalogue.get("juju_run").expect("the tool");
    let refused = decision(run_tool, "admin", run("juju-exec")).expect_err("refused");
    assert!(refused.contains("use juju_exec"), "{refused}");
    assert_eq!(decision(run_tool, "operator", run("backup")), Ok("allow"));
    let option = json!({"values": {"update-status-hook-interval": "1m"}});
    assert_eq!(decision(catalogue.get("juju_model_config").expect("the tool"), "operator", option), Ok("allow"));
    // every property that takes free-form content is tried above, or known to be harmless
    let tried: BTreeSet<_> = hostile.iter().map(|(tool, property, _)| (*tool, *property)).collect();
    for tool in catalogue.iter().filter(|tool| tool.effect().changes()) {
        let properties = tool.input_schema()["properties"].as_object().cloned().unwrap_or_default();
        for (property, schema) in &properties {
            let free_form = schema["type"] == "object"
                || ["action", "command", "charm", "path", "reset", "script", "query"].contains(&property.as_str());
            let known = tried.contains(&(tool.name(), property.as_str()))
                || HARMLESS.iter().any(|(name, harmless, _)| (*name, *harmless) == (tool.name(), property.as_str()))
                || (tool.name(), property.as_str()) == ("juju_config", "reset");
            assert!(!free_form || known, "{} {property} may run code; try it in this test", tool.name());
        }
    }
}

#[test]
fn exposure_to_half_of_the_internet_needs_an_approval_or_is_refused() {
    let catalogue = Catalogue::builtin();
    let expose = |cidrs: &[&str]| {
        let arguments = json!({"application": "web", "to_cidrs": cidrs});
        decision(catalogue.get("juju_expose").expect("the tool"), "operator", arguments)
    };
    for cidrs in [&["0.0.0.0/1", "128.0.0.0/1"][..], &["::/1", "8000::/1"], &["0.0.0.0/0"], &[]] {
        assert_eq!(expose(cidrs), Ok("require_approval"), "{cidrs:?}");
    }
    for cidr in ["0.0.0.0/00", "0.0.0.0/+0", "00.0.0.0/0", "10.0.0.1/8", "::ffff:0.0.0.0/96", "anything"] {
        assert!(expose(&[cidr]).expect_err(cidr).contains("to_cidrs"), "{cidr}");
    }
    assert_eq!(expose(&["10.0.0.0/8"]), Ok("allow"));
}

/// A simulated controller and a dispatcher with a policy of this text and no built-in rules.
async fn with_policy(scenario: &str, text: &str) -> (Simulator, SideBySide) {
    let simulator = simulator(scenario).await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.dispatcher.policy.replace(Policy::read(&[("own.yaml", text)], BuiltinRules::None).expect("good"));
    (simulator, pair)
}

async fn is_denied(pair: &SideBySide, tool: &str, arguments: Value) -> bool {
    let result: Result<Reply, Refusal> = pair.juju_mcp_as("operator", tool, &arguments).await;
    matches!(result, Err(Refusal::Denied(_)))
}

#[tokio::test]
async fn role_for_one_model_takes_no_offer_of_another() {
    let text = "roles: {operator: {description: d, allow: [{effects: [read, sensitive, write, destructive], models: '*/eu'}]}}";
    let (_simulator, pair) = with_policy("regions", text).await;
    pair.juju_mcp_as("operator", "status", &json!({"model": "eu"})).await.expect("its own model");
    for (tool, arguments) in [
        ("status", json!({"model": "us"})),
        ("find-offers", json!({})),
        ("consume", json!({"model": "eu", "offer": "admin/us.us-database"})),
        ("consume", json!({"model": "eu", "offer": "us.us-database"})),
        ("integrate", json!({"model": "eu", "endpoints": ["worker:database", "admin/us.us-database"]})),
        ("integrate", json!({"model": "eu", "endpoints": ["worker:database", "us.us-database:database"]})),
    ] {
        assert!(is_denied(&pair, tool, arguments.clone()).await, "{tool} {arguments}");
    }
}

#[tokio::test]
async fn forbidden_application_and_model_are_found_behind_every_id() {
    let text = "roles: {operator: {description: d, effects: [read, sensitive, write, destructive],
        deny: [{applications: payment}, {models: '*/us'}]}}";
    let (_simulator, pair) = with_policy("regions", text).await;
    pair.status_until("eu", "its units have machines", |status| {
        status["applications"]["payment"]["units"]["payment/0"]["machine"].is_string()
    })
    .await;
    let status = pair.json("status", &json!({"model": "eu"})).await.expect("status");
    let machine_of =
        |application: &str| status["applications"][application]["units"][format!("{application}/0")]["machine"].clone();
    for (tool, arguments) in [
        ("show-application", json!({"model": "eu", "applications": ["payment"]})),
        ("remove-relation", json!({"model": "eu", "endpoints": ["payment:cache", "redis:redis"]})),
        ("resolved", json!({"model": "eu", "all": true})),
        ("debug-log", json!({"model": "eu", "include": ["payment/0"]})),
        ("debug-log", json!({"model": "eu", "include": ["payment"]})),
        ("debug-log", json!({"model": "eu", "include": ["pay*"]})),
        ("debug-log", json!({"model": "eu"})),
        ("operations", json!({"model": "eu", "apps": ["payment"]})),
        ("operations", json!({"model": "eu"})),
        ("status", json!({"model": "eu", "selectors": ["pay*"]})),
        ("exec", json!({"model": "eu", "command": "id", "machines": [machine_of("payment")]})),
        ("show-machine", json!({"model": "eu", "machines": [machine_of("payment")]})),
        ("show-model", json!({"model": "us"})),
        ("users", json!({"model_name": "admin/us"})),
        ("users", json!({"model_name": "us"})),
        ("consume", json!({"model": "eu", "offer": "admin/us.us-website"})),
    ] {
        assert!(is_denied(&pair, tool, arguments.clone()).await, "{tool} {arguments}");
    }
    for unit in ["payment/x/leader", "payment//leader", "payment/x/0", "payment/+0"] {
        let run = json!({"model": "eu", "units": [unit], "action": "restart"});
        assert!(pair.juju_mcp_as("operator", "run", &run).await.is_err(), "{unit}");
    }
    // relations by id: those of the forbidden application are denied, others are not
    let mut denied = 0;
    for id in 0..8 {
        let remove = json!({"model": "eu", "relation_id": id, "dry_run": true});
        denied += usize::from(is_denied(&pair, "remove-relation", remove).await);
    }
    assert_eq!(denied, 3);
    for (tool, arguments) in [
        ("show-machine", json!({"model": "eu", "machines": [machine_of("redis")]})),
        ("users", json!({"model_name": "eu"})),
        ("users", json!({})),
    ] {
        pair.juju_mcp_as("operator", tool, &arguments).await.expect(tool);
    }
    let models = pair.json_as("operator", "models", &json!({})).await.expect("allowed").to_string();
    assert!(models.contains("admin/eu") && !models.contains("admin/us"), "{models}");
    let offers = pair.json_as("operator", "find-offers", &json!({})).await.expect("allowed").to_string();
    assert!(offers.contains("admin/eu.") && !offers.contains("admin/us."), "{offers}");
}

#[tokio::test]
async fn scale_that_removes_units_is_destructive() {
    let (_simulator, pair) = with_policy("kubernetes", "settings: {}").await;
    let scale = |scale: u32| json!({"model": "edge", "application": "traefik", "scale": scale});
    for fewer in [0, 1] {
        assert!(is_denied(&pair, "scale-application", scale(fewer)).await, "{fewer}");
    }
    pair.juju_mcp_as("operator", "scale-application", &scale(3)).await.expect("it adds a unit");
    assert!(is_denied(&pair, "scale-application", scale(2)).await);
    // a repetition has the same idempotency key although the effect is another one now
    let mut keyed = scale(1);
    keyed["idempotency_key"] = json!("once");
    pair.juju_mcp("scale-application", &keyed).await.expect("an administrator may");
    assert!(pair.juju_mcp("scale-application", &keyed).await.expect("replayed").repeated);
}

#[tokio::test]
async fn viewer_sees_no_parameter_and_no_result_of_an_action() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    let exec = json!({"model": "shop", "units": ["web/0"], "command": format!("echo {CANARY}")});
    let done = pair.juju_mcp("exec", &exec).await.expect("done").value.to_string();
    assert!(done.contains(CANARY), "the result is a canary: {done}");
    let run = json!({"model": "shop", "units": ["web/0"], "action": "restart", "params": {"reason": CANARY}});
    // the charm may refuse the parameter; the canary of the command remains
    let _ = pair.juju_mcp("run", &run).await;
    let (catalogue, mut answered) = (Catalogue::builtin(), 0);
    for tool in catalogue.iter().filter(|tool| !tool.least().changes()) {
        let mut arguments: Map<String, Value> = required(tool.name()).as_object().cloned().expect("an object");
        if tool.input_schema()["properties"]["model"].is_object() {
            arguments.insert("model".to_owned(), json!("shop"));
        }
        for format in ["concise", "detailed", "json"] {
            arguments.insert("format".to_owned(), json!(format));
            let reply = pair.juju_mcp_as("viewer", tool.name(), &Value::Object(arguments.clone())).await;
            if let Ok(reply) = reply {
                answered += 1;
                assert!(!reply.value.to_string().contains(CANARY) && !reply.text.contains(CANARY), "{}", tool.name());
            }
        }
    }
    assert!(answered >= 36, "{answered}");
    let operations = pair.json_as("viewer", "operations", &json!({"model": "shop"})).await.expect("listed");
    assert!(operations.as_object().is_some_and(|listed| !listed.is_empty()), "{operations}");
}
