//! No files of a crate import each other in a cycle: each can be read after those that it uses.
//!
//! The test reads product code only (no `#[cfg(test)]`). A path (`crate::a::Item`, `super::Item`, `child::item`) leads
//! to the file that defines the item; re-exports are followed, and neither `mod child;` nor a re-export is an import.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Longest chain of re-exports that is followed.
const MAX_REEXPORTS: usize = 8;

/// A module of a crate, by its path from the crate's root.
type ModulePath = Vec<String>;

/// What one module defines and names.
#[derive(Default)]
struct Module {
    file: PathBuf,
    /// Names of functions, types, constants and macros.
    items: BTreeSet<String>,
    /// Local name of each `use`, and its path.
    uses: BTreeMap<String, Vec<String>>,
    /// Paths of `use path::*`.
    globs: Vec<Vec<String>>,
    /// Paths that the code of this module names, private imports included.
    paths: Vec<Vec<String>>,
}

/// The modules of one crate.
#[derive(Default)]
struct Crate(BTreeMap<ModulePath, Module>);

/// Splits Rust source into identifiers, `::` and single characters, without comments and literals.
fn tokens(source: &str) -> Vec<String> {
    let text: Vec<char> = source.chars().collect();
    let at = |index: usize| text.get(index).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < text.len() {
        match (at(index), at(index + 1)) {
            ('/', '/') => index += text[index..].iter().take_while(|letter| **letter != '\n').count(),
            ('/', '*') => {
                index += 2;
                while index < text.len() && (at(index), at(index + 1)) != ('*', '/') {
                    index += 1;
                }
                index += 2;
            }
            ('"', _) => index = string_end(&text, index),
            ('r', '"' | '#') if raw_string_end(&text, index).is_some() => {
                index = raw_string_end(&text, index).unwrap_or(text.len());
            }
            // a character, not a lifetime
            ('\'', '\\') => index += 3 + text[index + 3..].iter().take_while(|letter| **letter != '\'').count() + 1,
            ('\'', _) if at(index + 2) == '\'' => index += 3,
            (':', ':') => {
                tokens.push("::".to_owned());
                index += 2;
            }
            (letter, _) if letter.is_alphanumeric() || letter == '_' => {
                let word: String =
                    text[index..].iter().take_while(|letter| letter.is_alphanumeric() || **letter == '_').collect();
                index += word.chars().count();
                tokens.push(word);
            }
            (letter, _) => {
                if !letter.is_whitespace() {
                    tokens.push(letter.to_string());
                }
                index += 1;
            }
        }
    }
    tokens
}

