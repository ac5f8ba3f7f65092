"""The approval page with a real Ory Hydra: people sign in with a browser and decide about requests of another person's MCP client."""
import contextlib
import json
import secrets
import time
import urllib.parse

import pytest
import requests
from browser import Browser
from conftest import TEST_TIMEOUT, eventually, juju_mcp
from mcp_clients import started
from provider import CALLBACK, SCOPES
from served import served
from test_tokens import hydra, on_loopback, signed_in, sim  # noqa: F401

REMOVE = {"model": "shop", "applications": ["web"]}
REQUESTER_SCOPES = SCOPES.replace(" juju:approve", "")
FORMS = ["jwt", "opaque"]
BINDINGS = [{"role": "admin", "subjects": ["group:ops"]}, {"role": "approver", "subjects": ["group:approvers"]}]
# in addition to the built-in rules: one that requires a second approver, for an act that can be undone
RULES = """rules:
  - name: two-for-a-unit
    severity: high
    check: "false"
    enforcement: require_approval
    message: A unit is added by two people
    explanation: For the tests.
    applies_to: {tools: add-unit}
    require_second_approver: true
"""


@contextlib.contextmanager
def console(folder, hydra, sim, form):  # noqa: F811
    """Our server with an approval page on another site than the provider's: browsers see two host names."""
    folder.mkdir(exist_ok=True)
    secret, client = secrets.token_urlsafe(24) + ":+ %/", f"console-{form}-{secrets.token_hex(4)}"
    (folder / "secret").write_text(secret)
    (folder / "rules.yaml").write_text(RULES)
    section = {"client_id": client, "client_secret_file": str(folder / "secret")}
    more = {"console": section, "policy": {"files": [str(folder / "rules.yaml")]}, "role_bindings": BINDINGS}
    with served(folder, hydra, sim, host="localhost", **more) as server:
        hydra.client(client, [server.mcp], form, ["authorization_code"], client_secret=secret,
                     redirect_uris=[f"{server.base}/console/callback"])
        server.requesters = hydra.client(f"requesters-{secrets.token_hex(4)}", [server.mcp], form, ["authorization_code", "refresh_token"])
        server.console = client
        yield server


@pytest.fixture(scope="module", params=FORMS)
def server(request, tmp_path_factory, hydra, sim):  # noqa: F811
    """The server, for tokens of both kinds."""
    with console(tmp_path_factory.mktemp("console"), hydra, sim, request.param) as found:
        yield found


def asked(hydra, server, person="ana", tool="juju_remove_application", arguments=None):  # noqa: F811
    """A pending approval request: the client's token, the approval's id and the text of the result."""
    token = signed_in(hydra, server.requesters, person, server.mcp, REQUESTER_SCOPES)["access_token"]
    result = server.call(token, tool, **(arguments or REMOVE))
    assert result["_meta"]["juju-mcp/code"] == "approval_required", result
    return token, result["_meta"]["juju-mcp/approval"]["id"], result["content"][0]["text"]


def entered(server, person, path="/console"):
    """A person's browser after they signed in to see a page."""
    browser = Browser(person)
    browser.open(server.base + path)
    assert "/console/sign-in" in browser.url, browser.page.text
    browser.click("/sign-in/provider")
    return browser


def waiting(server, hydra, person):  # noqa: F811
    """A running client, the Python `mcp` package, that requests the act and repeats the call until a human has decided."""
    metadata = {"client_name": "waits", "redirect_uris": [CALLBACK], "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"], "token_endpoint_auth_method": "none", "scope": REQUESTER_SCOPES}
    name = f"waits-{secrets.token_hex(4)}"
    hydra.client(name, [server.mcp], "jwt", ["authorization_code", "refresh_token"], token_endpoint_auth_method="none")
    job = {"url": server.mcp, "browser": f"{hydra.pages}/browser", "person": person, "callback": CALLBACK, "metadata": metadata,
           "client": {"client_id": name, "issuer": hydra.issuer, "token_endpoint_auth_method": "none"},
           "calls": [("juju_remove_application", REMOVE)], "wait_seconds": TEST_TIMEOUT}
    return started("python", job)


