//! Every edit of a ledger is detected: attacks by a process that can write the store but does not have the key.

use std::{collections::BTreeMap, path::Path};

use audit::{
    ChainError, ChainVerifier, Error, InvalidRecord, LatestCheckpoint, Ledger, NewEntry, Outcome, ToolCall, Verified,
    verify,
};
use aws_lc_rs::digest;
use identity::Caller;
use policy::{Act, Effect, Target, TargetEntity};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Row as _, SqliteConnection};
use store::{LedgerRow, Store};
use tests::ledger::{keys, latest_checkpoint, ledger, ledger_config, signer};

/// A ledger with `acts` entries, one in fifty a write, with a checkpoint at its end.
async fn fill_ledger(folder: &Path, acts: usize) {
    let ledger = ledger(folder).await;
    for number in 0..acts {
        let effect = if number % 50 == 0 { Effect::Write } else { Effect::Read };
        let entity = TargetEntity::Known(format!("application-a{number}"));
        let act = Act::new("juju_config", effect)
            .with_target(Target::in_model("prod", "admin/shop", [entity]))
            .with_arguments(json!({"application": format!("a{number}")}));
        let entry = ledger
            .open_entry(NewEntry::from_call(&Caller::local("ana", "admin"), ToolCall::new(&act)))
            .await
            .expect("begun");
        entry.close(Outcome::Done, "");
    }
    ledger.shutdown().await.expect("signed");
    ledger.store().close().await;
}

async fn connect(folder: &Path) -> SqliteConnection {
    let url = format!("sqlite://{}", folder.join("state.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    // an attacker can bypass the constraints of the tables; the test does not need protection from power cuts
    run(&mut connection, "pragma ignore_check_constraints = on").await;
    run(&mut connection, "pragma synchronous = off").await;
    connection
}

async fn run(connection: &mut SqliteConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(connection).await.expect(statement);
}

async fn query_number(connection: &mut SqliteConnection, query: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(query.to_owned())).fetch_one(connection).await.expect(query)
}

/// Recomputes the hashes from `from` to `to`, as an attacker without the key would.
async fn rechain(connection: &mut SqliteConnection, from: i64, to: i64) {
    let before = format!("select hash from ledger where sequence < {from} order by sequence desc limit 1");
    let before = sqlx::query_scalar(AssertSqlSafe(before)).fetch_optional(&mut *connection).await.expect("a hash");
    let mut previous: String = before.unwrap_or_default();
    let rows = format!(
        "select sequence, entry, phase, body from ledger where sequence between {from} and {to} order by sequence"
    );
    let rows = sqlx::query(AssertSqlSafe(rows)).fetch_all(&mut *connection).await.expect("rows");
    let mut hashes = Vec::new();
    for row in rows {
        let sequence: i64 = row.get(0);
        previous = hash_parts([&previous, &sequence.to_string(), &hash_parts([row.get(1), row.get(2), row.get(3)])]);
        hashes.push(json!([sequence, previous]));
    }
    let update =
        "update ledger set hash = made.value ->> 1 from json_each(?) as made where sequence = made.value ->> 0";
    sqlx::query(update).bind(json!(hashes).to_string()).execute(connection).await.expect("updated");
}

async fn verify_store(store: &Store, newest: Option<&LatestCheckpoint>) -> Result<Verified, InvalidRecord> {
    match verify(store, &keys(), newest).await {
        Ok(verified) => Ok(verified),
        Err(Error::InvalidRecord(broken)) => Err(broken),
        Err(error) => panic!("{error}"),
    }
}

/// Numbers that look random and are the same in each run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, end: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        i64::try_from(number).expect("31 bits") % end
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let count = i64::try_from(of.len()).expect("a few");
        &of[usize::try_from(self.below(count)).expect("not negative")]
    }
}

const COLUMNS: &[&str] = &["entry", "phase", "body", "hash"];
const EDITS: &[&str] = &["change", "change", "change", "remove", "remove and close", "insert", "swap", "cut off"];

/// Statements that move all records from `from` on by `by`.
fn shift_statement(from: i64, by: i64) -> String {
    format!(
        "update ledger set sequence = -sequence - {by} where sequence >= {from}; \
         update ledger set sequence = -sequence where sequence < 0;"
    )
}

/// Changes one character at a random position of one column.
fn change_statement(random: &mut Random, at: i64) -> String {
    let column = *random.pick(COLUMNS);
    let place = random.below(60);
    let changed = match column {
        "phase" => "case phase when 'open' then 'close' when 'close' then 'checkpoint' else 'open' end".to_owned(),
        _ => format!(
            "case length({column}) when 0 then 'x' else substr({column}, 1, {place} % length({column})) || \
             case substr({column}, 1 + {place} % length({column}), 1) when '7' then '8' else '7' end || \
             substr({column}, 2 + {place} % length({column})) end"
        ),
    };
    format!("update ledger set {column} = {changed} where sequence = {at};")
}

