//! One ledger record for a call that ended in a panic.

use audit::{NewEntry, Outcome, ToolCall};
use identity::Caller;
use policy::{Act, Effect};

use crate::Dispatcher;

/// Records that a call of a tool ended in a panic. An entry that the call had begun is closed by itself, as unknown or cancelled;
/// this record exists also if the call had begun none.
pub async fn record_panic(dispatcher: &Dispatcher, caller: &Caller, tool: &str) {
    let effect = dispatcher.catalogue.get(tool).map_or(Effect::Read, catalogue::Tool::least);
    let new = NewEntry::from_call(caller, ToolCall::new(&Act::new(tool, effect)))
        .with_roles(dispatcher.policy.current().roles_of(caller));
    let recorded = dispatcher.ledger.record(new, Outcome::Failed, "internal error: the call panicked").await;
    if let Err(error) = recorded {
        tracing::error!(%error, "cannot record a call that panicked");
    }
}
