//! `list_services`: services with their addresses, ports and ready endpoints.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use chrono::Utc;
use kubernetes::{age, object, well_known};
use serde_json::{Value, json};

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `list_services`.
pub(super) struct ListServices;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    instance: String,
}

impl Command for ListServices {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "list-services";
    const TOOL_NAME: Option<&'static str> = Some("list_services");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists services with type, addresses, ports and ready endpoints.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let services = place.session.list(&well_known::SERVICES, place.all()).await?;
        let slices = place.session.list_optional(&well_known::ENDPOINT_SLICES, place.all()).await?;
        let ready = ready_addresses(&slices.unwrap_or_default());
        let columns = ["NAMESPACE", "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "ENDPOINTS", "AGE"];
        let (mut shown, now) = (Shown::new(&columns, "no services"), Utc::now());
        shown.note_cut(services.is_cut);
        for service in &services.items {
            let (namespace, name) = (object::namespace(service), object::name(service));
            let endpoints = ready.get(&(namespace.to_owned(), name.to_owned())).copied().unwrap_or_default();
            let (kind, address) = (object::text(service, "/spec/type"), object::text(service, "/spec/clusterIP"));
            let (external, ports) = (external_addresses(service), ports(service));
            let data = json!({"namespace": namespace, "name": name, "type": kind, "cluster_ip": address, "external": external,
                "ports": ports, "ready_endpoints": endpoints, "selector": service.pointer("/spec/selector")});
            let external = match (external.is_empty(), kind) {
                (true, "LoadBalancer") => "<pending>".to_owned(),
                _ => or_dash(&external.join(",")),
            };
            let cells = vec![
                namespace.to_owned(),
                name.to_owned(),
                kind.to_owned(),
                or_dash(address),
                external,
                ports.join(","),
                endpoints.to_string(),
                age::age(service, now),
            ];
            shown.row(cells, data);
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

/// Ready addresses behind each service, by namespace and name.
fn ready_addresses(slices: &[Value]) -> BTreeMap<(String, String), usize> {
    let mut found = BTreeMap::new();
    for slice in slices {
        let Some(service) = object::label(slice, "kubernetes.io/service-name") else { continue };
        let is_ready =
            |endpoint: &&Value| endpoint.pointer("/conditions/ready").is_none_or(|ready| *ready != Value::Bool(false));
        let count: usize = object::items(slice, "/endpoints")
            .iter()
            .filter(is_ready)
            .map(|one| object::items(one, "/addresses").len())
            .sum();
        *found.entry((object::namespace(slice).to_owned(), service.to_owned())).or_default() += count;
    }
    found
}

/// Addresses outside the cluster.
fn external_addresses(service: &Value) -> Vec<String> {
    let given = object::items(service, "/spec/externalIPs").iter().filter_map(Value::as_str);
    let balancers = object::items(service, "/status/loadBalancer/ingress").iter();
    let balancers = balancers.map(|one| match object::text(one, "/ip") {
        "" => object::text(one, "/hostname"),
        address => address,
    });
    let name = Some(object::text(service, "/spec/externalName")).filter(|name| !name.is_empty());
    given.chain(balancers).chain(name).map(str::to_owned).collect()
}

/// Ports as `kubectl` prints them: `80:30080/TCP`.
fn ports(service: &Value) -> Vec<String> {
    let text = |port: &Value| {
        let (number, node, protocol) =
            (object::number(port, "/port"), object::number(port, "/nodePort"), object::text(port, "/protocol"));
        if node > 0 { format!("{number}:{node}/{protocol}") } else { format!("{number}/{protocol}") }
    };
    object::items(service, "/spec/ports").iter().map(text).collect()
}
