//! What `AllWatcher.Next` returns: a change or removal of one entity, `["unit", "change", {...}]` (`rpc/params/multiwatcher.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::value::RawValue;

pub mod application;
pub mod model;

/// A change of one entity. A removal carries the whole last state of the entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    pub removed: bool,
    /// The entity as it is now, or was last.
    pub entity: EntityInfo,
}

macro_rules! entities {
    ($( $(#[$doc:meta])* $name:ident = $kind:literal ( $info:ty ) ),* $(,)?) => {
        /// An entity of a model, as a watcher of everything returns it.
        #[derive(Debug, Clone, PartialEq)]
        pub enum EntityInfo {
            $( $(#[$doc])* $name(Box<$info>), )*
        }

        impl EntityInfo {
            /// The kind on the wire, `unit`.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$name(_) => $kind, )* }
            }

            /// UUID of the model that the entity belongs to.
            #[must_use]
            pub fn model_uuid(&self) -> &str {
                match self { $( Self::$name(info) => &info.model_uuid, )* }
            }

            fn read<E: Error>(kind: &str, text: &str) -> Result<Self, E> {
                match kind {
                    $( $kind => serde_json::from_str(text).map(|info| Self::$name(Box::new(info))).map_err(E::custom), )*
                    other => Err(E::custom(format!("no such kind of entity: {other}"))),
                }
            }
        }

        impl Serialize for Delta {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let change = if self.removed { "remove" } else { "change" };
                match &self.entity {
                    $( EntityInfo::$name(info) => (self.entity.kind(), change, info).serialize(serializer), )*
                }
            }
        }
    };
}

entities! {
    /// An action.
    Action = "action"(model::ActionInfo),
    /// Notes of an entity.
    Annotation = "annotation"(model::AnnotationInfo),
    /// An application.
    Application = "application"(application::ApplicationInfo),
    /// An offer.
    ApplicationOffer = "applicationOffer"(application::ApplicationOfferInfo),
    /// A block.
    Block = "block"(model::BlockInfo),
    /// A branch.
    Branch = "branch"(model::BranchInfo),
    /// A charm.
    Charm = "charm"(application::CharmInfo),
    /// A machine.
    Machine = "machine"(model::MachineInfo),
    /// The model.
    Model = "model"(model::ModelInfo),
    /// A relation.
    Relation = "relation"(application::RelationInfo),
    /// An application of another model.
    RemoteApplication = "remoteApplication"(application::RemoteApplicationInfo),
    /// A unit.
    Unit = "unit"(application::UnitInfo),
}

impl<'de> Deserialize<'de> for Delta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, change, entity) = <(String, String, Box<RawValue>)>::deserialize(deserializer)?;
        let removed = match change.as_str() {
            "change" => false,
            "remove" => true,
            other => return Err(D::Error::custom(format!("no such change: {other}"))),
        };
        Ok(Self { removed, entity: EntityInfo::read(&kind, entity.get())? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn delta_is_a_list_of_kind_change_and_entity() {
        let text = json!(["annotation", "remove", {"model-uuid": "m", "tag": "unit-web-0", "annotations": {"a": "b"}}]);
        let delta: Delta = serde_json::from_str(&text.to_string()).expect("read");
        assert!(delta.removed);
        assert_eq!((delta.entity.kind(), delta.entity.model_uuid()), ("annotation", "m"));
        assert_eq!(serde_json::to_value(&delta).expect("written"), text);
    }

    #[test]
    fn unknown_kind_is_named_in_the_error() {
        let error = serde_json::from_str::<Delta>(&Value::from(vec!["ghost", "change", ""]).to_string());
        assert!(error.expect_err("refused").to_string().contains("ghost"));
    }
}
