//! [`ClusterSession`]: a cluster as one caller uses it.

use std::sync::Arc;

use backend::BackendError;
use serde_json::{Value, json};

use crate::{
    cluster::{Cluster, Impersonation},
    lines::Lines,
    object::{items, text},
    request::{ApiRequest, PatchFormat},
    resource::{ResourceType, find_type, well_known},
    table::{ACCEPT_TABLE, ObjectTable},
};

/// Objects of one request; others follow in further requests.
const PAGE_OBJECTS: usize = 500;
/// Objects of one list.
const MAX_OBJECTS: usize = 10_000;
/// Who manages the fields that this program writes.
const FIELD_MANAGER: &str = "juju-mcp";

/// A cluster as one caller uses it.
#[derive(Debug, Clone)]
pub struct ClusterSession {
    cluster: Arc<Cluster>,
    caller: Option<Impersonation>,
}

/// Which objects of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Selection<'a> {
    /// The namespace; all of them where it is absent.
    pub namespace: Option<&'a str>,
    /// Selector of labels; empty for none.
    pub labels: &'a str,
    /// Selector of fields; empty for none.
    pub fields: &'a str,
}

impl<'a> Selection<'a> {
    /// All objects in a namespace, or everywhere.
    #[must_use]
    pub fn within(namespace: Option<&'a str>) -> Self {
        Self { namespace, ..Self::default() }
    }
}

/// Objects of a kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The objects, each with its kind.
    pub items: Vec<Value>,
    /// Whether there are more than a list has.
    pub is_cut: bool,
}

impl ClusterSession {
    /// A session. The cluster is used as `caller` where its settings have `impersonate`.
    #[must_use]
    pub fn new(cluster: Arc<Cluster>, caller: Impersonation) -> Self {
        let caller = cluster.settings().impersonate.then_some(caller);
        Self { cluster, caller }
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Sends a request.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn send(&self, request: &ApiRequest) -> Result<Value, BackendError> {
        self.cluster.send(request, self.caller.as_ref()).await
    }

    /// The kind that a name means; `None` where the cluster serves none of this name.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn find_kind(&self, name: &str) -> Result<Option<ResourceType>, BackendError> {
        if let Some(found) = find_type(&self.cluster.kinds(false).await?, name) {
            return Ok(Some(found.clone()));
        }
        // a definition of a new kind may have been added meanwhile
        Ok(find_type(&self.cluster.kinds(true).await?, name).cloned())
    }

