//! Commands about the store of charms.

pub mod download;
pub mod find;
pub mod info;

use charmhub::{Base as Platform, Error, check_name};
use juju_wire::{Code, RemoteError};
use serde::Serialize;
use serde_json::Value;

use crate::{Failure, RISKS};

/// An operating system with its release, as the client prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Base {
    name: String,
    channel: String,
}

impl Base {
    fn text(&self) -> String {
        format!("{}@{}", self.name, self.channel)
    }
}

/// The bases of platforms, each once, in their order.
fn bases(platforms: &[Platform]) -> Vec<Base> {
    let mut bases = Vec::new();
    for platform in platforms {
        let base = Base { name: platform.name.clone(), channel: platform.channel.clone() };
        if !bases.contains(&base) {
            bases.push(base);
        }
    }
    bases
}

/// Values in order, each once.
fn sorted<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    let values: std::collections::BTreeSet<_> = values.cloned().collect();
    values.into_iter().collect()
}

/// The name of the publisher of a package.
fn publisher(entity: &charmhub::Entity) -> String {
    entity.publisher.get("display-name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Track and risk of a channel: `14/stable`, `edge`, `14`.
pub(super) fn parse_channel(channel: &str) -> Result<(Option<String>, String), String> {
    let parts: Vec<&str> = channel.split('/').collect();
    let (track, risk) = match parts.as_slice() {
        [risk] if RISKS.contains(risk) => (None, *risk),
        [track] => (Some(*track), RISKS[0]),
        [track, risk] if RISKS.contains(risk) => (Some(*track), *risk),
        _ => return Err(format!("`channel` has to be like `14/stable` or `edge`, not: {channel}")),
    };
    if track.is_some_and(|track| track.is_empty() || track.starts_with('-') || track.contains(char::is_whitespace)) {
        return Err(format!("`channel` has to be like `14/stable` or `edge`, not: {channel}"));
    }
    Ok((track.map(str::to_owned), risk.to_owned()))
}

fn check_charm(name: &str) -> Result<(), String> {
    check_name(name).map(drop).map_err(|error| format!("`charm` {error}").replace("`charm` `", "`charm`: `"))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let remedy = error.remedy();
        match error {
            Error::NotFound(_) => {
                let error = Box::new(RemoteError::new(Code::NotFound, error.to_string()));
                Self::Unmet { error, remedy: Some(remedy) }
            }
            other => Self::refused(other.to_string(), remedy),
        }
    }
}
