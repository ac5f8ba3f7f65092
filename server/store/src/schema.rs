//! Tables, as migrations that never change after their release.

use std::{borrow::Cow, path::Path};

use sqlx::{
    AssertSqlSafe, SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};

use crate::error::Error;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "schema", include_str!("../migrations/0001_schema.sql")),
    (2, "age of idempotency keys", include_str!("../migrations/0002_idempotency_key_age.sql")),
    (3, "changes in the ledger", include_str!("../migrations/0003_ledger_changes.sql")),
    (4, "cost of changes", include_str!("../migrations/0004_budget_change_cost.sql")),
    (5, "documents", include_str!("../migrations/0005_document.sql")),
];

/// Applies the migrations that the database lacks.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<(), Error> {
    migrator().run(pool).await.map_err(Error::Migrate)
}

/// Fails if a newer program wrote the store; changes nothing.
pub(crate) async fn check_version(pool: &SqlitePool) -> Result<(), Error> {
    let newest: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations").fetch_one(pool).await?;
    let known = MIGRATIONS.iter().map(|(version, ..)| *version).max();
    match newest.filter(|newest| Some(*newest) > known) {
        Some(newest) => Err(Error::Migrate(MigrateError::VersionMissing(newest))),
        None => Ok(()),
    }
}

/// Updates the tables of a store that no process uses; fails if a newer program wrote it.
pub(crate) async fn check(file: &Path) -> Result<(), Error> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(file)).await?;
    let migrated = migrate(&pool).await;
    pool.close().await;
    migrated
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
        let sql = AssertSqlSafe(*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*description), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    #[tokio::test]
    async fn store_of_an_older_program_gets_changes_without_cost() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-migration-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("state.db");
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.expect("a store");
        let older = Migrator::with_migrations(migrator().iter().take(3).cloned().collect());
        older.run(&pool).await.expect("the older tables");
        let insert = "insert into budget_change (entry, caller, target, created_at, units, machines) values ('a', 'ana', 'eu:shop', 5, 2, 1)";
        sqlx::query(insert).execute(&pool).await.expect("stored");
        pool.close().await;
        let store = Store::open(&file).await.expect("the tables are updated");
        let rows = store.budget_changes_since(0).await.expect("readable");
        let [row] = rows.as_slice() else { panic!("one change: {rows:?}") };
        assert_eq!((row.units, row.machines, row.cost), (2, 1, 0));
        store.remove_budget_change("a").await.expect("removed");
        assert!(store.budget_changes_since(0).await.expect("readable").is_empty());
        store.close().await;
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
