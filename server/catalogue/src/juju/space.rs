//! Commands about network spaces and subnets.

use std::{collections::BTreeSet, net::IpAddr};

use juju_wire::{Life, entity::Entities, facade::spaces::ShowSpace, tag::Tag};
use policy::Exposure;

use crate::{Failure, ResolvedTarget};

pub mod add;
pub mod list;
pub mod move_subnets;
pub mod reload;
pub mod remove;
pub mod rename;
pub mod show;
pub mod subnets;

/// Type of a network, `ipv4` or `ipv6`, as the client prints it.
fn network_type(cidr: &str) -> &'static str {
    match cidr.split_once('/').and_then(|(address, _)| address.parse().ok()) {
        Some(IpAddr::V4(_)) => "ipv4",
        Some(IpAddr::V6(_)) => "ipv6",
        None => "unknown",
    }
}

/// Status of a subnet, as the client prints it.
fn subnet_status(life: Life) -> &'static str {
    match life {
        Life::Unset => "",
        Life::Alive => "in-use",
        Life::Dying | Life::Dead => "terminating",
    }
}

/// Refuses what is not the name of a space.
fn check_name(argument: &str, name: &str) -> Result<(), String> {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = !name.is_empty() && !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    if fits && name.bytes().all(inside) {
        return Ok(());
    }
    Err(format!("`{argument}` has to have lower-case letters, digits and single hyphens inside, not: {name}"))
}

/// Refuses what is no network, and networks that are there twice.
fn check_networks(cidrs: &[String]) -> Result<(), String> {
    if let Some(cidr) = cidrs.iter().find(|cidr| !Exposure::is_canonical(cidr)) {
        return Err(format!("`cidrs` has to hold networks like `10.0.0.0/24`, not: {cidr}"));
    }
    if cidrs.iter().collect::<BTreeSet<_>>().len() < cidrs.len() {
        return Err("`cidrs` has the same network twice".to_owned());
    }
    Ok(())
}

/// Fails where the model has no such space, so that no approver is asked about a mistyped name.
async fn require(target: &ResolvedTarget, name: &str) -> Result<(), Failure> {
    let tags: Entities = [Tag::new("space", name)].into_iter().collect();
    let reply = target.model_connection().await?.call::<ShowSpace>(tags).await?;
    match reply.results.into_iter().find_map(|item| item.error) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_networks_of_spaces_are_checked() {
        for name in ["alpha", "a1", "db-space", "1"] {
            assert_eq!(check_name("name", name), Ok(()), "{name}");
        }
        for name in ["", "-a", "a-", "a--b", "A", "a b", "a/b", "--output"] {
            assert!(check_name("name", name).is_err(), "{name}");
        }
        assert_eq!(check_networks(&["10.0.0.0/24".into(), "fd00::/8".into()]), Ok(()));
        for cidrs in [&["10.0.0.1/24"][..], &["10.0.0.0"], &["10.0.0.0/24", "10.0.0.0/24"]] {
            let cidrs: Vec<_> = cidrs.iter().map(|cidr| (*cidr).to_owned()).collect();
            assert!(check_networks(&cidrs).is_err(), "{cidrs:?}");
        }
    }
}
