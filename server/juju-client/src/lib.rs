//! Client of the Juju API: the only crate that opens sockets to a controller.
//!
//! It connects to all addresses of a controller at once, verifies its certificate, logs in, negotiates facade versions,
//! calls methods, streams logs and uploads charms. The types of methods come from [`juju_wire`].
//!
//! ```text
//! Controllers          all controllers by name; a second set for each role with its own credential
//!   Controller         one controller: ModelCache (names to UUIDs), one Connection per model in use, Circuit
//!     Connection       shared by all callers; opens a Session on demand, again after it breaks (Connector, Backoff)
//!       Session        one logged-in socket: user, access, facade versions; watchers belong to it
//!         RpcClient    send(RpcRequest { call, object, timeout, coalesce, .. }): the only way to call a method
//!           RpcSocket  exchange: one frame out, the frame of its reply in
//!             driver   one task per socket: writes, reads, PendingReplies by request id, keepalive
//! ```
//!
//! Properties that callers rely on:
//!
//! - **Writes are not repeated.** `Method::WRITES` marks methods that change something. If the reply to a write is lost,
//!   the call returns [`Error::UnknownOutcome`]. A read, and a write that was never sent, is sent once more.
//! - **Equal reads are coalesced.** Concurrent equal reads on a [`Connection`] share one request. A read never shares a
//!   request from before a change that this program has made since.
//! - **Writes are traceable.** [`Connection::with_trail`] records the connection id and request id of each write, which
//!   Juju's own audit log contains too.
//! - **A controller that is away costs one wait.** After the first failed connection, calls fail at once with
//!   [`Error::Away`], while one task with a growing, random delay tries the controller again (`circuit.rs`).
//! - **Endpoints are read again.** After a failure of trust, address or log-in, the source of the endpoint is read
//!   again ([`ControllersReader`]); a rotated certificate or password needs no restart.
//! - **Callers act as themselves** on controllers that trust this program: each act of a caller uses a connection that a
//!   signed token has opened, with no more access than the act needs ([`LoginTokens`], [`CallerLogin`]).
//! - **An observer cannot write.** [`ReadOnlyControllers`] and what it returns have no method that takes a write, by type.
//! - **Secrets stay hidden.** [`Secret`] prints no content, and a password is sent over TLS only.
//!
//! [`Session::call_without_timeout`] waits for the next change of a watcher; all other calls have a timeout ([`Settings`]).
//!
//! ```no_run
//! use juju_client::{ControllerEndpoint, Controllers, Credential, Error, Settings};
//!
//! # async fn example() -> Result<(), Error> {
//! let endpoint = ControllerEndpoint {
//!     name: "prod".into(),
//!     uuid: None,
//!     addresses: vec!["10.0.0.1:17070".into()],
//!     ca_certificate: None,
//!     public_hostname: None,
//!     credential: Credential::Password { user: "admin".into(), password: "secret".into() },
//! };
//! let controllers = Controllers::new(vec![endpoint], None, Settings::default());
//! let model = controllers.controller(Some("prod"))?.model("admin/shop").await?;
//! println!("Juju {}", model.session().await?.server_version());
//! # Ok(())
//! # }
//! ```

mod access;
mod address;
mod audit_trail;
mod authorization;
mod backoff;
mod caller_connections;
mod circuit;
mod client_files;
mod coalescer;
mod connection;
mod controller;
mod controller_state;
mod controllers;
mod counted_stream;
mod debug_log;
mod dial_target;
mod driver;
mod encoded_call;
mod endpoint;
mod error;
mod frame;
mod login;
mod login_tokens;
mod model_entry;
mod models;
mod pending;
mod read_only;
mod rpc_client;
mod rpc_socket;
mod session;
mod settings;
mod tls;
mod upload;

#[cfg(test)]
mod away_tests;
#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod scripted;

pub use access::{ControllersReader, KnownControllers};
pub use audit_trail::{AuditTrail, SentRequest, SentRequests};
pub use caller_connections::MAX_CALLER_CONNECTIONS;
pub use circuit::ControllerStatus;
pub use client_files::{ClientFiles, ClientFilesError};
pub use connection::Connection;
pub use controller::Controller;
pub use controllers::Controllers;
pub use debug_log::LogStream;
pub use endpoint::{ControllerEndpoint, Credential, Secret};
pub use error::{AddressFailure, DisconnectReason, Error};
pub use login_tokens::{
    CallerLogin, IfTokenRefused, LOGIN_TOKEN_LIFETIME, LoginGrant, LoginTokens, ModelAccess, SignLoginToken,
};
pub use model_entry::{ModelEntry, ModelKind};
pub use read_only::{ReadOnlyController, ReadOnlyControllers, ReadOnlySession};
pub use session::Session;
pub use settings::Settings;
