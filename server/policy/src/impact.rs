//! What an act does, as data: each command states it from its typed arguments, so that rules, costs and previews need
//! not guess it from names of tools and arguments.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

/// A power that an act uses or gives, whichever tool is called for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Runs commands of the caller's choice on a machine or in a unit.
    OpensShell,
    /// Gives an application access to the credentials of its cloud.
    GrantsCloudCredentials,
    /// Opens an application to the public internet.
    ExposesToPublic,
    /// Removes every unit of an application.
    RemovesAllUnits,
    /// Installs a charm or a resource that the caller brings and no store distributes.
    InstallsForeignCode,
    /// Changes what machines run or trust when they are set up: cloud-init data, SSH keys, proxies, mirrors, agent sources.
    ChangesMachineSetup,
    /// Keeps notifications of alerts from humans.
    SuppressesAlerts,
}

impl Capability {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::OpensShell,
        Self::GrantsCloudCredentials,
        Self::ExposesToPublic,
        Self::RemovesAllUnits,
        Self::InstallsForeignCode,
        Self::ChangesMachineSetup,
        Self::SuppressesAlerts,
    ];

    /// `opens_shell`, `grants_cloud_credentials` and so on.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpensShell => "opens_shell",
            Self::GrantsCloudCredentials => "grants_cloud_credentials",
            Self::ExposesToPublic => "exposes_to_public",
            Self::RemovesAllUnits => "removes_all_units",
            Self::InstallsForeignCode => "installs_foreign_code",
            Self::ChangesMachineSetup => "changes_machine_setup",
            Self::SuppressesAlerts => "suppresses_alerts",
        }
    }
}

/// A charm that an act brings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CharmChange {
    /// Whether the application is there already and gets another revision.
    #[serde(default)]
    pub refresh: bool,
    /// Name or file of the charm; absent where the application keeps its charm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub charm: Option<String>,
    /// The channel; absent where the caller named none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub channel: Option<String>,
    /// The revision; absent where the caller pinned none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<i64>,
}

/// Networks that an application is opened to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exposure {
    /// Networks in CIDR notation.
    pub cidrs: Vec<String>,
    /// Juju spaces.
    pub spaces: Vec<String>,
}

impl Exposure {
    /// Whether a text is a network in its canonical form, `10.0.0.0/8`.
    #[must_use]
    pub fn is_canonical(cidr: &str) -> bool {
        parse_network(cidr).is_some()
    }

    /// Whether the public internet can reach it: no network and no space is named, a network cannot be read, or the named
    /// networks have together at least a /8 of public IPv4 addresses or a /16 of IPv6.
    #[must_use]
    pub fn is_public(&self) -> bool {
        if self.cidrs.is_empty() {
            return self.spaces.is_empty();
        }
        let (mut v4, mut v6) = (0_u128, 0_u128);
        for cidr in &self.cidrs {
            match public_addresses(cidr) {
                Some((true, count)) => v4 = v4.saturating_add(count),
                Some((false, count)) => v6 = v6.saturating_add(count),
                // what cannot be read may be anything
                None => return true,
            }
        }
        v4 >= 1 << (32 - 8) || v6 >= 1 << (128 - 16)
    }
}

/// Parses a network that is written in the one canonical form: no leading zero or sign, no bit set behind the prefix, and no
/// IPv4 address inside an IPv6 one.
fn parse_network(cidr: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    let parsed: IpAddr = address.parse().ok()?;
    let bits_behind_prefix = match parsed {
        IpAddr::V4(address) => u32::from(address).checked_shl(length).unwrap_or(0) != 0 || length > 32,
        IpAddr::V6(address) => u128::from(address).checked_shl(length).unwrap_or(0) != 0 || length > 128,
    };
    let mapped = matches!(parsed, IpAddr::V6(address) if address.to_ipv4_mapped().is_some());
    let canonical = !bits_behind_prefix && !mapped && format!("{parsed}/{length}") == cidr;
    canonical.then_some((parsed, length))
}

/// Whether a network is one of IPv4, and how many addresses it has; none where it is a private one.
fn public_addresses(cidr: &str) -> Option<(bool, u128)> {
    let (address, length) = parse_network(cidr)?;
    match address {
        IpAddr::V4(address) => {
            let private = PRIVATE_V4.iter().any(|(network, prefix)| {
                length >= *prefix && u32::from(address) >> (32 - prefix) == u32::from(*network) >> (32 - prefix)
            });
            let count = 1_u128 << 32_u32.checked_sub(length)?;
            Some((true, if private { 0 } else { count }))
        }
        IpAddr::V6(address) => {
            let private = PRIVATE_V6.iter().any(|(network, prefix)| {
                length >= *prefix && u128::from(address) >> (128 - prefix) == u128::from(*network) >> (128 - prefix)
            });
            let count = 1_u128.checked_shl(128_u32.checked_sub(length)?).unwrap_or(u128::MAX);
            Some((false, if private { 0 } else { count }))
        }
    }
}

