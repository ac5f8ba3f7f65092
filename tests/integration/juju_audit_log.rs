//! References in close records find the act in the audit log of the real API server.

use audit::{CloseRecord, JujuAuditRefs, Phase};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, eventually::wait_until};

/// Close records of the calls of a tool, in order.
async fn close_records(pair: &SideBySide, tool: &str) -> Vec<CloseRecord> {
    let records = pair.ledger_records().await;
    let is_begun = |act: &str| {
        records.iter().any(|record| {
            record.entry == act && matches!(&record.phase, Phase::Open(open) if open.event.name() == tool)
        })
    };
    let ends = records.iter().filter(|record| is_begun(&record.entry)).filter_map(|record| match &record.phase {
        Phase::Close(end) => Some(end.clone()),
        Phase::Open(_) => None,
    });
    ends.collect()
}

/// Lines of the audit log; empty if it does not exist yet.
fn read_audit_log(controller: &RealController) -> Vec<Value> {
    let text = std::fs::read_to_string(&controller.ready.audit_log).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// Finds the only request of a close record in the audit log: its conversation, request and errors.
async fn find_in_audit_log(controller: &RealController, juju: &JujuAuditRefs) -> (Value, Value, Value) {
    let [named] = &juju.requests[..] else { panic!("one request was sent to change something: {juju:?}") };
    wait_until(&format!("{named:?} in the audit log"), async || {
        let lines = read_audit_log(controller);
        let what = json!(format!("juju-mcp connection={}", named.connection));
        let of = |kind: &'static str| lines.iter().map(move |line| &line[kind]).filter(|line| !line.is_null());
        let conversations: Vec<_> = of("conversation").filter(|one| one["what"] == what).collect();
        let [conversation] = conversations[..] else { return Err(format!("{conversations:?} of {lines:?}")) };
        let here = |line: &&Value| {
            let ids = ["conversation-id", "connection-id"];
            ids.iter().all(|id| line[id] == conversation[id]) && line["request-id"] == json!(named.request)
        };
        let (requests, errors): (Vec<_>, Vec<_>) =
            (of("request").filter(here).collect(), of("errors").filter(here).collect());
        let ([request], [errors]) = (&requests[..], &errors[..]) else {
            return Err(format!("{requests:?} and {errors:?} of {lines:?}"));
        };
        let method = format!("{}.{}", request["facade"], request["method"]).replace('"', "");
        assert_eq!(method, named.method, "{request}");
        Ok((conversation.clone(), (*request).clone(), (*errors).clone()))
    })
    .await
}

#[tokio::test]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn close_records_reference_the_controllers_audit_log() {
    let real = RealController::start().await;
    let pair = SideBySide::on_real_controller(&real).await;
    pair.juju_cli_text(&["controller-config", "auditing-enabled=true"]).await.expect("it audits log-ins from now on");

    pair.juju_mcp("add-unit", &json!({"model": "prod", "application": "web", "num_units": 2})).await.expect("added");
    pair.juju_mcp("expose", &json!({"model": "prod", "application": "missing"}))
        .await
        .expect_err("there is no such application");
    let background = json!({"model": "prod", "units": ["web/0"], "action": "restart", "background": true});
    let operation = pair.juju_mcp("run", &background).await.expect("enqueued").value["operation"].clone();
    pair.juju_mcp("status", &json!({"model": "prod"})).await.expect("read");

    let added = close_records(&pair, "juju_add_unit").await.remove(0).juju;
    let (conversation, request, errors) = find_in_audit_log(&real, &added).await;
    assert_eq!(
        (&conversation["who"], &conversation["model-name"]),
        (&json!("admin"), &json!("prod")),
        "{conversation}"
    );
    let arguments: Value = serde_json::from_str(request["args"].as_str().expect("arguments")).expect("JSON");
    assert_eq!(arguments["application"], json!("web"), "{request}");
    assert_eq!((arguments["num-units"].clone(), &errors["errors"]), (json!(2), &Value::Null), "{errors}");

    let exposed = close_records(&pair, "juju_expose").await.remove(0).juju;
    let (_, _, errors) = find_in_audit_log(&real, &exposed).await;
    assert!(errors["errors"].to_string().contains("missing"), "{errors}");

    let ran = close_records(&pair, "juju_run").await.remove(0).juju;
    find_in_audit_log(&real, &ran).await;
    assert_eq!(json!(ran.operation), operation);
    let id = ran.operation.expect("the id of an operation");
    let shown = pair.juju_cli(&["show-operation", &id, "-m", "prod"]).await.expect("the real client knows it");
    assert!(shown.to_string().contains("web/0"), "{shown}");

    let status = close_records(&pair, "juju_status").await.remove(0).juju;
    assert!(status.is_empty(), "a read changes nothing: {status:?}");
}
