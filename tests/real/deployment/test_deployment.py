"""The whole product on one machine: deploy, sign in through the ingress, authorise, rotate, revoke, audit. All programs are real ones."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import threading
import time
import urllib.parse

import ops
import plain_mcp
import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, controller_from_files, eventually, juju, juju_mcp, real_controller, required_path

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "identity"))

from application import application, configuration  # noqa: E402
from browser import Browser  # noqa: E402
from gateway import PROVIDER_HOST, gateway  # noqa: E402
from identity_platform import GRANTS, Platform, encoded, forged  # noqa: E402
from mcp_clients import CLIENTS, driven, finished, started  # noqa: E402
from provider import CALLBACK, SCOPES, opened, provider  # noqa: E402

# Seconds for which the long calls are open; 600 is the full length (DC-09).
STREAM_SECONDS = int(os.environ.get("JUJU_MCP_TEST_STREAM_SECONDS") or 4)
KEEP_ALIVE_SECONDS = 15
BINDINGS = [{"role": "operator", "subjects": ["group:ops"]}, {"role": "viewer", "subjects": ["group:staff"]}]
WRITE_SCOPES = SCOPES.replace(" juju:approve", "")


class Deployment:
    """All parts of the deployment, and every secret that was ever valid in it."""

    def __init__(self, app, gate, hydra, real, sim):
        self.app, self.gate, self.hydra, self.real, self.sim = app, gate, hydra, real, sim
        self.platform = Platform(hydra, app)
        self.secrets, self.statuses, self.tokens = {}, [], {}
        self.recorded = set()  # what the ledger has to contain

    def deploy(self):
        """Configures and integrates the application step by step; collects the status after each step."""
        app, step = self.app, self.statuses.append
        # the log has every line that it can have, so that the search for secrets covers all of them
        step(app.configure(log_level="trace"))
        self.secrets["password of the real controller"] = set_password(self.real, secrets.token_hex(12))
        self.secrets["password of the simulator"] = self.sim.password
        self.credentials = app.add_secret(self.login(self.real, "real"))
        step(app.configure(controller_credentials=self.credentials))
        self.secrets["password of mcp at the simulator"] = set_password(self.sim, secrets.token_hex(12))
        self.sim_credentials = app.add_secret(login(self.sim, "sim", "mcp", self.secrets["password of mcp at the simulator"]))
        app.configure(extra_controllers=self.sim_credentials)
        step(app.configure(role_bindings=yaml.safe_dump(BINDINGS)))
        app.relate("receive-ca-cert", lambda *_: {"certificates": json.dumps([self.gate.ca_file.read_text()]), "version": "1"})
        app.relate("ingress", self.gate.relate)
        step(app.relate("oauth", self.platform.respond))
        self.base = app.action("get-url")["url"].removesuffix("/mcp")
        self.mcp = f"{self.base}/mcp"
        eventually("the route to the server is active", lambda: self.gate.serves(f"{self.base}/healthz"), 0.05)
        app.wait_for_checks()
        self.hydra.client("desktop", [self.mcp], "jwt", GRANTS, token_endpoint_auth_method="none")
        self.machine = self.hydra.client("machine", [self.mcp, "https://other.example/mcp"], "jwt")

    def wait(self):
        """Waits until the server accepts requests."""
        eventually("the server responds", lambda: self.app.pid() and self.gate.serves(f"{self.base}/healthz"), 0.05)

    def login(self, controller, name):
        """The content of the secret for the real controller."""
        return login(controller, name, "mcp", self.secrets["password of the real controller"])

    def token(self, person, scope=WRITE_SCOPES):
        """An access token for a person: authorization code with PKCE, at the provider behind the ingress."""
        if (person, scope) not in self.tokens:
            verifier = secrets.token_urlsafe(48)
            query = {"response_type": "code", "client_id": "desktop", "redirect_uri": CALLBACK, "scope": scope, "state": secrets.token_hex(8),
                     "code_challenge": encoded(hashlib.sha256(verifier.encode()).digest()), "code_challenge_method": "S256", "resource": self.mcp}
            back = opened(f"{self.hydra.issuer}/oauth2/auth?{urllib.parse.urlencode(query)}", person)
            answer = urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)
            assert answer["state"] == [query["state"]]
            form = {"grant_type": "authorization_code", "client_id": "desktop", "code": answer["code"][0], "redirect_uri": CALLBACK,
                    "code_verifier": verifier}
            granted = requests.post(f"{self.hydra.issuer}/oauth2/token", data=form, timeout=TEST_TIMEOUT)
            assert granted.ok, granted.text
            self.tokens[person, scope] = granted.json()["access_token"]
        return self.tokens[person, scope]

    def call(self, token, tool, **arguments):
        """The result of a call through the ingress."""
        self.recorded.add(tool)
        return plain_mcp.call(self.mcp, tool, arguments, token)

    def status(self, token):
        """The HTTP status of a request with this token."""
        return plain_mcp.post(self.mcp, "tools/list", {}, token).status_code

    def tools(self, token):
        """Names of the tools that a caller sees."""
        return {tool["name"] for tool in plain_mcp.message(plain_mcp.post(self.mcp, "tools/list", {}, token))["result"]["tools"]}


def login(controller, name, user, password):
    """The content of a secret with a controller and a login."""
    return {"addresses": controller.address, "ca-cert": controller.ca_cert, "username": user, "password": password, "controller-name": name}


def set_password(controller, password):
    """Sets the password of the user `mcp` with the real client, and returns it."""
    done = subprocess.run([required_path("JUJU_MCP_TEST_JUJU"), "change-user-password", "mcp", "--no-prompt"], input=f"{password}\n", text=True,
                          capture_output=True, env=os.environ | {"JUJU_DATA": str(controller.juju_data)}, timeout=TEST_TIMEOUT)
    assert done.returncode == 0, done.stderr
    return password


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The deployment, active, with everything that it needs."""
    folder = {name: tmp_path_factory.mktemp(name) for name in ("gateway", "hydra", "real", "sim")}
    required_path("JUJU_MCP_TEST_PROGRAM")
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(gateway(folder["gateway"]))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("REQUESTS_CA_BUNDLE", str(gate.ca_file))
        hydra = stack.enter_context(provider(folder["hydra"], issuer=gate.provider_url))
        gate.route("hydra", f"Host(`{PROVIDER_HOST}`)", hydra.public)
        gate.route("pages", f"Host(`{PROVIDER_HOST}`) && PathPrefix(`/ui`)", hydra.pages, "/ui")
        ready = stack.enter_context(real_controller(folder["real"], SERVE_K8S="off"))
        real = controller_from_files("real", pathlib.Path(ready["juju_data"]))
        juju(real, "add-user", "mcp")
        juju(real, "grant", "mcp", "superuser")
        ready = stack.enter_context(juju_mcp(folder["sim"], "sim", "--scenario", "shop"))
        sim = controller_from_files("sim", pathlib.Path(ready["juju_data"]))
        juju(sim, "add-user", "mcp")
        juju(sim, "grant", "mcp", "superuser")
        deployment = Deployment(stack.enter_context(application()), gate, hydra, real, sim)
        deployment.deploy()
        yield deployment


