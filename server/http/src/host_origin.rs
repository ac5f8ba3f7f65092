//! Checks `Host` and `Origin` against allow-lists.
//!
//! Without these checks a web page could reach a server on loopback by DNS rebinding.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Method, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use parking_lot::Mutex;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{HttpError, Settings};

/// Longest part of a refused host or origin that responses and the log repeat, in characters.
const MAX_SHOWN_CHARS: usize = 100;
/// Time between two log lines about refused hosts and origins, which a peer can cause without a token.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// The two allow-lists, parsed.
#[derive(Debug, Clone)]
pub(crate) struct HostOriginPolicy {
    refusals: Arc<Mutex<RefusalLog>>,
    hosts: Vec<(String, Option<u16>)>,
    origins: Vec<AllowedOrigin>,
    /// Whether pages of this machine may call the server by a loopback name.
    local_pages: bool,
    /// The origin of the server's public URL.
    public: Option<AllowedOrigin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedOrigin {
    scheme: String,
    host: String,
    /// `None`: every port.
    port: Option<u16>,
}

/// The refusals that the log does not have yet.
#[derive(Debug, Default)]
struct RefusalLog {
    logged: Option<Instant>,
    omitted: u64,
}

impl RefusalLog {
    /// The number of refusals before this one that no line is about; `None` if this one gets no line either.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if self.logged.is_some_and(|logged| now.saturating_duration_since(logged) < LOG_INTERVAL) {
            self.omitted = self.omitted.saturating_add(1);
            return None;
        }
        self.logged = Some(now);
        Some(std::mem::take(&mut self.omitted))
    }
}

/// The beginning of a text from a peer without a token.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl HostOriginPolicy {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            refusals: Arc::default(),
            hosts: settings.allowed_hosts.iter().filter_map(|name| authority(name)).collect(),
            origins: settings.allowed_origins.iter().filter_map(|origin| parse_allowed_origin(origin)).collect(),
            local_pages: false,
            public: settings.public_url.as_deref().and_then(public_origin),
        }
    }

    /// Accepts pages of this machine too, if the server listens on loopback. Not for routes that authenticate by cookie: a browser
    /// sends the cookies of one port to all ports.
    pub(crate) fn with_local_pages(self, settings: &Settings) -> Self {
        Self { local_pages: settings.local_pages, ..self }
    }

    /// Whether the server is reached by loopback names only, so that no proxy forwards requests of other machines to it.
    pub(crate) fn has_loopback_names_only(&self) -> bool {
        let is_public = |origin: &AllowedOrigin| !is_loopback_name(&origin.host);
        self.hosts.iter().all(|(name, _)| is_loopback_name(name)) && !self.public.as_ref().is_some_and(is_public)
    }

    /// # Errors
    /// [`HttpError::BadHost`], [`HttpError::HostNotAllowed`], [`HttpError::OriginNotAllowed`].
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), HttpError> {
        let (host, port) = requested_host(uri, headers).ok_or(HttpError::BadHost)?;
        let allowed = self.hosts.iter().any(|(name, only)| *name == host && only.is_none_or(|only| port == Some(only)));
        if !allowed {
            return Err(HttpError::HostNotAllowed(shorten(&host)));
        }
        match headers.get(header::ORIGIN) {
            None => Ok(()),
            Some(value) => {
                let text = String::from_utf8_lossy(value.as_bytes());
                if self.is_allowed_origin(&text, &host, port) {
                    Ok(())
                } else {
                    Err(HttpError::OriginNotAllowed(shorten(&text)))
                }
            }
        }
    }

    /// The server's own origin passes, because its host name has just been checked.
    fn is_allowed_origin(&self, origin: &str, own_host: &str, own_port: Option<u16>) -> bool {
        let Some((scheme, host, port)) = split_origin(origin) else { return false };
        let default_port = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => return false,
        };
        let port = port.or(default_port);
        // a page of the same host with another scheme is not the server's own, which only its public URL shows behind a TLS proxy
        let has_own_scheme = self.public.as_ref().is_none_or(|public| public.host != host || public.scheme == scheme);
        if host == own_host && port == own_port.or(default_port) && has_own_scheme {
            return true;
        }
        if self.local_pages && is_loopback_name(&host) && is_loopback_name(own_host) {
            return true;
        }
        self.origins.iter().any(|known| {
            known.scheme == scheme && known.host == host && known.port.is_none_or(|only| port == Some(only))
        })
    }
}

