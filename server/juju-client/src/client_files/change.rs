//! Writes the changes that the client makes to its files after `add-model`, `destroy-model` and `switch`.

use serde_yaml::{Mapping, Value};

use super::{
    ClientFiles, ClientFilesError,
    document::{Document, get_text, set_text},
    lock,
};
use crate::{ModelEntry, ModelKind};

impl ClientFiles {
    /// Adds a model, as the client does after `add-model`; the current model is unchanged.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or the file cannot be written.
    pub async fn remember_model(&self, controller: &str, model: &ModelEntry) -> Result<(), ClientFilesError> {
        let kind = match model.kind {
            ModelKind::Machines => "iaas",
            ModelKind::Kubernetes => "caas",
        };
        self.change("models.yaml", |document| {
            let entry = document.get_or_create(&["controllers", controller, "models", &model.full_name()]);
            set_text(entry, "uuid", &model.uuid);
            set_text(entry, "type", kind);
            if get_text(entry, "branch").is_none() {
                set_text(entry, "branch", "master");
            }
        })
        .await
    }

    /// Removes a model, as the client does after `destroy-model`, and unsets it as current model.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or the file cannot be written.
    pub async fn forget_model(&self, controller: &str, full_name: &str) -> Result<(), ClientFilesError> {
        self.change("models.yaml", |document| {
            document.remove(&["controllers", controller, "models"], full_name);
            let current =
                document.get(&["controllers", controller]).and_then(|controller| get_text(controller, "current-model"));
            if current.as_deref() == Some(full_name) {
                document.remove(&["controllers", controller], "current-model");
            }
        })
        .await
    }

    /// Sets the client's current model, as `juju switch` does.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or the file cannot be written.
    pub async fn switch_model(&self, controller: &str, full_name: &str) -> Result<(), ClientFilesError> {
        self.change("models.yaml", |document| {
            set_text(document.get_or_create(&["controllers", controller]), "current-model", full_name);
        })
        .await
    }

    /// Sets the client's current controller, as `juju switch` does.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or the file cannot be written.
    pub async fn switch_controller(&self, controller: &str) -> Result<(), ClientFilesError> {
        self.change("controllers.yaml", |document| {
            set_text(document.get_or_create(&[]), "current-controller", controller);
        })
        .await
    }

    /// Removes a controller and other names of it with its models, accounts and cookies, as `juju unregister` does.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or a file cannot be written.
    pub async fn forget_controller(&self, controller: &str) -> Result<(), ClientFilesError> {
        let _lock = lock(self).await?;
        let file = self.directory.join("controllers.yaml");
        let mut document = Document::read(&file)?;
        let names = names_of(&document, controller);
        if document.get(&[]).and_then(|top| get_text(top, "current-controller")).is_some_and(|one| names.contains(&one))
        {
            document.remove(&[], "current-controller");
        }
        for name in &names {
            document.remove(&["controllers"], name);
        }
        document.write(&file)?;
        for other in ["models.yaml", "accounts.yaml", "bootstrap-config.yaml"] {
            let file = self.directory.join(other);
            if file.exists() {
                let mut document = Document::read(&file)?;
                for name in &names {
                    document.remove(&["controllers"], name);
                }
                document.write(&file)?;
            }
        }
        for name in &names {
            // a controller that was never logged in to with a browser has none
            let _ = std::fs::remove_file(self.directory.join("cookies").join(format!("{name}.json")));
        }
        Ok(())
    }

    /// The default credential of a cloud; `None` for a cloud without one.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the file cannot be read.
    pub fn default_credential(&self, cloud: &str) -> Result<Option<String>, ClientFilesError> {
        let document = Document::read(&self.directory.join("credentials.yaml"))?;
        Ok(document.get(&["credentials", cloud]).and_then(|cloud| get_text(cloud, "default-credential")))
    }

    /// Sets or resets the default credential of a cloud, as `juju default-credential` does. Returns false for a credential that the
    /// files lack, and changes nothing then.
    ///
    /// # Errors
    /// [`ClientFilesError`] if the lock cannot be taken or the file cannot be written.
    pub async fn set_default_credential(
        &self,
        cloud: &str,
        credential: Option<&str>,
    ) -> Result<bool, ClientFilesError> {
        let _lock = lock(self).await?;
        let file = self.directory.join("credentials.yaml");
        let mut document = Document::read(&file)?;
        match credential {
            Some(name) if document.get(&["credentials", cloud, name]).is_none() => return Ok(false),
            Some(name) => set_text(document.get_or_create(&["credentials", cloud]), "default-credential", name),
            None => document.remove(&["credentials", cloud], "default-credential"),
        }
        document.write(&file)?;
        Ok(true)
    }

    async fn change(&self, name: &str, change: impl FnOnce(&mut Document)) -> Result<(), ClientFilesError> {
        let _lock = lock(self).await?;
        let file = self.directory.join(name);
        let mut document = Document::read(&file)?;
        change(&mut document);
        document.write(&file)
    }
}

