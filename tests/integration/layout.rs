//! The walls: which room knows which, as docs/ARCHITECTURE.md says, and that the heads of files are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are below the tree").to_owned()
}

/// The table of rooms in the architecture: each room and the rooms that it knows.
fn promised() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(tree().join("docs/ARCHITECTURE.md")).expect("the architecture");
    let table = text.split("## Rooms").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the table of rooms");
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        let name = names(cells.get(1)?).into_iter().next()?;
        Some((name, names(cells.get(3)?)))
    };
    table.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

/// The rooms as Cargo knows them, by folder.
fn built() -> BTreeMap<String, BTreeSet<String>> {
    let mut rooms = BTreeMap::new();
    for folder in std::fs::read_dir(tree().join("server")).expect("the rooms").flatten() {
        let Ok(text) = std::fs::read_to_string(folder.path().join("Cargo.toml")) else { continue };
        let dependencies =
            text.split("[dependencies]").nth(1).map_or("", |rest| rest.split("\n[").next().unwrap_or(""));
        let names = dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        let ours = |name: &str| match name {
            "http-server" => Some("http".to_owned()),
            name if tree().join("server").join(name).join("Cargo.toml").exists() => Some(name.to_owned()),
            _ => None,
        };
        rooms.insert(folder.file_name().to_string_lossy().into_owned(), names.filter_map(ours).collect());
    }
    rooms
}

#[test]
fn every_room_knows_only_the_rooms_that_the_architecture_allows() {
    let promised = promised();
    for (room, known) in built() {
        let allowed = promised.get(&room).unwrap_or_else(|| panic!("`{room}` is not in docs/ARCHITECTURE.md"));
        let more: Vec<_> = known.difference(allowed).collect();
        assert!(more.is_empty(), "`{room}` knows {more:?}, which docs/ARCHITECTURE.md does not allow");
    }
}

#[test]
fn only_one_room_names_each_outside_library_that_has_a_home() {
    for (library, home) in [("sqlx", "store"), ("rmcp", "mcp"), ("clap", "app"), ("axum", "http console mcp juju-sim")]
    {
        for (room, _) in built() {
            let text = std::fs::read_to_string(tree().join("server").join(&room).join("Cargo.toml")).expect("a room");
            let named = text
                .lines()
                .any(|line| line.starts_with(&format!("{library}.")) || line.starts_with(&format!("{library} ")));
            assert!(
                !named || home.split(' ').any(|home| home == room),
                "`{room}` names {library}, whose home is {home}"
            );
        }
    }
}

#[test]
fn the_wire_does_no_input_or_output() {
    let text = std::fs::read_to_string(tree().join("server/juju-wire/Cargo.toml")).expect("the wire");
    for library in ["tokio", "futures", "hyper", "rustls"] {
        assert!(!text.contains(library), "juju-wire names {library}");
    }
}
