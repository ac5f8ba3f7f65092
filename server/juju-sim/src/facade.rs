//! Facades, a file each: the functions that answer their methods.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "all handlers have the signature that the registry wants"
)]

mod action;
mod admin;
mod all_watcher;
mod annotations;
mod application;
mod application_offers;
pub(crate) mod block;
mod charms;
mod client;
mod cloud;
mod cluster;
mod controller;
mod delta;
mod machine_manager;
mod model_config;
mod model_manager;
mod pinger;
pub(crate) mod resources;
mod secrets;
mod selection;
mod spaces;
mod status;
mod storage;
mod strings_watcher;
mod user_manager;

use crate::methods::Methods;

/// Every method that the simulated controller answers.
pub(crate) fn methods() -> Methods {
    let mut methods = Methods::default();
    for register in [
        action::register,
        admin::register,
        all_watcher::register,
        annotations::register,
        application::register,
        application_offers::register,
        block::register,
        charms::register,
        client::register,
        cloud::register,
        controller::register,
        machine_manager::register,
        model_config::register,
        model_manager::register,
        pinger::register,
        resources::register,
        secrets::register,
        spaces::register,
        storage::register,
        strings_watcher::register,
        user_manager::register,
    ] {
        register(&mut methods);
    }
    methods
}

/// A time as the API writes it.
pub(crate) fn time(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true)
}
