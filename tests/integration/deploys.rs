//! Deploys and refreshes with every argument, and compares with the output of the `juju` client.

use serde_json::{Value, json};
use tests::{RealController, SideBySide};

async fn done(pair: &SideBySide, tool: &str, mut arguments: Value) -> Value {
    arguments["model"] = json!("staging");
    let reply = pair.juju_mcp(tool, &arguments).await;
    reply.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal} ({:?})", refusal.remedy())).value
}

/// The output of the `juju` client for the model when `settled` accepts it: the controller works in the background. (Shortly
/// after a unit is added it knows the storage of the unit but not the filesystem, and returns no status.)
async fn juju_cli_when(pair: &SideBySide, words: &[&str], what: &str, settled: impl Fn(&Value) -> bool) -> Value {
    pair.juju_cli_until(&[words, &["-m", "staging"]].concat(), what, settled).await
}

async fn juju_cli(pair: &SideBySide, words: &[&str]) -> Value {
    juju_cli_when(pair, words, "the client has an answer", |_| true).await
}

/// The machines of the units of an application; empty for a unit that the controller has not placed yet.
fn places(status: &Value, application: &str) -> Vec<String> {
    let units = status["applications"][application]["units"].as_object();
    let place = |unit: &Value| unit["machine"].as_str().unwrap_or_default().to_owned();
    units.into_iter().flat_map(|units| units.values()).map(place).collect()
}

