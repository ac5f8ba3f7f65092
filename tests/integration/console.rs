//! The approval page: what people can do there, and the attacks that it resists.

use std::time::Instant;

use audit::{AuditEvent, Outcome, Phase};
use console::Settings;
use dispatch::ApprovalSettings;
use serde_json::json;
use tests::{
    approval_fixture::{ApprovalFixture, TOOL},
    browser::{Browser, field, form, header},
    test_server::page_settings,
    with_growing_limit,
};

const SESSION: &str = "juju-mcp-session";

async fn shop() -> ApprovalFixture {
    ApprovalFixture::start(false, ApprovalSettings::with_client_confirmation()).await
}

/// A browser that is signed in with the token of a name.
async fn person(shop: &ApprovalFixture, name: &str) -> Browser {
    let mut browser = Browser::new(shop.served.address);
    let entered = browser.sign_in(shop.served.token(name)).await;
    assert_eq!(entered.status, 200, "{}", entered.body);
    assert!(entered.body.contains("http-equiv=\"refresh\"") && browser.cookies.contains_key(SESSION));
    browser
}

/// The page of an approval, and the fields of its form.
async fn seen(browser: &mut Browser, id: &str) -> (String, String, String) {
    let page = browser.open(&format!("/console/approvals/{id}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let (csrf, digest) = (field(&page.body, "csrf"), field(&page.body, "digest"));
    (page.body, csrf, digest)
}

#[tokio::test]
async fn approver_signs_in_and_approves_a_request_once() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let mut approver = person(&shop, "approver").await;
    let list = approver.open("/console").await.body;
    assert!(list.contains(&format!("/console/approvals/{id}")) && list.contains("juju add-unit"), "{list}");
    let (page, csrf, shown) = seen(&mut approver, &id).await;
    assert_eq!(shown, digest);
    for part in [
        TOOL,
        "changes",
        "Changes require an approval",
        "token:admin:",
        "num_units",
        "application web",
        "tests",
        "write",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let fields = [("csrf", &*csrf), ("digest", &*digest), ("decision", "approve"), ("reason", "looked at it")];
    let path = format!("/console/approvals/{id}");
    let response = approver.post(&path, &fields).await;
    assert_eq!((response.status, header(&response, "location")), (303, &*path), "{}", response.body);
    let after = approver.open(&path).await.body;
    assert!(
        after.contains("Approved.") && after.contains("looked at it") && !after.contains("value=\"approve\""),
        "{after}"
    );
    assert_eq!(shop.units_added(), 0, "an approval alone has no effect");
    assert_ne!(shop.request("admin").await["isError"], true);
    assert_eq!(shop.units_added(), 1);
    let again = approver.post(&path, &fields).await;
    assert!(again.status == 409 && again.body.contains("can no longer be decided"), "{}", again.body);
    let endings: Vec<_> = shop.close_records().await.into_iter().map(|(tool, ending)| (tool, ending.outcome)).collect();
    let (decided, over) =
        (("approval_decided".to_owned(), Outcome::Done), ("approval_decided".to_owned(), Outcome::Denied));
    assert!(endings.contains(&decided) && endings.last() == Some(&over), "{endings:?}");
    let text = format!("{:?}", shop.served.ledger_records().await);
    assert!(text.contains("console") && text.contains("approval page"), "the ledger names the channel");
}

#[tokio::test]
async fn rejection_reason_reaches_the_requester() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    let mut approver = person(&shop, "approver").await;
    let (_, csrf, digest) = seen(&mut approver, &id).await;
    let no = [("csrf", &*csrf), ("digest", &*digest), ("decision", "reject"), ("reason", "not on a Friday")];
    assert_eq!(approver.post(&format!("/console/approvals/{id}"), &no).await.status, 303);
    let reported = shop.request("admin").await;
    assert!(reported["content"][0]["text"].as_str().is_some_and(|text| text.contains("not on a Friday")), "{reported}");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn destructive_act_requires_typing_its_name_on_the_page() {
    let shop = shop().await;
    let remove = json!({"model": "shop", "applications": ["web"]});
    let asked = shop.call("admin", "juju_remove_application", &remove, &json!({})).await;
    let id = asked["_meta"]["juju-mcp/approval"]["id"].as_str().expect("an id").to_owned();
    let mut approver = person(&shop, "approver").await;
    let (page, csrf, digest) = seen(&mut approver, &id).await;
    assert!(page.contains("effect-destructive") && page.contains("type <code>web</code>"), "{page}");
    let path = format!("/console/approvals/{id}");
    for wrong in ["", "we", "Web", "shop"] {
        let fields = [
            ("csrf", &*csrf),
            ("digest", &*digest),
            ("decision", "approve"),
            ("confirmation", wrong),
            ("reason", "because <of> this"),
        ];
        let response = approver.post(&path, &fields).await;
        assert!(response.status == 400 && response.body.contains("Nothing was decided"), "{wrong}: {}", response.body);
        check_error_page(&response.body);
    }
    let fields = [("csrf", &*csrf), ("digest", &*digest), ("decision", "approve"), ("confirmation", "web")];
    assert_eq!(approver.post(&path, &fields).await.status, 303);
    assert_ne!(shop.call("admin", "juju_remove_application", &remove, &json!({})).await["isError"], true);
}

#[tokio::test]
async fn form_without_csrf_token_of_its_session_is_rejected() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    let mut approver = person(&shop, "approver").await;
    let mut other = person(&shop, "other approver").await;
    let (_, csrf, digest) = seen(&mut approver, &id).await;
    let (_, of_other, _) = seen(&mut other, &id).await;
    assert_ne!(csrf, of_other);
    let path = format!("/console/approvals/{id}");
    let (right, approve) = (("digest", &*digest), ("decision", "approve"));
    for wrong in ["", "x", &of_other, &csrf[1..], &format!("{csrf}x")] {
        let response = approver.post(&path, &[("csrf", wrong), right, approve]).await;
        assert!(response.status == 403 && response.body.contains("nothing was done"), "{wrong}: {}", response.body);
        assert_eq!(approver.post("/console/sign-out", &[("csrf", wrong)]).await.status, 403);
    }
    assert_eq!(approver.post(&path, &[right, approve]).await.status, 422, "no secret at all");
    let good = [("csrf", &*csrf), right, approve];
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
    ] {
        let response = approver.send(form(&path, &good).header(name, value)).await;
        assert_eq!(response.status, status, "{name}: {value}: {}", response.body);
    }
    let json = approver.send(form(&path, &good).header("content-type", "application/json")).await;
    assert_eq!(json.status, 415, "{}", json.body);
    let large = approver.post(&path, &[("csrf", &csrf), right, approve, ("reason", &"x".repeat(200_000))]).await;
    assert_eq!(large.status, 413, "{}", large.body);
    let get = approver.open(&format!("{path}?csrf={csrf}&digest={digest}&decision=approve")).await;
    assert!(get.status == 200 && get.body.contains("value=\"approve\""), "an address decides nothing");
    let (_, waits) = shop.api("approver", "GET", &format!("/{id}"), &serde_json::Value::Null).await;
    assert_eq!(waits["status"], "pending", "{waits}");
    assert_eq!(approver.send(form(&path, &good).header("sec-fetch-site", "same-origin")).await.status, 303);
}

