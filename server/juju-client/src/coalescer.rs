//! Request coalescing: equal reads at the same time share one request and its reply.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use parking_lot::Mutex;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::rpc_socket::NoReply;

type RawReply = Result<Utf8Bytes, NoReply>;
type InFlight = BoxFuture<'static, RawReply>;
/// Requests in flight, by the number of changes when they were sent, and by their encoded body.
type InFlightMap = HashMap<(u64, String), WeakShared<InFlight>>;

/// Counts this program's changes on a controller, once before and once after each change. So a read from before a change
/// never answers a caller that comes after it.
#[derive(Debug, Default)]
pub(crate) struct ChangeCounter(AtomicU64);

impl ChangeCounter {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The reads in flight on one socket.
#[derive(Default)]
pub(crate) struct RequestCoalescer(Mutex<InFlightMap>);

impl RequestCoalescer {
    /// Returns the equal request in flight (`true`), otherwise the new one from `send` (`false`). The request is cancelled
    /// when its last caller is.
    pub(crate) fn share(&self, changes: u64, body: &str, send: impl FnOnce() -> InFlight) -> (Shared<InFlight>, bool) {
        let mut requests = self.0.lock();
        let key = (changes, body.to_owned());
        let live = requests.get(&key).and_then(WeakShared::upgrade).filter(|request| request.peek().is_none());
        if let Some(request) = live {
            return (request, true);
        }
        requests.retain(|_, request| request.upgrade().is_some());
        let request = send().shared();
        requests.extend(request.downgrade().map(|weak| (key, weak)));
        (request, false)
    }
}

impl std::fmt::Debug for RequestCoalescer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RequestCoalescer(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use serde_json::{Value, json};
    use tokio::task::JoinHandle;

    use crate::{
        Connection, Error, Settings,
        scripted::{ScriptedClient, ScriptedController},
    };

    juju_wire::methods! { ModelManager {
        Get(read): Value => Value,
        WatchAll(read): Value => Value,
        Change(write): Value => Value,
    } }

    async fn connect(scripted: &mut ScriptedController) -> (Arc<Connection>, ScriptedClient) {
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

    /// Asserts that the client sends nothing for a while.
    async fn assert_silent(client: &mut ScriptedClient) {
        let request = tokio::time::timeout(Duration::from_millis(150), client.request()).await;
        assert!(request.is_err(), "{request:?}");
    }

    async fn reply(call: JoinHandle<Result<Value, Error>>) -> Value {
        call.await.expect("no panic").expect("answered")
    }

    #[tokio::test]
    async fn equal_concurrent_reads_share_one_request() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let first = call::<Get>(&connection, json!({"of": "a"}));
        let request = client.request().await.expect("the first");
        let others: Vec<_> = (0..20).map(|_| call::<Get>(&connection, json!({"of": "a"}))).collect();
        assert_silent(&mut client).await;
        let different = call::<Get>(&connection, json!({"of": "b"}));
        let other = client.request().await.expect("a request of its own");
        client.answer(request.id, json!(1)).await;
        client.answer(other.id, json!(2)).await;
        assert_eq!((reply(first).await, reply(different).await), (json!(1), json!(2)));
        for other in others {
            assert_eq!(reply(other).await, json!(1));
        }
        let later = call::<Get>(&connection, json!({"of": "a"}));
        let request = client.request().await.expect("a new request");
        client.answer(request.id, json!(3)).await;
        assert_eq!(reply(later).await, json!(3));
    }

    #[tokio::test]
    async fn read_after_change_never_shares_earlier_reply() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let before = call::<Get>(&connection, json!({}));
        let old = client.request().await.expect("a read");
        let change = call::<Change>(&connection, json!({}));
        let request = client.request().await.expect("a change");
        client.answer(request.id, json!("changed")).await;
        assert_eq!(reply(change).await, json!("changed"));
        let after = call::<Get>(&connection, json!({}));
        let new = client.request().await.expect("a read of its own");
        client.answer(old.id, json!("old")).await;
        client.answer(new.id, json!("new")).await;
        assert_eq!((reply(before).await, reply(after).await), (json!("old"), json!("new")));
    }

    #[tokio::test]
    async fn watchers_and_writes_are_never_coalesced() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let watchers = [call::<WatchAll>(&connection, json!({})), call::<WatchAll>(&connection, json!({}))];
        let changes = [call::<Change>(&connection, json!({})), call::<Change>(&connection, json!({}))];
        let mut seen = Vec::new();
        for _ in 0..4 {
            let request = client.request().await.expect("one each");
            client.answer(request.id, json!(request.id)).await;
            seen.push(json!(request.id));
        }
        for call in watchers.into_iter().chain(changes) {
            let answer = reply(call).await;
            assert!(seen.contains(&answer), "{answer}");
            seen.retain(|other| *other != answer);
        }
    }

    #[tokio::test]
    async fn cancelled_first_caller_leaves_the_reply_to_others() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client) = connect(&mut scripted).await;
        let first = call::<Get>(&connection, json!({}));
        let request = client.request().await.expect("the first");
        let second = call::<Get>(&connection, json!({}));
        assert_silent(&mut client).await;
        first.abort();
        assert!(first.await.is_err());
        client.answer(request.id, json!("for the second")).await;
        assert_eq!(reply(second).await, json!("for the second"));
    }
}
