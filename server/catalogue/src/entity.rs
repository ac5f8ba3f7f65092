//! Names of entities, placements and constraints, as arguments have them and as the API wants them.

use juju_wire::{
    constraints::{Base, Constraints, Placement, StorageConstraints},
    tag::Tag,
};
use serde_json::Value;

/// `application-web`.
pub(crate) fn application(name: &str) -> String {
    Tag::new("application", name).to_string()
}

/// `unit-web-0`.
pub(crate) fn unit(name: &str) -> String {
    Tag::new("unit", name).to_string()
}

/// `machine-0`.
pub(crate) fn machine(id: &str) -> String {
    Tag::new("machine", id).to_string()
}

/// The name in a tag; the tag itself where it is none.
#[must_use]
pub fn name(tag: &str) -> String {
    Tag::parse(tag).map_or_else(|_| tag.to_owned(), |tag| tag.id().to_owned())
}

/// The application, in its own model, that is meant by `web`, `web:db`, or an offer's URL `prod:admin/shop.web:db`.
pub(crate) fn of_endpoint(text: &str) -> &str {
    match text.rsplit_once('.') {
        // an offer's URL has a dot, which no application's name has
        Some((_, offer)) => offer.split(':').next().unwrap_or(offer),
        None => text.split(':').next().unwrap_or(text),
    }
}

/// Whether a text is exactly `application/number`. Juju reads the application of `web/x/0` as `web`, so nothing else passes.
pub(crate) fn is_unit(name: &str) -> bool {
    name.split_once('/').is_some_and(|(application, number)| {
        !application.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && number.parse::<u32>().is_ok()
    })
}

/// Whether a text is exactly `application/leader`.
pub(crate) fn is_leader(name: &str) -> bool {
    name.strip_suffix("/leader").is_some_and(|application| !application.is_empty() && !application.contains('/'))
}

/// Refuses names that are not exactly `application/number`.
pub(crate) fn check_units(names: &[String]) -> Result<(), String> {
    match names.iter().find(|name| !is_unit(name)) {
        Some(name) => Err(format!("`units` has to hold names like `web/0`, not: {name}")),
        None => Ok(()),
    }
}

/// Refuses names that are neither exactly `application/number` nor `application/leader`.
pub(crate) fn check_units_or_leaders(names: &[String]) -> Result<(), String> {
    match names.iter().find(|name| !is_unit(name) && !is_leader(name)) {
        Some(name) => Err(format!("`units` has to hold names like `web/0` or `web/leader`, not: {name}")),
        None => Ok(()),
    }
}

/// `ubuntu@22.04`, as the client shows a base: the risk of a release is left out where it is stable.
pub(crate) fn base(base: &Base) -> String {
    format!("{}@{}", base.name, base.channel.trim_end_matches("/stable"))
}

/// Reads `ubuntu@22.04`.
pub(crate) fn parse_base(text: &str) -> Result<Base, String> {
    let (name, channel) =
        text.split_once('@').ok_or_else(|| format!("`base` has to be like `ubuntu@22.04`, not: {text}"))?;
    Ok(Base { name: name.to_owned(), channel: channel.to_owned() })
}

/// A value as the client's command line would have it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Placement directives (`core/instance/placement.go`): a machine's number, `lxd`, `lxd:1`, or what the cloud understands.
pub(crate) fn placements(directives: &[String], model_uuid: &str) -> Vec<Option<Placement>> {
    let placement =
        |scope: &str, directive: &str| Some(Placement { scope: scope.to_owned(), directive: directive.to_owned() });
    let read = |text: &String| match text.split_once(':') {
        Some((scope, directive)) => placement(scope, directive),
        None if matches!(text.as_str(), "lxd" | "kvm") => placement(text, ""),
        None if text.split('/').all(|part| part == "lxd" || part == "kvm" || part.parse::<u32>().is_ok()) => {
            placement("#", text)
        }
        None => placement(model_uuid, text),
    };
    directives.iter().map(read).collect()
}

