#!/usr/bin/env python3
"""docs_reference PROGRAM [--write]: the pages in docs/reference are exactly what the program and charmcraft.yaml generate.

Without `--write`, prints one line per page and fails if one differs. With it, writes the pages.
"""
import pathlib
import subprocess
import sys

import yaml

TREE = pathlib.Path(__file__).resolve().parents[1]
FOLDER = TREE / "docs" / "reference"
PAGES = {"cli": "cli.md", "configuration": "configuration.md", "error-codes": "error-codes.md", "http": "http.md", "metrics": "metrics.md",
         "openapi": "openapi.json"}
CHARM_HEAD = """# Charm options and actions

Every option and action of `charmcraft.yaml` with its type and default. [reference-charm.md](../reference-charm.md) has relations, states and alerts, and when a change applies.
"""


def cell(text):
    """A cell of a table in Markdown."""
    return " ".join(str(text).split()).replace("|", "\\|")


def default(value):
    """A default, as in a table."""
    return "" if value in (None, "") else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def charm_page():
    """The page of the charm."""
    declared = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
    lines = [CHARM_HEAD, "## Options", "", "| option | type | default | meaning |", "|---|---|---|---|"]
    for name, option in declared["config"]["options"].items():
        lines.append(f"| `{name}` | {option['type']} | {default(option.get('default'))} | {cell(option['description'])} |")
    lines += ["", "## Actions"]
    for name, action in declared["actions"].items():
        lines += ["", f"### `{name}`", "", cell(action["description"])]
        if parameters := action.get("params"):
            required = action.get("required", [])
            lines += ["", "| parameter | type | default | meaning |", "|---|---|---|---|"]
            for parameter, schema in parameters.items():
                kind = schema.get("type", "string")
                stated = "required" if parameter in required else default(schema.get("default"))
                lines.append(f"| `{parameter}` | {kind} | {stated} | {cell(schema.get('description', ''))} |")
    return "\n".join(lines) + "\n"


def pages(program):
    """File name and text of each page."""
    for name, file in PAGES.items():
        yield file, subprocess.run([program, "reference", name], text=True, capture_output=True, check=True).stdout
    yield "charm.md", charm_page()


def main():
    """Compares or writes the pages."""
    program, *flags = sys.argv[1:]
    failed = 0
    expected = dict(pages(program))
    for file, text in expected.items():
        path = FOLDER / file
        if flags == ["--write"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            failed += 1
            print(f"FAIL docs/reference/{file} differs from its source: write it again with `tests/docs_reference.py PROGRAM --write`")
    for path in FOLDER.iterdir():
        if path.name not in expected:
            failed += 1
            print(f"FAIL docs/reference/{path.name} has no source")
    print(f"{len(expected) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
