//! What tools use beside controllers: the store of charms, the program of the Juju client, and the other backends.

use charmhub::Charmhub;

use crate::{Backends, Failure, JujuProgram};

/// Services beside the controllers.
#[derive(Debug, Clone, Default)]
pub struct Externals {
    charmhub: Option<Charmhub>,
    program: Option<JujuProgram>,
    backends: Backends,
}

impl Externals {
    /// The same with a store of charms.
    #[must_use]
    pub fn with_charmhub(self, charmhub: Charmhub) -> Self {
        Self { charmhub: Some(charmhub), ..self }
    }

    /// The same with the program of the Juju client.
    #[must_use]
    pub fn with_program(self, program: JujuProgram) -> Self {
        Self { program: Some(program), ..self }
    }

    /// The same with other backends.
    #[must_use]
    pub fn with_backends(self, backends: Backends) -> Self {
        Self { backends, ..self }
    }

    /// The backends beside the controllers.
    #[must_use]
    pub fn backends(&self) -> &Backends {
        &self.backends
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

    /// The program of the Juju client.
    ///
    /// # Errors
    /// [`Failure::Refused`] where it is not installed.
    pub(crate) fn program(&self) -> Result<&JujuProgram, Failure> {
        self.program.as_ref().ok_or_else(|| {
            Failure::refused(
                "the program `juju` is not installed",
                "install the Juju client 3.6, such as the snap `juju`",
            )
        })
    }
}
