//! Writes the changes that the client makes to its files after `add-model`, `destroy-model` and `switch`.

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

    async fn change(&self, name: &str, change: impl FnOnce(&mut Document)) -> Result<(), ClientFilesError> {
        let _lock = lock(self).await?;
        let file = self.directory.join(name);
        let mut document = Document::read(&file)?;
        change(&mut document);
        document.write(&file)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_yaml::Value;

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
}
