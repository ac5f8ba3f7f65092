//! Requests without exactly one bearer token in the headers, or with one in the address.

use tests::ServerWithProvider;

use super::{Case, list};

pub(super) fn cases(parts: &ServerWithProvider) -> Vec<Case> {
    let good = parts.token(|_| {});
    let header = |what: &str, value: &str| Case {
        secret: good.clone(),
        ..Case::request(what, list().header("authorization", value), "malformed").malformed()
    };
    let other =
        |what: &str, value: &str| Case { status: 401, error: None, kind: "unsupported_scheme", ..header(what, value) };
    let ambiguous = |case: Case| Case { kind: "ambiguous", ..case };
    let twice = list().token(&good).append_header("authorization", &format!("Bearer {good}"));
    let also_bad = list().token(&good).append_header("authorization", "Bearer bad");
    let query = format!("/mcp?access_token={good}");
    vec![
        other("another scheme", &format!("Basic {good}")),
        other("a scheme that begins alike", &format!("Bearers {good}")),
        other("a scheme and a colon", &format!("Bearer: {good}")),
        other("a token without a scheme", &good),
        other("DPoP", &format!("DPoP {good}")),
        other("nothing in it", ""),
        header("a scheme alone", "Bearer"),
        header("two spaces", &format!("Bearer  {good}")),
        header("a tab", &format!("Bearer \t{good}")),
        header("a word after the token", &format!("Bearer {good} x")),
        header("two tokens in one header", &format!("Bearer {good}, Bearer {good}")),
        header("quotes", &format!("Bearer \"{good}\"")),
        header("letters that are not ASCII", &format!("Bearer {good}\u{e9}")),
        header("a look-alike letter", &format!("Bearer {}", good.replacen('e', "\u{435}", 1))),
        header("a percent sign", &format!("Bearer {good}%00")),
        ambiguous(header("the header twice", "").with(twice)),
        ambiguous(header("a good header and a bad one", "").with(also_bad)),
        ambiguous(header("a token in the address", "").with(list().with_path(&query))),
        ambiguous(header("a token in header and address", "").with(list().with_path(&query).token(&good))),
        ambiguous(
            header("an empty token in the address", "").with(list().with_path("/mcp?a=b&access_token=").token(&good)),
        ),
        Case::token("a huge token", &format!("{good}{}", "A".repeat(20_000)), "too_long"),
        Case::token("a huge token without dots", &"A".repeat(17_000), "too_long"),
    ]
}

impl Case {
    fn with(self, request: tests::raw_http::Request) -> Self {
        Self { request, ..self }
    }
}
