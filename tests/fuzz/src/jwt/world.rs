//! The state shared by all tokens: a provider with many keys, and two servers that trust it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use identity::{
    Authenticator, Caller, Presented, Unauthenticated,
    oauth::{RefreshPolicy, Algorithm, Provider, Settings},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::provider::{SigningKey, TestProvider, good_claims, web_client};

pub(super) const AUDIENCE: &str = "https://mcp.example/mcp";
/// The client with tokens that need no audience.
pub(super) const LISTED: &str = "listed";
const LONG: Duration = Duration::from_hours(24);

/// A key, and what it signs.
pub(super) struct Signing {
    pub(super) key: SigningKey,
    /// Its algorithms; the first one is the default.
    pub(super) algorithms: &'static [Algorithm],
    /// Whether the provider publishes it, as a key that checks signatures.
    pub(super) usable: bool,
}

pub(super) struct World {
    runtime: Runtime,
    pub(super) issuer: String,
    pub(super) keys: Vec<Signing>,
    /// Two servers: one with the default algorithms, one with a single algorithm and no leeway.
    servers: [Authenticator; 2],
    pub(super) settings: [Settings; 2],
    /// Tokens that the first server accepts.
    pub(super) good: Vec<String>,
    _provider: TestProvider,
}

impl World {
    pub(super) fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let keys = keys();
        let provider = runtime.block_on(TestProvider::start(&[]));
        provider.publish_raw(&published(&keys));
        let settings = settings(&provider.issuer);
        let servers = settings.clone().map(|settings| {
            let mut server = Authenticator::default();
            server.set_provider(Provider::new(settings, web_client()));
            server
        });
        let issuer = provider.issuer.clone();
        let mut world = Self { runtime, issuer, keys, servers, settings, good: Vec::new(), _provider: provider };
        world.good = world.good_tokens();
        for token in &world.good {
            assert!(world.authenticate(0, token).is_ok(), "a valid token is accepted: {token}");
        }
        // from here on, the servers request no keys
        assert!(world.authenticate(1, &world.good[0]).is_err(), "a signature of another kind");
        world
    }

    /// The caller of a token at a server. A rejection does not contain the token, and a second attempt has the same result.
    pub(super) fn authenticate(&self, server: usize, token: &str) -> Result<Caller, Unauthenticated> {
        let header = format!("Bearer {token}");
        let ask = || self.runtime.block_on(self.servers[server].authenticate(Presented::Header(&header), None));
        let answer = ask();
        if let Err(error) = &answer {
            let message = format!("{error} {error:?} {}", error.reason_code());
            assert!(token.len() < 12 || !message.contains(token), "a token in its rejection: {message}");
            assert!(!matches!(error, Unauthenticated::ProviderUnavailable), "the provider is there: {token}");
        }
        answer
    }

    /// Replaces the placeholders for the issuer, the audience and the time, which no input can know in advance.
    pub(super) fn filled(&self, text: &str) -> String {
        let now = now();
        let times = [("@now", now), ("@before", now - 600), ("@after", now + 600)];
        let names = text.replace("@issuer", &self.issuer).replace("@audience", AUDIENCE);
        times.into_iter().fold(names, |text, (name, time)| text.replace(name, &time.to_string()))
    }

    fn good_tokens(&self) -> Vec<String> {
        let usable = self.keys.iter().filter(|signing| signing.usable);
        let claims = |number: usize| {
            let mut claims = good_claims(&self.issuer, AUDIENCE);
            (claims["exp"], claims["sub"]) = (json!(now() + 86_400), json!(format!("user-{number}")));
            claims.to_string()
        };
        let sign = |(number, signing): (usize, &Signing)| {
            let header = json!({"alg": signing.algorithms[0], "kid": signing.key.id, "typ": "at+jwt"}).to_string();
            signing.key.sign_raw(&header, &claims(number), signing.algorithms[0])
        };
        usable.enumerate().map(sign).collect()
    }
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
    i64::try_from(now).expect("a clock of this age")
}

