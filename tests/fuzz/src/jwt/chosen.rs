//! Tokens of valid and invalid parts: the expected result is known in advance.

use identity::{
    Claims,
    oauth::{Algorithm, Settings},
};
use serde_json::{Map, Value, json};

use super::{
    CLOCK_MARGIN,
    world::{AUDIENCE, LISTED, Signing, World, now},
};

/// Bytes that select the parts; without further bytes, every part is the valid default.
pub(super) struct Choices<'bytes>(pub(super) &'bytes [u8]);

impl Choices<'_> {
    fn next(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.next() % of.len()].clone()
    }
}

/// A token and the expected result.
pub(super) struct ChosenToken {
    pub(super) token: String,
    /// The claims of its caller, or the reason of the rejection.
    pub(super) claims: Result<Claims, &'static str>,
    /// Its parts, without the signature.
    pub(super) description: String,
}

/// A value of a member, and whether it is valid. `None`: the member is absent.
type Row = (Option<Value>, bool);

pub(super) fn token(world: &World, server: usize, choices: &mut Choices) -> ChosenToken {
    let settings = &world.settings[server];
    let mut wrong = Vec::new();
    let (signing, algorithm, header) = signature(world, settings, choices, &mut wrong);
    let (members, claims) = claims(world, settings, choices, &mut wrong);
    let (header, members) = (Value::Object(header).to_string(), Value::Object(members).to_string());
    let token = signing.key.sign_raw(&header, &members, algorithm);
    let description = format!("{header} {members} signed by {} with {algorithm:?} at server {server}", signing.key.id);
    ChosenToken { token, claims: wrong.first().map_or(Ok(claims), |why| Err(*why)), description }
}

fn signature<'world>(
    world: &'world World,
    settings: &Settings,
    choices: &mut Choices,
    wrong: &mut Vec<&'static str>,
) -> (&'world Signing, Algorithm, Map<String, Value>) {
    // both servers accept the default key
    let signing = &world.keys[(choices.next() + 2) % world.keys.len()];
    let algorithm = choices.one(signing.algorithms);
    let named = match choices.next() % 16 {
        1 => "none",
        2 => "HS256",
        3 => "RS256",
        4 => "PS256",
        5 => "ES256",
        6 => "EdDSA",
        7 => "ES384",
        8 => "eddsa",
        _ => &format!("{algorithm:?}"),
    };
    if *named != format!("{algorithm:?}") || !settings.algorithms.contains(&algorithm) || !signing.usable {
        wrong.push("its algorithm or key is not accepted");
    }
    let id = match choices.next() % 16 {
        1 => None,
        2 => Some(json!("unknown")),
        3 => Some(json!("")),
        4 => Some(json!(7)),
        5 => Some(json!(format!("{} ", signing.key.id))),
        number @ 6..10 => Some(json!(world.keys[number - 6].key.id)),
        _ => Some(json!(signing.key.id)),
    };
    let fits = |key: &&Signing| key.usable && key.algorithms.contains(&algorithm);
    let found = match &id {
        None => world.keys.iter().filter(fits).count() == 1,
        Some(id) => *id == *signing.key.id,
    };
    if !found {
        wrong.push("its key id is not the one of its key");
    }
    let mut header = Map::from_iter([("alg".to_owned(), json!(named))]);
    header.extend(id.map(|id| ("kid".to_owned(), id)));
    let kind = |kind: &str, good| (Some(json!(kind)), good);
    let kinds = [
        kind("at+jwt", true),
        kind("JWT", true),
        kind("AT+JWT", true),
        kind("application/at+jwt", true),
        (None, true),
        kind("", false),
        kind("id_token", false),
        kind("logout+jwt", false),
        kind("dpop+jwt", false),
        kind("jwt ", false),
    ];
    let kind = choices.one(&kinds);
    put(&mut header, "typ", kind, wrong, "it is of another kind");
    let (name, value, good) = choices.one(&[
        ("cty", json!("x"), true),
        ("jku", json!("https://evil.example/keys"), true),
        ("x5u", json!("https://evil.example/x"), true),
        ("jwk", signing.key.public.clone(), true),
        ("crit", json!(["exp"]), false),
        ("crit", json!([]), false),
        ("zip", json!("DEF"), false),
        ("b64", json!(false), false),
    ]);
    put(&mut header, name, (Some(value), good), wrong, "its header demands something");
    (signing, algorithm, header)
}

