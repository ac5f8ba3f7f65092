//! Arguments that do not fit a tool, with one sentence that names the argument.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Arguments that do not fit the published schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the arguments do not fit: {0}")]
pub struct BadArguments(String);

impl BadArguments {
    pub(crate) fn argument(argument: &str, problem: &str) -> Self {
        Self(format!("`{argument}` {problem}"))
    }

    pub(crate) fn message(problem: String) -> Self {
        Self(problem)
    }

    /// Reads arguments, and names the one that does not fit.
    pub(crate) fn parse<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, Self> {
        serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| Self::found(&error))
    }

    fn found(error: &serde_path_to_error::Error<serde_json::Error>) -> Self {
        let (path, cause) = (error.path().to_string(), error.inner().to_string());
        // such an error names its argument itself
        if path == "." || cause.starts_with("unknown field") || cause.starts_with("missing field") {
            return Self(cause);
        }
        let cause = ["expected u16", "expected u32", "expected u64", "expected usize"]
            .into_iter()
            .fold(cause, |cause, word| cause.replace(word, "expected a whole number that is not negative"));
        Self(format!("`{path}`: {}", cause.replace("expected i64", "expected a whole number")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Wanted {
        name: String,
        number: Option<u32>,
        #[serde(default)]
        bind: BTreeMap<String, String>,
    }

    #[test]
    fn parse_names_the_argument_that_does_not_fit() {
        for (arguments, part) in [
            (
                json!({"name": "a", "number": -1}),
                "`number`: invalid value: integer `-1`, expected a whole number that is not",
            ),
            (json!({"name": "a", "bind": {"db": 1}}), "`bind.db`: invalid type: integer `1`, expected a string"),
            (json!({"name": "a", "nmae": 1}), "the arguments do not fit: unknown field `nmae`"),
            (json!({}), "the arguments do not fit: missing field `name`"),
        ] {
            let arguments = arguments.as_object().cloned().unwrap_or_default();
            let refusal = BadArguments::parse::<Wanted>(arguments).expect_err("it does not fit").to_string();
            assert!(refusal.contains(part), "{refusal}");
        }
    }
}
