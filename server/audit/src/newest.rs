//! The newest signed head, kept apart from the store: it shows that a ledger was cut off at its end.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use store::LedgerRow;
use tokio::{
    fs,
    io::AsyncWriteExt as _,
    sync::{mpsc, oneshot},
};

use crate::{
    PublicKey, chain,
    head::{self, Head},
};

/// A signed head with all that is needed to prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    row: LedgerRow,
    head: Head,
}

/// As it stands in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    sequence: i64,
    /// Hash of the record before it.
    previous: String,
    head: Head,
    hash: String,
}

impl Newest {
    /// Reads the file's text; nothing where it is not a head that one of these keys, any if none are given, has signed.
    #[must_use]
    pub fn read(text: &str, keys: Option<&[PublicKey]>) -> Option<Self> {
        let Written { sequence, previous, head, hash } = serde_json::from_str(text).ok()?;
        let row = chain::link(&previous, sequence, "", head::PHASE, serde_json::to_string(&head).ok()?);
        let whole = row.hash == hash && head.is_of(keys) && head.is_signed(&previous, sequence);
        whole.then_some(Self { row, head })
    }

    /// Its place in the chain.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        self.row.sequence
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.row.hash
    }

    /// When it was signed.
    #[must_use]
    pub fn time(&self) -> &str {
        &self.head.time
    }
}

/// Writes the newest head to its file; of heads that come faster than the disk takes them, the last one.
#[derive(Debug)]
pub(crate) struct Keeper {
    orders: mpsc::UnboundedSender<Order>,
}

#[derive(Debug)]
enum Order {
    Keep(String),
    /// Answered when all that was ordered before it is done.
    Settle(oneshot::Sender<()>),
}

impl Keeper {
    pub(crate) fn start(file: PathBuf) -> Self {
        let (orders, waiting) = mpsc::unbounded_channel();
        tokio::spawn(keep_all(file, waiting));
        Self { orders }
    }

    /// Keeps a head that stands in the store, and on the disk.
    pub(crate) fn keep(&self, previous: &str, row: &LedgerRow) {
        let Some(head) = Head::read(row) else { return };
        let written = Written { sequence: row.sequence, previous: previous.to_owned(), head, hash: row.hash.clone() };
        let text = serde_json::to_string(&written).expect("texts and numbers can be written as JSON");
        // the keeper ends only when this is dropped
        let _ = self.orders.send(Order::Keep(text));
    }

    /// Returns when the file holds what was handed over.
    pub(crate) async fn settle(&self) {
        let (done, settled) = oneshot::channel();
        if self.orders.send(Order::Settle(done)).is_ok() {
            let _ = settled.await;
        }
    }
}

async fn keep_all(file: PathBuf, mut waiting: mpsc::UnboundedReceiver<Order>) {
    let mut orders = Vec::new();
    while waiting.recv_many(&mut orders, 256).await > 0 {
        let (mut newest, mut settled) = (None, Vec::new());
        for order in orders.drain(..) {
            match order {
                Order::Keep(text) => newest = Some(text),
                Order::Settle(done) => settled.push(done),
            }
        }
        if let Some(text) = newest
            && let Err(error) = write(&file, &text).await
        {
            tracing::error!(%error, file = %file.display(), "the newest head of the ledger cannot be kept apart from it");
        }
        for done in settled {
            // whoever asked may have stopped waiting
            let _ = done.send(());
        }
    }
}

/// Under another name first, so that whoever reads finds one head or the other, and whole.
async fn write(file: &Path, text: &str) -> io::Result<()> {
    let part = file.with_extension("part");
    let mut handle = fs::File::create(&part).await?;
    handle.write_all(text.as_bytes()).await?;
    handle.sync_all().await?;
    fs::rename(&part, file).await
}