fn claims(
    world: &World,
    settings: &Settings,
    choices: &mut Choices,
    wrong: &mut Vec<&'static str>,
) -> (Map<String, Value>, Claims) {
    let mut map = Map::new();
    let rows = issuers(&world.issuer);
    put(&mut map, "iss", choices.one(&rows), wrong, "another issuer");
    times(settings, choices, &mut map, wrong);
    let subject = choices.one(&[
        (Some(json!("ana")), true),
        (Some(json!("\u{fc} \"x\"")), true),
        (Some(json!("")), false),
        (Some(json!(7)), false),
        (None, false),
        (Some(Value::Null), false),
    ]);
    put(&mut map, "sub", subject.clone(), wrong, "no subject");
    let client = client(choices, &mut map, wrong);
    let listed = client.as_ref().is_some_and(|id| settings.clients_without_audience.contains(id));
    let audience = choices.one(&audiences(listed));
    put(&mut map, "aud", audience.clone(), wrong, "another audience");
    let scopes = scopes(choices, &mut map, wrong);
    let groups = groups(choices, &mut map);
    for (name, good) in [
        ("token_use", &["access_token", "access"][..]),
        ("nonce", &[]),
        ("events", &[]),
        ("cnf", &[]),
        ("at_hash", &[]),
        ("c_hash", &[]),
    ] {
        let value = choices.one(&["", "access_token", "access", "id", "refresh_token", "", "", ""]);
        if !value.is_empty() {
            put(&mut map, name, (Some(json!(value)), good.contains(&value)), wrong, "no access token");
        }
    }
    let (email, verified) = choices.one(&[
        (None, None),
        (Some("a@example.com"), Some(json!(true))),
        (Some("a@example.com"), Some(json!(false))),
        (Some("a@example.com"), None),
        (Some("a@example.com"), Some(json!("true"))),
    ]);
    map.extend(email.map(|email| ("email".to_owned(), json!(email))));
    let readable = verified.as_ref().is_none_or(Value::is_boolean);
    let is_true = verified == Some(json!(true));
    put(&mut map, "email_verified", (verified, readable), wrong, "it cannot be read");
    let claims = Claims {
        issuer: world.issuer.clone(),
        subject: subject.0.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default(),
        email: email.filter(|_| is_true).map(str::to_owned),
        groups,
        client_id: client,
        audience: texts(audience.0.as_ref()).filter(|one| settings.audiences.contains(one)).collect(),
        scopes,
        // no client has the name of a subject
        is_service_account: false,
    };
    (map, claims)
}

/// A text, or the texts in a list.
fn texts(value: Option<&Value>) -> impl Iterator<Item = String> {
    let values = value.map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
    values.unwrap_or_default().iter().filter_map(Value::as_str).map(str::to_owned)
}

fn put(map: &mut Map<String, Value>, name: &str, row: Row, wrong: &mut Vec<&'static str>, why: &'static str) {
    map.extend(row.0.map(|value| (name.to_owned(), value)));
    if !row.1 {
        wrong.push(why);
    }
}

fn issuers(issuer: &str) -> Vec<Row> {
    let other = |value: Value| (Some(value), false);
    vec![
        (Some(json!(issuer)), true),
        other(json!(format!("{issuer}/"))),
        other(json!(issuer.to_uppercase())),
        other(json!("")),
        other(json!([issuer])),
        other(json!("https://id.evil.example")),
        other(Value::Null),
        (None, false),
    ]
}

fn audiences(listed: bool) -> Vec<Row> {
    let of = |value: Value, good| (Some(value), good);
    vec![
        of(json!([AUDIENCE]), true),
        of(json!(AUDIENCE), true),
        of(json!(["https://other.example", format!("{AUDIENCE}/full")]), true),
        of(json!([]), listed),
        of(Value::Null, listed),
        (None, listed),
        of(json!(""), false),
        of(json!("https://other.example"), false),
        of(json!(["https://other.example"]), false),
        of(json!(format!("{AUDIENCE}/")), false),
        of(json!(format!("{AUDIENCE} {AUDIENCE}")), false),
        of(json!([AUDIENCE, 7]), false),
        of(json!([[AUDIENCE]]), false),
        of(json!({"0": AUDIENCE}), false),
        of(json!(7), false),
    ]
}

