//! Asks the user at the client for an approval: by an input-required result (2026-07-28) or by elicitation (older clients).
//!
//! The answer is only a claim: the dispatcher checks it against the store. The state that a client returns with its answer is
//! sealed for this caller and this call and expires; the store ensures that it is used once.

use std::time::Duration;

use chrono::Utc;
use dispatch::{ApprovalProof, PendingApproval};
use identity::Caller;
use policy::{Requester, confusable_warning, display_safe, display_safe_truncated, fingerprint};
use rmcp::{
    RoleServer,
    model::{
        ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
        InputRequests, InputRequiredResult, InputResponses, ProtocolVersion, RequestStateCodec, SealOptions,
    },
    service::RequestContext,
};
use serde_json::{Map, Value, json};

use crate::{Endpoint, transport::client_link};

/// Name of the approval request in an input-required result.
const APPROVAL_REQUEST: &str = "approval";
/// How long an older client may take to answer an elicitation. Afterwards the request can still be approved elsewhere.
const ELICITATION_TIMEOUT: Duration = Duration::from_mins(5);

/// How a client can ask its user for an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConfirmationMethod {
    /// The client gets an input-required result and calls again with the answer.
    InputRequired,
    /// The client gets an elicitation request while its call waits.
    Elicitation,
    /// The client cannot ask its user.
    Unsupported,
}

impl ConfirmationMethod {
    /// The method that the client of this request declares; nothing is assumed.
    pub(crate) fn of_client(context: &RequestContext<RoleServer>) -> Self {
        let declared = client_link::client_capabilities(context).and_then(|capabilities| capabilities.elicitation);
        let form = declared.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none());
        match client_link::protocol_version(context) {
            _ if !form => Self::Unsupported,
            Some(version) if version >= ProtocolVersion::V_2026_07_28 => Self::InputRequired,
            Some(_) => Self::Elicitation,
            None => Self::Unsupported,
        }
    }
}

/// Seals and opens the request state that a client returns with its answer to an input-required result.
#[derive(Debug, Clone)]
pub(crate) struct RequestStateSealer(RequestStateCodec);

impl RequestStateSealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(RequestStateCodec::new_unchecked(key.to_vec()))
    }

    /// The input-required result that asks for an approval.
    pub(crate) fn input_required(&self, pending: &PendingApproval, associated_data: &[u8]) -> InputRequiredResult {
        let left = (pending.approval.expires_at - Utc::now()).to_std().unwrap_or(Duration::from_millis(1));
        let options = SealOptions::new().associated_data(associated_data).ttl(left);
        let state = self.0.seal_with(pending.approval.id.as_bytes(), &options);
        let request = InputRequest::Elicitation(ElicitRequest::new(form(pending)));
        InputRequiredResult::new(Some(InputRequests::from([(APPROVAL_REQUEST.to_owned(), request)])), Some(state))
    }

    /// The proof in a call with a request state. A state without an answer proves nothing, and the server asks again.
    pub(crate) fn open(
        &self,
        state: &str,
        answers: Option<&InputResponses>,
        associated_data: &[u8],
    ) -> Option<ApprovalProof> {
        let opened = self.0.open_with(state, associated_data).map_err(|error| error.to_string());
        let approval = match opened.and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string())) {
            Ok(approval) => approval,
            Err(why) => return Some(ApprovalProof::Invalid(why)),
        };
        let answer = answers?.get(APPROVAL_REQUEST)?;
        Some(match serde_json::from_value::<ElicitResult>(answer.clone()) {
            Ok(result) => proof(approval, &result),
            Err(_) => ApprovalProof::Unanswered { approval },
        })
    }
}

/// The associated data of a sealed state (AEAD): caller, endpoint, tool and arguments of the call.
pub(crate) fn associated_data(
    caller: &Caller,
    endpoint: &Endpoint,
    tool: &str,
    arguments: Option<&Map<String, Value>>,
) -> Vec<u8> {
    let arguments = fingerprint(&Value::Object(arguments.cloned().unwrap_or_default()));
    json!([Requester::from_caller(caller).key(), endpoint.key(), "tools/call", tool, arguments])
        .to_string()
        .into_bytes()
}

/// Sends an elicitation to an older client while its call waits.
pub(crate) async fn elicit(pending: &PendingApproval, context: &RequestContext<RoleServer>) -> ApprovalProof {
    let approval = pending.approval.id.clone();
    let left = (pending.approval.expires_at - Utc::now()).to_std().unwrap_or_default();
    let answer = client_link::peer(context)
        .create_elicitation_with_timeout(form(pending), Some(ELICITATION_TIMEOUT.min(left)))
        .await;
    match answer {
        Ok(result) => proof(approval, &result),
        Err(error) => {
            tracing::info!(%error, approval, "the client did not answer the elicitation");
            ApprovalProof::Unanswered { approval }
        }
    }
}