#[tokio::test]
async fn sign_in_form_is_bound_to_the_browser_that_loaded_it() {
    let shop = shop().await;
    let token = shop.served.token("approver");
    let mut browser = Browser::new(shop.served.address);
    let page = browser.open("/console/sign-in").await;
    let mut elsewhere = Browser::new(shop.served.address);
    let other = field(&elsewhere.open("/console/sign-in").await.body, "form");
    for wrong in ["", &other] {
        let response = browser.post("/console/sign-in", &[("token", token), ("form", wrong)]).await;
        assert_eq!((response.status, browser.cookies.contains_key(SESSION)), (403, false), "{}", response.body);
    }
    let mut without = Browser::new(shop.served.address);
    let form = field(&page.body, "form");
    assert_eq!(without.post("/console/sign-in", &[("token", token), ("form", &form)]).await.status, 403);
    let mut form = form;
    for wrong in ["no-token-of-this-server-at-all", "a b", "", "<script>alert(1)"] {
        let response = browser.post("/console/sign-in", &[("token", wrong), ("form", &form)]).await;
        assert_eq!((response.status, browser.cookies.contains_key(SESSION)), (401, false), "{}", response.body);
        assert!(response.body.contains("role=\"alert\"") && !response.body.contains("<script"), "{}", response.body);
        form = field(&response.body, "form");
    }
}

