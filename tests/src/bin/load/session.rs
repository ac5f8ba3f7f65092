//! One MCP client: one connection, a session if the server requires one, one request after the other.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Bytes, client::conn::http1::SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{Job, figures::Figures};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The newest version that all servers of the bench support.
const VERSION: &str = "2025-06-18";
/// A request that has no answer by then will have none.
const TEST_TIMEOUT: Duration = Duration::from_secs(30);

struct Client {
    uri: Uri,
    headers: HeaderMap,
    sender: SendRequest<Full<Bytes>>,
}

/// Opens a session and repeats the request until the time is over.
pub(crate) async fn run(job: &Job, length: Duration) -> Result<Figures, Failure> {
    let mut client = Client::open(job).await?;
    let mut message: Value = serde_json::from_str(&job.message)?;
    message["jsonrpc"] = "2.0".into();
    let mut figures = Figures::default();
    let start = Instant::now();
    let mut id = 1;
    while start.elapsed() < length {
        id += 1;
        message["id"] = id.into();
        let body = Bytes::from(message.to_string());
        let sent = Instant::now();
        let (_, answer) = client.send(body).await?;
        figures.count(sent.elapsed(), &answer);
    }
    Ok(figures.with_duration(start.elapsed()))
}

impl Client {
    async fn open(job: &Job) -> Result<Self, Failure> {
        let uri = job.url.clone().ok_or("`--url` is missing")?;
        let mut headers = HeaderMap::new();
        for (name, value) in [("content-type", "application/json"), ("accept", "application/json, text/event-stream")] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert("host", HeaderValue::from_str(uri.authority().ok_or("an address without a host")?.as_str())?);
        for header in &job.header {
            let (name, value) = header.split_once(": ").ok_or("a header reads `Name: value`")?;
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
        let sender = connect(&uri).await?;
        let mut client = Self { uri, headers, sender };
        client.initialize().await?;
        Ok(client)
    }

    /// Sends `initialize` and `notifications/initialized`.
    async fn initialize(&mut self) -> Result<(), Failure> {
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": VERSION, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}});
        let (headers, answer) = self.send(Bytes::from(initialize.to_string())).await?;
        if !answer.contains("\"result\"") {
            return Err(format!("the server rejected `initialize`: {answer}").into());
        }
        if let Some(session) = headers.get("mcp-session-id") {
            self.headers.insert("mcp-session-id", session.clone());
        }
        self.headers.insert("mcp-protocol-version", HeaderValue::from_static(VERSION));
        self.send(Bytes::from_static(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)).await?;
        Ok(())
    }

    /// Sends one message and reads the whole response; reconnects if the server closed the connection.
    async fn send(&mut self, body: Bytes) -> Result<(HeaderMap, String), Failure> {
        if self.sender.ready().await.is_err() {
            self.sender = connect(&self.uri).await?;
        }
        let path = self.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let mut request = Request::post(path).body(Full::new(body))?;
        request.headers_mut().clone_from(&self.headers);
        let answered = async {
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            Ok::<_, hyper::Error>((head.headers, body.collect().await?.to_bytes()))
        };
        let (headers, bytes) = tokio::time::timeout(TEST_TIMEOUT, answered).await??;
        Ok((headers, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

async fn connect(uri: &Uri) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let authority = uri.authority().ok_or("an address without a host")?;
    let stream = TcpStream::connect((authority.host(), authority.port_u16().unwrap_or(80))).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
