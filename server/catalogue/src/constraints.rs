//! Constraints as the Juju client reads them, `mem=4G cores=2 arch=amd64` (`core/constraints/constraints.go`).

use content::nearest;
use juju_wire::constraints::Constraints;
use serde_json::Value;

/// Names of constraints.
const NAMES: [&str; 15] = [
    "allocate-public-ip",
    "arch",
    "container",
    "cores",
    "cpu-power",
    "image-id",
    "instance-role",
    "instance-type",
    "mem",
    "root-disk",
    "root-disk-source",
    "spaces",
    "tags",
    "virt-type",
    "zones",
];
/// Architectures of machines (`core/arch`).
pub(crate) const ARCHITECTURES: [&str; 5] = ["amd64", "arm64", "ppc64el", "s390x", "riscv64"];
/// Kinds of containers; `none` is a machine of its own (`core/instance/container.go`).
const CONTAINERS: [&str; 3] = ["lxd", "kvm", "none"];
/// Largest size in MiB: a double has each whole number up to it.
const MAX_SIZE: f64 = 9_007_199_254_740_992.0;

/// Parses constraints. An empty value clears a constraint: `cores=` is 0 and `zones=` the empty list.
///
/// # Errors
/// One sentence, naming the constraint.
pub(crate) fn parse_constraints(text: &str) -> Result<Constraints, String> {
    let mut constraints = Constraints::default();
    if text.contains('\\') {
        return Err("`constraints` cannot hold backslashes: a value has no spaces".to_owned());
    }
    for word in text.split_whitespace() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => (name, value),
            _ => return Err(format!("`constraints` has to be like `mem=4G cores=2`, not: {word}")),
        };
        set(&mut constraints, name, value).map_err(|problem| format!("`constraints`: `{name}` {problem}"))?;
    }
    Ok(constraints)
}

