//! The tools of every endpoint, pinned by snapshots, and what they cost an assistant to read.

use std::{fmt::Write as _, path::Path};

use catalogue::Catalogue;
use mcp::{Endpoint, listing};

/// Name of the snapshot, endpoint, and its budget in tokens.
fn endpoints() -> [(&'static str, Endpoint, usize); 3] {
    [
        ("mcp", Endpoint::curated(), 5_000),
        ("mcp-full", Endpoint::full(), 20_000),
        ("mcp-readonly", Endpoint::curated().read_only(), 5_000),
    ]
}

#[test]
fn tool_list_of_every_endpoint_is_within_its_token_budget() {
    let catalogue = Catalogue::builtin();
    for (name, endpoint, budget) in endpoints() {
        let listing = listing(&catalogue, &endpoint);
        assert!(listing.tokens <= budget, "{name} costs {} tokens of {budget}:\n{}", listing.tokens, listing.table());
    }
}

#[test]
fn toolsets_are_not_empty_and_together_contain_every_tool_once() {
    let catalogue = Catalogue::builtin();
    let full = listing(&catalogue, &Endpoint::full()).tools.len();
    let size = |name| listing(&catalogue, &Endpoint::toolsets([name])).tools.len();
    let sizes: Vec<usize> = catalogue.toolsets().into_iter().map(size).collect();
    assert!(sizes.iter().all(|tools| *tools > 0), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), full);
}

/// The lists are in `tests/snapshots/`, so that a review shows every change of what assistants read.
/// `UPDATE_SNAPSHOTS=1` writes them again.
#[test]
fn tool_list_of_every_endpoint_equals_its_reviewed_snapshot() {
    let catalogue = Catalogue::builtin();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    for (name, endpoint, _) in endpoints() {
        let mut text = String::new();
        for size in listing(&catalogue, &endpoint).tools {
            writeln!(text, "{}", size.tool).expect("writing to a string cannot fail");
        }
        let file = folder.join(format!("{name}.jsonl"));
        if option_env!("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).expect("the folder is writable");
            std::fs::write(&file, &text).expect("the snapshot is writable");
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        let added = text.lines().find(|line| !reviewed.lines().any(|known| known == *line));
        let removed = reviewed.lines().find(|line| !text.lines().any(|now| now == *line));
        assert!(
            added.is_none() && removed.is_none(),
            "{} differs; review it, then write it again with UPDATE_SNAPSHOTS=1\n  now: {added:?}\n  reviewed: {removed:?}",
            file.display()
        );
    }
}
