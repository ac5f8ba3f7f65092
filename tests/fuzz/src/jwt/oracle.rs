//! The rules of a valid token, implemented a second time, more strictly and without code of the server.

use serde::{
    Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{
    CLOCK_MARGIN,
    world::{LISTED, Signing, World, now},
};

/// Why these texts, signed with this key, are not a valid token; `None` if they may be one.
pub(super) fn rejection(
    world: &World,
    server: usize,
    signing: &Signing,
    header: &str,
    claims: &str,
) -> Option<&'static str> {
    let (Some(header), Some(claims)) = (members(header), members(claims)) else {
        return Some("no map of unique members");
    };
    let settings = &world.settings[server];
    let leeway = i64::try_from(settings.leeway.as_secs()).expect("seconds");
    let absent =
        |map: &Map<String, Value>, names: &[&str]| names.iter().all(|name| map.get(*name).is_none_or(Value::is_null));
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let signed_with = format!("{:?}", signing.algorithms[0]);
    let checks = [
        (text(header.get("alg")) != Some(signed_with), "another algorithm than it is signed with"),
        (!settings.algorithms.contains(&signing.algorithms[0]), "an algorithm that is not accepted"),
        (!signing.usable, "a key that the provider does not publish for signatures"),
        (!key_is_found(world, signing, header.get("kid")), "a key id of another key"),
        (!absent(&header, &["crit", "zip"]) || header.contains_key("b64"), "a header that is not understood"),
        (text(claims.get("iss")).as_deref() != Some(&*world.issuer), "another issuer"),
        (!ends(claims.get("exp"), now() - leeway - CLOCK_MARGIN), "no end, or a past one"),
        (!begins(claims.get("nbf"), now() + leeway + CLOCK_MARGIN), "it begins later"),
        (!begins(claims.get("iat"), now() + leeway + CLOCK_MARGIN), "it was made later"),
        (text(claims.get("sub")).is_none_or(|sub| sub.is_empty() || sub.chars().any(char::is_control)), "no subject"),
        (!absent(&claims, &["nonce", "at_hash", "c_hash", "events"]), "another kind of token"),
        (!absent(&claims, &["cnf"]), "a sender-constrained token"),
    ];
    if let Some((_, why)) = checks.into_iter().find(|(wrong, _)| *wrong) {
        return Some(why);
    }
    let kind = header.get("typ").map(|typ| typ.as_str().unwrap_or("no text").to_lowercase());
    if !matches!(kind.as_deref(), None | Some("jwt" | "at+jwt" | "application/at+jwt"))
        && !header.get("typ").is_some_and(Value::is_null)
    {
        return Some("another kind of token");
    }
    let used = claims.get("token_use").filter(|used| !used.is_null());
    if used.is_some_and(|used| used != "access_token" && used != "access") {
        return Some("another use");
    }
    (!for_us(world, server, &claims)).then_some("another audience")
}

fn key_is_found(world: &World, signing: &Signing, id: Option<&Value>) -> bool {
    let fits = |key: &&Signing| key.usable && key.algorithms.contains(&signing.algorithms[0]);
    match id.filter(|id| !id.is_null()) {
        Some(id) => *id == signing.key.id.as_str(),
        None => world.keys.iter().filter(fits).count() == 1,
    }
}

fn ends(value: Option<&Value>, after: i64) -> bool {
    value.and_then(Value::as_f64).is_some_and(|end| end >= after as f64)
}

fn begins(value: Option<&Value>, before: i64) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_f64().is_some_and(|begin| begin <= before as f64))
}

fn for_us(world: &World, server: usize, claims: &Map<String, Value>) -> bool {
    let settings = &world.settings[server];
    let ours = |one: &Value| one.as_str().is_some_and(|one| settings.audiences.iter().any(|own| own == one));
    let client = ["client_id", "azp"].iter().filter_map(|name| claims.get(*name)).find(|id| !id.is_null());
    let listed =
        client.is_some_and(|id| id == LISTED) && settings.clients_without_audience.iter().any(|id| id == LISTED);
    match claims.get("aud") {
        None | Some(Value::Null) => listed,
        Some(Value::Array(all)) if all.is_empty() => listed,
        Some(Value::Array(all)) => all.iter().all(Value::is_string) && all.iter().any(ours),
        Some(one) => ours(one),
    }
}

/// The members of a JSON object, if each name occurs once.
fn members(text: &str) -> Option<Map<String, Value>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Option<Map<String, Value>>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Self::Value, A::Error> {
            let (mut map, mut twice) = (Map::new(), false);
            while let Some((name, value)) = pairs.next_entry::<String, Value>()? {
                twice |= map.insert(name, value).is_some();
            }
            Ok((!twice).then_some(map))
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Members).ok()?;
    reader.end().ok()?;
    read
}
