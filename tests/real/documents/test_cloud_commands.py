"""The blocks `sh cloud` of the documents: their `juju` commands run as written, by the real client at a simulated controller; flags of other programs."""
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from blocks import pages, shell_blocks
from cloud import NOT_SIMULATED, OTHER_PROGRAMS, cloud

PAGES = [page for page in pages() if any(re.search(r"^ *juju ", block.text, re.MULTILINE) for block in shell_blocks(page, "cloud"))]


@pytest.fixture
def simulated(tmp_path):
    """The cloud of one page."""
    if os.environ.get("JUJU_MCP_TEST_NAMESPACE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with cloud(tmp_path) as found:
        yield found


@pytest.mark.parametrize("page", PAGES)
def test_juju_commands_of_the_page_run_at_a_simulated_controller(page, simulated):
    simulated.prepare(page)
    lines = [line for block in shell_blocks(page, "cloud") for line in block.text.replace("\\\n", " ").splitlines()]
    # commands of our program need a server; other tests run or check these
    text = "\n".join(line for line in lines if not re.match(r"juju-mcp ", line))
    done = simulated.run(text.replace("/etc/juju-mcp/", f"{simulated.folder}/"))
    assert done.returncode == 0, done.stdout[-3000:]
    ran = (simulated.folder / "juju-commands").read_text().splitlines()[-len(re.findall(r"^ *juju ", text, re.MULTILINE)):]
    assert [line.split()[0] for line in ran] == [line.split()[1] for line in lines if line.lstrip().startswith("juju ")], ran


def commands(program):
    """The commands of a program in the blocks `sh cloud`: page, and words."""
    for page in pages():
        for block in shell_blocks(page, "cloud"):
            for line in block.text.replace("\\\n", " ").splitlines():
                if line.split()[:1] == [program]:
                    yield page, shlex.split(line)


@pytest.mark.parametrize("program, least", [("kubectl", 4), ("docker", 1)])
def test_flags_of_the_command_exist_in_the_real_program(program, least):
    if not shutil.which(program):
        pytest.skip(f"no `{program}` on the PATH")
    found = list(commands(program))
    for page, words in found:
        # flags are parsed before the help is printed; what follows the image of `docker run` is for the container
        end = len(words) - (program == "docker")
        done = subprocess.run([*words[:end], "--help", *words[end:]], text=True, capture_output=True)
        assert done.returncode == 0 and "unknown" not in done.stderr, f"{page}: {words}: {done.stderr}"
    assert len(found) >= least and subprocess.run([program, found[0][1][1], "--no-such-flag", "--help"], capture_output=True).returncode


def test_secret_of_the_manifest_has_the_files_of_the_configuration(tmp_path):
    if not shutil.which("kubectl"):
        pytest.skip("no `kubectl` on the PATH")
    (words,) = [words for page, words in commands("kubectl") if words[1:3] == ["create", "secret"]]
    (tmp_path / "config.yaml").write_text("listen: 0.0.0.0:8080\n")
    words = [str(tmp_path) if one == "/etc/juju-mcp" else one for one in words]
    done = subprocess.run([*words, "--dry-run=client", "--output=yaml"], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    secret = yaml.safe_load(done.stdout)
    assert secret["metadata"]["name"] == "juju-mcp" and list(secret["data"]) == ["config.yaml"]


def test_commands_without_a_counterpart_are_in_the_documents():
    """An exception that no page needs any more is removed here."""
    texts = [block.text for page in pages() for block in shell_blocks(page, "cloud")]
    assert [name for name in NOT_SIMULATED if not any(f"juju {name} " in text for text in texts)] == []
    assert [name for name in OTHER_PROGRAMS if not any(re.search(rf"(^|\s){re.escape(name)}\s", text) for text in texts)] == []
