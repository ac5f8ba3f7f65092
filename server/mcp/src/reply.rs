//! Answers and refusals as results of a tool call.

use dispatch::{Refusal, Reply};
use policy::Hit;
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

/// Largest answer of a read as data unless it is set, in bytes.
pub const RESULT_BYTES: usize = 4_000_000;

/// A call that was carried out.
pub(crate) fn done(reply: Reply) -> CallToolResult {
    let mut texts = vec![ContentBlock::text(reply.text)];
    // before the eyes of whoever reads the result, and not among the data, whose schema is the tool's
    let warning = |hit: &Hit| ContentBlock::text(format!("warning by rule `{}`: {}", hit.rule, hit.sentence()));
    texts.extend(reply.warnings.iter().map(warning));
    let mut result = CallToolResult::success(texts);
    result.structured_content = Some(reply.value);
    let mut meta = json!({"juju-mcp/entry": reply.entry});
    if !reply.warnings.is_empty() {
        meta["juju-mcp/warnings"] = json!(reply.warnings);
    }
    if reply.repeated {
        meta["juju-mcp/repeated"] = Value::Bool(true);
    }
    tagged(result, meta)
}

/// A call that was not: one sentence with the remedy. No structured content, because it would not fit the schema.
pub(crate) fn refused(refusal: &Refusal) -> CallToolResult {
    let text = match refusal.remedy() {
        Some(remedy) => format!("{refusal}: {remedy}"),
        None => refusal.to_string(),
    };
    let Refusal::ApprovalNeeded(waiting) = refusal else { return failed(text, refusal.code()) };
    let meta = json!({"juju-mcp/code": refusal.code(), "juju-mcp/approval": {
        "id": waiting.approval.id,
        "status": waiting.approval.status,
        "digest": waiting.approval.digest,
        "expires": waiting.approval.expires,
        "rules": waiting.approval.question.demands,
        "second_person": waiting.approval.question.second_person(),
        "how": waiting.how,
    }});
    tagged(CallToolResult::error(vec![ContentBlock::text(text)]), meta)
}

/// An error that the assistant can read and act on.
pub(crate) fn failed(text: impl Into<String>, code: &str) -> CallToolResult {
    tagged(CallToolResult::error(vec![ContentBlock::text(text.into())]), json!({"juju-mcp/code": code}))
}

/// A call that came too soon.
pub(crate) fn limited(text: String, seconds: u64) -> CallToolResult {
    let meta = json!({"juju-mcp/code": "limited", "juju-mcp/retry-after-seconds": seconds});
    tagged(CallToolResult::error(vec![ContentBlock::text(text)]), meta)
}

/// An answer of our own.
pub(crate) fn told(value: Value, text: String) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(value);
    result
}

fn tagged(mut result: CallToolResult, meta: Value) -> CallToolResult {
    result.meta = serde_json::from_value(meta).ok();
    result
}

/// One word for the metrics.
pub(crate) fn outcome(result: &Result<Reply, Refusal>) -> &'static str {
    match result {
        Ok(reply) if reply.repeated => "repeated",
        Ok(_) => "ok",
        Err(
            Refusal::Denied(_)
            | Refusal::Approver
            | Refusal::NotApproved(_)
            | Refusal::Forged(_)
            | Refusal::TooManyWait(_),
        ) => "denied",
        Err(Refusal::ApprovalNeeded(_)) => "asked",
        Err(Refusal::BadArguments(_) | Refusal::UnknownTool(_)) => "invalid",
        Err(Refusal::EndUnknown { .. } | Refusal::WorkLost) => "unknown",
        Err(_) => "failed",
    }
}
