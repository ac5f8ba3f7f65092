//! What tools that change objects have in common: objects of Juju are left alone, and changes are listed by field.

use kubernetes::{FieldChange, PatchFormat, PatchOptions, ResourceType, field_changes, juju, object};
use serde_json::{Value, json};

use super::{place::Place, shown::masked};
use crate::Failure;

/// Refuses to change an object that Juju manages: Juju would change it back, or never learn of it.
pub(super) fn check_owner(object: &Value, tool: &str) -> Result<(), Failure> {
    let Some(owner) = juju::owner(object) else { return Ok(()) };
    let (kind, name) = (object::text(object, "/kind"), object::name(object));
    let remedy = match &owner.application {
        Some(application) => {
            format!("use {tool} for the application `{application}` in the model of the namespace {}", owner.namespace)
        }
        None => format!("use the tools of Juju for the model of the namespace {}", owner.namespace),
    };
    Err(Failure::refused(format!("Juju manages the {kind} `{name}`, so it is not changed in Kubernetes"), remedy))
}

/// An object that may be changed.
pub(super) async fn changeable(place: &Place, kind: &ResourceType, name: &str, tool: &str) -> Result<Value, Failure> {
    let object = place.find(kind, name).await?;
    check_owner(&object, tool)?;
    Ok(object)
}

/// Patches an object with fields, or shows what would change.
pub(super) async fn patch(
    place: &Place,
    kind: &ResourceType,
    old: &Value,
    format: PatchFormat,
    fields: &Value,
    dry_run: bool,
) -> Result<Value, Failure> {
    let path = kind.path(Some(object::namespace(old)), Some(object::name(old)));
    let new = place.session.patch(&path, format, fields, PatchOptions { dry_run, force: false }).await?;
    Ok(result(kind, old, new))
}

/// What changed of an object, field by field, without secret values.
pub(super) fn result(kind: &ResourceType, old: &Value, mut new: Value) -> Value {
    if new.get("kind").is_none() {
        new["kind"] = kind.kind.to_string().into();
    }
    let was_there = !old.is_null();
    let new = masked(new);
    let changes = field_changes(&masked(old.clone()), &new);
    let mut result = json!({"kind": kind.kind, "name": object::name(&new), "result": match (was_there, changes.is_empty()) {
        (false, _) => "created",
        (true, false) => "changed",
        (true, true) => "unchanged",
    }});
    if !object::namespace(&new).is_empty() {
        result["namespace"] = object::namespace(&new).into();
    }
    if was_there && !changes.is_empty() {
        result["changes"] = changes.iter().map(FieldChange::line).collect();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_of_juju_is_refused_with_the_tool_of_juju() {
        let set = json!({"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop",
            "labels": {"app.kubernetes.io/managed-by": "juju", "app.kubernetes.io/name": "db"}}});
        let refused = check_owner(&set, "juju_scale_application").expect_err("refused");
        assert_eq!(refused.to_string(), "Juju manages the StatefulSet `db`, so it is not changed in Kubernetes");
        let remedy = refused.remedy().expect("a remedy");
        assert_eq!(remedy, "use juju_scale_application for the application `db` in the model of the namespace shop");
        assert!(check_owner(&json!({"kind": "Deployment", "metadata": {"name": "web"}}), "x").is_ok());
    }

    #[test]
    fn changes_of_secrets_show_no_values() {
        let kind = &kubernetes::well_known::PODS;
        let old = json!({"kind": "Secret", "metadata": {"name": "a"}, "data": {"x": "canary"}});
        let new = json!({"kind": "Secret", "metadata": {"name": "a", "labels": {"a": "b"}}, "data": {"x": "canary2"}});
        let shown = result(kind, &old, new).to_string();
        assert!(!shown.contains("canary") && shown.contains("metadata.labels"), "{shown}");
    }
}
