"""`juju-mcp login` with a real Ory Hydra: a person gets a token for `juju-mcp approvals`, which renews it and forgets it at `logout`."""
import contextlib
import json
import os
import secrets
import subprocess
import urllib.parse

import pytest
import requests
from conftest import TEST_TIMEOUT, required_path
from provider import opened
from served import served
from test_console import BINDINGS, asked
from test_tokens import hydra, on_loopback, sim  # noqa: F401

# shorter than the time before expiry at which the program renews a token, so every use renews it
LIFESPAN = "20s"


class Person:
    """A person at a terminal, with a home of their own."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        self.environment = os.environ | {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}

    def run(self, *words):
        """Runs our program to its end."""
        return subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), *words, "--url", self.server.base], text=True, capture_output=True,
                              env=self.environment, timeout=TEST_TIMEOUT, stdin=subprocess.DEVNULL)

    def sign_in(self, subject, *words):
        """Runs `login` and opens the printed page as a subject of the provider."""
        process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "login", *words, "--url", self.server.mcp], text=True,
                                   env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            page = next((line.strip() for line in process.stdout if line.startswith("  http")), None)
            assert page, process.stderr.read()
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(page).query)
            assert query["code_challenge_method"] == ["S256"] and query["resource"] == [self.server.mcp], query
            [redirect] = query["redirect_uri"]
            assert redirect.startswith("http://127.0.0.1:"), redirect
            root = redirect.removesuffix("/callback")
            assert requests.get(root + "/favicon.ico", timeout=TEST_TIMEOUT).status_code == 404, "other requests do not end the wait"
            assert requests.get(opened(page, subject, redirect), timeout=TEST_TIMEOUT).ok
            out, err = process.communicate(timeout=TEST_TIMEOUT)
            return subprocess.CompletedProcess(words, process.returncode, out, err)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()

    def file(self):
        """The stored token, or None."""
        return next((self.home / "state" / "juju-mcp" / "tokens").glob("*.json"), None)


@pytest.fixture
def server(tmp_path, hydra, sim):  # noqa: F811
    """Our server, which names the client for `login`."""
    client = f"login-{secrets.token_hex(4)}"
    with served(tmp_path / "server", hydra, sim, oauth={"login": {"client_id": client}}, role_bindings=BINDINGS) as found:
        hydra.client(client, [found.mcp], "jwt", ["authorization_code", "refresh_token"], token_endpoint_auth_method="none",
                     redirect_uris=["http://127.0.0.1/callback"], authorization_code_grant_access_token_lifespan=LIFESPAN,
                     refresh_token_grant_access_token_lifespan=LIFESPAN)
        found.requesters = hydra.client(f"requesters-{secrets.token_hex(4)}", [found.mcp], "jwt", ["authorization_code", "refresh_token"])
        yield found


def test_person_signs_in_approves_and_signs_out(tmp_path, server, hydra):  # noqa: F811
    person = Person(tmp_path, server)
    done = person.run("approvals", "list")
    assert done.returncode == 2 and f"juju-mcp login --url {server.base}" in done.stderr, done
    done = person.sign_in("ben")
    assert done.returncode == 0 and f"signed in to {server.base}" in done.stdout, done
    file = person.file()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    first = json.loads(file.read_text())
    assert first["issuer"] == hydra.issuer and first["access_token"] not in done.stdout + done.stderr
    token, approval, _ = asked(hydra, server)
    listed = person.run("approvals", "list")
    assert listed.returncode == 0 and approval in listed.stdout, listed
    renewed = json.loads(file.read_text())
    assert renewed["access_token"] != first["access_token"], "the token was renewed"
    done = person.run("approvals", "approve", approval, "--yes")
    assert done.returncode == 0, done
    assert server.status(token) == 200
    last = json.loads(file.read_text())
    done = person.run("logout")
    assert done.returncode == 0 and person.file() is None, done
    form = {"grant_type": "refresh_token", "refresh_token": last["refresh_token"], "client_id": last["client_id"]}
    assert requests.post(f"{hydra.issuer}/oauth2/token", data=form, timeout=TEST_TIMEOUT).status_code >= 400, "the token is revoked"
    assert person.run("approvals", "list").returncode == 2 and person.run("logout").returncode == 0


def test_login_without_a_client_or_a_provider_is_refused_with_a_remedy(tmp_path, hydra, sim):  # noqa: F811
    with served(tmp_path / "server", hydra, sim) as server:
        done = Person(tmp_path, server).run("login")
        assert done.returncode == 2 and "names no client" in done.stderr and "--client-id" in done.stderr, done
