//! Backups: a consistent copy of the store in one file, with other files of the state directory inside it.

use std::path::Path;

use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{Error, Store, create_private, schema};

/// A file of the state directory inside a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupFile {
    /// Its name in the state directory.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl Store {
    /// Writes a copy of the store as of one moment, together with these files, into a new file that only its owner can read.
    /// Other processes may write to the store meanwhile.
    ///
    /// # Errors
    /// [`Error::Open`] if the backup cannot be created, [`Error::Failed`] if the store cannot be read.
    pub async fn back_up(&self, backup: &Path, files: &[BackupFile]) -> Result<(), Error> {
        create_private(backup).map_err(|cause| cannot_open(backup, cause.into()))?;
        sqlx::query("vacuum into ?").bind(backup.display().to_string()).execute(&self.reader).await?;
        let mut copy = connect(backup).await?;
        sqlx::raw_sql("create table backup_file (name text primary key, content blob not null) strict")
            .execute(&mut copy)
            .await?;
        for file in files {
            let insert = sqlx::query("insert into backup_file (name, content) values (?, ?)");
            insert.bind(&file.name).bind(&file.content).execute(&mut copy).await?;
        }
        Ok(copy.close().await?)
    }

    /// Splits a backup into the store, which is written to a new file, and the other files.
    ///
    /// # Errors
    /// [`Error::NotBackup`] if the file is no intact backup, [`Error::Migrate`] if a newer program wrote it, [`Error::Open`] if
    /// the store cannot be written.
    pub async fn unpack_backup(backup: &Path, store: &Path) -> Result<Vec<BackupFile>, Error> {
        let not_backup = |_| Error::NotBackup { file: backup.display().to_string() };
        create_private(store).map_err(|cause| cannot_open(store, cause.into()))?;
        std::fs::copy(backup, store).map_err(|cause| cannot_open(backup, cause.into()))?;
        // `copy` gives the new file the mode of the backup
        create_private(store).map_err(|cause| cannot_open(store, cause.into()))?;
        let mut copy = connect(store).await?;
        let intact: String =
            sqlx::query_scalar("pragma integrity_check(1)").fetch_one(&mut copy).await.map_err(not_backup)?;
        if intact != "ok" {
            return Err(Error::NotBackup { file: backup.display().to_string() });
        }
        let rows: Vec<(String, Vec<u8>)> = sqlx::query_as("select name, content from backup_file order by name")
            .fetch_all(&mut copy)
            .await
            .map_err(not_backup)?;
        sqlx::raw_sql("drop table backup_file").execute(&mut copy).await?;
        copy.close().await?;
        schema::check(store).await?;
        Ok(rows.into_iter().map(|(name, content)| BackupFile { name, content }).collect())
    }
}

async fn connect(file: &Path) -> Result<SqliteConnection, Error> {
    let options = SqliteConnectOptions::new().filename(file);
    SqliteConnection::connect_with(&options).await.map_err(|cause| cannot_open(file, cause))
}

fn cannot_open(file: &Path, cause: sqlx::Error) -> Error {
    Error::Open { file: file.display().to_string(), cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::LedgerRow;

    fn row(sequence: i64) -> LedgerRow {
        let text = |text: &str| format!("{text}-{sequence}");
        LedgerRow {
            sequence,
            entry: text("entry"),
            phase: "open".to_owned(),
            body: "{}".to_owned(),
            hash: text("hash"),
        }
    }

    #[tokio::test]
    async fn backup_of_a_store_in_use_holds_its_rows_and_files() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-backup-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (used, backup, restored) = (folder.join("used"), folder.join("backup"), folder.join("restored"));
        let store = Store::open(&used).await.expect("opened");
        store.append_ledger(&[row(1), row(2)], true).await.expect("appended");
        let files = vec![BackupFile { name: "ledger.key".to_owned(), content: vec![0, 255, 7] }];
        let reader = Store::open_read_only(&used).await.expect("opened");
        reader.back_up(&backup, &files).await.expect("backed up");
        store.append_ledger(&[row(3)], true).await.expect("appended later");
        assert_eq!(std::fs::metadata(&backup).expect("a file").permissions().mode() & 0o777, 0o600);
        assert_eq!(Store::unpack_backup(&backup, &restored).await.expect("unpacked"), files);
        let copy = Store::open(&restored).await.expect("a store");
        assert_eq!(copy.last_ledger_row().await.expect("read"), Some(row(2)));
        std::fs::write(&backup, "no database").expect("written");
        let error = Store::unpack_backup(&backup, &folder.join("other")).await.expect_err("no backup");
        assert!(matches!(error, Error::NotBackup { .. }), "{error}");
        let error = Store::unpack_backup(&used, &folder.join("third")).await.expect_err("a store, but no backup");
        assert!(matches!(error, Error::NotBackup { .. }), "{error}");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
