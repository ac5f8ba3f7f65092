//! One event of the estate: a change with its model, its time and its place in the order of all.

use std::{fmt, str::FromStr, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer, ser::SerializeMap as _};

use crate::{EntityChange, EntityName};

/// A model by all its names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModelIdentity {
    /// Name of its controller.
    pub controller: Box<str>,
    /// Its full name, `admin/shop`.
    pub model: Box<str>,
    /// Its UUID.
    #[serde(rename = "model_uuid")]
    pub uuid: Box<str>,
}

/// The place of an event in a log: the log and the number in it. A reader resumes after the last event that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId {
    /// The log, which is another one after a restart of the program.
    pub log: Arc<str>,
    /// The number; each event has the number of the one before plus one.
    pub number: u64,
}

/// A change of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstateEvent {
    /// Its place in the log.
    pub id: EventId,
    /// When it arrived, by the clock of this program.
    pub time: DateTime<Utc>,
    /// The model.
    pub model: Arc<ModelIdentity>,
    /// The entity.
    pub entity: EntityName,
    /// What happened to it.
    pub change: EntityChange,
}

impl EstateEvent {
    /// The type of the event, `unit_status` or `relation_joined`.
    #[must_use]
    pub fn kind(&self) -> String {
        if self.change.is_about_watching() {
            return self.change.verb("").to_owned();
        }
        let kind = self.entity.kind();
        format!("{kind}_{}", self.change.verb(kind))
    }
}

impl Serialize for EstateEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("time", &self.time)?;
        map.serialize_entry("event", &self.kind())?;
        map.serialize_entry("controller", &self.model.controller)?;
        map.serialize_entry("model", &self.model.model)?;
        if self.entity != EntityName::Model {
            map.serialize_entry(self.entity.kind(), &self.entity)?;
        }
        map.serialize_entry("change", &self.change)?;
        map.end()
    }
}

/// `18f3a2-42`.
impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}", self.log, self.number)
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidEventId;

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let (log, number) = text.rsplit_once('-').ok_or(InvalidEventId)?;
        Ok(Self { log: log.into(), number: number.parse().map_err(|_| InvalidEventId)? })
    }
}
