//! Signed tokens on the whole road from the header to a caller: only what was made good is taken, and nothing else ever.

mod made;
mod oracle;
mod world;

use std::sync::{Mutex, OnceLock, PoisonError};

use made::Choices;
use world::World;

/// Seconds around a token's begin and end in which nothing is expected: both sides read the clock, one after the other.
const BLUR: i64 = 3;

/// Not of a thread, and never dropped: what it holds needs its runtime to the end.
static WORLD: OnceLock<Mutex<World>> = OnceLock::new();

/// Reads the bytes: the first says how a token is made of the others, and for which of two servers.
pub fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let world = WORLD.get_or_init(|| Mutex::new(World::new())).lock().unwrap_or_else(PoisonError::into_inner);
    let door = usize::from(first >> 7);
    match first & 3 {
        0 => by_choices(&world, door, rest),
        1 => by_texts(&world, door, rest),
        2 => by_edits(&world, rest),
        _ => as_it_is(&world, door, rest),
    }
}

/// A token of which every piece is chosen: taken exactly if all pieces are good ones, and then as just what it says.
fn by_choices(world: &World, door: usize, bytes: &[u8]) {
    let made = made::token(world, door, &mut Choices(bytes));
    let caller = world.asks(door, &made.token);
    match (caller, made.claims) {
        (Ok(caller), Ok(claims)) => {
            assert_eq!(caller.claims(), Some(&claims), "{}", made.what);
            assert!(caller.roles().is_empty() && caller.holder().is_none(), "a token gives no role: {}", made.what);
        }
        (Err(_), Err(_)) => {}
        (Ok(caller), Err(why)) => panic!("taken though {why}: {} as {caller:?}", made.what),
        (Err(error), Ok(_)) => panic!("refused as {error:?}: {}", made.what),
    }
}

/// Any header and any claims, truly signed: taken only if they say all that a good token does.
fn by_texts(world: &World, door: usize, bytes: &[u8]) {
    let Some((key, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let text = world.filled(text);
    let Some((header, claims)) = text.split_once('\n') else { return };
    let signing = &world.keys[usize::from(*key) % world.keys.len()];
    let token = signing.key.sign_raw(header, claims, signing.algorithms[0]);
    if let Ok(caller) = world.asks(door, &token) {
        let why = oracle::not_good(world, door, signing, header, claims);
        assert_eq!(why, None, "taken as {caller:?}: {header} {claims}");
    }
}

/// A good token with some of its letters changed, or with parts of another good one: never taken, unless it is one again.
fn by_edits(world: &World, bytes: &[u8]) {
    let Some((first, edits)) = bytes.split_first() else { return };
    let token = world::edited(&world.good, usize::from(*first), edits);
    let taken = world.asks(0, &token).is_ok();
    assert_eq!(taken, world.good.contains(&token), "{token}");
}

/// The bytes as a token: nobody can sign by chance.
fn as_it_is(world: &World, door: usize, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    assert!(world.asks(door, text).is_err(), "{text:?}");
}
