//! Bodies of responses: read within a limit, and the words of an error in them.

use reqwest::Response;
use serde_json::Value;

/// Longest text of an error that is shown, in characters.
const MAX_MESSAGE_CHARS: usize = 600;

/// Why a body could not be read.
pub(crate) enum BodyError {
    TooLarge,
    Broken(reqwest::Error),
}

/// The whole body, if it is no larger than the limit.
pub(crate) async fn read_body(mut response: Response, limit: usize) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The words of an error: the member `error` or `message` of a JSON object, else the text.
pub(crate) fn error_message(body: &[u8]) -> String {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    let member = |name: &str| value.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let text = member("error").or_else(|| member("message"));
    let text = text.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    let text = text.trim();
    if text.is_empty() { "no reason given".to_owned() } else { text.chars().take(MAX_MESSAGE_CHARS).collect() }
}
