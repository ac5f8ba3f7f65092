//! The section `login_tokens`, and `act_as_caller` of controllers: callers log in to controllers as themselves.

use juju_client::IfTokenRefused;
use schemars::JsonSchema;
use serde::Deserialize;

/// Days after which the key of login tokens is replaced, by default.
const DEFAULT_ROTATION_DAYS: u32 = 90;

/// Tokens by which callers log in to controllers as themselves.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LoginTokensSection {
    /// Domain of the users that the tokens name, `NAME@DOMAIN`. Default: the host of `oauth.issuer`.
    pub(crate) user_domain: Option<String>,
    /// Age in days at which the server replaces the key that signs them. Default: 90.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) rotation_days: Option<u32>,
}

/// Callers log in to this controller as themselves.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ActAsCallerSection {
    /// What happens to a call if the controller refuses its token: `reject`, or `use_credential` for the credential of the caller's role.
    /// Default: `reject`.
    pub(crate) if_refused: IfRefusedSection,
}

/// What happens to a call if the controller refuses its token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfRefusedSection {
    /// The call fails.
    #[default]
    Reject,
    /// The call uses the credential of the caller's role.
    UseCredential,
}

impl From<IfRefusedSection> for IfTokenRefused {
    fn from(section: IfRefusedSection) -> Self {
        match section {
            IfRefusedSection::Reject => Self::Reject,
            IfRefusedSection::UseCredential => Self::UseCredential,
        }
    }
}

impl LoginTokensSection {
    /// Days after which the key is replaced.
    pub(crate) fn rotation_days(&self) -> u32 {
        self.rotation_days.unwrap_or(DEFAULT_ROTATION_DAYS)
    }
}