/// The proof in an answer. Only `approve: true` in an accepted form is a confirmation.
fn proof(approval: String, result: &ElicitResult) -> ApprovalProof {
    let field = |name: &str| result.content.as_ref().and_then(|content| content.get(name));
    match (&result.action, field("approve").and_then(Value::as_bool)) {
        (ElicitationAction::Accept, Some(true)) => {
            let word = field("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            ApprovalProof::Confirmed { approval, typed_name: word }
        }
        (ElicitationAction::Accept, Some(false)) | (ElicitationAction::Decline, _) => {
            ApprovalProof::Declined { approval }
        }
        _ => ApprovalProof::Unanswered { approval },
    }
}

/// The form: the operation and a field to approve it; for irreversible operations also a name to type.
fn form(pending: &PendingApproval) -> ElicitRequestParams {
    let mut properties = json!({"approve": {
        "type": "boolean", "title": "Approve", "description": "Run this operation", "default": false}});
    let mut required = vec!["approve"];
    if let Some(word) = pending.approval.confirmation_text() {
        let description = display_safe(&format!("This cannot be undone. Type `{word}` to confirm"));
        properties["name"] = json!({"type": "string", "title": "Name", "description": description});
        required.push("name");
    }
    let schema = json!({"type": "object", "properties": properties, "required": required});
    // elicitation allows a schema of two plain fields; should that change, the form only asks for less
    let requested_schema = serde_json::from_value(schema).unwrap_or_else(|_| ElicitationSchema::new([].into()));
    ElicitRequestParams::FormElicitationParams { meta: None, message: message(pending), requested_schema }
}

fn message(pending: &PendingApproval) -> String {
    let question = &pending.approval.request;
    let act = &question.act;
    let target = act.target.location.to_string();
    let mut lines = vec![format!("The assistant wants to run: {}", display_safe(&question.command))];
    if let Some(warning) = confusable_warning(&format!("{} {target}", question.command)) {
        lines.push(format!("Warning: it {warning}"));
    }
    if !target.is_empty() {
        lines.push(format!("Target: {}", display_safe(&target)));
    }
    lines.push(format!("Effect: {}", act.effect.as_str()));
    lines.extend(question.requirements.iter().map(|demand| match demand.message.as_str() {
        "" => format!("Rule: {}", demand.rule),
        message => format!("Rule: {}: {}", demand.rule, display_safe(message)),
    }));
    if !question.preview.is_null() {
        lines.push(format!("Expected: {}", display_safe_truncated(&question.preview.to_string())));
    }
    lines.push(format!("Approval: {}", pending.approval.id));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(action: &str, content: &Value) -> ApprovalProof {
        let result = serde_json::from_value(json!({"action": action, "content": content})).expect("an answer");
        proof("1".into(), &result)
    }

    #[test]
    fn proof_without_explicit_approval_is_no_confirmation() {
        let approval = || "1".to_owned();
        let confirmed = ApprovalProof::Confirmed { approval: approval(), typed_name: "web".into() };
        assert_eq!(answered("accept", &json!({"approve": true, "name": "web"})), confirmed);
        for content in
            [json!({}), json!(null), json!({"approve": "true"}), json!({"approve": 1}), json!([true]), json!("yes")]
        {
            assert_eq!(answered("accept", &content), ApprovalProof::Unanswered { approval: approval() }, "{content}");
        }
        assert_eq!(answered("accept", &json!({"approve": false})), ApprovalProof::Declined { approval: approval() });
        assert_eq!(answered("decline", &json!({"approve": true})), ApprovalProof::Declined { approval: approval() });
        assert_eq!(answered("cancel", &json!({"approve": true})), ApprovalProof::Unanswered { approval: approval() });
    }

    #[tokio::test]
    async fn state_of_another_caller_call_or_key_does_not_open() {
        let sealer = RequestStateSealer::new(&[7; 32]);
        let ana = Caller::local("ana", "operator");
        let arguments = |name: &str| json!({"application": name}).as_object().cloned().unwrap_or_default();
        let (full, curated) = (Endpoint::full(), Endpoint::curated());
        let call = associated_data(&ana, &full, "juju_expose", Some(&arguments("web")));
        let options = SealOptions::new().associated_data(&call).ttl(Duration::from_mins(1));
        let state = sealer.0.seal_with(b"1", &options);
        let answers = InputResponses::from([(
            APPROVAL_REQUEST.to_owned(),
            json!({"action": "accept", "content": {"approve": true}}),
        )]);
        let confirmed = ApprovalProof::Confirmed { approval: "1".into(), typed_name: String::new() };
        assert_eq!(sealer.open(&state, Some(&answers), &call), Some(confirmed));
        assert_eq!(sealer.open(&state, None, &call), None, "no answer proves nothing");
        let forged = |proof: Option<ApprovalProof>| matches!(proof, Some(ApprovalProof::Invalid(_)));
        let others = [
            associated_data(&Caller::local("bea", "operator"), &full, "juju_expose", Some(&arguments("web"))),
            associated_data(&ana, &full, "juju_unexpose", Some(&arguments("web"))),
            associated_data(&ana, &full, "juju_expose", Some(&arguments("db"))),
            associated_data(&ana, &curated, "juju_expose", Some(&arguments("web"))),
            associated_data(&ana, &full.clone().read_only(), "juju_expose", Some(&arguments("web"))),
            associated_data(&ana, &Endpoint::toolsets(["full"]), "juju_expose", Some(&arguments("web"))),
        ];
        for other in others {
            assert!(forged(sealer.open(&state, Some(&answers), &other)));
        }
        assert!(forged(RequestStateSealer::new(&[8; 32]).open(&state, Some(&answers), &call)));
        let expired = sealer.0.seal_with(b"1", &options.ttl(Duration::from_millis(1)));
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(forged(sealer.open(&expired, Some(&answers), &call)));
        for at in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(forged(sealer.open(&flipped, Some(&answers), &call)), "bit flipped at {at}");
        }
    }
}