/// Constraints as the client writes them, `mem=4G cores=2 arch=amd64` (`core/constraints`).
pub(crate) fn constraints(text: &str) -> Result<Constraints, String> {
    let mut constraints = Constraints::default();
    for word in text.split_whitespace() {
        let (name, value) =
            word.split_once('=').ok_or_else(|| format!("`constraints` has to be like `mem=4G`, not: {word}"))?;
        let number =
            || value.parse::<u64>().map_err(|_| format!("constraint `{name}` has to be a number, not: {value}"));
        let list = || Some(value.split(',').map(str::to_owned).collect());
        match name {
            "arch" => constraints.arch = Some(value.to_owned()),
            "container" => constraints.container = Some(value.to_owned()),
            "cores" | "cpu-cores" => constraints.cores = Some(number()?),
            "cpu-power" => constraints.cpu_power = Some(number()?),
            "mem" => constraints.mem = Some(megabytes(name, value)?),
            "root-disk" => constraints.root_disk = Some(megabytes(name, value)?),
            "root-disk-source" => constraints.root_disk_source = Some(value.to_owned()),
            "tags" => constraints.tags = list(),
            "instance-role" => constraints.instance_role = Some(value.to_owned()),
            "instance-type" => constraints.instance_type = Some(value.to_owned()),
            "spaces" => constraints.spaces = list(),
            "virt-type" => constraints.virt_type = Some(value.to_owned()),
            "zones" => constraints.zones = list(),
            "allocate-public-ip" => constraints.allocate_public_ip = Some(value == "true"),
            "image-id" => constraints.image_id = Some(value.to_owned()),
            unknown => return Err(format!("there is no constraint `{unknown}`")),
        }
    }
    Ok(constraints)
}

/// Storage as the client writes it, `ebs,2,10G`: pool, number and size, each at most once (`storage/constraints.go`).
pub(crate) fn storage(text: &str) -> Result<StorageConstraints, String> {
    let mut storage = StorageConstraints::default();
    for word in text.split(',').filter(|word| !word.is_empty()) {
        let again = || format!("`storage` names the same twice: {text}");
        if word.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            if !std::mem::replace(&mut storage.pool, word.to_owned()).is_empty() {
                return Err(again());
            }
        } else if let Ok(count) = word.parse() {
            if std::mem::replace(&mut storage.count, count) != 0 {
                return Err(again());
            }
        } else if std::mem::replace(&mut storage.size, megabytes("storage", word)?) != 0 {
            return Err(again());
        }
    }
    if storage == StorageConstraints::default() {
        return Err(format!("`storage` has to be like `ebs,2,10G`, not: {text}"));
    }
    storage.count = storage.count.max(1);
    Ok(storage)
}

/// A size in mebibytes, with the suffixes M, G, T, P.
fn megabytes(name: &str, value: &str) -> Result<u64, String> {
    let digits = value.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &value[digits.len()..] {
        "" | "M" => 1,
        "G" => 1 << 10,
        "T" => 1 << 20,
        "P" => 1 << 30,
        _ => return Err(format!("constraint `{name}` has to be like `4G`, not: {value}")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("constraint `{name}` has to be like `4G`, not: {value}"))?;
    number.checked_mul(factor).ok_or_else(|| format!("constraint `{name}` is too large: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_read_as_the_client_reads_them() {
        let read = constraints("mem=4G cores=2 zones=a,b").expect("readable");
        assert_eq!((read.mem, read.cores, read.zones), (Some(4096), Some(2), Some(vec!["a".into(), "b".into()])));
        for text in ["mem", "mem=lots", "cores=two", "colour=red", "mem=99999999999999P"] {
            assert!(constraints(text).is_err(), "{text}");
        }
    }

    #[test]
    fn storage_is_read_in_any_order() {
        let read = |text| storage(text).map(|read| (read.pool, read.count, read.size));
        assert_eq!(read("ebs,2,10G"), Ok(("ebs".to_owned(), 2, 10240)));
        assert_eq!(read("512M"), Ok((String::new(), 1, 512)));
        assert_eq!(read("3,rootfs"), Ok(("rootfs".to_owned(), 3, 0)));
        for text in ["", ",", "1,2", "a,b", "1G,2G", "1X", "-1"] {
            assert!(storage(text).is_err(), "{text}");
        }
    }

    #[test]
    fn of_endpoint_returns_the_application_of_endpoints_and_offers() {
        for text in ["web", "web:db", "admin/shop.web", "prod:admin/shop.web", "prod:admin/shop.web:db"] {
            assert_eq!(of_endpoint(text), "web", "{text}");
        }
    }

    #[test]
    fn placements_say_what_they_mean() {
        let texts = ["0", "lxd", "lxd:1", "0/lxd/2", "zone=a"].map(str::to_owned);
        let read: Vec<_> = placements(&texts, "uuid")
            .into_iter()
            .flatten()
            .map(|placement| (placement.scope, placement.directive))
            .collect();
        let expected = [("#", "0"), ("lxd", ""), ("lxd", "1"), ("#", "0/lxd/2"), ("uuid", "zone=a")];
        assert_eq!(read, expected.map(|(scope, directive)| (scope.to_owned(), directive.to_owned())));
    }

    #[test]
    fn units_have_a_number() {
        assert!(check_units(&["web/0".into(), "web-app/10".into()]).is_ok());
        for name in ["web", "web/", "/0", "web/x", "web/x/0", "web//0", "web/+1", "web/leader"] {
            assert!(check_units(&[name.to_owned()]).is_err(), "{name}");
        }
    }
}
