//! Exports of the ledger, its retention, and a store that accepts no records.

use std::path::Path;

use audit::{
    ChainError, Entry, Error, ExportFilter, Ledger, LedgerConfig, NewEntry, Outcome, Phase, Retention, Signer,
    ToolCall, Verified, export, verify, verify_export,
};
use identity::Caller;
use policy::{Act, Effect, Target, TargetEntity};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use store::{LedgerRow, Store};
use tests::{
    ledger::{keys, latest_checkpoint, ledger, ledger_config},
    wait_until,
};

async fn begin_entry(ledger: &Ledger, caller: &str, model: &str, effect: Effect) -> Result<Entry, Error> {
    let act = Act::new("juju_config", effect)
        .with_target(Target::in_model("prod", model, [TargetEntity::Known("application-web".into())]))
        .with_arguments(json!({"application": "web"}));
    ledger.open_entry(NewEntry::from_call(&Caller::local(caller, "admin"), ToolCall::new(&act))).await
}

async fn complete_acts(ledger: &Ledger, caller: &str, model: &str, acts: usize) {
    for number in 0..acts {
        let effect = if number % 10 == 0 { Effect::Write } else { Effect::Read };
        begin_entry(ledger, caller, model, effect).await.expect("begun").close(Outcome::Done, "");
    }
    ledger.flush().await.expect("settled");
}

async fn export_text(store: &Store, only: ExportFilter) -> (String, audit::Exported) {
    let mut text = Vec::new();
    let exported = export(store, only, &mut text).await.expect("exported");
    (String::from_utf8(text).expect("text"), exported)
}

#[tokio::test]
async fn export_verifies_alone_and_contains_only_matching_records() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    for (caller, model) in [("ana", "ana/dev"), ("bob", "bob/shop"), ("ana", "ana/shop"), ("eve", "eve/lab")] {
        complete_acts(&ledger, caller, model, 30).await;
    }
    ledger.shutdown().await.expect("signed");
    let shop = |model: &str| ExportFilter { model: Some(model.into()), ..ExportFilter::default() };
    let cases = [
        (ExportFilter::default(), 240, true),
        (shop("shop"), 120, false),
        (shop("ana/shop"), 60, false),
        (shop("prod:shop"), 120, false),
        (shop("dev:shop"), 0, false),
        (ExportFilter { caller: Some("local:bob".into()), ..ExportFilter::default() }, 60, false),
        (ExportFilter { caller: Some("local:bob".into()), ..shop("ana/shop") }, 0, false),
        (ExportFilter { since: Some("2999-01-01T00:00:00Z".into()), ..ExportFilter::default() }, 0, false),
    ];
    for (only, shown, eve) in cases {
        let (text, exported) = export_text(ledger.store(), only.clone()).await;
        assert_eq!((exported.included, exported.unsigned, text.contains("local:eve")), (shown, 0, eve), "{only:?}");
        let (verified, again) = verify_export(text.as_bytes(), &keys()).expect("it proves itself");
        assert_eq!((again.included, verified.unsigned), (shown, 0), "{only:?}");
        let other = Signer::new(&[8; 32]).public_key().clone();
        assert_eq!(verify_export(text.as_bytes(), &[other]).is_ok(), shown == 0, "{only:?}");
    }
}

#[tokio::test]
async fn edited_export_fails_verification() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    complete_acts(&ledger, "ana", "ana/dev", 15).await;
    complete_acts(&ledger, "bob", "bob/shop", 15).await;
    complete_acts(&ledger, "ana", "ana/dev", 15).await;
    ledger.shutdown().await.expect("signed");
    let (text, _) =
        export_text(ledger.store(), ExportFilter { caller: Some("local:ana".into()), ..ExportFilter::default() }).await;
    let lines: Vec<&str> = text.lines().collect();
    for index in 1..lines.len() {
        let without: Vec<_> = [&lines[..index], &lines[index + 1..]].concat();
        let twice: Vec<_> = [&lines[..=index], &lines[index..]].concat();
        let changed =
            lines[index].replacen("local:ana", "local:eve", 1).replacen("\"omitted\":\"", "\"omitted\":\"0", 1);
        let changed = changed.replacen("\"outcome\":\"done\"", "\"outcome\":\"denied\"", 1).replacen(
            "\"first\":1",
            "\"first\":2",
            1,
        );
        assert_ne!(changed, lines[index]);
        let changed: Vec<_> = [&lines[..index], &[changed.as_str()], &lines[index + 1..]].concat();
        for (kind, edited) in [("without", without), ("twice", twice), ("changed", changed)] {
            let found = verify_export(edited.join("\n").as_bytes(), &keys());
            assert!(matches!(found, Err(Error::InvalidRecord(_))), "{kind} line {index}: {found:?}");
        }
        let cut = verify_export(lines[..index].join("\n").as_bytes(), &keys());
        let sealed = index == 1 || lines[index - 1].contains("\"phase\":\"checkpoint\"");
        assert_eq!(cut.is_ok(), sealed, "cut off before line {index}: {cut:?}");
    }
    assert!(matches!(verify_export("{}".as_bytes(), &keys()), Err(Error::ExportLine(1))));
    assert!(matches!(verify_export(format!("{}\nx", lines[0]).as_bytes(), &keys()), Err(Error::ExportLine(2))));
}