#[tokio::test]
async fn console_records_pending_auth_failures_on_shutdown() {
    let shop = shop().await;
    let wrong = "no-token-of-this-server-at-all";
    let mut browser = Browser::new(shop.served.address);
    for _ in 0..4 {
        assert_eq!(browser.sign_in(wrong).await.status, 401);
    }
    shop.served.security_log.close().await;
    let records = shop.served.ledger_records().await;
    let failures = records.iter().filter_map(|record| match &record.phase {
        Phase::Open(opened) => match &opened.event {
            AuditEvent::AuthenticationFailed { reason, suppressed_count } => {
                Some((&*opened.caller, &**reason, *suppressed_count))
            }
            _ => None,
        },
        Phase::Close(_) => None,
    });
    let failures: Vec<_> = failures.collect();
    assert_eq!(failures, [("anonymous:127.0.0.1", "unknown_token", 0), ("anonymous:127.0.0.1", "unknown_token", 3)]);
    assert!(!serde_json::to_string(&records).expect("JSON").contains(wrong));
    let metrics = shop.served.metrics.text();
    assert!(metrics.contains("juju_mcp_authentication_failures_total{reason=\"unknown_token\"} 4\n"), "{metrics}");
}

#[tokio::test]
async fn cookies_are_http_only_and_same_site_strict() {
    let shop = shop().await;
    let mut browser = Browser::new(shop.served.address);
    assert_eq!(header(&browser.open("/console/sign-in").await, "set-cookie").matches("SameSite=Strict").count(), 1);
    assert!(!browser.cookies.contains_key(SESSION), "there is no session before the sign-in");
    let entered = browser.sign_in(shop.served.token("approver")).await;
    let session =
        entered.headers.iter().find(|(name, value)| name == "set-cookie" && value.contains(SESSION)).expect("it");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/console", "Max-Age=3600"] {
        assert!(session.1.contains(part), "{part} is not in {}", session.1);
    }
    assert!(!session.1.contains("Secure") && !session.1.contains("Domain"), "{}", session.1);
    let over_tls =
        shop.served.console(Settings { public_url: "https://localhost/prefix".to_owned(), ..page_settings() }).await;
    let mut browser = Browser::new(over_tls);
    let entered = browser.sign_in(shop.served.token("approver")).await;
    let session =
        entered.headers.iter().find(|(name, value)| name == "set-cookie" && value.contains(SESSION)).expect("it");
    for part in ["__Secure-juju-mcp-session=", "; Secure", "Path=/prefix/console", "HttpOnly", "SameSite=Strict"] {
        assert!(session.1.contains(part), "{part} is not in {}", session.1);
    }
    assert!(entered.body.contains("url=/prefix/console\""), "{}", entered.body);
}

#[tokio::test]
async fn session_fixation_is_prevented() {
    let shop = shop().await;
    let chosen = "a-session-that-an-attacker-chose";
    let mut victim = Browser::new(shop.served.address);
    victim.cookies.insert(SESSION.to_owned(), chosen.to_owned());
    victim.sign_in(shop.served.token("approver")).await;
    let first = victim.cookies[SESSION].clone();
    assert_ne!(first, chosen);
    let with = async |session: &str| {
        let mut browser = Browser::new(shop.served.address);
        browser.cookies.insert(SESSION.to_owned(), session.to_owned());
        let answer = browser.open("/console").await;
        (answer.status, header(&answer, "location").to_owned())
    };
    let out = (303, "/console/sign-in".to_owned());
    assert_eq!(with(chosen).await, out);
    assert_eq!(with(&first).await.0, 200);
    victim.sign_in(shop.served.token("approver")).await;
    assert_ne!(victim.cookies[SESSION], first, "each sign-in has a session of its own");
    assert_eq!(with(&first).await, out, "the one before has ended");
    let two = format!("{}; {SESSION}={chosen}", victim.cookies[SESSION]);
    assert_eq!(with(&two).await, out, "two cookies of one name are none");
}

