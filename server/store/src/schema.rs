//! Tables, as migrations that never change after their release.

use std::{borrow::Cow, path::Path};

use sqlx::{
    AssertSqlSafe, SqlSafeStr, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::SqliteConnectOptions,
};

use crate::error::Error;

const MIGRATIONS: &[(i64, &str, &str)] = &[(1, "schema", include_str!("../migrations/0001_schema.sql"))];

/// Applies the migrations that the database lacks.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<(), Error> {
    migrator().run(pool).await.map_err(Error::Migrate)
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
