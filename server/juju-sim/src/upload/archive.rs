//! A charm as a zip: what its metadata, options and actions say.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read as _},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::charms::{Charm, CharmAction, CharmOption, CharmResource, CharmStorage, Endpoint};

/// Largest text in an archive that is read.
const LARGEST: u64 = 1024 * 1024;

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    subordinate: bool,
    #[serde(default)]
    provides: BTreeMap<String, Endpoint>,
    #[serde(default)]
    requires: BTreeMap<String, Endpoint>,
    #[serde(default)]
    peers: BTreeMap<String, Endpoint>,
    #[serde(default)]
    storage: BTreeMap<String, CharmStorage>,
    #[serde(default)]
    resources: BTreeMap<String, CharmResource>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Options {
    options: BTreeMap<String, CharmOption>,
}

type Archive<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// Reads a charm.
///
/// # Errors
/// What is missing or cannot be read.
pub(super) fn read(body: &[u8]) -> Result<Charm, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(body)).map_err(|error| error.to_string())?;
    let metadata: Metadata =
        parsed(&mut archive, "metadata.yaml")?.ok_or("archive file \"metadata.yaml\" not found")?;
    let options: Options = parsed(&mut archive, "config.yaml")?.unwrap_or_default();
    let actions: BTreeMap<String, Value> = parsed(&mut archive, "actions.yaml")?.unwrap_or_default();
    let revision = text(&mut archive, "revision")?.and_then(|text| text.trim().parse().ok()).unwrap_or_default();
    let version = text(&mut archive, "version")?.unwrap_or_default();
    Ok(Charm {
        name: metadata.name,
        summary: metadata.summary,
        description: metadata.description,
        revision,
        version: String::new(),
        build: version.trim().to_owned(),
        active_message: String::new(),
        channels: Vec::new(),
        provides: metadata.provides,
        requires: metadata.requires,
        peers: metadata.peers,
        config: options.options,
        actions: actions.into_iter().filter_map(action).collect(),
        subordinate: metadata.subordinate,
        storage: metadata.storage,
        resources: metadata.resources,
        local: None,
    })
}

/// Other than an action, what the file holds (`additionalProperties` and the like) is no object.
fn action((name, text): (String, Value)) -> Option<(String, CharmAction)> {
    text.is_object().then_some(())?;
    Some((name, serde_json::from_value(text).ok()?))
}

fn parsed<T: DeserializeOwned>(archive: &mut Archive<'_>, name: &str) -> Result<Option<T>, String> {
    let Some(text) = text(archive, name)?.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    content::read_yaml(&text).map(Some).map_err(|error| format!("{name}: {error}"))
}

fn text(archive: &mut Archive<'_>, name: &str) -> Result<Option<String>, String> {
    let Ok(file) = archive.by_name(name) else { return Ok(None) };
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text).map_err(|error| format!("{name}: {error}"))?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a name");
            writer.write_all(text.as_bytes()).expect("memory");
        }
        writer.finish().expect("memory").into_inner()
    }

    #[test]
    fn archive_with_all_files_is_read() {
        let body = zipped(&[
            (
                "metadata.yaml",
                "name: mine\nsummary: Ours.\nsubordinate: true\nrequires:\n  host: {interface: juju-info, scope: container}\n  db: mysql\nstorage:\n  data: {type: filesystem, minimum-size: 2G}\n",
            ),
            ("config.yaml", "options:\n  size: {type: int, default: 3, description: Size.}\n"),
            ("actions.yaml", "restart: {description: Again.}\nadditionalProperties: false\n"),
            ("revision", "4\n"),
        ]);
        let charm = read(&body).expect("a charm");
        assert_eq!((charm.name.as_str(), charm.revision, charm.subordinate), ("mine", 4, true));
        let sides = |of: fn(&Endpoint) -> &str| charm.requires.values().map(of).collect::<Vec<_>>();
        assert_eq!(sides(|side| &side.interface), ["mysql", "juju-info"]);
        assert_eq!(sides(|side| &side.scope), ["global", "container"]);
        assert_eq!(charm.storage.get("data").map(CharmStorage::minimum), Some(2048));
        assert_eq!(charm.actions.keys().collect::<Vec<_>>(), ["restart"]);
        assert!(charm.config.contains_key("size"));
    }

    #[test]
    fn archive_without_metadata_is_refused() {
        assert!(read(b"no zip").is_err());
        assert_eq!(read(&zipped(&[])).err().as_deref(), Some("archive file \"metadata.yaml\" not found"));
    }
}
