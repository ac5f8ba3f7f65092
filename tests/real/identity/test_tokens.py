"""Tokens of a real Ory Hydra at our server: which are accepted, for which caller, for how long, and what happens when the provider changes or is gone."""
import contextlib
import secrets
import time
import urllib.parse

import pytest
import requests
from conftest import TEST_TIMEOUT, eventually, juju_mcp
from oauthlib.oauth2 import WebApplicationClient
from provider import CALLBACK, SCOPES, opened, provider
from requests_oauthlib import OAuth2Session
from served import served

FORMS = ["jwt", "opaque"]


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    """A simulated controller; it has no part in authentication."""
    with juju_mcp(tmp_path_factory.mktemp("sim"), "sim", "--scenario", "shop") as ready:
        yield ready


@pytest.fixture(scope="module")
def hydra(tmp_path_factory):
    """A Hydra for all tests that leave it as it was."""
    with provider(tmp_path_factory.mktemp("hydra")) as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory, hydra, sim):
    """Our server for the same tests, and a client of each kind registered for it."""
    with served(tmp_path_factory.mktemp("server"), hydra, sim) as found:
        found.machines = {form: hydra.client(f"machine-{form}", [found.mcp, "http://127.0.0.1:1/mcp"], form) for form in FORMS}
        found.people = {form: hydra.client(f"people-{form}", [found.mcp], form, ["authorization_code", "refresh_token"]) for form in FORMS}
        yield found


def signed_in(hydra, client, person, audience, scope=SCOPES):
    """What a person's program gets by the code flow with PKCE, done by requests-oauthlib."""
    session = OAuth2Session(client=WebApplicationClient(client[0]), redirect_uri=CALLBACK, scope=scope.split(), pkce="S256")
    url, state = session.authorization_url(f"{hydra.issuer}/oauth2/auth", audience=audience)
    assert "code_challenge_method=S256" in url
    back = opened(url, person)
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["state"] == [state]
    return session.fetch_token(f"{hydra.issuer}/oauth2/token", authorization_response=back, auth=client)


