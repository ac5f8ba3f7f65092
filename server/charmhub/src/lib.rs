//! Client of Charmhub, the store of charms and bundles: it sends the requests that the Juju client 3.6 sends for `juju find`,
//! `juju info` and `juju download` (`charmhub/*.go`).
//!
//! It sends no credential. Names go into paths, so [`check_name`] is strict. Responses have a limit, and the content of a download is
//! compared with the SHA-256 that the store names.

mod error;
mod response;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use form_urlencoded::Serializer;
use reqwest::{Client, RequestBuilder, StatusCode, header::ACCEPT};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;

pub use error::Error;
use response::{Actions, FindResults};
pub use response::{
    ApiError, Base, Category, Channel, ChannelMap, Charm, Download, Entity, Found, Info, Package, Release, Resource,
    Revision,
};

/// The store of Canonical.
pub const DEFAULT_URL: &str = "https://api.charmhub.io";
/// Longest description that is read, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;
/// Largest charm or bundle that is downloaded, in bytes.
pub const MAX_DOWNLOAD_BYTES: u64 = 512 * 1024 * 1024;
/// Longest name of a charm or bundle.
const MAX_NAME_CHARS: usize = 100;

/// Members of a found package that are requested.
const FIND_FIELDS: &str = "result.publisher.display-name,result.summary,result.store-url,default-release.revision.bases.architecture,\
default-release.revision.bases.name,default-release.revision.bases.channel,default-release.revision.version";
/// Members of a described package that are requested.
const INFO_FIELDS: &str = "result.categories.featured,result.categories.name,result.contains-charms.name,\
result.contains-charms.package-id,result.contains-charms.store-url,result.description,result.license,result.publisher.display-name,\
result.store-url,result.summary,default-release.revision.download.size,default-release.revision.config-yaml,\
default-release.revision.metadata-yaml,default-release.revision.bundle-yaml,default-release.revision.bases.architecture,\
default-release.revision.bases.name,default-release.revision.bases.channel,default-release.revision.revision,\
default-release.revision.version,default-release.channel.name,default-release.channel.base.architecture,\
default-release.channel.base.name,default-release.channel.base.channel,default-release.channel.released-at,\
default-release.channel.risk,default-release.channel.track,channel-map.revision.download.size,channel-map.revision.created-at,\
channel-map.revision.bases.architecture,channel-map.revision.bases.name,channel-map.revision.bases.channel,\
channel-map.revision.revision,channel-map.revision.version,channel-map.channel.name,channel-map.channel.base.architecture,\
channel-map.channel.base.name,channel-map.channel.base.channel,channel-map.channel.released-at,channel-map.channel.risk,\
channel-map.channel.track";
/// Members of a package that is installed or downloaded.
const REFRESH_FIELDS: [&str; 14] = [
    "download",
    "id",
    "license",
    "name",
    "publisher",
    "resources",
    "revision",
    "summary",
    "type",
    "version",
    "bases",
    "config-yaml",
    "metadata-yaml",
    "created-at",
];

/// A client of one store.
#[derive(Debug, Clone)]
pub struct Charmhub {
    url: String,
    client: Arc<ClientSource>,
}

/// The HTTP client, built for the first request: it reads the certificates of the system, which most servers never need.
struct ClientSource {
    build: Box<dyn Fn() -> Result<Client, String> + Send + Sync>,
    client: OnceLock<Client>,
}

impl fmt::Debug for ClientSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(formatter)
    }
}

/// What `find` looks for; an empty text restricts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words.
    pub text: String,
    /// Name of a category.
    pub category: String,
    /// A channel, `latest/stable`.
    pub channel: String,
    /// `charm` or `bundle`.
    pub kind: String,
    /// Name of a publisher.
    pub publisher: String,
}

/// What is to be downloaded: the newest revision in a channel for a base, or one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A channel, and the base on which the charm is to run.
    Channel {
        /// `latest/stable`.
        channel: String,
        /// Its base and architecture.
        base: Base,
    },
    /// The revision with this number.
    Revision(i64),
}

