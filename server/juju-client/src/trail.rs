//! What an act leaves in Juju's own audit log: the requests it sent, by what finds them there (`core/auditlog`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use juju_wire::Method;

/// Requests that are kept one by one; those of an act that sends more are counted.
const MOST: usize = 100;

/// The requests of one act that may have changed something. Reads leave none, and neither does a controller behind JAAS,
/// which logs in to it with a command line of its own.
#[derive(Debug, Default)]
pub struct Trail(Mutex<Left>);

/// What a [`Trail`] holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// In the order in which their answers came, at most 100.
    pub requests: Vec<Sent>,
    /// Requests beyond those.
    pub more: u64,
}

/// A request that the controller may have seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The mark of the connection; the audit log has it in `what` of the conversation.
    pub connection: Arc<str>,
    /// Number of the request on that connection, `request-id`.
    pub request: u64,
    /// `Application.AddUnits`.
    pub method: String,
}

impl Trail {
    pub(crate) fn add<M: Method>(&self, connection: &Arc<str>, request: u64) {
        let mut left = self.left();
        if left.requests.len() < MOST {
            let method = format!("{}.{}", M::FACADE, M::NAME);
            left.requests.push(Sent { connection: Arc::clone(connection), request, method });
        } else {
            left.more += 1;
        }
    }

    /// What there is so far; the trail is empty then.
    #[must_use]
    pub fn take(&self) -> Left {
        std::mem::take(&mut *self.left())
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        // no code that can panic runs under the lock
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name for a new connection that no other has: 64 random bits, hexadecimal. Nothing without randomness.
pub(crate) fn mark() -> Option<Arc<str>> {
    getrandom::u64().ok().map(|bits| format!("{bits:016x}").into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Connection, Error, Settings,
        scripted::{Client, Scripted, welcome},
    };

    juju_wire::methods! { ModelManager {
        Look(read): Value => Value,
        Change(write): Value => Value,
    } }

    fn command_line(login: &juju_wire::Request) -> String {
        let params: Value = serde_json::from_str(login.params.as_ref().expect("params").get()).expect("JSON");
        params["cli-args"].as_str().expect("a text").to_owned()
    }

    /// A connection, and what its log-in told the controller's audit log.
    async fn connect(scripted: &mut Scripted) -> (Arc<Connection>, Client, String) {
        let controller = scripted.controllers(Settings::default()).controller(None).expect("the only one");
        let script = async {
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            client.answer(login.id, welcome("3.6.11")).await;
            (client, command_line(&login))
        };
        let (connection, (client, told)) = tokio::join!(controller.connection(), script);
        (connection.expect("logged in"), client, told)
    }

    #[tokio::test]
    async fn a_change_is_noted_under_what_the_controller_sees_and_a_read_is_not() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client, told) = connect(&mut scripted).await;
        let trail = Arc::new(Trail::default());
        let act = connection.leaving(&trail);
        let script = async {
            let read = client.request().await.expect("a read");
            client.answer(read.id, json!({})).await;
            let change = client.request().await.expect("a change");
            client.refuse(change.id, "unauthorized access", json!({})).await;
            let of_others = client.request().await.expect("a change of another act");
            client.answer(of_others.id, json!({})).await;
            change.id
        };
        let calls = async {
            act.call::<Look>(json!({})).await.expect("answered");
            act.call::<Change>(json!({})).await.expect_err("refused, but asked for");
            connection.call::<Change>(json!({})).await.expect("answered");
        };
        let ((), id) = tokio::join!(calls, script);
        let Left { requests, more: 0 } = trail.take() else { panic!("only one") };
        let [sent] = &requests[..] else { panic!("only one: {requests:?}") };
        assert_eq!((sent.request, sent.method.as_str()), (id, "ModelManager.Change"));
        assert_eq!((told, sent.connection.len()), (format!("juju-mcp connection={}", sent.connection), 16));
        assert_eq!(trail.take(), Left::default());
    }

    #[tokio::test]
    async fn a_change_whose_answer_is_lost_is_noted_and_one_that_was_never_sent_is_not() {
        let mut scripted = Scripted::start().await;
        let (connection, mut client, first) = connect(&mut scripted).await;
        let trail = Arc::new(Trail::default());
        let act = connection.leaving(&trail);
        let script = async {
            let lost = client.request().await.expect("a change");
            drop(client);
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            client.answer(login.id, welcome("3.6.11")).await;
            let done = client.request().await.expect("the next change");
            client.answer(done.id, json!({})).await;
            (lost.id, done.id, command_line(&login))
        };
        let calls = async {
            let lost = act.call::<Change>(json!({})).await.expect_err("nobody knows");
            assert!(matches!(lost, Error::UnknownOutcome { .. }), "{lost:?}");
            act.call::<Change>(json!({})).await.expect("answered");
        };
        let ((), (lost, done, second)) = tokio::join!(calls, script);
        let seen: Vec<_> = trail.take().requests.into_iter().map(|sent| (sent.connection, sent.request)).collect();
        let mark = |told: &str| Arc::from(told.trim_start_matches("juju-mcp connection="));
        assert_eq!(seen, [(mark(&first), lost), (mark(&second), done)]);
        assert_ne!(first, second, "each connection has a mark of its own");
    }

    #[test]
    fn a_trail_is_bounded() {
        let (trail, mark) = (Trail::default(), mark().expect("randomness"));
        (0..1000).for_each(|number| trail.add::<Change>(&mark, number));
        let left = trail.take();
        assert_eq!((left.requests.len(), left.more), (MOST, 900));
    }
}
