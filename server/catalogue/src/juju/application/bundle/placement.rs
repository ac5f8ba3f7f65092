//! Where a bundle puts a unit: `3`, `lxd:3`, `new`, `web`, `lxd:web/0`.

/// A place, perhaps in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    /// `lxd` or `kvm`; empty for the machine itself.
    pub(super) container: String,
    pub(super) host: Host,
}

/// What a place is beside or on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    /// A machine of its own.
    New,
    /// A machine that the bundle names.
    Machine(String),
    /// The next unit of an application.
    Application(String),
    /// One unit.
    Unit(String, usize),
}

impl Placement {
    /// Reads a place.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (container, host) = text.split_once(':').unwrap_or(("", text));
        let container = match container {
            // what bundles of Juju 1 have
            "lxc" => "lxd",
            known @ ("" | "lxd" | "kvm") => known,
            other => return Err(format!("`{other}` is no kind of container, in the place `{text}`: lxd or kvm")),
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let host = match host.split_once('/') {
            _ if host == "new" => Host::New,
            _ if is_number(host) => Host::Machine(host.to_owned()),
            Some((application, number)) if is_number(number) => {
                let number =
                    number.parse().map_err(|_| format!("the place `{text}` has a number that is too large"))?;
                Host::Unit(application.to_owned(), number)
            }
            None if !host.is_empty() => Host::Application(host.to_owned()),
            _ => return Err(format!("a place has to be like 3, lxd:3, new, web or lxd:web/0, not: {text}")),
        };
        Ok(Self { container: container.to_owned(), host })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_the_client_reads_them() {
        let place = |container: &str, host| Placement { container: container.to_owned(), host };
        for (text, expected) in [
            ("3", place("", Host::Machine("3".to_owned()))),
            ("lxc:3", place("lxd", Host::Machine("3".to_owned()))),
            ("new", place("", Host::New)),
            ("kvm:new", place("kvm", Host::New)),
            ("web", place("", Host::Application("web".to_owned()))),
            ("lxd:web/12", place("lxd", Host::Unit("web".to_owned(), 12))),
        ] {
            assert_eq!(Placement::parse(text), Ok(expected), "{text}");
        }
        for text in ["", "lxd:", "docker:1", "web/x", "web/99999999999999999999999"] {
            assert!(Placement::parse(text).is_err(), "{text}");
        }
    }
}
