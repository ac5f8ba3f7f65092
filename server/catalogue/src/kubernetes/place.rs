//! [`Place`]: the cluster of a call, and the namespace that the call is held to.
//!
//! A call with `model` is held to the namespace of that model, one with `namespace` to that namespace: it reads nothing else, not even the
//! nodes. Only a call with neither, which a role without limits may make, reads the whole cluster.

use kubernetes::{ClusterSession, ResourceType, Selection, is_name, is_namespace};
use policy::TargetEntity;

use crate::{Failure, ResolvedTarget};

/// Group of these tools.
pub(super) const TOOLSET: &str = "kubernetes";

/// The cluster of a call, and the namespace that the call is held to.
pub(super) struct Place {
    pub(super) session: ClusterSession,
    /// The only namespace that the call may see; `None` for the whole cluster.
    pub(super) namespace: Option<String>,
}

impl Place {
    /// The place of a call with these arguments.
    pub(super) async fn new(target: &ResolvedTarget, instance: &str, namespace: &str) -> Result<Self, Failure> {
        let clusters = &target.backends().kubernetes;
        let named = Some(instance).filter(|name| !name.is_empty());
        let session = |cluster: &std::sync::Arc<kubernetes::Cluster>| {
            ClusterSession::new(cluster.clone(), target.kubernetes_user().clone())
        };
        let Some(uuid) = target.limiting_model()? else {
            let namespace = Some(namespace).filter(|name| !name.is_empty()).map(str::to_owned);
            return Ok(Self { session: session(clusters.get(named)?), namespace });
        };
        let (found, own) = match named {
            Some(_) => {
                let cluster = clusters.get(named)?;
                (cluster, cluster.namespace_of_model(uuid).await?)
            }
            None => find_model(clusters, uuid).await?,
        };
        if !namespace.is_empty() && namespace != own {
            let model = target.model_name();
            return Err(Failure::refused(
                format!("`namespace` is {namespace}, and the model {model} is in the namespace {own}"),
                "leave out `model` or `namespace`",
            ));
        }
        Ok(Self { session: session(found), namespace: Some(own) })
    }

    /// The namespace of one object: that of the call, or the default of the cluster.
    pub(super) async fn object_namespace(&self) -> Result<String, Failure> {
        match &self.namespace {
            Some(namespace) => Ok(namespace.clone()),
            None => Ok(self.session.cluster().default_namespace().await?),
        }
    }

    /// Everything of a kind that the call may see.
    pub(super) fn all(&self) -> Selection<'_> {
        Selection::within(self.namespace.as_deref())
    }

    /// Refuses a call that is held to a namespace and needs what is in none.
    pub(super) fn require_cluster(&self, what: &str) -> Result<(), Failure> {
        match &self.namespace {
            None => Ok(()),
            Some(namespace) => Err(Failure::refused(
                format!("{what} belong to no namespace, and this call is held to the namespace {namespace}"),
                "leave out `model` and `namespace`; the caller needs a role without limits of models",
            )),
        }
    }

    /// The kind that a name means, if the call may see its objects.
    pub(super) async fn find_kind(&self, name: &str) -> Result<ResourceType, Failure> {
        let kind = self.session.find_kind(name).await?.ok_or_else(|| {
            let cluster = &self.session.cluster().settings().name;
            Failure::refused(
                format!("the cluster `{cluster}` serves no kind `{name}`"),
                "name it as kubectl does: pods, deploy, ingresses.networking.k8s.io, apps/v1/Deployment",
            )
        })?;
        if !kind.namespaced {
            self.require_cluster(&format!("objects of the kind {}", kind.kind))?;
        }
        Ok(kind)
    }

    /// An object that has to exist.
    pub(super) async fn find(&self, kind: &ResourceType, name: &str) -> Result<serde_json::Value, Failure> {
        let namespace = if kind.namespaced { self.object_namespace().await? } else { String::new() };
        let found = self.session.find(kind, &namespace, name).await?;
        found.ok_or_else(|| {
            let within = if kind.namespaced { format!(" in the namespace {namespace}") } else { String::new() };
            Failure::refused(
                format!("there is no {} `{name}`{within}", kind.kind),
                format!("list them with `k8s_list` and `kind: {}`, or give another `namespace`", kind.plural),
            )
        })
    }
}

/// The cluster that has the namespace of a model.
async fn find_model<'c>(
    clusters: &'c backend::Instances<kubernetes::Cluster>,
    uuid: &str,
) -> Result<(&'c std::sync::Arc<kubernetes::Cluster>, String), Failure> {
    let mut missing = None;
    for (_, cluster) in clusters.iter() {
        match cluster.namespace_of_model(uuid).await {
            Ok(namespace) => return Ok((cluster, namespace)),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    match missing {
        Some(error) => Err(error.into()),
        None => {
            Err(clusters.get(None).err().map_or_else(|| Failure::refused("no cluster", "configure one"), Failure::from))
        }
    }
}

/// The namespace that a call names, as rules and roles select it: like a model of this name.
pub(super) fn entities(namespace: &str) -> Vec<TargetEntity> {
    if namespace.is_empty() { Vec::new() } else { vec![TargetEntity::Known(format!("namespace-{namespace}"))] }
}

/// Checks a namespace and names that become parts of paths; empty ones are left out.
pub(super) fn check_names(namespace: &str, names: &[(&str, &str)]) -> Result<(), String> {
    if !namespace.is_empty() && !is_namespace(namespace) {
        return Err(format!("`namespace` has to be the name of a namespace, not: {namespace}"));
    }
    match names.iter().find(|(_, name)| !is_name(name)) {
        Some((argument, name)) => Err(format!("`{argument}` has to be the name of an object, not: {name}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_their_path_are_rejected() {
        assert_eq!(check_names("", &[("name", "web-1")]), Ok(()));
        for (namespace, name) in [("a/b", "x"), ("A", "x"), ("shop", ".."), ("shop", "a/b"), ("shop", "")] {
            assert!(check_names(namespace, &[("name", name)]).is_err(), "{namespace} {name}");
        }
        assert_eq!(entities("shop"), [TargetEntity::Known("namespace-shop".to_owned())]);
        assert_eq!(entities(""), []);
    }
}
