//! The writes of one act, with the ids that identify them in Juju's own audit log (`core/auditlog`).

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::encoded_call::MethodInfo;

/// Number of requests of one act that the trail lists; it counts further ones.
const MAX_REQUESTS: usize = 100;

/// The write requests of one act. Behind JAAS it stays empty: JAAS logs in to the controller with a command line of its own.
#[derive(Debug, Default)]
pub struct AuditTrail(Mutex<SentRequests>);

/// Content of an [`AuditTrail`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentRequests {
    /// In the order of their replies, at most 100.
    pub requests: Vec<SentRequest>,
    /// Number of further requests.
    pub omitted: u64,
    /// Number of all writes that the controller may have received, behind JAAS too.
    pub writes: u64,
    /// Number of those that the controller did not refuse as a whole.
    pub accepted: u64,
    /// User of the controller that the last of them was sent as, and reads of a caller that logged in as itself.
    pub user: Option<String>,
}

/// A request that the controller may have received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRequest {
    /// Id of the connection; the audit log has it in `what` of the conversation.
    pub connection_id: Arc<str>,
    /// Id of the request on that connection; the audit log has it as `request-id`.
    pub request_id: u64,
    /// `Application.AddUnits`.
    pub method: String,
}

impl AuditTrail {
    pub(crate) fn record(&self, method: MethodInfo, connection_id: &Arc<str>, request_id: u64) {
        let mut sent = self.sent();
        if sent.requests.len() < MAX_REQUESTS {
            let connection_id = Arc::clone(connection_id);
            sent.requests.push(SentRequest { connection_id, request_id, method: method.full_name() });
        } else {
            sent.omitted += 1;
        }
    }

    /// Counts a write that the controller may have received.
    pub(crate) fn count(&self, accepted: bool) {
        let mut sent = self.sent();
        sent.writes = sent.writes.saturating_add(1);
        sent.accepted = sent.accepted.saturating_add(u64::from(accepted));
    }

    /// Records the user of the controller that the act is sent as.
    pub fn record_user(&self, user: &str) {
        let mut sent = self.sent();
        if sent.user.as_deref() != Some(user) {
            sent.user = Some(user.to_owned());
        }
    }

    /// Returns the requests so far, and empties the trail.
    #[must_use]
    pub fn take(&self) -> SentRequests {
        std::mem::take(&mut *self.sent())
    }

    fn sent(&self) -> MutexGuard<'_, SentRequests> {
        self.0.lock()
    }
}

/// Returns a unique id for a new connection: 64 random bits in hexadecimal. `None` without a source of randomness.
pub(crate) fn connection_id() -> Option<Arc<str>> {
    getrandom::u64().ok().map(|bits| format!("{bits:016x}").into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Connection, Error, Settings,
        scripted::{ScriptedClient, ScriptedController, login_result},
    };

    juju_wire::methods! { ModelManager {
        Get(read): Value => Value,
        Change(write): Value => Value,
    } }

    fn command_line_of(login: &juju_wire::Request) -> String {
        let params: Value = serde_json::from_str(login.params.as_ref().expect("params").get()).expect("JSON");
        params["cli-args"].as_str().expect("a text").to_owned()
    }

    /// A connection, and the command line of its log-in.
    async fn connect(scripted: &mut ScriptedController) -> (Arc<Connection>, ScriptedClient, String) {
        let controller = scripted.controllers(Settings::default()).controller(None).expect("the only one");
        let script = async {
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            client.answer(login.id, login_result("3.6.11")).await;
            (client, command_line_of(&login))
        };
        let (connection, (client, command_line)) = tokio::join!(controller.connection(), script);
        (connection.expect("logged in"), client, command_line)
    }

    #[tokio::test]
    async fn audit_trail_records_own_writes_with_ids_and_no_reads() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client, command_line) = connect(&mut scripted).await;
        let trail = Arc::new(AuditTrail::default());
        let act = connection.with_trail(&trail);
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
            act.call::<Get>(json!({})).await.expect("answered");
            act.call::<Change>(json!({})).await.expect_err("refused, but sent");
            connection.call::<Change>(json!({})).await.expect("answered");
        };
        let ((), id) = tokio::join!(calls, script);
        let SentRequests { requests, omitted: 0, writes: 1, accepted: 0, user: Some(_) } = trail.take() else {
            panic!("only one")
        };
        let [sent] = &requests[..] else { panic!("only one: {requests:?}") };
        assert_eq!((sent.request_id, sent.method.as_str()), (id, "ModelManager.Change"));
        assert_eq!(
            (command_line, sent.connection_id.len()),
            (format!("juju-mcp connection={}", sent.connection_id), 16)
        );
        assert_eq!(trail.take(), SentRequests::default());
    }

    #[tokio::test]
    async fn audit_trail_records_write_with_lost_reply_but_not_unsent_one() {
        let mut scripted = ScriptedController::start().await;
        let (connection, mut client, first) = connect(&mut scripted).await;
        let trail = Arc::new(AuditTrail::default());
        let act = connection.with_trail(&trail);
        let script = async {
            let lost = client.request().await.expect("a change");
            drop(client);
            let mut client = scripted.client().await;
            let login = client.request().await.expect("a log-in");
            client.answer(login.id, login_result("3.6.11")).await;
            let done = client.request().await.expect("the next change");
            client.answer(done.id, json!({})).await;
            (lost.id, done.id, command_line_of(&login))
        };
        let calls = async {
            let lost = act.call::<Change>(json!({})).await.expect_err("unknown outcome");
            assert!(matches!(lost, Error::UnknownOutcome { .. }), "{lost:?}");
            act.call::<Change>(json!({})).await.expect("answered");
        };
        let ((), (lost, done, second)) = tokio::join!(calls, script);
        let seen: Vec<_> =
            trail.take().requests.into_iter().map(|sent| (sent.connection_id, sent.request_id)).collect();
        let id = |command_line: &str| Arc::from(command_line.trim_start_matches("juju-mcp connection="));
        assert_eq!(seen, [(id(&first), lost), (id(&second), done)]);
        assert_ne!(first, second, "each connection has an id of its own");
    }

    #[test]
    fn audit_trail_beyond_maximum_counts_requests() {
        let (trail, id) = (AuditTrail::default(), connection_id().expect("randomness"));
        (0..1000).for_each(|number| trail.record(MethodInfo::of::<Change>(), &id, number));
        let sent = trail.take();
        assert_eq!((sent.requests.len(), sent.omitted), (MAX_REQUESTS, 900));
    }
}