/// The origin of a URL.
fn public_origin(url: &str) -> Option<AllowedOrigin> {
    let after_scheme = url.find("://")? + "://".len();
    let end = url[after_scheme..].find(['/', '?', '#']).map_or(url.len(), |at| after_scheme + at);
    let (scheme, host, port) = split_origin(&url[..end])?;
    Some(AllowedOrigin { scheme, host, port })
}

/// Middleware: refuses requests with a `Host` or an `Origin` that is not allowed.
pub(crate) async fn check_host_and_origin(
    State(policy): State<Arc<HostOriginPolicy>>,
    request: Request,
    next: Next,
) -> Response {
    match policy.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => {
            if let Some(omitted) = policy.refusals.lock().admit(Instant::now()) {
                tracing::warn!(%error, omitted, "request refused");
            }
            error.into_response()
        }
    }
}

/// CORS for the origins that [`check_host_and_origin`] accepted, so it mirrors `Origin` without another check. Callers
/// authenticate with bearer tokens, so credentials (cookies) stay disallowed.
pub(crate) fn cors() -> CorsLayer {
    let name = HeaderName::from_static;
    CorsLayer::new()
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            name("last-event-id"),
            name("mcp-protocol-version"),
            name("mcp-session-id"),
            name("mcp-method"),
            name("mcp-name"),
            name("traceparent"),
            name("tracestate"),
            name("x-request-id"),
        ])
        .expose_headers([name("mcp-session-id"), header::WWW_AUTHENTICATE, header::RETRY_AFTER, name("x-request-id")])
        .max_age(Duration::from_mins(10))
        .vary([header::ORIGIN])
}

/// Whether the request addresses a loopback name and no proxy forwarded it.
pub(crate) fn is_loopback_request(uri: &Uri, headers: &HeaderMap) -> bool {
    let forwarded = headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
    !forwarded && requested_host(uri, headers).is_some_and(|(host, _)| is_loopback_name(&host))
}

/// Whether a host is this machine by its loopback name or address.
fn is_loopback_name(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// The host of a request: HTTP/2 sends it in the request line, HTTP/1.1 in `Host`. More than one `Host` is malformed.
fn requested_host(uri: &Uri, headers: &HeaderMap) -> Option<(String, Option<u16>)> {
    let mut values = headers.get_all(header::HOST).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => authority(value.to_str().ok()?),
        (None, _) => authority(uri.authority()?.as_str()),
        (Some(_), Some(_)) => None,
    }
}

fn authority(text: &str) -> Option<(String, Option<u16>)> {
    let text = text.trim();
    if let Ok(address) = text.parse::<std::net::Ipv6Addr>() {
        return Some((address.to_string(), None));
    }
    let authority: Authority = text.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    Some((normalize_host(authority.host()), authority.port_u16()))
}

