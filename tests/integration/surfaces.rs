//! What every surface offers, pinned, and what it costs an assistant to read.

use std::{fmt::Write as _, path::Path};

use catalogue::Catalogue;
use mcp::{Surface, listing};

fn surfaces() -> [(&'static str, Surface, usize); 3] {
    [
        ("mcp", Surface::curated(), 5_000),
        ("mcp-full", Surface::full(), 20_000),
        ("mcp-readonly", Surface::curated().read_only(), 5_000),
    ]
}

#[test]
fn every_surface_stays_within_its_budget() {
    let catalogue = Catalogue::shipped();
    for (name, surface, budget) in surfaces() {
        let listing = listing(&catalogue, &surface);
        assert!(listing.tokens <= budget, "{name} costs {} tokens of {budget}:\n{}", listing.tokens, listing.table());
    }
}

#[test]
fn every_toolset_has_tools_and_every_tool_stands_in_one() {
    let catalogue = Catalogue::shipped();
    let full = listing(&catalogue, &Surface::full()).tools.len();
    let each = catalogue.toolsets().into_iter().map(|name| listing(&catalogue, &Surface::toolsets([name])).tools.len());
    let each: Vec<usize> = each.collect();
    assert!(each.iter().all(|tools| *tools > 0), "{each:?}");
    assert_eq!(each.iter().sum::<usize>(), full);
}

/// The lists stand in `tests/snapshots/`, so that a change of what assistants are told is seen in review.
/// `UPDATE_SNAPSHOTS=1` writes them anew.
#[test]
fn the_lists_are_as_they_were_reviewed() {
    let catalogue = Catalogue::shipped();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    for (name, surface, _) in surfaces() {
        let mut text = String::new();
        for line in listing(&catalogue, &surface).tools {
            writeln!(text, "{}", line.tool).expect("a string takes all");
        }
        let file = folder.join(format!("{name}.jsonl"));
        if option_env!("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(&folder).expect("the folder");
            std::fs::write(&file, &text).expect("written");
        }
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        let odd = text.lines().find(|line| !reviewed.lines().any(|known| known == *line));
        let gone = reviewed.lines().find(|line| !text.lines().any(|now| now == *line));
        assert!(
            odd.is_none() && gone.is_none(),
            "{} differs; review it, then write it anew with UPDATE_SNAPSHOTS=1\n  now: {odd:?}\n  before: {gone:?}",
            file.display()
        );
    }
}
