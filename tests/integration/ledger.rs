//! The ledger: contents of its records, and entries that a killed process leaves open.

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use audit::{
    AuditEvent, ChangeFilter, CheckpointSink, Delivery, Error, ExportFilter, LatestCheckpoint, Ledger, LedgerConfig,
    NewEntry, Outcome, Phase, Signer, ToolCall, changes, rebuild_checkpoint_file, rotate_key, verify,
    verify_checkpoints,
};
use identity::Caller;
use parking_lot::Mutex;
use policy::{Act, Effect, Target, TargetEntity};
use serde_json::json;
use store::Store;
use tests::{
    ledger::{STORE_FILE, keys, latest_checkpoint, ledger, ledger_config, signer},
    wait_until,
};

fn act(number: usize, effect: Effect) -> Act {
    Act::new("juju_config", effect)
        .with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known(format!("application-a{number}"))]))
        .with_arguments(
            json!({"application": format!("a{number}"), "values": {"admin-password": "hunter2", "title": "Shop"}}),
        )
}

async fn fill_ledger(folder: &Path, acts: usize) -> Store {
    let ledger = ledger(folder).await;
    let caller = Caller::local("ana", "operator").with_client("test/1");
    for number in 0..acts {
        let entry = ledger
            .open_entry(NewEntry::from_call(&caller, ToolCall::new(&act(number, Effect::Read))))
            .await
            .expect("begun");
        entry.close(Outcome::Done, "");
    }
    ledger.flush().await.expect("settled");
    ledger.store().clone()
}

#[tokio::test]
async fn records_name_caller_act_and_outcome_without_secrets() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = fill_ledger(directory.path(), 1).await;
    let records = Ledger::records(&store, 1, 10).await.expect("records");
    let [first, second] = records.as_slice() else { panic!("a beginning and an end: {records:?}") };
    let (Phase::Open(begun), Phase::Close(ended)) = (&first.phase, &second.phase) else { panic!("{records:?}") };
    assert_eq!((begun.caller.as_str(), begun.client.as_deref()), ("local:ana", Some("test/1")));
    let AuditEvent::ToolCall(call) = &begun.event else { panic!("{begun:?}") };
    assert_eq!(call.operation.arguments["values"], json!({"admin-password": "(redacted)", "title": "Shop"}));
    assert_eq!(call.digest, act(0, Effect::Read).digest());
    assert_eq!((ended.outcome, first.entry == second.entry), (Outcome::Done, true));
    // a checkpoint follows when the ledger is dropped
    assert!((3..=4).contains(&verify(&store, &keys(), None).await.expect("it holds").records));
}

#[tokio::test]
async fn entry_of_a_killed_process_is_closed_as_unknown() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    let caller = Caller::local("ana", "operator");
    let entry =
        ledger.open_entry(NewEntry::from_call(&caller, ToolCall::new(&act(7, Effect::Write)))).await.expect("begun");
    let id = entry.id().to_owned();
    std::mem::forget(entry); // as a killed process would
    let again = tests::ledger::ledger(directory.path()).await;
    again.flush().await.expect("settled");
    let records = Ledger::records(again.store(), 1, 10).await.expect("records");
    let Some(Phase::Close(ended)) = records.last().map(|record| &record.phase) else { panic!("{records:?}") };
    assert_eq!((ended.outcome, records.last().map(|record| record.entry.clone())), (Outcome::Unknown, Some(id)));
    verify(again.store(), &keys(), latest_checkpoint(directory.path()).as_ref()).await.expect("it holds");
}

#[tokio::test]
async fn dropped_read_is_cancelled_and_dropped_write_is_unknown() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    for (effect, outcome) in [(Effect::Read, Outcome::Cancelled), (Effect::Write, Outcome::Unknown)] {
        drop(
            ledger
                .open_entry(NewEntry::from_call(&Caller::local("ana", "admin"), ToolCall::new(&act(1, effect))))
                .await
                .expect("begun"),
        );
        ledger.flush().await.expect("settled");
        let records = Ledger::records(ledger.store(), 1, 10).await.expect("records");
        let Some(Phase::Close(ended)) = records.last().map(|record| &record.phase) else { panic!("{records:?}") };
        assert_eq!(ended.outcome, outcome);
    }
}

