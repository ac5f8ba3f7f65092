//! Reads that are asked alike at the same time are asked once, and all who asked get the answer.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use juju_wire::Method;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::line::Unanswered;

/// What came of a question.
type Asked = Result<Utf8Bytes, Unanswered>;
type Asking = BoxFuture<'static, Asked>;
/// Questions under way, by how much had changed when they were asked, and by what they ask.
type Waiting = HashMap<(u64, String), WeakShared<Asking>>;

/// Whether callers may share an answer: a watcher belongs to the one who asked for it.
pub(crate) fn may_be_shared<M: Method>() -> bool {
    !M::WRITES && !M::NAME.starts_with("Watch")
}

/// How often this program has changed something on a controller, before each change and after it: a read that began
/// before a change never answers one that began after it.
#[derive(Debug, Default)]
pub(crate) struct Changes(AtomicU64);

impl Changes {
    /// Something is about to change, or has.
    pub(crate) fn count(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn counted(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// Reads of one session that wait for their answers, by what was asked after how many changes.
#[derive(Default)]
pub(crate) struct Together(Mutex<Waiting>);

impl Together {
    /// The answer that another caller waits for already, or that of `ask`; the flag says whether it is another's. It is
    /// asked for as long as any of them waits.
    pub(crate) fn join(&self, changes: u64, tail: &str, ask: impl FnOnce() -> Asking) -> (Shared<Asking>, bool) {
        // no code that can panic runs under the lock
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (changes, tail.to_owned());
        let live = waiting.get(&key).and_then(WeakShared::upgrade).filter(|asking| asking.peek().is_none());
        if let Some(asking) = live {
            return (asking, true);
        }
        waiting.retain(|_, asking| asking.upgrade().is_some());
        let asking = ask().shared();
        waiting.extend(asking.downgrade().map(|weak| (key, weak)));
        (asking, false)
    }
}

impl std::fmt::Debug for Together {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Together(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use serde_json::{Value, json};
    use tokio::task::JoinHandle;

    use crate::{
        Connection, Error, Settings,
        scripted::{Client, Scripted},
    };

    juju_wire::methods! { ModelManager {
        Look(read): Value => Value,
        WatchAll(read): Value => Value,
        Change(write): Value => Value,
    } }

    async fn connect(scripted: &mut Scripted) -> (Arc<Connection>, Client) {
        let controller = scripted.controllers(Settings::default()).controller(None).expect("the only one");
        let (connection, client) = tokio::join!(controller.connection(), scripted.logged_in());
        (connection.expect("logged in"), client)
    }

    fn call<M: juju_wire::Method<Params = Value, Reply = Value>>(
        connection: &Arc<Connection>,
        params: Value,
    ) -> JoinHandle<Result<Value, Error>> {
        let connection = Arc::clone(connection);
        tokio::spawn(async move { connection.call::<M>(params).await })
    }

    /// Nobody asks within a while.
    async fn silent(client: &mut Client) {
        let asked = tokio::time::timeout(Duration::from_millis(150), client.request()).await;
        assert!(asked.is_err(), "{asked:?}");
    }

    async fn ended(call: JoinHandle<Result<Value, Error>>) -> Value {
        call.await.expect("no panic").expect("answered")
    }

    #[tokio::test]
    async fn what_is_asked_alike_at_the_same_time_is_asked_once() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let first = call::<Look>(&connection, json!({"of": "a"}));
        let asked = client.request().await.expect("the first");
        let others: Vec<_> = (0..20).map(|_| call::<Look>(&connection, json!({"of": "a"}))).collect();
        silent(&mut client).await;
        let different = call::<Look>(&connection, json!({"of": "b"}));
        let other = client.request().await.expect("another question");
        client.answer(asked.id, json!(1)).await;
        client.answer(other.id, json!(2)).await;
        assert_eq!((ended(first).await, ended(different).await), (json!(1), json!(2)));
        for other in others {
            assert_eq!(ended(other).await, json!(1));
        }
        let later = call::<Look>(&connection, json!({"of": "a"}));
        let asked = client.request().await.expect("asked anew");
        client.answer(asked.id, json!(3)).await;
        assert_eq!(ended(later).await, json!(3));
    }

    #[tokio::test]
    async fn who_reads_after_a_change_is_not_told_what_was_before_it() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let before = call::<Look>(&connection, json!({}));
        let old = client.request().await.expect("a read");
        let change = call::<Change>(&connection, json!({}));
        let asked = client.request().await.expect("a change");
        client.answer(asked.id, json!("changed")).await;
        assert_eq!(ended(change).await, json!("changed"));
        let after = call::<Look>(&connection, json!({}));
        let new = client.request().await.expect("a read of its own");
        client.answer(old.id, json!("old")).await;
        client.answer(new.id, json!("new")).await;
        assert_eq!((ended(before).await, ended(after).await), (json!("old"), json!("new")));
    }

    #[tokio::test]
    async fn watchers_and_changes_are_never_shared() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let watchers = [call::<WatchAll>(&connection, json!({})), call::<WatchAll>(&connection, json!({}))];
        let changes = [call::<Change>(&connection, json!({})), call::<Change>(&connection, json!({}))];
        let mut seen = Vec::new();
        for _ in 0..4 {
            let asked = client.request().await.expect("one each");
            client.answer(asked.id, json!(asked.id)).await;
            seen.push(json!(asked.id));
        }
        for call in watchers.into_iter().chain(changes) {
            let answer = ended(call).await;
            assert!(seen.contains(&answer), "{answer}");
            seen.retain(|other| *other != answer);
        }
    }

    #[tokio::test]
    async fn who_asked_first_may_leave_and_the_others_are_answered() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let first = call::<Look>(&connection, json!({}));
        let asked = client.request().await.expect("the first");
        let second = call::<Look>(&connection, json!({}));
        silent(&mut client).await;
        first.abort();
        assert!(first.await.is_err());
        client.answer(asked.id, json!("for the second")).await;
        assert_eq!(ended(second).await, json!("for the second"));
    }
}
