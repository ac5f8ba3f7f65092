//! Documents of a kind: findings, baselines, messages that wait. Each has an id and a body of JSON.

use crate::{Error, Store};

/// A document that is stored or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChange {
    /// Its id among all of its kind.
    pub id: String,
    /// Its body; `None` removes it.
    pub body: Option<String>,
}

impl Store {
    /// Stores and removes documents of one kind, all or none. `now` is in microseconds since 1970.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`].
    pub async fn change_documents(&self, kind: &str, changes: &[DocumentChange], now: i64) -> Result<(), Error> {
        let mut transaction = self.writer.begin().await?;
        for DocumentChange { id, body } in changes {
            let query = match body {
                Some(body) => sqlx::query(
                    "insert into document (kind, id, body, updated_at) values (?, ?, ?, ?) \
                     on conflict (kind, id) do update set body = excluded.body, updated_at = excluded.updated_at",
                )
                .bind(kind)
                .bind(id)
                .bind(body)
                .bind(now),
                None => sqlx::query("delete from document where kind = ? and id = ?").bind(kind).bind(id),
            };
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// All documents of a kind as id and body, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn documents(&self, kind: &str) -> Result<Vec<(String, String)>, Error> {
        let query = sqlx::query_as("select id, body from document where kind = ? order by id").bind(kind);
        Ok(query.fetch_all(&self.reader).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn documents_of_a_kind_are_stored_replaced_and_removed() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-documents-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::open(&folder.join("state.db")).await.expect("a store");
        let change = |id: &str, body: Option<&str>| DocumentChange { id: id.to_owned(), body: body.map(str::to_owned) };
        let first = [change("a", Some("1")), change("b", Some("2"))];
        store.change_documents("finding", &first, 1).await.expect("stored");
        store.change_documents("baseline", &[change("a", Some("3"))], 1).await.expect("stored");
        let second = [change("a", Some("4")), change("b", None)];
        store.change_documents("finding", &second, 2).await.expect("stored");
        let stored = store.documents("finding").await.expect("readable");
        assert_eq!(stored, [("a".to_owned(), "4".to_owned())]);
        assert_eq!(store.documents("baseline").await.expect("readable").len(), 1);
        store.close().await;
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