/// A controller and the other names under which the files have it.
fn names_of(document: &Document, controller: &str) -> Vec<String> {
    let uuid = |name: &str| document.get(&["controllers", name]).and_then(|entry| get_text(entry, "uuid"));
    let own = uuid(controller);
    let all = document.get(&["controllers"]).and_then(Value::as_mapping).into_iter().flat_map(Mapping::keys);
    let same = |name: &&str| *name == controller || (own.is_some() && uuid(name) == own);
    all.filter_map(Value::as_str).filter(same).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{super::LOCK_RETRY_INTERVAL, *};

    const MODELS: &str = "controllers:\n  east:\n    models:\n      admin/prod: {uuid: m-1, type: iaas, branch: quiet, future-key: 7}\n    current-model: admin/prod\n    future-list: [a, b]\n";

    fn files(name: &str) -> ClientFiles {
        let base = std::env::temp_dir().join(format!("juju-client-{name}-{}", std::process::id()));
        let directory = base.join("juju");
        std::fs::create_dir_all(&directory).expect("directory");
        std::fs::write(directory.join("models.yaml"), MODELS).expect("file");
        ClientFiles::new(directory, base)
    }

    fn read(files: &ClientFiles) -> Value {
        let text = std::fs::read_to_string(files.directory.join("models.yaml")).expect("file");
        serde_yaml::from_str(&text).expect("yaml")
    }

    fn current(files: &ClientFiles) -> Option<String> {
        get_text(&read(files)["controllers"]["east"], "current-model")
    }

    #[tokio::test]
    async fn model_changes_preserve_other_keys_of_the_file() {
        let files = files("remember");
        let model = ModelEntry {
            name: "staging".into(),
            owner: "admin".into(),
            uuid: "m-2".into(),
            kind: ModelKind::Kubernetes,
        };
        files.remember_model("east", &model).await.expect("written");
        let staging = "      admin/staging: {uuid: m-2, type: caas, branch: master}\n    current-model";
        let expected = MODELS.replace("    current-model", staging);
        assert_eq!(read(&files), serde_yaml::from_str::<Value>(&expected).expect("yaml"));
        let mode = std::fs::metadata(files.directory.join("models.yaml")).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        files.switch_model("east", "admin/staging").await.expect("written");
        assert_eq!(current(&files).as_deref(), Some("admin/staging"));
        files.forget_model("east", "admin/staging").await.expect("written");
        assert_eq!(current(&files), None);
    }

    #[tokio::test]
    async fn change_under_lock_waits_until_release() {
        let files = files("lock");
        let held = lock(&files).await.expect("free");
        let second = tokio::spawn({
            let files = files.clone();
            async move { files.switch_model("east", "admin/other").await }
        });
        tokio::time::sleep(LOCK_RETRY_INTERVAL * 3).await;
        assert_eq!(current(&files).as_deref(), Some("admin/prod"), "not while it is locked");
        drop(held);
        second.await.expect("no panic").expect("written");
        assert_eq!(current(&files).as_deref(), Some("admin/other"));
    }

    #[tokio::test]
    async fn forgotten_controller_leaves_all_files_with_its_other_names() {
        let files = files("forget");
        let write = |name: &str, text: &str| std::fs::write(files.directory.join(name), text).expect("written");
        write(
            "controllers.yaml",
            "controllers:\n  east: {uuid: u-1}\n  alias: {uuid: u-1}\n  west: {uuid: u-2}\ncurrent-controller: east\nfuture: 1\n",
        );
        write("accounts.yaml", "controllers:\n  east: {user: a}\n  west: {user: b}\n");
        files.forget_controller("east").await.expect("written");
        let read = |name: &str| std::fs::read_to_string(files.directory.join(name)).expect("a file");
        assert_eq!(read("controllers.yaml"), "controllers:\n  west:\n    uuid: u-2\nfuture: 1\n");
        assert_eq!(read("accounts.yaml"), "controllers:\n  west:\n    user: b\n");
        assert!(!read("models.yaml").contains("east"));
        files.switch_controller("west").await.expect("written");
        assert!(read("controllers.yaml").contains("current-controller: west"));
    }

    #[tokio::test]
    async fn default_credential_has_to_exist_and_can_be_reset() {
        let files = files("credential");
        let text = "credentials:\n  aws:\n    mine: {auth-type: access-key}\n";
        std::fs::write(files.directory.join("credentials.yaml"), text).expect("written");
        assert!(!files.set_default_credential("aws", Some("other")).await.expect("read"));
        assert!(files.set_default_credential("aws", Some("mine")).await.expect("written"));
        assert_eq!(files.default_credential("aws").expect("read").as_deref(), Some("mine"));
        assert!(files.set_default_credential("aws", None).await.expect("written"));
        assert_eq!(files.default_credential("aws").expect("read"), None);
    }
}
