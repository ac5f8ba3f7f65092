//! Crate dependencies match the table in `docs/ARCHITECTURE.md`, and some libraries are used by one crate only.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Dependencies by crate.
type Dependencies = BTreeMap<String, BTreeSet<String>>;

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are below the tree").to_owned()
}

fn manifest(name: &str) -> Option<String> {
    std::fs::read_to_string(tree().join("server").join(name).join("Cargo.toml")).ok()
}

/// The allowed dependencies: the table of crates in the architecture document.
fn documented() -> Dependencies {
    let text = std::fs::read_to_string(tree().join("docs/ARCHITECTURE.md")).expect("the architecture document");
    let section = text.split("## Crates").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the crates");
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').collect();
        let name = names(cells.get(1)?).into_iter().next()?;
        Some((name, names(cells.get(3)?)))
    };
    section.lines().filter(|line| line.starts_with("| `")).filter_map(row).collect()
}

/// The actual dependencies of the crates in `server/`, by folder.
fn actual() -> Dependencies {
    let mut crates = BTreeMap::new();
    for folder in std::fs::read_dir(tree().join("server")).expect("the crates").flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let Some(text) = manifest(&name) else { continue };
        let section = text.split("[dependencies]").nth(1).map_or("", |rest| rest.split("\n[").next().unwrap_or(""));
        let dependencies = section.lines().filter_map(|line| line.split(['.', ' ', '=']).next());
        let internal = |name: &str| match name {
            "http-server" => Some("http".to_owned()),
            // a library of that name
            "http" => None,
            name => manifest(name).map(|_| name.to_owned()),
        };
        crates.insert(name, dependencies.filter_map(internal).collect());
    }
    crates
}

#[test]
fn crates_depend_only_on_crates_in_the_architecture_table() {
    let documented = documented();
    for (name, dependencies) in actual() {
        let allowed = documented.get(&name).unwrap_or_else(|| panic!("`{name}` is not in docs/ARCHITECTURE.md"));
        let undocumented: Vec<_> = dependencies.difference(allowed).collect();
        assert!(
            undocumented.is_empty(),
            "`{name}` depends on {undocumented:?}, which docs/ARCHITECTURE.md does not list"
        );
    }
}

#[test]
fn architecture_table_lists_only_existing_crates() {
    let actual = actual();
    let missing: Vec<_> = documented().into_keys().filter(|name| !actual.contains_key(name)).collect();
    assert!(missing.is_empty(), "docs/ARCHITECTURE.md lists {missing:?}, which are not in server/");
}

#[test]
fn libraries_with_an_owner_are_used_by_no_other_crate() {
    for (library, owners) in
        [("sqlx", "store"), ("rmcp", "mcp"), ("clap", "app"), ("axum", "http console mcp juju-sim")]
    {
        for (name, _) in actual() {
            let text = manifest(&name).expect("a crate");
            let used = text
                .lines()
                .any(|line| line.starts_with(&format!("{library}.")) || line.starts_with(&format!("{library} ")));
            let allowed = owners.split(' ').any(|owner| owner == name);
            assert!(!used || allowed, "`{name}` uses {library}, which only {owners} may use");
        }
    }
}

#[test]
fn juju_wire_has_no_io_library() {
    let text = manifest("juju-wire").expect("the crate");
    for library in ["tokio", "futures", "hyper", "rustls"] {
        assert!(!text.contains(library), "juju-wire uses {library}");
    }
}
