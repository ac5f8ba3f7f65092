//! A secret that a caller writes anywhere is in no ledger record, approval, page, log or error, and is shown to no viewer.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use catalogue::Catalogue;
use dispatch::ApprovalSettings;
use policy::Effect;
use serde_json::{Value, json};
use tests::{
    approval_fixture::{ApprovalFixture, policy_requiring_approval},
    browser::Browser,
};

use crate::act_targets::required;

const CANARY: &str = "Canary1hunter2";

/// Secrets as people and assistants write them.
const FORMS: [&str; 4] = [
    "password=Canary1hunter2",
    "https://u:Canary1hunter2@h",
    "-----BEGIN PRIVATE KEY-----\nCanary1hunter2\n-----END PRIVATE KEY-----",
    "mysql -pCanary1hunter2 && curl -H 'Authorization: Bearer Canary1hunter2' --token Canary1hunter2",
];

/// The value of a property that holds a secret; `None` for properties without texts of the caller's choice.
fn with_secret(schema: &Value, form: &str) -> Option<Value> {
    if schema.get("enum").is_some() {
        return None;
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        Value::String(kind) => vec![kind.as_str()],
        _ => vec!["object"],
    };
    if kinds.contains(&"string") {
        Some(json!(form))
    } else if kinds.contains(&"array") {
        with_secret(&schema["items"], form).map(|item| json!([item]))
    } else if kinds.contains(&"object") {
        Some(json!({"admin-password": CANARY, "note": form, "list": [{"name": "token", "value": CANARY}]}))
    } else {
        None
    }
}

/// Collects the log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn secret_in_any_text_of_any_tool_is_redacted_everywhere() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let shop = ApprovalFixture::start(false, ApprovalSettings::default()).await;
    let mut approver = Browser::new(shop.served.address);
    assert_eq!(approver.sign_in(shop.served.token("approver")).await.status, 200);
    let (mut tried, mut requested, mut leaks) = (0, 0, Vec::new());
    for tool in Catalogue::builtin().iter() {
        let properties = tool.input_schema()["properties"].as_object().cloned().unwrap_or_default();
        // each wait of the tool takes a second
        let is_wait = tool.name() == "juju_wait_for";
        for (property, schema) in &properties {
            for form in FORMS.iter().take(if is_wait { 1 } else { FORMS.len() }) {
                let Some(value) = with_secret(schema, form) else { continue };
                let mut arguments = required(tool.name());
                if properties.contains_key("model") && tool.name() != "juju_destroy_model" {
                    arguments["model"] = json!("shop");
                }
                if is_wait {
                    arguments["timeout"] = json!("1s");
                }
                arguments[property] = value;
                for token in ["admin", "viewer"] {
                    let answer = shop.call(token, tool.name(), &arguments, &json!({})).await;
                    tried += 1;
                    let text = answer.to_string();
                    if answer["isError"] == true && text.contains(CANARY) {
                        leaks.push(format!("{} {property} {token}: {text}", tool.name()));
                    }
                }
            }
        }
        let (_, listed) = shop.api("approver", "GET", "", &Value::Null).await;
        assert!(!listed.to_string().contains(CANARY), "{}: {listed}", tool.name());
        let approvals = listed["approvals"].as_array().expect("a list");
        requested += approvals.len();
        let list = approver.open("/console").await.body;
        assert!(!list.contains(CANARY), "{}: {list}", tool.name());
        for approval in approvals {
            let id = approval["id"].as_str().expect("an id");
            let page = approver.open(&format!("/console/approvals/{id}")).await.body;
            assert!(page.contains("juju") && !page.contains(CANARY), "{}: {page}", tool.name());
        }
        shop.execute_sql("delete from approval").await;
    }
    assert!(leaks.is_empty(), "{leaks:#?}");
    assert!(tried > 500 && requested > 30, "{tried} calls, {requested} approval requests");
    let store = shop.served.dispatcher.ledger.store();
    shop.served.dispatcher.ledger.flush().await.expect("a ledger");
    let rows = store.ledger_from(1, 100_000).await.expect("rows");
    assert!(rows.len() > tried);
    for row in rows {
        assert!(!row.body.contains(CANARY), "{}", row.body);
    }
    let log = String::from_utf8_lossy(&log.0.lock().expect("a log")).into_owned();
    assert!(!log.contains(CANARY), "{log}");
}

#[tokio::test]
async fn secret_options_are_masked_for_callers_that_may_not_read_content() {
    let shop = ApprovalFixture::start(false, ApprovalSettings::default()).await;
    shop.served.dispatcher.policy.replace(policy_requiring_approval(Effect::Destructive, false));
    let proxy = format!("http://u:{CANARY}@proxy:3128");
    let values = json!({"registry-password": CANARY, "http-proxy": proxy, "project-title": "Shop"});
    let set = shop.call("admin", "juju_model_config", &json!({"model": "shop", "values": values}), &json!({})).await;
    assert_ne!(set["isError"], true, "{set}");
    for (token, arguments, is_masked) in [
        ("viewer", json!({"model": "shop"}), true),
        ("viewer", json!({"model": "shop", "key": "registry-password"}), true),
        ("viewer", json!({"model": "shop", "key": "http-proxy", "format": "json"}), true),
        ("operator", json!({"model": "shop", "key": "registry-password"}), false),
    ] {
        let answer = shop.call(token, "juju_model_config", &arguments, &json!({})).await.to_string();
        assert_eq!(answer.contains(CANARY), !is_masked, "{token} {arguments}: {answer}");
        assert_eq!(answer.contains("hash "), is_masked, "{token} {arguments}: {answer}");
        assert!(answer.contains("registry-password") || answer.contains("proxy:3128"), "{answer}");
    }
    // no other tool shows them to a viewer either
    for tool in Catalogue::builtin().iter().filter(|tool| tool.least() == Effect::Read) {
        let mut arguments = required(tool.name());
        if tool.input_schema()["properties"].get("model").is_some() {
            arguments["model"] = json!("shop");
        }
        if tool.name() == "juju_wait_for" {
            arguments["timeout"] = json!("1s");
        }
        let answer = shop.call("viewer", tool.name(), &arguments, &json!({})).await.to_string();
        assert!(!answer.contains(CANARY), "{}: {answer}", tool.name());
    }
}