impl Charmhub {
    /// A client of the store at `url`; `build` returns an HTTP client with the timeouts, the trusted authorities and the proxy, or why
    /// there is none. It is called for the first request.
    #[must_use]
    pub fn new(url: &str, build: impl Fn() -> Result<Client, String> + Send + Sync + 'static) -> Self {
        let client = ClientSource { build: Box::new(build), client: OnceLock::new() };
        Self { url: url.trim_end_matches('/').to_owned(), client: Arc::new(client) }
    }

    fn client(&self) -> Result<&Client, Error> {
        if let Some(client) = self.client.client.get() {
            return Ok(client);
        }
        let client = (self.client.build)().map_err(Error::Client)?;
        Ok(self.client.client.get_or_init(|| client))
    }

    /// The URL of the store.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Charms and bundles that match a query; the store's own choice where the query is empty.
    ///
    /// # Errors
    /// [`Error`] where the store cannot be reached or refuses the query.
    pub async fn find(&self, query: &Query) -> Result<Vec<Found>, Error> {
        let parameters = [
            ("q", query.text.as_str()),
            ("fields", FIND_FIELDS),
            ("category", &query.category),
            ("channel", &query.channel),
            ("type", &query.kind),
            ("publisher", &query.publisher),
        ];
        let reply: FindResults = self.get("/v2/charms/find", &parameters).await?;
        check(&reply.error_list)?;
        Ok(reply.results)
    }

    /// The description of a charm or bundle with all its channels.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the store has no such name, otherwise as [`Self::find`].
    pub async fn info(&self, name: &str) -> Result<Info, Error> {
        let name = check_name(name)?;
        let info: Info = self.get(&format!("/v2/charms/info/{name}"), &[("fields", INFO_FIELDS)]).await?;
        check(&info.error_list).map_err(|error| error.or_not_found(name))?;
        if !matches!(info.kind.as_str(), "charm" | "bundle") {
            return Err(Error::Unexpected(format!("`{name}` is of the kind `{}`", info.kind)));
        }
        Ok(info)
    }

    /// The package that the store would install for `wanted`, with the URL of its content.
    ///
    /// # Errors
    /// [`Error::NotFound`] where the store has no such name, [`Error::Refused`] with the releases that there are where it has no such
    /// channel, base or revision.
    pub async fn resolve(&self, name: &str, wanted: &Wanted) -> Result<Package, Error> {
        let name = check_name(name)?;
        let mut action = json!({"action": "install", "instance-key": "juju-mcp", "name": name});
        match wanted {
            Wanted::Channel { channel, base } => {
                action["channel"] = json!(channel);
                action["base"] = json!(base);
            }
            Wanted::Revision(number) => {
                action["revision"] = json!(number);
                action["base"] = Value::Null;
            }
        }
        let body = json!({"context": [], "actions": [action], "fields": REFRESH_FIELDS});
        let request = self.client()?.post(format!("{}/v2/charms/refresh", self.url)).json(&body);
        let reply: Actions = self.exchange(request).await?;
        check(&reply.error_list).map_err(|error| error.or_not_found(name))?;
        let missing = || Error::NotFound(name.to_owned());
        let result = reply.results.into_iter().next().ok_or_else(missing)?;
        match (result.error, result.charm) {
            (Some(error), _) if error.code == "name-not-found" => Err(missing()),
            (Some(error), _) => Err(Error::Refused(error)),
            (None, Some(package)) => Ok(package),
            (None, None) => Err(Error::Unexpected("a result without a package".to_owned())),
        }
    }