/// Index behind the string literal that begins at `start`.
fn string_end(text: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < text.len() && text[index] != '"' {
        index += if text[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

/// Index behind the raw string literal that begins at `start`, if one does.
fn raw_string_end(text: &[char], start: usize) -> Option<usize> {
    let hashes = text[start + 1..].iter().take_while(|letter| **letter == '#').count();
    let open = start + 1 + hashes;
    if text.get(open) != Some(&'"') || (start > 0 && (text[start - 1].is_alphanumeric() || text[start - 1] == '_')) {
        return None;
    }
    let closes = |index: &usize| text[*index] == '"' && text[index + 1..].iter().take(hashes).all(|l| *l == '#');
    Some((open + 1..text.len()).find(closes)? + 1 + hashes)
}

/// Index behind the bracket that closes the one at `open`.
fn group_end(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

/// Index behind the item at `start`: behind its `;` or its body.
fn item_end(tokens: &[String], start: usize) -> usize {
    let mut index = start;
    while index < tokens.len() {
        match tokens[index].as_str() {
            ";" | "," | "}" => return index + 1,
            "{" => return group_end(tokens, index),
            "(" | "[" => index = group_end(tokens, index),
            _ => index += 1,
        }
    }
    index
}

/// Removes all that only tests see.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let mut product = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        if tokens[index..].iter().take(7).map(String::as_str).eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            index = item_end(tokens, index + 7);
        } else {
            product.push(tokens[index].clone());
            index += 1;
        }
    }
    product
}

/// Reads the paths of a `use` tree into local name and path; a glob has the name `*`.
fn use_tree(tokens: &[String], index: &mut usize, prefix: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = prefix.to_vec();
    while *index < tokens.len() {
        match tokens[*index].as_str() {
            "{" => {
                *index += 1;
                while *index < tokens.len() && tokens[*index] != "}" {
                    use_tree(tokens, index, &path, found);
                    if tokens[*index] == "," {
                        *index += 1;
                    }
                }
                *index += 1;
                return;
            }
            "*" => {
                *index += 1;
                found.push(("*".to_owned(), path));
                return;
            }
            "::" => *index += 1,
            "," | "}" | ";" => break,
            "as" => {
                found.push((tokens[*index + 1].clone(), path));
                *index += 2;
                return;
            }
            "self" if !path.is_empty() => *index += 1,
            name => {
                path.push(name.to_owned());
                *index += 1;
            }
        }
    }
    found.push((path.last().cloned().unwrap_or_default(), path));
}

impl Crate {
    /// Reads the crate with the root file `root`.
    fn read(root: &Path) -> Self {
        let mut read = Self::default();
        read.read_file(root, root.parent().expect("a folder"), Vec::new());
        read
    }

    /// Reads a file as the module `path`; its child files are in `folder`.
    fn read_file(&mut self, file: &Path, folder: &Path, path: ModulePath) {
        let source = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_module(&without_tests(&tokens(&source)), file, folder, path);
    }

    fn read_module(&mut self, tokens: &[String], file: &Path, folder: &Path, path: ModulePath) {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        let mut index = 0;
        let mut depth = 0_usize;
        let mut public = false;
        let mut reexports = Vec::new();
        let mut named_here = BTreeSet::new();
        while index < tokens.len() {
            let token = tokens[index].as_str();
            let next = tokens.get(index + 1).map_or("", String::as_str);
            let after = tokens.get(index + 2).map_or("", String::as_str);
            match token {
                "mod" if depth == 0 && (after == ";" || after == "{") => {
                    let child = [path.clone(), vec![next.to_owned()]].concat();
                    if after == ";" {
                        let flat = folder.join(format!("{next}.rs"));
                        let file = if flat.exists() { flat } else { folder.join(next).join("mod.rs") };
                        self.read_file(&file, &folder.join(next), child);
                        index += 3;
                    } else {
                        let end = group_end(tokens, index + 2);
                        self.read_module(&tokens[index + 3..end - 1], file, &folder.join(next), child);
                        index = end;
                    }
                    public = false;
                    continue;
                }
                "use" if next != "<" => {
                    let mut found = Vec::new();
                    index += 1;
                    use_tree(tokens, &mut index, &[], &mut found);
                    for (name, used) in found {
                        if name == "*" {
                            module.globs.push(used);
                        } else {
                            if public { &mut reexports } else { &mut module.paths }.push(used.clone());
                            module.uses.insert(name, used);
                        }
                    }
                    public = false;
                    continue;
                }
                "pub" if depth == 0 => {
                    public = true;
                    index = if next == "(" { group_end(tokens, index + 1) } else { index + 1 };
                    continue;
                }
                "fn" | "struct" | "enum" | "trait" | "type" | "const" | "static" | "union" if depth == 0 => {
                    module.items.insert(next.to_owned());
                    public = false;
                }
                "macro_rules" if depth == 0 => drop(module.items.insert(after.to_owned())),
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth = depth.saturating_sub(1),
                name if next == "::" && name != "::" => {
                    let mut named = vec![name.to_owned()];
                    let follows = index == 0 || (tokens[index - 1] != "::" && tokens[index - 1] != ".");
                    while tokens.get(index + 1).is_some_and(|token| token == "::")
                        && tokens
                            .get(index + 2)
                            .is_some_and(|token| token.starts_with(|l: char| l.is_alphabetic() || l == '_'))
                    {
                        named.push(tokens[index + 2].clone());
                        index += 2;
                    }
                    if follows {
                        module.paths.push(named);
                    }
                }
                name => drop(named_here.insert(name)),
            }
            index += 1;
        }
        // a re-export that the module itself uses is an import too
        module
            .paths
            .extend(reexports.into_iter().filter(|used| used.last().is_some_and(|name| named_here.contains(&**name))));
        self.0.insert(path, module);
    }

    /// The file that defines what `named` means in the module `from`; none for other crates and for modules themselves.
    fn resolve(&self, from: &[String], named: &[String], reexports: usize) -> Option<&Path> {
        let (first, mut rest) = named.split_first()?;
        let mut path = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            name if self.0.contains_key(&[from, &[name.to_owned()]].concat()) => [from, &[name.to_owned()]].concat(),
            name => {
                let used = self.0.get(from)?.uses.get(name)?;
                if reexports == 0 || used.first() == Some(first) && used.len() == 1 {
                    return None;
                }
                return self.resolve(from, &[used, rest].concat(), reexports - 1);
            }
        };
        while let Some((segment, more)) = rest.split_first() {
            let module = self.0.get(&path)?;
            let child = [path.clone(), vec![segment.clone()]].concat();
            if segment == "super" {
                path.pop();
            } else if self.0.contains_key(&child) {
                path = child;
            } else if module.items.contains(segment) {
                return Some(&module.file);
            } else if let Some(used) = module.uses.get(segment).filter(|_| reexports > 0) {
                return self.resolve(&path, &[used, more].concat(), reexports - 1);
            } else {
                let through =
                    |glob: &Vec<String>| self.resolve(&path, &[glob, rest].concat(), reexports.checked_sub(1)?);
                return module.globs.iter().find_map(through).or(Some(&module.file));
            }
            rest = more;
        }
        None
    }

    /// The files that each file imports.
    fn imports(&self) -> BTreeMap<&Path, BTreeSet<&Path>> {
        let mut imports: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
        for (path, module) in &self.0 {
            let found = imports.entry(&module.file).or_default();
            found.extend(module.paths.iter().filter_map(|named| self.resolve(path, named, MAX_REEXPORTS)));
            found.remove(&*module.file);
        }
        imports
    }
}

