"""The fenced blocks of the documents, and what the words after the language mean.

`sh`: run as written, in the order of the page, in one scratch folder. `sh background`: started, and left running until the page ends.
`sh cloud`: needs a cloud, a cluster or a running provider. Its `juju` commands run at a simulated controller; of other programs the flags are checked.
`sh tree`: builds or tests the source; other parts of the test run do that. `LANGUAGE file=PATH`: the content of a file.
"""
import pathlib
import re
import subprocess
import textwrap
import typing

TREE = pathlib.Path(__file__).resolve().parents[3]
FENCE = re.compile(r"^([ ]*)```(\S*)[ ]?([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
MARKERS = {"", "background", "cloud", "tree"}


class Block(typing.NamedTuple):
    """One block: its language, the word after it, its text and its line."""

    language: str
    word: str
    text: str
    line: int

    @property
    def file(self):
        """The path of the file that this block is."""
        return self.word.removeprefix("file=") if self.word.startswith("file=") else None


def pages():
    """All documents for operators and developers, as paths from the top of the tree."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=TREE, text=True, capture_output=True, check=True).stdout
    return sorted(name for name in listed.splitlines() if not name.startswith("docs/reference/"))


def blocks(page):
    """The blocks of a page."""
    text = (TREE / page).read_text()
    return [Block(found.group(2), found.group(3).strip(), textwrap.dedent(found.group(4)), text.count("\n", 0, found.start()) + 1)
            for found in FENCE.finditer(text)]


def shell_blocks(page, *words):
    """The shell blocks of a page with one of these markers."""
    return [block for block in blocks(page) if block.language == "sh" and block.word in words]


def file_of(page, path):
    """The text of the block of a page that is the file `path`."""
    (found,) = [block for block in blocks(page) if block.file == path]
    return found.text
