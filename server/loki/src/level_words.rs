//! The words that show the level of a line that states none.

/// Words of something that failed.
pub(crate) const FAILURES: &[&str] = &[
    "abort",
    "aborted",
    "aborting",
    "broken",
    "can't",
    "cannot",
    "corrupt",
    "corrupted",
    "corruption",
    "couldn't",
    "crash",
    "crashed",
    "crashing",
    "crashloopbackoff",
    "deadlock",
    "denied",
    "err",
    "error",
    "errors",
    "exception",
    "exceeded",
    "exhausted",
    "expired",
    "fail",
    "failed",
    "failing",
    "fails",
    "failure",
    "failures",
    "fatal",
    "forbidden",
    "imagepullbackoff",
    "invalid",
    "oomkilled",
    "overflow",
    "panic",
    "refused",
    "rejected",
    "segfault",
    "timeout",
    "timeouts",
    "traceback",
    "unable",
    "unauthorized",
    "unavailable",
    "uncaught",
    "unhandled",
    "unreachable",
    "unrecoverable",
    "violates",
    "violation",
];

/// The same in several words.
pub(crate) const FAILURE_PHRASES: &[&str] = &[
    "back-off restarting",
    "bad gateway",
    "broken pipe",
    "call trace:",
    "connection reset",
    "core dumped",
    "could not",
    "did not answer",
    "does not exist",
    "died",
    "i/o error",
    "killed process",
    "lost connection",
    "no route to host",
    "no space left",
    "no such file",
    "no such host",
    "not permitted",
    "not responding",
    "out of memory",
    "reset by peer",
    "segmentation fault",
    "server closed the connection",
    "stack overflow",
    "timed out",
    "too many connections",
    "too many open files",
    "too many requests",
];

/// Phrases of something that ends the program.
pub(crate) const CRITICAL_PHRASES: &[&str] = &[
    "core dumped",
    "kernel panic",
    "oom-killer",
    "out of memory: kill",
    "panic:",
    "segfault at",
    "segmentation fault",
];

/// Words of something that can become a problem.
pub(crate) const WARNINGS: &[&str] =
    &["deprecated", "retry", "retrying", "slow", "warn", "warning", "throttled", "unhealthy", "degraded", "skipping"];

/// Words before a failure that deny it: `no errors`, `on failure`.
pub(crate) const DENIED_BEFORE: &[&str] = &[
    "0",
    "no",
    "non",
    "not",
    "on",
    "if",
    "never",
    "without",
    "zero",
    "when",
    "last",
    "any",
    "until",
    "of",
    "after",
    "for",
    "ignore",
    "ignoring",
    "recovered",
];

/// Those of them that can be one word further before it: `no new errors`.
pub(crate) const DENIED_EARLIER: &[&str] = &["0", "no", "without", "zero", "never", "ignoring", "level"];

/// Words after a failure that make it a name or a number: `error handler`, `errors: 0`.
pub(crate) const DENIED_AFTER: &[&str] = &[
    "0",
    "budget",
    "code=0",
    "count",
    "counter",
    "false",
    "handler",
    "handlers",
    "handling",
    "level",
    "log",
    "logger",
    "logs",
    "metric",
    "metrics",
    "middleware",
    "nil",
    "none",
    "null",
    "page",
    "pages",
    "policy",
    "rate",
    "ratio",
    "reporter",
    "reporting",
    "threshold",
    "total",
    "tracking",
    "tolerance",
    "domain",
    "state",
    "detector",
    "detection",
];

/// Words that state that all is well.
pub(crate) const RECOVERIES: &[&str] =
    &["recovered", "resolved", "succeeded", "successful", "successfully", "cleared", "restored", "reconnected"];

/// Words around `timeout` that make it a setting.
pub(crate) const SETTING_WORDS: &[&str] = &[
    "adjusted",
    "changed",
    "configured",
    "default",
    "increased",
    "ms",
    "option",
    "s",
    "sec",
    "seconds",
    "set",
    "setting",
    "to",
    "updated",
    "using",
    "value",
    "with",
];

/// Labels and keys that state a level.
pub(crate) const LEVEL_KEYS: &[&str] =
    &["level", "severity", "lvl", "levelname", "loglevel", "log_level", "severity_text", "log.level"];
