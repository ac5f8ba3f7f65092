"""The commands of the documents, run as they are written; those that need a cloud are checked for syntax and names."""
import os
import re
import shlex
import shutil
import subprocess

import pytest
import yaml
from blocks import MARKERS, TREE, blocks, file_of, pages, shell_blocks
from conftest import required_path
from machine import prepared_machine, script

# the first line of the text that a checkpoint signs
NO_COMMANDS = ("ledger checkpoint 1",)
EXAMPLES = TREE / "docs" / "example"
# pages of which a configuration file is the complete input of `config check`
SECTIONS = {"docs/how-to-providers.md": ("keycloak.yaml", "entra.yaml", "dex-client.yaml")}


@pytest.fixture
def prepared():
    """The machine of the documents."""
    return prepared_machine()


def page_script(page):
    """The blocks of a page as one script: files are written, commands are run in order, background commands end with the page."""
    lines = ["trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
    for block in blocks(page):
        if block.file:
            folder = os.path.dirname(block.file)
            lines += [f"mkdir -p {shlex.quote(folder or '.')}", f"cat > {shlex.quote(block.file)} <<'END_OF_FILE'", block.text.rstrip("\n"), "END_OF_FILE"]
        elif block.language == "sh" and block.word in ("", "background"):
            lines.append(f"echo '=== {page}:{block.line}'")
            for command in block.text.rstrip("\n").replace("\\\n", " ").splitlines():
                # `!` marks a command that fails: bash ignores it under `set -e`, so its failure is checked here
                if command.startswith("! "):
                    command = f"if {command[2:]}; then echo 'it succeeded'; exit 1; fi"
                lines.append(command + (" &" if block.word == "background" else ""))
    return "\n".join(lines) + "\n"


def runnable():
    """Pages with at least one block that is run here."""
    return [page for page in pages() if shell_blocks(page, "", "background") and page != "docs/how-to-proxy.md"]


@pytest.mark.parametrize("page", runnable())
def test_commands_of_the_page_run_as_written(page, prepared, tmp_path):
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    shutil.copy(prepared.files / "new-password", tmp_path)
    done = script(prepared, tmp_path, page_script(page))
    assert done.returncode == 0, done.stdout[-3000:]


def test_complete_example_is_served_unchanged(prepared, tmp_path):
    """`serve` starts with it, and answers over TLS; of its two controllers, the one that this machine has is enough."""
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    (tmp_path / "secrets").mkdir()
    text = (tmp_path / "juju-mcp.yaml").read_text()
    known = {"prod-ca.pem": "prod-ca.pem", "prod-mcp.password": "prod-password", "prod-mcp-viewer.password": "prod-password", "server.pem": "tls.crt",
             "server.key": "tls.key", "iam-ca.pem": "ca.crt", "dashboard.token": "viewer.token"}
    for name in set(re.findall(r"secrets/([\w.-]+)", text)):
        target = tmp_path / "secrets" / name
        default = "ca.crt" if name.endswith(".pem") else None
        content = (prepared.files / known.get(name, default)).read_text() if known.get(name, default) else "an-unguessable-secret-0123456789abcdef"
        forms = {".headers": "authorization: Bearer secret", ".url": "https://chat.example/hooks/on-call"}
        target.write_text(forms.get(target.suffix, content))
        target.chmod(0o600)
    done = script(prepared, tmp_path, """
        trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
        mkdir /mnt/ledger-checkpoints
        juju-mcp serve --config juju-mcp.yaml > server.log 2>&1 &
        for attempt in $(seq 150); do curl --fail --silent https://mcp.example:8443/healthz > /dev/null && break; sleep 0.2; done
        juju-mcp healthcheck --url https://mcp.example:8443 --token-file secrets/dashboard.token || { cat server.log; exit 1; }
        curl --fail --silent http://127.0.0.1:9090/metrics | grep --quiet 'juju_mcp_controller_up{controller="prod"} 1'
        curl --fail --silent https://mcp.example:8443/console/sign-in > /dev/null
        # an event for the ledger
        curl --silent --output /dev/null --header 'Authorization: Bearer unknown' --data '{}' https://mcp.example:8443/mcp
        kill %1
        wait %1
        # the last checkpoint is sent when the server stops
        test -s /mnt/ledger-checkpoints/prod.jsonl
        """)
    assert done.returncode == 0, done.stdout[-3000:]


def test_markers_of_blocks_are_known():
    for page in pages():
        for block in blocks(page):
            if block.language == "sh":
                assert block.word in MARKERS, f"{page}:{block.line}: {block.word}"
            else:
                assert not block.word or block.file, f"{page}:{block.line}: {block.word}"


def test_every_page_with_commands_has_its_commands_in_marked_blocks():
    checked = sum(len(shell_blocks(page, *MARKERS)) for page in pages())
    run = sum(len(shell_blocks(page, "", "background")) for page in runnable())
    assert checked > 50 and run > 20, (checked, run)


@pytest.mark.parametrize("page", [page for page in pages() if shell_blocks(page, *MARKERS)])
def test_shell_blocks_of_the_page_are_valid_shell(page):
    for block in shell_blocks(page, *MARKERS):
        done = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True)
        assert done.returncode == 0, f"{page}:{block.line}: {done.stderr}"


