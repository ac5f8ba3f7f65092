//! `juju add-cloud`, `juju update-cloud` and `juju remove-cloud`, and the same for clusters: `juju add-k8s`, `juju update-k8s` and
//! `juju remove-k8s`. All change the clouds that the controller knows.

use std::{collections::BTreeMap, marker::PhantomData, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    Code, RemoteError,
    entity::Entities,
    facade::cloud::{
        AddCloud as AddCloudMethod, Clouds, RemoveClouds, UpdateCloud as UpdateCloudMethod,
        definition::{AddCloudArgs, CloudDefinition, CloudRegion, UpdateCloudArgs},
    },
    tag::Tag,
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, nearest, target};

/// The tools `juju_add_cloud` and `juju_add_k8s`.
pub struct AddCloud<K>(PhantomData<fn() -> K>);

/// The tools `juju_update_cloud` and `juju_update_k8s`.
pub struct UpdateCloud<K>(PhantomData<fn() -> K>);

/// The tools `juju_remove_cloud` and `juju_remove_k8s`.
pub struct RemoveCloud<K>(PhantomData<fn() -> K>);

/// What distinguishes clouds and clusters: command and description of each tool.
pub trait Kind: Send + Sync + 'static {
    /// The tool that adds one.
    const ADD: (&'static str, &'static str);
    /// The tool that changes one.
    const UPDATE: (&'static str, &'static str);
    /// The tool that removes one.
    const REMOVE: (&'static str, &'static str);
    /// Whether it is for Kubernetes clusters alone.
    const CLUSTERS: bool;
}

/// Clouds of any type.
pub struct Any;

/// Kubernetes clusters.
pub struct Kubernetes;

impl Kind for Any {
    const ADD: (&'static str, &'static str) =
        ("add-cloud", "Adds a cloud to the controller; juju_add_credential lets it be used.");
    const UPDATE: (&'static str, &'static str) =
        ("update-cloud", "Replaces the definition of a cloud of the controller.");
    const REMOVE: (&'static str, &'static str) =
        ("remove-cloud", "Removes a cloud that no model uses from the controller.");
    const CLUSTERS: bool = false;
}

impl Kind for Kubernetes {
    const ADD: (&'static str, &'static str) = ("add-k8s", "Adds a Kubernetes cluster as a cloud, as juju_add_cloud.");
    const UPDATE: (&'static str, &'static str) =
        ("update-k8s", "Replaces the definition of a cluster, as juju_update_cloud.");
    const REMOVE: (&'static str, &'static str) =
        ("remove-k8s", "Removes a cluster that no model uses, as juju_remove_cloud.");
    const CLUSTERS: bool = true;
}

/// The type of a cluster in the API, and in files of the client.
const CLUSTER_TYPES: [&str; 2] = ["kubernetes", "k8s"];

/// A new cloud.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddArgs {
    cloud: String,
    /// as in a clouds file: `type`, `auth-types`, `endpoint`, `regions` ...
    definition: BTreeMap<String, Value>,
    /// although the controller's cloud cannot work with it
    #[serde(default)]
    force: bool,
}

/// The new definition of a cloud.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArgs {
    cloud: String,
    /// as in a clouds file
    definition: BTreeMap<String, Value>,
}

/// A cloud that goes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveArgs {
    cloud: String,
}

/// What happened with a cloud.
#[derive(Debug, Serialize)]
pub struct Output {
    cloud: String,
    state: &'static str,
}

/// A cloud in a clouds file (`cloud/clouds.go`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Definition {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default)]
    host_cloud_region: String,
    #[serde(default)]
    auth_types: Vec<String>,
    #[serde(default)]
    endpoint: String,
    #[serde(default)]
    identity_endpoint: String,
    #[serde(default)]
    storage_endpoint: String,
    #[serde(default)]
    regions: BTreeMap<String, Option<Region>>,
    #[serde(default)]
    config: BTreeMap<String, Value>,
    #[serde(default)]
    region_config: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    ca_certificates: Vec<String>,
    #[serde(default)]
    skip_tls_verify: bool,
}

/// A region in a clouds file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Region {
    endpoint: String,
    identity_endpoint: String,
    storage_endpoint: String,
}

/// The region of a cloud that has none (`cloud.DefaultCloudRegion`).
const DEFAULT_REGION: &str = "default";

