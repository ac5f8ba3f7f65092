//! The logs of models: one stream per model for all readers, without gaps and repetitions; searched and grouped by the tool.

use std::time::Duration;

use juju_client::{ControllerEndpoint, Controllers, Credential, ReadOnlyControllers};
use juju_sim::{Fault, Simulator};
use logs::{LogFilter, LogGroups, LogLevel, LogReader, LogSettings, LoggedModel, ModelLogs, StreamCondition};
use serde_json::{Value, json};
use tests::{RealController, SideBySide, TEST_TIMEOUT, side_by_side::simulator, wait_until};

/// Interruptions of the connection.
const INTERRUPTIONS: u32 = 20;

fn controllers_of(simulator: &Simulator) -> Controllers {
    let account = simulator.accounts().into_iter().find(|account| account.user == "admin").expect("an administrator");
    let endpoint = ControllerEndpoint {
        name: "simulated".to_owned(),
        uuid: Some(simulator.uuid()),
        addresses: vec![simulator.address().to_string()],
        ca_certificate: Some(simulator.ca_certificate().to_owned()),
        public_hostname: None,
        credential: Credential::Password { user: account.user, password: account.password.into() },
    };
    Controllers::new(vec![endpoint], None, tests::long_timeouts())
}

async fn logged_model(controllers: &Controllers, model: &str) -> LoggedModel {
    let controller = controllers.controller(None).expect("the only one");
    let uuid = controller.find_model(model).await.expect("a model").uuid.clone();
    LoggedModel { role: None, controller: controller.name().to_owned(), uuid }
}

fn logs_of(controllers: &Controllers, settings: LogSettings) -> ModelLogs {
    ModelLogs::new(ReadOnlyControllers::new(controllers.clone()), settings)
}

fn from_level(level: LogLevel) -> LogFilter {
    LogFilter { level, ..LogFilter::default() }
}

async fn write(simulator: &Simulator, unit: &str, level: &'static str, message: impl Into<String>) {
    simulator.inject(Fault::Log(unit.to_owned(), level, message.into())).await.expect("written");
}

/// Waits for the messages with `word` until there are so many.
async fn messages(reader: &mut LogReader, word: &str, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        let batch = tokio::time::timeout(TEST_TIMEOUT, reader.next_batch(100)).await.expect("lines").expect("no end");
        assert_eq!(batch.missed, 0);
        found.extend(batch.lines.iter().map(|line| line.message.clone()).filter(|message| message.contains(word)));
    }
    found
}

#[tokio::test]
async fn readers_share_a_stream_that_widens_for_the_one_that_needs_more() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let logs = logs_of(&controllers, LogSettings { idle_timeout: Duration::from_millis(50), ..LogSettings::default() });
    let model = logged_model(&controllers, "shop").await;
    let mut errors = logs.follow(model.clone(), from_level(LogLevel::Error)).expect("below the limit");
    assert!(matches!(errors.opened().await, StreamCondition::Live));
    write(&simulator, "web/0", "ERROR", "number 1").await;
    assert_eq!(messages(&mut errors, "number", 1).await, ["number 1"]);

    let mut all = logs.follow(model.clone(), from_level(LogLevel::Debug)).expect("below the limit");
    wait_until("the stream delivers what the second reader needs", async || {
        write(&simulator, "web/0", "INFO", "more").await;
        if all.read(usize::MAX).lines.is_empty() { Err("nothing".to_owned()) } else { Ok(()) }
    })
    .await;
    write(&simulator, "web/0", "INFO", "number 2").await;
    write(&simulator, "web/0", "ERROR", "number 3").await;
    let seen = messages(&mut all, "number 3", 1).await;
    assert_eq!(seen, ["number 3"]);
    assert_eq!(messages(&mut errors, "number", 1).await, ["number 3"], "the first reader gets nothing twice");
    assert_eq!(logs.streamed_models(), 1);

    drop((errors, all));
    wait_until("the stream ends after its readers", async || match logs.streamed_models() {
        0 => Ok(()),
        open => Err(open.to_string()),
    })
    .await;
}

#[tokio::test]
async fn stream_continues_after_interruptions_without_gap_and_repetition() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let logs = logs_of(&controllers, LogSettings::default());
    let model = logged_model(&controllers, "shop").await;
    let filter = LogFilter { contains: "NUMBER".to_owned(), ..from_level(LogLevel::Error) };
    let mut reader = logs.follow(model, filter).expect("below the limit");
    reader.opened().await;
    let mut written = Vec::new();
    for at in 0..INTERRUPTIONS {
        for part in 0..5 {
            let message = format!("number {at}-{part}");
            write(&simulator, "web/0", "ERROR", message.clone()).await;
            written.push(message);
        }
        simulator.inject(Fault::DropConnections).await.expect("injected");
    }
    write(&simulator, "web/0", "ERROR", "number last").await;
    written.push("number last".to_owned());
    assert_eq!(messages(&mut reader, "number", written.len()).await, written);
}