def test_approval_in_a_browser_permits_the_act_of_a_waiting_client(tmp_path, hydra):  # noqa: F811
    (tmp_path / "sim").mkdir()
    with juju_mcp(tmp_path / "sim", "sim", "--scenario", "shop") as own, console(tmp_path, hydra, own, "jwt") as server:
        client = waiting(server, hydra, "ana")
        try:
            ben = entered(server, "ben")
            assert "ben@example.com" in ben.page.text and "You may not approve" not in ben.page.text, ben.page.text

            def listed():
                assert client.poll() is None, client.communicate()
                ben.open(f"{server.base}/console")
                return any("/console/approvals/" in link for link in ben.form().links)

            eventually("the request is on the page", listed)
            ben.click("/console/approvals/")
            page = ben.page.text
            for part in ["juju remove-application", "approve-destructive", "oauth:ana", "mcp", "type <code>web</code>", "admin/shop"]:
                assert part in page, f"{part} is not in {page}"
            assert ben.send("/approvals/", decision="approve", confirmation="wrong").status_code == 400
            assert ben.send("/approvals/", decision="approve", confirmation="web", reason="agreed on the phone").status_code == 200
            assert "Approved." in ben.page.text and "oauth:ben" in ben.page.text, ben.page.text
            out, err = client.communicate(timeout=TEST_TIMEOUT)
        finally:
            client.kill()
        assert client.returncode == 0, err[-2500:]
        result = json.loads(out)
        assert result["waited"] > 0 and not result["results"][0].get("isError"), result
        ben.open(ben.url)
        assert "Approved, and run since." in ben.page.text, ben.page.text


def test_signing_in_leaves_a_cookie_that_scripts_and_other_sites_cannot_use(server):
    ben = entered(server, "ben")
    assert ben.page.status_code == 200 and ben.url == f"{server.base}/console", (ben.url, ben.page.text)
    session = ben.cookie("session").text
    assert "HttpOnly" in session and "SameSite=Strict" in session and "Path=/console" in session
    assert ben.cookie("sign-in") is None, "the cookie of the sign-in is deleted"
    authorize = next(url for _, url, _ in ben.steps if "/oauth2/auth?" in url)
    asked_for = urllib.parse.parse_qs(urllib.parse.urlsplit(authorize).query)
    assert asked_for["code_challenge_method"] == ["S256"] and asked_for["resource"] == [server.mcp]
    assert len(asked_for["nonce"][0]) >= 43 and len(asked_for["state"][0]) >= 43 and "juju:approve" in asked_for["scope"][0]
    state_cookie = next(cookie for _, url, answer in ben.steps for cookie in answer.raw.headers.getlist("Set-Cookie") if "sign-in=" in cookie)
    assert "HttpOnly" in state_cookie and "SameSite=Lax" in state_cookie
    for _, url, answer in ben.steps:
        assert "ory_at_" not in url and "eyJ" not in url.replace(urllib.parse.quote("eyJ"), ""), f"a token in an address: {url}"
        if url.startswith(server.base):
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], url


def test_sign_in_returns_to_the_approval_of_the_link(server, hydra):  # noqa: F811
    _, approval, how = asked(hydra, server)
    page = f"{server.base}/console/approvals/{approval}"
    assert page in how, how
    ben = entered(server, "ben", f"/console/approvals/{approval}")
    assert ben.url == page and ben.page.status_code == 200
    ben.open(page, started_by="chat.example")
    assert ben.url == page and ben.page.status_code == 200 and "Decision</h2>" in ben.page.text, ben.page.text
    assert ben.send("/approvals/", decision="reject", reason="no").status_code == 200


def test_callback_without_its_sign_in_is_refused(server):
    ben = Browser("ben")
    ben.open(f"{server.base}/console/sign-in")
    ben.click("/sign-in/provider")
    back = next(url for _, url, _ in ben.steps if "/console/callback?" in url)
    other = Browser("cat")
    assert other.open(back).status_code == 403 and other.cookie("session") is None, "another browser's answer"
    assert ben.open(back).status_code == 403, "the same answer twice"
    for change in [{"state": "x" * 43}, {"state": None}, {"code": None}, {"code": "made-up"}, {"iss": "https://evil.example"},
                   {"error": "access_denied"}]:
        fresh = Browser("ben")
        fresh.open(f"{server.base}/console/sign-in")
        # the first step alone, so that a sign-in waits
        begun = requests.get(f"{server.base}/console/sign-in/provider", allow_redirects=False, timeout=TEST_TIMEOUT)
        cookie = begun.headers["Set-Cookie"].split(";")[0]
        state = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.headers["Location"]).query)["state"][0]
        query = {"state": state, "code": "ory_ac_x.y"} | change
        query = {name: value for name, value in query.items() if value is not None}
        answer = requests.get(f"{server.base}/console/callback", params=query, headers={"Cookie": cookie}, timeout=TEST_TIMEOUT)
        assert answer.status_code == 403 and "session=" not in str(answer.headers.get("Set-Cookie")), (change, answer.text)
        assert 'role="alert"' in answer.text and "evil" not in answer.text