/// Constraints as [`parse_constraints`] reads them, without spaces in values; `None` where nothing is constrained.
pub(crate) fn constraints_text(constraints: &Constraints) -> Option<String> {
    let Ok(Value::Object(members)) = serde_json::to_value(constraints) else { return None };
    let word = |(name, value): (String, Value)| match value {
        Value::String(text) => Some(format!("{name}={text}")),
        Value::Number(number) if name == "mem" || name == "root-disk" => Some(format!("{name}={number}M")),
        Value::Number(_) | Value::Bool(_) => Some(format!("{name}={value}")),
        Value::Array(items) => {
            Some(format!("{name}={}", items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")))
        }
        Value::Null | Value::Object(_) => None,
    };
    // a space inside a value would begin another constraint
    let words: Vec<_> =
        members.into_iter().filter_map(word).map(|word| word.replace(char::is_whitespace, "_")).collect();
    Some(words.join(" ")).filter(|text| !text.is_empty())
}

fn set(constraints: &mut Constraints, name: &str, value: &str) -> Result<(), String> {
    let text = || Ok(value.to_owned());
    match name {
        "arch" => fill(&mut constraints.arch, choice(value, &ARCHITECTURES)),
        "container" => fill(&mut constraints.container, choice(value, &CONTAINERS)),
        "cores" | "cpu-cores" => fill(&mut constraints.cores, parse_number(value)),
        "cpu-power" => fill(&mut constraints.cpu_power, parse_number(value)),
        "mem" => fill(&mut constraints.mem, parse_size(value)),
        "root-disk" => fill(&mut constraints.root_disk, parse_size(value)),
        "root-disk-source" => fill(&mut constraints.root_disk_source, text()),
        "tags" => fill(&mut constraints.tags, Ok(list(value))),
        "instance-role" => fill(&mut constraints.instance_role, text()),
        "instance-type" => fill(&mut constraints.instance_type, text()),
        "spaces" => fill(&mut constraints.spaces, spaces(value)),
        "virt-type" => fill(&mut constraints.virt_type, text()),
        "zones" => fill(&mut constraints.zones, Ok(list(value))),
        // the client leaves this one as it is
        "allocate-public-ip" if value.is_empty() => Ok(()),
        "allocate-public-ip" => fill(&mut constraints.allocate_public_ip, parse_bool(value)),
        "image-id" => fill(&mut constraints.image_id, text()),
        unknown => Err(match nearest(unknown, NAMES) {
            Some(near) => format!("does not exist, the nearest is `{near}`"),
            None => format!("does not exist, only {}", NAMES.join(", ")),
        }),
    }
}

fn fill<T>(field: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    match field.replace(value?) {
        None => Ok(()),
        Some(_) => Err("is set twice".to_owned()),
    }
}

fn list(value: &str) -> Vec<String> {
    value.split(',').filter(|_| !value.is_empty()).map(str::to_owned).collect()
}

/// Names of spaces; one with `^` before it is excluded.
fn spaces(value: &str) -> Result<Vec<String>, String> {
    let names = list(value);
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let valid = |name: &&String| name.strip_prefix('^').unwrap_or(name).split('-').all(word);
    match names.iter().find(|name| !valid(name)) {
        Some(name) => Err(format!("cannot have `{name}`, which is no name of a space")),
        None => Ok(names),
    }
}

fn choice(value: &str, choices: &[&str]) -> Result<String, String> {
    if value.is_empty() || choices.contains(&value) {
        return Ok(value.to_owned());
    }
    let near = nearest(value, choices.iter().copied()).map(|near| format!(", the nearest is `{near}`"));
    Err(format!("has to be one of {}, not `{value}`{}", choices.join(", "), near.unwrap_or_default()))
}

fn parse_number(value: &str) -> Result<u64, String> {
    let plain = value.bytes().all(|byte| byte.is_ascii_digit());
    match value {
        "" => Ok(0),
        _ => value.parse().ok().filter(|_| plain).ok_or_else(|| format!("has to be a whole number, not `{value}`")),
    }
}

/// The words of Go's `strconv.ParseBool`.
fn parse_bool(value: &str) -> Result<bool, String> {
    match value {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("has to be true or false, not `{value}`")),
    }
}

/// A size in MiB, with the suffixes M, G, T and P; a fraction is rounded up.
///
/// # Errors
/// The end of a sentence.
pub(crate) fn parse_size(value: &str) -> Result<u64, String> {
    if value.is_empty() {
        return Ok(0);
    }
    let (digits, factor) = match value.as_bytes().last() {
        Some(b'M') => (&value[..value.len() - 1], 1.0),
        Some(b'G') => (&value[..value.len() - 1], 1024.0),
        Some(b'T') => (&value[..value.len() - 1], 1024.0 * 1024.0),
        Some(b'P') => (&value[..value.len() - 1], 1024.0 * 1024.0 * 1024.0),
        _ => (value, 1.0),
    };
    let decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    let number: f64 = digits
        .parse()
        .ok()
        .filter(|number: &f64| decimal && number.is_finite() && number.is_sign_positive())
        .ok_or_else(|| format!("has to be a size like `4G`, with M, G, T or P, not `{value}`{}", meant_size(value)))?;
    let size = (number * factor).ceil();
    if size > MAX_SIZE {
        return Err(format!("is too large: {value}"));
    }
    // whole, positive and at most 2^53
    format!("{size:.0}").parse().map_err(|_| format!("is too large: {value}"))
}

/// `: write ...` for a size that has a plain meaning in another notation: `4GB`, `4GiB`, `4g`, `4 G`.
fn meant_size(value: &str) -> String {
    let plain = value.to_ascii_uppercase().replace(' ', "");
    let plain = plain.strip_suffix("IB").or_else(|| plain.strip_suffix('B')).unwrap_or(&plain);
    let number = plain.strip_suffix(['M', 'G', 'T', 'P']).unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_number { format!(": write `{plain}`") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_constraints_reads_values_as_the_client_does() {
        let expect = |text: &str, expected: Constraints| assert_eq!(parse_constraints(text), Ok(expected), "{text}");
        let none = Constraints::default;
        expect("", none());
        expect("mem=4G cores=2", Constraints { mem: Some(4096), cores: Some(2), ..none() });
        expect("mem=3.5G", Constraints { mem: Some(3584), ..none() });
        expect("mem=0.1 root-disk=0.5T", Constraints { mem: Some(1), root_disk: Some(524_288), ..none() });
        expect("mem=1e3", Constraints { mem: Some(1000), ..none() });
        expect(
            "cores= mem= zones= arch= tags=",
            Constraints {
                cores: Some(0),
                mem: Some(0),
                zones: Some(Vec::new()),
                arch: Some(String::new()),
                tags: Some(Vec::new()),
                ..none()
            },
        );
        for word in ["1", "t", "T", "TRUE", "true", "True"] {
            expect(&format!("allocate-public-ip={word}"), Constraints { allocate_public_ip: Some(true), ..none() });
        }
        for word in ["0", "f", "F", "FALSE", "false", "False"] {
            expect(&format!("allocate-public-ip={word}"), Constraints { allocate_public_ip: Some(false), ..none() });
        }
        expect("allocate-public-ip=", none());
        expect("cpu-cores=4", Constraints { cores: Some(4), ..none() });
        expect(
            "spaces=dmz,^internal-1",
            Constraints { spaces: Some(vec!["dmz".to_owned(), "^internal-1".to_owned()]), ..none() },
        );
    }

    #[test]
    fn constraints_text_is_read_back_and_a_value_cannot_add_a_constraint() {
        for text in
            ["mem=4G cores=2", "arch=amd64 instance-type=m5.large root-disk=0.5T tags=a,b", "allocate-public-ip=true"]
        {
            let parsed = parse_constraints(text).expect(text);
            let written = constraints_text(&parsed).expect("something is constrained");
            assert_eq!(parse_constraints(&written), Ok(parsed), "{text}: {written}");
        }
        assert_eq!(constraints_text(&Constraints::default()), None);
        let odd = Constraints { tags: Some(vec!["a instance-type=t3.nano".to_owned()]), ..Constraints::default() };
        assert_eq!(constraints_text(&odd).as_deref(), Some("tags=a_instance-type=t3.nano"));
    }

    #[test]
    fn parse_constraints_refuses_what_the_client_refuses() {
        for (text, part) in [
            ("mem", "`mem=4G cores=2`, not: mem"),
            ("=4G", "not: =4G"),
            ("mem=lots", "`mem` has to be a size like `4G`"),
            ("mem=4g", "with M, G, T or P, not `4g`"),
            ("mem=4GB", "not `4GB`: write `4G`"),
            ("mem=512MiB", "not `512MiB`: write `512M`"),
            ("mem=1.5gib", "not `1.5gib`: write `1.5G`"),
            ("mem=-1G", "not `-1G`"),
            ("mem=inf", "not `inf`"),
            ("mem=NaN", "not `NaN`"),
            ("mem=99999999999999P", "`mem` is too large"),
            ("mem=1e300", "`mem` is too large"),
            ("cores=two", "`cores` has to be a whole number"),
            ("cores=+2", "`cores` has to be a whole number"),
            ("cores=1.5", "`cores` has to be a whole number"),
            ("cores=18446744073709551616", "`cores` has to be a whole number"),
            ("allocate-public-ip=yes", "has to be true or false, not `yes`"),
            ("mem=1G mem=2G", "`mem` is set twice"),
            ("cores=1 cpu-cores=1", "`cpu-cores` is set twice"),
            ("arch=amd46", "not `amd46`, the nearest is `amd64`"),
            ("container=docker", "has to be one of lxd, kvm, none"),
            ("memory=4G", "`memory` does not exist, the nearest is `mem`"),
            ("colour=red", "`colour` does not exist, only"),
            ("spaces=Dmz", "cannot have `Dmz`"),
            ("tags=a\\ b", "cannot hold backslashes"),
        ] {
            let problem = parse_constraints(text).expect_err(text);
            assert!(problem.contains(part), "{text}: {problem}");
        }
    }
}
