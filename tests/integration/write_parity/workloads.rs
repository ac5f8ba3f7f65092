//! Cases of `write_parity.rs` for applications, units, machines, relations, storage, models and Kubernetes.

use serde_json::json;

use super::Case;

/// One after the other, each on what the earlier ones left.
pub(super) fn cases() -> Vec<Case> {
    [machines_and_units(), applications(), relations(), actions(), charms(), kubernetes(), removals()].concat()
}

fn machines_and_units() -> Vec<Case> {
    vec![
        (
            "add-machine",
            json!({"model": "prod", "num_machines": 2, "constraints": "mem=4G", "base": "ubuntu@22.04"}),
            &["add-machine", "-m", "prod", "-n", "2", "--constraints", "mem=4G", "--base", "ubuntu@22.04"],
        ),
        ("add-machine", json!({"model": "prod", "placement": "lxd:0"}), &["add-machine", "-m", "prod", "lxd:0"]),
        (
            "add-machine",
            json!({"model": "prod", "placement": "zone=a", "disks": ["10G,2"]}),
            &["add-machine", "-m", "prod", "zone=a", "--disks", "10G,2"],
        ),
        (
            "add-unit",
            json!({"model": "prod", "application": "db", "num_units": 2, "to": ["0", "lxd:1"]}),
            &["add-unit", "-m", "prod", "db", "-n", "2", "--to", "0,lxd:1"],
        ),
        ("resolved", json!({"model": "prod", "units": ["web/2"]}), &["resolved", "-m", "prod", "web/2"]),
        (
            "resolved",
            json!({"model": "prod", "units": ["web/2"], "no_retry": true}),
            &["resolved", "-m", "prod", "web/2", "--no-retry"],
        ),
    ]
}

fn applications() -> Vec<Case> {
    vec![
        (
            "config",
            json!({"model": "prod", "application": "web", "values": {"title": "Sale", "workers": 3}}),
            &["config", "-m", "prod", "web", "title=Sale", "workers=3"],
        ),
        (
            "config",
            json!({"model": "prod", "application": "web", "reset": ["title"]}),
            &["config", "-m", "prod", "web", "--reset", "title"],
        ),
        (
            "set-constraints",
            json!({"model": "prod", "application": "web", "constraints": "mem=2G cores=2"}),
            &["set-constraints", "-m", "prod", "web", "mem=2G", "cores=2"],
        ),
        (
            "expose",
            json!({"model": "prod", "application": "db", "endpoints": ["server"], "to_cidrs": ["10.0.0.0/24"]}),
            &["expose", "-m", "prod", "db", "--endpoints", "server", "--to-cidrs", "10.0.0.0/24"],
        ),
        (
            "unexpose",
            json!({"model": "prod", "application": "db", "endpoints": ["server"]}),
            &["unexpose", "-m", "prod", "db", "--endpoints", "server"],
        ),
        ("unexpose", json!({"model": "prod", "application": "web"}), &["unexpose", "-m", "prod", "web"]),
        ("expose", json!({"model": "prod", "application": "web"}), &["expose", "-m", "prod", "web"]),
        ("trust", json!({"model": "prod", "application": "web"}), &["trust", "-m", "prod", "web"]),
        (
            "trust",
            json!({"model": "prod", "application": "web", "remove": true}),
            &["trust", "-m", "prod", "web", "--remove"],
        ),
        (
            "model-config",
            json!({"model": "prod", "values": {"update-status-hook-interval": "10m"}}),
            &["model-config", "-m", "prod", "update-status-hook-interval=10m"],
        ),
        (
            "model-config",
            json!({"model": "prod", "reset": ["update-status-hook-interval"]}),
            &["model-config", "-m", "prod", "--reset", "update-status-hook-interval"],
        ),
    ]
}

