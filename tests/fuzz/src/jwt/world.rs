//! What stays the same from one token to the next: a provider with many keys, and two servers that trust it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use identity::{
    Authenticator, Caller, Presented, Unauthenticated,
    oauth::{Algorithm, Provider, Settings},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::provider::{SigningKey, TestProvider, good_claims, web_client};

pub(super) const AUDIENCE: &str = "https://mcp.example/mcp";
/// The client whose tokens need no audience.
pub(super) const LISTED: &str = "listed";
const LONG: Duration = Duration::from_hours(24);

/// A key, and what it signs.
pub(super) struct Signing {
    pub(super) key: SigningKey,
    /// The first is the one it signs with where nothing else is said.
    pub(super) algorithms: &'static [Algorithm],
    /// Whether the provider publishes it, as a key that checks signatures.
    pub(super) usable: bool,
}

pub(super) struct World {
    runtime: Runtime,
    pub(super) issuer: String,
    pub(super) keys: Vec<Signing>,
    /// Takes the usual signatures; takes one kind, and clocks that agree.
    doors: [Authenticator; 2],
    pub(super) settings: [Settings; 2],
    /// Tokens that the first server takes.
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
        let doors = settings.clone().map(|settings| {
            let mut door = Authenticator::default();
            door.trust(Provider::new(settings, web_client()));
            door
        });
        let issuer = provider.issuer.clone();
        let mut world = Self { runtime, issuer, keys, doors, settings, good: Vec::new(), _provider: provider };
        world.good = world.good_tokens();
        for token in &world.good {
            assert!(world.asks(0, token).is_ok(), "a good token is taken: {token}");
        }
        // from here on, nobody is asked for keys any more
        assert!(world.asks(1, &world.good[0]).is_err(), "a signature of another kind");
        world
    }

    /// Who a server takes a token for. A refusal says nothing of the token, and is the same when asked again.
    pub(super) fn asks(&self, door: usize, token: &str) -> Result<Caller, Unauthenticated> {
        let header = format!("Bearer {token}");
        let ask = || self.runtime.block_on(self.doors[door].authenticate(Presented::Header(&header), None));
        let answer = ask();
        if let Err(error) = &answer {
            let told = format!("{error} {error:?} {}", error.kind());
            assert!(token.len() < 12 || !told.contains(token), "a token in its refusal: {told}");
            assert!(!matches!(error, Unauthenticated::ProviderDown), "the provider is there: {token}");
        }
        answer
    }

    /// A text with what no input can know in advance: who issues, for whom, and what time it is.
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
    // the public key as a shared secret, the oldest of all tricks
    let modulus = rsa.public["n"].as_str().expect("a modulus").as_bytes().to_vec();
    vec![
        of(SigningKey::ec("ec-1"), &[ES256], true),
        of(SigningKey::ec("ec-2"), &[ES256], true),
        of(SigningKey::ed("ed"), &[EdDSA], true),
        of(rsa, &[RS256, PS256, RS512], true),
        // two keys of one id, told apart by what they sign
        of(SigningKey::ec("twin"), &[ES256], true),
        of(SigningKey::ed("twin"), &[EdDSA], true),
        of(SigningKey::ec("foreign"), &[ES256], false),
        of(SigningKey::ed("foreign"), &[EdDSA], false),
        of(SigningKey::ec("encrypts"), &[ES256], false),
        of(SigningKey::shared("rsa", &modulus), &[HS256], false),
        of(SigningKey::shared("shared", &[7; 32]), &[HS256], false),
    ]
}

/// The key set: also what must not be used, and garbage.
fn published(keys: &[Signing]) -> Vec<Value> {
    let told = |signing: &Signing| {
        let mut public = signing.key.public.clone();
        match signing.key.id.as_str() {
            "foreign" => return None,
            "encrypts" => public["use"] = json!("enc"),
            // a key that does not say what it signs may sign all that its kind can
            "rsa" if signing.usable => drop(public.as_object_mut()?.remove("alg")),
            "rsa" => return None,
            _ => {}
        }
        Some(public)
    };
    let small = json!({"kty": "RSA", "kid": "small", "use": "sig", "e": "AQAB", "n": "x".repeat(170)});
    keys.iter().filter_map(told).chain([small, json!({"kty": "?"}), json!(7), Value::Null]).collect()
}

fn settings(issuer: &str) -> [Settings; 2] {
    let mut usual = Settings::new(issuer.to_owned(), vec![AUDIENCE.to_owned(), format!("{AUDIENCE}/full")]);
    usual.clients_without_audience = vec![LISTED.to_owned()];
    (usual.fresh, usual.stale, usual.pause) = (LONG, LONG, LONG);
    // each token is looked at anew, and nobody is asked for addresses
    (usual.recheck, usual.userinfo) = (Duration::ZERO, false);
    let mut narrow = usual.clone();
    (narrow.algorithms, narrow.leeway) = (vec![Algorithm::EdDSA], Duration::ZERO);
    narrow.clients_without_audience = Vec::new();
    [usual, narrow]
}

/// A token with letters changed: three bytes each say where, and what comes there.
pub(super) fn edited(good: &[String], first: usize, edits: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut token = good[first % good.len()].clone().into_bytes();
    for edit in edits.chunks_exact(3).take(16) {
        let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (token.len() + 1);
        let (what, letter) = (edit[2] >> 6, LETTERS[usize::from(edit[2] & 63)]);
        match what {
            0 if at < token.len() => token[at] = letter,
            1 => token.insert(at, if edit[2] & 63 == 63 { b'.' } else { letter }),
            2 if at < token.len() => drop(token.remove(at)),
            _ => spliced(&mut token, good, edit),
        }
    }
    String::from_utf8(token).expect("ASCII")
}

/// Puts a part of another good token in the place of the same part.
fn spliced(token: &mut Vec<u8>, good: &[String], edit: &[u8]) {
    let text = String::from_utf8(std::mem::take(token)).expect("ASCII");
    let other = &good[usize::from(edit[0]) % good.len()];
    let part = usize::from(edit[1]) % 3;
    let replaced = text
        .split('.')
        .enumerate()
        .map(|(number, own)| if number == part { other.split('.').nth(part).unwrap_or(own) } else { own });
    *token = replaced.collect::<Vec<_>>().join(".").into_bytes();
}
