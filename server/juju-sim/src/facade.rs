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
mod backups;
mod block;
mod bundle;
mod charms;
mod client;
mod cloud;
mod cluster;
mod controller;
mod delta;
mod dumps;
mod generations;
mod high_availability;
mod key_manager;
mod machine_manager;
mod model_config;
mod model_manager;
mod model_upgrader;
mod network;
mod payloads;
mod pinger;
pub(crate) mod resources;
mod secret_backends;
mod secrets;
mod selection;
mod spaces;
mod ssh_client;
mod status;
mod storage;
mod strings_watcher;
mod user_manager;

pub(crate) use model_manager::inherited;

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
        backups::register,
        block::register,
        bundle::register,
        charms::register,
        client::register,
        cloud::register,
        controller::register,
        dumps::register,
        generations::register,
        high_availability::register,
        key_manager::register,
        machine_manager::register,
        model_config::register,
        model_manager::register,
        model_upgrader::register,
        payloads::register,
        pinger::register,
        resources::register,
        secret_backends::register,
        secrets::register,
        spaces::register,
        ssh_client::register,
        storage::register,
        strings_watcher::register,
        user_manager::register,
    ] {
        register(&mut methods);
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The methods of the API that the commands of the client call, one a line.
    const OF_THE_CLIENT: &str = include_str!("../../../tests/fixtures/juju-methods.txt");

    #[test]
    fn every_method_that_the_client_calls_has_a_handler() {
        let known = methods().names();
        let wanted: Vec<_> = OF_THE_CLIENT.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(wanted.len(), 184);
        let missing: Vec<_> = wanted.into_iter().filter(|name| !known.contains(*name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
