#!/usr/bin/env python3
"""lint_source: checks the tracked files against docs/STYLE.md: lengths, words, test names, marks of unfinished work.

    tests/lint_source.py                  one line per check; the last line counts; exit code 1 if a check fails
    tests/lint_source.py --words [PATH..] rejected words and test names per folder, and every place below the paths
"""
import pathlib
import re
import sys

import lint_words
from lint_words import TREE, tracked

PUBLIC = re.compile(r"\s*pub (?:async |const )*(?:fn|struct|enum|trait|type|static|const) \w+")
FUNCTION = re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:async |const )*fn (\w+)")
UNFINISHED = re.compile(r"todo!\(|unimplemented!\(|\bTO" + r"DO\b|\bFIX" + r"ME\b|#\[ig" + r"nore")
PRIVATE = re.compile(r"/(?:work|root)/[a-z.]|registry\.npmjs|proxy\.golang|index\.crates\.io|pypi\.org/simple")
LOCKS = ("Cargo.lock", "package-lock.json", "uv.lock", "go.sum")
# Arithmetic that ends a task for values from outside: seconds as floating point, spans of a variable length, products of sizes
UNCHECKED = re.compile(r"\bfrom_secs_f(?:32|64)\(|\bTimeDelta::(?:weeks|days|hours|minutes|seconds|milliseconds)\((?!\d)"
                       r"|\bInstant::now\(\)\s*[+-]\s*(?!\w*::?)(?:self|settings|args|config|wait|timeout|limit)\b"
                       r"|\bas (?:u|i)(?:8|16|32)\b")
EMPTY_WORDS = {"core", "common", "utils", "util", "types", "helpers", "misc"}


def share(values, part):
    """The value below which the share `part` of all values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0


class Source:
    """One Rust file: its product lines (without the tests at its end) and its functions."""

    def __init__(self, name):
        self.name, self.text = name, (TREE / name).read_text()
        self.lines = re.split(r"\n#\[cfg\(test\)\]\s*\n(?:#\[[^\n]*\n)*mod ", self.text)[0].splitlines()

    def functions(self):
        """Each function's length and place; it ends at the brace in the column of its first letter."""
        for at, line in enumerate(self.lines):
            found = FUNCTION.match(line)
            if found and not line.rstrip().endswith(";"):
                end = next((j for j in range(at, len(self.lines)) if self.lines[j] == found.group(1) + "}"), at)
                yield end - at + 1, f"{self.name}:{found.group(2)}"

    def unwraps(self):
        """Places that abort the program without a reason."""
        return [f"{self.name}:{n}" for n, line in enumerate(self.lines, 1)
                if re.search(r"\.unwrap\(\)|\.expect\(\"\"\)", line.split("//")[0])]


    def unchecked(self):
        """Places where a number from outside could overflow: `try_*`, `checked_*` and `saturating_*` do not."""
        return [f"{self.name}:{n}" for n, line in enumerate(self.lines, 1) if UNCHECKED.search(line.split("//")[0])]


def figures(sources):
    """Rows: name, whether it holds, and the figure."""
    bodies = [(len(s.lines), s.name) for s in sources]
    functions = [found for s in sources for found in s.functions()]
    sizes, lengths = [n for n, _ in bodies], [n for n, _ in functions]
    yield "file bodies, median <= 120", share(sizes, .5) <= 120, f"{share(sizes, .5)} of {len(sizes)} files, {sum(sizes)} lines"
    yield "file bodies, 95th percentile <= 400", share(sizes, .95) <= 400, share(sizes, .95)
    yield "file bodies, none > 600", max(sizes, default=0) <= 600, max(bodies, default=0)
    yield "functions, 95th percentile <= 40", share(lengths, .95) <= 40, share(lengths, .95)
    yield "functions, none > 100", max(lengths, default=0) <= 100, max(functions, default=0)
    unwraps = [place for s in sources for place in s.unwraps()]
    yield "no unwrap in product code", not unwraps, unwraps[:4] or "none"
    unchecked = [place for s in sources for place in s.unchecked()]
    yield "no unchecked times and casts", not unchecked, unchecked[:4] or "none"
    headless = [s.name for s in sources if not s.text.startswith("//!")]
    yield "each file opens with a sentence", not headless, headless[:4] or "all"
    crates = {pathlib.Path(s.name).parts[1] for s in sources}
    yield "no crate named after nothing (utils, common, ...)", not crates & EMPTY_WORDS, len(crates)


def marks():
    """Text that no tracked file may contain."""
    unfinished, private = [], []
    for name in tracked("*.rs", "*.py", "*.go", "*.ts", "*.mjs", "*.md", "*.toml", "*.yaml", "tests/*", ".ci/*"):
        text = (TREE / name).read_text(errors="replace") if not name.endswith(LOCKS) else ""
        for number, line in enumerate(text.splitlines(), 1):
            if UNFINISHED.search(line) and not name.endswith(".md"):
                unfinished.append(f"{name}:{number}")
            if PRIVATE.search(line) and name != "tests/lint_source.py":
                private.append(f"{name}:{number}")
    yield "no marks of unfinished work", not unfinished, unfinished[:4] or "none"
    yield "no paths of a machine, no hosts of a registry", not private, private[:4] or "none"


def unlocked():
    """Calls of cargo in the tests that could change a lock file of the tree."""
    call = re.compile(r"""(?:"cargo", |cargo\(tally, |cargo_path, )"(?:build|clippy|doc|metadata|run|test)"(?!.*"--locked")""")
    found = [f"{name}:{n}" for name in tracked("tests/*") if not name.endswith((".rs", "lint_source.py"))
             for n, line in enumerate((TREE / name).read_text(errors="replace").splitlines(), 1) if call.search(line)]
    yield "cargo in the tests changes no lock file", not found, found[:4] or "none"


def outside_crates():
    """The number of third-party crates in the lock file."""
    packages = (TREE / "Cargo.lock").read_text().split("[[package]]")
    count = sum("\nsource = " in package for package in packages)
    yield "outside crates <= 450", count <= 450, count


def main():
    """Prints the checks, or with `--words` the places that are left to clean."""
    if sys.argv[1:2] == ["--words"]:
        return lint_words.show(sys.argv[2:])
    sources = [Source(name) for name in tracked("server/*.rs") if "/tests/" not in name]
    rows = [*figures(sources), *marks(), *unlocked(), *outside_crates(), *lint_words.figures()]
    for name, holds, figure in rows:
        print(f"{'ok  ' if holds else 'FAIL'} {name}: {figure}")
    failed = sum(not holds for _, holds, _ in rows)
    print(f"{len(rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