    /// The objects of a kind, each with its kind.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn list(&self, kind: &ResourceType, selection: Selection<'_>) -> Result<Listing, BackendError> {
        let (mut listing, mut next) = (Listing::default(), String::new());
        loop {
            let request =
                list_request(kind, selection).with("limit", PAGE_OBJECTS.to_string()).with("continue", &*next);
            let mut page = self.send(&request).await?;
            text(&page, "/metadata/continue").clone_into(&mut next);
            let objects = page.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
            listing.items.extend(objects.into_iter().map(|object| with_kind(object, kind)));
            if next.is_empty() || listing.items.len() >= MAX_OBJECTS {
                listing.is_cut = !next.is_empty();
                return Ok(listing);
            }
        }
    }

    /// The same for what a cluster may not serve, such as metrics: `None` where it does not, or the caller may not read it.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn list_optional(
        &self,
        kind: &ResourceType,
        selection: Selection<'_>,
    ) -> Result<Option<Vec<Value>>, BackendError> {
        match self.list(kind, selection).await {
            Ok(listing) => Ok(Some(listing.items)),
            // a metrics server that is installed and does not run
            Err(BackendError::Refused { status: 403 | 404 | 503, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The objects of a kind with the columns that `kubectl get` prints.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn table(
        &self,
        kind: &ResourceType,
        selection: Selection<'_>,
        wide: bool,
    ) -> Result<(ObjectTable, bool), BackendError> {
        let request = list_request(kind, selection).with("limit", MAX_OBJECTS.to_string()).accepting(ACCEPT_TABLE);
        let answer = self.send(&request).await?;
        let with_namespaces = kind.namespaced && selection.namespace.is_none();
        let table = ObjectTable::from_answer(&answer, wide, with_namespaces)
            .unwrap_or_else(|| ObjectTable::from_objects(items(&answer, "/items")));
        Ok((table, !text(&answer, "/metadata/continue").is_empty()))
    }

    /// An object; `None` where there is none.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn find(&self, kind: &ResourceType, namespace: &str, name: &str) -> Result<Option<Value>, BackendError> {
        match self.send(&ApiRequest::get(kind.path(Some(namespace), Some(name)))).await {
            Ok(object) => Ok(Some(with_kind(object, kind))),
            Err(BackendError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes an object, or only shows what it would be; returns it.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn patch(
        &self,
        path: &str,
        format: PatchFormat,
        change: &Value,
        options: PatchOptions,
    ) -> Result<Value, BackendError> {
        let request = ApiRequest::patch(path, format, change).with("fieldManager", FIELD_MANAGER);
        let force = options.force && format == PatchFormat::Apply;
        self.send(&request.with("force", if force { "true" } else { "" }).as_dry_run(options.dry_run)).await
    }

    /// Deletes an object, or only checks whether it could be.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn delete(&self, path: &str, grace_seconds: Option<u32>, dry_run: bool) -> Result<Value, BackendError> {
        let mut options = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
        if let Some(seconds) = grace_seconds {
            options["gracePeriodSeconds"] = seconds.into();
        }
        self.send(&ApiRequest::delete(path, &options).as_dry_run(dry_run)).await
    }

    /// Evicts a pod, which its disruption budget may refuse.
    ///
    /// # Errors
    /// [`BackendError`]; status 429 where a budget forbids it now.
    pub async fn evict(&self, namespace: &str, name: &str, dry_run: bool) -> Result<Value, BackendError> {
        let eviction =
            json!({"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": name, "namespace": namespace}});
        let path = format!("{}/eviction", well_known::PODS.path(Some(namespace), Some(name)));
        self.send(&ApiRequest::create(path, &eviction).as_dry_run(dry_run)).await
    }

    /// Whether the session may do something (`SelfSubjectAccessReview`), and why.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn review(&self, attributes: &Value) -> Result<(bool, String), BackendError> {
        let review = json!({"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": attributes}});
        let answer =
            self.send(&ApiRequest::create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review)).await?;
        let allowed = answer.pointer("/status/allowed").is_some_and(|allowed| allowed == true);
        Ok((allowed, text(&answer, "/status/reason").to_owned()))
    }

    /// The text of an answer.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn read_text(&self, request: &ApiRequest) -> Result<String, BackendError> {
        let body = self.cluster.send_for_text(request, self.caller.as_ref()).await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// The lines of an answer as they arrive. Dropping them ends the request.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn follow(&self, request: &ApiRequest) -> Result<Lines, BackendError> {
        Ok(Lines::new(self.cluster.open(request, self.caller.as_ref()).await?))
    }
}

/// How a patch is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PatchOptions {
    /// Whether the server only shows the result.
    pub dry_run: bool,
    /// Whether a server-side apply takes fields that others manage.
    pub force: bool,
}

fn list_request(kind: &ResourceType, selection: Selection<'_>) -> ApiRequest {
    let request = ApiRequest::get(kind.path(selection.namespace, None));
    request.with("labelSelector", selection.labels).with("fieldSelector", selection.fields)
}

/// Items of a list lack their kind.
fn with_kind(mut object: Value, kind: &ResourceType) -> Value {
    if object.is_object() && object.get("kind").is_none() {
        object["kind"] = Value::String(kind.kind.to_string());
        object["apiVersion"] = Value::String(kind.api_version());
    }
    object
}