#[tokio::test]
async fn write_dropped_before_it_is_persisted_is_cancelled() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    let (caller, act) = (Caller::local("ana", "admin"), act(1, Effect::Write));
    let mut beginning = Box::pin(ledger.open_entry(NewEntry::from_call(&caller, ToolCall::new(&act))));
    assert!(futures::poll!(&mut beginning).is_pending());
    drop(beginning);
    ledger.flush().await.expect("settled");
    let records = Ledger::records(ledger.store(), 1, 10).await.expect("records");
    let ends = records.iter().filter_map(|record| match &record.phase {
        Phase::Close(ended) => Some(ended.outcome),
        Phase::Open(_) => None,
    });
    assert_eq!(ends.collect::<Vec<_>>(), [Outcome::Cancelled]);
}

#[tokio::test]
async fn concurrent_entries_form_one_chain() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    let tasks = (0..200).map(|number| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let effect = if number % 20 == 0 { Effect::Write } else { Effect::Read };
            let entry = ledger
                .open_entry(NewEntry::from_call(&Caller::local("ana", "admin"), ToolCall::new(&act(number, effect))))
                .await
                .expect("begun");
            tokio::task::yield_now().await;
            entry.close(Outcome::Done, "");
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("ended");
    }
    ledger.flush().await.expect("settled");
    assert!(verify(ledger.store(), &keys(), None).await.expect("it holds").records >= 400);
}

#[tokio::test]
async fn entry_is_refused_when_the_store_is_closed() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    ledger.store().close().await;
    let begun = ledger
        .open_entry(NewEntry::from_call(&Caller::local("ana", "admin"), ToolCall::new(&act(1, Effect::Write))))
        .await;
    assert!(matches!(begun, Err(Error::Store(_))), "{begun:?}");
}

const CHECKPOINT_FILE: &str = "ledger-checkpoint.json";

async fn stop(ledger: Ledger) {
    ledger.shutdown().await.expect("stopped");
    ledger.store().close().await;
}

async fn open_store(folder: &Path) -> Store {
    Store::open(&folder.join(STORE_FILE)).await.expect("a store")
}

#[tokio::test]
async fn entry_of_a_killed_process_takes_the_outcome_of_its_idempotency_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    let caller = Caller::local("ana", "operator");
    let mut open = Vec::new();
    for (key, outcome) in
        [("done", Some("\"done-without-reply\"")), ("failed", Some("{\"failed\":\"no\"}")), ("open", None)]
    {
        let call = ToolCall::new(&act(7, Effect::Write));
        let entry = ledger.open_entry(NewEntry::from_call(&caller, call)).await.expect("begun");
        let store = ledger.store();
        let now = chrono::Utc::now().timestamp_micros();
        assert_eq!(store.claim_key("local:ana", key, "digest", entry.id(), now).await.expect("claimed"), None);
        if let Some(outcome) = outcome {
            store.complete_key("local:ana", key, outcome).await.expect("completed");
        }
        open.push(entry.id().to_owned());
        std::mem::forget(entry); // as a killed process would
    }
    // killed after the ledger and before the key
    let entry =
        ledger.open_entry(NewEntry::from_call(&caller, ToolCall::new(&act(8, Effect::Write)))).await.expect("begun");
    let now = chrono::Utc::now().timestamp_micros();
    ledger.store().claim_key("local:ana", "ended", "digest", entry.id(), now).await.expect("claimed");
    entry.close(Outcome::Done, "");
    stop(ledger).await;

    let store = open_store(directory.path()).await;
    let known_outcomes = dispatch::outcomes_of_open_entries(&store).await.expect("a store");
    let config = LedgerConfig { known_outcomes, ..ledger_config(directory.path()) };
    let again = Ledger::open(store, config).await.expect("a ledger");
    dispatch::complete_keys(&again).await.expect("completed");
    for (entry, outcome) in open.iter().zip([Outcome::Done, Outcome::Failed, Outcome::Unknown]) {
        let closed = again.close_record(entry).await.expect("a store").expect("closed");
        assert_eq!(closed.outcome, outcome);
    }
    for (key, outcome) in [("ended", "\"done-without-reply\""), ("open", "\"unknown\"")] {
        let known = again.store().find_key("local:ana", key, now).await.expect("a store").expect("the key");
        assert_eq!(known.outcome.as_deref(), Some(outcome), "{key}");
    }
}