#[tokio::test]
async fn session_ends_by_expiry_sign_out_and_restart() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    let path = format!("/console/approvals/{id}");
    let (mut late, csrf, digest) = with_growing_limit("a person signs in and opens a page", async |session| {
        let mut late = Browser::new(shop.served.console(Settings { session, ..page_settings() }).await);
        let begun = Instant::now();
        late.sign_in(shop.served.token("approver")).await;
        let page = late.open(&path).await;
        if page.status == 303 && begun.elapsed() >= session {
            return None;
        }
        let (csrf, digest) = (field(&page.body, "csrf"), field(&page.body, "digest"));
        tokio::time::sleep(session).await;
        Some((late, csrf, digest))
    })
    .await;
    let yes = |csrf: &str, digest: &str| form(&path, &[("csrf", csrf), ("digest", digest), ("decision", "approve")]);
    let response = late.send(yes(&csrf, &digest)).await;
    assert!(response.status == 403 && response.body.contains("session has ended"), "{}", response.body);
    let seen_again = late.open(&path).await;
    let sign_in = format!("/console/sign-in?approval={id}");
    assert_eq!((seen_again.status, header(&seen_again, "location")), (303, &*sign_in));
    let mut gone = person(&shop, "approver").await;
    let (_, csrf, digest) = seen(&mut gone, &id).await;
    let session = gone.cookies[SESSION].clone();
    let out = gone.post("/console/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!((out.status, gone.cookies.contains_key(SESSION)), (303, false));
    gone.cookies.insert(SESSION.to_owned(), session.clone());
    assert_eq!(gone.send(yes(&csrf, &digest)).await.status, 403, "an id from before the sign-out is useless");
    let mut before = person(&shop, "approver").await;
    let (_, csrf, digest) = seen(&mut before, &id).await;
    let shop = shop.restart().await;
    let mut after = Browser::new(shop.served.address);
    after.cookies.clone_from(&before.cookies);
    assert_eq!(after.send(yes(&csrf, &digest)).await.status, 403);
    let (_, waits) = shop.api("approver", "GET", &format!("/{id}"), &serde_json::Value::Null).await;
    assert_eq!(waits["status"], "pending", "{waits}");
}

#[tokio::test]
async fn callers_without_permission_see_only_own_requests() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let path = format!("/console/approvals/{id}");
    for (name, own) in [("viewer", false), ("operator", false), ("other admin", false), ("admin", true)] {
        let mut browser = person(&shop, name).await;
        let list = browser.open("/console").await.body;
        assert!(list.contains("You may not approve") && list.contains(&path) == own, "{name}: {list}");
        let page = browser.open(&path).await;
        assert_eq!(page.status, if own { 200 } else { 404 }, "{name}");
        assert!(!page.body.contains("value=\"approve\""), "{name}: {}", page.body);
        let csrf = field(&list, "csrf");
        let response = browser.post(&path, &[("csrf", &csrf), ("digest", &digest), ("decision", "approve")]).await;
        assert!(response.status == 403 && response.body.contains("cannot approve"), "{name}: {}", response.body);
        let (outcome, approval) = shop.last_close().await;
        assert_eq!((outcome, approval.as_deref()), (Outcome::Denied, Some(&*id)), "the attempt is recorded");
    }
    assert_ne!(shop.request("admin").await["_meta"]["juju-mcp/code"], "done");
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn wrong_digest_or_unknown_approval_is_refused() {
    let shop = shop().await;
    let (id, digest) = shop.request_approval("admin").await;
    let mut approver = person(&shop, "approver").await;
    let (_, csrf, _) = seen(&mut approver, &id).await;
    let answer = |digest: &str, decision: &str| {
        [("csrf", csrf.clone()), ("digest", digest.to_owned()), ("decision", decision.to_owned())]
    };
    for (path, digest, decision, status) in [
        (&*id, "0000", "approve", 409),
        (&*id, "", "reject", 409),
        (&*id, &*digest, "maybe", 422),
        ("00000000-0000-7000-8000-000000000000", &*digest, "approve", 404),
        ("%2e%2e", &*digest, "approve", 404),
    ] {
        let fields = answer(digest, decision);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let response = approver.post(&format!("/console/approvals/{path}"), &fields).await;
        assert_eq!(response.status, status, "{path} {decision}: {}", response.body);
        assert!(response.body.starts_with("<!DOCTYPE html>"), "{}", response.body);
    }
    assert_eq!(shop.units_added(), 0);
}

