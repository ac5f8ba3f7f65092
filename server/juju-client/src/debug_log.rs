//! Streams the log of a model (`api/common/logs.go`).

use std::fmt::Write as _;

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use juju_wire::{
    Code, ErrorResult,
    debug_log::{LogQuery, LogRecord},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Connection, authorization,
    dial_target::ControllerSocket,
    error::{DisconnectReason, Error},
};

/// Lines of a log, as they come. An error item is the last.
pub type LogStream = BoxStream<'static, Result<LogRecord, Error>>;

/// Method name in errors.
const METHOD: &str = "debug-log";

impl Connection {
    /// Streams the lines of the model's log that match `query`. With `no_tail` the stream ends after the stored lines,
    /// otherwise only after an error. The controller may send lines of the last minute twice.
    ///
    /// # Errors
    /// [`Error::FacadeMissing`] on a connection to the controller, or any [`Error`] of the connection. An error item ends the
    /// stream.
    pub async fn debug_log(&self, query: &LogQuery) -> Result<LogStream, Error> {
        let session = self.session().await?;
        let Some(uuid) = session.model_uuid() else {
            return Err(Error::FacadeMissing { facade: METHOD, side: "controller" });
        };
        let controller = self.controller_name().to_owned();
        let headers = authorization::headers(&self.credential()?, session.user_tag())
            .map_err(|_| Error::NoCredential { controller: controller.clone(), user: session.user().to_owned() })?;
        let target = &session.login.target;
        let (socket, _) =
            target.open_websocket(&format!("/model/{uuid}/log?{}", encode_query(query)), &headers).await?;
        let mut log = LogSocket { socket, controller, ends_on_close: query.no_tail };
        let limit = target.connect_timeout;
        let greeting = tokio::time::timeout(limit, log.text()).await;
        let greeting = greeting.map_err(|_| Error::TimedOut { method: METHOD.to_owned(), limit })??;
        let greeting = greeting.unwrap_or_else(|| "{}".to_owned());
        let result: ErrorResult = serde_json::from_str(&greeting).map_err(|cause| log.unexpected(&cause))?;
        result.into_result().or_else(|error| {
            // an empty error object is a success
            if error.message.is_empty() && error.code == Code::None { Ok(()) } else { Err(Error::Remote(error)) }
        })?;
        let records = stream::unfold(Some(log), |log| async move {
            let mut log = log?;
            match log.record().await {
                Ok(Some(record)) => Some((Ok(record), Some(log))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(records.boxed())
    }
}

struct LogSocket {
    socket: ControllerSocket,
    controller: String,
    /// Whether the log ends with the connection.
    ends_on_close: bool,
}

impl LogSocket {
    async fn record(&mut self) -> Result<Option<LogRecord>, Error> {
        let Some(text) = self.text().await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|cause| self.unexpected(&cause))
    }

    /// Returns the text of the next frame; `None` at the end of the log.
    async fn text(&mut self) -> Result<Option<String>, Error> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                // a real controller ends the connection without a close frame
                None | Some(Ok(Message::Close(_)) | Err(_)) if self.ends_on_close => return Ok(None),
                None | Some(Ok(Message::Close(_))) => return Err(self.connection_lost(DisconnectReason::Closed)),
                Some(Ok(_)) => {}
                Some(Err(cause)) => return Err(self.connection_lost(DisconnectReason::Network(cause.to_string()))),
            }
        }
    }

    fn connection_lost(&self, cause: DisconnectReason) -> Error {
        Error::ConnectionLost { controller: self.controller.clone(), method: METHOD.to_owned(), cause }
    }

    fn unexpected(&self, cause: &serde_json::Error) -> Error {
        let (controller, method) = (self.controller.clone(), METHOD.to_owned());
        Error::UnexpectedAnswer { controller, method, cause: cause.to_string() }
    }
}

/// Encodes the query for a URL.
fn encode_query(query: &LogQuery) -> String {
    let mut text = String::new();
    for (key, value) in query.pairs() {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(key);
        text.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "%{byte:02X}"); // writing to a String cannot fail
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encode_query_escapes_special_characters() {
        let query = LogQuery { include_entity: vec!["unit-web-*".into(), "a&b=c d".into()], ..LogQuery::default() };
        assert!(
            encode_query(&query).starts_with("includeEntity=unit-web-%2A&includeEntity=a%26b%3Dc%20d"),
            "{}",
            encode_query(&query)
        );
    }
}
