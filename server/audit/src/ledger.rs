//! The ledger: one task appends, so that the chain has one order; beginnings are waited for, endings are not.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;
use store::{LedgerRow, Store};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Broken, Entry, Error, Flaw, Keep, Newest, Record, Request, Signer,
    append::{Append, Chain, Kept, Order},
    entry::ending,
    newest::Keeper,
    record::Outcome,
    verify,
};

const WAITING: usize = 4096;

/// The append-only record of every act. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    appends: mpsc::Sender<Order>,
    store: Store,
    failing: watch::Receiver<Option<Arc<store::Error>>>,
}

/// How a ledger is signed and kept.
#[derive(Debug)]
pub struct Terms {
    /// Signs its heads.
    pub signer: Signer,
    /// File beside the store for the newest head.
    pub newest: PathBuf,
    /// What is kept.
    pub keep: Keep,
}

impl Ledger {
    /// Opens the ledger in a store, if its end holds. Acts that an earlier process began and did not end are ended as not
    /// known.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Broken`] or [`Error::Newest`] where the end was changed or cut off.
    pub async fn open(store: Store, terms: Terms) -> Result<Self, Error> {
        let newest = newest(&terms.newest)?;
        let end = verify::verify_end(&store, newest.as_ref()).await?;
        let left_behind = store.ledger_unclosed().await?;
        let (appends, waiting) = mpsc::channel(WAITING);
        let chain = Chain::new(store.clone(), terms.signer, Keeper::start(terms.newest), terms.keep, end);
        let failing = chain.failing();
        tokio::spawn(chain.append_all(waiting));
        let ledger = Self { appends, store, failing };
        for row in left_behind {
            let ending = ending(Outcome::Unknown, "the server stopped before the end was known", None);
            let kept = ledger.hand_over(row.act, "close", &ending, true).await?;
            kept.await.map_err(|_| Error::Closed)?.map_err(Error::Store)?;
        }
        Ok(ledger)
    }

    /// Opens the entry of one act, and returns when the store has it.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`] where the entry cannot be kept; nothing may be done then.
    pub async fn begin(&self, request: Request<'_>) -> Result<Entry, Error> {
        let mut entry = self.announce(request).await?;
        entry.stands().await?;
        Ok(entry)
    }

    /// Hands the entry of one act over, and returns at once. Nothing may be changed and nothing may be shown to anybody before
    /// [`Entry::stands`] says that the store has it.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn announce(&self, request: Request<'_>) -> Result<Entry, Error> {
        let id = uuid::Uuid::now_v7().to_string();
        let durable = request.act.effect.changes() && !request.dry_run;
        let beginning = request.beginning();
        let kept = self.hand_over(id.clone(), "open", &beginning, durable).await?;
        Ok(Entry::waiting(self.appends.clone(), id, durable, kept))
    }

    /// Beginnings and ends among up to `limit` records from `sequence` on, in order, without the heads between them.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Broken`] where a record cannot be read.
    pub async fn records(store: &Store, sequence: i64, limit: i64) -> Result<Vec<Record>, Error> {
        Ok(Self::page(store, sequence, limit).await?.0)
    }

    /// The same, and the place of the last record that was looked at, heads included; nothing where there is none.
    pub(crate) async fn page(store: &Store, sequence: i64, limit: i64) -> Result<(Vec<Record>, Option<i64>), Error> {
        let rows = store.ledger_from(sequence, limit).await?;
        let read = |row: &LedgerRow| {
            let unreadable = |_| Error::Broken(Broken { sequence: row.sequence, flaw: Flaw::Unreadable });
            Record::read(row).map_err(unreadable).transpose()
        };
        let records = rows.iter().filter_map(read).collect::<Result<_, _>>()?;
        Ok((records, rows.last().map(|row| row.sequence)))
    }

    /// The store in which it stands.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Why the store does not take records, as long as it does not; nothing is done then.
    #[must_use]
    pub fn failing(&self) -> Option<Error> {
        self.failing.borrow().clone().map(Error::Store)
    }

    /// Returns when all that was handed over so far stands in the store.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn settle(&self) -> Result<(), Error> {
        let (done, waiting) = oneshot::channel();
        self.appends.send(Order::Settle(done)).await.map_err(|_| Error::Closed)?;
        waiting.await.map_err(|_| Error::Closed)
    }

    /// The same, and signs it: what a server does last.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn finish(&self) -> Result<(), Error> {
        let (done, waiting) = oneshot::channel();
        self.appends.send(Order::Finish(done)).await.map_err(|_| Error::Closed)?;
        waiting.await.map_err(|_| Error::Closed)
    }

    /// Hands a record over to the chain; what comes back tells whether the store has it.
    async fn hand_over(
        &self,
        act: String,
        phase: &'static str,
        body: &impl Serialize,
        durable: bool,
    ) -> Result<oneshot::Receiver<Kept>, Error> {
        let (done, waiting) = oneshot::channel();
        let body = serde_json::to_string(body).map_err(Error::Unwritable)?;
        let append = Append { act, phase, body, durable, done: Some(done) };
        self.appends.send(Order::Append(append)).await.map_err(|_| Error::Closed)?;
        Ok(waiting)
    }
}

/// The newest head that was kept apart from the store; nothing where no head was kept yet.
fn newest(file: &std::path::Path) -> Result<Option<Newest>, Error> {
    match std::fs::read_to_string(file) {
        Ok(text) => Newest::read(&text, None).map(Some).ok_or_else(|| Error::Newest(file.display().to_string())),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(Error::Newest(file.display().to_string())),
    }
}
