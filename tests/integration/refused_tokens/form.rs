//! Tokens in the form of a JWT with invalid parts, header or signature.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tests::{ServerWithProvider, provider::SigningKey};

use super::{Case, with};

/// Keys that the provider publishes beside the good one, and one that it does not.
struct Keys {
    other: SigningKey,
    curve: SigningKey,
    encrypts: SigningKey,
    seals: SigningKey,
    foreign: SigningKey,
}

pub(super) fn cases(parts: &ServerWithProvider) -> Vec<Case> {
    let keys = Keys {
        other: SigningKey::rsa("k2"),
        curve: SigningKey::ec("ec"),
        encrypts: SigningKey::rsa("enc"),
        seals: SigningKey::ec("seals"),
        foreign: SigningKey::rsa("foreign"),
    };
    let encrypts = with(&keys.encrypts.public, "use", Some(json!("enc")));
    let mut seals = with(&keys.seals.public, "key_ops", Some(json!(["deriveKey", "deriveBits"])));
    seals = with(&seals, "use", None);
    let small =
        json!({"kty": "RSA", "kid": "small", "use": "sig", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xc5; 128])});
    let shared = json!({"kty": "oct", "kid": "shared", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode([7; 32])});
    let public = [&parts.key.public, &keys.other.public, &keys.curve.public, &encrypts, &seals, &small, &shared];
    parts.provider.publish_raw(&public.map(Value::clone));
    let mut cases = pieces(parts);
    cases.extend(algorithms(parts, &keys));
    cases.extend(key_ids(parts, &keys));
    cases.extend(headers(parts, &keys));
    cases.extend(texts(parts));
    cases
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Parts that are cut, missing, too many or of another token. What has no three parts is asked about as an opaque token.
fn pieces(parts: &ServerWithProvider) -> Vec<Case> {
    let token = parts.token(|_| {});
    let (rest, signature) = token.rsplit_once('.').expect("three parts");
    let (header, claims) = rest.split_once('.').expect("three parts");
    let other = parts.token(|claims| claims["sub"] = json!("eve"));
    let (other_rest, _) = other.rsplit_once('.').expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("a signature");
    let longer = [bytes.clone(), vec![0]].concat();
    let cut = |text: &str| text[..text.len() - 3].to_owned();
    let rows: Vec<(&str, String, &'static str)> = vec![
        ("two parts", rest.to_owned(), "inactive"),
        ("four parts", format!("{token}.x"), "inactive"),
        ("five parts", format!("{token}.x.y"), "inactive"),
        ("one part", header.to_owned(), "inactive"),
        ("dots alone", "..".to_owned(), "unreadable"),
        ("an empty header", format!(".{claims}.{signature}"), "unreadable"),
        ("empty claims", format!("{header}..{signature}"), "invalid_signature"),
        ("an empty signature", format!("{rest}."), "invalid_signature"),
        ("a cut signature", token[..token.len() - 1].to_owned(), "unreadable"),
        (
            "a signature of one byte less",
            format!("{rest}.{}", URL_SAFE_NO_PAD.encode(&bytes[1..])),
            "invalid_signature",
        ),
        ("cut claims", format!("{header}.{}.{signature}", cut(claims)), "invalid_signature"),
        ("a cut header", format!("{}.{claims}.{signature}", cut(header)), "unreadable"),
        ("the signature of another token", format!("{other_rest}.{signature}"), "invalid_signature"),
        ("the parts in another order", format!("{claims}.{header}.{signature}"), "unreadable"),
        ("padding", format!("{token}=="), "unreadable"),
        ("letters of another alphabet", format!("{rest}.{}", signature.replace(['-', '_'], "+")), "unreadable"),
        ("a signature of zeros", format!("{rest}.{}", URL_SAFE_NO_PAD.encode([0; 256])), "invalid_signature"),
        ("a signature of one byte more", format!("{rest}.{}", URL_SAFE_NO_PAD.encode(&longer)), "invalid_signature"),
    ];
    rows.into_iter().map(|(what, token, kind)| Case::token(what, &token, kind)).collect()
}

