//! The ledger: contents of its records, and entries that a killed process leaves open.

use std::path::Path;

use audit::{AuditEvent, Error, Ledger, NewEntry, Outcome, Phase, ToolCall, verify};
use identity::Caller;
use policy::{Act, Effect, Target, TargetEntity};
use serde_json::json;
use store::Store;
use tests::ledger::{keys, latest_checkpoint, ledger};

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
