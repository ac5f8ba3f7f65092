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
