//! Files of the user: the server reads charms, resources and client files over stdio only, never over HTTP.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tests::{RealController, SideBySide, side_by_side::simulator};

/// Writes a charm named `parcel` with `version` in its summary, for Ubuntu 22.04.
fn charm(folder: &Path, version: u8) -> PathBuf {
    charm_for(folder, version, "22.04")
}

fn charm_for(folder: &Path, version: u8, release: &str) -> PathBuf {
    let path = folder.join(format!("parcel-{version}-{release}.charm"));
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    let metadata = format!(
        "name: parcel\nsummary: version {version}\ndescription: Holds a file.\n\
         resources: {{data: {{type: file, filename: data.txt, description: What it holds.}}}}\n\
         storage: {{crates: {{type: filesystem, location: /srv, multiple: {{range: 0-}}}}}}\n"
    );
    let manifest = format!("bases: [{{name: ubuntu, channel: {release}/stable, architectures: [amd64]}}]\n");
    let config = "options: {colour: {type: string, default: brown, description: Of the paper.}}\n";
    for (name, text) in [
        ("metadata.yaml", metadata.as_str()),
        ("manifest.yaml", manifest.as_str()),
        ("config.yaml", config),
        ("dispatch", "#!/bin/sh\n"),
    ] {
        archive.start_file(name, options).expect("an entry");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("an archive");
    path
}

fn text(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("written");
    path.display().to_string()
}

async fn done(pair: &SideBySide, tool: &str, arguments: Value) -> Value {
    let reply = pair.juju_mcp(tool, &arguments).await;
    reply.unwrap_or_else(|refusal| panic!("{tool} {arguments}: {refusal} ({:?})", refusal.remedy())).value
}

/// Every argument that accepts a path, with the path of an existing file.
fn calls_with_path(path: &str) -> [(&'static str, Value); 5] {
    [
        ("deploy", json!({"charm": path, "application_name": "parcel"})),
        ("deploy", json!({"charm": "wordpress", "resources": {"theme": path}})),
        ("deploy", json!({"charm": "wordpress", "resources": {"theme": "../../etc/passwd"}})),
        ("refresh", json!({"application": "web", "path": path})),
        ("refresh", json!({"application": "web", "resources": {"data": path}})),
    ]
}

async fn no_file_is_read(pair: &SideBySide, model: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = charm(folder.path(), 1).display().to_string();
    for (tool, mut arguments) in calls_with_path(&path) {
        for dry_run in [true, false] {
            arguments["model"] = json!(model);
            arguments["dry_run"] = json!(dry_run);
            let refusal = pair.juju_mcp(tool, &arguments).await.err();
            let sentence = refusal.as_ref().map(ToString::to_string).unwrap_or_default();
            assert!(sentence.contains("files cannot be read over HTTP"), "{tool} {arguments}: {sentence:?}");
            assert!(refusal.and_then(|refusal| refusal.remedy()).is_some_and(|remedy| remedy.contains("stdio")));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_file_over_http_is_refused_and_nothing_is_sent() {
    let simulator = simulator("shop").await;
    let pair = SideBySide::on_simulator(&simulator).await;
    pair.status_until("shop", "it answers", |_| true).await;
    no_file_is_read(&pair, "shop").await;
    assert!(simulator.writes().is_empty(), "{:?}", simulator.writes());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn local_file_over_http_is_refused_for_the_real_controller() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller(&controller).await;
    no_file_is_read(&pair, "prod").await;
    // a plain word may be an image, so only the controller can refuse it: the application exists and waits for its file
    let word = json!({"model": "prod", "charm": "wordpress", "resources": {"theme": "Cargo.toml"}});
    let refusal = pair.juju_mcp("deploy", &word).await.expect_err("no file").to_string();
    assert!(
        refusal.contains("files cannot be read over HTTP") && refusal.contains("waits for its resource `theme`"),
        "{refusal}"
    );
    assert_eq!(resource(&pair, "wordpress").await, json!(["theme", "upload", 0]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn local_charms_and_resources_are_deployed_over_stdio() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller_with_client_files(&controller).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (charm(folder.path(), 1), charm(folder.path(), 2));
    let data = text(folder.path(), "data.txt", "twelve bytes");
    let mut deploy = json!({"model": "prod", "charm": first, "application_name": "box", "resources": {"data": data},
        "config": {"colour": "red"}, "storage": {"crates": "2,64M"}, "constraints": "mem=1G", "dry_run": true});
    let would = done(&pair, "deploy", deploy.clone()).await;
    assert_eq!((&would["preview"]["charm"], &would["preview"]["base"]), (&json!("parcel"), &json!("ubuntu@22.04")));
    let before = pair.status_until("prod", "it answers", |_| true).await;
    assert!(before["applications"].get("box").is_none(), "{would}");
    deploy["dry_run"] = json!(false);
    assert_eq!(done(&pair, "deploy", deploy).await["application"], "box");
    let status = pair.status_until("prod", "it is there", |now| now["applications"].get("box").is_some()).await;
    assert_eq!(status["applications"]["box"]["charm-origin"], "local", "{}", status["applications"]["box"]);
    let config = pair.juju_cli(&["config", "-m", "prod", "box"]).await.expect("config");
    assert_eq!(config["settings"]["colour"]["value"], "red");
    assert_eq!(resource(&pair, "box").await, json!(["data", "upload", 12]));

    let data = text(folder.path(), "more.txt", "more than twelve");
    let refresh = json!({"model": "prod", "application": "box", "path": second, "resources": {"data": data}});
    let refreshed = done(&pair, "refresh", refresh).await;
    assert_eq!((&refreshed["up_to_date"], &refreshed["resources"]), (&json!(false), &json!(["data"])), "{refreshed}");
    let status = pair.status_until("prod", "it is refreshed", |now| now["applications"]["box"]["charm-rev"] == 1).await;
    assert_eq!(resource(&pair, "box").await, json!(["data", "upload", 16]), "{status}");

    let newer = charm_for(folder.path(), 3, "24.04");
    let mut other = json!({"model": "prod", "application": "box", "path": newer});
    let refusal =
        pair.juju_mcp("refresh", &other).await.map(|reply| reply.value).expect_err("another base").to_string();
    assert!(refusal.contains("24.04") && refusal.contains("22.04"), "{refusal}");
    other["force_base"] = json!(true);
    done(&pair, "refresh", other).await;
    // the refused charm was uploaded too and used a revision number
    pair.status_until("prod", "it is forced", |now| now["applications"]["box"]["charm-rev"] == 3).await;

    let theme = text(folder.path(), "theme.zip", "a theme");
    let blog = json!({"model": "prod", "charm": "wordpress", "resources": {"theme": theme}});
    done(&pair, "deploy", blog).await;
    assert_eq!(resource(&pair, "wordpress").await, json!(["theme", "upload", 7]));
}

/// The only resource of an application in the output of the `juju` client: name, origin, size.
async fn resource(pair: &SideBySide, application: &str) -> Value {
    let resources = pair.juju_cli(&["resources", "-m", "prod", application]).await.expect("resources");
    let first = &resources["resources"][0];
    json!([first["name"], first["origin"], first["size"]])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn invalid_or_missing_local_charm_is_refused_over_stdio() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller_with_client_files(&controller).await;
    let folder = tempfile::tempdir().expect("a folder");
    let path = charm(folder.path(), 1);
    let not_zip = text(folder.path(), "words.charm", "no archive");
    let deploy = |charm: &Path, more: Value| {
        let mut arguments = json!({"model": "prod", "charm": charm, "application_name": "box"});
        arguments.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        arguments
    };
    for (arguments, part) in [
        (deploy(Path::new("/missing/x.charm"), json!({})), "/missing/x.charm"),
        (deploy(folder.path(), json!({})), "it is no file"),
        (deploy(Path::new(&not_zip), json!({})), "is no charm"),
        (deploy(&path, json!({"resources": {"dat": "1"}})), "no resource `dat`"),
        (deploy(&path, json!({"resources": {"data": "./missing"}})), "./missing"),
        (deploy(&path, json!({"channel": "stable"})), "`channel`"),
        (deploy(&path, json!({"storage": {"crates": "a,b"}})), "`storage`"),
    ] {
        let refusal = pair.juju_mcp("deploy", &arguments).await.expect_err("refused").to_string();
        assert!(refusal.contains(part), "{arguments}: {refusal}");
    }
    let status = pair.status_until("prod", "it answers", |_| true).await;
    assert!(status["applications"].get("box").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(real_controller), ignore = "needs JUJU_MCP_TEST_CONTROLLER")]
async fn client_files_follow_added_and_destroyed_models() {
    let controller = RealController::start().await;
    let pair = SideBySide::on_real_controller_with_client_files(&controller).await;
    let models = || std::fs::read_to_string(controller.ready.juju_data.join("models.yaml")).expect("models.yaml");
    done(&pair, "add-model", json!({"name": "fresh", "cloud": "dummy"})).await;
    assert!(models().contains("admin/fresh"), "{}", models());
    // the client finds the model in its own file and sends no request
    let status = pair.juju_cli(&["status", "-m", "fresh"]).await.expect("status");
    assert_eq!(status["model"]["name"], "fresh");
    done(&pair, "destroy-model", json!({"model": "fresh"})).await;
    assert!(!models().contains("admin/fresh") && models().contains("admin/prod"), "{}", models());
}
