//! Facade `Block`: what must not be done in a model.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<BlockResult>,
}

/// What `Block.SwitchBlockOff` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockSwitchParams {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// One item of what `Block.List` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockResult {
    pub result: BlockDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A block of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockDetails {
    pub id: String,
    pub tag: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
}
