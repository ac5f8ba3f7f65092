//! Facade `SSHClient`: addresses and host keys.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entities;
use crate::facade::controller::model::CloudSpecResult;
use crate::method::null_is_empty;

crate::methods! { SSHClient {
    /// All addresses of machines and units.
    AllAddresses(read): Entities => SSHAddressesResults,
    /// The model's cloud with its credential, for a Kubernetes exec.
    ModelCredentialForSSH(read): () => CloudSpecResult,
    /// Addresses within the cloud.
    PrivateAddress(read): Entities => SSHAddressResults,
    /// Whether SSH goes through the controller.
    Proxy(read): () => SSHProxyResult,
    /// Addresses seen from outside.
    PublicAddress(read): Entities => SSHAddressResults,
    /// The virtual host key of a machine or unit.
    PublicHostKeyForTarget(read): SSHVirtualHostKeyRequestArg => PublicSSHHostKeyResult,
    /// Host keys of machines and units.
    PublicKeys(read): Entities => SSHPublicKeysResults,
    /// The virtual name of a machine or unit.
    VirtualHostname(read): VirtualHostnameTargetArg => SSHAddressResult,
} }

/// What `SSHClient.AllAddresses` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHAddressesResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SSHAddressesResult>,
}

/// What `SSHClient.PrivateAddress` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHAddressResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SSHAddressResult>,
}

/// What `SSHClient.Proxy` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHProxyResult {
    /// Whether connections go through the controller.
    pub use_proxy: bool,
}

/// What `SSHClient.PublicHostKeyForTarget` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHVirtualHostKeyRequestArg {
    /// Name that the machine gave itself.
    pub hostname: String,
}

/// What `SSHClient.PublicHostKeyForTarget` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PublicSSHHostKeyResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// Public key, base64.
    pub public_key: String,
    /// Public key of the jump server, base64.
    pub jump_server_public_key: String,
}

/// What `SSHClient.PublicKeys` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHPublicKeysResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SSHPublicKeysResult>,
}

/// What `SSHClient.VirtualHostname` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VirtualHostnameTargetArg {
    pub tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// What `SSHClient.VirtualHostname` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHAddressResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// One item of what `SSHClient.AllAddresses` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHAddressesResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(with = "crate::go::nil")]
    pub addresses: Vec<String>,
}

/// One item of what `SSHClient.PublicKeys` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SSHPublicKeysResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub public_keys: Vec<String>,
}