fn normalize_host(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn split_origin(origin: &str) -> Option<(String, String, Option<u16>)> {
    let (scheme, rest) = origin.trim().split_once("://")?;
    let (host, port) = authority(rest)?;
    Some((scheme.to_ascii_lowercase(), host, port))
}

fn parse_allowed_origin(entry: &str) -> Option<AllowedOrigin> {
    let entry = entry.trim();
    if let Some(base) = entry.strip_suffix(":*") {
        let (scheme, host, _) = split_origin(base)?;
        return Some(AllowedOrigin { scheme, host, port: None });
    }
    let (scheme, host, port) = split_origin(entry)?;
    let port = port.or(if scheme == "https" { Some(443) } else { Some(80) });
    Some(AllowedOrigin { scheme, host, port })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(settings: &Settings, host: &str, origin: Option<&str>) -> Result<(), HttpError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        HostOriginPolicy::new(settings).check(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn loopback_hosts_pass_with_any_port() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:9", "[::1]"] {
            assert_eq!(check(&Settings::default(), host, None), Ok(()), "{host}");
        }
    }

    #[test]
    fn unlisted_hosts_are_refused() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "user@localhost"] {
            assert!(check(&Settings::default(), host, None).is_err(), "{host}");
        }
    }

    #[test]
    fn listed_port_excludes_other_ports() {
        let settings = Settings { allowed_hosts: vec!["mcp.example:443".to_owned()], ..Settings::default() };
        assert_eq!(check(&settings, "mcp.example:443", None), Ok(()));
        assert!(check(&settings, "mcp.example:444", None).is_err());
    }

    #[test]
    fn own_origin_alone_passes_by_default() {
        for origin in ["http://localhost:3000", "null", "", "http://evil.example", "file://localhost"] {
            assert!(check(&Settings::default(), "localhost:8080", Some(origin)).is_err(), "{origin}");
        }
        assert_eq!(check(&Settings::default(), "localhost:8080", Some("http://localhost:8080")), Ok(()));
    }

    #[test]
    fn own_host_with_another_scheme_than_the_public_url_is_refused() {
        let settings = Settings {
            allowed_hosts: vec!["mcp.example".to_owned()],
            public_url: Some("https://mcp.example/prefix".to_owned()),
            ..Settings::default()
        };
        assert_eq!(check(&settings, "mcp.example", Some("https://mcp.example")), Ok(()));
        assert!(check(&settings, "mcp.example", Some("http://mcp.example")).is_err());
        let unknown = Settings { public_url: None, ..settings };
        assert_eq!(check(&unknown, "mcp.example", Some("https://mcp.example")), Ok(()), "behind a TLS proxy");
    }

    #[test]
    fn origins_match_by_scheme_host_and_port() {
        let settings = Settings {
            allowed_origins: vec!["https://console.example".to_owned(), "http://localhost:*".to_owned()],
            ..Settings::default()
        };
        for (origin, passes) in [
            ("https://console.example", true),
            ("https://console.example:443", true),
            ("http://console.example", false),
            ("https://console.example:8443", false),
            ("http://localhost:6274", true),
            ("https://localhost:6274", false),
        ] {
            assert_eq!(check(&settings, "localhost", Some(origin)).is_ok(), passes, "{origin}");
        }
    }

    #[test]
    fn second_host_header_is_malformed() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert_eq!(
            HostOriginPolicy::new(&Settings::default()).check(&Uri::from_static("/"), &headers),
            Err(HttpError::BadHost)
        );
    }

    #[test]
    fn refused_host_and_origin_are_repeated_in_part_only() {
        let policy = HostOriginPolicy::new(&Settings::default());
        let headers =
            |name, value: String| HeaderMap::from_iter([(name, HeaderValue::from_str(&value).expect("plain"))]);
        let long = policy.check(&Uri::from_static("/mcp"), &headers(header::HOST, "a".repeat(7_000)));
        assert_eq!(long, Err(HttpError::HostNotAllowed(format!("{}...", "a".repeat(MAX_SHOWN_CHARS)))));
        let mut pair = headers(header::HOST, "localhost".to_owned());
        pair.extend(headers(header::ORIGIN, format!("https://{}", "b".repeat(7_000))));
        let Err(HttpError::OriginNotAllowed(shown)) = policy.check(&Uri::from_static("/mcp"), &pair) else {
            panic!("not allowed")
        };
        assert_eq!(shown.chars().count(), MAX_SHOWN_CHARS + 3);
    }

    #[test]
    fn refusal_log_has_one_line_a_second_and_counts_the_others() {
        let (mut log, start) = (RefusalLog::default(), Instant::now());
        assert_eq!(log.admit(start), Some(0));
        assert!((0..500).all(|_| log.admit(start).is_none()));
        assert_eq!(log.admit(start + LOG_INTERVAL), Some(500));
        assert_eq!(log.admit(start + LOG_INTERVAL), None);
    }
}