/// SQL statements that edit record `at`, with the contents of `other` if the edit needs two records.
fn statements(random: &mut Random, kind: &str, at: i64, other: i64) -> String {
    match kind {
        "change" => change_statement(random, at),
        "remove" => format!("delete from ledger where sequence = {at};"),
        "remove and close" => format!("delete from ledger where sequence = {at}; {}", shift_statement(at + 1, -1)),
        "insert" => format!(
            "{} insert into ledger select {at}, entry, phase, body, hash from ledger where sequence = {};",
            shift_statement(at, 1),
            if other > at { other + 1 } else { other }
        ),
        "swap" => format!(
            "update ledger set sequence = -sequence where sequence in ({at}, {other}); \
             update ledger set sequence = {other} where sequence = -{at}; \
             update ledger set sequence = {at} where sequence = -{other};"
        ),
        _ => format!("delete from ledger where sequence >= {at};"),
    }
}

/// If hashes were recomputed, only the next checkpoint reveals the edit, somewhere after the previous checkpoint.
fn assert_named_record(heads: &[i64], edited: i64, chained_to: i64, broken: &InvalidRecord, what: &str) {
    let since = heads.iter().rev().find(|head| **head < edited).map_or(1, |head| head + 1);
    let right = if chained_to == 0 { edited..=edited } else { since..=edited + 1 };
    assert!(right.contains(&broken.sequence), "{broken}, but {edited} was edited, hashes made to {chained_to}: {what}");
}

/// An edit of rows in memory.
struct Edit {
    kind: String,
    /// The first record that it changes.
    from: i64,
    /// The last record with a recomputed hash; 0 if there is none.
    chained_to: i64,
    /// All rows from that one on.
    rows: Vec<LedgerRow>,
}

impl Edit {
    fn at_random(random: &mut Random, whole: &[LedgerRow]) -> Self {
        let last = i64::try_from(whole.len()).expect("a count");
        let (kind, at, other) = (*random.pick(EDITS), 1 + random.below(last), 1 + random.below(last));
        let other = if other == at { at % last + 1 } else { other };
        let (at, other) = if kind == "swap" { (at.min(other), at.max(other)) } else { (at, other) };
        let index = |sequence: i64| usize::try_from(sequence - 1).expect("a place");
        let mut rows = whole[index(at)..].to_vec();
        let shift = |rows: &mut [LedgerRow], by: i64| rows.iter_mut().for_each(|row| row.sequence += by);
        let mut hash_alone = false;
        match kind {
            "change" => hash_alone = change_row(random, &mut rows[0]),
            "remove" => drop(rows.remove(0)),
            "remove and close" => {
                rows.remove(0);
                shift(&mut rows, -1);
            }
            "insert" => {
                shift(&mut rows, 1);
                rows.insert(0, LedgerRow { sequence: at, ..whole[index(other)].clone() });
            }
            "swap" => {
                let distance = usize::try_from(other - at).expect("one is before the other");
                rows.swap(0, distance);
                (rows[0].sequence, rows[distance].sequence) = (at, other);
            }
            _ => rows.clear(),
        }
        let chained_to = if hash_alone { 0 } else { *random.pick(&[0, at, last + 1]) };
        let mut previous = at
            .checked_sub(2)
            .and_then(|before| whole.get(usize::try_from(before).ok()?))
            .map_or("", |row| &row.hash)
            .to_owned();
        for row in rows.iter_mut().filter(|row| row.sequence <= chained_to) {
            row.hash =
                hash_parts([&previous, &row.sequence.to_string(), &hash_parts([&row.entry, &row.phase, &row.body])]);
            previous.clone_from(&row.hash);
        }
        Self { kind: format!("{kind}{}", rechain_label(chained_to, at)), from: at, chained_to, rows }
    }
}

/// Changes one character of one column, and returns whether it was the hash.
fn change_row(random: &mut Random, row: &mut LedgerRow) -> bool {
    let column = *random.pick(COLUMNS);
    let text = match column {
        "entry" => &mut row.entry,
        "phase" => &mut row.phase,
        "body" => &mut row.body,
        _ => &mut row.hash,
    };
    let place = usize::try_from(random.below(1000)).expect("not negative") % text.len().max(1);
    let changed = if text.get(place..=place) == Some("7") { "8" } else { "7" };
    text.replace_range(place..(place + 1).min(text.len()), changed);
    column == "hash"
}

fn rechain_label(chained_to: i64, at: i64) -> &'static str {
    match chained_to {
        0 => "",
        to if to == at => ", its hash recomputed",
        _ => ", all hashes recomputed",
    }
}