    /// Writes the content of a download into a new file, and checks its hash; nothing is left of a content that does not have it.
    ///
    /// # Errors
    /// [`Error::Write`] where the file exists or cannot be written, [`Error::Hash`] where the content is another one.
    pub async fn download(&self, download: &Download, file: &Path) -> Result<u64, Error> {
        let same_store = download.url.starts_with(&format!("{}/", self.url));
        if !same_store && !download.url.starts_with("https://") {
            return Err(Error::Unexpected("the address of a download is not one of https".to_owned()));
        }
        let mut handle = tokio::fs::File::create_new(file).await.map_err(|cause| Error::write(file, &cause))?;
        let received = self.receive(download, file, &mut handle).await;
        if received.is_err() {
            drop(handle);
            // the first failure is the one to report
            let _ = tokio::fs::remove_file(file).await;
        }
        received
    }

    async fn receive(&self, download: &Download, file: &Path, handle: &mut tokio::fs::File) -> Result<u64, Error> {
        let request = self.client()?.get(&download.url);
        let mut response = request.send().await.map_err(|cause| self.unreachable(&cause))?;
        if !response.status().is_success() {
            return Err(Error::Unexpected(format!("a download is answered with the status {}", response.status())));
        }
        let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
        while let Some(part) = response.chunk().await.map_err(|cause| self.unreachable(&cause))? {
            bytes = bytes.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
            if bytes > MAX_DOWNLOAD_BYTES {
                return Err(Error::Unexpected("the content is larger than 512 MiB".to_owned()));
            }
            hash.update(&part);
            handle.write_all(&part).await.map_err(|cause| Error::write(file, &cause))?;
        }
        handle.flush().await.map_err(|cause| Error::write(file, &cause))?;
        let found = hex::encode(hash.finalize());
        if found == download.hash_sha_256 {
            return Ok(bytes);
        }
        Err(Error::Hash { expected: download.hash_sha_256.clone(), found })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, &str)]) -> Result<T, Error> {
        let given = parameters.iter().filter(|(_, value)| !value.trim().is_empty());
        let query = Serializer::new(String::new()).extend_pairs(given).finish();
        self.exchange(self.client()?.get(format!("{}{path}?{query}", self.url))).await
    }

    /// The response of the store as JSON; errors of the store are JSON too.
    async fn exchange<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = request.header(ACCEPT, "application/json").send().await;
        let mut response = response.map_err(|cause| self.unreachable(&cause))?;
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(Error::Busy { url: self.url.clone(), status: status.as_u16() });
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|cause| self.unreachable(&cause))? {
            if body.len().saturating_add(part.len()) > MAX_RESPONSE_BYTES {
                return Err(Error::Unexpected("the response is larger than 16 MiB".to_owned()));
            }
            body.extend_from_slice(&part);
        }
        serde_json::from_slice(&body).map_err(|cause| {
            tracing::debug!(%cause, %status, "a response of Charmhub has another form");
            Error::Unexpected(format!("the response with the status {status} is not that of a store"))
        })
    }

    fn unreachable(&self, cause: &reqwest::Error) -> Error {
        let mut source: &dyn std::error::Error = cause;
        while let Some(next) = source.source() {
            source = next;
        }
        let reason = if cause.is_timeout() { "timed out".to_owned() } else { source.to_string() };
        Error::Unreachable { url: self.url.clone(), reason }
    }
}

fn check(errors: &[ApiError]) -> Result<(), Error> {
    errors.first().map_or(Ok(()), |error| Err(Error::Refused(error.clone())))
}

/// The name of a charm or bundle without the scheme `ch:`.
///
/// # Errors
/// [`Error::Name`] for what is no name in the store.
pub fn check_name(name: &str) -> Result<&str, Error> {
    let bare = name.strip_prefix("ch:").unwrap_or(name);
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let fits = bare.starts_with(|first: char| first.is_ascii_lowercase())
        && bare.bytes().all(is_letter)
        && bare.len() <= MAX_NAME_CHARS
        && !bare.ends_with('-');
    if fits { Ok(bare) } else { Err(Error::Name(name.chars().take(MAX_NAME_CHARS).collect())) }
}
