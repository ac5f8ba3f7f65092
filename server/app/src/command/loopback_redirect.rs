//! A listener on loopback that receives the one redirect of a browser sign-in (RFC 8252 section 7.3).

use identity::oauth::AuthorizationResponse;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::failure::Failure;

/// Path of the redirect URI.
const PATH: &str = "/callback";
/// Longest request head that is read.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// What the browser shows.
const PAGE: &str = "<!doctype html><html lang=\"en\"><title>juju-mcp</title><p>You can close this page and return to the terminal.</p></html>";

/// The listener.
pub(super) struct LoopbackRedirect {
    listener: TcpListener,
    uri: String,
}

impl LoopbackRedirect {
    /// Listens on a free port; providers accept any port of a loopback redirect URI.
    pub(super) async fn listen() -> Result<Self, Failure> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.map_err(Failure::failed)?;
        let uri = format!("http://{}{PATH}", listener.local_addr().map_err(Failure::failed)?);
        Ok(Self { listener, uri })
    }

    /// The redirect URI.
    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    /// Waits for the redirect. Other requests, such as for an icon, receive 404.
    pub(super) async fn response(self) -> Result<AuthorizationResponse, Failure> {
        loop {
            let (mut stream, _) = self.listener.accept().await.map_err(Failure::failed)?;
            let Some(target) = read_target(&mut stream).await else { continue };
            match parse(&target) {
                Some(response) => {
                    answer(&mut stream, "200 OK", PAGE).await;
                    return Ok(response);
                }
                None => answer(&mut stream, "404 Not Found", "").await,
            }
        }
    }
}

/// The target of a `GET` request.
async fn read_target(stream: &mut TcpStream) -> Option<String> {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&part[..read]);
        if head.len() > MAX_HEAD_BYTES {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    (words.next()? == "GET").then(|| words.next().map(str::to_owned)).flatten()
}

/// The response in the query of the redirect.
fn parse(target: &str) -> Option<AuthorizationResponse> {
    let url = reqwest::Url::parse(&format!("http://127.0.0.1{target}")).ok().filter(|url| url.path() == PATH)?;
    let mut response = AuthorizationResponse::default();
    for (name, value) in url.query_pairs() {
        let value = Some(value.into_owned());
        match &*name {
            "code" => response.code = value,
            "state" => response.state = value,
            "iss" => response.iss = value,
            "error" => response.error = value,
            _ => {}
        }
    }
    response.state.is_some().then_some(response)
}

async fn answer(stream: &mut TcpStream, status: &str, page: &str) {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        page.len()
    );
    // the browser that goes away has sent everything that is needed
    let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirect_is_read_from_its_own_path_only() {
        let found = parse("/callback?code=a%2Bb&state=s&iss=https%3A%2F%2Fid.example&scope=x").expect("a response");
        assert_eq!((found.code.as_deref(), found.state.as_deref()), (Some("a+b"), Some("s")));
        assert_eq!((found.iss.as_deref(), found.error), (Some("https://id.example"), None));
        for other in ["/favicon.ico", "/callback", "/callback?code=a", "/?code=a&state=s", "callback?state=s"] {
            assert!(parse(other).is_none(), "{other}");
        }
    }
}
