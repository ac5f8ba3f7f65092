"""rockcraft.yaml and charmcraft.yaml: valid, consistent with each other and with the code; the checks reject mistakes."""
import copy
import os
import pathlib
import re
import shlex
import subprocess

import actions
import check_charm
import check_metrics
import check_rock
import craft_parts
import ops
import pytest
import relations
import status
import workload
import yaml
from charmcraft.parts.plugins import UvPlugin
from conftest import CHARM, TREE
from configuration import PORT

ROCK = yaml.safe_load((TREE / "rockcraft.yaml").read_text())
CHARMCRAFT = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
METRICS = {
    "juju_mcp_" + name + {"counter": "_total", "info": "_info"}.get(kind, "")
    for name, kind in check_metrics.registered((TREE / "server" / "http" / "src" / "metrics.rs").read_text())}
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
    (("parts", "slices", "stage-packages"), ["libc6"]),
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
    (("actions", "approve", "required"), ["identifier"]),
    (("actions", "approve", "params", "id", "type"), "str"),
    (("actions", "approve", "params", "id", "description"), None),
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
    charm = workload.layer("0", False, {}, relations.topology("m", "u", "a", "a/0", "c")).to_dict()
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


def test_every_option_relation_and_action_is_used_and_declared():
    code = "".join(path.read_text() for path in SOURCES)
    template = (CHARM / "src" / "configuration_template.yaml").read_text()
    options = set(CHARMCRAFT["config"]["options"])
    # a rule of the template has the name of its option
    used = set(re.findall(r"\{(\w+)\}", template)) | set(yaml.safe_load(template)["rules"])
    assert not [name for name in options if f'"{name}"' not in code and name.replace("-", "_") not in used]
    assert set(re.findall(r'self\.config(?:\.get\(|\[)"([a-z-]+)"', code)) <= options
    endpoints = set(CHARMCRAFT["requires"]) | set(CHARMCRAFT["provides"])
    assert set(relations.DATABAGS) <= endpoints
    assert not [name for name in endpoints if f'"{name}"' not in code and name not in relations.DATABAGS]
    assert set(re.findall(r'(?:_relations?|_remote)\("([a-z-]+)"\)', code)) <= endpoints
    own = set(re.findall(r'"([a-z-]+)": self\._', code))
    assert own | set(actions.COMMANDS) == set(CHARMCRAFT["actions"]) and not own & set(actions.COMMANDS)


def test_charm_is_thin_and_vendors_nothing():
    lines = sum(len(path.read_text().splitlines()) for path in SOURCES)
    assert lines <= MAX_CHARM_LINES
    assert not (CHARM / "lib").exists() or CHARM != TREE / "charm"


def test_version_of_rock_is_the_version_of_the_workspace():
    cargo = (TREE / "Cargo.toml").read_text()
    assert re.search(r'\[workspace.package\]\nversion = "([^"]+)"', cargo).group(1) == ROCK["version"]
    assert re.search(r'rust-version = "([^"]+)"', cargo).group(1) == ROCK["parts"]["juju-mcp"]["rust-channel"]
    assert pathlib.Path(TREE / ROCK["parts"]["juju-mcp"]["rust-path"][0] / "Cargo.toml").exists()


def section(title):
    """The first cells of the table below a title of the reference, without back quotes."""
    text = (TREE / "docs" / "reference-charm.md").read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    return [row.split(" | ")[0].strip("| `") for row in text.splitlines() if row.startswith("| `")]


def test_reference_lists_exactly_the_options_relations_and_actions():
    assert section("Options") == list(CHARMCRAFT["config"]["options"])
    assert sorted(section("Relations")) == sorted([*CHARMCRAFT["requires"], *CHARMCRAFT["provides"]])
    assert section("Actions") == list(CHARMCRAFT["actions"])
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]*)\|", (TREE / "docs" / "reference-charm.md").read_text().split("## Actions")[1], re.MULTILINE)
    for name, parameters in rows[:len(CHARMCRAFT["actions"])]:
        assert re.findall(r"`([a-z-]+)`", parameters) == list(CHARMCRAFT["actions"][name].get("params", {})), name


def test_reference_lists_exactly_the_alerts_and_metrics():
    assert section("Alerts") == [rule["alert"] for rule in relations.ALERT_RULES]
    assert sorted(section("Metrics")) == sorted(METRICS)


def test_reference_lists_every_status_that_the_code_can_set():
    code = "".join(path.read_text() for path in SOURCES)
    messages = re.findall(r'(?:Problem|Status)\(f?"([^"]+)"', code)
    messages += [row["message"] for row in status.PROBLEMS.values()]
    messages += re.findall(r'f?"(the health check [^"]+)"', code)
    documented = [re.sub(r"^[a-z]+: ", "", row) for row in section("Status of the unit")]
    starts = [row.split("...")[0].strip() for row in documented if not row.startswith("...")]
    middles = [row.strip(". ") for row in documented if row.startswith("...")]
    assert len(messages) > 12
    for message in messages:
        assert any(message.startswith(start) for start in starts) or any(middle.split(";")[-1].strip() in message for middle in middles), message


def test_commands_of_the_documentation_name_what_exists():
    text = (TREE / "docs" / "how-to-deploy.md").read_text()
    assert set(re.findall(r"juju config juju-mcp ([a-z-]+)=", text)) <= set(CHARMCRAFT["config"]["options"])
    assert set(re.findall(r"--resource (\S+)=", text)) == set(CHARMCRAFT["resources"])
    integrated = set(re.findall(r"juju integrate juju-mcp:([a-z-]+)", text))
    assert integrated <= {*CHARMCRAFT["requires"], *CHARMCRAFT["provides"]}
    for line in re.findall(r"juju run (?:--string-args )?juju-mcp/leader ([^`\n]+)", text):
        action, *words = shlex.split(line)
        parameters = CHARMCRAFT["actions"][action]
        given = {word.split("=")[0] for word in words}
        assert given <= set(parameters.get("params", {})) and set(parameters.get("required", [])) <= given, line


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
