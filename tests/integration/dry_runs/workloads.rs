//! Rows of `dry_runs.rs` for units, machines, applications, relations and models.

use serde_json::{Value, json};

use super::Refused;

/// Arguments with which each tool does something in the scenario `kubernetes`.
pub(super) fn accepted() -> Vec<(&'static str, Value)> {
    vec![
        ("juju_add_machine", json!({"num_machines": 2})),
        ("juju_add_model", json!({"name": "fresh"})),
        ("juju_add_unit", json!({"application": "web", "num_units": 2, "to": ["0"]})),
        ("juju_config", json!({"application": "web", "values": {"title": "x", "workers": 3}})),
        ("juju_consume", json!({"offer": "admin/edge.ingress"})),
        ("juju_deploy", json!({"charm": "redis", "num_units": 2})),
        ("juju_destroy_model", json!({"model": "shop", "destroy_storage": true})),
        ("juju_exec", json!({"command": "true", "applications": ["web"]})),
        ("juju_expose", json!({"application": "cart", "endpoints": ["api"], "to_spaces": ["alpha"]})),
        ("juju_integrate", json!({"endpoints": ["cart:payment", "web:website"]})),
        ("juju_model_config", json!({"values": {"update-status-hook-interval": "10m"}})),
        ("juju_offer", json!({"application": "postgresql", "endpoints": ["database"]})),
        ("juju_refresh", json!({"application": "postgresql", "channel": "14/edge"})),
        ("juju_remove_application", json!({"applications": ["cart"]})),
        ("juju_remove_machine", json!({"machines": ["0"], "force": true})),
        ("juju_remove_relation", json!({"endpoints": ["web", "cart"]})),
        ("juju_remove_unit", json!({"units": ["postgresql/1"]})),
        ("juju_resolved", json!({"all": true})),
        ("juju_run", json!({"units": ["web/0"], "action": "restart"})),
        ("juju_scale_application", json!({"model": "edge", "application": "traefik", "scale": 3})),
        ("juju_set_constraints", json!({"application": "web", "constraints": "mem=1G spaces=alpha"})),
        ("juju_trust", json!({"application": "web"})),
        ("juju_unexpose", json!({"application": "web"})),
    ]
}

fn refused_units_and_machines() -> Vec<Refused> {
    vec![
        ("juju_add_machine", json!({"model": "edge"}), "not_supported", "Kubernetes", "add units"),
        ("juju_add_machine", json!({"constraints": "spaces=alfa"}), "not_found", "\"alfa\"", "`alpha`"),
        ("juju_add_unit", json!({"application": "wbe"}), "not_found", "application \"wbe\" not found", "`web`"),
        ("juju_add_unit", json!({"application": "ntp"}), "juju_error", "subordinate", "principal"),
        (
            "juju_add_unit",
            json!({"application": "web", "to": ["99"]}),
            "not_found",
            "machine 99 not found",
            "machines: 0",
        ),
        ("juju_add_unit", json!({"application": "web", "to": ["lxc:0"]}), "juju_error", "lxc", "`lxd`"),
        (
            "juju_add_unit",
            json!({"model": "edge", "application": "traefik", "to": ["0"]}),
            "not_supported",
            "Kubernetes",
            "leave `to` out",
        ),
        (
            "juju_add_unit",
            json!({"application": "postgresql", "attach_storage": ["pgdata/9"]}),
            "not_found",
            "pgdata/9",
            "storage",
        ),
        (
            "juju_add_unit",
            json!({"application": "postgresql", "attach_storage": ["pgdata/0"]}),
            "juju_error",
            "attached to postgresql/0",
            "detach",
        ),
        ("juju_remove_machine", json!({"machines": ["0"]}), "in_use", "machine 0 has unit \"web/0\" assigned", "force"),
        ("juju_remove_machine", json!({"machines": ["77"]}), "not_found", "machine 77 not found", "machines: 0"),
        (
            "juju_remove_unit",
            json!({"units": ["web/9"]}),
            "juju_error",
            "unit \"web/9\" does not exist",
            "web/0, web/1",
        ),
        ("juju_remove_unit", json!({"units": ["ntp/0"]}), "juju_error", "subordinate", "relation"),
        (
            "juju_remove_unit",
            json!({"model": "edge", "units": ["traefik/0"]}),
            "not_supported",
            "Kubernetes",
            "juju_scale_application",
        ),
        (
            "juju_resolved",
            json!({"units": ["web/0"]}),
            "juju_error",
            "unit \"web/0\" is not in an error state",
            "no unit",
        ),
        (
            "juju_scale_application",
            json!({"application": "web", "scale": 3}),
            "not_supported",
            "machine model",
            "juju_add_unit",
        ),
        (
            "juju_exec",
            json!({"command": "true", "units": ["wbe/0"]}),
            "not_found",
            "unit \"wbe/0\" not found",
            "`web/0`",
        ),
        (
            "juju_run",
            json!({"units": ["web/0"], "action": "restar"}),
            "juju_error",
            "action \"restar\" not defined",
            "`restart`",
        ),
        (
            "juju_run",
            json!({"units": ["postgresql/0"], "action": "switchover", "params": {"scope": 5}}),
            "juju_error",
            "must be of type string",
            "params.scope",
        ),
    ]
}

