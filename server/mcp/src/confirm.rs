//! Asks the human before the client: by an input-required result (2026-07-28) or by elicitation (older clients).
//!
//! What comes back is only a claim: `dispatch` holds it against the store. The state that a client carries between the
//! two halves of a round trip is sealed for this caller, this call and a time; that it counts once is the store's doing.

use std::time::Duration;

use chrono::Utc;
use dispatch::{Proof, Waiting};
use identity::Caller;
use policy::{Asker, fingerprint, lookalikes, plain, plain_and_short};
use rmcp::{
    RoleServer,
    model::{
        ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, InputRequest,
        InputRequests, InputRequiredResult, InputResponses, ProtocolVersion, RequestStateCodec, SealOptions,
    },
    service::RequestContext,
};
use serde_json::{Map, Value, json};

use crate::Surface;

/// Name of the question in an input-required result.
const QUESTION: &str = "approval";
/// The longest that an older client is waited for; what nobody answered in this time can still be approved elsewhere.
const PATIENCE: Duration = Duration::from_mins(5);

/// How the human before a client can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// The client answers by calling again.
    RoundTrip,
    /// The client takes a question while its call waits.
    Elicitation,
    /// The client cannot ask anybody.
    None,
}

impl Channel {
    /// What this request's client says that it can do; nothing is assumed.
    pub(crate) fn of(context: &RequestContext<RoleServer>) -> Self {
        let declared = context.client_capabilities().and_then(|capabilities| capabilities.elicitation);
        let form = declared.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none());
        match context.protocol_version() {
            _ if !form => Self::None,
            Some(version) if version >= ProtocolVersion::V_2026_07_28 => Self::RoundTrip,
            Some(_) => Self::Elicitation,
            None => Self::None,
        }
    }
}

/// Seals and opens what a client carries between the halves of a round trip.
#[derive(Debug, Clone)]
pub(crate) struct Seal(RequestStateCodec);

impl Seal {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(RequestStateCodec::new_unchecked(key.to_vec()))
    }

    /// The result that asks.
    pub(crate) fn ask(&self, waiting: &Waiting, call: &[u8]) -> InputRequiredResult {
        let left = (waiting.approval.expires - Utc::now()).to_std().unwrap_or(Duration::from_millis(1));
        let options = SealOptions::new().associated_data(call).ttl(left);
        let state = self.0.seal_with(waiting.approval.id.as_bytes(), &options);
        let question = InputRequest::Elicitation(ElicitRequest::new(form(waiting)));
        InputRequiredResult::new(Some(InputRequests::from([(QUESTION.to_owned(), question)])), Some(state))
    }

    /// What a call that carries such a state proves. A state without an answer proves nothing, and asks again.
    pub(crate) fn open(&self, state: &str, answers: Option<&InputResponses>, call: &[u8]) -> Option<Proof> {
        let opened = self.0.open_with(state, call).map_err(|error| error.to_string());
        let approval = match opened.and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string())) {
            Ok(approval) => approval,
            Err(why) => return Some(Proof::Forged(why)),
        };
        let answer = answers?.get(QUESTION)?;
        Some(match serde_json::from_value::<ElicitResult>(answer.clone()) {
            Ok(result) => proof(approval, &result),
            Err(_) => Proof::Dismissed { approval },
        })
    }
}

/// What a sealed state is bound to beside its content: the caller, the endpoint, the tool and the arguments of the call.
pub(crate) fn bound_to(
    caller: &Caller,
    surface: &Surface,
    tool: &str,
    arguments: Option<&Map<String, Value>>,
) -> Vec<u8> {
    let arguments = fingerprint(&Value::Object(arguments.cloned().unwrap_or_default()));
    json!([Asker::of(caller).key(), surface.key(), "tools/call", tool, arguments]).to_string().into_bytes()
}

/// Asks an older client while its call waits.
pub(crate) async fn elicit(waiting: &Waiting, context: &RequestContext<RoleServer>) -> Proof {
    let approval = waiting.approval.id.clone();
    let left = (waiting.approval.expires - Utc::now()).to_std().unwrap_or_default();
    let asked = context.peer.create_elicitation_with_timeout(form(waiting), Some(PATIENCE.min(left))).await;
    match asked {
        Ok(result) => proof(approval, &result),
        Err(error) => {
            tracing::info!(%error, approval, "the client did not answer the question");
            Proof::Dismissed { approval }
        }
    }
}

