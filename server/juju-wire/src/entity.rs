//! What nearly every facade speaks of: entities by their tags, and whether they are alive.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::{Tag, method::null_is_empty};

/// One entity by its tag: `{"tag": "unit-web-0"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entity {
    pub tag: String,
}

impl From<Tag> for Entity {
    fn from(tag: Tag) -> Self {
        Self { tag: tag.to_string() }
    }
}

/// Entities by their tags: `{"entities": [{"tag": "unit-web-0"}]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entities {
    /// The entities, in the order in which they are answered.
    #[serde(deserialize_with = "null_is_empty")]
    pub entities: Vec<Entity>,
}

impl FromIterator<Tag> for Entities {
    fn from_iter<I: IntoIterator<Item = Tag>>(tags: I) -> Self {
        Self { entities: tags.into_iter().map(Entity::from).collect() }
    }
}

/// Whether an entity is alive (`core/life`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// Absent; in `FullStatus` it means alive.
    #[default]
    #[serde(rename = "")]
    Unset,
    /// It lives.
    Alive,
    /// It is going away.
    Dying,
    /// It is gone but for its record.
    Dead,
}

impl Life {
    /// Whether it is going away or gone.
    #[must_use]
    pub fn is_ending(self) -> bool {
        matches!(self, Self::Dying | Self::Dead)
    }

    /// The word on the wire; empty for [`Life::Unset`].
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "",
            Self::Alive => "alive",
            Self::Dying => "dying",
            Self::Dead => "dead",
        }
    }
}
