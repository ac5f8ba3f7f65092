//! The trace of a request: links the ledger's record of a call to spans and logs.

use axum::http::{HeaderMap, request::Parts};
use rmcp::{RoleServer, model::CallToolRequestParams, service::RequestContext};

/// The trace id that the client sent, in `_meta` or as the header `traceparent` (W3C Trace Context, section 3.2), else the
/// id that the server gave the request.
pub(crate) fn trace_of_call(request: &CallToolRequestParams, context: &RequestContext<RoleServer>) -> Option<String> {
    let headers = context.extensions.get::<Parts>().map(|parts| &parts.headers);
    let meta = request.meta.as_ref().and_then(|meta| meta.get("traceparent")).and_then(|value| value.as_str());
    let own = || context.meta.get("traceparent").and_then(|value| value.as_str());
    trace_of_message(meta.or_else(own), headers)
}

/// The same from the `traceparent` of a message and from the headers.
pub(crate) fn trace_of_message(in_message: Option<&str>, headers: Option<&HeaderMap>) -> Option<String> {
    let header = |name: &str| headers.and_then(|headers| headers.get(name)).and_then(|value| value.to_str().ok());
    let sent = in_message.and_then(trace_id).or_else(|| header("traceparent").and_then(trace_id));
    sent.or_else(|| header("x-request-id")).map(ToOwned::to_owned)
}

/// The trace id of a `traceparent`; `None` if it is malformed.
fn trace_id(traceparent: &str) -> Option<&str> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let well_formed = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let nonzero = trace.bytes().any(|byte| byte != b'0') && parent.bytes().any(|byte| byte != b'0');
    (well_formed && nonzero && (version != "00" || parts.next().is_none())).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_id_of_malformed_traceparent_is_none() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{trace}-00f067aa0ba902b7-01")), Some(trace));
        assert_eq!(trace_id(&format!("cc-{trace}-00f067aa0ba902b7-01-later")), Some(trace));
        for odd in [
            String::new(),
            trace.to_owned(),
            format!("00-{trace}-00f067aa0ba902b7-01-more"),
            format!("ff-{trace}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}'; drop-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(trace_id(&odd), None, "{odd}");
        }
    }
}
