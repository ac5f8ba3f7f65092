//! A headless browser: cookies, forms and responses.

use std::{collections::BTreeMap, net::SocketAddr};

use crate::raw_http::{Request, Response};

/// One person's browser.
pub struct Browser {
    address: SocketAddr,
    /// Cookies by name; their attributes are in the responses.
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser without cookies.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    /// Requests a page. The caller follows redirects.
    pub async fn open(&mut self, path: &str) -> Response {
        self.send(Request::new("GET", path)).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Response {
        self.send(form(path, fields)).await
    }

    /// Sends a request with the cookies, and stores those of the response.
    ///
    /// # Panics
    /// If the server does not respond.
    pub async fn send(&mut self, request: Request) -> Response {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header("cookie", &cookies.join("; ")) };
        let answer = request.send(self.address).await.expect("an answer");
        for set in answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value) {
            let pair = set.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if set.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Signs in with a static token and returns the response to the form.
    pub async fn sign_in(&mut self, token: &str) -> Response {
        let page = self.open("/console/sign-in").await;
        self.post("/console/sign-in", &[("token", token), ("form", &field(&page.body, "form"))]).await
    }
}

/// The request that submits a form.
#[must_use]
pub fn form(path: &str, fields: &[(&str, &str)]) -> Request {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    Request::new("POST", path).header("content-type", "application/x-www-form-urlencoded").body(pairs.join("&"))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The value of a hidden field of a page.
///
/// # Panics
/// If the page has no such field.
#[must_use]
pub fn field(page: &str, name: &str) -> String {
    let after = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    after.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no field `{name}` in {page}")).to_owned()
}

/// The value of a header; empty if absent.
#[must_use]
pub fn header<'answer>(answer: &'answer Response, name: &str) -> &'answer str {
    answer.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}