/// Only a yes in so many words is a yes.
fn proof(approval: String, result: &ElicitResult) -> Proof {
    let field = |name: &str| result.content.as_ref().and_then(|content| content.get(name));
    match (&result.action, field("approve").and_then(Value::as_bool)) {
        (ElicitationAction::Accept, Some(true)) => {
            let word = field("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            Proof::Confirmed { approval, word }
        }
        (ElicitationAction::Accept, Some(false)) | (ElicitationAction::Decline, _) => Proof::Declined { approval },
        _ => Proof::Dismissed { approval },
    }
}

/// The form: what would be done, and a yes; for what cannot be undone also a name to type.
fn form(waiting: &Waiting) -> ElicitRequestParams {
    let mut properties = json!({"approve": {
        "type": "boolean", "title": "Approve", "description": "Yes, do this", "default": false}});
    let mut required = vec!["approve"];
    if let Some(word) = waiting.approval.word_to_type() {
        let description = plain(&format!("This cannot be undone. Type `{word}` to confirm"));
        properties["name"] = json!({"type": "string", "title": "Name", "description": description});
        required.push("name");
    }
    let schema = json!({"type": "object", "properties": properties, "required": required});
    // a schema of two plain fields is one that elicitation takes; without it the form would only ask for less
    let requested_schema = serde_json::from_value(schema).unwrap_or_else(|_| ElicitationSchema::new([].into()));
    ElicitRequestParams::FormElicitationParams { meta: None, message: message(waiting), requested_schema }
}

fn message(waiting: &Waiting) -> String {
    let question = &waiting.approval.question;
    let act = &question.act;
    let place = act.target.location.to_string();
    let mut lines = vec![format!("The assistant wants to run: {}", plain(&question.command))];
    if let Some(warning) = lookalikes(&format!("{} {place}", question.command)) {
        lines.push(format!("Beware: it {warning}"));
    }
    if !place.is_empty() {
        lines.push(format!("Where: {}", plain(&place)));
    }
    lines.push(format!("Effect: {}", act.effect.as_str()));
    lines.extend(question.demands.iter().map(|demand| match demand.message.as_str() {
        "" => format!("Rule: {}", demand.rule),
        message => format!("Rule: {}: {}", demand.rule, plain(message)),
    }));
    if !question.expected.is_null() {
        lines.push(format!("Expected: {}", plain_and_short(&question.expected.to_string())));
    }
    lines.push(format!("Approval: {}", waiting.approval.id));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(action: &str, content: &Value) -> Proof {
        let result = serde_json::from_value(json!({"action": action, "content": content})).expect("an answer");
        proof("1".into(), &result)
    }

    #[test]
    fn only_a_yes_in_so_many_words_confirms() {
        let approval = || "1".to_owned();
        let yes = Proof::Confirmed { approval: approval(), word: "web".into() };
        assert_eq!(answered("accept", &json!({"approve": true, "name": "web"})), yes);
        for content in
            [json!({}), json!(null), json!({"approve": "true"}), json!({"approve": 1}), json!([true]), json!("yes")]
        {
            assert_eq!(answered("accept", &content), Proof::Dismissed { approval: approval() }, "{content}");
        }
        assert_eq!(answered("accept", &json!({"approve": false})), Proof::Declined { approval: approval() });
        assert_eq!(answered("decline", &json!({"approve": true})), Proof::Declined { approval: approval() });
        assert_eq!(answered("cancel", &json!({"approve": true})), Proof::Dismissed { approval: approval() });
    }

    #[tokio::test]
    async fn a_state_opens_only_for_its_caller_call_and_key() {
        let seal = Seal::new(&[7; 32]);
        let ana = Caller::local("ana", "operator");
        let arguments = |name: &str| json!({"application": name}).as_object().cloned().unwrap_or_default();
        let (full, curated) = (Surface::full(), Surface::curated());
        let call = bound_to(&ana, &full, "juju_expose", Some(&arguments("web")));
        let options = SealOptions::new().associated_data(&call).ttl(Duration::from_mins(1));
        let state = seal.0.seal_with(b"1", &options);
        let answers =
            InputResponses::from([(QUESTION.to_owned(), json!({"action": "accept", "content": {"approve": true}}))]);
        let confirmed = Proof::Confirmed { approval: "1".into(), word: String::new() };
        assert_eq!(seal.open(&state, Some(&answers), &call), Some(confirmed));
        assert_eq!(seal.open(&state, None, &call), None, "no answer proves nothing");
        let forged = |proof: Option<Proof>| matches!(proof, Some(Proof::Forged(_)));
        let others = [
            bound_to(&Caller::local("bea", "operator"), &full, "juju_expose", Some(&arguments("web"))),
            bound_to(&ana, &full, "juju_unexpose", Some(&arguments("web"))),
            bound_to(&ana, &full, "juju_expose", Some(&arguments("db"))),
            bound_to(&ana, &curated, "juju_expose", Some(&arguments("web"))),
            bound_to(&ana, &full.clone().read_only(), "juju_expose", Some(&arguments("web"))),
            bound_to(&ana, &Surface::toolsets(["full"]), "juju_expose", Some(&arguments("web"))),
        ];
        for other in others {
            assert!(forged(seal.open(&state, Some(&answers), &other)));
        }
        assert!(forged(Seal::new(&[8; 32]).open(&state, Some(&answers), &call)));
        let expired = seal.0.seal_with(b"1", &options.ttl(Duration::from_millis(1)));
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(forged(seal.open(&expired, Some(&answers), &call)));
        for at in 0..state.len() {
            let mut bytes = state.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(flipped) = String::from_utf8(bytes) else { continue };
            assert!(forged(seal.open(&flipped, Some(&answers), &call)), "bit flipped at {at}");
        }
    }
}
