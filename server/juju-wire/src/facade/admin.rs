//! Facade `Admin`: logging in (`api/legacyloginprovider.go`, `rpc/params/params.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::method::null_is_empty;

crate::methods! { Admin {
    /// Logs a user in by password, version 3.
    Login(read): LoginRequest => LoginResult,
    /// Logs a service account in by client id and secret, version 4.
    LoginWithClientCredentials(read): ClientCredentials => LoginResult,
    /// Logs in a user of an identity provider, with the token of an earlier login in a browser, version 4.
    LoginWithSessionToken(read): SessionToken => LoginResult,
    /// Returns where a model went, after a login that failed with `redirection required`.
    RedirectInfo(read): () => RedirectInfoResult,
} }

/// What `Admin.Login` takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LoginRequest {
    /// `user-admin`.
    pub auth_tag: String,
    pub credentials: String,
    /// Only agents have one.
    pub nonce: String,
    /// Macaroons from earlier discharges; none for a password login.
    #[serde(deserialize_with = "null_is_empty")]
    pub macaroons: Vec<Value>,
    /// A signed token in base64, in place of the credentials.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// Version of the bakery protocol, 3.
    pub bakery_version: u32,
    /// Command line, for the controller's audit log.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cli_args: String,
    /// Data that the server stores with the connection.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user_data: String,
    /// Version of the client, `3.6.11`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_version: String,
}

/// What `Admin.LoginWithClientCredentials` takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClientCredentials {
    /// Id of the service account.
    #[serde(rename = "client-id")]
    pub client_id: String,
    #[serde(rename = "client-secret")]
    pub client_secret: String,
}

/// What `Admin.LoginWithSessionToken` takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SessionToken {
    pub session_token: String,
}

/// What a login answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LoginResult {
    /// Addresses of the controller, a list for each of its machines.
    #[serde(deserialize_with = "null_is_empty")]
    pub servers: Vec<Vec<HostPort>>,
    /// Name for which the controller has a public certificate.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_dns_name: String,
    /// `model-<uuid>`; absent on a connection to the controller itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model_tag: String,
    /// `controller-<uuid>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_info: Option<UserInfo>,
    #[serde(deserialize_with = "null_is_empty")]
    pub facades: Vec<FacadeVersions>,
    /// Version of the controller, `3.6.11`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub server_version: String,
    /// A macaroon that must be discharged before the login is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discharge_required: Option<Value>,
    /// The same, in the newer form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bakery_discharge_required: Option<Value>,
    #[serde(rename = "discharge-required-error", skip_serializing_if = "String::is_empty")]
    pub discharge_required_reason: String,
}

/// One address of a controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct HostPort {
    pub value: String,
    /// Network that the address is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cidr: String,
    /// `ipv4`, `ipv6`, `hostname`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `public`, `local-cloud`, `local-machine`.
    pub scope: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_id: String,
    pub port: u16,
}

/// Who logged in and what they may do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserInfo {
    pub display_name: String,
    /// `user-admin`.
    pub identity: String,
    /// When they were last connected, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connection: Option<String>,
    /// `login`, `add-model`, `superuser`.
    pub controller_access: String,
    /// `read`, `write`, `admin`; empty on a connection to the controller.
    pub model_access: String,
}

/// One facade with the versions that the server has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FacadeVersions {
    /// `Application`.
    pub name: String,
    /// `[19, 20, 22]`.
    #[serde(default, deserialize_with = "null_is_empty")]
    pub versions: Vec<u32>,
}

/// Where a model went.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RedirectInfoResult {
    /// Addresses of the controller that has the model now.
    #[serde(deserialize_with = "null_is_empty")]
    pub servers: Vec<Vec<HostPort>>,
    /// Its certificate authority, PEM.
    pub ca_cert: String,
    /// `controller-<uuid>`, where the server sends it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_alias: String,
}