def test_application_becomes_active_step_by_step(found):
    first, second, third, last = found.statuses
    assert first == ops.BlockedStatus("no controller: run `juju grant-secret NAME juju-mcp`, then set the option `controller-credentials` "
                                      "to the secret (and 1 more problem)")
    assert second == third and second.message.startswith("every caller is rejected: integrate an identity provider")
    assert last == ops.ActiveStatus()
    assert found.base == f"https://localhost:{found.gate.https_port}/prod-juju-mcp"


def test_plain_http_is_redirected_and_never_answered(found):
    plain = found.mcp.replace(f"https://localhost:{found.gate.https_port}", f"http://localhost:{found.gate.http_port}")
    for method in ("GET", "POST"):
        answer = requests.request(method, plain, headers={"Authorization": f"Bearer {found.token('ben')}"}, allow_redirects=False,
                                  timeout=TEST_TIMEOUT)
        assert answer.status_code in (301, 307, 308) and answer.headers["Location"].startswith(found.mcp), (answer.status_code, answer.headers)


def test_challenge_names_the_metadata_below_the_prefix(found):
    answer = plain_mcp.post(found.mcp, "tools/list", {})
    challenge = answer.headers["WWW-Authenticate"]
    assert answer.status_code == 401 and "error" not in challenge
    where = re.search('resource_metadata="([^"]+)"', challenge)[1]
    assert where == f"{found.base}/.well-known/oauth-protected-resource/mcp"
    metadata = requests.get(where, timeout=TEST_TIMEOUT).json()
    assert (metadata["resource"], metadata["authorization_servers"]) == (found.mcp, [found.hydra.issuer])
    assert requests.get(f"{found.base}/healthz", verify=True, timeout=TEST_TIMEOUT).ok


