//! Levels of log lines, as Juju has them.

use std::fmt;

use serde::{Serialize, Serializer};

/// A level; a higher one is worse.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Everything.
    #[default]
    Trace,
    /// For developers.
    Debug,
    /// Normal events.
    Info,
    /// Something that can become a problem.
    Warning,
    /// Something failed.
    Error,
    /// The program cannot go on.
    Critical,
}

impl LogLevel {
    /// The level of this name in any case; also of the short names that other programs use.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "TRACE" => Self::Trace,
            "DEBUG" => Self::Debug,
            "INFO" | "INFORMATION" | "NOTICE" => Self::Info,
            "WARNING" | "WARN" => Self::Warning,
            "ERROR" | "ERR" => Self::Error,
            "CRITICAL" | "CRIT" | "FATAL" | "EMERGENCY" | "ALERT" => Self::Critical,
            _ => return None,
        })
    }

    /// Its name in Juju, `WARNING`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Serialize for LogLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