/// The `show-application` output of the `juju` client.
async fn show_application(pair: &SideBySide, application: &str) -> Value {
    juju_cli(pair, &["show-application", application]).await[application].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn deploy_sends_every_argument() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    let mut store = json!({"charm": "postgresql", "application_name": "store", "channel": "14/edge", "revision": 512,
        "base": "ubuntu@22.04", "num_units": 2, "to": ["0", "lxd:0"], "constraints": "mem=2G cores=2 tags=a,b",
        "config": {"profile": "testing", "plugin_citext_enable": true}, "bind": {"": "alpha", "database": "alpha"},
        "storage": {"pgdata": "loop,1,1G"}, "trust": true, "dry_run": true});
    let would = &done(&pair, "deploy", store.clone()).await["preview"];
    assert_eq!(
        (&would["charm"], &would["revision"], &would["channel"], &would["base"]),
        (&json!("postgresql"), &json!(512), &json!("14/edge"), &json!("ubuntu@22.04")),
    );
    assert!(juju_cli(&pair, &["status"]).await["applications"].get("store").is_none(), "a dry run deploys nothing");
    store["dry_run"] = json!(false);
    done(&pair, "deploy", store).await;
    let placed = |status: &Value| {
        let mut places = places(status, "store");
        places.sort();
        matches!(&places[..], [first, second] if first == "0" && second.starts_with("0/lxd/"))
    };
    let status =
        juju_cli_when(&pair, &["status", "--storage"], "one unit on machine 0, one in a container", placed).await;
    let application = &status["applications"]["store"];
    assert_eq!((&application["charm-rev"], &application["charm-channel"]), (&json!(512), &json!("14/edge")));
    let config = juju_cli(&pair, &["config", "store"]).await;
    assert_eq!(
        (&config["settings"]["profile"]["value"], &config["settings"]["plugin_citext_enable"]["value"]),
        (&json!("testing"), &json!(true))
    );
    assert_eq!(config["application-config"]["trust"]["value"], true);
    let constraints = juju_cli(&pair, &["constraints", "store"]).await;
    assert_eq!(
        (&constraints["mem"], &constraints["cores"], &constraints["tags"]),
        (&json!(2048), &json!(2), &json!(["a", "b"]))
    );
    assert_eq!(show_application(&pair, "store").await["endpoint-bindings"]["database"], "alpha");
    let attached = |storage: &Value| ["pgdata/0", "store/0"].iter().all(|name| storage.to_string().contains(name));
    juju_cli_when(&pair, &["storage"], "the first unit has its storage", attached).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn deploy_that_fails_returns_the_reason_of_the_controller() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    for (mut arguments, part) in [
        (json!({"charm": "postgresql", "channel": "99/stable"}), "99/stable"),
        (json!({"charm": "postgresql", "base": "ubuntu@16.04"}), "16.04"),
        (json!({"charm": "postgresql", "base": "jammy"}), "`base`"),
        (json!({"charm": "postgresql", "config": {"colour": "red"}}), "colour"),
        (json!({"charm": "postgresql", "bind": {"": "missing"}}), "space not found"),
        (json!({"charm": "postgresql", "storage": {"crates": "1G"}}), "crates"),
        (json!({"charm": "postgresql", "storage": {"pgdata": "nopool,1G"}}), "nopool"),
        (json!({"charm": "postgresql", "to": ["77"]}), "77"),
        (json!({"charm": "wordpress", "resources": {"nothing": "1"}}), "nothing"),
        (json!({"charm": "postgresql", "num_units": -1}), "num_units"),
        (json!({"charm": "db"}), "db"),
    ] {
        arguments["model"] = json!("staging");
        let result = pair.juju_mcp("deploy", &arguments).await;
        let refusal = result.map(|reply| reply.value).expect_err(&arguments.to_string()).to_string();
        assert!(refusal.contains(part), "{arguments}: {refusal}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn refresh_changes_the_revision_that_its_dry_run_reported() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    done(&pair, "deploy", json!({"charm": "wordpress", "channel": "latest/stable", "resources": {"theme": "1"}})).await;
    let revision = async |number: i64| {
        let now = &juju_cli(&pair, &["status"]).await["applications"]["wordpress"];
        assert_eq!(now["charm-rev"], number, "{now}");
        now["charm-channel"].clone()
    };
    revision(23).await;
    let edge = json!({"application": "wordpress", "channel": "edge", "dry_run": true});
    let would = done(&pair, "refresh", edge).await["preview"].clone();
    assert_eq!((&would["from"]["revision"], &would["to"]["revision"]), (&json!(23), &json!(31)), "{would}");
    assert_eq!(would["resources"], json!({"theme": {"from": 1, "to": 4}}), "{would}");
    revision(23).await;
    let did = done(&pair, "refresh", json!({"application": "wordpress", "channel": "edge"})).await;
    assert_eq!((&did["resources"], &did["up_to_date"]), (&json!(["theme"]), &json!(false)), "{did}");
    assert_eq!(revision(31).await, "latest/edge");
    let theme = juju_cli(&pair, &["resources", "wordpress"]).await;
    assert_eq!(theme["resources"][0]["revision"], "4", "{theme}");
    let again = done(&pair, "refresh", json!({"application": "wordpress"})).await;
    assert_eq!((&again["up_to_date"], again.get("resources")), (&json!(true), None), "{again}");
    // back to an earlier revision, with a resource of its own and an option
    let back = json!({"application": "wordpress", "revision": 23, "channel": "stable", "resources": {"theme": "2"},
        "config": {"blog_hostname": "news.example"}});
    done(&pair, "refresh", back).await;
    assert_eq!(revision(23).await, "latest/stable");
    assert_eq!(juju_cli(&pair, &["resources", "wordpress"]).await["resources"][0]["revision"], "2");
    let config = juju_cli(&pair, &["config", "wordpress"]).await;
    assert_eq!(config["settings"]["blog_hostname"]["value"], "news.example");
    for (arguments, part) in [
        (json!({"application": "wordpress", "revision": 9999}), "no releases"),
        (json!({"application": "wordpress", "channel": "99/stable"}), "99/stable"),
        (json!({"application": "wordpress", "resources": {"themes": "1"}}), "themes"),
    ] {
        let mut arguments = arguments;
        arguments["model"] = json!("staging");
        let result = pair.juju_mcp("refresh", &arguments).await;
        let refusal = result.map(|reply| reply.value).expect_err(&arguments.to_string()).to_string();
        assert!(refusal.contains(part), "{arguments}: {refusal}");
    }
    revision(23).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn refresh_to_charm_for_another_base_is_refused() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    done(&pair, "deploy", json!({"charm": "haproxy", "base": "ubuntu@22.04"})).await;
    let other = json!({"model": "staging", "application": "haproxy", "channel": "2.8/edge"});
    let refusal =
        pair.juju_mcp("refresh", &other).await.map(|reply| reply.value).expect_err("another base").to_string();
    assert!(refusal.contains("ubuntu/22.04") && refusal.contains("2.8/edge"), "{refusal}");
    assert_eq!(juju_cli(&pair, &["status"]).await["applications"]["haproxy"]["charm-rev"], 75);
}
