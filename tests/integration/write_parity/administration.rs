//! Cases of `write_parity.rs` for secrets, networks, storage pools, access, offers, controllers, clouds and users.

use serde_json::{Value, json};

use super::Case;

/// One after the other, each on what the earlier ones left.
pub(super) fn cases() -> Vec<Case> {
    [
        secrets(),
        network(),
        storage(),
        access(),
        guards(),
        offers(),
        controllers(),
        clouds(),
        secret_backends(),
        accounts(),
    ]
    .concat()
}

fn secrets() -> Vec<Case> {
    let content = json!({"user": "ana", "token#base64": "czNjcmV0"});
    vec![
        (
            "add-secret",
            json!({"model": "prod", "name": "api-key", "secret_content": content, "info": "For the API."}),
            &["add-secret", "-m", "prod", "api-key", "user=ana", "token#base64=czNjcmV0", "--info", "For the API."],
        ),
        (
            "update-secret",
            json!({"model": "prod", "id_or_name": "api-key", "secret_content": {"user": "bob"}, "auto_prune": true}),
            &["update-secret", "-m", "prod", "api-key", "user=bob", "--auto-prune"],
        ),
        (
            "grant-secret",
            json!({"model": "prod", "id_or_name": "api-key", "applications": ["web", "db"]}),
            &["grant-secret", "-m", "prod", "api-key", "web,db"],
        ),
        (
            "revoke-secret",
            json!({"model": "prod", "id_or_name": "api-key", "applications": ["db"]}),
            &["revoke-secret", "-m", "prod", "api-key", "db"],
        ),
        (
            "remove-secret",
            json!({"model": "prod", "id_or_name": "api-key", "revision": 2}),
            &["remove-secret", "-m", "prod", "api-key", "--revision", "2"],
        ),
    ]
}

fn network() -> Vec<Case> {
    vec![
        ("add-space", json!({"model": "prod", "name": "backend"}), &["add-space", "-m", "prod", "backend"]),
        (
            "rename-space",
            json!({"model": "prod", "old_name": "backend", "new_name": "data"}),
            &["rename-space", "-m", "prod", "backend", "data"],
        ),
        ("reload-spaces", json!({"model": "prod"}), &["reload-spaces", "-m", "prod"]),
        (
            "bind",
            json!({"model": "prod", "application": "web", "bind": {"db": "data"}}),
            &["bind", "-m", "prod", "web", "db=data"],
        ),
        (
            "bind",
            json!({"model": "prod", "application": "db", "bind": {"": "data"}, "force": true}),
            &["bind", "-m", "prod", "db", "data", "--force"],
        ),
        (
            "set-firewall-rule",
            json!({"model": "prod", "service": "ssh", "allowlist": ["10.0.0.0/8", "192.168.0.0/16"]}),
            &["set-firewall-rule", "-m", "prod", "ssh", "--allowlist", "10.0.0.0/8,192.168.0.0/16"],
        ),
        (
            "set-model-constraints",
            json!({"model": "prod", "constraints": "mem=4G cores=2"}),
            &["set-model-constraints", "-m", "prod", "mem=4G", "cores=2"],
        ),
        (
            "set-application-base",
            json!({"model": "prod", "application": "web", "base": "ubuntu@22.04"}),
            &["set-application-base", "-m", "prod", "web", "ubuntu@22.04"],
        ),
    ]
}

fn storage() -> Vec<Case> {
    vec![
        (
            "create-storage-pool",
            json!({"model": "prod", "name": "fast", "provider": "loop", "attributes": {"it": "works"}}),
            &["create-storage-pool", "-m", "prod", "fast", "loop", "it=works"],
        ),
        (
            "update-storage-pool",
            json!({"model": "prod", "name": "fast", "attributes": {"it": "still", "number": 5}}),
            &["update-storage-pool", "-m", "prod", "fast", "it=still", "number=5"],
        ),
        (
            "remove-storage-pool",
            json!({"model": "prod", "name": "fast"}),
            &["remove-storage-pool", "-m", "prod", "fast"],
        ),
        (
            "create-storage-pool",
            json!({"model": "k8s", "name": "slow", "attributes": {"a": "b"}}),
            &["create-storage-pool", "-m", "k8s", "slow", "a=b"],
        ),
        (
            "remove-storage",
            json!({"model": "k8s", "storage": ["books/0"], "no_destroy": true}),
            &["remove-storage", "-m", "k8s", "books/0", "--no-destroy"],
        ),
    ]
}

