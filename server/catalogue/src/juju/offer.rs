//! Commands about offers.

use std::collections::BTreeMap;

use juju_wire::facade::{application::consume::OfferUserDetails, client::application::RemoteEndpoint};
use serde_json::{Value, json};

pub mod consume;
pub mod find;
pub mod list;
pub(crate) mod look_up;
pub mod make;
pub mod remove;
pub mod remove_saas;
pub mod show;

/// Endpoints by name, as the client prints them.
fn endpoints(wire: &[RemoteEndpoint]) -> BTreeMap<String, Value> {
    wire.iter().map(|one| (one.name.clone(), json!({"interface": one.interface, "role": one.role}))).collect()
}

/// Users by name, as the client prints them.
fn users(wire: &[OfferUserDetails]) -> BTreeMap<String, Value> {
    let user = |one: &OfferUserDetails| match one.display_name.as_str() {
        "" => json!({"access": one.access}),
        name => json!({"display-name": name, "access": one.access}),
    };
    wire.iter().map(|one| (one.user.clone(), user(one))).collect()
}
