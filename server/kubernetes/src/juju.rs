//! What objects are to Juju: units, applications, models (`internal/provider/kubernetes` of Juju 3.6).

use serde::Serialize;
use serde_json::Value;

use crate::object::{annotation, controller, label, name, namespace, text};

/// The label of all objects that Juju manages, with the value `juju`.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The label with the name of an application.
const APPLICATION: &str = "app.kubernetes.io/name";
/// The annotation of a pod with the name of its unit, once its agent runs.
const UNIT: &str = "unit.juju.is/id";
/// The label of a namespace with the name of its model.
const MODEL_NAME: &str = "model.juju.is/name";
/// The annotation of a namespace, and a label of newer objects, with the UUID of a model.
const MODEL_UUID: &str = "model.juju.is/id";
/// The same for a controller.
const CONTROLLER_UUID: &str = "controller.juju.is/id";
/// The label of the objects of a charm's workload that Juju did not make, but a Juju application did.
const CREATED_BY: &str = "app.juju.is/created-by";

/// The model of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelOfNamespace {
    /// Its name, without the owner.
    pub model: String,
    /// Its UUID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model_uuid: String,
    /// The UUID of its controller.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_uuid: String,
}

/// The model that a namespace is of.
#[must_use]
pub fn model(namespace: &Value) -> Option<ModelOfNamespace> {
    let model = label(namespace, MODEL_NAME)?;
    let one = |key: &str| annotation(namespace, key).or_else(|| label(namespace, key)).unwrap_or_default().to_owned();
    Some(ModelOfNamespace {
        model: model.to_owned(),
        model_uuid: one(MODEL_UUID),
        controller_uuid: one(CONTROLLER_UUID),
    })
}

/// The unit that a pod is: `db/0`. Without the annotation of a running agent, a pod of a `StatefulSet` that Juju made has the number of
/// its name.
#[must_use]
pub fn unit(pod: &Value) -> Option<String> {
    if let Some(unit) = annotation(pod, UNIT) {
        return Some(unit.to_owned());
    }
    let application = label(pod, APPLICATION)?;
    let (kind, owner) = controller(pod)?;
    let is_juju = annotation(pod, MODEL_UUID).is_some() || annotation(pod, CONTROLLER_UUID).is_some();
    let number = name(pod).strip_prefix(owner)?.strip_prefix('-')?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_juju && kind == "StatefulSet" && owner == application && is_number).then(|| format!("{application}/{number}"))
}

/// What Juju has to do with an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JujuOwner {
    /// The application that it belongs to; none for an object of a model or a controller.
    pub application: Option<String>,
    /// The namespace of the object, which is that of the model.
    pub namespace: String,
}

/// Who of Juju manages an object; `None` for one that Juju does not manage. A pod counts by its annotations, for Juju does not label
/// the pods of its `StatefulSets`.
#[must_use]
pub fn owner(object: &Value) -> Option<JujuOwner> {
    let managed = label(object, MANAGED_BY) == Some("juju");
    let annotated = [MODEL_UUID, CONTROLLER_UUID].iter().any(|key| annotation(object, key).is_some());
    let is_template_of_juju = text(object, "/kind") == "Pod" && annotated;
    if !managed && !is_template_of_juju && annotation(object, UNIT).is_none() {
        return None;
    }
    // an object of the workload belongs to the charm, which can be asked to change it only by Juju's own means
    let application = label(object, APPLICATION).or_else(|| label(object, CREATED_BY)).map(str::to_owned);
    let own_namespace = if text(object, "/kind") == "Namespace" { name(object) } else { namespace(object) };
    Some(JujuOwner { application, namespace: own_namespace.to_owned() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pod_of_juju_is_a_unit() {
        let pod = |annotations: Value| {
            json!({"kind": "Pod", "metadata": {"name": "db-2", "namespace": "shop", "annotations": annotations,
                "labels": {"app.kubernetes.io/name": "db"},
                "ownerReferences": [{"kind": "StatefulSet", "name": "db", "controller": true}]}})
        };
        assert_eq!(unit(&pod(json!({"unit.juju.is/id": "db/7"}))).as_deref(), Some("db/7"));
        assert_eq!(unit(&pod(json!({"model.juju.is/id": "u"}))).as_deref(), Some("db/2"));
        assert_eq!(unit(&pod(json!({}))), None, "another program uses the label too");
        let owned = owner(&pod(json!({"controller.juju.is/id": "c"}))).expect("an owner");
        assert_eq!((owned.application.as_deref(), owned.namespace.as_str()), (Some("db"), "shop"));
    }

    #[test]
    fn namespace_of_juju_has_a_model() {
        let namespace = json!({"kind": "Namespace", "metadata": {"name": "shop", "labels": {"model.juju.is/name": "shop",
            "app.kubernetes.io/managed-by": "juju"}, "annotations": {"model.juju.is/id": "m", "controller.juju.is/id": "c"}}});
        let found = model(&namespace).expect("a model");
        assert_eq!(
            (found.model.as_str(), found.model_uuid.as_str(), found.controller_uuid.as_str()),
            ("shop", "m", "c")
        );
        assert_eq!(owner(&namespace).map(|owner| owner.namespace), Some("shop".to_owned()));
        assert_eq!(
            (model(&json!({"metadata": {"name": "x"}})), owner(&json!({"metadata": {"name": "x"}}))),
            (None, None)
        );
        let foreign = json!({"kind": "Deployment", "metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}});
        assert_eq!(owner(&foreign), None);
    }
}
