//! A call without its types: what is sent. One code for all methods sends it, and only encoding and decoding know the types.

use juju_wire::Method;

use crate::error::Error;

/// A method without its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MethodInfo {
    pub(crate) facade: &'static str,
    pub(crate) name: &'static str,
    pub(crate) writes: bool,
}

impl MethodInfo {
    pub(crate) fn of<M: Method>() -> Self {
        Self { facade: M::FACADE, name: M::NAME, writes: M::WRITES }
    }

    /// Name of the method in messages, `Application.AddUnits`.
    pub(crate) fn full_name(self) -> String {
        format!("{}.{}", self.facade, self.name)
    }

    /// Whether callers may share a reply. A watcher belongs to the caller that created it.
    pub(crate) fn may_be_coalesced(self) -> bool {
        !self.writes && !self.name.starts_with("Watch")
    }
}

/// A method with its encoded parameters. They may be a password, so nothing prints them.
pub(crate) struct EncodedCall {
    pub(crate) method: MethodInfo,
    /// JSON.
    pub(crate) params: String,
}

impl EncodedCall {
    /// Encodes the parameters of a call of `M`.
    ///
    /// # Errors
    /// [`Error::Parameters`].
    pub(crate) fn of<M: Method>(params: &M::Params) -> Result<Self, Error> {
        let method = MethodInfo::of::<M>();
        match serde_json::to_string(params) {
            Ok(params) => Ok(Self { method, params }),
            Err(cause) => Err(Error::Parameters { method: method.full_name(), cause: cause.to_string() }),
        }
    }
}
