//! `k8s_apply`: server-side apply of a manifest, with a dry run that lists what changes.

use std::sync::Arc;

use kubernetes::{PatchFormat, PatchOptions, ResourceType, is_name, is_namespace, object};
use policy::{Capability, Effect, Exposure, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    change::{check_owner, result},
    place::{Place, TOOLSET, check_names, entities},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_apply`.
pub(super) struct Apply;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// YAML, several documents too
    manifest: String,
    /// of objects without one
    #[serde(default)]
    namespace: String,
    /// take fields that others manage
    #[serde(default)]
    force_conflicts: bool,
    #[serde(default)]
    instance: String,
}

impl Command for Apply {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-apply";
    const TOOL_NAME: Option<&'static str> = Some("k8s_apply");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Applies a manifest; a dry run lists what changes.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])?;
        documents(&args.manifest, &args.namespace).map(drop)
    }

    fn impact(args: &Args) -> Impact {
        let documents = documents(&args.manifest, &args.namespace).unwrap_or_default();
        capabilities(&documents).with_skipped_checks(&[("force_conflicts", args.force_conflicts)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        apply(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        apply(&args, &target, false).await
    }
}

/// Objects of one manifest.
const MAX_OBJECTS: usize = 100;

/// The objects of a manifest. A call that names a namespace applies nothing to another one.
fn documents(manifest: &str, namespace: &str) -> Result<Vec<Value>, String> {
    let read = content::read_yaml_documents::<Value>(manifest)
        .map_err(|error| format!("`manifest` is no valid YAML: {error}"))?;
    let mut found = Vec::new();
    for document in read.into_iter().filter(|document| !document.is_null()) {
        match document.get("items").and_then(Value::as_array) {
            Some(items) if object::text(&document, "/kind") == "List" => found.extend(items.iter().cloned()),
            _ => found.push(document),
        }
    }
    if found.is_empty() || found.len() > MAX_OBJECTS {
        return Err(format!("`manifest` has to have from 1 to {MAX_OBJECTS} objects, it has {}", found.len()));
    }
    found.iter().try_for_each(|document| check_document(document, namespace))?;
    Ok(found)
}

/// Checks an object of a manifest.
fn check_document(document: &Value, namespace: &str) -> Result<(), String> {
    let (kind, version, name) =
        (object::text(document, "/kind"), object::text(document, "/apiVersion"), object::name(document));
    if kind.is_empty() || version.is_empty() || !is_name(name) {
        return Err("each object of `manifest` needs `apiVersion`, `kind` and `metadata.name`".to_owned());
    }
    let own = object::namespace(document);
    if !own.is_empty() && !is_namespace(own) {
        return Err(format!("the namespace of {kind} `{name}` is no name of one: {own}"));
    }
    if !own.is_empty() && !namespace.is_empty() && own != namespace {
        return Err(format!("{kind} `{name}` is in the namespace {own}, and `namespace` is {namespace}"));
    }
    Ok(())
}

/// What objects enable, for rules.
pub(super) fn capabilities(documents: &[Value]) -> Impact {
    let mut impact = Impact::default();
    for document in documents {
        let kind = object::text(document, "/kind").to_lowercase();
        let outside = matches!(object::text(document, "/spec/type"), "LoadBalancer" | "NodePort");
        if kind.starts_with("ingress") || kind == "gateway" || outside {
            impact = impact.with_exposure(Exposure::default());
        }
        // who may do what in the cluster, and what changes the objects of others
        if ["role", "clusterrole", "mutatingwebhook", "validatingwebhook"].iter().any(|start| kind.starts_with(start)) {
            impact = impact.with_trust(true);
        }
        if has_containers(document) {
            impact = impact.with_capability(Capability::InstallsForeignCode);
        }
    }
    impact
}

/// Whether an object has a pod template that names an image or a command.
fn has_containers(value: &Value) -> bool {
    let runs_code = |one: &Value| ["image", "command", "args"].iter().any(|member| one.get(member).is_some());
    match value {
        Value::Object(members) => members.iter().any(|(name, inner)| match name.as_str() {
            "containers" | "initContainers" | "ephemeralContainers" => {
                inner.as_array().is_some_and(|list| list.iter().any(runs_code))
            }
            _ => has_containers(inner),
        }),
        Value::Array(items) => items.iter().any(has_containers),
        _ => false,
    }
}

/// Refuses values of secrets: they would pass the assistant that writes them.
pub(super) fn check_secret(kind: &str, object: &Value) -> Result<(), Failure> {
    let has_values = ["data", "stringData"].iter().any(|member| object.get(member).is_some());
    if kind == "Secret" && has_values {
        return Err(Failure::refused(
            "values of secrets are not written through an assistant, which would see them",
            "create the Secret with kubectl, or a secret of Juju with juju_add_secret",
        ));
    }
    Ok(())
}

/// An object to apply, and what is there of it.
struct Planned {
    kind: ResourceType,
    namespace: String,
    document: Value,
    old: Value,
}

/// The objects of a manifest, each checked before anything is written.
async fn plan(args: &Args, place: &Place) -> Result<Vec<Planned>, Failure> {
    let held_to = place.namespace.clone().unwrap_or_default();
    let documents =
        documents(&args.manifest, &held_to).map_err(|problem| Failure::refused(problem, "correct the manifest"))?;
    let mut planned = Vec::new();
    for mut document in documents {
        let name = format!("{}/{}", object::text(&document, "/apiVersion"), object::text(&document, "/kind"));
        let kind = place.find_kind(&name).await?;
        check_secret(&kind.kind, &document)?;
        let namespace = match object::namespace(&document) {
            "" if kind.namespaced => place.object_namespace().await?,
            own => own.to_owned(),
        };
        if kind.namespaced {
            document["metadata"]["namespace"] = Value::String(namespace.clone());
        }
        let old = place.session.find(&kind, &namespace, object::name(&document)).await?.unwrap_or_default();
        check_owner(&old, "juju_config, juju_scale_application or juju_refresh")?;
        planned.push(Planned { kind, namespace, document, old });
    }
    Ok(planned)
}

async fn apply(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, &args.namespace).await?;
    let planned = plan(args, &place).await?;
    let (mut results, options) = (Vec::new(), PatchOptions { dry_run, force: args.force_conflicts });
    for one in &planned {
        let path = one.kind.path(Some(&one.namespace), Some(object::name(&one.document)));
        match place.session.patch(&path, PatchFormat::Apply, &one.document, options).await {
            Ok(new) => results.push(result(&one.kind, &one.old, new)),
            Err(error) if results.is_empty() => return Err(error.into()),
            // what has been applied stays applied
            Err(error) => {
                let name = object::name(&one.document);
                results
                    .push(json!({"kind": one.kind.kind, "name": name, "result": "failed", "error": error.to_string()}));
                break;
            }
        }
    }
    Ok(json!({"objects": results, "of": planned.len()}))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n\
        spec: {template: {spec: {containers: [{name: a, image: nginx}]}}}\n";

    #[test]
    fn manifest_is_held_to_the_namespace_of_the_call() {
        assert_eq!(documents(DEPLOYMENT, "shop").map(|found| found.len()), Ok(1));
        assert_eq!(documents(DEPLOYMENT, "").map(|found| found.len()), Ok(1));
        let problem = documents(DEPLOYMENT, "other").expect_err("another namespace");
        assert_eq!(problem, "Deployment `web` is in the namespace shop, and `namespace` is other");
        for odd in ["", "a: [1", "kind: Pod", "apiVersion: v1\nkind: Pod\nmetadata: {name: ../x}", "- 1"] {
            assert!(documents(odd, "").is_err(), "{odd}");
        }
        let list = format!(
            "apiVersion: v1\nkind: List\nitems:\n- {{apiVersion: v1, kind: Pod, metadata: {{name: a}}}}\n---\n{DEPLOYMENT}"
        );
        assert_eq!(documents(&list, "").map(|found| found.len()), Ok(2));
    }

    #[test]
    fn impact_states_code_and_exposure() {
        let read = |text: &str| documents(text, "").expect("a manifest");
        assert!(capabilities(&read(DEPLOYMENT)).has(Capability::InstallsForeignCode));
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer}\n";
        let impact = capabilities(&read(service));
        assert!(impact.has(Capability::ExposesToPublic) && !impact.has(Capability::InstallsForeignCode));
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n";
        assert!(capabilities(&read(map)).is_empty());
    }

    #[test]
    fn values_of_secrets_are_not_written() {
        let secret = json!({"kind": "Secret", "stringData": {"a": "b"}});
        assert!(check_secret("Secret", &secret).is_err());
        assert!(check_secret("Secret", &json!({"metadata": {"labels": {}}})).is_ok());
        assert!(check_secret("ConfigMap", &json!({"data": {}})).is_ok());
    }
}
