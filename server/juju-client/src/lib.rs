//! The only socket to a Juju controller: dials, logs in, negotiates facades, calls, streams logs, uploads.
//!
//! [`Controllers`] holds every controller of the program; [`Controller::model`] gives a [`Connection`] that is shared,
//! multiplexed, kept alive and dialled again when it broke; a [`Session`] is one socket of it, for watchers.

mod address;
mod authorization;
mod backoff;
mod client_files;
mod connection;
mod controller;
mod controllers;
mod debug_log;
mod dial;
mod driver;
mod endpoint;
mod error;
mod frame;
mod line;
mod login;
mod models;
mod pending;
mod session;
mod settings;
mod tls;
mod together;
mod trail;
mod upload;

#[cfg(test)]
mod odd_cases;
#[cfg(test)]
mod scripted;

pub use client_files::{ClientFiles, ClientFilesError};
pub use connection::Connection;
pub use controller::Controller;
pub use controllers::Controllers;
pub use endpoint::{ControllerEndpoint, Credential, Secret};
pub use error::{AddressFailure, Error, Lost};
pub use models::{ModelEntry, ModelKind};
pub use session::Session;
pub use settings::Settings;
pub use trail::{Left, Sent, Trail};
