//! Exports a range of the ledger as JSON lines that prove themselves: what is left out stands there as its digest.

use std::{
    collections::HashSet,
    io::{BufRead, Write},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{LedgerRow, Store};

use crate::{
    Broken, Error, Flaw, Phase, PublicKey, Record, chain,
    head::{Head, PHASE},
    record::{Beginning, now},
    walk::{Verified, Walk},
};

const PAGE: i64 = 1000;
const FORMAT: &str = "juju-mcp ledger 1";

/// Which records are shown; all where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Written at this time or later, as records write times.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<String>,
    /// Written before this time, as records write times.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// Of acts in this model: `admin/prod`, `prod` for the model of any owner, either with `controller:` before it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Of acts of this caller, by subject or address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<String>,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Records that are shown.
    pub shown: u64,
    /// Records that are younger than the last signed head, and so are not in it yet.
    pub unsigned: i64,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    export: String,
    time: String,
    only: Only,
    /// The first record in it.
    first: i64,
    /// Hash of the record before that.
    previous: String,
}

/// Each further line: a whole record, or the digest of what one says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    sequence: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    act: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    phase: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default, borrow)]
    body: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    omitted: Option<String>,
}

/// Writes an export: from the first record that is to be shown to the signed head after the last.
///
/// # Errors
/// [`Error::Store`], [`Error::Export`], or [`Error::Broken`] where a record cannot be read.
pub async fn export(store: &Store, only: Only, output: &mut (impl Write + Send)) -> Result<Exported, Error> {
    let last_head = store.ledger_heads(1).await?.pop();
    let base = last_head.as_ref().and_then(Head::read).map_or(String::new(), |head| head.base);
    let last_head = last_head.map_or(0, |row| row.sequence);
    let mut writer = Writer {
        output,
        only,
        acts: HashSet::new(),
        previous: base,
        begun: false,
        unsealed: false,
        waiting: Vec::new(),
    };
    let (mut next, mut exported) = (1, Exported::default());
    loop {
        let rows = store.ledger_from(next, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(exported) };
        next = last.sequence + 1;
        for row in &rows {
            if row.sequence > last_head {
                exported.unsigned += 1;
            } else {
                exported.shown += u64::from(writer.row(row)?);
            }
        }
    }
}

struct Writer<'a, W> {
    output: &'a mut W,
    only: Only,
    /// Acts of the model and caller that are to be shown and have not ended yet.
    acts: HashSet<String>,
    /// Hash of the row before.
    previous: String,
    begun: bool,
    /// Whether something is shown that no head in the export signs yet.
    unsealed: bool,
    /// Lines since the last one that had to be there; they are written when another has.
    waiting: Vec<String>,
}

impl<W: Write> Writer<'_, W> {
    /// Takes the next row, and says whether it is shown.
    fn row(&mut self, row: &LedgerRow) -> Result<bool, Error> {
        let shown = self.shows(row)?;
        if shown && !self.begun {
            let (time, only, previous) = (now(), self.only.clone(), self.previous.clone());
            self.write(&text(&Header { export: FORMAT.to_owned(), time, only, first: row.sequence, previous })?)?;
            self.begun = true;
        }
        self.previous.clone_from(&row.hash);
        if shown || (self.unsealed && row.phase == PHASE) {
            for line in std::mem::take(&mut self.waiting) {
                self.write(&line)?;
            }
            self.write(&whole(row)?)?;
            self.unsealed = shown;
        } else if self.begun {
            self.waiting.push(text(&Line::omitted(row))?);
        }
        Ok(shown)
    }

    fn shows(&mut self, row: &LedgerRow) -> Result<bool, Error> {
        let unreadable = |_| Error::Broken(Broken { sequence: row.sequence, flaw: Flaw::Unreadable });
        let Some(record) = Record::read(row).map_err(unreadable)? else { return Ok(false) };
        let (time, wanted) = match &record.phase {
            Phase::Open(begun) => {
                let wanted = self.only.wants(begun);
                if wanted {
                    self.acts.insert(record.act.clone());
                }
                (&begun.time, wanted)
            }
            Phase::Close(ended) => (&ended.time, self.acts.remove(&record.act) || self.only.any_act()),
        };
        Ok(wanted && self.only.spans(time))
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.output, "{line}").map_err(Error::Export)
    }
}