async fn verify_ledger(folder: &Path, store: &Store) -> Verified {
    verify(store, &keys(), latest_checkpoint(folder).as_ref()).await.expect("it holds")
}

/// Waits until this record is removed and a checkpoint signs the removal.
async fn wait_for_removal(folder: &Path, ledger: &Ledger, record: i64) -> Verified {
    wait_until(&format!("record {record} is removed"), async || {
        let now = verify_ledger(folder, ledger.store()).await;
        if now.first > record && now.unsigned == 0 { Ok(now) } else { Err(format!("{now:?}")) }
    })
    .await
}

#[tokio::test]
async fn expired_records_are_removed_with_a_signed_checkpoint() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    let before = ledger(folder).await;
    complete_acts(&before, "ana", "ana/dev", 40).await;
    let open = begin_entry(&before, "bob", "ana/dev", Effect::Read).await.expect("begun");
    complete_acts(&before, "ana", "ana/dev", 40).await;
    before.shutdown().await.expect("signed");
    let records = Ledger::records(before.store(), 1, 1000).await.expect("records");
    let opened = records.iter().find(|record| record.entry == open.id()).expect("it is there").sequence;
    std::mem::forget(open); // as a killed process would
    before.store().close().await;
    // the next start closes the entry, so that its open record can be removed
    let retention = Retention { days: Some(0), max_bytes: None, min_days: 0 };
    let store = Store::open(&folder.join("state.db")).await.expect("a store");
    let after = Ledger::open(store, LedgerConfig { retention, ..ledger_config(folder) }).await.expect("a ledger");
    wait_for_removal(folder, &after, opened).await;
    complete_acts(&after, "ana", "ana/dev", 3).await;
    after.shutdown().await.expect("signed");
    after.store().close().await;
    let store = Store::open_read_only(&folder.join("state.db")).await.expect("a store");
    let now = verify_ledger(folder, &store).await;
    let (text, _) = export_text(&store, ExportFilter::default()).await;
    verify_export(text.as_bytes(), &keys()).expect("what is left proves itself");
    store.close().await;
    // without the key no further record can be removed
    let url = format!("sqlite://{}", folder.join("state.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    sqlx::query("delete from ledger where sequence = ?")
        .bind(now.first)
        .execute(&mut connection)
        .await
        .expect("deleted");
    connection.close().await.expect("closed");
    let store = Store::open_read_only(&folder.join("state.db")).await.expect("a store");
    let Err(Error::InvalidRecord(broken)) = verify(&store, &keys(), latest_checkpoint(folder).as_ref()).await else {
        panic!("it holds")
    };
    assert_eq!((broken.sequence, broken.error), (now.first, ChainError::Missing));
}

#[tokio::test]
async fn oversized_ledger_loses_its_oldest_records() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    let before = ledger(folder).await;
    complete_acts(&before, "ana", "ana/dev", 300).await;
    before.shutdown().await.expect("signed");
    let size = before.store().ledger_size().await.expect("a size");
    before.store().close().await;
    let retention = Retention { days: None, max_bytes: Some(size.bytes * 3 / 4), min_days: 0 };
    let store = Store::open(&folder.join("state.db")).await.expect("a store");
    let after = Ledger::open(store, LedgerConfig { retention, ..ledger_config(folder) }).await.expect("a ledger");
    let now = wait_for_removal(folder, &after, 1).await;
    assert!(now.first > size.records / 8 && now.first < size.records / 2, "{now:?} of {size:?}");
}