/// Signatures of a kind that is not taken, or of another kind than the key's.
fn algorithms(parts: &ServerWithProvider, keys: &Keys) -> Vec<Case> {
    let claims = parts.claims();
    let mut cases = Vec::new();
    for spelling in ["none", "None", "NONE", "nOnE", "", "RS256 ", "rs256", "ES256K"] {
        let header = json!({"alg": spelling, "kid": "k1"}).to_string();
        let bare = format!("{}.{}", encoded(&header), encoded(&claims.to_string()));
        cases.push(Case::token(format!("algorithm `{spelling}`"), &format!("{bare}."), "unreadable"));
        cases.push(Case::token(format!("algorithm `{spelling}`, signed"), &format!("{bare}.c2lnbmVk"), "unreadable"));
    }
    let secret = parts.key.public["n"].as_str().expect("a modulus").as_bytes().to_vec();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut header = Header::new(algorithm);
        header.kid = Some("k1".to_owned());
        let token = encode(&header, &claims, &EncodingKey::from_secret(&secret)).expect("a token");
        cases.push(Case::token(format!("{algorithm:?} with the public key"), &token, "unsupported_algorithm"));
    }
    let mut shared = Header::new(Algorithm::HS256);
    shared.kid = Some("shared".to_owned());
    let token = encode(&shared, &claims, &EncodingKey::from_secret(&[7; 32])).expect("a token");
    cases.push(Case::token("a shared secret that the provider publishes", &token, "unsupported_algorithm"));
    let raw = |key: &SigningKey, named: &str, id: &str, real| {
        key.sign_raw(&json!({"alg": named, "kid": id}).to_string(), &claims.to_string(), real)
    };
    let curve = raw(&keys.curve, "ES256", "ec", Algorithm::ES256);
    let (rest, signature) = curve.rsplit_once('.').expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("a signature");
    let longer = [bytes.clone(), vec![0]].concat();
    let der = [&[0x30, 0x44, 0x02, 0x20][..], &bytes[..32], &[0x02, 0x20], &bytes[32..]].concat();
    let signed = |signature: &[u8]| format!("{rest}.{}", URL_SAFE_NO_PAD.encode(signature));
    let rows = [
        ("RS512, which is not taken", raw(&parts.key, "RS512", "k1", Algorithm::RS512), "unsupported_algorithm"),
        (
            "a signature of another kind than named",
            raw(&parts.key, "RS256", "k1", Algorithm::PS256),
            "invalid_signature",
        ),
        ("ES256 with the id of an RSA key", raw(&keys.curve, "ES256", "k1", Algorithm::ES256), "unknown_key"),
        ("RS256 with the id of a key on a curve", raw(&parts.key, "RS256", "ec", Algorithm::RS256), "unknown_key"),
        ("an ES256 signature that is too short", signed(&bytes[..63]), "invalid_signature"),
        ("an ES256 signature that is too long", signed(&longer), "invalid_signature"),
        ("an ES256 signature in another form", signed(&der), "invalid_signature"),
        ("an ES256 signature of zeros", signed(&[0; 64]), "invalid_signature"),
    ];
    cases.extend(rows.into_iter().map(|(what, token, kind)| Case::token(what, &token, kind)));
    cases
}

