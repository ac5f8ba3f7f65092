//! Signed tokens on the whole path from the header to a caller: valid tokens are accepted, and no others.

mod chosen;
mod oracle;
mod world;

use std::sync::{Mutex, OnceLock, PoisonError};

use chosen::Choices;
use world::World;

/// Seconds around the start and end of a token that the targets avoid, because server and test read the clock one after the other.
const CLOCK_MARGIN: i64 = 3;

/// Process-wide and never dropped, because its values need their runtime.
static WORLD: OnceLock<Mutex<World>> = OnceLock::new();

/// Creates a token from the bytes. The first one selects how, and which of two servers checks it.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let world = WORLD.get_or_init(|| Mutex::new(World::new())).lock().unwrap_or_else(PoisonError::into_inner);
    let server = usize::from(first >> 7);
    match first & 3 {
        0 => check_chosen_parts(&world, server, rest),
        1 => check_signed_text(&world, server, rest),
        2 => check_edits(&world, rest),
        _ => check_raw(&world, server, rest),
    }
}

/// A token of chosen parts: accepted exactly if all parts are valid, and then with exactly its claims.
fn check_chosen_parts(world: &World, server: usize, bytes: &[u8]) {
    let made = chosen::token(world, server, &mut Choices(bytes));
    let caller = world.authenticate(server, &made.token);
    match (caller, made.claims) {
        (Ok(caller), Ok(claims)) => {
            assert_eq!(caller.claims(), Some(&claims), "{}", made.description);
            assert!(caller.roles().is_empty() && caller.owner().is_none(), "a token gives no role: {}", made.description);
        }
        (Err(_), Err(_)) => {}
        (Ok(caller), Err(why)) => panic!("accepted though {why}: {} as {caller:?}", made.description),
        (Err(error), Ok(_)) => panic!("rejected as {error:?}: {}", made.description),
    }
}

/// Any header and claims with a valid signature: accepted only if the oracle accepts them.
fn check_signed_text(world: &World, server: usize, bytes: &[u8]) {
    let Some((key, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let text = world.filled(text);
    let Some((header, claims)) = text.split_once('\n') else { return };
    let signing = &world.keys[usize::from(*key) % world.keys.len()];
    let token = signing.key.sign_raw(header, claims, signing.algorithms[0]);
    if let Ok(caller) = world.authenticate(server, &token) {
        let why = oracle::rejection(world, server, signing, header, claims);
        assert_eq!(why, None, "accepted as {caller:?}: {header} {claims}");
    }
}

/// A valid token with changed letters, or with parts of another valid one: rejected, except if the result is a valid token again.
fn check_edits(world: &World, bytes: &[u8]) {
    let Some((first, edits)) = bytes.split_first() else { return };
    let token = world::edit(&world.good, usize::from(*first), edits);
    let accepted = world.authenticate(0, &token).is_ok();
    assert_eq!(accepted, world.good.contains(&token), "{token}");
}

/// The bytes as a token: no input is signed by chance.
fn check_raw(world: &World, server: usize, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    assert!(world.authenticate(server, text).is_err(), "{text:?}");
}
