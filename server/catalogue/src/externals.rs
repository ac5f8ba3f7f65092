//! What commands use beside controllers: the store of charms.

use charmhub::Charmhub;

use crate::Failure;

/// Services beside the controllers.
#[derive(Debug, Clone, Default)]
pub struct Externals {
    charmhub: Option<Charmhub>,
}

impl Externals {
    /// The same with a store of charms.
    #[must_use]
    pub fn with_charmhub(self, charmhub: Charmhub) -> Self {
        Self { charmhub: Some(charmhub) }
    }

    /// The store of charms.
    ///
    /// # Errors
    /// [`Failure::Refused`] where this server has none.
    pub(crate) fn charmhub(&self) -> Result<&Charmhub, Failure> {
        self.charmhub
            .as_ref()
            .ok_or_else(|| Failure::refused("this server has no access to Charmhub", "configure `charmhub`"))
    }
}
