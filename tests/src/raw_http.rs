//! A minimal HTTP/1.1 client that can send requests which no client library sends.

use std::net::{IpAddr, SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

/// A request, sent exactly as given.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    from: Option<IpAddr>,
}

/// A complete response.
#[derive(Debug, Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, without chunk sizes.
    pub body: String,
}

impl Request {
    /// A request with `Host: localhost` only and without a body.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        let headers = vec![("host".to_owned(), "localhost".to_owned())];
        Self { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new(), from: None }
    }

    /// A JSON-RPC message to an MCP address, with the headers that the older versions require.
    #[must_use]
    pub fn rpc(path: &str, message: &Value) -> Self {
        Self::new("POST", path)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(message.to_string())
    }

    /// A request of version 2026-07-28, which is self-contained: `_meta` and headers instead of a session.
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
        meta["io.modelcontextprotocol/clientInfo"] = serde_json::json!({"name": "tests", "version": "1"});
        let name = params["name"].as_str().map(str::to_owned);
        let message = serde_json::json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let request =
            Self::rpc(path, &message).header("mcp-protocol-version", "2026-07-28").header("mcp-method", method);
        match name {
            Some(name) => request.header("mcp-name", &name),
            None => request,
        }
    }

    /// Sets a header; replaces an existing one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header, even if the name exists.
    #[must_use]
    pub fn append_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the path.
    #[must_use]
    pub fn with_path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Sets the local address of the connection.
    #[must_use]
    pub fn from_address(self, address: IpAddr) -> Self {
        Self { from: Some(address), ..self }
    }

    /// Removes a header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// Sets the bearer token.
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

    /// Sends the request on a new connection and returns the connection.
    ///
    /// # Errors
    /// If the connection fails.
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
        // a server that rejects early may have closed its end; its response matters
        let _ = stream.write_all(&self.body).await;
        Ok(stream)
    }

    /// Sends the request and reads the whole response.
    ///
    /// # Errors
    /// If the connection fails or the response is not HTTP.
    pub async fn send(&self, address: SocketAddr) -> std::io::Result<Response> {
        let mut stream = self.open(address).await?;
        let mut bytes = Vec::new();
        let read = stream.read_to_end(&mut bytes).await;
        match Response::parse(&String::from_utf8_lossy(&bytes)) {
            Some(answer) => Ok(answer),
            None => Err(read.err().unwrap_or_else(|| std::io::Error::other("the response is not HTTP"))),
        }
    }
}

impl Response {
    /// Parses a complete response; `None` if it is not HTTP.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> =
            lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { decode_chunks(rest) } else { rest.to_owned() };
        Some(Self { status, headers, body })
    }

    /// The value of a header; empty if absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The JSON of the response: the body, or the last message of an event stream.
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

    /// The message of an error.
    #[must_use]
    pub fn error_message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap_or_default().to_owned()
    }
}

fn decode_chunks(mut chunks: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunks.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let Some(chunk) = rest.get(..size).filter(|_| size > 0) else { break };
        body.push_str(chunk);
        chunks = rest.get(size + 2..).unwrap_or_default();
    }
    body
}
