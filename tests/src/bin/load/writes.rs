//! The cost of the ledger for an act: the time until its entry is persisted, alone and with concurrent acts.

use std::time::{Duration, Instant};

use audit::{Ledger, NewEntry, Outcome, ToolCall};
use identity::Caller;
use policy::{Act, Effect, Target, TargetEntity};
use serde_json::json;

use crate::figures::Figures;

/// Opens and closes entries repeatedly. Writes wait for the disk.
pub(crate) async fn run(
    ledger: Ledger,
    effect: Effect,
    length: Duration,
) -> Result<Figures, Box<dyn std::error::Error + Send + Sync>> {
    let caller = Caller::local("ana", "admin");
    let act = Act::new("juju_add_unit", effect)
        .with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known("application-web".to_owned())]))
        .with_arguments(json!({"application": "web", "num_units": 1}));
    let mut figures = Figures::default();
    let start = Instant::now();
    while start.elapsed() < length {
        let sent = Instant::now();
        let entry = ledger.open_entry(NewEntry::from_call(&caller, ToolCall::new(&act))).await?;
        figures.count(sent.elapsed(), r#"{"result":{}}"#);
        entry.close(Outcome::Done, "");
    }
    // close records are written in the background
    ledger.flush().await?;
    Ok(figures.with_duration(start.elapsed()))
}