@pytest.mark.parametrize("name", CLIENTS)
def test_client_signs_in_through_the_ingress_and_calls_both_controllers(found, name):
    result = driven(name, job(found, name, "ana", [
        ("juju_controllers", {}),
        ("juju_status", {"model": "real:prod"}),
        ("juju_status", {"model": "sim:shop"}),
        ("juju_add_model", {"controller": "sim", "name": f"made-{name}"})]), **environment(found))
    asked = urllib.parse.parse_qs(urllib.parse.urlsplit(result["authorize"]).query)
    assert asked["resource"] == [found.mcp] and asked["code_challenge_method"] == ["S256"]
    assert result["authorize"].startswith(f"{found.hydra.issuer}/oauth2/auth?")
    texts = [answer["content"][0]["text"] for answer in result["results"] if not answer.get("isError")]
    assert len(texts) == 4, result["results"]
    assert "real" in texts[0] and "sim" in texts[0] and "shop-web" in texts[1] and "web" in texts[2]
    found.tokens[name, "of a client"] = result["token"]


def environment(found):
    """What clients need to trust the CA of the gateway, and the Python of the MCP package."""
    ca = str(found.gate.ca_file)
    return {"python": required_path("JUJU_MCP_TEST_PYTHON"), "NODE_EXTRA_CA_CERTS": ca, "SSL_CERT_FILE": ca}


def job(found, name, person, calls, **more):
    """The job of a client that signs a person in."""
    metadata = {"client_name": name, "redirect_uris": [CALLBACK], "grant_types": GRANTS, "response_types": ["code"],
                "token_endpoint_auth_method": "none"}
    found.recorded |= {tool for tool, _ in calls} | {f"oauth:{person}"}
    client = {"client_id": "desktop", "issuer": found.hydra.issuer} | ({} if CLIENTS[name] else {"token_endpoint_auth_method": "none"})
    return {"url": found.mcp, "browser": f"{found.hydra.pages}/browser", "person": person, "callback": CALLBACK, "metadata": metadata,
            "client": client, "calls": calls, **more}


def test_token_for_another_audience_is_refused(found):
    assert found.status(found.hydra.token(found.machine, found.mcp)) == 200
    for audience in ("https://other.example/mcp", None):
        answer = plain_mcp.post(found.mcp, "tools/list", {}, found.hydra.token(found.machine, audience))
        challenge = answer.headers["WWW-Authenticate"]
        assert answer.status_code == 401 and 'error="invalid_token"' in challenge and "audience" in challenge
        assert f'resource_metadata="{found.base}/.well-known/oauth-protected-resource/mcp"' in challenge


def test_forged_tokens_are_refused(found):
    valid = found.token("ben")
    assert found.status(valid) == 200
    for flaw, token in forged(found.hydra, valid).items():
        answer = plain_mcp.post(found.mcp, "tools/list", {}, token)
        assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["WWW-Authenticate"], flaw
    found.recorded.add("authentication_failed")


def test_viewer_neither_sees_nor_runs_a_removal(found):
    assert "juju_remove_application" not in found.tools(found.token("ben")) and "juju_status" in found.tools(found.token("ben"))
    for model in ("real:prod", "sim:shop"):
        result = found.call(found.token("ben"), "juju_remove_application", model=model, applications=["web"])
        assert result.get("isError") and result["_meta"]["juju-mcp/code"] == "permission_denied", result
    found.recorded |= {"denied", "oauth:ben"}