/// All that can be reached from `start`, without `start` where no import leads back to it.
fn reachable<'a>(imports: &BTreeMap<&'a Path, BTreeSet<&'a Path>>, start: &Path) -> BTreeSet<&'a Path> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Path> = imports.get(start).into_iter().flatten().copied().collect();
    while let Some(file) = open.pop() {
        if seen.insert(file) {
            open.extend(imports.get(file).into_iter().flatten());
        }
    }
    seen
}

/// The groups of files that import each other, each with its imports inside the group.
fn cycles(root: &Path) -> Vec<String> {
    let read = Crate::read(root);
    let imports = read.imports();
    let reached: BTreeMap<_, _> = imports.keys().map(|file| (*file, reachable(&imports, file))).collect();
    let mut groups = BTreeSet::new();
    for (file, there) in &reached {
        if there.contains(file) {
            groups.insert(there.iter().filter(|other| reached[**other].contains(file)).copied().collect::<Vec<_>>());
        }
    }
    let name =
        |file: &Path| file.strip_prefix(root.ancestors().nth(3).unwrap_or(root)).unwrap_or(file).display().to_string();
    let describe = |group: &Vec<&Path>| {
        let inside = |file: &Path| {
            let to = imports[file].iter().filter(|other| group.contains(other)).map(|other| name(other));
            format!("  {} -> {}", name(file), to.collect::<Vec<_>>().join(" "))
        };
        format!("{} files:\n{}", group.len(), group.iter().map(|file| inside(file)).collect::<Vec<_>>().join("\n"))
    };
    groups.iter().map(describe).collect()
}

#[test]
fn crate_files_have_no_import_cycle() {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository").join("server");
    let mut found = Vec::new();
    for folder in std::fs::read_dir(server).expect("the crates").flatten() {
        let source = folder.path().join("src");
        for root in ["lib.rs", "main.rs"].map(|name| source.join(name)).iter().filter(|root| root.exists()) {
            found.extend(cycles(root));
        }
    }
    assert!(found.is_empty(), "files import each other:\n{}", found.join("\n"));
}

#[test]
fn reexport_in_a_cycle_is_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("fixture/src");
    std::fs::create_dir_all(source.join("a")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(source.join(name), text).expect("written");
    write("lib.rs", "mod a; mod b; pub use b::B;");
    write("a.rs", "mod c; pub use c::C; use crate::B; #[cfg(test)] mod tests { use crate::b::Other; }");
    write("a/c.rs", "pub struct C;");
    write("b.rs", "pub struct B; /* crate::a::C */ pub struct Other(&'static str);");
    assert_eq!(cycles(&source.join("lib.rs")), Vec::<String>::new());
    write("b.rs", "pub struct B { c: crate::a::C }");
    write("a/c.rs", "pub struct C { b: Option<Box<super::super::B>> }");
    assert_eq!(cycles(&source.join("lib.rs")).len(), 1);
}