#[tokio::test]
async fn full_store_refuses_entries_and_retains_records() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    let store = Store::open_limited(&folder.join("state.db"), Some(60)).await.expect("a store");
    let ledger = Ledger::open(store, ledger_config(folder)).await.expect("a ledger");
    let mut persisted = 0;
    let error = loop {
        match begin_entry(&ledger, "ana", "ana/dev", Effect::Write).await {
            Ok(entry) => std::mem::forget(entry),
            Err(error) => break error,
        }
        persisted += 1;
        assert!(persisted < 1000, "it is never full");
    };
    assert_eq!(error.to_string(), "the ledger cannot be read or written: the store is full");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains("free space")), "{error:?}");
    assert_eq!(ledger.last_error().map(|error| error.to_string()), Some(error.to_string()));
    let mut refused = false;
    for _ in 0..20 {
        // a read has a smaller record, so one or two may still fit
        refused |= begin_entry(&ledger, "ana", "ana/dev", Effect::Read).await.map(std::mem::forget).is_err();
    }
    assert!(refused, "reads are refused too");
    assert!(verify_ledger(folder, ledger.store()).await.records > persisted);
}

#[tokio::test]
async fn read_only_store_refuses_entries_with_a_remedy() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    let before = ledger(folder).await;
    complete_acts(&before, "ana", "ana/dev", 3).await;
    before.shutdown().await.expect("signed");
    let store = Store::open_read_only(&folder.join("state.db")).await.expect("a store");
    let after = Ledger::open(store, ledger_config(folder)).await.expect("a ledger");
    for effect in [Effect::Read, Effect::Write] {
        let error = begin_entry(&after, "ana", "ana/dev", effect).await.expect_err("read-only");
        assert_eq!(
            error.to_string(),
            "the ledger cannot be read or written: the store or its file system is read-only"
        );
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("writable")), "{error:?}");
    }
}

#[tokio::test]
async fn refused_close_records_are_retried_until_stored() {
    let directory = tempfile::tempdir().expect("a directory");
    let folder = directory.path();
    let ledger = ledger(folder).await;
    let entry = begin_entry(&ledger, "ana", "ana/dev", Effect::Write).await.expect("begun");
    let url = format!("sqlite://{}", folder.join("state.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("the file");
    let refuse = "create trigger refuse before insert on ledger begin select raise(abort, 'not now'); end";
    sqlx::raw_sql(refuse).execute(&mut connection).await.expect("a trigger");
    entry.close(Outcome::Done, "");
    ledger.flush().await.expect("tried");
    begin_entry(&ledger, "ana", "ana/dev", Effect::Read).await.expect_err("refused");
    assert!(ledger.last_error().is_some());
    sqlx::raw_sql("drop trigger refuse").execute(&mut connection).await.expect("dropped");
    wait_until("the ledger retries without a new command", async || match ledger.last_error() {
        None => Ok(()),
        Some(error) => Err(error.to_string()),
    })
    .await;
    let records = Ledger::records(ledger.store(), 1, 10).await.expect("records");
    let ends: Vec<_> = records.iter().filter(|record| matches!(record.phase, Phase::Close(_))).collect();
    assert_eq!((records.len(), ends.len()), (2, 1), "{records:?}");
    verify_ledger(folder, ledger.store()).await;
}

#[tokio::test]
async fn appended_rows_reach_the_database_file_in_the_background() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("store.db");
    let store = Store::open(&file).await.expect("a store");
    let size = || std::fs::metadata(&file).expect("a file").len();
    let before = size();
    let row = |sequence: i64| LedgerRow {
        sequence,
        entry: sequence.to_string(),
        phase: "open".to_owned(),
        body: "{}".to_owned(),
        hash: String::new(),
    };
    for batch in 0..20 {
        let rows: Vec<_> = (1..=100).map(|at| row(batch * 100 + at)).collect();
        store.append_ledger(&rows, false).await.expect("appended");
    }
    wait_until("the file has what its log had", async || {
        if size() > before { Ok(()) } else { Err(format!("it still has {before} bytes")) }
    })
    .await;
    assert_eq!(store.last_ledger_row().await.expect("read").map(|row| row.sequence), Some(2000));
}
