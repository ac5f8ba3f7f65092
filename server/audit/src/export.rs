//! Exports a range of the ledger as JSON lines that can be verified without the ledger: an omitted record is replaced by its digest.

use std::{
    collections::HashSet,
    io::{BufRead, Write},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{LedgerRow, Store};

use crate::{
    Error, Phase, PublicKey, Record, chain,
    chain_verifier::{ChainVerifier, Verified},
    checkpoint::{Checkpoint, PHASE},
    error::unreadable,
    record::{OpenRecord, now},
};

/// Rows that one query reads.
const PAGE: i64 = 1000;
const FORMAT: &str = "juju-mcp ledger 1";

/// Which records an export contains. Default: all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportFilter {
    /// Only records from this time on, in the format of records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<String>,
    /// Only records before this time, in the format of records.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// Only entries in this model: `admin/prod`, or `prod` for any owner, optionally with the prefix `controller:`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Only entries of this caller, by subject or address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<String>,
}

/// Number of records in an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Records with their contents.
    pub included: u64,
    /// Records after the last checkpoint, which the export leaves out.
    pub unsigned: i64,
}

/// First line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportHeader {
    export: String,
    time: String,
    filter: ExportFilter,
    /// Sequence of the first record.
    first: i64,
    /// Hash of the record before the first one.
    previous: String,
}

/// Every further line of an export: a full record, or the content hash of an omitted one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportLine<'a> {
    sequence: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    entry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default, borrow)]
    body: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    omitted: Option<String>,
}

/// A parsed line of an export.
enum ExportItem {
    Full(LedgerRow),
    Omitted { sequence: i64, content_hash: String },
}

/// Writes an export, from the first included record to the checkpoint after the last one.
///
/// # Errors
/// [`Error::Store`], [`Error::Export`], or [`Error::InvalidRecord`] if a record cannot be parsed.
pub async fn export(store: &Store, filter: ExportFilter, output: &mut (impl Write + Send)) -> Result<Exported, Error> {
    let last_checkpoint = store.ledger_checkpoints(1).await?.pop();
    let base_hash = last_checkpoint
        .as_ref()
        .and_then(Checkpoint::from_row)
        .map_or(String::new(), |checkpoint| checkpoint.base_hash);
    let signed_through = last_checkpoint.map_or(0, |row| row.sequence);
    let mut writer = ExportWriter {
        output,
        filter,
        open_entries: HashSet::new(),
        previous: base_hash,
        started: false,
        needs_checkpoint: false,
        deferred: Vec::new(),
    };
    let (mut next, mut exported) = (1, Exported::default());
    loop {
        let rows = store.ledger_from(next, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(exported) };
        next = last.sequence + 1;
        for row in &rows {
            if row.sequence > signed_through {
                exported.unsigned += 1;
            } else {
                exported.included += u64::from(writer.write_row(row)?);
            }
        }
    }
}

struct ExportWriter<'a, W> {
    output: &'a mut W,
    filter: ExportFilter,
    /// Entries that match the filter and are not closed yet.
    open_entries: HashSet<String>,
    /// Hash of the previous row.
    previous: String,
    started: bool,
    /// Whether the export contains a record that no checkpoint in it signs yet.
    needs_checkpoint: bool,
    /// Lines after the last required one, written only before another required line.
    deferred: Vec<String>,
}

impl<W: Write> ExportWriter<'_, W> {
    /// Processes the next row, and returns whether the export includes it.
    fn write_row(&mut self, row: &LedgerRow) -> Result<bool, Error> {
        let included = self.includes_row(row)?;
        if included && !self.started {
            self.write(&to_json(&ExportHeader {
                export: FORMAT.to_owned(),
                time: now(),
                filter: self.filter.clone(),
                first: row.sequence,
                previous: self.previous.clone(),
            })?)?;
            self.started = true;
        }
        self.previous.clone_from(&row.hash);
        if included || (self.needs_checkpoint && row.phase == PHASE) {
            for line in std::mem::take(&mut self.deferred) {
                self.write(&line)?;
            }
            self.write(&full_line(row)?)?;
            self.needs_checkpoint = included;
        } else if self.started {
            self.deferred.push(to_json(&ExportLine::omitted(row))?);
        }
        Ok(included)
    }

    fn includes_row(&mut self, row: &LedgerRow) -> Result<bool, Error> {
        let Some(record) = Record::from_row(row).map_err(|_| unreadable(row.sequence))? else { return Ok(false) };
        let (time, matches) = match &record.phase {
            Phase::Open(opened) => {
                let matches = self.filter.matches(opened);
                if matches {
                    self.open_entries.insert(record.entry.clone());
                }
                (&opened.time, matches)
            }
            Phase::Close(closed) => {
                (&closed.time, self.open_entries.remove(&record.entry) || self.filter.matches_any_entry())
            }
        };
        Ok(matches && self.filter.contains_time(time))
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.output, "{line}").map_err(Error::Export)
    }
}