/// Keys that the provider does not publish, or not for this.
fn key_ids(parts: &ServerWithProvider, keys: &Keys) -> Vec<Case> {
    let claims = parts.claims();
    let named = |key: &SigningKey, id: Option<&str>| {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = id.map(str::to_owned);
        key.sign_with(&header, &claims)
    };
    let rows = [
        ("an unknown key", keys.foreign.sign(&claims), "unknown_key"),
        ("an unknown key by the id of a known one", named(&keys.foreign, Some("k1")), "invalid_signature"),
        ("the id of another known key", named(&parts.key, Some("k2")), "invalid_signature"),
        ("no key id where there are many", named(&parts.key, None), "unknown_key"),
        ("an empty key id", named(&parts.key, Some("")), "unknown_key"),
        ("a key id with a slash more", named(&parts.key, Some("k1/")), "unknown_key"),
        ("a key id in capitals", named(&parts.key, Some("K1")), "unknown_key"),
        ("a path as key id", named(&keys.foreign, Some("../../dev/null")), "unknown_key"),
        ("a query as key id", named(&keys.foreign, Some("x' union select 'k1")), "unknown_key"),
        ("a key that is too small", named(&keys.foreign, Some("small")), "unknown_key"),
        ("a key that only encrypts", named(&keys.encrypts, Some("enc")), "unknown_key"),
        (
            "a key that agrees on keys",
            keys.seals.sign_raw(r#"{"alg":"ES256","kid":"seals"}"#, &claims.to_string(), Algorithm::ES256),
            "unknown_key",
        ),
    ];
    rows.into_iter().map(|(what, token, kind)| Case::token(what, &token, kind)).collect()
}

/// Members of the header that want to be obeyed.
fn headers(parts: &ServerWithProvider, keys: &Keys) -> Vec<Case> {
    let claims = parts.claims().to_string();
    let signed = |key: &SigningKey, more: Value| {
        let mut header = json!({"alg": "RS256", "kid": "k1"});
        for (name, value) in more.as_object().expect("a map") {
            header[name] = value.clone();
        }
        key.sign_raw(&header.to_string(), &claims, Algorithm::RS256)
    };
    let jwk = json!({"kty": "RSA", "n": keys.foreign.public["n"], "e": keys.foreign.public["e"]});
    let rows = [
        ("the kind of an ID token", signed(&parts.key, json!({"typ": "id_token"})), "wrong_token_type"),
        ("the kind of a proof", signed(&parts.key, json!({"typ": "dpop+jwt"})), "wrong_token_type"),
        ("the kind of a log-out", signed(&parts.key, json!({"typ": "logout+jwt"})), "wrong_token_type"),
        ("a critical header", signed(&parts.key, json!({"crit": ["exp"], "exp": 0})), "unsupported_crit_header"),
        ("an empty critical header", signed(&parts.key, json!({"crit": []})), "unsupported_crit_header"),
        ("claims that are not encoded", signed(&parts.key, json!({"b64": false})), "unsupported_crit_header"),
        (
            "claims that are not encoded, critically",
            signed(&parts.key, json!({"b64": false, "crit": ["b64"]})),
            "unsupported_crit_header",
        ),
        ("claims that are packed", signed(&parts.key, json!({"zip": "DEF"})), "unsupported_crit_header"),
        ("a key of its own", signed(&keys.foreign, json!({"jwk": jwk})), "invalid_signature"),
        ("a key of its own by an unknown id", signed(&keys.foreign, json!({"jwk": jwk, "kid": "own"})), "unknown_key"),
        ("an address of keys", signed(&keys.foreign, json!({"jku": "https://evil.example/keys"})), "invalid_signature"),
        (
            "an address of a certificate",
            signed(&keys.foreign, json!({"x5u": "https://evil.example/x"})),
            "invalid_signature",
        ),
        ("a certificate", signed(&keys.foreign, json!({"x5c": ["MIIB"]})), "invalid_signature"),
        ("a header with a list as its type", signed(&parts.key, json!({"typ": ["JWT"]})), "unreadable"),
        ("a key id that is a number", signed(&parts.key, json!({"kid": 1})), "unreadable"),
    ];
    rows.into_iter().map(|(what, token, kind)| Case::token(what, &token, kind)).collect()
}

/// Well signed texts that are no claims, or could be read in two ways.
fn texts(parts: &ServerWithProvider) -> Vec<Case> {
    let claims = parts.claims().to_string();
    let more = |member: &str| format!("{},{member}}}", claims.trim_end_matches('}'));
    let header = r#"{"alg":"RS256","kid":"k1"}"#;
    let signed = |header: &str, claims: &str| parts.key.sign_raw(header, claims, Algorithm::RS256);
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let rows = [
        ("the audience twice", signed(header, &more(r#""aud":"x""#)), "unreadable"),
        ("the subject twice", signed(header, &more(r#""sub":"root""#)), "unreadable"),
        ("groups twice", signed(header, &more(r#""groups":["admins"]"#)), "unreadable"),
        ("the end twice", signed(header, &more(r#""exp":9999999999"#)), "unreadable"),
        ("a claim twice by an escape", signed(header, &more(r#""\u0073ub":"root""#)), "unreadable"),
        ("a claim twice further in", signed(header, &more(r#""ext":{"a":1,"a":2}"#)), "unreadable"),
        ("the algorithm twice", signed(r#"{"alg":"RS256","kid":"k1","alg":"none"}"#, &claims), "unreadable"),
        ("the key id twice", signed(r#"{"alg":"RS256","kid":"k2","kid":"k1"}"#, &claims), "unreadable"),
        ("a header without an algorithm", signed(r#"{"kid":"k1"}"#, &claims), "unreadable"),
        ("a header that is a list", signed(r#"["RS256"]"#, &claims), "unreadable"),
        ("a header that is no JSON", signed("RS256", &claims), "unreadable"),
        ("claims that are a list", signed(header, "[]"), "unreadable"),
        ("claims that are a text", signed(header, r#""ana""#), "unreadable"),
        ("claims that are null", signed(header, "null"), "unreadable"),
        ("claims that are no JSON", signed(header, "ana"), "unreadable"),
        ("claims with something after them", signed(header, &format!("{claims}{claims}")), "unreadable"),
        ("claims with a number beyond all", signed(header, &more(r#""x":1e999"#)), "unreadable"),
        ("claims that are very deep", signed(header, &more(&format!(r#""x":{deep}"#))), "unreadable"),
    ];
    rows.into_iter().map(|(what, token, kind)| Case::token(what, &token, kind)).collect()
}
