//! Names of entities on the wire: `application-web`, `unit-web-0`, `machine-0-lxd-1` (`github.com/juju/names`).

use std::fmt;

use crate::RemoteError;

/// The name of one entity with its kind, as the API writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag {
    kind: String,
    id: String,
}

impl Tag {
    /// The tag of an entity of `kind` with the name `id`: `Tag::new("unit", "web/0")`.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }

    /// The kind, `unit`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The entity's own name, `web/0`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads a tag: `unit-web-0` is the unit `web/0`.
    ///
    /// # Errors
    /// [`TagError`] where the text has no kind or no name.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let (kind, rest) = text.split_once('-').ok_or_else(|| TagError::new(text))?;
        if kind.is_empty() || rest.is_empty() {
            return Err(TagError::new(text));
        }
        let id = match kind {
            "unit" => rest.rsplit_once('-').map(|(application, number)| format!("{application}/{number}")),
            "machine" => Some(rest.replace('-', "/")),
            "storage" | "volume" | "filesystem" => {
                Some(rest.rsplit_once('-').map_or_else(|| rest.to_owned(), |(name, number)| format!("{name}/{number}")))
            }
            "relation" => Some(relation_key(rest)),
            "cloudcred" => Some(rest.replacen('_', "/", 2)),
            _ => Some(rest.to_owned()),
        };
        id.map(|id| Self::new(kind, id)).ok_or_else(|| TagError::new(text))
    }

    /// Reads a tag of one kind and gives the entity's own name.
    ///
    /// # Errors
    /// [`TagError`] where the text is no tag, or none of that kind.
    pub fn parse_id(kind: &str, text: &str) -> Result<String, TagError> {
        let tag = Self::parse(text)?;
        let fits = tag.kind == kind;
        fits.then_some(tag.id).ok_or_else(|| TagError { text: text.to_owned(), wanted: format!("{kind} ") })
    }
}

/// `web.db#db.server` on the wire is the key `web:db db:server`.
fn relation_key(text: &str) -> String {
    text.split('#').map(|endpoint| endpoint.replacen('.', ":", 1)).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match self.kind.as_str() {
            "unit" | "machine" | "storage" | "volume" | "filesystem" => self.id.replace('/', "-"),
            "relation" => self.id.replace(':', ".").replace(' ', "#"),
            "cloudcred" => self.id.replace('/', "_"),
            _ => self.id.clone(),
        };
        write!(formatter, "{}-{id}", self.kind)
    }
}

/// Text that is no tag, or none of the kind that is wanted; in the words of Juju's own library.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {wanted}tag")]
pub struct TagError {
    text: String,
    /// The kind with a space after it; empty where the text is no tag at all.
    wanted: String,
}

impl TagError {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), wanted: String::new() }
    }
}

impl From<TagError> for RemoteError {
    /// The answer of the real server to such a tag: a message without a code.
    fn from(error: TagError) -> Self {
        Self::plain(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_survive_a_round_trip() {
        for (text, kind, id) in [
            ("unit-web-app-10", "unit", "web-app/10"),
            ("machine-0-lxd-1", "machine", "0/lxd/1"),
            ("application-web-app", "application", "web-app"),
            ("relation-web.db#mysql.server", "relation", "web:db mysql:server"),
            ("cloudcred-aws_admin_main", "cloudcred", "aws/admin/main"),
            ("storage-data-0", "storage", "data/0"),
        ] {
            let tag = Tag::parse(text).expect(text);
            assert_eq!((tag.kind(), tag.id()), (kind, id));
            assert_eq!(tag.to_string(), text);
        }
        for text in ["", "unit", "unit-", "-x", "unit-web"] {
            assert!(Tag::parse(text).is_err(), "{text}");
        }
    }
}
