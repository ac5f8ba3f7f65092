#!/usr/bin/env python3
"""documents: every link and every path that the documents name is there, and the map of the code fits on its pages."""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[1]
NEEDED = ("README.md", "docs/ARCHITECTURE.md", "docs/STYLE.md", "docs/adding-a-tool.md", "server/README.md")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
NAMED = re.compile(r"`((?:server|tests|docs|charm|\.ci)/[\w./-]*\w)`")
LONGEST = {"docs/ARCHITECTURE.md": 200}


def faults(name):
    """What is wrong in one document, a sentence each."""
    text = (TREE / name).read_text()
    folder = (TREE / name).parent
    for link in LINK.findall(text):
        if "://" not in link and not link.startswith("mailto:") and not (folder / link).exists():
            yield f"{name}: the link `{link}` leads nowhere"
    for path in NAMED.findall(text):
        if not (TREE / path).exists():
            yield f"{name}: `{path}` is named and not there"
    lines = len(text.splitlines())
    if lines > LONGEST.get(name, lines):
        yield f"{name}: {lines} lines, at most {LONGEST[name]} are wanted"


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=TREE, text=True, capture_output=True, check=True).stdout
    names = sorted({*NEEDED, *listed.splitlines()})
    failed = 0
    for name in names:
        wrong = list(faults(name)) if (TREE / name).exists() else [f"{name}: missing"]
        failed += bool(wrong)
        for sentence in wrong:
            print(f"FAIL {sentence}")
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