def test_changed_role_binding_is_effective_without_a_restart(found):
    pid, token = found.app.pid(), found.token("ben")
    add = {"controller": "sim", "name": "by-ben"}
    assert found.call(token, "juju_add_model", **add).get("isError")
    promoted = [BINDINGS[0], {"role": "operator", "subjects": ["group:staff"]}]
    assert found.app.configure(role_bindings=yaml.safe_dump(promoted)) == ops.ActiveStatus()
    eventually("the new role is effective", lambda: not found.call(token, "juju_add_model", **add).get("isError"))
    assert found.app.configure(role_bindings=yaml.safe_dump(BINDINGS)) == ops.ActiveStatus()
    eventually("the old role is effective again", lambda: found.call(token, "juju_add_model", controller="sim", name="refused").get("isError"))
    assert found.app.pid() == pid


def test_stream_stays_open_while_roles_limits_and_controllers_change(found):
    """What the server reloads ends no call: the wait goes on over changes of each kind, and ends with what it waits for."""
    pid, model = found.app.pid(), "sim:shop"
    arguments = {"model": model, "kind": "application", "name": "web", "query": "exposed==true", "timeout": f"{4 * TEST_TIMEOUT}s"}
    juju(found.sim, "unexpose", "-m", "shop", "web")
    stream = RawStream(found, arguments, found.token("ana"))
    stream.start()
    eventually("the call is open", lambda: open_calls(found) == 1, 0.05)
    promoted = [BINDINGS[0], {"role": "operator", "subjects": ["group:staff"]}]
    for change in ({"role_bindings": yaml.safe_dump(promoted)}, {"calls_per_minute": 600}, {"log_level": "debug"}, {"log_level": "trace"},
                   {"roles": "dba: {description: Databases, effects: [read]}"}, {"clients_without_audience": "legacy"}):
        assert found.app.configure(**change) == ops.ActiveStatus(), change
    set_password(found.sim, other := secrets.token_hex(12))
    found.secrets["other password of the simulator"] = other
    found.app.update_secret(found.sim_credentials, login(found.sim, "sim", "mcp", other))
    eventually("the new role is effective", lambda: not found.call(found.token("ben"), "juju_add_model", controller="sim", name="by-ben-2").get("isError"))
    assert open_calls(found) == 1 and stream.is_alive() and not any("result" in line for _, line in stream.lines)
    found.app.configure(role_bindings=yaml.safe_dump(BINDINGS), roles="", clients_without_audience="", calls_per_minute=1200)
    juju(found.sim, "expose", "-m", "shop", "web")
    stream.join(TEST_TIMEOUT)
    assert not stream.is_alive() and "exposed" in "".join(line for _, line in stream.lines), stream.lines
    assert found.app.pid() == pid


def test_invalid_role_leaves_the_old_policy_in_force(found):
    status = found.app.configure(roles="dba: {effects: [reed]}")
    assert isinstance(status, ops.BlockedStatus) and status.message.endswith("the previous configuration stays active")
    assert found.status(found.token("ben")) == 200
    assert found.app.configure(roles="") == ops.ActiveStatus()


def test_rotated_password_of_the_controller_replaces_the_old_one(found):
    pid = found.app.pid()
    found.secrets["old password of the real controller"] = found.secrets["password of the real controller"]
    found.secrets["password of the real controller"] = set_password(found.real, secrets.token_hex(12))
    with pytest.raises(ops.testing.ActionFailed):
        found.app.action("verify-controller")
    wrong = found.login(found.real, "real") | {"password": "never-valid-password"}
    status = found.app.update_secret(found.credentials, wrong)
    assert isinstance(status, ops.BlockedStatus) and status.message.endswith("the previous configuration stays active")
    assert found.app.pid() == pid
    assert found.app.update_secret(found.credentials, found.login(found.real, "real")) == ops.ActiveStatus()
    assert found.app.pid() == pid, "the new password needs no restart"
    assert "2 controllers" in found.app.action("verify-controller")["output"]
    assert not found.call(found.token("ben"), "juju_status", model="real:prod").get("isError")


