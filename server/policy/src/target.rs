//! What an act acts on: a location (controller and model) and the entities there.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeMap as _};

/// Where an act takes effect. Serialized as `controller`, `model` and `model_uuid`, each absent where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Location {
    /// No controller: the tool reads what this program itself knows.
    #[default]
    Client,
    /// A controller as a whole.
    Controller {
        /// Its name.
        controller: String,
    },
    /// A model.
    Model {
        /// Name of its controller.
        controller: String,
        /// Its full name, `admin/prod`; as the caller wrote it where it was not resolved.
        model: String,
        /// Its UUID; absent where the model was not resolved.
        uuid: Option<String>,
    },
    /// A model of the default controller, by the name that the caller gave, because it could not be resolved.
    UnresolvedModel {
        /// The name.
        model: String,
    },
}

impl Location {
    /// The location that a caller named, before it is resolved.
    #[must_use]
    pub fn from_names(controller: Option<String>, model: Option<String>) -> Self {
        match (controller, model) {
            (Some(controller), Some(model)) => Self::Model { controller, model, uuid: None },
            (Some(controller), None) => Self::Controller { controller },
            (None, Some(model)) => Self::UnresolvedModel { model },
            (None, None) => Self::Client,
        }
    }

    /// Name of the controller, where there is one.
    #[must_use]
    pub fn controller(&self) -> Option<&str> {
        match self {
            Self::Controller { controller } | Self::Model { controller, .. } => Some(controller),
            Self::Client | Self::UnresolvedModel { .. } => None,
        }
    }

    /// Name of the model, where there is one.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Model { model, .. } | Self::UnresolvedModel { model } => Some(model),
            Self::Client | Self::Controller { .. } => None,
        }
    }

    /// UUID of the model, where there is a model and it was resolved.
    #[must_use]
    pub fn model_uuid(&self) -> Option<&str> {
        match self {
            Self::Model { uuid, .. } => uuid.as_deref(),
            _ => None,
        }
    }
}

/// `prod:admin/shop`, `prod`, or nothing for [`Location::Client`].
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => Ok(()),
            Self::Controller { controller } => formatter.write_str(controller),
            Self::Model { controller, model, .. } => write!(formatter, "{controller}:{model}"),
            Self::UnresolvedModel { model } => formatter.write_str(model),
        }
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = [("controller", self.controller()), ("model", self.model()), ("model_uuid", self.model_uuid())];
        let present = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in present {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Fields {
            controller: Option<String>,
            model: Option<String>,
            model_uuid: Option<String>,
        }
        let fields = Fields::deserialize(deserializer)?;
        Ok(match Self::from_names(fields.controller, fields.model) {
            Self::Model { controller, model, uuid: _ } => Self::Model { controller, model, uuid: fields.model_uuid },
            other => other,
        })
    }
}

/// Kinds of entities, by the prefix of their tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the kinds of Juju's tags, by their own names")]
pub enum EntityKind {
    Application,
    Unit,
    Machine,
    Relation,
    Operation,
    Offer,
    Model,
    User,
    Storage,
    Secret,
}

impl EntityKind {
    const ALL: [Self; 10] = [
        Self::Application,
        Self::Unit,
        Self::Machine,
        Self::Relation,
        Self::Operation,
        Self::Offer,
        Self::Model,
        Self::User,
        Self::Storage,
        Self::Secret,
    ];

    /// The prefix of its tags, `application`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Unit => "unit",
            Self::Machine => "machine",
            Self::Relation => "relation",
            Self::Operation => "operation",
            // the prefix that Juju uses (`names.ApplicationOfferTagKind`)
            Self::Offer => "applicationoffer",
            Self::Model => "model",
            Self::User => "user",
            Self::Storage => "storage",
            Self::Secret => "secret",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An entity that an act touches.
///
/// Written as one text: the tag of a known one (`application-web`), `all:application`, `unresolved:relation-3`. A tag begins
/// with the letters of its kind and a hyphen, so no name that a caller chooses can pass for one of the other two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetEntity {
    /// One entity, by its Juju tag, `application-web`.
    Known(String),
    /// Every entity of a kind in the location, also those that the arguments do not name.
    All(EntityKind),
    /// An entity by an id that does not show which applications it touches: a relation, a machine, a wildcard.
    Unresolved {
        /// Its kind.
        kind: EntityKind,
        /// The id that the caller gave.
        id: String,
    },
}

impl TargetEntity {
    /// An entity by an id that the controller has to resolve.
    pub fn unresolved(kind: EntityKind, id: impl Into<String>) -> Self {
        Self::Unresolved { kind, id: id.into() }
    }

    /// The kind of the entity; `None` where a tag has a kind that this program does not write.
    #[must_use]
    pub fn kind(&self) -> Option<EntityKind> {
        match self {
            Self::Known(tag) => EntityKind::parse(tag.split_once('-')?.0),
            Self::All(kind) | Self::Unresolved { kind, .. } => Some(*kind),
        }
    }

    /// The tag of a single entity; `None` for all of a kind.
    #[must_use]
    pub fn tag(&self) -> Option<String> {
        match self {
            Self::Known(tag) => Some(tag.clone()),
            Self::All(_) => None,
            Self::Unresolved { kind, id } => Some(format!("{}-{id}", kind.as_str())),
        }
    }