/// Networks that are not routed on the internet (RFC 1918, RFC 6598, RFC 3927, loopback).
const PRIVATE_V4: [(Ipv4Addr, u32); 6] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
];

/// The same for IPv6 (RFC 4193, RFC 4291).
const PRIVATE_V6: [(Ipv6Addr, u32); 3] = [
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::LOCALHOST, 128),
];

/// What an act does. Empty for an act that only reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Impact {
    /// Powers that it uses or gives.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub capabilities: BTreeSet<Capability>,
    /// Units that it adds; for a scale all of them, because how many there are is not part of the arguments.
    #[serde(skip_serializing_if = "is_zero")]
    pub units_added: u64,
    /// Units that it removes by name.
    #[serde(skip_serializing_if = "is_zero")]
    pub units_removed: u64,
    /// Units that the application is to have afterwards; absent where the act states only a difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u64>,
    /// Machines that it adds, beside those that added units need.
    #[serde(skip_serializing_if = "is_zero")]
    pub machines_added: u64,
    /// Machines that it removes.
    #[serde(skip_serializing_if = "is_zero")]
    pub machines_removed: u64,
    /// The charm that it deploys, or refreshes an application to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charm: Option<CharmChange>,
    /// Size of what it adds, `mem=4G cores=2`: as the caller named it, or that of the application which gets more units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<String>,
    /// Whether the size of what it adds is that of an application, and was not read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub size_unknown: bool,
    /// Networks that it opens an application to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure: Option<Exposure>,
    /// Access to cloud credentials that it gives (`true`) or takes away (`false`); absent where it does neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<bool>,
    /// Arguments that skip safety checks of Juju: `force`, `destroy_storage` and the like.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub skipped_checks: BTreeSet<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Impact {
    /// Whether it does nothing that is stated here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it has a capability.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.capabilities.contains(&capability)
    }

    /// The same with a capability.
    #[must_use]
    pub fn with_capability(mut self, capability: Capability) -> Self {
        self.capabilities.insert(capability);
        self
    }

    /// The same with access to cloud credentials given or taken away.
    #[must_use]
    pub fn with_trust(mut self, trust: bool) -> Self {
        self.trust = Some(trust);
        if trust { self.with_capability(Capability::GrantsCloudCredentials) } else { self }
    }

    /// The same with an application opened to networks.
    #[must_use]
    pub fn with_exposure(mut self, exposure: Exposure) -> Self {
        let public = exposure.is_public();
        self.exposure = Some(exposure);
        if public { self.with_capability(Capability::ExposesToPublic) } else { self }
    }

    /// The same with those of these arguments that are set and skip safety checks.
    #[must_use]
    pub fn with_skipped_checks(mut self, flags: &[(&str, bool)]) -> Self {
        self.skipped_checks.extend(flags.iter().filter(|(_, set)| *set).map(|(name, _)| (*name).to_owned()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_public(cidrs: &[&str], spaces: &[&str]) -> bool {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Exposure { cidrs: owned(cidrs), spaces: owned(spaces) }.is_public()
    }

    #[test]
    fn exposure_is_public_by_the_sum_of_its_networks() {
        for cidrs in [
            &[][..],
            &["0.0.0.0/0"],
            &["::/0"],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["0.0.0.0/00"],
            &["anything"],
            &["10.0.0.0/7"],
            &["2000::/3"],
            &["10.0.0.0/33"],
            &["010.0.0.0/8"],
            &["10.0.0.1/8"],
            &[" 10.0.0.0/8"],
            &["::ffff:0.0.0.0/96"],
            &["2000::/17", "2000:8000::/17"],
            &["1.0.0.0/10", "2.0.0.0/10", "3.0.0.0/10", "4.0.0.0/10"],
        ] {
            assert!(is_public(cidrs, &[]), "{cidrs:?}");
        }
        for cidrs in [
            &["10.0.0.0/8"][..],
            &["192.168.1.0/24", "172.16.0.0/12"],
            &["203.0.113.0/24"],
            &["fc00::/7"],
            &["2001:db8::/32"],
        ] {
            assert!(!is_public(cidrs, &[]), "{cidrs:?}");
        }
        assert!(!is_public(&[], &["internal"]));
    }

    #[test]
    fn impact_without_content_is_written_as_an_empty_object() {
        assert_eq!(serde_json::to_string(&Impact::default()).expect("JSON"), "{}");
        let impact = Impact::default().with_trust(true).with_skipped_checks(&[("force", true), ("no_wait", false)]);
        let written = serde_json::to_value(&impact).expect("JSON");
        assert_eq!(
            written,
            serde_json::json!({"capabilities": ["grants_cloud_credentials"], "trust": true, "skipped_checks": ["force"]})
        );
        assert_eq!(serde_json::from_value::<Impact>(written).expect("reads"), impact);
    }

    #[test]
    fn capability_is_written_by_its_name() {
        for capability in Capability::ALL {
            assert_eq!(serde_json::to_value(capability).expect("JSON"), capability.as_str());
        }
    }
}
