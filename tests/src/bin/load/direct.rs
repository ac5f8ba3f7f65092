//! The controller asked by itself, over its WebSocket: what a call costs before we come into it.

use std::time::{Duration, Instant};

use juju_client::{ControllerEndpoint, Controllers, Credential, Settings};
use serde::Deserialize;

use crate::{Job, figures::Figures};

juju_wire::methods! { Client {
    FullStatus(read): serde_json::Value => serde_json::Value,
} }

#[derive(Debug, Deserialize)]
struct ControllerLogin {
    addresses: Vec<String>,
    ca_cert: String,
    user: String,
    password: String,
    model: String,
}

/// Requests the full status of a model repeatedly on one connection.
pub(crate) async fn run(job: &Job, length: Duration) -> Result<Figures, Box<dyn std::error::Error + Send + Sync>> {
    let file = job.controller.as_ref().ok_or("`--controller` is missing")?;
    let login: ControllerLogin = serde_json::from_slice(&std::fs::read(file)?)?;
    let endpoint = ControllerEndpoint {
        name: "bench".to_owned(),
        uuid: None,
        addresses: login.addresses,
        ca_certificate: Some(login.ca_cert),
        public_hostname: None,
        credential: Credential::Password { user: login.user, password: login.password.as_str().into() },
    };
    let controllers = Controllers::new(vec![endpoint], None, Settings::default());
    let model = controllers.controller(None)?.model(&login.model).await?;
    let session = model.session().await?;
    let mut figures = Figures::default();
    let start = Instant::now();
    while start.elapsed() < length {
        let sent = Instant::now();
        let answer = session.call::<FullStatus>(serde_json::json!({"patterns": null, "include-storage": true})).await?;
        figures.count(sent.elapsed(), &serde_json::json!({ "result": answer }).to_string());
    }
    Ok(figures.with_duration(start.elapsed()))
}
