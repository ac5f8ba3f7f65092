//! [`Lines`]: the lines of an answer that has no end, such as a followed log or a watch.

use futures::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use kube::client::Body;

/// Longest line that is read; the rest of a longer one is dropped.
const MAX_LINE_BYTES: usize = 1024 * 1024;

type Chunks = std::pin::Pin<Box<dyn Stream<Item = Result<Vec<u8>, String>> + Send>>;

/// The lines of an answer as they arrive.
pub struct Lines {
    chunks: Chunks,
    buffer: Vec<u8>,
    has_ended: bool,
}

impl Lines {
    pub(crate) fn new(body: Body) -> Self {
        let chunks = body.into_data_stream().map(|chunk| match chunk {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err(error) => Err(error.to_string()),
        });
        Self { chunks: Box::pin(chunks), buffer: Vec::new(), has_ended: false }
    }

    /// The next line without its end; `None` at the end of the answer.
    ///
    /// # Errors
    /// Why the connection was lost.
    pub async fn next(&mut self) -> Result<Option<String>, String> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Ok(Some(text_of(&line[..end])));
            }
            if self.has_ended {
                let rest = std::mem::take(&mut self.buffer);
                return Ok((!rest.is_empty()).then(|| text_of(&rest)));
            }
            match self.chunks.next().await {
                Some(chunk) => {
                    let chunk = chunk?;
                    let space = if chunk.contains(&b'\n') {
                        usize::MAX
                    } else {
                        MAX_LINE_BYTES.saturating_sub(self.buffer.len())
                    };
                    self.buffer.extend(chunk.into_iter().take(space));
                }
                None => self.has_ended = true,
            }
        }
    }
}

fn text_of(line: &[u8]) -> String {
    let line = &line[..line.len().min(MAX_LINE_BYTES)];
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn lines_are_joined_across_chunks() {
        let chunks = ["one\ntw", "o\r\n", "", "three"].map(|chunk| Ok(chunk.as_bytes().to_vec()));
        let mut lines = Lines { chunks: Box::pin(stream::iter(chunks)), buffer: Vec::new(), has_ended: false };
        for expected in [Some("one"), Some("two"), Some("three"), None, None] {
            assert_eq!(lines.next().await.expect("a line").as_deref(), expected);
        }
    }
}