impl Definition {
    fn read<K: Kind>(definition: &BTreeMap<String, Value>) -> Result<Self, String> {
        let mut definition = json!(definition);
        if K::CLUSTERS && definition.get("type").is_none() {
            definition["type"] = json!(CLUSTER_TYPES[0]);
        }
        let read: Result<Self, _> = serde_json::from_value(definition);
        let read = read.map_err(|cause| format!("`definition` is not that of a cloud: {cause}"))?;
        if K::CLUSTERS && !CLUSTER_TYPES.contains(&read.kind.as_str()) {
            return Err(format!("`definition.type` has to be kubernetes, not: {}", read.kind));
        }
        if read.kind.is_empty() {
            Err("`definition.type` has to name a type like `openstack`".to_owned())
        } else {
            Ok(read)
        }
    }

    /// The same for the API; a new cloud has at least one region, as the client gives it one.
    fn into_wire(self, is_new: bool) -> CloudDefinition {
        let region = |(name, region): (String, Option<Region>)| {
            let Region { endpoint, identity_endpoint, storage_endpoint } = region.unwrap_or_default();
            CloudRegion { name, endpoint, identity_endpoint, storage_endpoint }
        };
        let mut regions: Vec<_> = self.regions.into_iter().map(region).collect();
        if is_new && regions.is_empty() {
            regions.push(CloudRegion { name: DEFAULT_REGION.to_owned(), ..CloudRegion::default() });
        }
        CloudDefinition {
            kind: if self.kind == "k8s" { "kubernetes".to_owned() } else { self.kind },
            host_cloud_region: self.host_cloud_region,
            auth_types: self.auth_types,
            endpoint: self.endpoint,
            identity_endpoint: self.identity_endpoint,
            storage_endpoint: self.storage_endpoint,
            regions,
            ca_certificates: self.ca_certificates,
            skip_tls_verify: self.skip_tls_verify,
            config: self.config,
            region_config: self.region_config,
            is_controller_cloud: false,
        }
    }
}

impl<K: Kind> Command for AddCloud<K> {
    type Args = AddArgs;
    type Output = Output;

    const COMMAND: &'static str = K::ADD.0;
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = K::ADD.1;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["cloud"];

    fn validate(args: &AddArgs) -> Result<(), String> {
        check_name(&args.cloud)?;
        Definition::read::<K>(&args.definition).map(drop)
    }

    fn target_entities(args: &AddArgs) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    fn required_entities(_: &AddArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &AddArgs) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &AddArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        if !names(&*target.controller_connection().await?).await?.contains(&args.cloud) {
            return Ok(None);
        }
        let error = RemoteError::new(Code::AlreadyExists, format!("cloud \"{}\" already exists", args.cloud));
        let remedy = "choose another name, or use juju_update_cloud".to_owned();
        Err(Failure::Unmet { error: Box::new(error), remedy: Some(remedy) })
    }

    async fn run(_: Permit, args: AddArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let cloud = Definition::read::<K>(&args.definition).map_err(odd)?.into_wire(true);
        let params = AddCloudArgs { cloud, name: args.cloud.clone(), force: args.force.then_some(true) };
        target.controller_connection().await?.call::<AddCloudMethod>(params).await?;
        Ok(Output { cloud: args.cloud, state: "added" })
    }
}

impl<K: Kind> Command for UpdateCloud<K> {
    type Args = UpdateArgs;
    type Output = Output;

    const COMMAND: &'static str = K::UPDATE.0;
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = K::UPDATE.1;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud"];

    fn validate(args: &UpdateArgs) -> Result<(), String> {
        check_name(&args.cloud)?;
        Definition::read::<K>(&args.definition).map(drop)
    }

    fn target_entities(args: &UpdateArgs) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    fn required_entities(_: &UpdateArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &UpdateArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require_kind::<K>(target, &args.cloud).await
    }

    async fn run(_: Permit, args: UpdateArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        require_kind::<K>(&target, &args.cloud).await?;
        let cloud = Definition::read::<K>(&args.definition).map_err(odd)?.into_wire(false);
        let cloud = AddCloudArgs { cloud, name: args.cloud.clone(), force: None };
        let connection = target.controller_connection().await?;
        connection.call::<UpdateCloudMethod>(UpdateCloudArgs { clouds: vec![cloud] }).await?.into_result()?;
        Ok(Output { cloud: args.cloud, state: "updated" })
    }
}