#[tokio::test]
async fn slow_reader_learns_what_it_missed_and_delays_no_other() {
    let simulator = simulator("shop").await;
    let controllers = controllers_of(&simulator);
    let logs = logs_of(&controllers, LogSettings { max_lines: 10, ..LogSettings::default() });
    let model = logged_model(&controllers, "shop").await;
    let filter = LogFilter { contains: "number".to_owned(), ..from_level(LogLevel::Error) };
    let mut slow = logs.follow(model.clone(), filter.clone()).expect("below the limit");
    let mut fast = logs.follow(model, filter).expect("below the limit");
    slow.opened().await;
    for at in 0..50 {
        write(&simulator, "web/0", "ERROR", format!("number {at}")).await;
        assert_eq!(messages(&mut fast, "number", 1).await, [format!("number {at}")]);
    }
    let batch = slow.next_batch(100).await.expect("no end");
    assert_eq!(batch.lines.len(), 10);
    assert!(batch.missed >= 40, "{}", batch.missed);
}

#[tokio::test]
async fn tool_searches_before_the_cut_and_groups_similar_lines() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    for at in 0..40 {
        let unit = format!("web/{}", at % 2);
        write(&simulator, &unit, "ERROR", format!("cannot connect to 10.0.8.{at}:5432: refused after {at}ms")).await;
        write(&simulator, &unit, "INFO", format!("step {at}")).await;
    }
    let lines = async |arguments: Value| pair.juju_mcp("debug-log", &arguments).await.expect("the log").text;
    let found = lines(json!({"model": "shop", "contains": "AFTER 3ms", "since": "1h", "lines": 5})).await;
    assert!(found.contains("10.0.8.3:5432") && found.lines().count() == 1, "{found}");
    let none = lines(json!({"model": "shop", "contains": "refused", "until": "1h"})).await;
    assert!(none.contains("no such lines"), "{none}");
    let groups = lines(json!({"model": "shop", "grouped": true, "contains": "refused"})).await;
    assert!(groups.contains("cannot connect to <address>: refused after <n>"), "{groups}");
    let whole = lines(json!({"model": "shop", "grouped": true, "filter": "refused", "format": "json"})).await;
    let whole: Value = serde_json::from_str(&whole).expect("JSON");
    assert_eq!(whole["groups"][0]["count"], 40, "{whole}");
    assert_eq!(whole["groups"][0]["entities"], json!({"unit-web-0": 20, "unit-web-1": 20}), "{whole}");
    assert_eq!(whole["groups"].as_array().map(Vec::len), Some(1), "{whole}");
    let odd = pair.juju_mcp("debug-log", &json!({"model": "shop", "since": "yesterday"})).await.expect_err("no time");
    assert!(odd.to_string().contains("not: yesterday"), "{odd}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn real_log_is_streamed_searched_and_grouped() {
    let mut real = RealController::start().await;
    let controllers = real.controllers("admin");
    let logs = logs_of(&controllers, LogSettings::default());
    let model = logged_model(&controllers, "prod").await;
    real.command("log unit-web-0 ERROR juju.worker.old before 1").await;
    let mut reader = logs.follow(model, from_level(LogLevel::Warning)).expect("below the limit");
    reader.opened().await;
    let mut groups = LogGroups::new(10);
    for at in 0..30 {
        real.command(&format!("log unit-web-{} ERROR juju.worker.test lease {at} lost on 10.0.0.{at}", at % 2)).await;
        real.command(&format!("log unit-web-0 INFO juju.worker.test step {at}")).await;
    }
    let mut found = Vec::new();
    while found.len() < 30 {
        let batch = tokio::time::timeout(TEST_TIMEOUT, reader.next_batch(100)).await.expect("lines").expect("no end");
        for line in batch.lines {
            assert!(line.level >= LogLevel::Warning);
            if line.module == "juju.worker.test" {
                groups.add(&line);
                found.push(line.message.clone());
            }
        }
    }
    let written: Vec<_> = (0..30).map(|at| format!("lease {at} lost on 10.0.0.{at}")).collect();
    assert_eq!(found, written);
    let sorted = groups.into_sorted();
    assert_eq!((sorted.len(), sorted[0].pattern.as_str()), (1, "lease <n> lost on <address>"));

    let pair = SideBySide::on_real_controller(&real).await;
    let text = pair.juju_mcp("debug-log", &json!({"model": "prod", "contains": "LEASE 7 ", "since": "1h"})).await;
    let text = text.expect("the log").text;
    assert!(text.contains("lease 7 lost") && text.lines().count() == 1, "{text}");
}
