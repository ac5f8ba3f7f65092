//! A charm in a local file: reads its metadata and uploads it.

use std::io::{Cursor, Read};

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
        format!("`{name}` is a bundle, and this tool deploys single charms"),
        "deploy its charms one by one and relate them with juju_integrate, or use `juju deploy` of the client",
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
    readable(target, path).await?;
    tokio::fs::read(path).await.map_err(|cause| unreadable(path, &cause))
}

/// Whether a file that the user named can be sent. This is the only place that lets a file be read for a caller.
///
/// # Errors
/// [`Failure`] over HTTP, where the path would be one of the server's disk, and where the file cannot be read.
pub(super) async fn readable(target: &ResolvedTarget, path: &str) -> Result<(), Failure> {
    if target.controllers().own_files().is_none() {
        return Err(Failure::refused(
            format!("files cannot be read over HTTP, because they would be files of the server: {path}"),
            "name a charm of Charmhub, or give the file through `juju-mcp stdio` or the juju client",
        ));
    }
    let found = tokio::fs::metadata(path).await.map_err(|cause| unreadable(path, &cause))?;
    if !found.is_file() || found.len() > LIMIT_BYTES {
        return Err(unreadable(path, &"it is no file, or larger than 512 MiB"));
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