impl<K: Kind> Command for RemoveCloud<K> {
    type Args = RemoveArgs;
    type Output = Output;

    const COMMAND: &'static str = K::REMOVE.0;
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = K::REMOVE.1;
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["cloud"];

    fn validate(args: &RemoveArgs) -> Result<(), String> {
        check_name(&args.cloud)
    }

    fn target_entities(args: &RemoveArgs) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    fn required_entities(_: &RemoveArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &RemoveArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require_kind::<K>(target, &args.cloud).await
    }

    async fn run(_: Permit, args: RemoveArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        require_kind::<K>(&target, &args.cloud).await?;
        let tags: Entities = [Tag::new("cloud", &args.cloud)].into_iter().collect();
        target.controller_connection().await?.call::<RemoveClouds>(tags).await?.into_result()?;
        Ok(Output { cloud: args.cloud, state: "removed" })
    }
}

fn odd(problem: String) -> Failure {
    Failure::refused(problem, "correct `definition`")
}

/// Refuses what is not the name of a cloud (`names.IsValidCloud`).
pub(in crate::juju) fn check_name(name: &str) -> Result<(), String> {
    let inside = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let fits = name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.chars().all(inside);
    if fits { Ok(()) } else { Err(format!("`cloud` has to be the name of a cloud like `prodstack`, not: {name}")) }
}

/// Fails where the controller has no such cloud, or where it is no cluster and the tool is for clusters.
async fn require_kind<K: Kind>(target: &ResolvedTarget, name: &str) -> Result<Option<Value>, Failure> {
    require(target, name).await?;
    if !K::CLUSTERS {
        return Ok(None);
    }
    let clouds = target.controller_connection().await?.call::<Clouds>(()).await?.clouds;
    let found = clouds.get(&Tag::new("cloud", name).to_string());
    if found.is_some_and(|cloud| CLUSTER_TYPES.contains(&cloud.kind.as_str())) {
        return Ok(None);
    }
    Err(Failure::refused(format!("the cloud `{name}` is no Kubernetes cluster"), "use the tool for clouds of any type"))
}

/// The names of all clouds of the controller.
async fn names(connection: &Connection) -> Result<Vec<String>, Failure> {
    let clouds = connection.call::<Clouds>(()).await?.clouds;
    Ok(clouds.into_keys().map(|tag| tag.trim_start_matches("cloud-").to_owned()).collect())
}

/// Fails where the controller has no such cloud, so that no approver is asked about a mistyped name.
pub(in crate::juju) async fn require(target: &ResolvedTarget, name: &str) -> Result<Option<Value>, Failure> {
    let names = names(&*target.controller_connection().await?).await?;
    if names.iter().any(|known| known == name) {
        return Ok(None);
    }
    let remedy = nearest(name, names.iter().map(String::as_str))
        .map_or_else(|| format!("there are: {}", names.join(", ")), |near| format!("did you mean `{near}`?"));
    Err(Failure::Unmet { error: Box::new(RemoteError::not_found(format!("cloud \"{name}\""))), remedy: Some(remedy) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definition_of_a_clouds_file_is_read() {
        let read = |value: Value| Definition::read::<Any>(&serde_json::from_value(value).expect("an object"));
        let cloud = read(
            json!({"type": "k8s", "auth-types": ["oauth2"], "regions": {"east": {"endpoint": "https://e"}, "west": null}}),
        );
        let cloud = cloud.expect("a cloud").into_wire(true);
        assert_eq!(
            (cloud.kind.as_str(), cloud.regions.len(), cloud.regions[0].endpoint.as_str()),
            ("kubernetes", 2, "https://e")
        );
        assert_eq!(read(json!({"type": "maas"})).expect("a cloud").into_wire(true).regions[0].name, "default");
        for (odd, named) in [
            (json!({}), "type"),
            (json!({"type": ""}), "definition.type"),
            (json!({"type": "maas", "endpont": "x"}), "endpont"),
        ] {
            assert!(read(odd).expect_err("refused").contains(named), "{named}");
        }
        for name in ["", "-x", "a b", "../x", "--client"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
