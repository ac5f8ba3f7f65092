//! A charm in a local file: reads its metadata and uploads it.

use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use juju_wire::{
    constraints::Base,
    facade::{
        application::origin::CharmOrigin,
        charms::meta::{CharmManifest, CharmMeta, CharmResourceMeta},
    },
};

use crate::{Failure, ResolvedTarget};

/// Larger files are rejected.
const LIMIT_BYTES: u64 = 512 * 1024 * 1024;
/// Bytes of a metadata file in a charm that are read; [`content::read_yaml`] rejects more than its own limit.
const LIMIT_TEXT_BYTES: u64 = content::MAX_YAML_BYTES as u64 + 1;
const REMEDY: &str = "pack it with `charmcraft pack` and give the path of the `.charm` file";

/// Whether this is a path to a file and not a Charmhub name.
pub(super) fn is_file(charm: &str) -> bool {
    let name = charm.to_ascii_lowercase();
    charm.contains(['/', '\\']) || [".charm", ".yaml", ".yml"].iter().any(|ending| name.ends_with(ending))
}

/// A bundle, in place of a charm.
pub(super) fn bundle(name: &str) -> Failure {
    Failure::refused(
        format!("`{name}` is a bundle of the store, and its content has to be known before it is deployed"),
        "give the YAML of the bundle as `charm`, or deploy its charms one by one and relate them with juju_integrate",
    )
}

/// A charm in a local file.
pub(super) struct Archive {
    bytes: Vec<u8>,
    pub(super) meta: CharmMeta,
    manifest: CharmManifest,
}

impl Archive {
    /// Reads a file of the user, where this program runs on the user's own machine.
    ///
    /// # Errors
    /// [`Failure`] over HTTP, where it would be a file of the server, and where it is no charm.
    pub(super) async fn read(target: &ResolvedTarget, path: &str) -> Result<Self, Failure> {
        let bytes = read_local_file(target, path).await?;
        if [".yaml", ".yml"].iter().any(|ending| path.to_ascii_lowercase().ends_with(ending)) {
            return Err(bundle(path));
        }
        let unfit = |cause: String| Failure::refused(format!("`{path}` is no charm: {cause}"), REMEDY);
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).map_err(|cause| unfit(cause.to_string()))?;
        if archive.index_for_name("bundle.yaml").is_some() {
            return Err(bundle(path));
        }
        let mut text = |name: &str| -> Result<String, String> {
            let file = archive.by_name(name).map_err(|cause| format!("`{name}`: {cause}"))?;
            let mut text = String::new();
            file.take(LIMIT_TEXT_BYTES).read_to_string(&mut text).map_err(|cause| format!("`{name}`: {cause}"))?;
            Ok(text)
        };
        let meta = text("metadata.yaml").map_err(unfit)?;
        let meta: MetadataYaml = content::read_yaml(&meta).map_err(|cause| unfit(cause.to_string()))?;
        let manifest = match text("manifest.yaml") {
            Ok(text) => content::read_yaml(&text).map_err(|cause| unfit(cause.to_string()))?,
            Err(_) => CharmManifest::default(),
        };
        Ok(Self { bytes, meta: meta.into_meta(), manifest })
    }

    /// Uploads the charm to the model. Returns its URL and origin there.
    ///
    /// # Errors
    /// [`Failure`] where no base is known, or the controller refuses the charm.
    pub(super) async fn upload(
        &self,
        target: &ResolvedTarget,
        base: Option<Base>,
        architecture: Option<String>,
    ) -> Result<(String, CharmOrigin), Failure> {
        let base = self.base(base)?;
        let connection = target.model_connection().await?;
        let url = connection.upload_charm(&format!("local:{}-0", self.meta.name), self.bytes.clone()).await?;
        let origin = CharmOrigin {
            source: "local".to_owned(),
            kind: "charm".to_owned(),
            revision: url.rsplit_once('-').and_then(|(_, revision)| revision.parse().ok()),
            architecture: architecture.unwrap_or_else(|| "amd64".to_owned()),
            base,
            ..CharmOrigin::default()
        };
        Ok((url, origin))
    }

    /// The base that was asked for, else the first that the charm was built for.
    pub(super) fn base(&self, wanted: Option<Base>) -> Result<Base, Failure> {
        let first = self.manifest.bases.first();
        let first = first.map(|base| Base { name: base.name.clone(), channel: base.channel.clone() });
        wanted.or(first).ok_or_else(|| {
            Failure::refused(
                format!("the charm `{}` names no base", self.meta.name),
                "give `base`, like `ubuntu@22.04`",
            )
        })
    }
}

/// The bytes of a file that the user named.
///
/// # Errors
/// As [`readable`].
pub(super) async fn read_local_file(target: &ResolvedTarget, path: &str) -> Result<Vec<u8>, Failure> {
    let file = readable(target, path).await?;
    tokio::fs::read(file).await.map_err(|cause| unreadable(path, &cause))
}

/// The canonical path of a file that the user named, where it can be sent. This is the only place that lets a file be read for a caller.
///
/// # Errors
/// [`Failure`] over HTTP, where the path would be one of the server's disk, where the file may hold keys, and where it cannot be read.
pub(crate) async fn readable(target: &ResolvedTarget, path: &str) -> Result<PathBuf, Failure> {
    let Some(files) = target.controllers().own_files() else {
        return Err(Failure::refused(
            format!("files cannot be read over HTTP, because they would be files of the server: {path}"),
            "name a charm of Charmhub, or give the file through `juju-mcp stdio` or the juju client",
        ));
    };
    // symbolic links, `..` and `//` are resolved first, so that the check sees the file that is read
    let file = tokio::fs::canonicalize(path).await.map_err(|cause| unreadable(path, &cause))?;
    check_location(&file, files.file_roots())?;
    let found = tokio::fs::metadata(&file).await.map_err(|cause| unreadable(path, &cause))?;
    if !found.is_file() || found.len() > LIMIT_BYTES {
        return Err(unreadable(path, &"it is no file, or larger than 512 MiB"));
    }
    Ok(file)
}

