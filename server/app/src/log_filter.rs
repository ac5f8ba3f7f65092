//! Parses the filter of the log.

use tracing_subscriber::filter::{LevelFilter, Targets};

const LOG_FILTER_REMEDY: &str = "give off, error, warn, info or debug, or `crate=level,...`";

/// Parses a log filter.
pub(crate) fn log_filter(text: &str) -> Result<Targets, String> {
    // the parser of the library takes any word without `=` as the name of a crate
    let is_level = |part: &str| !part.is_empty() && part.parse::<LevelFilter>().is_ok();
    match text.split(',').find(|part| !part.contains('=') && !is_level(part.trim())) {
        Some(word) => Err(format!("`{word}` is no level; {LOG_FILTER_REMEDY}")),
        None => text.parse().map_err(|cause| format!("{cause}; {LOG_FILTER_REMEDY}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_filter_takes_levels_and_crates_and_no_other_words() {
        for text in ["info", "WARN", "off", "juju_client=debug", "info,juju_client=debug", "3"] {
            assert!(log_filter(text).is_ok(), "{text}");
        }
        for text in ["loud", "info,loud", "", "juju_client=loud", "info;debug"] {
            let problem = log_filter(text).expect_err(text);
            assert!(problem.contains("give off, error, warn, info or debug"), "{problem}");
        }
    }
}
