"""The device grant (RFC 8628) of `juju-mcp login` with a real provider, oidc-provider; Ory Hydra 2.3 has none."""
import html
import json
import os
import pathlib
import re
import subprocess
import types

import pytest
import requests
from conftest import TEST_TIMEOUT, eventually, required_path, stop
from provider import free_port
from served import served
from test_login import Person
from test_tokens import on_loopback, sim  # noqa: F401

CLIENT = "juju-mcp-login"


@pytest.fixture
def device(tmp_path, sim):  # noqa: F811
    """A provider with the device grant, and our server, which names a client for it."""
    node, packages = required_path("JUJU_MCP_TEST_NODE"), required_path("JUJU_MCP_TEST_NPM")
    port = free_port()
    found = types.SimpleNamespace(issuer=f"http://127.0.0.1:{port}", admin="")
    oauth = {"introspection": None, "login": {"client_id": CLIENT}}
    bindings = [{"role": "approver", "subjects": ["group:approvers"]}]
    with served(tmp_path / "server", found, sim, oauth=oauth, role_bindings=bindings) as server:
        log = open(tmp_path / "provider.log", "w")
        script = pathlib.Path(__file__).parent / "device_provider.mjs"
        process = subprocess.Popen([node, script, packages, str(port), server.mcp], stdout=log, stderr=log, env=os.environ | {"NODE_NO_WARNINGS": "1"})
        try:
            def answers():
                assert process.poll() is None, (tmp_path / "provider.log").read_text()[-2000:]
                return "listening" in (tmp_path / "provider.log").read_text()

            eventually("the provider listens", answers, 0.05)
            yield server
        finally:
            stop(process)


def submit(session, answer, **fields):
    """Submits the only form of a page with its hidden fields; returns the next page."""
    (form,) = re.findall(r"<form[^>]*>.*?</form>", answer.text, re.DOTALL)[:1]
    action = html.unescape(re.search(r'action="([^"]+)"', form).group(1))
    hidden = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)}
    answer = session.post(requests.compat.urljoin(answer.url, action), data=hidden | fields, timeout=TEST_TIMEOUT)
    assert answer.status_code < 400, answer.text
    return answer


def allow(page, subject):
    """What a person does in the browser of another device: confirm the code, sign in, consent."""
    session = requests.Session()
    answer = submit(session, session.get(page, timeout=TEST_TIMEOUT))
    answer = submit(session, answer, confirm="yes")
    answer = submit(session, answer, login=subject, password="any")
    return submit(session, answer)


def begin(person):
    """Starts `login`; returns the process, the page and the code that it prints."""
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), "login", "--url", person.server.base], text=True, env=person.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = process.stdout.readline()
    code = re.search(r"compare the code (\S+):", first)
    assert code, first + process.stderr.read()
    return process, process.stdout.readline().strip(), code.group(1)


def test_person_signs_in_at_another_device_and_signs_out(tmp_path, device):
    person = Person(tmp_path, device)
    process, page, code = begin(person)
    try:
        assert page.endswith(f"/device?user_code={code}"), page
        allow(page, "ben")
        out, err = process.communicate(timeout=TEST_TIMEOUT)
    finally:
        stop(process)
    assert process.returncode == 0 and f"signed in to {device.base}" in out, (out, err)
    first = json.loads(person.file().read_text())
    assert first["refresh_token"] and first["access_token"] not in out + err
    listed = person.run("approvals", "list")
    assert listed.returncode == 0, listed
    renewed = json.loads(person.file().read_text())
    assert renewed["access_token"] != first["access_token"], "the token was renewed"
    assert device.status(renewed["access_token"]) == 200
    done = person.run("logout")
    assert done.returncode == 0 and person.file() is None, done
    form = {"grant_type": "refresh_token", "refresh_token": renewed["refresh_token"], "client_id": CLIENT}
    assert requests.post(f"{device.provider.issuer}/token", data=form, timeout=TEST_TIMEOUT).status_code == 400, "the token is revoked"


def test_refusal_at_the_other_device_ends_login_with_a_remedy(tmp_path, device):
    process, page, _ = begin(Person(tmp_path, device))
    session = requests.Session()
    answer = submit(session, session.get(page, timeout=TEST_TIMEOUT))
    form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    refused = session.post(f"{device.provider.issuer}/device", data=form | {"abort": "yes"}, timeout=TEST_TIMEOUT)
    assert refused.status_code < 500, refused.text
    _, err = process.communicate(timeout=TEST_TIMEOUT)
    assert process.returncode == 1 and "the sign-in at" in err and not Person(tmp_path, device).file(), err