/// SHA-256 over strings, each ended by a line feed, as described in docs/ledger.md.
fn hash_parts(parts: [&str; 3]) -> String {
    hex::encode(digest::digest(&digest::SHA256, format!("{}\n", parts.join("\n")).as_bytes()))
}

/// Makes `edits` random edits, each in a copy of the ledger in `folder`, and returns the number of each kind.
async fn tamper(folder: &Path, edits: usize, seed: u64) -> BTreeMap<String, usize> {
    let mut connection = connect(folder).await;
    let last = query_number(&mut connection, "select max(sequence) from ledger").await;
    let heads: Vec<i64> =
        sqlx::query_scalar("select sequence from ledger where phase = 'checkpoint' order by sequence")
            .fetch_all(&mut connection)
            .await
            .expect("heads");
    run(&mut connection, "pragma wal_checkpoint(truncate)").await;
    connection.close().await.expect("closed");
    let (whole, newest) = (folder.join("state.db"), latest_checkpoint(folder).expect("a stored checkpoint"));
    let edited = tempfile::tempdir().expect("a directory");
    let (mut random, mut kinds) = (Random(seed), BTreeMap::new());
    for _ in 0..edits {
        std::fs::copy(&whole, edited.path().join("state.db")).expect("a copy");
        let (kind, at, other) = (*random.pick(EDITS), 1 + random.below(last), 1 + random.below(last));
        let other = if other == at { at % last + 1 } else { other };
        let (at, other) = if kind == "swap" { (at.min(other), at.max(other)) } else { (at, other) };
        let text = statements(&mut random, kind, at, other);
        let to = *random.pick(&[0, at, last + 1]);
        // recomputing a changed hash would undo the change
        let to = if text.starts_with("update ledger set hash") { 0 } else { to };
        let mut connection = connect(edited.path()).await;
        run(&mut connection, &text).await;
        if to > 0 {
            rechain(&mut connection, at, to).await;
        }
        connection.close().await.expect("closed");
        let store = Store::open_read_only(&edited.path().join("state.db")).await.expect("a store");
        let found = verify_store(&store, Some(&newest)).await;
        store.close().await;
        let broken = found.expect_err(&format!("not found, chained again to {to}: {text}"));
        assert_named_record(&heads, at, to, &broken, &text);
        *kinds.entry(format!("{kind}{}", rechain_label(to, at))).or_default() += 1;
    }
    kinds
}

#[tokio::test]
async fn thousand_edits_of_ten_thousand_records_are_all_found() {
    let directory = tempfile::tempdir().expect("a directory");
    fill_ledger(directory.path(), 5_000).await;
    let newest = latest_checkpoint(directory.path()).expect("a stored checkpoint");
    let store = Store::open_read_only(&directory.path().join("state.db")).await.expect("a store");
    let rows = store.ledger_from(1, i64::MAX).await.expect("rows");
    let whole = verify_store(&store, Some(&newest)).await.expect("it holds before it is edited");
    assert!(whole.records >= 10_000 && whole.unsigned == 0 && rows.len() >= 10_000, "{whole:?}");
    // an edit of record n leaves all earlier records unchanged, so their verification is reused
    let (keys, mut walks) = (keys(), Vec::with_capacity(rows.len()));
    let mut walk = ChainVerifier::from_start(&keys, Some(&newest));
    for row in &rows {
        walks.push(walk.clone());
        walk.step(row).expect("it holds");
    }
    assert_eq!(walk.finish().expect("it holds"), whole);
    let heads: Vec<i64> = rows.iter().filter(|row| row.phase == "checkpoint").map(|row| row.sequence).collect();
    let (begun, mut random, mut kinds) = (std::time::Instant::now(), Random(20_261_121), BTreeMap::new());
    for _ in 0..1000 {
        let Edit { kind, from, chained_to, rows: edited } = Edit::at_random(&mut random, &rows);
        let index = usize::try_from(from - 1).expect("a place");
        let mut walk = walks[index].clone();
        let found = edited.iter().try_for_each(|row| walk.step(row)).and_then(|()| walk.finish());
        assert_named_record(
            &heads,
            from,
            chained_to,
            &found.expect_err(&format!("not found: {kind} of {from}")),
            &kind,
        );
        *kinds.entry(kind).or_insert(0) += 1;
    }
    println!("all found in {:.1} s: {kinds:#?}", begun.elapsed().as_secs_f64());
    assert_eq!(kinds.len(), 18, "{kinds:#?}");
}

#[tokio::test]
async fn edited_file_fails_a_full_verification() {
    let directory = tempfile::tempdir().expect("a directory");
    fill_ledger(directory.path(), 300).await;
    println!("{:#?}", tamper(directory.path(), 40, 7_654_321).await);
}

