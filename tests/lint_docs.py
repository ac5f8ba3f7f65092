#!/usr/bin/env python3
"""lint_docs: every link and path in the documents exists, and ARCHITECTURE.md stays short."""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[1]
REQUIRED = ("README.md", "docs/ARCHITECTURE.md", "docs/STYLE.md", "docs/adding-a-tool.md",
            "server/README.md", "tests/README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:server|tests|docs|charm|\.ci)/[\w./-]*\w)`")
MAX_LINES = {"docs/ARCHITECTURE.md": 200}


def errors(name):
    """The errors of one document, one sentence each."""
    text = (TREE / name).read_text()
    folder = (TREE / name).parent
    for link in LINK.findall(text):
        if "://" not in link and not link.startswith("mailto:") and not (folder / link).exists():
            yield f"{name}: the link `{link}` has no target"
    for path in PATH.findall(text):
        if not (TREE / path).exists():
            yield f"{name}: `{path}` does not exist"
    lines = len(text.splitlines())
    if lines > MAX_LINES.get(name, lines):
        yield f"{name}: {lines} lines, the maximum is {MAX_LINES[name]}"


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=TREE, text=True, capture_output=True, check=True).stdout
    names = sorted({*REQUIRED, *listed.splitlines()})
    failed = 0
    for name in names:
        found = list(errors(name)) if (TREE / name).exists() else [f"{name}: missing"]
        failed += bool(found)
        for sentence in found:
            print(f"FAIL {sentence}")
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
