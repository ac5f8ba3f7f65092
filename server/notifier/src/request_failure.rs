//! Why a request was not answered.

/// The error with its causes, because the first one alone is "error sending request".
pub(crate) fn describe(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    policy::redact_text(&text)
}
