//! URIs of the live estate: `juju://estate`, and `juju://{controller}/{model}/{part}` with the name of an entity where a part has many.

/// The findings of the observer.
pub(crate) const FINDINGS: &str = "juju://observer/findings";
/// The URI of all models.
pub(crate) const ESTATE: &str = "juju://estate";
/// The part with the log, which the controller is asked for.
pub(crate) const LOG: &str = "log";
/// The scheme of all resources of this server.
const SCHEME: &str = "juju://";
/// The longest URI that is read.
const MAX_URI_BYTES: usize = 2_000;

/// A part of a model that is a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The word in the URI.
    pub(crate) word: &'static str,
    /// The variable for the name of an entity; empty where the part is one resource.
    pub(crate) variable: &'static str,
    /// The tool that reads the same from the controller: policy decides about a read of this resource as about its call.
    pub(crate) tool: &'static str,
    /// The argument of the tool that names the entity.
    pub(crate) argument: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
    /// Whether it is JSON, with a schema; otherwise a Mermaid diagram.
    pub(crate) is_json: bool,
}

/// All parts; a template for each.
pub(crate) const PARTS: [Part; 10] = [
    Part {
        word: "status",
        variable: "",
        tool: "juju_status",
        argument: "",
        title: "Status of a model",
        description: "The model with its applications, units, machines and relations; of a large model the counts, and what is not well",
        is_json: true,
    },
    Part {
        word: "application",
        variable: "name",
        tool: "juju_show_application",
        argument: "applications",
        title: "Application",
        description: "An application with its units and relations",
        is_json: true,
    },
    Part {
        word: "unit",
        variable: "name",
        tool: "juju_show_application",
        argument: "applications",
        title: "Unit",
        description: "A unit with its statuses, addresses and ports; its name is like `web%2F0`",
        is_json: true,
    },
    Part {
        word: "machine",
        variable: "id",
        tool: "juju_show_machine",
        argument: "machines",
        title: "Machine",
        description: "A machine or container with its statuses, hardware and units",
        is_json: true,
    },
    Part {
        word: "relations",
        variable: "",
        tool: "juju_status",
        argument: "",
        title: "Relations of a model",
        description: "Relations with both their ends, and applications of other models",
        is_json: true,
    },
    Part {
        word: "offers",
        variable: "",
        tool: "juju_offers",
        argument: "",
        title: "Offers of a model",
        description: "Offers to other models with the number of their connections",
        is_json: true,
    },
    Part {
        word: "events",
        variable: "",
        tool: "juju_status",
        argument: "",
        title: "Events of a model",
        description: "The latest changes in order, each with an id and a time",
        is_json: true,
    },
    Part {
        word: "topology",
        variable: "",
        tool: "juju_status",
        argument: "",
        title: "Topology of a model",
        description: "Which applications are related, also to those of other models",
        is_json: true,
    },
    Part {
        word: "topology.mmd",
        variable: "",
        tool: "juju_status",
        argument: "",
        title: "Diagram of a model",
        description: "The topology as a Mermaid flowchart; requirers point to providers",
        is_json: false,
    },
    Part {
        word: LOG,
        variable: "",
        tool: "juju_debug_log",
        argument: "",
        title: "Log of a model",
        description: "The latest 100 lines of the log, the oldest first",
        is_json: true,
    },
];

/// A resource of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelUri {
    pub(crate) controller: String,
    /// Name of the model, `shop` or `admin/shop`.
    pub(crate) model: String,
    pub(crate) part: &'static Part,
    /// Name of the entity; empty where the part is one resource.
    pub(crate) name: String,
}