impl Only {
    fn any_act(&self) -> bool {
        self.model.is_none() && self.caller.is_none()
    }

    /// Whether a time is within the range.
    pub(crate) fn spans(&self, time: &str) -> bool {
        let since = self.since.as_ref().is_none_or(|since| time >= since.as_str());
        since && self.until.as_ref().is_none_or(|until| time < until.as_str())
    }

    pub(crate) fn wants(&self, begun: &Beginning) -> bool {
        let of = |caller: &String| *caller == begun.caller || begun.email.as_ref() == Some(caller);
        let within = |model: &String| {
            let controller = begun.asked.controller().unwrap_or_default();
            let own = begun.asked.model().unwrap_or_default();
            let full = format!("{controller}:{own}");
            let name = full.rsplit('/').next().unwrap_or_default();
            let short = format!("{controller}:{name}");
            [full.as_str(), own, name, &short].contains(&model.as_str())
        };
        self.caller.as_ref().is_none_or(of) && self.model.as_ref().is_none_or(within)
    }
}

impl Line<'_> {
    fn omitted(row: &LedgerRow) -> Self {
        let omitted = Some(chain::content(&row.act, &row.phase, &row.body));
        Self { sequence: row.sequence, act: None, phase: None, body: None, hash: None, omitted }
    }

    /// The row that a whole line holds, or the digest of what one says.
    fn into_row(self) -> Option<Result<LedgerRow, (i64, String)>> {
        match (self.omitted, self.act, self.phase, self.body, self.hash) {
            (Some(content), None, None, None, None) => Some(Err((self.sequence, content))),
            (None, Some(act), Some(phase), Some(body), Some(hash)) => {
                Some(Ok(LedgerRow { sequence: self.sequence, act, phase, body: body.get().to_owned(), hash }))
            }
            _ => None,
        }
    }
}

/// The line of a row, its body as it was hashed.
fn whole(row: &LedgerRow) -> Result<String, Error> {
    let unreadable = |_| Error::Broken(Broken { sequence: row.sequence, flaw: Flaw::Unreadable });
    let body = serde_json::from_str(&row.body).map_err(unreadable)?;
    text(&Line {
        sequence: row.sequence,
        act: Some(row.act.clone()),
        phase: Some(row.phase.clone()),
        body: Some(body),
        hash: Some(row.hash.clone()),
        omitted: None,
    })
}

fn text(line: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(line).map_err(Error::Unwritable)
}

/// Checks an export by itself: chain, signatures, and that it ends with a signed head. An export in which nothing is shown
/// is empty.
///
/// # Errors
/// [`Error::Export`] where it cannot be read, [`Error::Line`] at a line that is none, [`Error::Broken`] at the first record
/// that does not hold.
pub fn verify_export(input: impl BufRead, keys: &[PublicKey]) -> Result<(Verified, Exported), Error> {
    let mut lines = input.lines().zip(1..);
    let header: Header = match lines.next() {
        None => {
            Header { export: FORMAT.to_owned(), time: now(), only: Only::default(), first: 1, previous: String::new() }
        }
        Some((line, number)) => serde_json::from_str(&line.map_err(Error::Export)?).map_err(|_| Error::Line(number))?,
    };
    if header.export != FORMAT || header.first < 1 {
        return Err(Error::Line(1));
    }
    let mut walk = Walk::new(Some(keys), None, header.first, header.previous);
    let mut exported = Exported::default();
    for (line, number) in lines {
        let line = line.map_err(Error::Export)?;
        let line: Line<'_> = serde_json::from_str(&line).map_err(|_| Error::Line(number))?;
        match line.into_row().ok_or(Error::Line(number))? {
            Ok(row) => {
                walk.step(&row).map_err(Error::Broken)?;
                exported.shown += u64::from(row.phase != PHASE);
            }
            Err((sequence, content)) => walk.step_over(sequence, &content).map_err(Error::Broken)?,
        }
    }
    Ok((walk.end_signed().map_err(Error::Broken)?, exported))
}