impl ExportFilter {
    fn matches_any_entry(&self) -> bool {
        self.model.is_none() && self.caller.is_none()
    }

    /// Whether a time is within the range.
    pub(crate) fn contains_time(&self, time: &str) -> bool {
        let since = self.since.as_ref().is_none_or(|since| time >= since.as_str());
        since && self.until.as_ref().is_none_or(|until| time < until.as_str())
    }

    /// Whether an entry has the caller and the model of the filter.
    pub(crate) fn matches(&self, opened: &OpenRecord) -> bool {
        let is_caller = |caller: &String| *caller == opened.caller || opened.email.as_ref() == Some(caller);
        let is_model = |wanted: &String| {
            let location = opened.event.location();
            let controller = location.controller().unwrap_or_default();
            let model = location.model().unwrap_or_default();
            let full = format!("{controller}:{model}");
            let name = full.rsplit('/').next().unwrap_or_default();
            let short = format!("{controller}:{name}");
            [full.as_str(), model, name, &short].contains(&wanted.as_str())
        };
        self.caller.as_ref().is_none_or(is_caller) && self.model.as_ref().is_none_or(is_model)
    }
}

impl ExportLine<'_> {
    fn omitted(row: &LedgerRow) -> Self {
        let omitted = Some(chain::content_hash(&row.entry, &row.phase, &row.body));
        Self { sequence: row.sequence, entry: None, phase: None, body: None, hash: None, omitted }
    }

    /// Validates the combination of fields.
    fn into_item(self) -> Option<ExportItem> {
        let sequence = self.sequence;
        match (self.omitted, self.entry, self.phase, self.body, self.hash) {
            (Some(content_hash), None, None, None, None) => Some(ExportItem::Omitted { sequence, content_hash }),
            (None, Some(entry), Some(phase), Some(body), Some(hash)) => {
                Some(ExportItem::Full(LedgerRow { sequence, entry, phase, body: body.get().to_owned(), hash }))
            }
            _ => None,
        }
    }
}

/// The line of a full record; its body has exactly the bytes that were hashed.
fn full_line(row: &LedgerRow) -> Result<String, Error> {
    let body = serde_json::from_str(&row.body).map_err(|_| unreadable(row.sequence))?;
    to_json(&ExportLine {
        sequence: row.sequence,
        entry: Some(row.entry.clone()),
        phase: Some(row.phase.clone()),
        body: Some(body),
        hash: Some(row.hash.clone()),
        omitted: None,
    })
}

fn to_json(line: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(line).map_err(Error::Serialize)
}

/// Verifies an export without the ledger: hash chain, signatures, and that it ends with a checkpoint. An export without included
/// records is empty.
///
/// # Errors
/// [`Error::Export`] if it cannot be read, [`Error::ExportLine`] at a line that cannot be parsed, [`Error::InvalidRecord`] at the
/// first invalid record.
pub fn verify_export(input: impl BufRead, keys: &[PublicKey]) -> Result<(Verified, Exported), Error> {
    let mut lines = input.lines().zip(1..);
    let header: ExportHeader = match lines.next() {
        None => ExportHeader {
            export: FORMAT.to_owned(),
            time: now(),
            filter: ExportFilter::default(),
            first: 1,
            previous: String::new(),
        },
        Some((line, number)) => {
            serde_json::from_str(&line.map_err(Error::Export)?).map_err(|_| Error::ExportLine(number))?
        }
    };
    if header.export != FORMAT || header.first < 1 {
        return Err(Error::ExportLine(1));
    }
    let mut verifier = ChainVerifier::new(Some(keys), None, header.first, header.previous);
    let mut exported = Exported::default();
    for (line, number) in lines {
        let line = line.map_err(Error::Export)?;
        let line: ExportLine<'_> = serde_json::from_str(&line).map_err(|_| Error::ExportLine(number))?;
        match line.into_item().ok_or(Error::ExportLine(number))? {
            ExportItem::Full(row) => {
                verifier.step(&row).map_err(Error::InvalidRecord)?;
                exported.included += u64::from(row.phase != PHASE);
            }
            ExportItem::Omitted { sequence, content_hash } => {
                verifier.step_omitted(sequence, &content_hash).map_err(Error::InvalidRecord)?;
            }
        }
    }
    Ok((verifier.finish_export().map_err(Error::InvalidRecord)?, exported))
}