    /// The name or id of a single entity: `my-web` of `application-my-web`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Known(tag) => tag.split_once('-').map(|(_, name)| name),
            Self::All(_) => None,
            Self::Unresolved { id, .. } => Some(id),
        }
    }

    /// The entity in words: `application mailer`, `unit web/0`, `all machines`.
    #[must_use]
    pub fn to_words(&self) -> String {
        match self {
            Self::Known(tag) => match tag.split_once('-') {
                Some(("unit", name)) => match name.rsplit_once('-') {
                    Some((application, number)) => format!("unit {application}/{number}"),
                    None => format!("unit {name}"),
                },
                Some((kind, name)) => format!("{kind} {name}"),
                None => tag.clone(),
            },
            Self::All(kind) => format!("all {}s", kind.as_str()),
            Self::Unresolved { kind, id } => format!("{} {id}", kind.as_str()),
        }
    }

    /// The application that a known application or unit is of; `None` for entities that have none or are not resolved.
    #[must_use]
    pub fn application(&self) -> Option<&str> {
        let Self::Known(tag) = self else { return None };
        let of_unit = || tag.strip_prefix("unit-")?.rsplit_once('-').map(|(application, _)| application);
        tag.strip_prefix("application-").or_else(of_unit)
    }
}

impl fmt::Display for TargetEntity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(tag) => formatter.write_str(tag),
            Self::All(kind) => write!(formatter, "all:{}", kind.as_str()),
            Self::Unresolved { kind, id } => write!(formatter, "unresolved:{}-{id}", kind.as_str()),
        }
    }
}

/// An entity that has no form that this program writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown kind of entity in `{0}`")]
pub struct UnknownEntity(String);

impl FromStr for TargetEntity {
    type Err = UnknownEntity;

    fn from_str(text: &str) -> Result<Self, UnknownEntity> {
        let unknown = || UnknownEntity(text.to_owned());
        if let Some(kind) = text.strip_prefix("all:") {
            return EntityKind::parse(kind).map(Self::All).ok_or_else(unknown);
        }
        if let Some(rest) = text.strip_prefix("unresolved:") {
            let (kind, id) = rest.split_once('-').ok_or_else(unknown)?;
            return Ok(Self::unresolved(EntityKind::parse(kind).ok_or_else(unknown)?, id));
        }
        Ok(Self::Known(text.to_owned()))
    }
}

impl Serialize for TargetEntity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TargetEntity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What an act acts on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// Controller and model.
    #[serde(flatten)]
    pub location: Location,
    /// The entities there that it touches.
    #[serde(rename = "targets", default)]
    pub entities: Vec<TargetEntity>,
}

impl Target {
    /// A location as a whole, without entities.
    #[must_use]
    pub fn from_location(location: Location) -> Self {
        Self { location, entities: Vec::new() }
    }

    /// Entities in a model that is named and not resolved.
    pub fn in_model(
        controller: impl Into<String>,
        model: impl Into<String>,
        entities: impl IntoIterator<Item = TargetEntity>,
    ) -> Self {
        let location = Location::Model { controller: controller.into(), model: model.into(), uuid: None };
        Self { location, entities: entities.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model() -> Location {
        Location::Model { controller: "prod".into(), model: "admin/shop".into(), uuid: Some("u".into()) }
    }

    #[test]
    fn location_is_read_back_as_it_was_written() {
        let controller = Location::Controller { controller: "prod".into() };
        for (location, written) in [
            (Location::Client, json!({})),
            (controller, json!({"controller": "prod"})),
            (model(), json!({"controller": "prod", "model": "admin/shop", "model_uuid": "u"})),
            (Location::UnresolvedModel { model: "shop".into() }, json!({"model": "shop"})),
        ] {
            assert_eq!(serde_json::to_value(&location).expect("JSON"), written);
            assert_eq!(serde_json::from_value::<Location>(written).expect("reads"), location);
        }
    }

    #[test]
    fn entity_is_read_back_as_it_was_written() {
        for (entity, written) in [
            (TargetEntity::Known("application-web".into()), "application-web"),
            (TargetEntity::All(EntityKind::Application), "all:application"),
            (TargetEntity::unresolved(EntityKind::Relation, "3"), "unresolved:relation-3"),
            (TargetEntity::unresolved(EntityKind::Machine, "0/lxd/1"), "unresolved:machine-0/lxd/1"),
        ] {
            assert_eq!(entity.to_string(), written);
            assert_eq!(written.parse::<TargetEntity>().expect("reads"), entity);
        }
        assert!("all:everything".parse::<TargetEntity>().is_err());
    }

    #[test]
    fn target_is_written_flat_and_read_back() {
        let target = Target { location: model(), entities: vec![TargetEntity::Known("unit-web-0".into())] };
        let written =
            json!({"controller": "prod", "model": "admin/shop", "model_uuid": "u", "targets": ["unit-web-0"]});
        assert_eq!(serde_json::to_value(&target).expect("JSON"), written);
        assert_eq!(serde_json::from_value::<Target>(written).expect("reads"), target);
    }

    #[test]
    fn application_of_an_entity_is_known_for_applications_and_units_only() {
        for (entity, application) in [
            (TargetEntity::Known("application-my-web".into()), Some("my-web")),
            (TargetEntity::Known("unit-my-web-0".into()), Some("my-web")),
            (TargetEntity::Known("model-shop".into()), None),
            (TargetEntity::All(EntityKind::Application), None),
            (TargetEntity::unresolved(EntityKind::Machine, "0"), None),
        ] {
            assert_eq!(entity.application(), application, "{entity}");
        }
    }

    #[test]
    fn entity_in_words_has_no_tag() {
        for (text, words) in [
            ("application-my-mailer", "application my-mailer"),
            ("unit-my-web-0", "unit my-web/0"),
            ("model-admin/shop", "model admin/shop"),
            ("machine-3", "machine 3"),
            ("all:application", "all applications"),
            ("unresolved:relation-3", "relation 3"),
            ("odd", "odd"),
        ] {
            let entity: TargetEntity = text.parse().expect(text);
            assert_eq!(entity.to_words(), words);
        }
    }
}
