//! Client files with which the real `juju` client reaches the simulated controller (`jujuclient/*.go`).

use std::{io, net::SocketAddr, path::Path};

use serde_json::{Map, Value, json};

use crate::state::{Kind, State};

/// Writes controllers, accounts, models and an empty key directory, without which the client makes a key at first.
pub(crate) fn write(directory: &Path, state: &State, user: &str, address: SocketAddr, ca: &str) -> io::Result<()> {
    std::fs::create_dir_all(directory.join("ssh"))?;
    let name = &state.controller.name;
    let password = state.users.get(user).map(|user| user.password.clone()).unwrap_or_default();
    let access = state.users.get(user).map(|user| user.access.to_string()).unwrap_or_default();
    let controller = json!({
        "uuid": state.controller.uuid,
        "api-endpoints": [address.to_string()],
        "ca-cert": ca,
        "cloud": state.controller.cloud.name,
        "region": state.controller.cloud.region,
        "type": state.controller.cloud.kind,
        "agent-version": state.controller.agent_version,
        "controller-machine-count": 1,
        "active-controller-machine-count": 1,
    });
    yaml(&directory.join("controllers.yaml"), &json!({"controllers": {name: controller}, "current-controller": name}))?;
    let account = json!({"user": user, "password": password, "last-known-access": access});
    yaml(&directory.join("accounts.yaml"), &json!({"controllers": {name: account}}))?;
    yaml(&directory.join("models.yaml"), &json!({"controllers": {name: models(state, user)}}))
}

fn models(state: &State, user: &str) -> Value {
    let seen = state.models.values().filter(|model| state.model_access(user, &model.uuid).is_some());
    let entry = |kind| match kind {
        Kind::Iaas => "iaas",
        Kind::Caas => "caas",
    };
    let mut models = Map::new();
    let mut current = None;
    for model in seen {
        let full = format!("{}/{}", model.owner, model.name);
        models.insert(full.clone(), json!({"uuid": model.uuid, "type": entry(model.kind), "branch": "master"}));
        if model.name != "controller" && current.is_none() {
            current = Some(full);
        }
    }
    let mut section = json!({"models": models});
    if let Some(current) = current {
        section["current-model"] = json!(current);
    }
    section
}

fn yaml(file: &Path, value: &Value) -> io::Result<()> {
    let text = serde_yaml::to_string(value).map_err(io::Error::other)?;
    private_file::replace(file, text.as_bytes())
}
