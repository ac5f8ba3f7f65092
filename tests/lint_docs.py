#!/usr/bin/env python3
"""lint_docs: every link, anchor and path in the documents exists, the index reaches every page, and ARCHITECTURE.md stays short."""
import pathlib
import re
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[1]
INDEX = "docs/README.md"
REQUIRED = ("README.md", INDEX, "docs/ARCHITECTURE.md", "docs/STYLE.md", "docs/adding-a-tool.md",
            "server/README.md", "tests/README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"`((?:server|tests|docs|charm|\.ci)/[\w./-]*\w)`")
MAX_LINES = {"docs/ARCHITECTURE.md": 200}


def anchors(file):
    """The anchors of the headings of a document, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", FENCE.sub("", file.read_text()), re.MULTILINE):
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.append(f"{anchor}-{found.count(anchor)}" if anchor in found else anchor)
    return found


def errors(name):
    """The errors of one document, one sentence each."""
    text = (TREE / name).read_text()
    folder = (TREE / name).parent
    for link, anchor in LINK.findall(text):
        if "://" in link or link.startswith("mailto:") or not (link or anchor):
            continue
        target = folder / link if link else TREE / name
        if not target.exists():
            yield f"{name}: the link `{link}` has no target"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{name}: `{link}` has no heading for `#{anchor}`"
    for path in PATH.findall(text):
        if not (TREE / path).exists():
            yield f"{name}: `{path}` does not exist"
    lines = len(text.splitlines())
    if lines > MAX_LINES.get(name, lines):
        yield f"{name}: {lines} lines, the maximum is {MAX_LINES[name]}"


def unreached(names):
    """Pages below `docs` that no link of the index, and no link of a page that it reaches, leads to."""
    reached, left = set(), [INDEX]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            folder = (TREE / name).parent
            for link, _ in LINK.findall((TREE / name).read_text()) if name.endswith(".md") else ():
                target = (folder / link).resolve()
                if "://" not in link and target.is_file() and target.is_relative_to(TREE):
                    left.append(target.relative_to(TREE).as_posix())
    return [name for name in names if name.startswith("docs/") and name not in reached and not name.startswith("docs/decisions/")]


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=TREE, text=True, capture_output=True, check=True).stdout
    names = sorted({*REQUIRED, *listed.splitlines()})
    failed = 0
    for name in names:
        found = list(errors(name)) if (TREE / name).exists() else [f"{name}: missing"]
        failed += bool(found)
        for sentence in found:
            print(f"FAIL {sentence}")
    for name in unreached(names):
        failed += 1
        print(f"FAIL {name}: {INDEX} does not lead to it")
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
