//! [`Instances`]: the backends of one kind by name.

use std::{collections::BTreeMap, sync::Arc};

use crate::{BackendError, BackendKind};

/// The backends of one kind by name. One of them is the default.
#[derive(Debug)]
pub struct Instances<T> {
    kind: BackendKind,
    by_name: BTreeMap<String, Arc<T>>,
    default: Option<String>,
}

impl<T> Clone for Instances<T> {
    fn clone(&self) -> Self {
        Self { kind: self.kind, by_name: self.by_name.clone(), default: self.default.clone() }
    }
}

impl<T> Instances<T> {
    /// None of this kind.
    #[must_use]
    pub fn none(kind: BackendKind) -> Self {
        Self { kind, by_name: BTreeMap::new(), default: None }
    }

    /// The same with one more. The first is the default.
    #[must_use]
    pub fn with(mut self, name: &str, instance: T) -> Self {
        self.default.get_or_insert_with(|| name.to_owned());
        self.by_name.insert(name.to_owned(), Arc::new(instance));
        self
    }

    /// What they are.
    #[must_use]
    pub fn kind(&self) -> BackendKind {
        self.kind
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The one of this name, or the default.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`], [`BackendError::UnknownName`].
    pub fn get(&self, name: Option<&str>) -> Result<&Arc<T>, BackendError> {
        let wanted = name.or(self.default.as_deref()).ok_or(BackendError::NotConfigured { kind: self.kind })?;
        self.by_name.get(wanted).ok_or_else(|| {
            if self.by_name.is_empty() {
                return BackendError::NotConfigured { kind: self.kind };
            }
            let known = self.by_name.keys().cloned().collect();
            BackendError::UnknownName { kind: self.kind, name: wanted.to_owned(), known }
        })
    }

    /// All with their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<T>)> {
        self.by_name.iter().map(|(name, instance)| (name.as_str(), instance))
    }
}
