//! Names of entities, placements and constraints, as arguments have them and as the API wants them.

use juju_wire::{
    constraints::{Base, DeviceConstraints, Placement, StorageConstraints},
    tag::Tag,
};
use serde_json::Value;

use crate::constraints::parse_size;

/// Risks of channels, the steadiest first.
pub const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];

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

/// Whether a text is exactly `application/number`. Juju reads the application of `web/x/0` as `web`, and some readers take
/// `web/01` for `web/1`, so nothing else passes.
pub(crate) fn is_unit(name: &str) -> bool {
    name.split_once('/').is_some_and(|(application, number)| !application.is_empty() && is_number(number))
}

/// Whether a text is the number of a unit or a machine: digits without a sign and without leading zeros.
fn is_number(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain && text.parse::<u32>().is_ok()
}

/// Whether a text is exactly the id of a machine or a container: `3`, `0/lxd/1`.
pub(crate) fn is_machine(id: &str) -> bool {
    let parts: Vec<&str> = id.split('/').collect();
    let kind = |kind: &str| !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase());
    let fits = |(at, part): (usize, &&str)| if at % 2 == 0 { is_number(part) } else { kind(part) };
    parts.len() % 2 == 1 && parts.iter().enumerate().all(fits)
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

/// Refuses texts that are not exactly ids of machines.
pub(crate) fn check_machines(ids: &[String]) -> Result<(), String> {
    match ids.iter().find(|id| !is_machine(id)) {
        Some(id) => Err(format!("`machines` has to hold ids like `3` or `0/lxd/1`, not: {id}")),
        None => Ok(()),
    }
}

/// Refuses placement directives that the client refuses.
pub(crate) fn check_placements(directives: &[String]) -> Result<(), String> {
    let problem = |directive: &String| match directive.split_once(':') {
        _ if directive.is_empty() || directive.contains([',', ' ']) => Some("one placement, such as `3` or `lxd:3`"),
        Some(("", _)) => Some("a scope before the colon, such as `lxd:3`"),
        Some(("#" | "lxd" | "kvm", id)) if !is_machine(id) => {
            Some("the id of a machine after the colon, such as `lxd:3`")
        }
        _ => None,
    };
    match directives.iter().find_map(|directive| Some((directive, problem(directive)?))) {
        Some((directive, wanted)) => Err(format!("each of `to` has to be {wanted}, not: {directive}")),
        None => Ok(()),
    }
}

/// Refuses options without a value: a null has no text that Juju could store.
pub(crate) fn check_values<'a>(
    argument: &str,
    values: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<(), String> {
    match values.into_iter().find(|(_, value)| value.is_null()) {
        Some((name, _)) => Err(format!(
            "`{argument}.{name}` has no value: give one, or leave it out; `reset` returns an option to its default"
        )),
        None => Ok(()),
    }
}

/// Refuses options that are both set and reset.
pub(crate) fn check_reset<'a>(values: impl IntoIterator<Item = &'a String>, reset: &[String]) -> Result<(), String> {
    match values.into_iter().find(|name| reset.contains(name)) {
        Some(name) => Err(format!("`{name}` is in `values` and in `reset`: it can only be set or reset")),
        None => Ok(()),
    }
}

/// `ubuntu@22.04`, as the client shows a base: the risk of a release is left out where it is stable.
pub(crate) fn base(base: &Base) -> String {
    format!("{}@{}", base.name, base.channel.trim_end_matches("/stable"))
}

/// Parses `ubuntu@22.04` or `ubuntu@22.04/stable`.
pub(crate) fn parse_base(text: &str) -> Result<Base, String> {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let channel = |channel: &str| channel.split('/').count() <= 3 && channel.split('/').all(word);
    match text.split_once('@') {
        Some((name, version)) if word(name) && channel(version) => {
            Ok(Base { name: name.to_ascii_lowercase(), channel: version.to_owned() })
        }
        _ => Err(format!("`base` has to be like `ubuntu@22.04`, not: {text}")),
    }
}

/// A value as the client's command line would have it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The same with the risk of the release, as the client sends it to be deployed on: `22.04/stable`.
pub(crate) fn parse_full_base(text: &str) -> Result<Base, String> {
    let base = parse_base(text)?;
    let channel = if base.channel.contains('/') { base.channel } else { format!("{}/stable", base.channel) };
    Ok(Base { channel, ..base })
}