def console(found, person):
    """The page that a person sees after they signed in at the approval page."""
    browser = Browser(person)
    browser.open(f"{found.base}/console")
    return browser.click("/sign-in/provider").text


def test_rotated_client_secret_signs_people_in_to_the_approval_page(found):
    assert "ana@example.com" in console(found, "ana")
    found.secrets["old secret of the client"] = found.platform.secret
    pid = found.app.pid()
    assert found.platform.rotate() == ops.ActiveStatus()
    eventually("the server restarts", lambda: found.app.pid() not in (None, pid), 0.05)
    found.wait()
    assert "ana@example.com" in console(found, "ana")


class RawStream(threading.Thread):
    """A call without an SDK, and when each line of its event stream came."""

    def __init__(self, found, arguments, token):
        super().__init__(daemon=True)
        self.found, self.arguments, self.token, self.lines = found, arguments, token, []

    def run(self):
        """Reads the stream to its end."""
        meta = {"io.modelcontextprotocol/protocolVersion": plain_mcp.VERSION, "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": {"name": "plain", "version": "1"}}
        headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": plain_mcp.VERSION, "Mcp-Method": "tools/call",
                   "Mcp-Name": "juju_wait_for", "Authorization": f"Bearer {self.token}"}
        params = {"name": "juju_wait_for", "arguments": self.arguments, "_meta": meta}
        with requests.post(self.found.mcp, json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, headers=headers,
                           timeout=4 * KEEP_ALIVE_SECONDS, stream=True) as answer:
            for line in answer.iter_lines():
                self.lines.append((time.monotonic(), line.decode()))


def test_stream_stays_open_through_the_ingress_until_the_change(found):
    limit = STREAM_SECONDS + TEST_TIMEOUT
    arguments = {"model": "real:prod", "kind": "application", "name": "cache", "query": "exposed==true", "timeout": f"{limit}s"}
    raw = RawStream(found, arguments, found.token("ana"))
    raw.start()
    clients = {}
    for name in CLIENTS:
        clients[name] = started(name, job(found, name, "ana", [("juju_wait_for", arguments)], timeout=limit), **environment(found))
        eventually("the call is open", lambda: clients[name].poll() is not None or open_calls(found) == len(clients) + 1, 0.1)  # noqa: B023
        assert clients[name].poll() is None, clients[name].communicate()
    start = time.monotonic()
    time.sleep(STREAM_SECONDS)
    assert open_calls(found) == len(CLIENTS) + 1 and all(client.poll() is None for client in clients.values())
    juju(found.real, "expose", "-m", "prod", "cache")
    for name, client in clients.items():
        (result,) = finished(client)["results"]
        assert not result.get("isError") and "exposed" in result["content"][0]["text"] and result["updates"] > 0, (name, result)
    raw.join(TEST_TIMEOUT)
    assert not raw.is_alive() and "exposed" in "".join(line for _, line in raw.lines), raw.lines
    comments = sum(line.startswith(":") for _, line in raw.lines)
    print(f"open for {time.monotonic() - start:.0f} s, {comments} comments")
    assert comments >= STREAM_SECONDS // KEEP_ALIVE_SECONDS - 1


def open_calls(found):
    """The number of calls in progress, from the metrics of the server."""
    text = requests.get(f"http://127.0.0.1:{configuration.METRICS_PORT}/metrics", timeout=TEST_TIMEOUT).text
    return int(float(re.search(r"^juju_mcp_calls_in_progress (\S+)", text, re.MULTILINE)[1]))


DEFINITIONS = {
    "prompts": [{"name": "check", "description": "Checks backups", "template": "Check the backups of {{app}}.",
                 "arguments": [{"name": "app", "description": "An application", "required": True}]}],
    "tools": [{"name": "wipe", "description": "Wipes it", "input_schema": {}, "handler": {"type": "exec", "command": ["wipe"]}}]}