def help_of(program, words, known={}):
    """The help of a sub-command, once."""
    if words not in known:
        done = subprocess.run([program, *words, "--help"], text=True, capture_output=True)
        known[words] = done.stdout if done.returncode == 0 else None
    return known[words]


def test_sub_commands_and_flags_in_the_documents_exist():
    program, found = required_path("JUJU_MCP_TEST_PROGRAM"), 0
    nested = {"audit", "backup", "config", "approvals", "policy"}
    for page in pages():
        text = (TREE / page).read_text().replace("\\\n", " ")
        for line in re.findall(r"(?:^|`|\$\(|&& |\| |^ +|! )(?:\./|target/\w+/)?juju-mcp ([a-z]+(?![\w=])(?: [^`\n|>&;)]*)?)", text, re.MULTILINE):
            words = line.split()
            if line in NO_COMMANDS:
                continue
            sub = tuple(words[:2] if words[0] in nested and len(words) > 1 and re.fullmatch("[a-z][a-z-]*", words[1]) else words[:1])
            shown = help_of(program, sub)
            assert shown is not None, f"{page}: juju-mcp {line}"
            for flag in re.findall(r"(?<!\S)--[a-z-]+", line):
                assert flag in shown, f"{page}: juju-mcp {line}: no {flag}"
            found += 1
    assert found > 60, found


@pytest.mark.parametrize("page, name", [(page, name) for page, names in SECTIONS.items() for name in names])
def test_configuration_for_a_provider_is_valid(page, name, tmp_path):
    (tmp_path / "config.yaml").write_text(f"juju_data_dir: {tmp_path}\n" + file_of(page, name))
    done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "config", "check", "config.yaml"], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_yaml_blocks_of_the_documents_are_yaml_with_known_keys():
    program = required_path("JUJU_MCP_TEST_PROGRAM")
    schema = yaml.safe_load(subprocess.run([program, "config", "schema"], text=True, capture_output=True, check=True).stdout)
    known = {*schema["properties"], "roles", "rules", "role_bindings", "disabled_rules", "settings"}
    checked = 0
    for page in pages():
        if not page.startswith("docs/"):
            continue
        for block in blocks(page):
            if block.language == "yaml" and not (block.file or "").startswith("/etc/traefik"):
                (first, *_) = documents = list(yaml.safe_load_all(block.text))
                assert all(isinstance(one, dict) for one in documents), f"{page}:{block.line}"
                if first.keys() & known and "apiVersion" not in first and "staticClients" not in first:
                    assert set(first) <= known, f"{page}:{block.line}: {set(first) - known}"
                    checked += 1
    assert checked > 15, checked
