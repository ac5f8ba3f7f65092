"""The `juju` commands of the documents, which need a cloud: every sub-command and flag exists in the real client, every name in our charm."""
import functools
import re
import shlex
import subprocess

import yaml
from blocks import MARKERS, TREE, pages, shell_blocks
from conftest import required_path

CHARM = yaml.safe_load((TREE / "charmcraft.yaml").read_text())


def juju_commands():
    """Each `juju` command line of the shell blocks: page, line of the block, words."""
    for page in pages():
        for block in shell_blocks(page, *MARKERS):
            for line in block.text.replace("\\\n", " ").splitlines():
                lexer = shlex.shlex(line, posix=True, punctuation_chars="|&")
                lexer.whitespace_split = True
                line_words = [*lexer]
                ends = [at for at, word in enumerate(line_words) if set(word) <= set("|&")] + [len(line_words)]
                for start, end in zip([-1, *ends], ends, strict=False):
                    words = line_words[start + 1:end]
                    if words[:1] == ["juju"]:
                        yield page, block.line, words[1:]


@functools.cache
def juju_help(*topic):
    """The help of the real client about a command, or a command below one."""
    words = ["help", *topic] if len(topic) == 1 else [*topic, "--help"]
    done = subprocess.run([required_path("JUJU_MCP_TEST_JUJU"), *words], text=True, capture_output=True)
    return done.stdout if done.returncode == 0 else ""


def test_juju_commands_and_flags_of_the_documents_exist_in_the_real_client():
    known = set(re.findall(r"^([a-z-]+)  ", juju_help("commands"), re.MULTILINE))
    found = 0
    for page, line, (command, *words) in juju_commands():
        assert command in known, f"{page}:{line}: juju {command}"
        topic = (command, words[0]) if command == "wait-for" else (command,)
        for flag in (word.split("=")[0] for word in words if word.startswith("--")):
            assert flag in juju_help(*topic) or flag in juju_help("global-options"), f"{page}:{line}: juju {command} {flag}"
        found += 1
    assert found > 40, found


def test_names_of_the_charm_in_the_documents_exist():
    found = 0
    for page, line, (command, *words) in juju_commands():
        text = " ".join(words)
        where = f"{page}:{line}: juju {command} {text}"
        words = [one for one in words if one != "--string-args"]
        if command == "run" and words[0] == "juju-mcp/leader":
            action = CHARM["actions"][words[1]]
            assert {word.split("=")[0] for word in words[2:] if "=" in word} <= set(action.get("params", {})), where
        elif command == "config" and words[0] == "juju-mcp":
            assert {word.split("=")[0] for word in words[1:]} <= set(CHARM["config"]["options"]), where
        elif command == "integrate":
            names = {word.split(":")[1] for word in words if word.startswith("juju-mcp:")}
            assert names <= {*CHARM["requires"], *CHARM["provides"]}, where
        else:
            continue
        found += 1
    assert found > 20, found