/// The path of a new file that the user named, where it can be written. This is the only place that lets a file be written for a caller.
///
/// # Errors
/// [`Failure`] over HTTP, where the file would be one of the server's disk, where a file of the system or the user could be one that
/// programs run or trust, and where it exists.
pub(crate) async fn writable(target: &ResolvedTarget, path: &str) -> Result<PathBuf, Failure> {
    let Some(files) = target.controllers().own_files() else {
        return Err(Failure::refused(
            format!("files cannot be written over HTTP, because they would be files of the server: {path}"),
            "leave the file out to get the address of the content, or use `juju-mcp stdio` or the juju client",
        ));
    };
    let unwritable = |cause: &dyn std::fmt::Display| {
        Failure::refused(
            format!("cannot write `{path}`: {cause}"),
            "give the path of a new file in a directory of the project",
        )
    };
    let path_given = Path::new(path);
    let name = path_given.file_name().ok_or_else(|| unwritable(&"it names no file"))?;
    let parent = path_given.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let parent = tokio::fs::canonicalize(parent).await.map_err(|cause| unwritable(&cause))?;
    let file = parent.join(name);
    check_location(&file, files.file_roots())?;
    if tokio::fs::symlink_metadata(&file).await.is_ok() {
        return Err(unwritable(&"it exists"));
    }
    Ok(file)
}

/// Directories of the operating system; their files are not for a controller.
const SYSTEM_DIRECTORIES: [&str; 6] = ["/etc", "/proc", "/sys", "/dev", "/boot", "/var/lib/juju-mcp"];

/// Checks that a file may be sent to a controller: an assistant that was talked into it must not send a key.
fn check_location(file: &Path, roots: &[PathBuf]) -> Result<(), Failure> {
    let shown = file.display();
    if !roots.is_empty() {
        let is_below = |root: &PathBuf| root.canonicalize().is_ok_and(|root| file.starts_with(root));
        return if roots.iter().any(is_below) {
            Ok(())
        } else {
            Err(Failure::refused(
                format!("`{shown}` is in none of the directories of `--file-root`"),
                "copy the file to one of them, or send it with the juju client",
            ))
        };
    }
    let is_hidden = file.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    if is_hidden || SYSTEM_DIRECTORIES.iter().any(|directory| file.starts_with(directory)) {
        return Err(Failure::refused(
            format!("`{shown}` is hidden or a file of the system, and may hold keys"),
            "copy the file to a directory of the project, send it with the juju client, or start `juju-mcp stdio` with `--file-root DIR`",
        ));
    }
    Ok(())
}

fn unreadable(path: &str, cause: &dyn std::fmt::Display) -> Failure {
    Failure::refused(format!("cannot read `{path}`: {cause}"), "give the path of a file that you can read")
}

/// The used members of `metadata.yaml`.
#[derive(serde::Deserialize)]
struct MetadataYaml {
    name: String,
    #[serde(default)]
    subordinate: bool,
    #[serde(default)]
    resources: std::collections::BTreeMap<String, ResourceYaml>,
}

#[derive(serde::Deserialize)]
struct ResourceYaml {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    filename: String,
    #[serde(default)]
    description: String,
}

impl MetadataYaml {
    fn into_meta(self) -> CharmMeta {
        let resource = |(name, metadata): (String, ResourceYaml)| {
            let meta = CharmResourceMeta {
                name: name.clone(),
                kind: metadata.kind,
                path: metadata.filename,
                description: metadata.description,
            };
            (name, meta)
        };
        CharmMeta {
            name: self.name,
            subordinate: self.subordinate,
            resources: self.resources.into_iter().map(resource).collect(),
            ..CharmMeta::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_may_hold_keys_are_not_sent_whatever_their_path_is() {
        for (file, is_sent) in [
            ("/home/ana/project/web.charm", true),
            ("/srv/charms/web.charm", true),
            ("/home/ana/.ssh/id_rsa", false),
            ("/home/ana/.local/share/juju/accounts.yaml", false),
            ("/home/ana/project/.env", false),
            ("/etc/shadow", false),
            ("/proc/self/environ", false),
            ("/var/lib/juju-mcp/ledger.key", false),
        ] {
            assert_eq!(check_location(Path::new(file), &[]).is_ok(), is_sent, "{file}");
        }
        let folder = std::env::temp_dir().join(format!("juju-mcp-roots-{}", std::process::id()));
        let (root, other) = (folder.join("root"), folder.join("other"));
        for directory in [&root, &other] {
            std::fs::create_dir_all(directory).expect("a folder");
            std::fs::write(directory.join("id_rsa"), "key").expect("written");
        }
        std::os::unix::fs::symlink(other.join("id_rsa"), root.join("link.charm")).expect("a link");
        let roots = [root.clone()];
        let checked = |path: PathBuf| check_location(&path.canonicalize().expect("a file"), &roots);
        assert!(checked(root.join("id_rsa")).is_ok() && checked(root.join(".//id_rsa")).is_ok());
        for path in [other.join("id_rsa"), root.join("link.charm"), root.join("../other/id_rsa")] {
            assert!(checked(path.clone()).is_err(), "{}", path.display());
        }
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
