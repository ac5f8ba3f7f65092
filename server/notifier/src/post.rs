//! One request to a receiver, and what its response means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{StatusCode, header};
use serde_json::Value;
use sha2::Sha256;

use crate::{Receiver, ReceiverKind, request_failure::describe};

/// Maximum delay that a receiver can ask for.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(1);
/// Header with the time of a signature, in seconds since 1970.
const TIMESTAMP: &str = "x-juju-mcp-timestamp";
/// Header with the signature of `timestamp.body`: HMAC-SHA-256 (RFC 2104) in hexadecimal digits.
const SIGNATURE: &str = "x-juju-mcp-signature";
/// Header that is equal for a message that is sent again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What a receiver has done with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Response {
    /// It has accepted the message.
    Accepted,
    /// It will never accept this message.
    Rejected(String),
    /// It can accept the message later.
    Failed {
        /// Why, without secrets.
        problem: String,
        /// The delay that it asks for.
        retry_after: Option<Duration>,
    },
}

/// Sends a body to a receiver.
pub(crate) async fn post(receiver: &Receiver, body: &Value, key: &str, now: DateTime<Utc>) -> Response {
    let body = body.to_string();
    let url = match receiver.kind {
        ReceiverKind::Alertmanager { .. } => format!("{}/api/v2/alerts", receiver.url.trim_end_matches('/')),
        ReceiverKind::Chat => receiver.url.clone(),
    };
    let mut request = receiver.client.post(url).header(header::CONTENT_TYPE, "application/json");
    request = request.header(IDEMPOTENCY_KEY, key);
    if let Some(token) = &receiver.token {
        request = request.bearer_auth(token);
    }
    if let Some(signing_key) = &receiver.signing_key {
        let timestamp = now.timestamp().to_string();
        let signature = sign(signing_key, &timestamp, &body);
        request = request.header(TIMESTAMP, timestamp).header(SIGNATURE, signature);
    }
    match request.body(body).send().await {
        Ok(response) => {
            let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            classify(response.status(), retry_after)
        }
        // the text of the error has the URL, which may have a token in its path
        Err(error) => Response::Failed { problem: describe(&error.without_url()), retry_after: None },
    }
}

/// What a status means. Only those that are about the message itself reject it: a wrong token or path can be corrected.
fn classify(status: StatusCode, retry_after: Option<&str>) -> Response {
    if status.is_success() {
        return Response::Accepted;
    }
    let problem = format!("it answered {status}");
    if matches!(status.as_u16(), 400 | 413 | 415 | 422) {
        return Response::Rejected(problem);
    }
    let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
    Response::Failed { problem, retry_after: retry_after.map(|delay| delay.min(MAX_RETRY_AFTER)) }
}

/// The signature of a message.
fn sign(key: &str, timestamp: &str, body: &str) -> String {
    // HMAC accepts keys of any length
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_equals_the_one_of_another_implementation() {
        // printf '1700000000.{"text":"x"}' | openssl dgst -sha256 -hmac key
        let expected = "sha256=4536e1d99657625a6450cffaf320abafeb2707f9f4aa50853fc14b45e64c9dd6";
        assert_eq!(sign("key", "1700000000", r#"{"text":"x"}"#), expected);
    }

    #[test]
    fn status_about_the_message_rejects_it_and_others_do_not() {
        for (status, rejects) in
            [(400, true), (413, true), (422, true), (401, false), (404, false), (429, false), (500, false)]
        {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(matches!(classify(status, None), Response::Rejected(_)), rejects, "{status}");
        }
        let limited = classify(StatusCode::TOO_MANY_REQUESTS, Some("999999"));
        assert!(matches!(limited, Response::Failed { retry_after: Some(MAX_RETRY_AFTER), .. }), "{limited:?}");
    }
}
