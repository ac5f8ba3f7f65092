//! Tables, as migrations that are never changed once they were released.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, SqlSafeStr, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::Error;

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "ledger", include_str!("../migrations/0001_ledger.sql")),
    (2, "idempotency keys", include_str!("../migrations/0002_idempotency_keys.sql")),
    (3, "approvals", include_str!("../migrations/0003_approvals.sql")),
    (4, "ledger heads", include_str!("../migrations/0004_ledger_heads.sql")),
    (6, "changes", include_str!("../migrations/0006_changes.sql")),
];

/// Applies the migrations that the file does not have yet.
pub(crate) async fn migrate(pool: &SqlitePool) -> Result<(), Error> {
    let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
        let sql = AssertSqlSafe(*sql).into_sql_str();
        Migration::new(*version, Cow::Borrowed(*description), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect()).run(pool).await.map_err(Error::Migrate)
}
