//! The models of a controller by name, with a cache.

use std::sync::Arc;

use juju_wire::tag::Tag;
use parking_lot::Mutex;

use self::listing::{ListModels, Model, User};
use crate::{Connection, ModelEntry, ModelKind, error::Error};

/// Models of one controller, as of the last request.
#[derive(Debug, Default)]
pub(crate) struct ModelCache(Mutex<Arc<[ModelEntry]>>);

impl ModelCache {
    /// Finds a model by `admin/prod`, `prod` or UUID; requests the list from the controller if the cache has no match.
    pub(crate) async fn find(&self, connection: &Connection, name: &str) -> Result<ModelEntry, Error> {
        if let Some(entry) = find_unique(&self.entries(), name)? {
            return Ok(entry);
        }
        let entries = self.refresh(connection).await?;
        find_unique(&entries, name)?.ok_or_else(|| Error::ModelUnknown {
            controller: connection.controller_name().to_owned(),
            name: name.to_owned(),
            similar: similar_names(&entries, name),
        })
    }

    /// Requests all models from the controller.
    pub(crate) async fn refresh(&self, connection: &Connection) -> Result<Arc<[ModelEntry]>, Error> {
        let tag = connection.session().await?.user_tag().to_owned();
        let reply = connection.call::<ListModels>(User { tag }).await?;
        let entries: Arc<[ModelEntry]> =
            reply.models.unwrap_or_default().into_iter().map(|item| entry(item.model)).collect();
        *self.0.lock() = Arc::clone(&entries);
        Ok(entries)
    }

    /// Empties the cache, after an entry proved wrong.
    pub(crate) fn clear(&self) {
        *self.0.lock() = Arc::default();
    }

    fn entries(&self) -> Arc<[ModelEntry]> {
        Arc::clone(&self.0.lock())
    }
}

fn find_unique(entries: &[ModelEntry], name: &str) -> Result<Option<ModelEntry>, Error> {
    let matches: Vec<_> = entries.iter().filter(|entry| entry.matches_name(name)).collect();
    match matches.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).clone())),
        several => Err(Error::ModelAmbiguous {
            name: name.to_owned(),
            models: several.iter().map(|entry| entry.full_name()).collect(),
        }),
    }
}

/// Most full names that a refusal of a mistyped name lists.
const MAX_SIMILAR_NAMES: usize = 5;

/// Full names of the models nearest to a mistyped `name`.
fn similar_names(entries: &[ModelEntry], name: &str) -> Vec<String> {
    let wanted = name.rsplit('/').next().unwrap_or(name);
    let near = content::nearest_names(wanted, entries.iter().map(|entry| entry.name.as_str()), MAX_SIMILAR_NAMES);
    let mut similar: Vec<String> = Vec::new();
    for entry in near.into_iter().flat_map(|near| entries.iter().filter(move |entry| entry.name == near)) {
        let full_name = entry.full_name();
        if !similar.contains(&full_name) {
            similar.push(full_name);
        }
    }
    similar.truncate(MAX_SIMILAR_NAMES);
    similar
}

fn entry(model: Model) -> ModelEntry {
    let owner = Tag::parse_id("user", &model.owner_tag).unwrap_or(model.owner_tag);
    let kind = if model.kind == "caas" { ModelKind::Kubernetes } else { ModelKind::Machines };
    ModelEntry { name: model.name, owner, uuid: model.uuid, kind }
}

/// The method of `ModelManager` that lists models.
#[expect(unreachable_pub, reason = "types of a `Method` must be as public as the trait")]
mod listing {
    use serde::{Deserialize, Serialize};

    juju_wire::methods! { ModelManager {
        ListModels(read): User => UserModels,
    } }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct User {
        pub tag: String,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct UserModels {
        #[serde(rename = "user-models")]
        pub models: Option<Vec<UserModel>>,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct UserModel {
        pub model: Model,
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Model {
        pub name: String,
        pub uuid: String,
        #[serde(rename = "type", default)]
        pub kind: String,
        #[serde(rename = "owner-tag")]
        pub owner_tag: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(owner: &str, name: &str) -> ModelEntry {
        ModelEntry {
            name: name.into(),
            owner: owner.into(),
            uuid: format!("uuid-{owner}-{name}"),
            kind: ModelKind::Machines,
        }
    }

    #[test]
    fn model_is_found_by_full_name_short_name_and_uuid() {
        let entries = [model("admin", "prod"), model("admin", "staging"), model("bob", "staging")];
        for (name, found) in
            [("admin/prod", "uuid-admin-prod"), ("prod", "uuid-admin-prod"), ("uuid-bob-staging", "uuid-bob-staging")]
        {
            assert_eq!(find_unique(&entries, name).expect("one").expect("found").uuid, found);
        }
        assert_eq!(find_unique(&entries, "bob/prod").expect("none"), None);
        let error = find_unique(&entries, "staging").expect_err("two");
        assert_eq!(error.to_string(), r#"several models are named "staging": admin/staging, bob/staging"#);
    }

    #[test]
    fn similar_names_of_mistyped_name_are_listed() {
        let entries = [model("admin", "prod"), model("admin", "staging"), model("bob", "production")];
        assert_eq!(similar_names(&entries, "prd"), ["admin/prod"]);
        assert_eq!(similar_names(&entries, "stagin"), ["admin/staging"]);
        assert_eq!(similar_names(&entries, "other"), Vec::<String>::new());
    }
}
