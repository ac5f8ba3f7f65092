//! Queries that try to see more than one model, by hand and generated.

use super::{BindError, ModelMatcher, bind};

const M: &str = r#"juju_model_uuid="u-1""#;

fn bound(query: &str) -> Result<String, BindError> {
    bind(query, &ModelMatcher::new("u-1").expect("a UUID"))
}

#[test]
fn every_selector_gets_the_matcher() {
    for (query, expected) in [
        ("up", "up{M}"),
        ("{}", "{M}"),
        ("up{}", "up{M}"),
        (r#"up{ job = "a" ,}"#, r#"up{M, job = "a"}"#),
        (r#"{__name__=~".+"}"#, r#"{M, __name__ =~ ".+"}"#),
        (r#"{"http.requests", "a.b"!='}'}"#, r#"{M, "http.requests", "a.b" != '}'}"#),
        ("a and b OR c", "a{M} and b{M} OR c{M}"),
        ("-a ^ +1", "- a{M} ^ + 1"),
        ("job:rate:5m", "job:rate:5m{M}"),
        (":a and :b", ":a{M} and :b{M}"),
        ("a: or b", "a:{M} or b{M}"),
        (
            "sum by (x, by) (rate(a[5m:30s] offset -1h @ end()))",
            "sum by(x, by)(rate(a{M}[5m:30s] offset - 1h @ end()))",
        ),
        ("sum(a) without (b,)", "sum(a{M}) without(b,)"),
        ("topk(3, a) > bool on(x) group_left (y) b", "topk(3, a{M}) > bool on(x) group_left(y) b{M}"),
        ("a * on() group_left b", "a{M} * on() group_left b{M}"),
        ("max_over_time(rate(a[1m])[1h:] @ 1609746000.5)", "max_over_time(rate(a{M}[1m])[1h:] @ 1609746000.5)"),
        ("sum", "sum{M}"),
        ("by", "by{M}"),
        ("offset offset 5m", "offset{M} offset 5m"),
        ("inf + NaN + info", "inf + NaN + info{M}"),
        ("or{a=\"b\"} or or", "or{M, a = \"b\"} or or{M}"),
        ("a # {} up\n + b", "a{M} + b{M}"),
        ("a{x=\"# up\"}", "a{M, x = \"# up\"}"),
        ("a{x=\"\\\"} or b{y=\\\"\"}", "a{M, x = \"\\\"} or b{y=\\\"\"}"),
        ("a{x=`\\`} or b", "a{M, x = `\\`} or b{M}"),
        (
            "label_replace(a, \"juju_model_uuid\", \"u-1\", \"\", \"\")",
            "label_replace(a{M}, \"juju_model_uuid\", \"u-1\", \"\", \"\")",
        ),
        ("absent(a{juju_model_uuid=\"u-2\"})", "absent(a{M, juju_model_uuid = \"u-2\"})"),
        ("vector(time())", "vector(time())"),
        ("0x1e-5 + 1e-5 + .5", "0x1e - 5 + 1e-5 + .5"),
    ] {
        assert_eq!(bound(query).as_deref(), Ok(expected.replace('M', M).as_str()), "{query}");
    }
}

#[test]
fn query_outside_the_grammar_is_refused_with_its_place() {
    for (query, expected) in [
        ("", "1:1: the query ends where an expression is expected"),
        ("a b", "1:3: `b` is not expected here"),
        ("a{} {}", "1:5: `{` is not expected here"),
        ("sum(a", "1:6: the query ends where `)` is expected"),
        ("a\n  + )", "2:5: `)` is not expected here"),
        ("a{x=\"y}", "1:5: the string has no end"),
        ("a{x=\"y\nz\"}", "1:5: the string has no end"),
        ("a{x=\"y\\\nz\"}", "1:5: the string has no end"),
        ("a{x=\"1\" or y=\"2\"}", "1:9: `}` is expected, not `or`"),
        ("a{x:y=\"1\"}", "1:3: a label is expected, not `x:y`"),
        ("a: by (x) (b)", "1:1: `a:` is not expected here"),
        ("a{,}", "1:3: a matcher is expected, not `,`"),
        ("a[5m", "1:5: the query ends where `]` is expected"),
        ("a[$__interval]", "1:3: `$` is not expected"),
        ("5foo", "1:1: this is neither a number nor a duration"),
        ("a * on(x) group_left (b)", "1:25: the query ends where an expression is expected"),
        ("sum by (a)", "1:11: the query ends where `(` is expected"),
        ("WITH (x = up) x", "1:9: `)` is expected, not `=`"),
        ("1 + info(up)", "1:5: `info()` reads series of every model, so a query that is limited to one cannot use it"),
        (
            "INFO (up, {a=\"b\"})",
            "1:1: `info()` reads series of every model, so a query that is limited to one cannot use it",
        ),
        ("a\u{a0}+ b", "1:2: `\\u{a0}` is not expected"),
        ("ünit", "1:1: `\\u{fc}` is not expected"),
    ] {
        assert_eq!(bound(query).map_err(|error| error.to_string()), Err(expected.to_owned()), "{query}");
    }
    let deep = "(".repeat(10_000) + "a" + &")".repeat(10_000);
    assert!(bound(&deep).is_err_and(|error| error.reason.contains("longer than")));
    assert!(bound(&deep[9_000..11_001]).is_err_and(|error| error.reason.contains("nested more than")));
    assert_eq!(ModelMatcher::new("u\"} or {x=\""), None);
}

/// Random numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A query in pieces, as its author writes it and as it has to be written.
#[derive(Default)]
struct Pair {
    written: String,
    expected: String,
    selectors: usize,
}

impl Pair {
    fn both(&mut self, random: &mut Random, text: &str) {
        self.written += random.pick(&[" ", "\n", "\t", "  ", " # {} up\n", "# \"\n "]);
        self.written += text;
        self.expected += text;
    }

    fn selector(&mut self, random: &mut Random) {
        const HOSTILE: [&str; 8] = [
            "\"a\"",
            "'}'",
            "`} or up{x=\"`",
            "\"\\\"} or {a=\\\"b\"",
            "\"# \"",
            "'\\\\'",
            "\"juju_model_uuid\"",
            "\".*\"",
        ];
        const LABELS: [&str; 6] = ["job", "juju_model_uuid", "__name__", "by", "or", "\"a.b\""];
        self.selectors += 1;
        let name =
            random.pick(&["", "up", "sum", "by", "or", "offset", "job:rate:5m", ":x", "a_b", "info", "infinity"]);
        let count = if name.is_empty() { 1 + random.below(3) } else { random.below(3) };
        if !name.is_empty() {
            self.both(random, name);
        }
        self.expected += "{";
        self.expected += M;
        if count > 0 || random.below(2) == 0 {
            self.written += " {";
            for index in 0..count {
                self.written += if index > 0 { "," } else { "" };
                self.expected += ",";
                let text = format!(
                    "{}{}{}",
                    random.pick(&LABELS),
                    random.pick(&["=", "!=", "=~", "!~"]),
                    random.pick(&HOSTILE)
                );
                self.both(random, &text);
            }
            self.written += random.pick(if count > 0 { &["}", ",}", " }"] } else { &["}", " }"] });
        }
        self.expected += "}";
    }

    fn operand(&mut self, random: &mut Random, depth: usize) {
        match if depth > 4 { 0 } else { random.below(9) } {
            0..=2 => {
                self.selector(random);
                match random.below(4) {
                    0 => self.both(random, "[5m]"),
                    1 => self.both(random, "offset 1h"),
                    2 => self.both(random, "@ 100 [5m:30s]"),
                    _ => {}
                }
            }
            3 => {
                self.both(random, "(");
                self.query(random, depth + 1);
                self.both(random, ")");
            }
            4 => {
                let grouping = random.pick(&["", " by (x, or)", " without (juju_model_uuid)"]);
                self.both(random, &format!("sum{grouping} ("));
                self.query(random, depth + 1);
                self.both(random, ")");
            }
            5 => {
                let function = ["rate(", "absent(", "scalar("][random.below(3)];
                self.both(random, function);
                self.query(random, depth + 1);
                self.both(random, ") [1h:]");
            }
            6 => {
                self.both(random, "label_replace(");
                self.query(random, depth + 1);
                self.both(random, ", \"a\", `} or up`, '', \"\")");
            }
            7 => self.both(random, "1e3"),
            _ => {
                self.both(random, "-");
                self.operand(random, depth + 1);
            }
        }
    }

    fn query(&mut self, random: &mut Random, depth: usize) {
        self.operand(random, depth);
        for _ in 0..random.below(3) {
            let operators = ["+", "and", "OR", "unless on (job)", "* on (a, b) group_left (c)", "== bool", "atan2"];
            let operator = random.pick(&operators);
            self.both(random, &format!(" {operator} "));
            self.operand(random, depth);
        }
    }
}

/// Without spaces outside strings.
fn compact(query: &str) -> String {
    let (mut compacted, mut quote, mut hidden) = (String::new(), None, false);
    for letter in query.chars() {
        match quote {
            Some(_) if hidden => hidden = false,
            Some('"' | '\'') if letter == '\\' => hidden = true,
            Some(end) if letter == end => quote = None,
            None if letter == ' ' => continue,
            None if "\"'`".contains(letter) => quote = Some(letter),
            Some(_) | None => {}
        }
        compacted.push(letter);
    }
    compacted
}

#[test]
fn generated_queries_keep_no_selector_without_the_matcher() {
    let mut random = Random(7);
    let mut selectors = 0;
    for _ in 0..3_000 {
        let mut pair = Pair::default();
        pair.query(&mut random, 0);
        let result = bound(&pair.written).unwrap_or_else(|error| panic!("{error}: {}", pair.written));
        assert_eq!(compact(&result), compact(&pair.expected), "{}", pair.written);
        assert_eq!(bound(&result).map(|twice| compact(&twice).matches(M).count()), Ok(2 * pair.selectors), "{result}");
        selectors += pair.selectors;
    }
    assert!(selectors > 10_000, "{selectors}");
}

#[test]
fn random_letters_never_yield_a_query_that_is_less_limited() {
    const PIECES: [&str; 24] = [
        "up",
        "{",
        "}",
        "(",
        ")",
        "[5m]",
        "\"",
        "'",
        "`",
        "\\",
        "#",
        "\n",
        "or",
        "by",
        "on",
        "=",
        "=~",
        ",",
        "offset",
        "@",
        "info",
        "5m",
        "group_left",
        " ",
    ];
    let mut random = Random(11);
    let mut accepted = 0;
    for _ in 0..100_000 {
        let query: String = (0..=random.below(8)).map(|_| random.pick(&PIECES)).collect();
        let Ok(result) = bound(&query) else { continue };
        accepted += 1;
        // what was written is bound again, so each selector in it has the matcher twice
        let once = compact(&result).matches(M).count();
        assert_eq!(bound(&result).map(|twice| compact(&twice).matches(M).count()), Ok(2 * once), "{query:?}");
    }
    assert!(accepted > 500, "{accepted}");
}
