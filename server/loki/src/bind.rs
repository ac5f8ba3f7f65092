//! Limits queries to one model: every stream selector gets a matcher of the model's UUID.

use crate::{
    QueryProblem, quote,
    token::{LogqlToken, tokenize},
};

/// The label with the UUID of the model, which Canonical's observability charms set.
pub const MODEL_LABEL: &str = "juju_model_uuid";

/// The query with the matcher in every stream selector. String literals are written anew, comments are left out, and a query that
/// cannot be read with certainty is an error, so Loki reads what this function has read.
///
/// # Errors
/// [`QueryProblem`].
pub fn bind_to_model(query: &str, uuid: &str) -> Result<String, QueryProblem> {
    let tokens = tokenize(query)?;
    let matcher = format!("{MODEL_LABEL}={}", quote(uuid));
    let (mut bound, mut selectors) = (String::with_capacity(query.len() + 80), 0);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            LogqlToken::Literal(text) => bound.push_str(&quote(text)),
            LogqlToken::Plain(text) | LogqlToken::Range(text) => bound.push_str(text),
            LogqlToken::Space => bound.push(' '),
            LogqlToken::Close => bound.push('}'),
            LogqlToken::Open => {
                selectors += 1;
                let next = tokens[index + 1..].iter().find(|token| **token != LogqlToken::Space);
                let separator = if next == Some(&LogqlToken::Close) { "" } else { "," };
                bound.extend(["{", &matcher, separator]);
            }
        }
    }
    if selectors == 0 {
        return Err(QueryProblem {
            position: 1,
            reason: "no stream selector such as {juju_unit=\"web/0\"}".to_owned(),
        });
    }
    Ok(bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::Numbers;

    const UUID: &str = "0b7a5f0e-9f6c-4d7c-8a3b-1c2d3e4f5a6b";

    fn bound(query: &str) -> String {
        let matcher = format!("{MODEL_LABEL}=\"{UUID}\"");
        bind_to_model(query, UUID).map_or_else(|problem| problem.to_string(), |query| query.replace(&matcher, "M"))
    }

    #[test]
    fn matcher_is_added_to_every_selector() {
        for (query, expected) in [
            ("{}", "{M}"),
            ("{ }", "{M }"),
            (r#"{app="a"}"#, r#"{M,app="a"}"#),
            (r#"{ app =~ `a|"b"` } |= "x""#, r#"{M, app =~ "a|\"b\"" } |= "x""#),
            (
                r#"sum(rate({a="b"}[5m])) / sum(rate({a="c"} | json [5m] offset 1h))"#,
                r#"sum(rate({M,a="b"}[5m])) / sum(rate({M,a="c"} | json [5m] offset 1h))"#,
            ),
            (r#"{a="}"} |= "{" # {b="c"}"#, r#"{M,a="}"} |= "{"  "#),
            ("{a=\"b\"} // {c=\"d\"}\n|= `x`", "{M,a=\"b\"}   |= \"x\""),
            (r#"{a="b"}/* " */|= "/*""#, r#"{M,a="b"} |= "/*""#),
            ("{a=\"b\"#}\n}", "{M,a=\"b\"  }"),
            (r#"{a="b"} | logfmt --strict | d > 5ms | b > 1KB"#, r#"{M,a="b"} | logfmt --strict | d > 5ms | b > 1KB"#),
            (r#"{a="b"} | line_format "{{.x}}" "#, r#"{M,a="b"} | line_format "{{.x}}" "#),
            (r#"{a="b"} |= "é\u00e9\x41""#, r#"{M,a="b"} |= "ééA""#),
            (r#"{juju_model_uuid="other"}"#, r#"{M,juju_model_uuid="other"}"#),
        ] {
            assert_eq!(bound(query), expected, "{query}");
        }
    }

    #[test]
    fn query_that_cannot_be_read_with_certainty_is_refused() {
        for query in [
            "",
            "vector(1)",
            "{",
            "}",
            "{a=\"b\"",
            "{a=\"b}",
            "{a=`b}",
            "{{a=\"b\"}}",
            "{a=\"b\"} }",
            "{a='b'}",
            "{a=\"b\"} |= 'x'",
            "{a=\"b\"} /* x",
            "{a=\"\\q\"}",
            "{a=\"\\xff\"}",
            "{a=\"\u{0}\"}",
            "{a=`\u{feff}`}",
            "rate({a=\"b\"}[5m",
            "rate({a=\"b\"}[{c=\"d\"}])",
            "rate({a=\"b\"}[\"])",
            "{a=\"b\"} |= \"x\ny\"",
            "{a=\"b\"} | \u{e9} = 1",
            "{a=\"b\"}\u{a0}|= \"x\"",
            "{a=\"b\"} ; {c=\"d\"}",
            "{a=\"b\"(}",
            "{a=\"b\"} |= \"x\\",
        ] {
            assert!(bind_to_model(query, UUID).is_err(), "{query}");
        }
        let long = format!("{{a=\"{}\"}}", "x".repeat(70_000));
        assert!(bind_to_model(&long, UUID).is_err());
        let problem = bind_to_model("{a='b'}", UUID).expect_err("a quote").to_string();
        assert_eq!(problem, "the query cannot be limited to a model: unexpected `\\'` at character 4");
    }

    /// What is bound is read again: the same literals, a matcher behind each brace, and no comment.
    #[test]
    fn generated_query_is_bound_in_every_selector_or_refused() {
        let parts = [
            "{a=\"b\"}",
            "{",
            "}",
            "a=\"b\"",
            ", ",
            "|= `x{y`",
            "|~ \"a\\\"{\"",
            "# {x=\"y\"}\n",
            "// {\n",
            "/* } */",
            "/",
            "*",
            "\"",
            "`",
            "[5m]",
            "[",
            "]",
            "sum(",
            ")",
            " or ",
            "'",
            "\\",
            "rate(",
            "\n",
            "{}",
            "{ }",
            "| json",
            "\"{\"",
            "=~",
            "+",
            "-- ",
            "1h",
        ];
        let mut accepted = 0;
        for seed in 0..20_000 {
            let mut numbers = Numbers::new(seed);
            let query: String = (0..numbers.below(12)).map(|_| numbers.pick(&parts)).collect();
            let Ok(bound) = bind_to_model(&query, UUID) else { continue };
            accepted += 1;
            let tokens = tokenize(&bound).expect("a bound query can be read");
            let literals = |tokens: &[LogqlToken]| {
                let literal = |token: &LogqlToken| match token {
                    LogqlToken::Literal(text) if text != UUID => Some(text.clone()),
                    _ => None,
                };
                tokens.iter().filter_map(literal).collect::<Vec<_>>()
            };
            assert_eq!(literals(&tokens), literals(&tokenize(&query).expect("it was read")), "{query}");
            for (index, token) in tokens.iter().enumerate() {
                if *token == LogqlToken::Open {
                    let [LogqlToken::Plain(name), LogqlToken::Literal(uuid), ..] = &tokens[index + 1..] else {
                        panic!("{query} became {bound}")
                    };
                    assert_eq!((name.as_str(), uuid.as_str()), ("juju_model_uuid=", UUID), "{query} became {bound}");
                }
            }
            let outside =
                literals(&tokens).iter().fold(bound.clone(), |text, literal| text.replacen(&quote(literal), "", 1));
            assert!(!["#", "//", "/*"].iter().any(|comment| outside.contains(comment)), "{query} became {bound}");
        }
        assert!(accepted > 1_000, "{accepted} queries were accepted");
    }
}
