//! The webhook for alerts, with the real Alertmanager as its sender: an alert becomes a finding of its unit, and ends with it.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use observer::{Finding, ObserverSettings};
use policy::{BuiltinRules, Policy};
use serde_json::{Value, json};
use tests::{TestServer, raw_http::Request, side_by_side::simulator, test_server::ServerSetup, wait_until};

use crate::notifications::{alertmanager_program, client, start_alertmanager};

/// A sender that may only report alerts of the shop.
const ROLES: &str = "
roles:
  viewer:
    description: Reports alerts of the shop.
    allow:
      - {tools: observer_receive_alerts, effects: [write], models: shop}
";

async fn served() -> (juju_sim::Simulator, TestServer, tempfile::TempDir) {
    let (simulator, folder) = (simulator("shop").await, tempfile::tempdir().expect("a folder"));
    let policy = Policy::read(&[("own.yaml", ROLES)], BuiltinRules::None).expect("good");
    let observer = Some(ObserverSettings { close_after: TimeDelta::hours(1), ..ObserverSettings::default() });
    let setup = ServerSetup { policy, observer, ..ServerSetup::with_simulator(&simulator, folder.path()).await };
    let served = TestServer::with(folder.path(), setup).await;
    served.dispatcher.observer.as_ref().expect("an observer").look(Utc::now()).await;
    (simulator, served, folder)
}

/// Waits until the open findings of alerts are so many, and returns them.
async fn wait_for_alerts(served: &TestServer, count: usize) -> Vec<Finding> {
    let observer = served.dispatcher.observer.clone().expect("an observer");
    let open = || {
        let found = observer.findings();
        let own = found.iter().filter(|finding| finding.is_open() && finding.detector == "external_alert");
        own.map(|finding| Finding::clone(finding)).collect::<Vec<_>>()
    };
    wait_until("the alerts are findings", async || {
        observer.look(Utc::now()).await;
        let found = open();
        if found.len() == count { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    open()
}

#[tokio::test]
async fn alert_of_the_real_alertmanager_is_a_finding_until_it_resolves() {
    let Some(program) = alertmanager_program().await else {
        println!("skipped: Alertmanager cannot be provided");
        return;
    };
    let (_simulator, served, _folder) = served().await;
    let config = format!(
        "route: {{receiver: all, group_by: [juju_model], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}\n\
         receivers: [{{name: all, webhook_configs: [{{url: 'http://{}/api/v1/alerts', \
         http_config: {{authorization: {{credentials: '{}'}}}}}}]}}]\n",
        served.address,
        served.token("viewer")
    );
    let (mut alertmanager, url, _data) = start_alertmanager(&program, &config).await;
    let http = client(Duration::from_secs(5));
    let labels = json!({"alertname": "HighLatency", "severity": "critical", "juju_model": "shop",
        "juju_application": "web", "juju_unit": "web/0"});
    let send = async |end: Option<chrono::DateTime<Utc>>| {
        let alert = json!({"labels": labels, "annotations": {"summary": "Requests are slow."}, "endsAt": end});
        let alert =
            if end.is_some() { alert } else { json!({"labels": alert["labels"], "annotations": alert["annotations"]}) };
        let sent = http.post(format!("{url}/api/v2/alerts")).json(&[alert]).send().await;
        sent.map_err(|error| error.to_string())?.error_for_status().map(drop).map_err(|error| error.to_string())
    };
    wait_until("Alertmanager accepts the alert", async || send(None).await).await;
    let [found] = &wait_for_alerts(&served, 1).await[..] else { panic!("one finding") };
    assert_eq!((&*found.entity.kind, &*found.entity.name), ("unit", "web/0"));
    assert_eq!(found.evidence[0].value, "Requests are slow.");
    send(Some(Utc::now() - TimeDelta::seconds(1))).await.expect("accepted");
    wait_for_alerts(&served, 0).await;
    let records = served.ledger_records().await;
    let own = records
        .iter()
        .filter(|record| serde_json::to_string(record).is_ok_and(|text| text.contains("observer_receive_alerts")));
    assert!(own.count() >= 2, "each message is in the ledger");
    alertmanager.kill().await.expect("ended");
}

#[tokio::test]
async fn webhook_takes_no_more_alerts_than_a_model_may_have() {
    let (_simulator, served, _folder) = served().await;
    let alert = |model: &str, number: usize| json!({"status": "firing", "fingerprint": number.to_string(), "labels": {"alertname": format!("A{number}"), "juju_model": model}});
    let send = async |alerts: Vec<Value>| {
        let body = json!({"receiver": "r", "alerts": alerts});
        let request = Request::new("POST", "/api/v1/alerts").header("content-type", "application/json");
        let request = request.token(served.token("viewer")).body(body.to_string());
        request.send(served.address).await.expect("an answer")
    };
    let answer = send((0..1_200).map(|number| alert("shop", number)).collect()).await;
    assert_eq!(answer.json()["accepted"], 500, "{}", answer.body);
    assert_eq!(answer.json()["left_out"], 700, "{}", answer.body);
    let answer = send(vec![alert("controller", 1)]).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}
