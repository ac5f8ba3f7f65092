//! Walks a chain record by record, and names the first that does not hold.

use store::LedgerRow;

use crate::{
    PublicKey, chain,
    head::{self, Head},
    newest::Newest,
};

/// A head comes at the latest after this many records.
pub(crate) const HEAD_EVERY: i64 = 1000;

/// What a whole ledger, or an export of one, was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are, heads among them.
    pub records: i64,
    /// Sequence of the oldest; those before it were removed by the server, as a signed head says.
    pub first: i64,
    /// How many stand after the last signed head, and rest on the chain of hashes alone.
    pub unsigned: i64,
    /// When the last head was signed; empty where there is none.
    pub signed: String,
    /// Hash of the last record. Empty where there is none.
    pub head: String,
}

/// The first record at which a ledger does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence} {flaw}")]
pub struct Broken {
    /// Where.
    pub sequence: i64,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is none, and later ones exist.
    #[error("is missing")]
    Missing,
    /// There is none, nor any later one, though one was signed.
    #[error("is missing and all after it, though the head of {time}, record {head}, was signed")]
    CutOff {
        /// The missing head.
        head: i64,
        /// When it was signed.
        time: String,
    },
    /// Its hash fits neither its content nor what stands before it.
    #[error("does not follow from the record before it: one of the two was changed, moved or inserted")]
    Unfit,
    /// It calls itself a head and was not written as one.
    #[error("is no head as this server writes it")]
    Head,
    /// Its signature does not fit.
    #[error(
        "or one after it was changed and all hashes were made again, because the head at record {head} is not signed for them"
    )]
    Signature {
        /// The head.
        head: i64,
    },
    /// It is signed by a key that is not trusted.
    #[error("is a head signed by another key: `{key}`")]
    Key {
        /// The key, hexadecimal.
        key: String,
    },
    /// It is not the head that is kept elsewhere.
    #[error("is not the head that was signed there and is kept apart from the ledger")]
    Newest,
    /// No head comes after it, though it is long due.
    #[error("and those after it are not signed, though a head comes after at most {HEAD_EVERY} records")]
    Unsigned,
    /// An export does not end with a head.
    #[error("and those after it have no signed head after them, so the export was cut off")]
    Unsealed,
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable,
}

/// A walk along a chain, and where it has come to.
#[derive(Debug, Clone)]
pub struct Walk<'a> {
    /// Keys that may have signed it; any where there are none given.
    keys: Option<&'a [PublicKey]>,
    newest: Option<&'a Newest>,
    first: i64,
    base: String,
    /// Sequence and hash of the record that was walked last.
    last: (i64, String),
    /// Sequence of the last head, or of the record before the first where there was none, and when it was signed.
    signed: (i64, String),
}

impl<'a> Walk<'a> {
    /// Begins with the first record of a ledger from which nothing was removed.
    #[must_use]
    pub fn whole(keys: &'a [PublicKey], newest: Option<&'a Newest>) -> Self {
        Self::new(Some(keys), newest, 1, String::new())
    }

    /// Begins at the record `first`, before which `base` was the last hash.
    pub(crate) fn new(keys: Option<&'a [PublicKey]>, newest: Option<&'a Newest>, first: i64, base: String) -> Self {
        Self { keys, newest, first, last: (first - 1, base.clone()), base, signed: (first - 1, String::new()) }
    }

    /// Walks one record.
    ///
    /// # Errors
    /// [`Broken`] where it does not hold; the walk ends there.
    pub fn step(&mut self, row: &LedgerRow) -> Result<(), Broken> {
        self.place(row.sequence)?;
        if row.hash != chain::hash(&self.last.1, row.sequence, &chain::content(&row.act, &row.phase, &row.body)) {
            return Err(Broken { sequence: row.sequence, flaw: Flaw::Unfit });
        }
        if row.phase == head::PHASE {
            self.head(row)?;
        }
        self.arrive(row.sequence, row.hash.clone())
    }

    /// Walks one record of which only the digest of its content is known.
    pub(crate) fn step_over(&mut self, sequence: i64, content: &str) -> Result<(), Broken> {
        self.place(sequence)?;
        self.arrive(sequence, chain::hash(&self.last.1, sequence, content))
    }

    /// Ends the walk of a whole ledger.
    ///
    /// # Errors
    /// [`Broken`] where it should go on, or was not signed for too long.
    pub fn end(self) -> Result<Verified, Broken> {
        let (last, head) = self.last;
        if let Some(newest) = self.newest.filter(|newest| newest.sequence() > last) {
            let flaw = Flaw::CutOff { head: newest.sequence(), time: newest.time().to_owned() };
            return Err(Broken { sequence: last + 1, flaw });
        }
        let unsigned = last - self.signed.0;
        if unsigned >= HEAD_EVERY {
            return Err(Broken { sequence: self.signed.0 + 1, flaw: Flaw::Unsigned });
        }
        Ok(Verified { records: last - self.first + 1, first: self.first, unsigned, signed: self.signed.1, head })
    }

    /// Ends the walk of an export, which has to end with a head.
    pub(crate) fn end_signed(self) -> Result<Verified, Broken> {
        if self.last.0 > self.signed.0 {
            return Err(Broken { sequence: self.signed.0 + 1, flaw: Flaw::Unsealed });
        }
        self.end()
    }

    fn place(&self, sequence: i64) -> Result<(), Broken> {
        let due = self.last.0 + 1;
        if sequence == due { Ok(()) } else { Err(Broken { sequence: due, flaw: Flaw::Missing }) }
    }

    fn head(&mut self, row: &LedgerRow) -> Result<(), Broken> {
        let broken = |sequence, flaw| Err(Broken { sequence, flaw });
        let Some(head) = Head::read(row) else { return broken(row.sequence, Flaw::Head) };
        if !head.is_of(self.keys) {
            return broken(row.sequence, Flaw::Key { key: head.key });
        }
        if !head.is_signed(&self.last.1, row.sequence) {
            return broken(self.signed.0 + 1, Flaw::Signature { head: row.sequence });
        }
        // a head that was signed before the last removal may name an older beginning, but none a younger one
        if head.first > self.first || (head.first == self.first && head.base != self.base) {
            return broken(self.first, Flaw::Signature { head: row.sequence });
        }
        self.signed = (row.sequence, head.time);
        Ok(())
    }

    fn arrive(&mut self, sequence: i64, hash: String) -> Result<(), Broken> {
        if self.newest.is_some_and(|newest| newest.sequence() == sequence && newest.hash() != hash) {
            return Err(Broken { sequence: self.signed.0.min(sequence - 1) + 1, flaw: Flaw::Newest });
        }
        self.last = (sequence, hash);
        Ok(())
    }
}
