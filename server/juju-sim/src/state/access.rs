//! Users of the controller, and their access to it and to models.

use std::fmt;

use chrono::{DateTime, Utc};

/// A user of the controller.
pub(crate) struct User {
    pub(crate) display_name: String,
    pub(crate) password: String,
    pub(crate) access: Access,
    pub(crate) enabled: bool,
    pub(crate) created: DateTime<Utc>,
    pub(crate) created_by: String,
    pub(crate) last_connection: Option<DateTime<Utc>>,
}

/// What a user may do on the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Login,
    Superuser,
}

impl fmt::Display for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Login => "login",
            Self::Superuser => "superuser",
        })
    }
}

/// What a user may do in a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ModelAccess {
    Read,
    Write,
    Admin,
}

impl ModelAccess {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}
