//! A model in the list of a controller.

/// A model that the user can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// Short name, `prod`.
    pub name: String,
    /// Name of its owner, `admin`.
    pub owner: String,
    /// UUID of the model.
    pub uuid: String,
    /// Substrate of the model.
    pub kind: ModelKind,
}

/// Substrate of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelKind {
    /// Machines, `iaas`.
    Machines,
    /// Kubernetes, `caas`.
    Kubernetes,
}

impl ModelEntry {
    /// Owner and short name, `admin/prod`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Whether a name with or without its owner, or a UUID, means this model.
    pub(crate) fn matches_name(&self, name: &str) -> bool {
        match name.split_once('/') {
            Some((owner, name)) => self.name == name && self.owner == owner,
            None => self.name == name || self.uuid == name,
        }
    }
}
