//! The sinks of `ledger.checkpoint_sinks`: a file on another mount, syslog, an HTTPS endpoint.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    net::UdpSocket,
    os::unix::{fs::OpenOptionsExt as _, net::UnixDatagram},
    path::PathBuf,
    time::Duration,
};

use audit::{CheckpointSink, Delivery};
use private_file::PRIVATE_FILE_MODE;

/// Longest time of one request to an HTTPS sink.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Priority of a syslog message: facility 13 (log audit), severity 5 (notice), RFC 5424 section 6.2.1.
const SYSLOG_PRIORITY: u8 = 13 * 8 + 5;

/// Appends each checkpoint to a file, one line each.
pub(crate) struct FileSink {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl CheckpointSink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(&'a self, checkpoint: &'a str) -> Delivery<'a> {
        let (file, line) = (self.file.clone(), format!("{checkpoint}\n"));
        Box::pin(async move {
            let write = move || {
                let mut handle = OpenOptions::new().append(true).create(true).mode(PRIVATE_FILE_MODE).open(file)?;
                handle.write_all(line.as_bytes())?;
                handle.sync_all()
            };
            // a file of another mount may hang, as NFS does
            tokio::task::spawn_blocking(write).await.map_err(io::Error::other)?
        })
    }
}

/// Where a syslog daemon listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SyslogAddress {
    /// A Unix socket, `/dev/log`.
    Unix(PathBuf),
    /// `udp:HOST:PORT`. A lost datagram is no failure that this program could see.
    Udp(String),
}

impl SyslogAddress {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("udp:") {
            Some(address) if address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) => {
                Some(Self::Udp(address.to_owned()))
            }
            None if text.starts_with('/') => Some(Self::Unix(text.into())),
            _ => None,
        }
    }
}

/// Sends each checkpoint as a message to syslog.
pub(crate) struct SyslogSink {
    pub(crate) name: String,
    pub(crate) address: SyslogAddress,
}

impl CheckpointSink for SyslogSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(&'a self, checkpoint: &'a str) -> Delivery<'a> {
        // the form without a time (RFC 3164 section 4.3.2): the daemon adds its own
        let message = format!("<{SYSLOG_PRIORITY}>juju-mcp[{}]: {checkpoint}", std::process::id());
        let address = self.address.clone();
        Box::pin(async move {
            let send = move || match address {
                SyslogAddress::Unix(path) => UnixDatagram::unbound()?.send_to(message.as_bytes(), path).map(drop),
                SyslogAddress::Udp(address) => {
                    let local = if address.starts_with('[') { "[::]:0" } else { "0.0.0.0:0" };
                    UdpSocket::bind(local)?.send_to(message.as_bytes(), address).map(drop)
                }
            };
            tokio::task::spawn_blocking(send).await.map_err(io::Error::other)?
        })
    }
}

/// Posts each checkpoint to an endpoint.
pub(crate) struct HttpSink {
    pub(crate) name: String,
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    pub(crate) token: Option<String>,
}

impl CheckpointSink for HttpSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn deliver<'a>(&'a self, checkpoint: &'a str) -> Delivery<'a> {
        Box::pin(async move {
            let request = self.client.post(&self.url).header("content-type", "application/json");
            let request = match &self.token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let response = request.body(checkpoint.to_owned()).send().await;
            // the text of the error has the URL, which may have a token in its query
            let response = response.map_err(|error| io::Error::other(error.without_url().to_string()))?;
            if response.status().is_success() {
                Ok(())
            } else {
                Err(io::Error::other(format!("it answered {}", response.status())))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn file_sink_appends_and_syslog_sink_sends_each_checkpoint() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-sinks-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = FileSink { name: "file".to_owned(), file: folder.join("checkpoints.jsonl") };
        for text in ["{\"sequence\":1}", "{\"sequence\":2}"] {
            file.deliver(text).await.expect("written");
        }
        let written = std::fs::read_to_string(folder.join("checkpoints.jsonl")).expect("read");
        assert_eq!(written, "{\"sequence\":1}\n{\"sequence\":2}\n");
        let socket = folder.join("log");
        let daemon = UnixDatagram::bind(&socket).expect("a socket");
        let syslog = SyslogSink { name: "syslog".to_owned(), address: SyslogAddress::Unix(socket) };
        syslog.deliver("{\"sequence\":1}").await.expect("sent");
        let mut message = [0; 256];
        let length = daemon.recv(&mut message).expect("received");
        let message = String::from_utf8_lossy(&message[..length]).into_owned();
        assert!(message.starts_with("<109>juju-mcp[") && message.ends_with("]: {\"sequence\":1}"), "{message}");
        drop(daemon);
        std::fs::remove_dir_all(&folder).expect("removed");
        assert!(syslog.deliver("{}").await.is_err() && file.deliver("{}").await.is_err());
    }

    #[test]
    fn syslog_address_is_a_socket_or_udp() {
        assert_eq!(SyslogAddress::parse("/dev/log"), Some(SyslogAddress::Unix("/dev/log".into())));
        assert_eq!(SyslogAddress::parse("udp:log.example:514"), Some(SyslogAddress::Udp("log.example:514".to_owned())));
        for odd in ["", "log.example:514", "udp:", "udp:log.example", "tcp:log.example:514"] {
            assert_eq!(SyslogAddress::parse(odd), None, "{odd}");
        }
    }
}
