//! HTTP/1.1 by hand, so that a journey can send what no client library would.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// A request to be written as it is.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    from: Option<IpAddr>,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, without the marks of its chunks.
    pub body: String,
}

impl Request {
    /// A request without headers but `Host: localhost`, and without a body.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let headers = vec![("host".to_owned(), "localhost".to_owned())];
        Self { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new(), from: None }
    }

    /// A JSON-RPC message to an MCP address, with the headers that the older versions want.
    #[must_use]
    pub fn rpc(path: &str, message: &Value) -> Self {
        Self::new("POST", path)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(message.to_string())
    }

    /// A request of version 2026-07-28: `_meta` and headers say all there is to know.
    #[must_use]
    pub fn modern(path: &str, method: &str, mut params: Value) -> Self {
        if params["_meta"].is_null() {
            params["_meta"] = serde_json::json!({});
        }
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        if meta["io.modelcontextprotocol/clientCapabilities"].is_null() {
            meta["io.modelcontextprotocol/clientCapabilities"] = serde_json::json!({});
        }
        meta["io.modelcontextprotocol/clientInfo"] = serde_json::json!({"name": "journey", "version": "1"});
        let name = params["name"].as_str().map(str::to_owned);
        let message = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request =
            Self::rpc(path, &message).header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
        match name {
            Some(name) => request.header("mcp-name", &name),
            None => request,
        }
    }

    /// Sets a header, in place of one that is there.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends a header once more.
    #[must_use]
    pub fn append_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same at another path.
    #[must_use]
    pub fn with_path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Sends it from this address of this machine.
    #[must_use]
    pub fn from_address(self, address: IpAddr) -> Self {
        Self { from: Some(address), ..self }
    }

    /// Leaves a header out.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it on a connection of its own, and leaves the answer to be read.
    ///
    /// # Errors
    /// Where the connection fails.
    pub async fn open(&self, address: SocketAddr) -> std::io::Result<TcpStream> {
        let mut stream = match self.from {
            None => TcpStream::connect(address).await?,
            Some(from) => {
                let socket = TcpSocket::new_v4()?;
                socket.bind((from, 0).into())?;
                socket.connect(address).await?
            }
        };
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        if !self.headers.iter().any(|(name, _)| name == "content-length") {
            head.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        // a server that has refused already may have closed its end, and its answer is what counts
        let _ = stream.write_all(&self.body).await;
        Ok(stream)
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// Where the connection fails, or what came back is no HTTP.
    pub async fn send(&self, address: SocketAddr) -> std::io::Result<Response> {
        let mut stream = self.open(address).await?;
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).await;
        match Response::parse(&String::from_utf8_lossy(&bytes)) {
            Some(answer) => Ok(answer),
            None => Err(read.err().unwrap_or_else(|| std::io::Error::other("no HTTP came back"))),
        }
    }
}

impl Response {
    /// Reads an answer that came whole; nothing where it is no HTTP.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> =
            lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { joined(rest) } else { rest.to_owned() };
        Some(Self { status, headers, body })
    }

    /// A header's value, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The JSON that came back: the body, or the last message of an event stream.
    #[must_use]
    pub fn json(&self) -> Value {
        if self.header("content-type").starts_with("text/event-stream") {
            return self.events().last().cloned().unwrap_or_default();
        }
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// All messages of an event stream.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.body.lines().filter_map(|line| serde_json::from_str(line.strip_prefix("data:")?.trim()).ok()).collect()
    }

    /// The sentence of a refusal.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

fn joined(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(..size).filter(|_| size > 0) else { break };
        body.push_str(chunk);
        chunks = rest.get(size + 2..).unwrap_or_default();
    }
    body
}
