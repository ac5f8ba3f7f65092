//! Facade `Block`: what must not be done in a model.

use serde::{Deserialize, Serialize};

use crate::method::null_is_empty;
use crate::{ErrorResult, RemoteError};

crate::methods! { Block {
    /// Blocks of the model.
    List(read): () => BlockResults,
    /// Takes a block away.
    SwitchBlockOff(write): BlockSwitchParams => ErrorResult,
    /// Blocks a kind of change.
    SwitchBlockOn(write): BlockSwitchParams => ErrorResult,
} }

/// What `Block.List` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<BlockResult>,
}

/// What `Block.SwitchBlockOff` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockSwitchParams {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// One item of what `Block.List` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockResult {
    /// What was asked for.
    pub result: BlockDetails,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A block of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockDetails {
    /// Its id.
    pub id: String,
    /// Tag of the entity.
    pub tag: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