fn access() -> Vec<Case> {
    vec![
        (
            "grant",
            json!({"user": "reader", "permission": "write", "to": ["admin/prod", "staging"]}),
            &["grant", "reader", "write", "admin/prod", "staging"],
        ),
        (
            "revoke",
            json!({"user": "reader", "permission": "write", "to": ["prod"]}),
            &["revoke", "reader", "write", "prod"],
        ),
        (
            "grant",
            json!({"user": "reader", "permission": "consume", "to": ["admin/prod.shop-database"]}),
            &["grant", "reader", "consume", "admin/prod.shop-database"],
        ),
        ("grant", json!({"user": "reader", "permission": "superuser"}), &["grant", "reader", "superuser"]),
        ("revoke", json!({"user": "reader", "permission": "superuser"}), &["revoke", "reader", "superuser"]),
        (
            "grant-cloud",
            json!({"user": "reader", "permission": "add-model", "clouds": ["dummy"]}),
            &["grant-cloud", "reader", "add-model", "dummy"],
        ),
        (
            "revoke-cloud",
            json!({"user": "reader", "permission": "add-model", "clouds": ["dummy"]}),
            &["revoke-cloud", "reader", "add-model", "dummy"],
        ),
        ("disable-user", json!({"user": "reader"}), &["disable-user", "reader"]),
        ("enable-user", json!({"user": "reader"}), &["enable-user", "reader"]),
        ("remove-user", json!({"user": "reader"}), &["remove-user", "--yes", "reader"]),
        ("add-ssh-key", json!({"model": "prod", "keys": [KEY]}), &["add-ssh-key", "-m", "prod", KEY]),
        (
            "remove-ssh-key",
            json!({"model": "prod", "keys": ["me@there"]}),
            &["remove-ssh-key", "-m", "prod", "me@there"],
        ),
    ]
}

/// A public key.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMmXXbpVhM9Z9qvW3jGk1nWbOZkZb3R1cR1oV1x1Zb0b me@there";

fn guards() -> Vec<Case> {
    vec![
        (
            "disable-command",
            json!({"model": "staging", "command_set": "remove-object", "message": "frozen for a while"}),
            &["disable-command", "-m", "staging", "remove-object", "frozen", "for", "a", "while"],
        ),
        (
            "enable-command",
            json!({"model": "staging", "command_set": "remove-object"}),
            &["enable-command", "-m", "staging", "remove-object"],
        ),
        ("enable-destroy-controller", json!({}), &["enable-destroy-controller"]),
        ("retry-provisioning", json!({"model": "prod", "machines": ["1"]}), &["retry-provisioning", "-m", "prod", "1"]),
        (
            "model-defaults",
            json!({"cloud": "dummy", "values": {"ftp-proxy": "10.0.0.1:8000"}}),
            &["model-defaults", "--cloud", "dummy", "ftp-proxy=10.0.0.1:8000"],
        ),
        (
            "model-defaults",
            json!({"cloud": "dummy", "reset": ["ftp-proxy"]}),
            &["model-defaults", "--cloud", "dummy", "--reset", "ftp-proxy"],
        ),
    ]
}

/// Files for the real client.
const CLOUD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cloud.yaml");
const CHANGED_CLOUD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/cloud-changed.yaml");
const CREDENTIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/credential.yaml");

