//! Which names the server answers under (`Host`) and which web pages may call it (`Origin`).
//!
//! Without these checks a web page could reach a server on loopback by pointing its own name there.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{Refusal, Settings, cors};

/// The two allow-lists, read once.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    hosts: Vec<(String, Option<u16>)>,
    origins: Vec<Allowed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Allowed {
    scheme: String,
    host: String,
    /// `None` takes every port.
    port: Option<u16>,
}

impl Guard {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            hosts: settings.allowed_hosts.iter().filter_map(|name| authority(name)).collect(),
            origins: settings.allowed_origins.iter().filter_map(|origin| allowed(origin)).collect(),
        }
    }

    /// # Errors
    /// [`Refusal::BadHost`], [`Refusal::HostNotAllowed`], [`Refusal::OriginNotAllowed`].
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let (host, port) = requested(uri, headers).ok_or(Refusal::BadHost)?;
        let listed = self.hosts.iter().any(|(name, only)| *name == host && only.is_none_or(|only| port == Some(only)));
        if !listed {
            return Err(Refusal::HostNotAllowed(host));
        }
        match headers.get(header::ORIGIN) {
            None => Ok(()),
            Some(value) => {
                let text = String::from_utf8_lossy(value.as_bytes());
                if self.knows_origin(&text, &host, port) {
                    Ok(())
                } else {
                    Err(Refusal::OriginNotAllowed(text.into_owned()))
                }
            }
        }
    }

    /// A page that this server itself gave out passes, because its name has just been checked.
    fn knows_origin(&self, origin: &str, own_host: &str, own_port: Option<u16>) -> bool {
        let Some((scheme, host, port)) = split_origin(origin) else { return false };
        let usual = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => return false,
        };
        let port = port.or(usual);
        if host == own_host && port == own_port.or(usual) {
            return true;
        }
        self.origins.iter().any(|known| {
            known.scheme == scheme && known.host == host && known.port.is_none_or(|only| port == Some(only))
        })
    }
}

/// Middleware: refuses what the guard does not know.
pub(crate) async fn check(State(guard): State<std::sync::Arc<Guard>>, request: Request, next: Next) -> Response {
    match guard.check(request.uri(), request.headers()) {
        Ok(()) => {
            if let Some(answer) = cors::preflight(request.method(), request.headers()) {
                return answer;
            }
            let origin = request.headers().get(header::ORIGIN).cloned();
            let mut response = next.run(request).await;
            if let Some(origin) = origin {
                cors::allow(&mut response, origin);
            }
            response
        }
        Err(refusal) => {
            tracing::warn!(%refusal, "turned away");
            refusal.into_response()
        }
    }
}

/// Whether a request names this machine itself and was not passed on by a proxy.
pub(crate) fn names_loopback(uri: &Uri, headers: &HeaderMap) -> bool {
    let forwarded = headers.contains_key(header::FORWARDED) || headers.contains_key("x-forwarded-for");
    !forwarded
        && requested(uri, headers).is_some_and(|(host, _)| matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1"))
}

/// HTTP/2 carries the name in the request line, HTTP/1.1 in `Host`. More than one `Host` is malformed.
fn requested(uri: &Uri, headers: &HeaderMap) -> Option<(String, Option<u16>)> {
    let mut named = headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
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
    Some((plain(authority.host()), authority.port_u16()))
}

fn plain(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
}

fn split_origin(origin: &str) -> Option<(String, String, Option<u16>)> {
    let (scheme, rest) = origin.trim().split_once("://")?;
    let (host, port) = authority(rest)?;
    Some((scheme.to_ascii_lowercase(), host, port))
}

fn allowed(entry: &str) -> Option<Allowed> {
    let entry = entry.trim();
    if let Some(base) = entry.strip_suffix(":*") {
        let (scheme, host, _) = split_origin(base)?;
        return Some(Allowed { scheme, host, port: None });
    }
    let (scheme, host, port) = split_origin(entry)?;
    let port = port.or(if scheme == "https" { Some(443) } else { Some(80) });
    Some(Allowed { scheme, host, port })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn judged(settings: &Settings, host: &str, origin: Option<&str>) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        Guard::new(settings).check(&Uri::from_static("/mcp"), &headers)
    }

    #[test]
    fn loopback_names_pass_with_any_port() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:9", "[::1]"] {
            assert_eq!(judged(&Settings::default(), host, None), Ok(()), "{host}");
        }
    }

    #[test]
    fn other_names_are_refused() {
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "user@localhost"] {
            assert!(judged(&Settings::default(), host, None).is_err(), "{host}");
        }
    }

    #[test]
    fn a_listed_port_is_the_only_port() {
        let settings = Settings { allowed_hosts: vec!["mcp.example:443".to_owned()], ..Settings::default() };
        assert_eq!(judged(&settings, "mcp.example:443", None), Ok(()));
        assert!(judged(&settings, "mcp.example:444", None).is_err());
    }

    #[test]
    fn only_the_own_origin_passes_by_default() {
        for origin in ["http://localhost:3000", "null", "", "http://evil.example", "file://localhost"] {
            assert!(judged(&Settings::default(), "localhost:8080", Some(origin)).is_err(), "{origin}");
        }
        assert_eq!(judged(&Settings::default(), "localhost:8080", Some("http://localhost:8080")), Ok(()));
    }

    #[test]
    fn origins_match_scheme_host_and_port() {
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
            assert_eq!(judged(&settings, "localhost", Some(origin)).is_ok(), passes, "{origin}");
        }
    }

    #[test]
    fn two_hosts_are_malformed() {
        let mut headers = HeaderMap::new();
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("evil.example"));
        assert_eq!(Guard::new(&Settings::default()).check(&Uri::from_static("/"), &headers), Err(Refusal::BadHost));
    }
}