#[tokio::test]
async fn ledger_with_all_checkpoints_removed_fails_verification() {
    let directory = tempfile::tempdir().expect("a directory");
    fill_ledger(directory.path(), 600).await;
    let mut connection = connect(directory.path()).await;
    run(&mut connection, "delete from ledger where phase = 'checkpoint'").await;
    // renumber the rows, as if there had never been a checkpoint
    let close = "update ledger set sequence = -(select count(*) from ledger as before where before.sequence <= ledger.sequence)";
    run(
        &mut connection,
        &format!("create table counted as select * from ledger; {}", close.replace("ledger as", "counted as")),
    )
    .await;
    run(&mut connection, "update ledger set sequence = -sequence; drop table counted").await;
    let last = query_number(&mut connection, "select max(sequence) from ledger").await;
    assert_eq!(last, 1200);
    rechain(&mut connection, 1, last).await;
    connection.close().await.expect("closed");
    let store = Store::open_read_only(&directory.path().join("state.db")).await.expect("a store");
    let known = latest_checkpoint(directory.path());
    assert!(verify_store(&store, known.as_ref()).await.is_err());
    let broken = verify_store(&store, None).await.expect_err("too many records without a head");
    assert_eq!(broken, InvalidRecord { sequence: 1, error: ChainError::MissingCheckpoint });
}

#[tokio::test]
async fn ledger_with_a_changed_end_does_not_open() {
    let edits = [
        "delete from ledger where sequence = (select max(sequence) from ledger)",
        "delete from ledger",
        "update ledger set body = replace(body, '\"first\":1', '\"first\":2') where phase = 'checkpoint'",
        "update ledger set hash = 'x' where sequence = (select max(sequence) from ledger)",
    ];
    for edit in edits {
        let directory = tempfile::tempdir().expect("a directory");
        fill_ledger(directory.path(), 5).await;
        let mut connection = connect(directory.path()).await;
        run(&mut connection, edit).await;
        connection.close().await.expect("closed");
        let store = Store::open(&directory.path().join("state.db")).await.expect("a store");
        let opened = Ledger::open(store, ledger_config(directory.path())).await;
        assert!(matches!(opened, Err(Error::InvalidRecord(_))), "{edit}: {opened:?}");
    }
}

#[tokio::test]
async fn checkpoint_by_an_untrusted_key_fails_verification() {
    let directory = tempfile::tempdir().expect("a directory");
    fill_ledger(directory.path(), 5).await;
    let store = Store::open_read_only(&directory.path().join("state.db")).await.expect("a store");
    let other = audit::Signer::new(&[8; 32]).public_key().clone();
    let Err(Error::InvalidRecord(broken)) = verify(&store, std::slice::from_ref(&other), None).await else {
        panic!("it holds")
    };
    assert_eq!(broken.error, ChainError::UntrustedKey { key: signer().public_key().hex() });
    verify(&store, &[other, signer().public_key().clone()], None).await.expect("one of the keys is the right one");
}

#[tokio::test]
async fn ledger_with_records_and_without_checkpoint_file_does_not_open() {
    for edit in
        ["", "delete from ledger where sequence > 3", "delete from ledger where phase = 'checkpoint' or sequence > 2"]
    {
        let directory = tempfile::tempdir().expect("a directory");
        fill_ledger(directory.path(), 5).await;
        let mut connection = connect(directory.path()).await;
        run(&mut connection, edit).await;
        connection.close().await.expect("closed");
        let config = ledger_config(directory.path());
        std::fs::remove_file(&config.checkpoint_file).expect("removed");
        let store = Store::open(&directory.path().join("state.db")).await.expect("a store");
        let refused = Ledger::open(store, config).await.expect_err(edit);
        assert!(matches!(refused, Error::MissingCheckpointFile(_) | Error::InvalidRecord(_)), "{edit}: {refused:?}");
        assert!(refused.remedy().is_some(), "{refused}");
    }
}

#[tokio::test]
async fn ledger_has_its_checkpoint_file_before_the_first_entry() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(&directory.path().join("state.db")).await.expect("a store");
    let ledger = Ledger::open(store, ledger_config(directory.path())).await.expect("an empty ledger opens");
    assert!(ledger_config(directory.path()).checkpoint_file.exists());
    drop(ledger);
    // a power cut between the first checkpoint and its file
    std::fs::remove_file(ledger_config(directory.path()).checkpoint_file).expect("removed");
    let store = Store::open(&directory.path().join("state.db")).await.expect("a store");
    assert!(Ledger::open(store, ledger_config(directory.path())).await.is_ok(), "no entry can be missing");
}
