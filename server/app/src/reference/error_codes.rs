//! The page of the error codes. A test compares it with the codes in the source.

use super::markdown::cell;

const HEAD: &str = "# Error codes

An error of a tool call has its code in `_meta` as `juju-mcp/code`, and one sentence with the remedy as text. If the controller returned a code of its own, such as `not found`, `juju-mcp/juju_code` has it. [health.md](../health.md#exit-codes) has the exit codes of the commands, [identity.md](../identity.md#rejected-requests) the reasons of rejected tokens.
";

/// Code, meaning, remedy.
type Row = (&'static str, &'static str, &'static str);

/// Codes of this server for a call that had no effect, or of an unknown one.
const REFUSALS: [Row; 19] = [
    ("invalid_arguments", "the arguments do not fit the schema of the tool", "correct them as the sentence states"),
    ("unknown_tool", "no such tool or command", "search with `juju_find_command`"),
    ("read_only", "the endpoint or command tool permits reads only", "use another endpoint, or `juju_run_command`"),
    (
        "permission_denied",
        "roles, token scopes or rules deny the act",
        "ask for a role; `juju-mcp policy explain` names what decides",
    ),
    ("insufficient_scope", "the token is too narrow (status 403)", "sign in for the listed scopes"),
    ("approval_required", "a human has to approve", "repeat the call after the approval"),
    (
        "not_approved",
        "the approval is pending, rejected, expired, used or for another act",
        "the sentence states which; wait, or repeat the call without the approval",
    ),
    ("too_many_pending", "the caller has too many pending requests", "wait for decisions"),
    ("idempotency_key_reused", "the key belongs to another call", "choose another key"),
    ("previously_failed", "the call with this key failed", "choose another key to try again"),
    (
        "outcome_unknown",
        "the connection broke, or the server stopped, during a write",
        "look at the state of the model before another attempt",
    ),
    ("rate_limited", "a limit of the tool", "retry after `juju-mcp/retry-after-seconds`"),
    ("cancelled", "the client cancelled the call", "call again"),
    ("server_stopping", "the server stops; the call has changed nothing", "call again"),
    ("ledger_unavailable", "the call cannot be recorded, so it was refused", "check disk and log of the server"),
    ("store_unavailable", "the state directory cannot be read or written", "check disk and log of the server"),
    ("refused", "the tool refuses the act before it sends anything", "the sentence has the remedy"),
    ("unwritable", "the result cannot be written as text", "report it"),
    ("internal_error", "a defect of this program", "report it"),
];

/// Codes of failures on the way to a controller.
const CONNECTIONS: [Row; 20] = [
    ("controller_unknown", "no controller has this name", "name one of the listed controllers"),
    ("no_default_controller", "several controllers, and the call names none", "name a controller"),
    ("no_controllers", "the client files name no controller", "log in with the `juju` client"),
    ("configuration", "address or CA certificate of the controller are unusable", "correct the configuration"),
    ("no_credential", "no usable credential for the controller", "give a user with password, or a service account"),
    ("session_ended", "the session of the `juju` client has ended", "`juju login`"),
    ("unreachable", "no address of the controller answers", "check that it runs and can be reached"),
    (
        "wrong_certificate",
        "the certificate is not the one of the controller",
        "take `ca-cert` of `juju show-controller`",
    ),
    ("login_refused", "the controller refuses the log-in", "check user and password"),
    (
        "login_token_refused",
        "the controller does not accept the token of the caller",
        "`juju-mcp doctor`; [act-as-caller.md](../act-as-caller.md)",
    ),
    ("no_login_token", "the server cannot sign a token for the caller", "`juju-mcp doctor`"),
    ("interactive_login", "the controller wants a log-in by browser", "give a local user, or a service account"),
    ("controller_version", "the controller is not of Juju 3.6", "use a controller of Juju 3.6"),
    ("wrong_controller", "another controller answers at the address", "correct address or UUID"),
    ("model_ambiguous", "several models have this name", "name the owner too, `admin/prod`"),
    ("redirected", "the model has moved to another controller", "add that controller"),
    ("connection_lost", "the connection broke during a read", "call again"),
    ("timed_out", "no answer in time; nothing was changed", "call again"),
    ("unexpected_answer", "the answer is not one of Juju 3.6", "check the version, and report it"),
    ("parameters", "the request cannot be written", "report it"),
];

/// Codes of failures of backends beside the controllers.
const BACKENDS: [Row; 10] = [
    (
        "backend_unreachable",
        "the backend cannot be reached",
        "check that it runs, and its section of the configuration",
    ),
    ("backend_timed_out", "no answer in time", "ask for less, or raise the time limit of the backend"),
    ("backend_refused", "the backend refuses the request; the sentence has its own words", "correct the query"),
    ("backend_unexpected", "the answer is not one of this kind of backend", "check the URL in the configuration"),
    ("backend_answer_too_large", "the answer is larger than this program reads", "ask for less"),
    ("backend_not_configured", "no backend of this kind is configured", "add its section to the configuration"),
    ("backend_unknown", "no backend of this kind has this name", "name one that exists"),
    ("backend_unknown_method", "the backend has no such method", "use one that the sentence lists"),
    ("backend_parameters", "the parameters of the query cannot be used", "correct them as the sentence states"),
    ("backend_configuration", "the configuration of the backend cannot be used", "correct it as the sentence states"),
];

/// Codes of errors that a controller returns.
const CONTROLLERS: [Row; 14] = [
    ("not_found", "the entity does not exist", "list what exists"),
    ("user_not_found", "the user does not exist", "list the users"),
    ("model_not_found", "the model does not exist, or the user may not see it", "list the models with `juju_models`"),
    ("already_exists", "the entity exists already", "choose another name"),
    ("unauthorized", "the Juju user of the server may not do this", "`juju grant` more access to that user"),
    ("operation_blocked", "a block of the model forbids it", "`juju enable-command`"),
    ("in_use", "something else still needs the entity", "remove that first"),
    ("try_again", "the controller is busy", "try again in a moment"),
    ("upgrade_in_progress", "the controller is being upgraded", "wait until it has ended"),
    ("migration_in_progress", "the model is being migrated", "wait until it has ended"),
    ("not_supported", "the controller or the kind of model does not support it", "the sentence states what does"),
    ("invalid_request", "the controller rejects the values", "correct them as the sentence states"),
    ("quota_exceeded", "a quota of the cloud or the model is used up", "free some of it, or have it raised"),
    ("juju_error", "any other error of the controller", "the sentence contains its message"),
];

/// Codes of the management API, in `error.code`, in addition to the first table.
const API: [Row; 7] = [
    ("bad_request", "parameters, body or reason are not as expected", "correct the request"),
    ("self_approval", "a second approver is required, and the requester decides", "another person decides"),
    ("same_client", "the OAuth client or token of the request decides", "decide with another client or token"),
    (
        "identity_unknown",
        "requester or approver cannot be compared",
        "give tokens an `owner`, or use a verified address",
    ),
    ("unknown_approval", "no such approval request", "list the requests"),
    ("digest_mismatch", "the digest is not the one of the act", "look at the request again"),
    ("already_decided", "the request is decided, used or expired", "none; repeat the call for a new request"),
];

/// Codes of JSON-RPC and of MCP, in `error.code` of a response.
const JSON_RPC: [(i32, &str, &str); 9] = [
    (-32700, "the body is not JSON", "send JSON"),
    (-32600, "the body is no message, or violates the protocol", "the sentence states what is missing"),
    (-32601, "no such method", "the sentence names the nearest one"),
    (-32602, "the parameters of a method are wrong", "the sentence names the parameter"),
    (-32603, "a defect of this program", "report it with the request id"),
    (-32000, "any other rejection; the HTTP status states the kind", "the sentence has the remedy"),
    (-32020, "headers and body of a request differ", "send the same values in both"),
    (-32021, "the client lacks a capability that the request needs", "declare it"),
    (-32022, "the protocol version is not supported", "use one of the listed versions"),
];

/// The tables in their order.
fn tables() -> [(&'static str, &'static str, &'static [Row]); 5] {
    [
        ("Refusals of tool calls", "The call had no effect, except where the code is `outcome_unknown`.", &REFUSALS),
        ("Failures of connections", "The controller did not execute the call.", &CONNECTIONS),
        ("Errors of controllers", "The controller answered with an error.", &CONTROLLERS),
        ("Failures of backends", "Prometheus, Loki, Kubernetes or another backend did not answer the call.", &BACKENDS),
        (
            "Management API",
            "`error.code` of a response below `/api`; also `permission_denied`, `ledger_unavailable` and `store_unavailable`.",
            &API,
        ),
    ]
}

/// The page.
pub(super) fn page() -> String {
    let mut text = HEAD.to_owned();
    for (title, about, rows) in tables() {
        text.extend([format!("\n## {title}\n\n{about}\n\n| code | meaning | what to do |\n|---|---|---|\n")]);
        text.extend(
            rows.iter().map(|(code, meaning, remedy)| format!("| `{code}` | {} | {} |\n", cell(meaning), cell(remedy))),
        );
    }
    text += "\n## JSON-RPC\n\n`error.code` of a response that is no result of a tool.\n\n| code | meaning | what to do |\n|---|---|---|\n";
    text.extend(JSON_RPC.iter().map(|(code, meaning, remedy)| format!("| {code} | {meaning} | {remedy} |\n")));
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Files in which codes of tool calls and of the management API are written.
    const SOURCES: [&str; 9] = [
        include_str!("../../../backend/src/error.rs"),
        include_str!("../../../dispatch/src/refusal.rs"),
        include_str!("../../../dispatch/src/approvals.rs"),
        include_str!("../../../catalogue/src/failure.rs"),
        include_str!("../../../juju-client/src/error.rs"),
        include_str!("../../../mcp/src/call_context.rs"),
        include_str!("../../../mcp/src/reply.rs"),
        include_str!("../../../mcp/src/server.rs"),
        include_str!("../../../mcp/src/step_up.rs"),
    ];

    /// The body of the function `head` in a source.
    fn body<'a>(source: &'a str, head: &str) -> &'a str {
        let from = &source[source.find(head).unwrap_or_else(|| panic!("no `{head}`"))..];
        let indent = if head.starts_with("    ") { "\n    }\n" } else { "\n}\n" };
        &from[..from.find(indent).expect("an end")]
    }

    /// Texts in quotation marks that look like codes.
    fn codes(source: &str) -> BTreeSet<String> {
        let words = source.split('"').skip(1).step_by(2);
        let is_code =
            |word: &&str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        words.filter(is_code).map(str::to_owned).collect()
    }

    #[test]
    fn page_has_exactly_the_codes_of_the_source() {
        let [backend, refusal, approvals, failure, client, context, reply, server, step_up] = SOURCES;
        let mut source = codes(body(refusal, "    pub fn as_str"));
        source.extend(codes(body(approvals, "    pub fn code")));
        source.extend(codes(body(failure, "    pub fn code")));
        source.extend(codes(body(client, "    pub fn code")));
        source.extend(codes(body(client, "fn remote_code")));
        source.extend(codes(body(backend, "    pub fn code")));
        for (text, marks) in
            [(context, ["reply::failed(", "reply::failed("]), (server, ["reply::failed(", "reply::failed("])]
        {
            for call in text.split(marks[0]).skip(1) {
                let call = &call[..call.find(".into()").unwrap_or(call.len()).min(400)];
                source.extend(codes(call).into_iter().filter(|code| code.contains('_') || code == "cancelled"));
            }
        }
        assert!(
            reply.contains("\"juju-mcp/code\": \"rate_limited\"")
                && step_up.contains("\"juju-mcp/code\": \"insufficient_scope\"")
        );
        source.extend(["rate_limited", "insufficient_scope", "bad_request"].map(str::to_owned));
        // a refusal for a failed command has the code of the failure
        source.remove("failed");
        let listed: BTreeSet<String> =
            tables().iter().flat_map(|(_, _, rows)| *rows).map(|(code, ..)| (*code).to_owned()).collect();
        assert_eq!(listed, source, "left: this page, right: the source");
    }
}