/// Start and end: two bytes each are the number of seconds from now.
fn times(settings: &Settings, choices: &mut Choices, map: &mut Map<String, Value>, wrong: &mut Vec<&'static str>) {
    let leeway = i64::try_from(settings.leeway.as_secs()).expect("seconds");
    let away = |choices: &mut Choices, usual: i64, edge: i64| {
        let high = choices.next();
        let chosen = i64::try_from(high * 256 + choices.next()).expect("two bytes");
        let seconds = if chosen == 0 { usual } else { chosen - 0x8000 };
        // avoids the seconds in which the two clocks may differ
        if (seconds - edge).abs() <= CLOCK_MARGIN { edge + CLOCK_MARGIN + 1 } else { seconds }
    };
    let written = |choices: &mut Choices, seconds: i64, good: bool| {
        let time = now() + seconds;
        choices.one(&[
            (json!(time), good),
            (json!(time as f64 + 0.25), good),
            (json!(time.to_string()), false),
            (json!([time]), false),
            (json!(true), false),
        ])
    };
    let end = away(choices, 600, -leeway);
    let (mut value, mut good) = written(choices, end, end > -leeway);
    match choices.next() % 16 {
        1 => (value, good) = (json!(1e300), true),
        2 => (value, good) = (json!(-1e300), false),
        3 => (value, good) = (Value::Null, false),
        _ => {}
    }
    put(map, "exp", (Some(value), good), wrong, "no end, or a past one");
    for name in ["nbf", "iat"] {
        let begin = away(choices, -1, leeway);
        let (value, good) = written(choices, begin, begin < leeway);
        put(map, name, (Some(value), good), wrong, "it begins later");
    }
}

fn client(choices: &mut Choices, map: &mut Map<String, Value>, wrong: &mut Vec<&'static str>) -> Option<String> {
    let names = [
        Some(json!("assistant")),
        None,
        Some(json!(LISTED)),
        Some(json!("")),
        Some(Value::Null),
        Some(json!([LISTED])),
    ];
    let of = |choices: &mut Choices| {
        let value = choices.one(&names);
        let readable = !matches!(value, Some(Value::Array(_)));
        (value, readable)
    };
    let (first, second) = (of(choices), of(choices));
    let text = |row: &Row| row.0.as_ref().and_then(|value| value.as_str().map(str::to_owned));
    let client = text(&first).or_else(|| text(&second)).filter(|id| !id.is_empty());
    put(map, "client_id", first, wrong, "it cannot be read");
    put(map, "azp", second, wrong, "it cannot be read");
    client
}

fn scopes(choices: &mut Choices, map: &mut Map<String, Value>, wrong: &mut Vec<&'static str>) -> Vec<String> {
    let mut scopes = Vec::new();
    for name in ["scope", "scp"] {
        let (value, read) = choices.one(&[
            (None, Some(&[][..])),
            (Some(json!("openid  juju:read")), Some(&["openid", "juju:read"][..])),
            (Some(json!(["juju:write", "a b"])), Some(&["juju:write", "a", "b"][..])),
            (Some(json!([])), Some(&[][..])),
            (Some(json!([1])), None),
            (Some(json!({"juju:write": true})), None),
        ]);
        put(map, name, (value, read.is_some()), wrong, "it cannot be read");
        scopes.extend(read.unwrap_or_default().iter().map(|scope| (*scope).to_owned()));
    }
    scopes
}

fn groups(choices: &mut Choices, map: &mut Map<String, Value>) -> Vec<String> {
    let rows = [
        (None, None),
        (Some(json!(["ops", 7, "dba"])), Some(vec!["ops", "dba"])),
        (Some(json!("ops")), Some(vec!["ops"])),
        (Some(json!([])), Some(vec![])),
        (Some(json!({"ops": true})), Some(vec![])),
    ];
    let ((own, read), (hooked, hooked_read)) = (choices.one(&rows), choices.one(&rows));
    map.extend(own.map(|groups| ("groups".to_owned(), groups)));
    map.extend(hooked.map(|groups| ("ext".to_owned(), json!({"groups": groups}))));
    read.or(hooked_read).unwrap_or_default().into_iter().map(str::to_owned).collect()
}
