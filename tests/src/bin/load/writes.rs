//! The cost of the ledger for an act: the time until its entry is persisted, alone and with concurrent acts.

use std::time::{Duration, Instant};

use audit::{Ledger, Outcome, Request};
use identity::Caller;
use policy::{Act, Effect};
use serde_json::json;

use crate::figures::Figures;

/// Opens and closes entries repeatedly. Writes wait for the disk.
pub(crate) async fn run(
    ledger: Ledger,
    effect: Effect,
    length: Duration,
) -> Result<Figures, Box<dyn std::error::Error + Send + Sync>> {
    let caller = Caller::local("ana", "admin");
    let act = Act {
        tool: "juju_add_unit".to_owned(),
        effect,
        controller: "prod".to_owned(),
        model: "admin/shop".to_owned(),
        targets: vec!["application-web".to_owned()],
        arguments: json!({"application": "web", "num_units": 1}),
    };
    let mut figures = Figures::default();
    let start = Instant::now();
    while start.elapsed() < length {
        let sent = Instant::now();
        let entry = ledger.begin(Request::new(&caller, &act)).await?;
        figures.count(sent.elapsed(), r#"{"result":{}}"#);
        entry.close(Outcome::Done, "");
    }
    // close records are written in the background
    ledger.settle().await?;
    Ok(figures.with_duration(start.elapsed()))
}