def test_person_without_role_sees_and_decides_nothing(server, hydra):  # noqa: F811
    _, approval, _ = asked(hydra, server, arguments={"model": "shop", "applications": ["postgresql"]})
    cat = entered(server, "cat", f"/console/approvals/{approval}")
    assert cat.page.status_code == 404, cat.page.text
    cat.open(f"{server.base}/console")
    assert "You may not approve" in cat.page.text and approval not in cat.page.text
    csrf = cat.form().forms[0][1]["csrf"]
    url = f"{server.base}/console/approvals/{approval}"
    answer = cat.open(url, "POST", {"csrf": csrf, "digest": "x", "decision": "approve"}, "localhost")
    assert answer.status_code == 403 and "cannot approve" in answer.text
    ben = entered(server, "ben", f"/console/approvals/{approval}")
    assert ben.send("/approvals/", decision="reject").status_code == 200


def test_requester_with_approver_role_is_no_second_approver(server, hydra):  # noqa: F811
    unit = {"model": "shop", "application": "web"}
    token, approval, _ = asked(hydra, server, "eve", "juju_add_unit", unit)
    eve = entered(server, "eve", f"/console/approvals/{approval}")
    assert "requires a second approver" in eve.page.text and not any("/approvals/" in form[0] for form in eve.form().forms)
    digest = eve.page.text.split("Digest of the act</dt><dd><code>")[1].split("<")[0]
    fields = {"csrf": eve.form().forms[0][1]["csrf"], "digest": digest, "decision": "approve"}
    answer = eve.open(eve.url, "POST", fields, "localhost")
    assert answer.status_code == 403 and "second approver" in answer.text, answer.text
    assert server.call(token, "juju_add_unit", **unit)["_meta"]["juju-mcp/code"] == "approval_required"
    ben = entered(server, "ben", f"/console/approvals/{approval}")
    assert ben.send("/approvals/", decision="approve").status_code == 200
    assert not server.call(token, "juju_add_unit", **unit).get("isError")


def test_session_ends_with_its_token(tmp_path, hydra, sim):  # noqa: F811
    with console(tmp_path, hydra, sim, "opaque") as server:
        _, approval, _ = asked(hydra, server)
        ben = entered(server, "ben", f"/console/approvals/{approval}")
        form = ben.form()
        # the operator revokes all tokens that the page got by Ben's sign-ins
        hydra.ask("DELETE", "/admin/oauth2/tokens", params={"client_id": server.console})
        time.sleep(3)  # `token_cache_seconds` is 2
        action, fields = next(one for one in form.forms if "/approvals/" in one[0])
        answer = ben.open(urllib.parse.urljoin(server.base, action), "POST", fields | {"decision": "approve", "confirmation": "web"}, "localhost")
        assert answer.status_code == 403 and "session has ended" in answer.text, answer.text
        ben.open(f"{server.base}/console")
        assert "/console/sign-in" in ben.url


def test_signing_out_ends_the_session(server):
    ben = entered(server, "ben")
    session = ben.cookie("session").value
    name = ben.cookie("session").name
    ben.send("/sign-out")
    assert ben.cookie("session") is None and ben.url.endswith("/console/sign-in")
    again = requests.get(f"{server.base}/console", headers={"Cookie": f"{name}={session}"}, allow_redirects=False, timeout=TEST_TIMEOUT)
    assert again.status_code == 303


def test_sign_in_without_provider_is_unavailable(tmp_path, sim):  # noqa: F811
    from provider import provider
    with provider(tmp_path) as own, console(tmp_path / "server", own, sim, "jwt") as server:
        own.stop()
        answer = requests.get(f"{server.base}/console/sign-in/provider", allow_redirects=False, timeout=TEST_TIMEOUT)
        assert answer.status_code == 503 and "is unavailable" in answer.text, answer.text