impl ModelUri {
    /// Reads a URI; `None` if it is none of the live estate.
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let path = uri.strip_prefix(SCHEME).filter(|path| path.len() <= MAX_URI_BYTES && !path.contains(['?', '#']))?;
        let segments: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        // a full name of a model is one segment with `%2F`, or two
        let (model, rest) = match segments.get(1..)? {
            [model, rest @ ..] if rest.first().and_then(|word| part(word)).is_some() => (model.clone(), rest),
            [owner, name, rest @ ..] => (format!("{owner}/{name}"), rest),
            _ => return None,
        };
        let (word, name) = rest.split_first()?;
        let (part, name) = (part(word)?, name.join("/"));
        let is_complete = name.is_empty() == part.variable.is_empty() && !rest.iter().any(String::is_empty);
        let controller = segments.first().filter(|name| !name.is_empty())?.clone();
        (is_complete && !model.is_empty()).then_some(Self { controller, model, part, name })
    }

    /// The application that the resource belongs to; `None` where it is of the whole model or a machine.
    pub(crate) fn application(&self) -> Option<&str> {
        match self.part.word {
            "application" => Some(&self.name),
            "unit" => Some(self.name.split_once('/').map_or(&*self.name, |(application, _)| application)),
            _ => None,
        }
    }
}

/// The URI of a part that is one resource.
pub(crate) fn part_uri(controller: &str, model: &str, part: &Part) -> String {
    format!("{SCHEME}{}/{}/{}", encode(controller), encode(model), part.word)
}

/// The URI of an application.
pub(crate) fn application_uri(controller: &str, model: &str, name: &str) -> String {
    format!("{SCHEME}{}/{}/application/{}", encode(controller), encode(model), encode(name))
}

/// The URI template of a part.
pub(crate) fn template(part: &Part) -> String {
    let word = part.word;
    match part.variable {
        "" => format!("{SCHEME}{{controller}}/{{model}}/{word}"),
        variable => format!("{SCHEME}{{controller}}/{{model}}/{word}/{{{variable}}}"),
    }
}

fn part(word: &str) -> Option<&'static Part> {
    const ALL: &[Part] = &PARTS;
    ALL.iter().find(|part| part.word == word)
}

/// A segment with everything encoded that is not unreserved (RFC 3986, section 2.3).
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // writing to a text cannot fail
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The text of a segment; `None` if it is encoded wrongly.
fn decode(segment: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(segment.len()), segment.as_bytes());
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(uri: &str) -> Option<(String, String, &'static str, String)> {
        ModelUri::parse(uri).map(|uri| (uri.controller, uri.model, uri.part.word, uri.name))
    }

    #[test]
    fn model_uri_has_model_in_one_segment_or_two() {
        let expected =
            |model: &str, word, name: &str| Some(("prod".to_owned(), model.to_owned(), word, name.to_owned()));
        assert_eq!(parsed("juju://prod/shop/status"), expected("shop", "status", ""));
        assert_eq!(parsed("juju://prod/admin%2Fshop/status"), expected("admin/shop", "status", ""));
        assert_eq!(parsed("juju://prod/admin/shop/unit/web/0"), expected("admin/shop", "unit", "web/0"));
        assert_eq!(parsed("juju://prod/admin%2fshop/unit/web%2F0"), expected("admin/shop", "unit", "web/0"));
        assert_eq!(parsed("juju://prod/shop/machine/0%2Flxd%2F1"), expected("shop", "machine", "0/lxd/1"));
        let uri = part_uri("prod", "admin/shop", &PARTS[0]);
        assert_eq!(
            (uri.as_str(), parsed(&uri)),
            ("juju://prod/admin%2Fshop/status", expected("admin/shop", "status", ""))
        );
    }

    #[test]
    fn malformed_uris_are_none() {
        for uri in [
            "juju://estate",
            "juju://prod",
            "juju://prod/shop",
            "juju://prod/shop/unit",
            "juju://prod/shop/unit/",
            "juju://prod/shop/status/more",
            "juju://prod/shop/secrets",
            "juju:///shop/status",
            "juju://prod//status",
            "juju://prod/shop/unit/web%2",
            "juju://prod/shop/unit/web%0A0",
            "juju://prod/shop/unit/web%FF",
            "juju://prod/shop/status?x=1",
            "file:///etc/passwd",
            &format!("juju://prod/shop/unit/{}", "w".repeat(3_000)),
        ] {
            assert_eq!(parsed(uri), None, "{uri}");
        }
    }
}