fn refused_applications() -> Vec<Refused> {
    vec![
        (
            "juju_config",
            json!({"application": "web", "values": {"titel": "x"}}),
            "juju_error",
            "unknown option \"titel\"",
            "`title`",
        ),
        (
            "juju_config",
            json!({"application": "web", "values": {"workers": "many"}}),
            "juju_error",
            "expected int, got \"many\"",
            "whole number",
        ),
        (
            "juju_config",
            json!({"application": "web", "values": {"debug": "yes"}}),
            "juju_error",
            "expected boolean",
            "true or false",
        ),
        (
            "juju_config",
            json!({"application": "web", "reset": ["titel"]}),
            "juju_error",
            "unknown option \"titel\"",
            "`title`",
        ),
        (
            "juju_deploy",
            json!({"charm": "redis", "application_name": "web"}),
            "already_exists",
            "application \"web\" already exists",
            "another name",
        ),
        (
            "juju_deploy",
            json!({"charm": "redis", "application_name": "web-2"}),
            "juju_error",
            "\"web-2\": invalid name",
            "letter in each part",
        ),
        ("juju_deploy", json!({"charm": "nonsense"}), "juju_error", "No charm or bundle with name \"nonsense\"", ""),
        ("juju_deploy", json!({"charm": "redis", "channel": "9/stable"}), "juju_error", "9/stable", ""),
        (
            "juju_deploy",
            json!({"charm": "redis", "base": "ubuntu@24.04"}),
            "juju_error",
            "supported bases are: ubuntu@22.04",
            "",
        ),
        ("juju_deploy", json!({"charm": "redis", "to": ["99"]}), "not_found", "machine 99", ""),
        (
            "juju_deploy",
            json!({"charm": "redis", "bind": {"": "alfa"}}),
            "not_found",
            "space \"alfa\" not found",
            "`alpha`",
        ),
        (
            "juju_deploy",
            json!({"charm": "postgresql", "storage": {"pgdata": "lop,1G"}, "application_name": "store"}),
            "not_found",
            "pool \"lop\"",
            "`loop`",
        ),
        ("juju_deploy", json!({"charm": "redis", "config": {"maxmem": "1"}}), "juju_error", "maxmem", ""),
        ("juju_deploy", json!({"charm": "redis", "constraints": "spaces=alfa"}), "not_found", "\"alfa\"", "`alpha`"),
        ("juju_expose", json!({"application": "web", "endpoints": ["websit"]}), "not_found", "\"websit\"", "`website`"),
        ("juju_expose", json!({"application": "web", "to_spaces": ["alfa"]}), "not_found", "space \"alfa\"", "`alpha`"),
        ("juju_unexpose", json!({"application": "web", "endpoints": ["cart"]}), "not_found", "\"cart\"", ""),
        ("juju_refresh", json!({"application": "wbe"}), "not_found", "application \"wbe\" not found", "`web`"),
        ("juju_refresh", json!({"application": "web", "channel": "9/stable"}), "juju_error", "9/stable", ""),
        (
            "juju_remove_application",
            json!({"applications": ["catr"]}),
            "not_found",
            "application \"catr\" not found",
            "`cart`",
        ),
        (
            "juju_set_constraints",
            json!({"application": "ntp", "constraints": "mem=1G"}),
            "juju_error",
            "subordinate",
            "",
        ),
        (
            "juju_set_constraints",
            json!({"application": "web", "constraints": "spaces=alfa"}),
            "not_found",
            "\"alfa\"",
            "`alpha`",
        ),
        ("juju_trust", json!({"application": "wbe"}), "not_found", "application \"wbe\" not found", "`web`"),
    ]
}

