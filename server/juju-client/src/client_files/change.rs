//! Changes to the client's files, as the client itself makes them after `add-model`, `destroy-model` and `switch`.

use std::{fs::File, path::Path, time::Instant};

use super::{
    ClientFiles, ClientFilesError, LOCK_LIMIT, LOCK_RETRY,
    document::{Document, entry, text},
    lock_name,
};
use crate::{ModelEntry, ModelKind};

impl ClientFiles {
    /// Writes a model down, as the client does after `add-model`; its current model stays as it is.
    ///
    /// # Errors
    /// [`ClientFilesError`] where the lock cannot be had or the file cannot be written.
    pub async fn remember_model(&self, controller: &str, model: &ModelEntry) -> Result<(), ClientFilesError> {
        let kind = match model.kind {
            ModelKind::Machines => "iaas",
            ModelKind::Kubernetes => "caas",
        };
        self.change("models.yaml", |document| {
            let known = document.make(&["controllers", controller, "models", &model.full_name()]);
            entry(known, "uuid", &model.uuid);
            entry(known, "type", kind);
            if text(known, "branch").is_none() {
                entry(known, "branch", "master");
            }
        })
        .await
    }

    /// Takes a model out, as the client does after `destroy-model`; it is no longer the current one either.
    ///
    /// # Errors
    /// [`ClientFilesError`] where the lock cannot be had or the file cannot be written.
    pub async fn forget_model(&self, controller: &str, full_name: &str) -> Result<(), ClientFilesError> {
        self.change("models.yaml", |document| {
            document.remove(&["controllers", controller, "models"], full_name);
            let current = document.get(&["controllers", controller]).and_then(|known| text(known, "current-model"));
            if current.as_deref() == Some(full_name) {
                document.remove(&["controllers", controller], "current-model");
            }
        })
        .await
    }

    /// Makes a model the client's current one, as `juju switch` does.
    ///
    /// # Errors
    /// [`ClientFilesError`] where the lock cannot be had or the file cannot be written.
    pub async fn switch_model(&self, controller: &str, full_name: &str) -> Result<(), ClientFilesError> {
        self.change("models.yaml", |document| {
            entry(document.make(&["controllers", controller]), "current-model", full_name);
        })
        .await
    }

    async fn change(&self, name: &str, change: impl FnOnce(&mut Document)) -> Result<(), ClientFilesError> {
        let _lock = take(&self.temporary.join(lock_name(&self.directory))).await?;
        let file = self.directory.join(name);
        let mut document = Document::read(&file)?;
        change(&mut document);
        document.write(&file)
    }
}

/// Holds the client's lock until the file is dropped, without keeping other tasks from their work meanwhile.
async fn take(path: &Path) -> Result<File, ClientFilesError> {
    let failed = |cause| ClientFilesError::Locked { file: path.to_owned(), cause };
    let handle = File::options().create(true).write(true).truncate(false).open(path).map_err(failed)?;
    let begun = Instant::now();
    while handle.try_lock().is_err() {
        if begun.elapsed() > LOCK_LIMIT {
            return Err(failed(std::io::ErrorKind::TimedOut.into()));
        }
        tokio::time::sleep(LOCK_RETRY).await;
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_yaml::Value;

    use super::*;

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
        text(&read(files)["controllers"]["east"], "current-model")
    }

    #[tokio::test]
    async fn a_model_is_written_down_and_all_else_stays() {
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
    async fn who_comes_second_waits_for_the_lock() {
        let files = files("lock");
        let lock = take(&files.temporary.join(lock_name(&files.directory))).await.expect("free");
        let second = tokio::spawn({
            let files = files.clone();
            async move { files.switch_model("east", "admin/other").await }
        });
        tokio::time::sleep(LOCK_RETRY * 3).await;
        assert_eq!(current(&files).as_deref(), Some("admin/prod"), "not while it is locked");
        drop(lock);
        second.await.expect("no panic").expect("written");
        assert_eq!(current(&files).as_deref(), Some("admin/other"));
    }
}
