//! The log of a model as a stream of lines (`api/common/logs.go`).

use std::fmt::Write as _;

use futures::{Stream, StreamExt, stream};
use juju_wire::{
    Code, ErrorResult,
    debug_log::{LogQuery, LogRecord},
};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    Connection, authorization,
    dial::Socket,
    error::{Error, Lost},
};

/// What errors call it.
const METHOD: &str = "debug-log";

impl Connection {
    /// The lines of the model's log that `query` asks for, as they come; the stream ends after the past where
    /// `no_tail` is set, and else only with an error or by being dropped. A server that follows sends lines of the last
    /// minute twice.
    ///
    /// # Errors
    /// [`Error::FacadeMissing`] on a connection to the controller; why the log cannot be opened. Each item: why no
    /// further line can be had.
    pub async fn debug_log(
        &self,
        query: &LogQuery,
    ) -> Result<impl Stream<Item = Result<LogRecord, Error>> + Send + Unpin + 'static, Error> {
        let session = self.session().await?;
        let Some(uuid) = session.model_uuid() else {
            return Err(Error::FacadeMissing { facade: METHOD, side: "controller" });
        };
        let controller = self.controller_name().to_owned();
        let headers = authorization::headers(self.credential(), session.user_tag())
            .map_err(|_| Error::NoCredential { controller: controller.clone(), user: session.user().to_owned() })?;
        let target = &session.welcome.target;
        let (socket, _) = target.open(&format!("/model/{uuid}/log?{}", encoded(query)), &headers).await?;
        let mut lines = Lines { socket, controller, ends: query.no_tail };
        let limit = target.connect_timeout;
        let greeting = tokio::time::timeout(limit, lines.text()).await;
        let greeting = greeting.map_err(|_| Error::TimedOut { method: METHOD.to_owned(), limit })??;
        let greeting = greeting.unwrap_or_else(|| "{}".to_owned());
        let result: ErrorResult = serde_json::from_str(&greeting).map_err(|cause| lines.unexpected(&cause))?;
        result.into_result().or_else(|error| {
            // an empty error object is none
            if error.message.is_empty() && error.code == Code::None { Ok(()) } else { Err(Error::Remote(error)) }
        })?;
        let records = stream::unfold(Some(lines), |lines| async move {
            let mut lines = lines?;
            match lines.record().await {
                Ok(Some(record)) => Some((Ok(record), Some(lines))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(records.boxed())
    }
}

struct Lines {
    socket: Socket,
    controller: String,
    /// Whether the end of the connection is the end of the log.
    ends: bool,
}

impl Lines {
    async fn record(&mut self) -> Result<Option<LogRecord>, Error> {
        let Some(text) = self.text().await? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|cause| self.unexpected(&cause))
    }

    /// The next frame, or the end.
    async fn text(&mut self) -> Result<Option<String>, Error> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(Some(text.as_str().to_owned())),
                Some(Ok(Message::Binary(bytes))) => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
                // the real server drops the connection at the end, without a farewell
                None | Some(Ok(Message::Close(_)) | Err(_)) if self.ends => return Ok(None),
                None | Some(Ok(Message::Close(_))) => return Err(self.lost(Lost::Closed)),
                Some(Ok(_)) => {}
                Some(Err(cause)) => return Err(self.lost(Lost::Network(cause.to_string()))),
            }
        }
    }

    fn lost(&self, cause: Lost) -> Error {
        Error::ConnectionLost { controller: self.controller.clone(), method: METHOD.to_owned(), cause }
    }

    fn unexpected(&self, cause: &serde_json::Error) -> Error {
        let (controller, method) = (self.controller.clone(), METHOD.to_owned());
        Error::UnexpectedAnswer { controller, method, cause: cause.to_string() }
    }
}

/// The query as it stands in a URL.
fn encoded(query: &LogQuery) -> String {
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
                let _ = write!(text, "%{byte:02X}"); // writing to a text cannot fail
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_escaped() {
        let query = LogQuery { include_entity: vec!["unit-web-*".into(), "a&b=c d".into()], ..LogQuery::default() };
        assert!(
            encoded(&query).starts_with("includeEntity=unit-web-%2A&includeEntity=a%26b%3Dc%20d"),
            "{}",
            encoded(&query)
        );
    }
}