fn relations() -> Vec<Case> {
    vec![
        (
            "remove-relation",
            json!({"model": "prod", "endpoints": ["web:cache", "cache:cache"]}),
            &["remove-relation", "-m", "prod", "web:cache", "cache:cache"],
        ),
        (
            "integrate",
            json!({"model": "staging", "endpoints": ["front:db", "db:server"]}),
            &["integrate", "-m", "staging", "front:db", "db:server"],
        ),
        (
            "offer",
            json!({"model": "prod", "application": "cache", "endpoints": ["cache"], "offer_name": "warm"}),
            &["offer", "prod.cache:cache", "warm", "-c", "simulated"],
        ),
        (
            "consume",
            json!({"model": "staging", "offer": "admin/prod.warm", "application_alias": "fast"}),
            &["consume", "-m", "staging", "admin/prod.warm", "fast"],
        ),
        (
            "integrate",
            json!({"model": "staging", "endpoints": ["front:cache", "fast"], "via": ["10.0.0.0/8"]}),
            &["integrate", "-m", "staging", "front:cache", "fast", "--via", "10.0.0.0/8"],
        ),
        (
            "suspend-relation",
            json!({"model": "prod", "relation_ids": [1], "message": "for a while"}),
            &["suspend-relation", "-m", "prod", "1", "--message", "for a while"],
        ),
        ("resume-relation", json!({"model": "prod", "relation_ids": [1]}), &["resume-relation", "-m", "prod", "1"]),
        (
            "remove-saas",
            json!({"model": "staging", "applications": ["fast"], "force": true}),
            &["remove-saas", "-m", "staging", "fast", "--force"],
        ),
    ]
}

fn actions() -> Vec<Case> {
    vec![
        (
            "run",
            json!({"model": "prod", "units": ["web/0", "web/leader"], "action": "restart", "params": {"graceful": false}, "background": true}),
            &["run", "-m", "prod", "web/0", "web/leader", "restart", "graceful=false", "--background"],
        ),
        (
            "exec",
            json!({"model": "prod", "units": ["db/0"], "machines": ["1"], "command": "uptime", "wait": 60}),
            &["exec", "-m", "prod", "--unit", "db/0", "--machine", "1", "--wait", "60s", "uptime"],
        ),
        (
            "exec",
            json!({"model": "prod", "applications": ["db"], "command": "uptime", "wait": 60,
                "parallel": true, "execution_group": "one"}),
            &[
                "exec",
                "-m",
                "prod",
                "--application",
                "db",
                "--wait",
                "60s",
                "--parallel=true",
                "--execution-group",
                "one",
                "uptime",
            ],
        ),
        (
            "exec",
            json!({"model": "prod", "all": true, "command": "uptime", "wait": 60}),
            &["exec", "-m", "prod", "--all", "--wait", "60s", "uptime"],
        ),
        ("cancel-task", json!({"model": "prod", "task_ids": ["2"]}), &["cancel-task", "-m", "prod", "2"]),
    ]
}

fn charms() -> Vec<Case> {
    vec![
        (
            "deploy",
            json!({"model": "staging", "charm": "shop-cache", "application_name": "warm", "num_units": 2,
                "constraints": "mem=1G", "to": ["0", "lxd"]}),
            &["deploy", "-m", "staging", "shop-cache", "warm", "-n", "2", "--constraints", "mem=1G", "--to", "0,lxd"],
        ),
        (
            "deploy",
            json!({"model": "staging", "charm": "postgresql", "channel": "14/stable", "trust": true,
                "storage": {"pgdata": "loop,1G"}, "bind": {"": "alpha"}}),
            &[
                "deploy",
                "-m",
                "staging",
                "postgresql",
                "--channel",
                "14/stable",
                "--trust",
                "--storage",
                "pgdata=loop,1G",
                "--bind",
                "alpha",
            ],
        ),
        (
            "add-storage",
            json!({"model": "staging", "unit": "postgresql/0", "storage": {"pgdata": "loop,2,1G"}}),
            &["add-storage", "-m", "staging", "postgresql/0", "pgdata=loop,2,1G"],
        ),
        (
            "detach-storage",
            json!({"model": "staging", "storage": ["pgdata/0"], "force": true}),
            &["detach-storage", "-m", "staging", "pgdata/0", "--force"],
        ),
        (
            "attach-storage",
            json!({"model": "staging", "unit": "postgresql/0", "storage": ["pgdata/0"]}),
            &["attach-storage", "-m", "staging", "postgresql/0", "pgdata/0"],
        ),
        (
            "refresh",
            json!({"model": "staging", "application": "postgresql", "channel": "16/edge"}),
            &["refresh", "-m", "staging", "postgresql", "--channel", "16/edge"],
        ),
        (
            "refresh",
            json!({"model": "staging", "application": "postgresql", "channel": "14/candidate", "storage": {"pgdata": "loop,2G"}, "trust": false,
                "bind": {"database": "alpha"}}),
            &[
                "refresh",
                "-m",
                "staging",
                "postgresql",
                "--channel",
                "14/candidate",
                "--storage",
                "pgdata=loop,2G",
                "--trust=false",
                "--bind",
                "database=alpha",
            ],
        ),
        (
            "add-model",
            json!({"name": "fresh", "cloud": "dummy", "region": "dummy-region", "credential": "cred",
                "config": {"update-status-hook-interval": "10m"}}),
            &[
                "add-model",
                "fresh",
                "dummy/dummy-region",
                "--credential",
                "cred",
                "--config",
                "update-status-hook-interval=10m",
                "-c",
                "simulated",
                "--no-switch",
            ],
        ),
        (
            "create-backup",
            json!({"notes": "nightly"}),
            &["create-backup", "-m", "controller", "nightly", "--no-download"],
        ),
    ]
}

