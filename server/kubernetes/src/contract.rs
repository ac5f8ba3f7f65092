//! [`Cluster`] as a [`Backend`].

use backend::{Backend, BackendError, BackendKind, BackendQuery, Condition};
use futures::future::BoxFuture;
use serde_json::Value;

use crate::{
    cluster::Cluster,
    object::{annotation, items, label, name, text},
    request::ApiRequest,
    resource::{find_type, is_name, is_namespace, well_known},
};

/// Methods of [`Backend::query`].
const METHODS: [&str; 3] = ["list", "get", "version"];

impl Backend for Cluster {
    fn kind(&self) -> BackendKind {
        BackendKind::Kubernetes
    }

    fn name(&self) -> &str {
        &self.settings().name
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &METHODS
    }

    fn condition(&self) -> Condition {
        Self::condition(self)
    }

    fn connect(&self) -> BoxFuture<'_, Result<String, BackendError>> {
        Box::pin(self.version())
    }

    fn query<'a>(&'a self, query: &'a BackendQuery) -> BoxFuture<'a, Result<Value, BackendError>> {
        Box::pin(self.answer(query))
    }
}

impl Cluster {
    /// The namespace of a model.
    ///
    /// # Errors
    /// [`BackendError`]; [`BackendError::Parameters`] where the cluster has none.
    pub async fn namespace_of_model(&self, uuid: &str) -> Result<String, BackendError> {
        let path = well_known::NAMESPACES.path(None, None);
        let answer = self.send(&ApiRequest::get(path).with("labelSelector", "model.juju.is/name"), None).await?;
        let key = "model.juju.is/id";
        let is_of = |one: &&Value| annotation(one, key).or_else(|| label(one, key)) == Some(uuid);
        let found = items(&answer, "/items").iter().find(is_of).map(|one| name(one).to_owned());
        let name = &self.settings().name;
        found.ok_or_else(|| BackendError::Parameters(format!("the cluster `{name}` has no namespace of this model")))
    }

    async fn answer(&self, query: &BackendQuery) -> Result<Value, BackendError> {
        let param = |key: &str| query.params.get(key).and_then(Value::as_str).unwrap_or_default();
        let unusable = |problem: String| BackendError::Parameters(problem);
        if !METHODS.contains(&query.method.as_str()) {
            let (kind, method) = (BackendKind::Kubernetes, query.method.clone());
            return Err(BackendError::UnknownMethod { kind, method, known: &METHODS });
        }
        if self.settings().impersonate {
            return Err(unusable("this cluster is used as its callers, by tools only".to_owned()));
        }
        if query.method == "version" {
            return self.send(&ApiRequest::get("/version"), None).await;
        }
        let (kind, wanted) = (param("kind"), param("namespace"));
        let kinds = self.kinds(false).await?;
        let kind =
            find_type(&kinds, kind).ok_or_else(|| unusable(format!("`kind` is no kind of this cluster: {kind}")))?;
        let own = match &query.model_uuid {
            Some(uuid) => Some(self.namespace_of_model(uuid).await?),
            None => None,
        };
        let namespace = match (own, wanted) {
            (Some(_), _) if !kind.namespaced => {
                return Err(unusable(format!("objects of the kind {} belong to no model", kind.kind)));
            }
            (Some(own), wanted) if !wanted.is_empty() && wanted != own => {
                return Err(unusable(format!("`namespace` is not that of the model, {own}")));
            }
            (Some(own), _) => Some(own),
            (None, "") => None,
            (None, wanted) if is_namespace(wanted) => Some(wanted.to_owned()),
            (None, wanted) => return Err(unusable(format!("`namespace` is no name of a namespace: {wanted}"))),
        };
        let name = Some(param("name")).filter(|_| query.method == "get");
        if name.is_some_and(|name| !is_name(name)) {
            return Err(unusable("`name` has to be the name of an object".to_owned()));
        }
        if name.is_some() && kind.namespaced && namespace.is_none() {
            return Err(unusable("`namespace` is missing".to_owned()));
        }
        let request =
            ApiRequest::get(kind.path(namespace.as_deref(), name)).with("labelSelector", param("label_selector"));
        let mut answer = self.send(&request, None).await?;
        if text(&answer, "/kind").is_empty() {
            answer["kind"] = kind.kind.to_string().into();
        }
        // this crate knows no names of secrets, so every literal value is masked
        let masks = crate::mask::Masks { is_secret_name: &|_| true, redact: &|_| crate::mask::MASK.to_owned() };
        crate::mask::mask_object(&mut answer, &masks);
        Ok(answer)
    }
}