def test_prompts_of_a_related_application_reach_callers_with_the_role(found):
    def names(person):
        answer = plain_mcp.message(plain_mcp.post(found.mcp, "prompts/list", {}, found.token(person)))
        return [prompt["name"] for prompt in answer["result"]["prompts"]]

    # the official library encodes the definitions twice
    assert found.app.relate("mcp", lambda *_: {"mcp_definitions": json.dumps(json.dumps(DEFINITIONS))}) == ops.ActiveStatus()
    found.wait()
    assert names("ana") == [], "no role receives prompts by default"
    assert found.app.configure(prompt_roles="operator") == ops.ActiveStatus()
    found.wait()
    assert names("ana") == ["remote.check"] and names("ben") == []
    get = {"name": "remote.check", "arguments": {"app": "web"}}
    result = plain_mcp.message(plain_mcp.post(found.mcp, "prompts/get", get, found.token("ana")))["result"]
    assert result["messages"][0]["content"]["text"] == "Check the backups of web." and "`remote`" in result["description"]
    assert "error" in plain_mcp.post(found.mcp, "prompts/get", get, found.token("ben")).json()
    assert "wipe" not in str(found.tools(found.token("ana")))
    assert found.app.unrelate("mcp") == ops.ActiveStatus()
    found.wait()
    assert names("ana") == []


def test_removed_identity_provider_leaves_no_way_in(found):
    token = found.token("ben")
    assert found.status(token) == 200
    status = found.app.unrelate("oauth")
    assert isinstance(status, ops.BlockedStatus) and status.message.startswith("every caller is rejected")
    found.wait()
    for one in (token, found.token("ana"), found.hydra.token(found.machine, found.mcp), None):
        assert found.status(one) == 401


def test_ledger_has_every_act_and_no_secret_leaks(found, tmp_path):
    verified = found.app.action("verify-audit")["output"]
    assert "are valid" in verified
    exported = pathlib.Path(found.app.action("export-audit", since="1h")["file"]).read_text()
    records = [json.loads(line) for line in exported.splitlines()]
    assert not [part for part in found.recorded if part not in exported]
    assert len(records) > len(found.recorded)
    found.secrets |= {"secret of the client": found.platform.secret, "secret of the machine": found.machine[1], "wrong password": "never-valid-password"}
    found.secrets |= {f"token of {who} {scope}": token for (who, scope), token in found.tokens.items()}
    found.secrets |= {f"signature of {name}": token.rsplit(".", 1)[1] for name, token in found.secrets.items() if token.count(".") == 2}
    process = pathlib.Path(f"/proc/{found.app.pid()}")
    state = b"".join(path.read_bytes() for path in (found.app.root / "state").rglob("*") if path.is_file())
    places = {
        "log of the server": found.app.pebble("logs", "-n", "all"), "log of Pebble": (found.app.root / "pebble.log").read_text(),
        "log of the charm": "\n".join(line.message for line in found.app.context.juju_log), "log of the ingress": gate_log(found),
        "plan": found.app.client.get_plan().to_yaml(), "changes of Pebble": found.app.pebble("changes", "--abs-time"),
        "command line": (process / "cmdline").read_text(), "environment": (process / "environ").read_text(),
        "databags": found.app.databags(), "options": json.dumps(dict(found.app.state.config)), "ledger": exported,
        "state directory": state.decode("latin-1"), "configuration": (found.app.root / "etc/active/config.yaml").read_text(),
        "policy": (found.app.root / "etc/active/policy.yaml").read_text(), "statuses": repr(found.app.context.unit_status_history), "state of the charm": repr(found.app.state.stored_states)}
    assert not [(place, name) for place, text in places.items() for name, secret in found.secrets.items() if secret in text]
    assert all(text for place, text in places.items() if place not in ("log of Pebble", "log of the charm"))
    # Pebble's own log has all lines of the server since its first start
    assert {"INFO", "DEBUG"} <= set(re.findall(r" (INFO|DEBUG) ", places["log of Pebble"]))


def gate_log(found):
    """The log of Traefik, with one line for each request."""
    return (found.gate.folder / "traefik.log").read_text()