fn refused_relations() -> Vec<Refused> {
    let relate = |one: &str, other: &str| json!({"endpoints": [one, other]});
    vec![
        ("juju_integrate", relate("web", "ntp:monitors"), "juju_error", "has no \"monitors\" relation", "juju-info"),
        (
            "juju_integrate",
            relate("web:websit", "cart"),
            "juju_error",
            "application \"web\" has no \"websit\" relation",
            "`website`",
        ),
        (
            "juju_integrate",
            relate("web", "cart"),
            "juju_error",
            "ambiguous relation: \"web cart\"",
            "name the endpoints",
        ),
        ("juju_integrate", relate("web:cart", "cart:api"), "already_exists", "web:cart cart:api", "related"),
        (
            "juju_integrate",
            relate("web:website", "cart:api"),
            "juju_error",
            "no relations found",
            "cart:api provides http",
        ),
        (
            "juju_integrate",
            relate("web", "postgresql"),
            "juju_error",
            "no relations found",
            "postgresql:database provides postgresql_client",
        ),
        ("juju_integrate", relate("web", "postgresql:database-peers"), "juju_error", "no relations found", "peer"),
        ("juju_integrate", relate("web", "wbe"), "not_found", "application \"wbe\" not found", "`web`"),
        ("juju_integrate", relate("web", "admin/edge.ingres"), "not_found", "ingres", "`ingress`"),
        (
            "juju_remove_relation",
            relate("web", "postgresql"),
            "not_found",
            "relation matching \"web postgresql\" not found",
            "web:cart cart:api",
        ),
        ("juju_remove_relation", json!({"relation_id": 99}), "not_found", "relation 99 not found", "relations: "),
        (
            "juju_offer",
            json!({"application": "postgresql", "endpoints": ["databse"]}),
            "juju_error",
            "\"databse\"",
            "`database`",
        ),
        ("juju_consume", json!({"offer": "admin/edge.ingres"}), "not_found", "ingres", "`ingress`"),
        (
            "juju_consume",
            json!({"offer": "other:admin/shop.db"}),
            "controller_unknown",
            "no controller named \"other\"",
            "name one of the known",
        ),
        (
            "juju_consume",
            json!({"offer": "prod.example:admin/shop.db"}),
            "controller_unknown",
            "no controller named \"prod.example\"",
            "name one of the known",
        ),
        (
            "juju_consume",
            json!({"offer": "admin/edge.ingress", "application_alias": "web"}),
            "already_exists",
            "web",
            "",
        ),
    ]
}

fn refused_models() -> Vec<Refused> {
    vec![
        ("juju_add_model", json!({"name": "shop"}), "already_exists", "model \"shop\" for admin already exists", ""),
        ("juju_add_model", json!({"name": "My_Shop"}), "juju_error", "not a valid name", ""),
        (
            "juju_add_model",
            json!({"name": "x", "cloud": "microk8"}),
            "not_found",
            "cloud \"microk8\" not found",
            "`microk8s`",
        ),
        (
            "juju_add_model",
            json!({"name": "x", "cloud": "microk8s", "region": "localhos"}),
            "not_found",
            "region \"localhos\"",
            "`localhost`",
        ),
        (
            "juju_add_model",
            json!({"name": "x", "cloud": "microk8s", "credential": "microk8"}),
            "not_found",
            "credential \"microk8\"",
            "`microk8s`",
        ),
        (
            "juju_model_config",
            json!({"values": {"agent-version": "3.6.12"}}),
            "juju_error",
            "agent-version cannot be changed",
            "",
        ),
        (
            "juju_model_config",
            json!({"values": {"automatically-retry-hooks": "maybe"}}),
            "juju_error",
            "expected bool",
            "",
        ),
        ("juju_destroy_model", json!({"model": "controller"}), "juju_error", "controller model", ""),
    ]
}

pub(super) fn refused() -> Vec<Refused> {
    [refused_units_and_machines(), refused_applications(), refused_relations(), refused_models()].concat()
}
