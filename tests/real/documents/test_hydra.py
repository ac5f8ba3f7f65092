"""The commands for Hydra in the documents, with a real Hydra on the ports that they name."""
import contextlib
import os
import re
import subprocess

import pytest
import requests
import yaml
from blocks import shell_blocks
from conftest import TEST_TIMEOUT, eventually, required_path, stop

ADMIN = "http://127.0.0.1:4445"


@pytest.fixture
def hydra(tmp_path):
    """A Hydra with its store in memory."""
    if not os.environ.get("JUJU_MCP_TEST_NAMESPACE"):
        pytest.skip("JUJU_MCP_TEST_NAMESPACE is not set; tests/run sets it where it can make a namespace")
    program = required_path("JUJU_MCP_TEST_HYDRA")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    (tmp_path / "hydra.yaml").write_text(yaml.safe_dump({
        "serve": {"public": {"host": "127.0.0.1", "port": 4444}, "admin": {"host": "127.0.0.1", "port": 4445}, "tls": {"enabled": False}},
        "dsn": "memory", "urls": {"self": {"issuer": "http://127.0.0.1:4444"}}, "secrets": {"system": ["a secret of the tests only"]},
        "sqa": {"opt_out": True}, "dev": True}))
    log = open(tmp_path / "hydra.log", "w")
    process = subprocess.Popen([program, "serve", "all", "--dev", "-c", tmp_path / "hydra.yaml"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def answers():
        assert process.poll() is None, (tmp_path / "hydra.log").read_text()[-2000:]
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{ADMIN}/health/ready", timeout=TEST_TIMEOUT).ok

    try:
        eventually("Hydra answers", answers)
        yield program
    finally:
        stop(process)


def run(program, text):
    """Runs commands with Hydra on the PATH; returns their output."""
    done = subprocess.run(["bash", "-eu"], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TEST_TIMEOUT,
                          env=os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_assistant_is_registered_by_the_command_of_the_document(hydra):
    page = "docs/how-to-register-assistants.md"
    (text,) = [block.text for block in shell_blocks(page, "cloud") if block.text.startswith("hydra ")]
    run(hydra, text)
    (client,) = requests.get(f"{ADMIN}/admin/clients", timeout=TEST_TIMEOUT).json()
    assert client["token_endpoint_auth_method"] == "none" and client["audience"] == ["https://mcp.example/mcp"]
    assert client["grant_types"] == ["authorization_code", "refresh_token"] and client["redirect_uris"] == ["http://127.0.0.1/callback"]
    assert set(client["scope"].split()) == {"openid", "profile", "email", "offline_access", "juju:read", "juju:write"}
    # the same client by the charm's action, where values are lists
    charm = next(block.text for block in shell_blocks(page, "cloud") if "name=assistants" in block.text)
    assert set(re.search(r"scope='\[([^]]*)\]'", charm).group(1).split(",")) == set(client["scope"].split())


def test_commands_that_revoke_are_accepted_for_a_public_client(hydra):
    """That a token of such a client is revoked this way is seen in the identity suite, where a person signs in."""
    (text,) = [block.text for block in shell_blocks("docs/how-to-revoke.md", "cloud") if "/oauth2/revoke" in block.text]
    form = {"client_id": "3f1c8a52", "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none", "redirect_uris": ["http://127.0.0.1/callback"]}
    requests.post(f"{ADMIN}/admin/clients", json=form, timeout=TEST_TIMEOUT).raise_for_status()
    run(hydra, f"export TOKEN=ory_at_unknown\n{text}")
    with pytest.raises(AssertionError, match="401"):
        run(hydra, f"export TOKEN=ory_at_unknown\n{text.replace('3f1c8a52', 'unknown')}")