fn keys() -> Vec<Signing> {
    use Algorithm::{ES256, EdDSA, HS256, PS256, RS256, RS512};
    let of = |key, algorithms, usable| Signing { key, algorithms, usable };
    let rsa = SigningKey::rsa("rsa");
    // the public key as an HMAC secret: the algorithm confusion attack
    let modulus = rsa.public["n"].as_str().expect("a modulus").as_bytes().to_vec();
    vec![
        of(SigningKey::ec("ec-1"), &[ES256], true),
        of(SigningKey::ec("ec-2"), &[ES256], true),
        of(SigningKey::ed("ed"), &[EdDSA], true),
        of(rsa, &[RS256, PS256, RS512], true),
        // two keys with one id and different algorithms
        of(SigningKey::ec("twin"), &[ES256], true),
        of(SigningKey::ed("twin"), &[EdDSA], true),
        of(SigningKey::ec("foreign"), &[ES256], false),
        of(SigningKey::ed("foreign"), &[EdDSA], false),
        of(SigningKey::ec("encrypts"), &[ES256], false),
        of(SigningKey::shared("rsa", &modulus), &[HS256], false),
        of(SigningKey::shared("shared", &[7; 32]), &[HS256], false),
    ]
}

/// The key set, with unusable keys and invalid entries.
fn published(keys: &[Signing]) -> Vec<Value> {
    let entry = |signing: &Signing| {
        let mut public = signing.key.public.clone();
        match signing.key.id.as_str() {
            "foreign" => return None,
            "encrypts" => public["use"] = json!("enc"),
            // a key without `alg` may sign with every algorithm of its type
            "rsa" if signing.usable => drop(public.as_object_mut()?.remove("alg")),
            "rsa" => return None,
            _ => {}
        }
        Some(public)
    };
    let small = json!({"kty": "RSA", "kid": "small", "use": "sig", "e": "AQAB", "n": "x".repeat(170)});
    keys.iter().filter_map(entry).chain([small, json!({"kty": "?"}), json!(7), Value::Null]).collect()
}

fn settings(issuer: &str) -> [Settings; 2] {
    let mut usual = Settings::new(issuer.to_owned(), vec![AUDIENCE.to_owned(), format!("{AUDIENCE}/full")]);
    usual.clients_without_audience = vec![LISTED.to_owned()];
    usual.refresh = RefreshPolicy { fresh_for: LONG, stale_for: LONG, min_interval: LONG };
    // no token is cached, and no e-mail address is requested
    (usual.token_cache, usual.userinfo) = (Duration::ZERO, false);
    let mut narrow = usual.clone();
    (narrow.algorithms, narrow.leeway) = (vec![Algorithm::EdDSA], Duration::ZERO);
    narrow.clients_without_audience = Vec::new();
    [usual, narrow]
}

/// A token with changed letters: three bytes are the position and the change.
pub(super) fn edit(good: &[String], first: usize, edits: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut token = good[first % good.len()].clone().into_bytes();
    for edit in edits.chunks_exact(3).take(16) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (token.len() + 1);
        let (what, letter) = (edit[2] >> 6, LETTERS[usize::from(edit[2] & 63)]);
        match what {
            0 if at < token.len() => token[at] = letter,
            1 => token.insert(at, if edit[2] & 63 == 63 { b'.' } else { letter }),
            2 if at < token.len() => drop(token.remove(at)),
            _ => splice(&mut token, good, edit),
        }
    }
    String::from_utf8(token).expect("ASCII")
}

/// Replaces a part by the same part of another valid token.
fn splice(token: &mut Vec<u8>, good: &[String], edit: &[u8]) {
    let text = String::from_utf8(std::mem::take(token)).expect("ASCII");
    let other = &good[usize::from(edit[0]) % good.len()];
    let part = usize::from(edit[1]) % 3;
    let replaced = text
        .split('.')
        .enumerate()
        .map(|(number, own)| if number == part { other.split('.').nth(part).unwrap_or(own) } else { own });
    *token = replaced.collect::<Vec<_>>().join(".").into_bytes();
}