fn kubernetes() -> Vec<Case> {
    vec![
        (
            "scale-application",
            json!({"model": "k8s", "application": "gateway", "scale": 4}),
            &["scale-application", "-m", "k8s", "gateway", "4"],
        ),
        (
            "add-unit",
            json!({"model": "k8s", "application": "names", "num_units": 2}),
            &["add-unit", "-m", "k8s", "names", "-n", "2"],
        ),
        (
            "trust",
            json!({"model": "k8s", "application": "ledger", "scope": "cluster"}),
            &["trust", "-m", "k8s", "ledger", "--scope=cluster"],
        ),
        (
            "config",
            json!({"model": "k8s", "application": "gateway", "values": {"timeout": 60}}),
            &["config", "-m", "k8s", "gateway", "timeout=60"],
        ),
        (
            "run",
            json!({"model": "k8s", "units": ["ledger/0"], "action": "close-year", "params": {"year": 2025}, "background": true}),
            &["run", "-m", "k8s", "ledger/0", "close-year", "year=2025", "--background"],
        ),
        ("expose", json!({"model": "k8s", "application": "gateway"}), &["expose", "-m", "k8s", "gateway"]),
        (
            "remove-relation",
            json!({"model": "k8s", "endpoints": ["names:dns", "gateway:dns"], "force": true}),
            &["remove-relation", "-m", "k8s", "names:dns", "gateway:dns", "--force"],
        ),
        (
            "remove-application",
            json!({"model": "k8s", "applications": ["names"], "destroy_storage": true}),
            &["remove-application", "-m", "k8s", "names", "--destroy-storage", "--no-prompt"],
        ),
    ]
}

fn removals() -> Vec<Case> {
    vec![
        (
            "remove-unit",
            json!({"model": "prod", "units": ["web/2"], "force": true, "no_wait": true}),
            &["remove-unit", "-m", "prod", "web/2", "--force", "--no-wait", "--no-prompt"],
        ),
        (
            "remove-machine",
            json!({"model": "prod", "machines": ["3"], "force": true, "no_wait": true, "keep_instance": true}),
            &["remove-machine", "-m", "prod", "3", "--force", "--no-wait", "--keep-instance", "--no-prompt"],
        ),
        (
            "remove-application",
            json!({"model": "prod", "applications": ["proxy"], "force": true, "no_wait": true}),
            &["remove-application", "-m", "prod", "proxy", "--force", "--no-wait", "--no-prompt"],
        ),
        (
            "remove-space",
            json!({"model": "prod", "name": "data", "force": true}),
            &["remove-space", "-m", "prod", "data", "--force", "-y"],
        ),
        (
            "destroy-model",
            json!({"model": "staging", "destroy_storage": true, "force": true, "no_wait": true, "timeout": "30m"}),
            &[
                "destroy-model",
                "--no-prompt",
                "simulated:staging",
                "--destroy-storage",
                "--force",
                "--no-wait",
                "--timeout",
                "30m",
            ],
        ),
    ]
}