#[tokio::test]
async fn incomplete_checkpoint_file_is_named_and_rebuilt_from_the_ledger() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join(CHECKPOINT_FILE);
    let filled = ledger(directory.path()).await;
    let caller = Caller::local("ana", "admin");
    for number in 0..3 {
        let new = NewEntry::from_call(&caller, ToolCall::new(&act(number, Effect::Write)));
        filled.record(new, Outcome::Done, "").await.expect("recorded");
    }
    stop(filled).await;
    let whole = std::fs::read_to_string(&file).expect("a checkpoint");
    for cut in ["", "\n", &whole[..1], &whole[..whole.len() / 2], &whole[..whole.len() - 1]] {
        std::fs::write(&file, cut).expect("cut");
        let refused = Ledger::open(open_store(directory.path()).await, ledger_config(directory.path())).await;
        let Err(error) = refused else { panic!("a cut checkpoint: {cut:?}") };
        assert!(matches!(error, Error::IncompleteCheckpointFile(_)), "{cut:?}: {error}");
        assert!(error.remedy().is_some_and(|remedy| remedy.contains("audit rebuild-checkpoint")));
        let store = open_store(directory.path()).await;
        rebuild_checkpoint_file(&store, &keys(), &[], &file).await.expect("rebuilt");
        assert_eq!(std::fs::read_to_string(&file).expect("a checkpoint"), whole);
    }
    // what a sink has reveals a ledger that was cut together with its checkpoint file
    let checkpoint = LatestCheckpoint::parse(&whole, Some(&keys())).expect("a checkpoint");
    let store = open_store(directory.path()).await;
    verify_checkpoints(&store, std::slice::from_ref(&checkpoint)).await.expect("the ledger has it");
    store.close().await;
    let url = format!("sqlite://{}", directory.path().join(STORE_FILE).display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.expect("the store");
    sqlx::raw_sql("delete from ledger where sequence > 1").execute(&mut connection).await.expect("cut");
    std::fs::remove_file(&file).expect("removed");
    let store = open_store(directory.path()).await;
    rebuild_checkpoint_file(&store, &keys(), &[], &file).await.expect("nothing in the directory reveals it");
    let elsewhere = rebuild_checkpoint_file(&store, &keys(), std::slice::from_ref(&checkpoint), &file).await;
    let Err(Error::InvalidRecord(invalid)) = elsewhere else { panic!("the sink reveals it: {elsewhere:?}") };
    assert!(invalid.to_string().contains("cut off"), "{invalid}");
}

#[tokio::test]
async fn rotated_key_is_trusted_by_the_old_and_the_new_key() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger_with = async |seed: u8| {
        let config = LedgerConfig { signer: Signer::new(&[seed; 32]), ..ledger_config(directory.path()) };
        Ledger::open(open_store(directory.path()).await, config).await
    };
    let fill = async |ledger: Ledger| {
        let caller = Caller::local("ana", "admin");
        let new = NewEntry::from_call(&caller, ToolCall::new(&act(1, Effect::Write)));
        ledger.record(new, Outcome::Done, "").await.expect("recorded");
        stop(ledger).await;
    };
    fill(ledger(directory.path()).await).await;
    let replaced = ledger_with(8).await;
    assert!(matches!(replaced, Err(Error::ForeignKey)), "a replaced key is no key of this ledger");
    let (old, new) = (signer(), Signer::new(&[8; 32]));
    let store = open_store(directory.path()).await;
    rotate_key(store.clone(), ledger_config(directory.path()), &old, &new).await.expect("rotated");
    store.close().await;
    fill(ledger_with(8).await.expect("the new key signs")).await;
    fill(ledger_with(8).await.expect("and again")).await;
    let store = open_store(directory.path()).await;
    for key in [&old, &new] {
        verify(&store, &[key.public_key().clone()], None).await.expect("each key proves the other");
    }
    let foreign = verify(&store, &[Signer::new(&[9; 32]).public_key().clone()], None).await;
    assert!(matches!(foreign, Err(Error::InvalidRecord(_))), "{foreign:?}");
    assert!(matches!(ledger_with(7).await, Err(Error::ForeignKey)), "the old key signs no more");
}

/// A sink that fails until it is repaired.
#[derive(Default)]
struct FailingSink {
    works: AtomicBool,
    received: Mutex<Vec<String>>,
}

impl CheckpointSink for FailingSink {
    fn name(&self) -> &'static str {
        "failing"
    }

    fn deliver<'a>(&'a self, checkpoint: &'a str) -> Delivery<'a> {
        Box::pin(async move {
            if !self.works.load(Ordering::Relaxed) {
                return Err(io::Error::other("unreachable"));
            }
            self.received.lock().push(checkpoint.to_owned());
            Ok(())
        })
    }
}

