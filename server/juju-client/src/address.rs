//! An address of a controller: `host:port`, or a URL with a path prefix.

use std::fmt;

/// One address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path prefix of `/api`; empty or `/prefix`.
    pub(crate) prefix: String,
}

impl Address {
    /// Parses `host:port`, `[v6]:port` or `wss://host[:port]/prefix`. `None` for any other text, `ws://` included: a
    /// password must not be sent without TLS.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (rest, default_port) = match text.split_once("://") {
            Some(("wss" | "https", rest)) => (rest, Some(443)),
            Some(_) => return None,
            None => (text, None),
        };
        let (authority, prefix) = match rest.find('/') {
            Some(start) => (&rest[..start], rest[start..].trim_end_matches('/')),
            None => (rest, ""),
        };
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']')?;
                (host, after.strip_prefix(':'))
            }
            None => match authority.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().ok()?,
            None => default_port?,
        };
        (!host.is_empty() && port != 0).then(|| Self { host: host.to_owned(), port, prefix: prefix.to_owned() })
    }

    /// `host:port` of a URL.
    pub(crate) fn authority(&self) -> String {
        Self { prefix: String::new(), ..self.clone() }.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, prefix } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}{prefix}")
        } else {
            write!(formatter, "{host}:{port}{prefix}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_forms_of_client_files_are_parsed() {
        for (text, host, port, prefix) in [
            ("10.1.2.3:17070", "10.1.2.3", 17070, ""),
            ("[fd00::1]:17070", "fd00::1", 17070, ""),
            ("wss://juju.example/east/", "juju.example", 443, "/east"),
            ("https://juju.example:8443", "juju.example", 8443, ""),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!((address.host.as_str(), address.port, address.prefix.as_str()), (host, port, prefix), "{text}");
        }
        for text in ["", "host", ":17070", "host:0", "host:99999", "ws://host:17070", "[fd00::1"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
