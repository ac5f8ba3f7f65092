//! Uploads charms and resources to a controller over HTTPS (`api/client/charms`, `api/client/resources`).

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use juju_wire::{Code, RemoteError};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha384};

use crate::{
    Connection, authorization,
    error::{DisconnectReason, Error},
};

/// Timeout of one upload.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(10);

impl Connection {
    /// Uploads a charm, a zip archive, to the model under a URL such as `local:web-0`. Returns the URL from the controller,
    /// with a higher revision if the model already has such a charm.
    ///
    /// # Errors
    /// [`Error::UnknownOutcome`] if the reply is lost, or any other [`Error`] of a call.
    pub async fn upload_charm(&self, url: &str, archive: Vec<u8>) -> Result<String, Error> {
        let method = "upload of a charm";
        let sum = hex::encode(Sha256::digest(&archive));
        let name = url.trim_start_matches("local:").rsplit('/').next().unwrap_or_default();
        let name = match name.rsplit_once('-') {
            Some((name, revision)) if revision.bytes().all(|digit| digit.is_ascii_digit()) => name,
            _ => name,
        };
        let path = |uuid: &str| format!("/model-{uuid}/charms/{name}-{}", &sum[..7]);
        let headers = [("Content-Type", "application/zip"), ("Juju-Curl", url)];
        let response = self.put(method, path, &headers, archive).await?;
        let stored_url = response.headers().get("Juju-Curl").and_then(|url| url.to_str().ok());
        stored_url.map(str::to_owned).ok_or_else(|| Error::UnexpectedAnswer {
            controller: self.controller_name().to_owned(),
            method: method.to_owned(),
            cause: "it has no URL of the charm".to_owned(),
        })
    }

    /// Uploads a resource of an application. `file_name` is the name of the source file; `pending` is the id of the pending
    /// resource if the application does not exist yet or is being refreshed.
    ///
    /// # Errors
    /// [`Error::UnknownOutcome`] if the reply is lost, or any other [`Error`] of a call.
    pub async fn upload_resource(
        &self,
        application: &str,
        resource: &str,
        file_name: &str,
        pending: Option<&str>,
        content: Vec<u8>,
    ) -> Result<(), Error> {
        let sum = hex::encode(Sha384::digest(&content));
        let disposition = format!("form-data; filename={:?}", file_name.replace(char::is_control, "_"));
        let query = pending.map(|id| format!("?pendingid={id}")).unwrap_or_default();
        let path = |uuid: &str| format!("/model/{uuid}/applications/{application}/resources/{resource}{query}");
        let headers = [
            ("Content-Type", "application/octet-stream"),
            ("Content-Sha384", sum.as_str()),
            ("Content-Disposition", disposition.as_str()),
        ];
        self.put("upload of a resource", path, &headers, content).await.map(|_| ())
    }

    async fn put(
        &self,
        method: &str,
        path: impl Fn(&str) -> String,
        headers: &[(&str, &str)],
        content: Vec<u8>,
    ) -> Result<Response<()>, Error> {
        let session = self.session().await?;
        let Some(uuid) = session.model_uuid() else {
            return Err(Error::FacadeMissing { facade: "uploads", side: "controller" });
        };
        let malformed =
            |cause: &dyn std::fmt::Display| Error::Parameters { method: method.to_owned(), cause: cause.to_string() };
        let (stream, address) = session.login.target.open_tls().await?;
        let credentials =
            authorization::headers(&self.credential()?, session.user_tag()).map_err(|cause| malformed(&cause))?;
        let mut request = Request::put(format!("{}{}", address.prefix, path(uuid))).header("Host", address.authority());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Full::new(Bytes::from(content))).map_err(|cause| malformed(&cause))?;
        request.headers_mut().extend(credentials);
        let unknown = |cause| Error::UnknownOutcome { method: method.to_owned(), cause };
        let network = |cause: hyper::Error| unknown(DisconnectReason::Network(cause.to_string()));
        let exchange = async {
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(network)?;
            let upload = async {
                let response = sender.send_request(request).await.map_err(network)?;
                let (head, body) = response.into_parts();
                let body = body.collect().await.map_err(network)?.to_bytes();
                if head.status.is_success() {
                    return Ok(Response::from_parts(head, ()));
                }
                Err(Error::Remote(remote_error(head.status, &body)))
            };
            tokio::pin!(upload, connection);
            tokio::select! {
                reply = &mut upload => reply,
                _ = &mut connection => upload.await,
            }
        };
        self.note_change();
        let reply = tokio::time::timeout(UPLOAD_TIMEOUT, exchange).await;
        self.note_change();
        reply.unwrap_or_else(|_| Err(unknown(DisconnectReason::TimedOut(UPLOAD_TIMEOUT))))
    }
}

/// Decodes an error response; the controller's HTTP endpoints have four formats (`api/httpclient.go`).
fn remote_error(status: StatusCode, body: &[u8]) -> RemoteError {
    let field = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let by_status = || match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Code::Unauthorized,
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        _ => Code::None,
    };
    let body_text = String::from_utf8_lossy(body);
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let inner = if value["error"].is_object() { &value["error"] } else { &value };
    let message = field(inner, "message").or_else(|| field(inner, "error"));
    let code = field(inner, "code").or_else(|| field(inner, "error-code"));
    let message = message.unwrap_or_else(|| match body_text.trim() {
        "" => format!("the controller answered HTTP {status}"),
        text => text.chars().take(500).collect(),
    });
    RemoteError::new(code.map_or_else(by_status, |code| Code::from(code.as_str())), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_responses_are_decoded_in_each_format() {
        for (body, code) in [
            (r#"{"error":"no","error-code":"not valid"}"#, Code::NotValid),
            (r#"{"error":{"message":"no","code":"not found"}}"#, Code::NotFound),
            (r#"{"message":"no","code":"forbidden"}"#, Code::Forbidden),
            ("no\n", Code::Unauthorized),
        ] {
            let error = remote_error(StatusCode::UNAUTHORIZED, body.as_bytes());
            assert_eq!((error.message.as_str(), &error.code), ("no", &code), "{body}");
        }
        assert_eq!(remote_error(StatusCode::BAD_GATEWAY, b"").message, "the controller answered HTTP 502 Bad Gateway");
    }
}
