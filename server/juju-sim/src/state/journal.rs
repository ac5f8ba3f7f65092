//! Which entities changed since when: the changes that a watcher has not returned yet.

use std::collections::BTreeMap;

/// Changes of one model, the last for each entity.
pub(crate) struct Journal<Key> {
    revision: u64,
    changes: BTreeMap<Key, u64>,
}

impl<Key> Default for Journal<Key> {
    fn default() -> Self {
        Self { revision: 0, changes: BTreeMap::new() }
    }
}

impl<Key: Ord + Clone> Journal<Key> {
    /// Notes that an entity was made, changed, or removed.
    pub(crate) fn mark_changed(&mut self, key: Key) {
        self.revision += 1;
        self.changes.insert(key, self.revision);
    }

    /// The number of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Entities that changed after `revision`, in the order of their last change.
    pub(crate) fn since(&self, revision: u64) -> Vec<Key> {
        let mut changed: Vec<_> = self.changes.iter().filter(|(_, at)| **at > revision).collect();
        changed.sort_by_key(|(_, at)| **at);
        changed.into_iter().map(|(key, _)| key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journal_lists_each_entity_once_in_order_of_last_change() {
        let mut journal = Journal::default();
        journal.mark_changed("a");
        journal.mark_changed("b");
        let before = journal.revision();
        journal.mark_changed("c");
        journal.mark_changed("a");
        assert_eq!(journal.since(0), ["b", "c", "a"]);
        assert_eq!(journal.since(before), ["c", "a"]);
        assert!(journal.since(journal.revision()).is_empty());
    }
}
