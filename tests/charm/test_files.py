"""rockcraft.yaml and charmcraft.yaml: valid, consistent with each other and with the code; the checks reject mistakes."""
import copy
import os
import pathlib
import re
import shlex
import subprocess

import check_charm
import check_rock
import craft_parts
import ops
import pytest
import workload
import yaml
from charmcraft.parts.plugins import UvPlugin
from conftest import CHARM, TREE
from configuration import PORT

ROCK = yaml.safe_load((TREE / "rockcraft.yaml").read_text())
CHARMCRAFT = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
SOURCES = sorted((CHARM / "src").glob("*.py"))
MAX_CHARM_LINES = 800


def test_rock_is_valid():
    rock = check_rock.check(TREE / "rockcraft.yaml")
    assert (rock.base, rock.run_user, set(rock.platforms)) == ("bare", "_daemon_", {"amd64", "arm64"})


def test_charm_is_valid():
    craft_parts.plugins.register({"uv": UvPlugin})
    charm = check_charm.check(TREE / "charmcraft.yaml")
    assert (charm.charm_user, set(charm.platforms)) == ("non-root", {"amd64", "arm64"})
    assert "juju >= 3.6" in CHARMCRAFT["assumes"]


@pytest.mark.parametrize(("path", "value"), [
    (("run-user",), "root"),
    (("bogus",), 1),
    (("build-base",), None),
    (("parts", "juju-mcp", "stage-packages"), ["libc6"]),
    (("parts", "juju-mcp", "rust-chanel"), "stable"),
    (("services", "juju-mcp", "command"), None),
    (("services", "juju-mcp", "start"), "enabled"),
    (("checks", "alive", "exec"), {"command": "true"}),
])
def test_check_rock_rejects_a_mistake(tmp_path, path, value):
    assert rejects(check_rock.check, ROCK, path, value, tmp_path)


@pytest.mark.parametrize(("path", "value"), [
    (("charm-user",), "daemon"),
    (("parts", "charm", "plugin"), "bogus"),
    (("config", "options", "roles", "type"), "sekret"),
    (("config", "options", "controller-credentials", "default"), "x"),
    (("containers", "juju-mcp", "uid"), None),
    (("containers", "juju-mcp", "mounts"), [{"storage": "none", "location": "/x"}]),
    (("resources",), {}),
])
def test_check_charm_rejects_a_mistake(tmp_path, path, value):
    craft_parts.plugins.register({"uv": UvPlugin})
    assert rejects(check_charm.check, CHARMCRAFT, path, value, tmp_path)


def rejects(check, document, path, value, folder):
    """Whether a check raises for the document with one value replaced, or removed by None."""
    changed = copy.deepcopy(document)
    *parents, last = path
    place = changed
    for key in parents:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    file = folder / "file.yaml"
    file.write_text(yaml.safe_dump(changed))
    try:
        check(file)
    except Exception:  # any exception means that the check rejects the file
        return True
    return False


def test_rock_and_charm_run_the_same_service():
    charm = workload.layer("0", "info", {}).to_dict()
    rock = ops.pebble.Layer({"services": ROCK["services"], "checks": ROCK["checks"]}).to_dict()
    assert charm["checks"] == rock["checks"]
    ours, theirs = charm["services"]["juju-mcp"], rock["services"]["juju-mcp"]
    assert {key: ours[key] for key in ("on-check-failure", "kill-delay", "startup")} == {
        key: theirs[key] for key in ("on-check-failure", "kill-delay", "startup")}
    assert theirs["command"].split()[0] == workload.PROGRAM and theirs["command"].endswith(f":{PORT}")
    assert ROCK["parts"]["juju-mcp"]["organize"]["bin/juju-mcp"] == workload.PROGRAM.lstrip("/")


def test_user_of_rock_and_container_is_the_same():
    container = CHARMCRAFT["containers"]["juju-mcp"]
    owners = {rule[key] for rule in ROCK["parts"]["directories"]["permissions"] for key in ("owner", "group")}
    assert owners == {container["uid"]} == {container["gid"]}


def test_every_option_and_relation_is_used_and_declared():
    code = "".join(path.read_text() for path in SOURCES)
    options = set(CHARMCRAFT["config"]["options"])
    assert not [name for name in options if f'"{name}"' not in code]
    used = set(re.findall(r'(?:options|config)(?:\.get\(|\[)"([a-z-]+)"', code))
    assert used - {"controllers", "oauth", "tokens", "ledger", "console"} - {"reject_all_callers"} <= options
    endpoints = set(CHARMCRAFT["requires"]) | set(CHARMCRAFT["provides"])
    assert not [name for name in endpoints if f'"{name}"' not in code]
    assert set(re.findall(r'_relations?\("([a-z-]+)"\)', code)) <= endpoints


def test_charm_is_thin_and_vendors_nothing():
    lines = sum(len(path.read_text().splitlines()) for path in SOURCES)
    assert lines <= MAX_CHARM_LINES
    assert not (CHARM / "lib").exists() or CHARM != TREE / "charm"


def test_version_of_rock_is_the_version_of_the_workspace():
    cargo = (TREE / "Cargo.toml").read_text()
    assert re.search(r'\[workspace.package\]\nversion = "([^"]+)"', cargo).group(1) == ROCK["version"]
    assert re.search(r'rust-version = "([^"]+)"', cargo).group(1) == ROCK["parts"]["juju-mcp"]["rust-channel"]
    assert pathlib.Path(TREE / ROCK["parts"]["juju-mcp"]["rust-path"][0] / "Cargo.toml").exists()


def test_every_option_key_and_endpoint_is_documented():
    text = (TREE / "docs" / "how-to-deploy.md").read_text()
    table = re.findall(r"^\| `([a-z-]+)` \|", text.split("## Options")[1].split("## Status")[0], re.MULTILINE)
    assert table == list(CHARMCRAFT["config"]["options"])
    assert not [name for name in (*CHARMCRAFT["requires"], *CHARMCRAFT["provides"]) if name not in text]
    assert set(re.findall(r"juju config juju-mcp ([a-z-]+)=", text)) <= set(CHARMCRAFT["config"]["options"])
    assert set(re.findall(r"--resource (\S+)=", text)) == set(CHARMCRAFT["resources"])
    assert set(re.findall(r"juju integrate juju-mcp:([a-z-]+)", text)) <= {*CHARMCRAFT["requires"], *CHARMCRAFT["provides"]}


def test_commands_of_the_documentation_exist_in_the_real_client(tmp_path):
    client = os.environ.get("JUJU_MCP_TEST_JUJU")
    if not client:
        pytest.skip("JUJU_MCP_TEST_JUJU is not set; tests/run sets it")
    (tmp_path / "ssh").mkdir()
    text = (TREE / "docs" / "how-to-deploy.md").read_text()
    lines = re.findall(r"^juju .*$", text, re.MULTILINE) + [f"juju {inline}" for inline in re.findall(r"`juju ([^`]+)`", text)]
    assert len(lines) > 15
    for line in lines:
        words = shlex.split(line.split(" | ")[0])
        done = subprocess.run([client, "help", words[1]], text=True, capture_output=True, env=os.environ | {"JUJU_DATA": str(tmp_path)})
        assert done.returncode == 0, line
        assert not [flag for flag in words if flag.startswith("--") and f"\n{flag}" not in done.stdout.replace(", --", "\n--")], line
