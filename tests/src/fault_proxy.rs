//! A proxy in front of a controller that damages connections: cut, silent, slow, in small pieces, or refused.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the proxy does with the bytes of all connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Passes them on.
    None,
    /// Passes them on in pieces of this many bytes, with a pause after each 64 pieces.
    Split(usize),
    /// Holds each piece back for this time.
    Delay(Duration),
    /// Accepts connections and passes nothing on in either direction, as behind a firewall that has lost its state.
    Silent,
    /// Passes nothing of what the controller sends: requests arrive, and no reply returns.
    OneWay,
    /// Closes all connections, and each new one at once, as a controller that restarts.
    Refuse,
}

/// A running proxy; it ends when it is dropped.
pub struct FaultProxy {
    /// Where clients connect.
    pub address: SocketAddr,
    damage: watch::Sender<Damage>,
    /// A new number ends all connections.
    generation: watch::Sender<u64>,
    accepting: tokio::task::JoinHandle<()>,
}

impl FaultProxy {
    /// Starts a proxy for a controller.
    ///
    /// # Panics
    /// If no port of loopback is free.
    pub async fn start(controller: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (damage, generation) = (watch::Sender::new(Damage::None), watch::Sender::new(0));
        let (damaged, cut) = (damage.subscribe(), generation.subscribe());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *damaged.borrow() == Damage::Refuse {
                    continue; // closes it
                }
                tokio::spawn(forward(client, controller, damaged.clone(), cut.clone()));
            }
        });
        Self { address, damage, generation, accepting }
    }

    /// Sets what happens to the bytes from now on. [`Damage::Refuse`] also ends the open connections.
    pub fn set(&self, damage: Damage) {
        self.damage.send_replace(damage);
        if damage == Damage::Refuse {
            self.cut();
        }
    }

    /// Ends all open connections.
    pub fn cut(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn forward(
    client: TcpStream,
    controller: SocketAddr,
    damage: watch::Receiver<Damage>,
    mut generation: watch::Receiver<u64>,
) {
    generation.mark_unchanged();
    let Ok(server) = TcpStream::connect(controller).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = copy(from_client, to_server, damage.clone(), false) => {}
        () = copy(from_server, to_client, damage, true) => {}
        _ = generation.changed() => {}
    }
}

/// Copies until one side ends. `is_reply`: from the controller to the client.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut damage: watch::Receiver<Damage>,
    is_reply: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut buffer).await else { return };
        let holds = |damage: &Damage| match damage {
            Damage::Silent => true,
            Damage::OneWay => is_reply,
            _ => false,
        };
        let current = match damage.wait_for(|damage| !holds(damage)).await {
            Ok(current) => *current,
            Err(_) => return,
        };
        let piece = match current {
            Damage::Split(bytes) => bytes.max(1),
            _ => length,
        };
        if let Damage::Delay(time) = current {
            tokio::time::sleep(time).await;
        }
        for (number, piece) in buffer[..length].chunks(piece).enumerate() {
            if to.write_all(piece).await.is_err() || to.flush().await.is_err() {
                return;
            }
            if piece.len() < length && number % 64 == 63 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