fn clouds() -> Vec<Case> {
    let cloud = |host: &str| {
        let endpoint = format!("http://{host}.example/MAAS");
        json!({"cloud": "extra", "definition": {"type": "maas", "auth-types": ["oauth1"], "endpoint": endpoint}})
    };
    let forced = |mut arguments: Value| {
        arguments["force"] = json!(true);
        arguments
    };
    let credential = || {
        let attributes = json!({"maas-oauth": "a:b:c"});
        json!({"cloud": "extra", "credential": "mine", "auth_type": "oauth1", "secret_attributes": attributes})
    };
    vec![
        ("add-cloud", forced(cloud("maas")), &["add-cloud", "extra", CLOUD, "-c", "simulated", "--force"]),
        ("update-cloud", cloud("other"), &["update-cloud", "extra", "-f", CHANGED_CLOUD, "-c", "simulated"]),
        ("add-credential", credential(), &["add-credential", "extra", "-f", CREDENTIAL, "-c", "simulated"]),
        (
            "update-credential",
            credential(),
            &["update-credential", "extra", "mine", "-f", CREDENTIAL, "-c", "simulated"],
        ),
        (
            "remove-credential",
            json!({"cloud": "extra", "credential": "mine"}),
            &["remove-credential", "extra", "mine", "-c", "simulated"],
        ),
        ("remove-cloud", json!({"cloud": "extra"}), &["remove-cloud", "extra", "-c", "simulated"]),
    ]
}

fn secret_backends() -> Vec<Case> {
    let config = json!({"endpoint": "http://vault.example:8200", "token": "s.x"});
    vec![
        (
            "add-secret-backend",
            json!({"name": "myvault", "backend_type": "vault", "config": config}),
            &["add-secret-backend", "myvault", "vault", "endpoint=http://vault.example:8200", "token=s.x"],
        ),
        (
            "update-secret-backend",
            json!({"name": "myvault", "config": {"endpoint": "http://vault.example:8201"}, "reset": ["namespace"], "force": true}),
            &[
                "update-secret-backend",
                "myvault",
                "endpoint=http://vault.example:8201",
                "--reset",
                "namespace",
                "--force",
            ],
        ),
        ("remove-secret-backend", json!({"name": "myvault"}), &["remove-secret-backend", "myvault"]),
    ]
}

fn accounts() -> Vec<Case> {
    vec![
        ("add-user", json!({"user": "bob", "display_name": "Bob B"}), &["add-user", "bob", "Bob B"]),
        ("change-user-password", json!({"user": "bob", "reset": true}), &["change-user-password", "bob", "--reset"]),
        (
            "import-ssh-key",
            json!({"model": "prod", "keys": ["gh:ana", "lp:ana"]}),
            &["import-ssh-key", "-m", "prod", "gh:ana", "lp:ana"],
        ),
        (
            "import-filesystem",
            json!({"model": "prod", "storage_provider": "loop", "provider_id": "vol-1", "storage_name": "data"}),
            &["import-filesystem", "-m", "prod", "loop", "vol-1", "data"],
        ),
    ]
}

/// What upgrades agents, after everything else.
pub(super) fn upgrades() -> Vec<Case> {
    vec![
        (
            "upgrade-machine",
            json!({"model": "prod", "machine": "1", "command": "prepare", "base": "ubuntu@24.04"}),
            &["upgrade-machine", "-m", "prod", "1", "prepare", "ubuntu@24.04", "--yes"],
        ),
        (
            "upgrade-model",
            json!({"model": "prod", "agent_version": "3.6.12", "ignore_agent_versions": true}),
            &["upgrade-model", "-m", "prod", "--agent-version", "3.6.12", "--ignore-agent-versions"],
        ),
        (
            "upgrade-controller",
            json!({"agent_version": "3.6.12", "agent_stream": "proposed"}),
            &["upgrade-controller", "--agent-version", "3.6.12", "--agent-stream", "proposed"],
        ),
    ]
}

fn offers() -> Vec<Case> {
    vec![("remove-offer", json!({"urls": ["admin/prod.shop-database"]}), &["remove-offer", "admin/prod.shop-database"])]
}

fn controllers() -> Vec<Case> {
    vec![
        (
            "set-credential",
            json!({"model": "prod", "cloud": "dummy", "credential": "cred"}),
            &["set-credential", "-m", "prod", "dummy", "cred"],
        ),
        (
            "controller-config",
            json!({"values": {"auditing-enabled": true, "audit-log-max-backups": 7, "query-tracing-threshold": "2s"}}),
            &["controller-config", "auditing-enabled=true", "audit-log-max-backups=7", "query-tracing-threshold=2s"],
        ),
        (
            "enable-ha",
            json!({"num_controllers": 3, "constraints": "mem=8G"}),
            &["enable-ha", "-n", "3", "--constraints", "mem=8G"],
        ),
    ]
}
