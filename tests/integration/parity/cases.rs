//! Reads of `parity.rs`, in the estate of the real controller.

use serde_json::{Value, json};

/// How a test compares the two answers.
#[derive(Clone, Copy)]
pub(super) enum Compare {
    /// Both answers are equal.
    Whole,
    /// Our answer is part of the answer of the client, which adds data from its own files.
    Ours,
}

/// A tool with its arguments, and the client's words for the same.
pub(super) type Case = (&'static str, Value, &'static [&'static str], Compare);

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    [cases_of_workloads(), cases_of_storage_secrets_and_the_controller(), cases_of_configuration()].concat()
}

fn cases_of_workloads() -> Vec<Case> {
    use Compare::{Ours, Whole};
    vec![
        ("status", json!({"model": "prod"}), &["status", "-m", "prod"], Whole),
        ("status", json!({"model": "staging"}), &["status", "-m", "staging"], Whole),
        ("status", json!({"model": "k8s"}), &["status", "-m", "k8s"], Whole),
        ("status", json!({"model": "controller"}), &["status", "-m", "controller"], Whole),
        ("status", json!({"model": "prod", "selectors": ["db"]}), &["status", "-m", "prod", "db"], Whole),
        ("models", json!({}), &["models"], Ours),
        ("show-model", json!({"model": "prod"}), &["show-model", "prod"], Whole),
        ("show-model", json!({"model": "k8s"}), &["show-model", "k8s"], Whole),
        (
            "show-application",
            json!({"model": "prod", "applications": ["web", "db"]}),
            &["show-application", "-m", "prod", "web", "db"],
            Whole,
        ),
        ("show-unit", json!({"model": "prod", "units": ["web/0"]}), &["show-unit", "-m", "prod", "web/0"], Whole),
        (
            "show-unit",
            json!({"model": "prod", "units": ["web/0"], "endpoint": "db", "app": true}),
            &["show-unit", "-m", "prod", "web/0", "--endpoint", "db", "--app"],
            Whole,
        ),
        ("show-unit", json!({"model": "k8s", "units": ["gateway/0"]}), &["show-unit", "-m", "k8s", "gateway/0"], Whole),
        ("machines", json!({"model": "prod"}), &["machines", "-m", "prod"], Whole),
        ("show-machine", json!({"model": "prod", "machines": ["1"]}), &["show-machine", "-m", "prod", "1"], Whole),
        ("controllers", json!({}), &["controllers"], Ours),
        ("whoami", json!({}), &["whoami"], Ours),
        ("users", json!({}), &["users"], Whole),
        ("users", json!({"model_name": "prod"}), &["users", "prod"], Whole),
        ("offers", json!({"model": "prod"}), &["offers", "-m", "prod"], Whole),
        ("offers", json!({"model": "k8s", "offer_name": "ingress"}), &["offers", "-m", "k8s", "ingress"], Whole),
        ("find-offers", json!({}), &["find-offers"], Whole),
        ("find-offers", json!({"url": "admin/prod"}), &["find-offers", "admin/prod"], Whole),
        ("find-offers", json!({"interface": "mysql"}), &["find-offers", "--interface", "mysql"], Whole),
        ("actions", json!({"model": "prod", "application": "web"}), &["actions", "-m", "prod", "web"], Whole),
        (
            "actions",
            json!({"model": "prod", "application": "web", "schema": true}),
            &["actions", "-m", "prod", "web", "--schema"],
            Whole,
        ),
        // without the parameters and results, which the client returns too
        ("operations", json!({"model": "prod"}), &["operations", "-m", "prod"], Ours),
        (
            "show-operation",
            json!({"model": "prod", "operation_id": "1"}),
            &["show-operation", "-m", "prod", "1"],
            Whole,
        ),
        (
            "show-status-log",
            json!({"model": "prod", "entity_name": "web/0"}),
            &["show-status-log", "-m", "prod", "web/0"],
            Whole,
        ),
        (
            "show-status-log",
            json!({"model": "prod", "entity_name": "0", "type": "machine"}),
            &["show-status-log", "-m", "prod", "0", "--type", "machine"],
            Whole,
        ),
        ("constraints", json!({"model": "prod", "application": "web"}), &["constraints", "-m", "prod", "web"], Whole),
    ]
}

fn cases_of_storage_secrets_and_the_controller() -> Vec<Case> {
    use Compare::{Ours, Whole};
    vec![
        ("spaces", json!({"model": "prod"}), &["spaces", "-m", "prod"], Whole),
        ("show-space", json!({"model": "prod", "name": "alpha"}), &["show-space", "-m", "prod", "alpha"], Whole),
        ("firewall-rules", json!({"model": "prod"}), &["firewall-rules", "-m", "prod"], Whole),
        ("model-constraints", json!({"model": "prod"}), &["model-constraints", "-m", "prod"], Whole),
        ("storage", json!({"model": "k8s"}), &["storage", "-m", "k8s"], Whole),
        ("storage", json!({"model": "k8s", "filesystem": true}), &["storage", "-m", "k8s", "--filesystem"], Whole),
        (
            "show-storage",
            json!({"model": "k8s", "storage": ["books/0"]}),
            &["show-storage", "-m", "k8s", "books/0"],
            Whole,
        ),
        ("storage-pools", json!({"model": "prod"}), &["storage-pools", "-m", "prod"], Whole),
        ("storage-pools", json!({"model": "k8s"}), &["storage-pools", "-m", "k8s"], Whole),
        (
            "storage-pools",
            json!({"model": "prod", "provider": ["loop"]}),
            &["storage-pools", "-m", "prod", "--provider", "loop"],
            Whole,
        ),
        ("secrets", json!({"model": "prod"}), &["secrets", "-m", "prod"], Whole),
        (
            "show-secret",
            json!({"model": "prod", "id_or_name": "api-key"}),
            &["show-secret", "-m", "prod", "api-key"],
            Whole,
        ),
        (
            "show-secret",
            json!({"model": "prod", "id_or_name": "api-key", "revisions": true}),
            &["show-secret", "-m", "prod", "api-key", "--revisions"],
            Whole,
        ),
        (
            "show-secret",
            json!({"model": "prod", "id_or_name": "api-key", "reveal": true, "revision": 1}),
            &["show-secret", "-m", "prod", "api-key", "--reveal", "--revision", "1"],
            Whole,
        ),
        ("secret-backends", json!({}), &["secret-backends"], Whole),
        ("show-secret-backend", json!({"name": "internal"}), &["show-secret-backend", "internal"], Whole),
        ("show-task", json!({"model": "prod", "task_id": "2"}), &["show-task", "-m", "prod", "2"], Whole),
        ("clouds", json!({}), &["clouds", "-c", "CONTROLLER"], Whole),
        ("show-cloud", json!({"cloud": "dummy"}), &["show-cloud", "-c", "CONTROLLER", "dummy"], Whole),
        ("regions", json!({"cloud": "dummy"}), &["regions", "-c", "CONTROLLER", "dummy"], Whole),
        ("credentials", json!({}), &["credentials", "-c", "CONTROLLER"], Whole),
        ("controller-config", json!({}), &["controller-config"], Whole),
        ("show-controller", json!({}), &["show-controller"], Ours),
        ("resources", json!({"model": "k8s", "name": "ledger"}), &["resources", "-m", "k8s", "ledger"], Whole),
        (
            "resources",
            json!({"model": "k8s", "name": "ledger", "details": true}),
            &["resources", "-m", "k8s", "ledger", "--details"],
            Whole,
        ),
        ("resources", json!({"model": "k8s", "name": "ledger/0"}), &["resources", "-m", "k8s", "ledger/0"], Whole),
        ("disabled-commands", json!({"model": "prod"}), &["disabled-commands", "-m", "prod"], Whole),
        ("disabled-commands", json!({"model": "prod", "all": true}), &["disabled-commands", "--all"], Whole),
        ("show-user", json!({"user": "reader"}), &["show-user", "reader"], Whole),
        ("show-user", json!({}), &["show-user"], Whole),
        ("show-offer", json!({"url": "admin/prod.shop-database"}), &["show-offer", "admin/prod.shop-database"], Whole),
    ]
}

fn cases_of_configuration() -> Vec<Case> {
    use Compare::Whole;
    vec![
        ("config", json!({"model": "prod", "application": "web"}), &["config", "-m", "prod", "web"], Whole),
        ("config", json!({"model": "k8s", "application": "gateway"}), &["config", "-m", "k8s", "gateway"], Whole),
        ("model-config", json!({"model": "prod"}), &["model-config", "-m", "prod"], Whole),
        ("model-config", json!({"model": "k8s"}), &["model-config", "-m", "k8s"], Whole),
        ("model-defaults", json!({"cloud": "dummy"}), &["model-defaults", "--cloud", "dummy"], Whole),
    ]
}
