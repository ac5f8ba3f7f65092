//! Encoding of requests to the provider and reading of its responses.

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tracing::{Instrument as _, field::Empty, info_span};

use super::ProviderUnavailable;

/// Longer responses of the provider are not read.
const MAX_RESPONSE_BYTES: usize = 512 * 1024;

/// Logs a transport error, without the URL, which may contain a token.
pub(super) fn unavailable(error: reqwest::Error) -> ProviderUnavailable {
    tracing::error!(error = %error.without_url(), "the identity provider does not respond");
    ProviderUnavailable
}

/// Sends a request to the provider. Its exported span has method, host and path, but no query, header or body, which may contain tokens.
pub(super) async fn send(request: RequestBuilder) -> Result<Response, ProviderUnavailable> {
    let (client, request) = request.build_split();
    let request = request.map_err(unavailable)?;
    let span = info_span!(
        target: "otlp_span",
        "identity request",
        otel.kind = "client",
        otel.name = format!("{} {}", request.method(), request.url().path()),
        http.request.method = request.method().as_str(),
        server.address = request.url().host_str(),
        url.path = request.url().path(),
        http.response.status_code = Empty,
        error.type = Empty,
    );
    let response = client.execute(request).instrument(span.clone()).await;
    match &response {
        Ok(response) => {
            span.record("http.response.status_code", response.status().as_u16());
            if !response.status().is_success() {
                span.record("error.type", response.status().as_str());
            }
        }
        Err(_) => {
            span.record("error.type", "unavailable");
        }
    }
    response.map_err(unavailable)
}

/// Reads the JSON body of a response up to [`MAX_RESPONSE_BYTES`].
pub(super) async fn read_json(mut response: Response) -> Result<Value, ProviderUnavailable> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > MAX_RESPONSE_BYTES {
            return Err(ProviderUnavailable);
        }
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).map_err(|_| ProviderUnavailable)
}

/// RFC 6749 section 2.3.1: client id and secret are form-encoded in the `Authorization` header.
pub(super) fn form_encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_encode_escapes_special_characters() {
        assert_eq!(form_encode("a:b c%ü"), "a%3Ab+c%25%C3%BC");
    }
}