@pytest.fixture(autouse=True)
def on_loopback(monkeypatch):
    """OAuthlib wants https; here nothing leaves the machine."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


def refused(result):
    """The text of an authenticated call that was refused."""
    assert result.get("isError"), result
    return result["content"][0]["text"]


def slowly(server, token):
    """The status of a token that may be refused, after a pause: 30 refusals in a minute are rate limited."""
    time.sleep(1)
    return server.status(token)


def test_request_without_token_gets_the_metadata_url(server, hydra):
    answer = server.post("tools/list", {})
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401 and "error" not in challenge and 'scope="' in challenge
    where = challenge.split('resource_metadata="')[1].split('"')[0]
    metadata = requests.get(where, timeout=TEST_TIMEOUT).json()
    assert metadata["resource"] == server.mcp and metadata["authorization_servers"] == [hydra.issuer]
    assert requests.get(f"{server.base}/.well-known/oauth-protected-resource", timeout=TEST_TIMEOUT).json() == metadata
    assert set(metadata["scopes_supported"]) <= set(SCOPES.split())
    toolset = requests.get(f"{server.base}/.well-known/oauth-protected-resource/mcp/readonly", timeout=TEST_TIMEOUT).json()
    assert toolset["resource"] == f"{server.base}/mcp/readonly"


@pytest.mark.parametrize("form", FORMS)
def test_client_credentials_are_accepted(server, hydra, form):
    token = hydra.token(server.machines[form], server.mcp)
    assert (token.count(".") == 2) == (form == "jwt"), "Hydra gave the other kind of token"
    assert not server.call(token, "juju_status", model="shop").get("isError")
    assert "read" not in refused(server.call(token, "juju_add_model", name=f"no-{form}"))  # bound to viewer, limited to reading


@pytest.mark.parametrize("form", FORMS)
def test_sign_in_of_a_person_gets_the_roles_of_groups(server, hydra, form):
    ana = signed_in(hydra, server.people[form], "ana", server.mcp)["access_token"]
    # the group `ops` is bound to operator, but this token may also approve, so it changes nothing
    assert not server.call(ana, "juju_status", model="shop").get("isError")
    assert refused(server.call(ana, "juju_add_model", name=f"by-approver-{form}"))
    less = SCOPES.replace(" juju:approve", "")
    ana = signed_in(hydra, server.people[form], "ana", server.mcp, less)["access_token"]
    made = server.call(ana, "juju_add_model", name=f"by-ana-{form}")
    assert not made.get("isError"), made
    reader = signed_in(hydra, server.people[form], "ana", server.mcp, "openid juju:read")["access_token"]
    narrow = server.post("tools/call", {"name": "juju_add_model", "arguments": {"name": f"narrow-{form}"}}, reader)
    challenge = narrow.headers["WWW-Authenticate"]
    assert narrow.status_code == 403 and 'error="insufficient_scope"' in challenge and "juju:write" in challenge
    ben = signed_in(hydra, server.people[form], "ben", server.mcp, less)["access_token"]
    assert not server.call(ben, "juju_status", model="shop").get("isError")
    assert refused(server.call(ben, "juju_add_model", name=f"by-ben-{form}"))


@pytest.mark.parametrize("form", FORMS)
def test_email_binds_a_role_only_if_verified(server, hydra, form):
    # neither has a group; both addresses are bound to viewer; access tokens of Hydra carry none, so the server requests userinfo
    cat = signed_in(hydra, server.people[form], "cat", server.mcp, "openid email juju:read")["access_token"]
    assert not server.call(cat, "juju_status", model="shop").get("isError")
    dan = signed_in(hydra, server.people[form], "dan", server.mcp, "openid email juju:read")["access_token"]
    assert refused(server.call(dan, "juju_status", model="shop"))
    unasked = signed_in(hydra, server.people[form], "cat", server.mcp, "openid juju:read")["access_token"]
    assert refused(server.call(unasked, "juju_status", model="shop"))


@pytest.mark.parametrize("form", FORMS)
def test_token_for_another_audience_is_refused(server, hydra, form):
    for audience in ["http://127.0.0.1:1/mcp", None]:
        answer = server.post("tools/list", {}, hydra.token(server.machines[form], audience))
        assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert "audience" in answer.headers["WWW-Authenticate"] and "resource_metadata" in answer.headers["WWW-Authenticate"]


def test_other_tokens_of_the_same_sign_in_are_refused(server, hydra):
    got = signed_in(hydra, server.people["jwt"], "ana", server.mcp)
    assert server.status(got["access_token"]) == 200
    assert server.status(got["id_token"]) == 401
    assert server.status(got["refresh_token"]) == 401


def test_refreshed_token_is_accepted(server, hydra):
    client = server.people["opaque"]
    got = signed_in(hydra, client, "ana", server.mcp)
    session = OAuth2Session(client[0], token=got)
    fresh = session.refresh_token(f"{hydra.issuer}/oauth2/token", auth=client)
    assert fresh["access_token"] != got["access_token"] and server.status(fresh["access_token"]) == 200


def test_trusted_client_needs_no_audience(tmp_path, hydra, sim):
    hydra.client("no-audience", [], "jwt")
    trusted = hydra.client("machine-trusted", ["http://127.0.0.1:1/mcp"], "jwt")
    with served(tmp_path, hydra, sim, oauth={"clients_without_audience": ["machine-trusted"]}) as server:
        assert server.status(hydra.token(trusted, None)) == 200
        assert server.status(hydra.token(trusted, "http://127.0.0.1:1/mcp")) == 401, "a token for another audience, even of a trusted client"


def test_revoked_token_is_refused_after_the_cache_expires(server, hydra):
    client = server.machines["opaque"]
    token = hydra.token(client, server.mcp)
    assert server.status(token) == 200
    requests.post(f"{hydra.issuer}/oauth2/revoke", auth=client, data={"token": token}, timeout=TEST_TIMEOUT).raise_for_status()
    eventually("the revoked token is refused", lambda: server.status(token) == 401)  # `token_cache_seconds` is 2


@pytest.mark.parametrize("introspected", [True, False])
def test_revoked_jwt_is_refused_if_jwts_are_introspected(tmp_path, hydra, sim, introspected):
    introspection = {"url": f"{hydra.admin}/admin/oauth2/introspect", "include_jwts": introspected}
    with served(tmp_path, hydra, sim, oauth={"introspection": introspection}) as server:
        client = hydra.client(f"machine-introspected-{introspected}", [server.mcp], "jwt")
        token, other = hydra.token(client, server.mcp), hydra.token(client, server.mcp)
        assert server.status(token) == server.status(other) == 200
        requests.post(f"{hydra.issuer}/oauth2/revoke", auth=client, data={"token": token}, timeout=10).raise_for_status()
        if introspected:
            eventually("the revoked JWT is refused", lambda: server.status(token) == 401)  # `token_cache_seconds` is 2
        else:
            time.sleep(3)
            assert server.status(token) == 200, "a JWT is valid until it expires if the server does not introspect it"
        assert server.status(other) == 200


def test_keys_are_rotated(tmp_path, sim):
    with provider(tmp_path) as hydra, served(tmp_path / "server", hydra, sim) as server:
        client = hydra.client("machine-jwt", [server.mcp])
        old = hydra.token(client, server.mcp)
        assert server.status(old) == 200
        before = hydra.keys()
        hydra.new_key()
        new = hydra.token(client, server.mcp)
        # an unknown key id makes the server fetch the keys again, at most every ten seconds
        eventually("the new key is accepted", lambda: slowly(server, new) == 200)
        assert server.status(old) == 200, "both keys are published"
        for key in before:
            hydra.ask("DELETE", f"/admin/keys/hydra.jwt.access-token/{key}")
        hydra.new_key()
        newest = hydra.token(client, server.mcp)
        eventually("the newest key is accepted", lambda: slowly(server, newest) == 200)
        eventually("the deleted key is refused", lambda: server.status(old) == 401)
        assert server.status(new) == 200


@pytest.mark.parametrize("form", FORMS)
def test_unavailable_provider_makes_tokens_unavailable(tmp_path, sim, form):
    with provider(tmp_path) as hydra, served(tmp_path / "server", hydra, sim) as server:
        client = hydra.client(f"machine-{form}", [server.mcp], form)
        token, unseen = hydra.token(client, server.mcp), hydra.token(client, server.mcp)
        if form == "opaque":
            assert server.status(token) == 200
        hydra.stop()
        for one in [unseen, secrets.token_urlsafe(32) if form == "opaque" else unseen]:
            answer = server.post("tools/list", {}, one)
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, (answer.status_code, answer.text)
            assert "identity provider" in answer.text
        if form == "opaque":
            eventually("a token that has to be introspected again is refused", lambda: server.status(token) == 503)


def test_proxies_of_the_environment_are_ignored_for_the_provider(tmp_path, sim, monkeypatch):
    with provider(tmp_path) as hydra, contextlib.ExitStack() as running:
        with monkeypatch.context() as environment:
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]:
                environment.setenv(name, "http://127.0.0.1:1")
            server = running.enter_context(served(tmp_path / "server", hydra, sim))
        for form in FORMS:
            token = hydra.token(hydra.client(f"machine-{form}", [server.mcp], form), server.mcp)
            assert server.status(token) == 200, form


def test_provider_that_goes_and_comes_back_is_a_part_of_readiness(tmp_path, sim):
    with provider(tmp_path) as hydra, served(tmp_path / "server", hydra, sim, oauth={"token_cache_seconds": 0}, log="info") as server:
        client = hydra.client("machine-jwt", [server.mcp], "jwt")
        token = hydra.token(client, server.mcp)
        assert server.status(token) == 200, "the keys are cached"

        def readiness(status):
            answer = requests.get(server.base + "/readyz", headers={"Authorization": f"Bearer {token}"}, timeout=TEST_TIMEOUT)
            body = answer.json()
            return (answer.status_code, body["status"]) == status and next(one for one in body["checks"] if one["name"] == "identity provider")

        part = eventually("the provider is healthy", lambda: readiness((200, "healthy")))
        assert part["healthy"] and "detail" not in part, part
        hydra.stop()
        part = eventually("the provider is away", lambda: readiness((200, "degraded")))
        assert not part["healthy"] and "cannot be reached" in part["detail"] and part["since"].endswith("Z"), part
        # the process lives, and a token that needs no request to the provider is accepted: it is checked with the cached keys
        assert requests.get(server.base + "/healthz", timeout=TEST_TIMEOUT).status_code == 200
        answer = server.call(token, "juju_status", model="shop")
        assert not answer.get("isError"), answer
        # a server that starts now has no keys, and can serve no caller
        with served(tmp_path / "late", hydra, sim) as late:
            alone = requests.get(late.base + "/readyz", timeout=TEST_TIMEOUT)
            assert (alone.status_code, alone.json()) == (503, {"status": "unhealthy"})
            assert requests.get(late.base + "/healthz", timeout=TEST_TIMEOUT).status_code == 200
        time.sleep(11)  # the server checks its parts every ten seconds by itself
        lines = [line for line in (server.folder / "log.txt").read_text().splitlines() if "identity provider" in line]
        assert sum("a part of the server is not healthy" in line for line in lines) == 1, lines
        hydra.start()
        eventually("the provider is back", lambda: readiness((200, "healthy")))
        lines = (server.folder / "log.txt").read_text()
        assert lines.count("a part of the server is healthy again") == 1, lines


def test_reload_that_removes_the_provider_refuses_every_token(tmp_path, sim):
    with provider(tmp_path) as hydra, served(tmp_path / "server", hydra, sim) as server:
        token = hydra.token(hydra.client("machine-jwt", [server.mcp], "jwt"), server.mcp)
        assert server.status(token) == 200
        file = server.folder / "config.yaml"
        with_provider = file.read_text()
        file.write_text("reject_all_callers: true\n")
        eventually("no token is accepted", lambda: server.status(token) == 401)
        assert server.status(None) == 401
        file.write_text(with_provider)
        eventually("the provider is configured again", lambda: server.status(token) == 200)