#[tokio::test]
async fn failing_sink_is_counted_and_receives_the_newest_checkpoint_later() {
    let directory = tempfile::tempdir().expect("a directory");
    let sink = Arc::new(FailingSink::default());
    let config = LedgerConfig { sinks: vec![sink.clone()], ..ledger_config(directory.path()) };
    let ledger = Ledger::open(open_store(directory.path()).await, config).await.expect("a ledger");
    let caller = Caller::local("ana", "admin");
    for _ in 0..20 {
        let new = NewEntry::from_call(&caller, ToolCall::new(&act(1, Effect::Write)));
        ledger.record(new, Outcome::Done, "").await.expect("a failing sink stops nothing");
    }
    let failed = async || match ledger.sinks().as_slice() {
        [status] if status.failures > 0 && status.is_failing => Ok(()),
        other => Err(format!("{other:?}")),
    };
    wait_until("the failure is counted", failed).await;
    sink.works.store(true, Ordering::Relaxed);
    let recovered = async || match (ledger.sinks().as_slice(), sink.received.lock().last().cloned()) {
        ([status], Some(_)) if !status.is_failing => Ok(()),
        (other, _) => Err(format!("{other:?}")),
    };
    wait_until("the sink receives again", recovered).await;
    ledger.shutdown().await.expect("stopped");
    let lines =
        sink.received.lock().iter().fold(String::new(), |text, line| format!("{text}Nov 27 juju-mcp[7]: {line}\n"));
    let received = LatestCheckpoint::parse_lines(&lines, Some(&keys())).expect("checkpoints");
    verify_checkpoints(ledger.store(), &received).await.expect("the ledger has each");
    let last = ledger.store().ledger_checkpoints(1).await.expect("a store").pop().expect("a checkpoint");
    assert_eq!(received.last().map(LatestCheckpoint::hash), Some(&*last.hash), "a stop delivers the last one");
}

#[tokio::test]
async fn changes_are_found_by_their_index_and_filtered_by_tool_and_outcome() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = ledger(directory.path()).await;
    let caller = Caller::local("ana", "admin");
    for number in 0..30 {
        let effect = if number % 3 == 0 { Effect::Write } else { Effect::Read };
        let outcome = if number % 2 == 0 { Outcome::Done } else { Outcome::Failed };
        ledger
            .record(NewEntry::from_call(&caller, ToolCall::new(&act(number, effect))), outcome, "")
            .await
            .expect("recorded");
    }
    ledger.flush().await.expect("settled");
    let list = async |filter: ChangeFilter| changes(ledger.store(), &filter, |_| true).await.expect("changes");
    let all = list(ChangeFilter { limit: 4, ..ChangeFilter::default() }).await;
    let targets: Vec<_> = all.found.iter().map(|change| change.targets[0].clone()).collect();
    assert_eq!(targets, ["application-a18", "application-a21", "application-a24", "application-a27"]);
    assert_eq!(all.omitted_older, 6);
    let failed = list(ChangeFilter { limit: 2, outcome: Some(Outcome::Failed), ..ChangeFilter::default() }).await;
    assert!(failed.found.iter().all(|change| change.outcome == Some(Outcome::Failed)));
    assert_eq!((failed.found.len(), failed.omitted_older), (2, 3));
    let other = list(ChangeFilter { limit: 2, tool: Some("juju_deploy".into()), ..ChangeFilter::default() }).await;
    assert!(other.found.is_empty());
    let later = ExportFilter { since: Some("2999-01-01T00:00:00Z".into()), ..ExportFilter::default() };
    assert!(list(ChangeFilter { limit: 2, range: later, ..ChangeFilter::default() }).await.found.is_empty());
    let url = format!("sqlite://{}", directory.path().join(STORE_FILE).display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.expect("the store");
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(
        "explain query plan select * from ledger where phase = 'open' and case when json_valid(body) then \
         body ->> '$.operation.effect' in ('write', 'destructive') \
         or body ->> '$.event' in ('policy_reloaded', 'approval_decided') end and sequence < 9 order by sequence desc limit 9",
    )
    .fetch_all(&mut connection)
    .await
    .expect("a plan");
    assert!(plan.iter().any(|(.., step)| step.contains("ledger_changes")), "{plan:?}");
}
