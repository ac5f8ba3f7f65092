//! Floods in the ledger: one record for many refusals, so that whoever asks too much cannot fill the disk.

use audit::Outcome;
use identity::Caller;
use policy::{Act, Effect};
use serde_json::json;

use crate::Door;

/// Refusals of one caller by one limit.
#[derive(Debug, Clone, Copy)]
pub struct Limited<'a> {
    /// `rate` or `concurrency`.
    pub limit: &'a str,
    /// The tool that has the limit; `None` where it is the caller's as a whole.
    pub tool: Option<&'a str>,
    /// Refusals since the record before.
    pub count: u64,
}

/// Writes down that calls were refused before they were looked at. A ledger that is closed is told of in the log only,
/// because nothing was done anyway.
pub async fn note_limited(door: &Door, caller: &Caller, limited: Limited<'_>) {
    let scope = if limited.tool.is_some() { "tool" } else { "caller" };
    let act = Act::new(limited.tool.unwrap_or("any"), Effect::Read)
        .with_arguments(json!({"scope": scope, "limit": limited.limit, "refused": limited.count}));
    let request = audit::Request { roles: door.policy.now().roles_of(caller), ..audit::Request::new(caller, &act) };
    match door.ledger.begin(request).await {
        Ok(entry) => {
            let calls = if limited.count == 1 { "call was" } else { "calls were" };
            entry.close(
                Outcome::Denied,
                &format!("{} {calls} refused by the {scope} {} limit", limited.count, limited.limit),
            );
        }
        Err(error) => tracing::error!(%error, "refusals by a limit could not be written down"),
    }
}
