//! Commands that disable and enable other commands.

pub mod enable_destroy;
pub mod list;
pub mod switch;

/// The client's words for what is disabled, and the API's.
const SETS: [(&str, &str); 3] =
    [("destroy-model", "BlockDestroy"), ("remove-object", "BlockRemove"), ("all", "BlockChange")];

/// The client's word.
fn command_set(wire: &str) -> &'static str {
    SETS.iter().find(|(_, kind)| *kind == wire).map_or("<unknown>", |(set, _)| set)
}