/// Placement directives (`core/instance/placement.go`): a machine's number, `lxd`, `lxd:1`, or what the cloud understands.
pub(crate) fn placements(directives: &[String], model_uuid: &str) -> Vec<Option<Placement>> {
    let placement =
        |scope: &str, directive: &str| Some(Placement { scope: scope.to_owned(), directive: directive.to_owned() });
    let read = |text: &String| match text.split_once(':') {
        Some((scope, directive)) => placement(scope, directive),
        None if matches!(text.as_str(), "lxd" | "kvm") => placement(text, ""),
        None if is_machine(text) => placement("#", text),
        None => placement(model_uuid, text),
    };
    directives.iter().map(read).collect()
}

/// Devices as the client writes them, `2,nvidia.com/gpu,a=b;c=d`: number, type and attributes (`core/devices/constraints.go`).
pub(crate) fn device(text: &str) -> Result<DeviceConstraints, String> {
    let problem = || format!("`device` has to be like `2,nvidia.com/gpu`, not: {text}");
    let words: Vec<&str> = text.split(',').collect();
    let (count, rest) = match words.split_first() {
        Some((count, rest)) if count.parse::<i64>().is_ok_and(|count| count > 0) => (count.parse().unwrap_or(1), rest),
        _ => (1, words.as_slice()),
    };
    let (kind, attributes) = match rest {
        [kind] if !kind.is_empty() => (*kind, ""),
        [kind, attributes] if !kind.is_empty() => (*kind, *attributes),
        _ => return Err(problem()),
    };
    let pair = |pair: &str| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()));
    let attributes = attributes.split(';').filter(|pair| !pair.is_empty()).map(|text| pair(text).ok_or_else(problem));
    Ok(DeviceConstraints { kind: kind.to_owned(), count, attributes: attributes.collect::<Result<_, _>>()? })
}

/// Storage as the client writes it, `ebs,2,10G`: pool, number and size, each at most once (`storage/constraints.go`).
pub(crate) fn storage(text: &str) -> Result<StorageConstraints, String> {
    let mut storage = StorageConstraints::default();
    let size = |word: &str| parse_size(word).map_err(|problem| format!("the size `{word}` in `storage` {problem}"));
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
        } else if std::mem::replace(&mut storage.size, size(word)?) != 0 {
            return Err(again());
        }
    }
    if storage == StorageConstraints::default() {
        return Err(format!("`storage` has to be like `ebs,2,10G`, not: {text}"));
    }
    storage.count = storage.count.max(1);
    Ok(storage)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for name in
            ["web", "web/", "/0", "web/x", "web/x/0", "web//0", "web/+1", "web/01", "web/00", "web/ 1", "web/leader"]
        {
            assert!(check_units(&[name.to_owned()]).is_err(), "{name}");
        }
    }

    #[test]
    fn machines_have_plain_numbers() {
        assert!(check_machines(&["0".into(), "12".into(), "0/lxd/1".into(), "0/lxd/1/kvm/0".into()]).is_ok());
        for id in ["", "x", "01", "+1", "-1", "0/", "0/lxd", "0/LXD/1", "lxd:0", "0/lxd/01", "4294967296"] {
            assert!(check_machines(&[id.to_owned()]).is_err(), "{id}");
        }
    }

    #[test]
    fn placements_that_the_client_refuses_are_refused() {
        for directive in ["3", "0/lxd/1", "lxd", "lxd:3", "lxd:0/lxd/1", "zone=a", "host.maas", "system-id=x"] {
            assert_eq!(check_placements(&[directive.to_owned()]), Ok(()), "{directive}");
        }
        for directive in ["", ":3", "lxd:", "lxd:x", "lxd:01", "#:x", "0,1", "0 1"] {
            let problem = check_placements(&[directive.to_owned()]).expect_err(directive);
            assert!(problem.contains("`to`"), "{problem}");
        }
    }

    #[test]
    fn bases_are_a_name_and_a_channel() {
        let read = |text| parse_base(text).map(|base| format!("{}@{}", base.name, base.channel));
        assert_eq!(read("ubuntu@22.04"), Ok("ubuntu@22.04".to_owned()));
        assert_eq!(read("Ubuntu@22.04/stable"), Ok("ubuntu@22.04/stable".to_owned()));
        for text in ["ubuntu", "@22.04", "ubuntu@", "ubuntu@22.04@x", "ubuntu@22 04", "ubuntu@a/b/c/d", "ubuntu@22.04/"]
        {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_set_or_reset_but_not_both_and_not_null() {
        let values = std::collections::BTreeMap::from([("title".to_owned(), Value::Null)]);
        let problem = check_values("values", &values).expect_err("null");
        assert!(problem.contains("`values.title`") && problem.contains("`reset`"), "{problem}");
        assert!(check_reset(values.keys(), &["title".to_owned()]).expect_err("both").contains("`title`"));
        assert_eq!(check_reset(values.keys(), &["other".to_owned()]), Ok(()));
    }
}
