//! Cases of `write_parity.rs` for the scenario `kubernetes`: subnets of machines, and a model in a cluster.

use serde_json::json;

use super::Case;

/// One after the other, each on what the earlier ones left.
pub(super) fn cases() -> Vec<Case> {
    [subnets(), cluster(), ends()].concat()
}

fn subnets() -> Vec<Case> {
    vec![
        ("add-space", json!({"model": "shop", "name": "backend"}), &["add-space", "-m", "shop", "backend"]),
        (
            "move-to-space",
            json!({"model": "shop", "name": "backend", "cidrs": ["10.8.0.0/24"]}),
            &["move-to-space", "-m", "shop", "backend", "10.8.0.0/24"],
        ),
        (
            "move-to-space",
            json!({"model": "shop", "name": "alpha", "cidrs": ["10.8.0.0/24"], "force": true}),
            &["move-to-space", "-m", "shop", "alpha", "10.8.0.0/24", "--force"],
        ),
    ]
}

fn cluster() -> Vec<Case> {
    vec![
        (
            "scale-application",
            json!({"model": "edge", "application": "traefik", "scale": 3}),
            &["scale-application", "-m", "edge", "traefik", "3"],
        ),
        ("add-unit", json!({"model": "edge", "application": "traefik"}), &["add-unit", "-m", "edge", "traefik"]),
        (
            "integrate",
            json!({"model": "edge", "endpoints": ["traefik:ingress", "postgresql"]}),
            &["integrate", "-m", "edge", "traefik:ingress", "postgresql"],
        ),
        (
            "set-constraints",
            json!({"model": "edge", "application": "traefik", "constraints": "mem=1G"}),
            &["set-constraints", "-m", "edge", "traefik", "mem=1G"],
        ),
        ("expose", json!({"model": "edge", "application": "traefik"}), &["expose", "-m", "edge", "traefik"]),
        ("unexpose", json!({"model": "edge", "application": "traefik"}), &["unexpose", "-m", "edge", "traefik"]),
        (
            "offer",
            json!({"model": "edge", "application": "postgresql", "endpoints": ["database"], "offer_name": "books"}),
            &["offer", "edge.postgresql:database", "books", "-c", "simulated"],
        ),
        (
            "trust",
            json!({"model": "edge", "application": "traefik", "scope": "cluster"}),
            &["trust", "-m", "edge", "traefik", "--scope=cluster"],
        ),
        (
            "add-secret",
            json!({"model": "edge", "name": "api-key", "secret_content": {"user": "ana"}}),
            &["add-secret", "-m", "edge", "api-key", "user=ana"],
        ),
        (
            "model-config",
            json!({"model": "edge", "values": {"update-status-hook-interval": "10m"}}),
            &["model-config", "-m", "edge", "update-status-hook-interval=10m"],
        ),
    ]
}

fn ends() -> Vec<Case> {
    vec![
        (
            "remove-application",
            json!({"model": "edge", "applications": ["postgresql"], "destroy_storage": true, "force": true}),
            &["remove-application", "-m", "edge", "postgresql", "--destroy-storage", "--force", "--no-prompt"],
        ),
        (
            "destroy-model",
            json!({"model": "edge", "release_storage": true, "force": true, "timeout": "10m"}),
            &["destroy-model", "--no-prompt", "simulated:edge", "--release-storage", "--force", "--timeout", "10m"],
        ),
    ]
}
