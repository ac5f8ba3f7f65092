//! What the ledger costs an act: how long it waits until its beginning stands, alone and with others, on the disk of a folder.

use std::time::{Duration, Instant};

use audit::{Ledger, Outcome, Request};
use identity::Caller;
use policy::{Act, Effect};
use serde_json::json;

use crate::figures::Figures;

/// Begins and ends acts again and again. Those that change something wait for the disk.
pub(crate) async fn ask(
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
    let began = Instant::now();
    while began.elapsed() < length {
        let sent = Instant::now();
        let entry = ledger.begin(Request::new(&caller, &act)).await?;
        figures.count(sent.elapsed(), r#"{"result":{}}"#);
        entry.close(Outcome::Done, "");
    }
    // ends are not waited for, but they have to be written
    ledger.settle().await?;
    Ok(figures.lasted(began.elapsed()))
}