#[tokio::test]
async fn confusable_letters_raise_a_warning() {
    let shop = shop().await;
    let mut approver = person(&shop, "approver").await;
    for (title, warned) in [("p\u{430}ypal", true), ("paypal", false)] {
        let values = json!({"model": "shop", "application": "web", "values": {"title": title}});
        let asked = shop.call("admin", "juju_config", &values, &json!({})).await;
        let id = asked["_meta"]["juju-mcp/approval"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
        let (page, ..) = seen(&mut approver, &id).await;
        assert_eq!(page.contains("Warning: this") && page.contains("U+0430"), warned, "{page}");
    }
}

#[tokio::test]
async fn untrusted_text_never_becomes_markup() {
    let shop = shop().await;
    let evil = "\"></code><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}gpj";
    let values = json!({"model": "shop", "application": "web", "values": {"title": evil}});
    let asked = shop.call("admin", "juju_config", &values, &json!({})).await;
    let id = asked["_meta"]["juju-mcp/approval"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let mut approver = person(&shop, "approver").await;
    let (page, csrf, digest) = seen(&mut approver, &id).await;
    let list = approver.open("/console").await.body;
    for text in [&page, &list] {
        assert!(text.contains("&lt;script&gt;alert(1)") && text.contains("U+202E"), "{text}");
    }
    let reason = "<b onclick=x>&lt;\u{200b}";
    let no = [("csrf", &*csrf), ("digest", &*digest), ("decision", "reject"), ("reason", reason)];
    assert_eq!(approver.post(&format!("/console/approvals/{id}"), &no).await.status, 303);
    let after = approver.open(&format!("/console/approvals/{id}")).await.body;
    assert!(after.contains("&lt;b onclick=x&gt;&amp;lt;") && after.contains("U+200B"), "{after}");
    for text in [&page, &list, &after] {
        let lower = text.to_lowercase();
        for never in ["<script", "<img", "<b ", " style=", "javascript:", "\u{202e}", "\u{200b}"] {
            assert!(!lower.contains(never), "{never:?} is in {text}");
        }
    }
}

#[tokio::test]
async fn urls_never_redirect_to_other_sites_or_contain_tokens() {
    let shop = shop().await;
    let mut browser = Browser::new(shop.served.address);
    for wanted in ["https://evil.example/", "//evil.example", "/%2f%2fevil.example", "javascript:alert(1)", "..", "x"] {
        let page = browser.open(&format!("/console/sign-in?approval={wanted}")).await;
        assert!(page.status == 400 && !page.body.contains("evil"), "{wanted}: {}", page.body);
    }
    for ignored in ["next=//evil.example", "to=https://evil.example", "redirect_uri=https://evil.example"] {
        let page = browser.open(&format!("/console/sign-in?{ignored}")).await;
        assert!(page.status == 200 && !page.body.contains("evil"), "{ignored}: {}", page.body);
    }
    for path in [
        "/console",
        "/console/approvals/x",
        "/console/approvals/%2f%2fevil.example",
        "/console/approvals/%0d%0aset-cookie:x",
    ] {
        let out = browser.open(path).await;
        assert_eq!((out.status, header(&out, "location")), (303, "/console/sign-in"), "{path}");
    }
    let form = field(&browser.open("/console/sign-in").await.body, "form");
    let fields = [("token", shop.served.token("approver")), ("form", &*form), ("approval", "//evil.example")];
    assert_eq!(browser.post("/console/sign-in", &fields).await.status, 422);
    let token = shop.served.token("approver");
    for path in [format!("/console?access_token={token}"), format!("/console/sign-in?token={token}")] {
        let page = browser.open(&path).await;
        assert!(!browser.cookies.contains_key(SESSION) && !page.body.contains(token), "{path}");
    }
    let bearer = browser.send(tests::raw_http::Request::new("GET", "/console").token(token)).await;
    assert_eq!(bearer.status, 303, "a bearer token is for programs");
    for path in ["/console/callback?code=x&state=y", "/console/sign-in/provider"] {
        assert_eq!(browser.open(path).await.status, 404, "there is no provider here: {path}");
    }
}

#[tokio::test]
async fn session_cookie_gives_no_access_to_mcp_or_api() {
    let shop = shop().await;
    let mut approver = person(&shop, "approver").await;
    for path in ["/api/v1/approvals", "/mcp"] {
        assert_eq!(approver.open(path).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn pages_forbid_scripts_frames_and_caching() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    let mut approver = person(&shop, "approver").await;
    let here = format!("/console/approvals/{id}");
    for (path, status) in [
        ("/console", 200),
        (&*here, 200),
        ("/console/sign-in", 200),
        ("/console/approvals/x", 404),
        ("/console/sign-in?approval=x", 400),
        ("/console/callback", 404),
        ("/console/style.css", 200),
        ("/console/icon.svg", 200),
    ] {
        let page = approver.open(path).await;
        assert_eq!(page.status, status, "{path}");
        let policy = header(&page, "content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("script-src"), "{policy}");
        assert_eq!((header(&page, "x-content-type-options"), header(&page, "x-frame-options")), ("nosniff", "DENY"));
        assert_eq!(header(&page, "referrer-policy"), "same-origin");
        let expected = if path.ends_with("css") || path.ends_with("svg") { "max-age=300" } else { "no-store" };
        assert_eq!(header(&page, "cache-control"), expected, "{path}");
        for never in ["<script", " style=", " onclick", "<iframe", "http://", "https://"] {
            let allowed = path.ends_with("svg") && never == "http://";
            assert!(allowed || !page.body.contains(never), "{path} has {never}");
        }
    }
    let foreign = approver.send(tests::raw_http::Request::new("GET", "/console").header("host", "evil.example")).await;
    assert_eq!(foreign.status, 403, "the page answers under the server's own names only");
}

#[tokio::test]
async fn navigation_from_other_site_reloads_with_session() {
    let shop = shop().await;
    let (id, _) = shop.request_approval("admin").await;
    let path = format!("/console/approvals/{id}");
    // the browser withholds a strict cookie when a person follows a link of another target
    let led = tests::raw_http::Request::new("GET", &path).header("sec-fetch-site", "cross-site");
    let answer = Browser::new(shop.served.address).send(led).await;
    assert!(answer.status == 200 && answer.body.contains(&format!("content=\"0; url={path}\"")), "{}", answer.body);
    let own = tests::raw_http::Request::new("GET", &path).header("sec-fetch-site", "same-origin");
    let answer = Browser::new(shop.served.address).send(own).await;
    assert_eq!((answer.status, header(&answer, "location")), (303, &*format!("/console/sign-in?approval={id}")));
}

/// An error is tied to its field, has the focus there, and loses nothing that was typed.
fn check_error_page(page: &str) {
    assert!(page.contains("id=\"error\" role=\"alert\""), "{page}");
    let field =
        page.split("<input id=\"confirmation\"").nth(1).and_then(|rest| rest.split('>').next()).expect("the field");
    assert!(field.contains("aria-describedby=\"error\"") && field.contains("aria-invalid=\"true\""), "{field}");
    assert!(field.contains("autofocus") && page.matches(" autofocus").count() == 1, "{page}");
    assert!(page.contains(">because &lt;of&gt; this</textarea>"), "{page}");
    assert!(page.contains("<title>Error: "), "{page}");
}

#[tokio::test]
async fn page_has_a_title_of_its_own_one_focus_and_no_timed_reload() {
    let shop = shop().await;
    let mut approver = person(&shop, "approver").await;
    let empty = approver.open("/console").await.body;
    let (id, _) = shop.request_approval("admin").await;
    let list = approver.open("/console").await.body;
    let approval = approver.open(&format!("/console/approvals/{id}")).await.body;
    let missing = approver.open("/console/approvals/01890a5d-ac96-774b-bcce-b302099a8057").await.body;
    let sign_in = Browser::new(shop.served.address).open("/console/sign-in").await.body;
    let pages = [empty, list, approval, missing, sign_in];
    let title = |page: &String| page.split("<title>").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned);
    let titles: std::collections::BTreeSet<_> = pages.iter().map(title).collect();
    assert_eq!(titles.len(), pages.len(), "{titles:?}");
    for page in &pages {
        assert!(!page.contains("http-equiv"), "nothing reloads by itself: {page}");
        assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
        assert!(page.contains("<a class=\"skip\" href=\"#content\">"), "{page}");
    }
    assert!(pages[1].contains("1 pending request") && pages[1].contains(">Update</a>"), "{}", pages[1]);
}
