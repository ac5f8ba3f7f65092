"""Callers act as themselves, with the real program: its keys, a real controller that fetches them, and `doctor`."""
import contextlib
import itertools
import json
import pathlib
import socket
import ssl
import urllib.request

import pytest
import yaml
from conftest import eventually, juju_mcp, real_controller
from test_program import run
from websockets.sync.client import connect


def free_port():
    """A port of loopback that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def key_ids(port):
    """The ids of the published keys."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/.well-known/jwks.json") as response:
        assert response.headers["Cache-Control"] == "max-age=900"
        keys = json.load(response)["keys"]
    assert all(sorted(key) == ["alg", "crv", "kid", "kty", "use", "x"] for key in keys), keys
    return [key["kid"] for key in keys]


def trust_line(folder, code):
    """The line of `doctor` about callers as themselves."""
    done = run("doctor", "--config", "config.yaml", folder=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return next(line for line in done.stdout.splitlines() if "callers as themselves" in line)


def write_configuration(folder, port, controller):
    """A configuration for the controller of a READY line or of client files."""
    (folder / "state").mkdir(mode=0o700)
    (folder / "ca.pem").write_text(controller["ca_cert"])
    for name, text in [("password", controller["password"]), ("token", "a-token-that-is-long-enough-for-the-program")]:
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    (folder / "config.yaml").write_text(yaml.safe_dump({
        "listen": f"127.0.0.1:{port}", "state_dir": "state", "login_tokens": {"user_domain": "iam.example"},
        "controllers": [{"name": "prod", "addresses": controller["addresses"], "ca_certificate_file": "ca.pem", "user": "admin",
                         "password_file": "password", "act_as_caller": {}}],
        "tokens": [{"role": "admin", "file": "token"}]}))


def test_real_controller_trusts_the_published_key(tmp_path):
    port = free_port()
    behind = tmp_path / "controller"
    behind.mkdir()
    url = f"http://127.0.0.1:{port}/.well-known/jwks.json"
    with real_controller(behind, SERVE_K8S="off", SERVE_LOGIN_TOKEN_URL=url) as controller:
        write_configuration(tmp_path, port, controller)
        line = trust_line(tmp_path, 0)
        assert line.startswith("skip") and "has no key" in line, line
        with juju_mcp(tmp_path, "serve", "--config", "config.yaml", listen=f"127.0.0.1:{port}"):
            assert "it trusts the tokens of this server" in trust_line(tmp_path, 0)
            key = tmp_path / "state" / "login-tokens.key"
            assert key.stat().st_mode & 0o777 == 0o600
            [first] = key_ids(port)
            # the new key is published at once, without a restart, and the old one still signs
            rotated = run("login-key", "rotate", "--state-dir", "state", folder=tmp_path)
            assert rotated.returncode == 0 and "signs after two hours" in rotated.stdout, rotated
            assert key_ids(port)[0] == first and len(key_ids(port)) == 2
            assert "it trusts" in trust_line(tmp_path, 0)
            listed = run("login-key", "list", "--state-dir", "state", folder=tmp_path).stdout.splitlines()
            assert [line.split()[0] for line in listed] == key_ids(port) and listed[0].endswith("signs"), listed
            # after a leak: the old key is gone, and the controller refuses until it fetches the new one
            revoked = run("login-key", "rotate", "--revoke", "--state-dir", "state", folder=tmp_path)
            assert revoked.returncode == 0 and len(key_ids(port)) == 1 and first not in key_ids(port), revoked
            line = trust_line(tmp_path, 1)
            assert line.startswith("FAIL") and "does not accept the login token" in line, line
            seeds = [one["seed"] for one in json.loads(key.read_text())]
        log = "".join(path.read_text(errors="replace") for path in tmp_path.glob("*.txt"))
        assert not any(seed in log for seed in seeds)


@contextlib.contextmanager
def session(controller, path, user, password):
    """A session of a controller, as a function that calls a method and returns the response."""
    trust = ssl.create_default_context(cadata=controller["ca_cert"])
    trust.check_hostname = False  # the certificate names `juju-apiserver`
    with connect(f"wss://{controller['addresses'][0]}{path}", ssl=trust, max_size=None) as socket_:
        numbers = itertools.count(1)

        def request(facade, version, method, **params):
            socket_.send(json.dumps({"request-id": next(numbers), "type": facade, "version": version, "request": method, "params": params}))
            answer = json.loads(socket_.recv())
            assert "error" not in answer, answer
            return answer["response"]

        request("Admin", 3, "Login", **{"auth-tag": f"user-{user}", "credentials": password, "client-version": "3.6.11"})
        yield request


@pytest.mark.parametrize("trusts", [False, True])
def test_real_controller_that_trusts_the_server_relates_no_offer(tmp_path, trusts):
    """What Juju does for a relation to an offer, as docs/act-as-caller.md states it: first for the consumer, then for the worker of its model."""
    port, behind = free_port(), tmp_path / "controller"
    behind.mkdir()
    base = f"http://127.0.0.1:{port}"
    trust = {"SERVE_LOGIN_TOKEN_URL": f"{base}/.well-known/jwks.json"} if trusts else {}
    with real_controller(behind, SERVE_K8S="off", **trust) as controller:
        write_configuration(tmp_path, port, controller)
        with juju_mcp(tmp_path, "serve", "--config", "config.yaml", listen=f"127.0.0.1:{port}"):
            with session(controller, "/api", "admin", controller["password"]) as request:
                urls = {"offer-urls": ["admin/prod.shop-database"], "bakery-version": 3}
                [found] = request("ApplicationOffers", 4, "GetConsumeDetails", **{"offer-urls": urls})["results"]
            offer, macaroon = found["offer"], found["macaroon"]
            # without trust the macaroon is enough by itself; with it, a service has to add the offer
            assert any(f"declared offer-uuid {offer['offer-uuid']}" == caveat["i"] for caveat in macaroon["c"]) != trusts, macaroon
            model = offer["source-model-tag"].removeprefix("model-")
            with session(controller, f"/model/{model}/api", "jujuanonymous", "") as request:
                relation = {
                    "application-token": "a-token", "relation-token": "b-token", "source-model-tag": "model-deadbeef-0bad-400d-8000-4b1d0d06f00d",
                    "remote-endpoint": {"name": "db", "role": "requirer", "interface": "mysql", "limit": 0},
                    "offer-uuid": offer["offer-uuid"], "local-endpoint-name": "server", "macaroons": [macaroon], "bakery-version": 3}
                [result] = request("CrossModelRelations", 3, "RegisterRemoteRelations", relations=[relation])["results"]
    if trusts:
        text = result["error"]["message"]
        assert text.startswith("cannot create macaroon") and f"{base}/macaroons" in text and "cannot find public key" in text, text
    else:
        assert result["result"]["macaroon"], result


def test_controller_without_trust_is_reported_with_the_remedy(tmp_path):
    port = free_port()
    with juju_mcp(tmp_path / "sim", "sim") as ready:
        data = pathlib.Path(ready["juju_data"])
        controllers = yaml.safe_load((data / "controllers.yaml").read_text())
        name = controllers["current-controller"]
        account = yaml.safe_load((data / "accounts.yaml").read_text())["controllers"][name]
        one = controllers["controllers"][name]
        write_configuration(tmp_path, port, {"ca_cert": one["ca-cert"], "addresses": one["api-endpoints"], "password": account["password"]})
        with juju_mcp(tmp_path, "serve", "--config", "config.yaml", listen=f"127.0.0.1:{port}"):
            eventually("the keys are published", lambda: key_ids(port))
            line = trust_line(tmp_path, 1)
    assert line.startswith("FAIL") and "login-token-refresh-url" in line, line


@pytest.mark.parametrize("words", [("list",), ("rotate",)])
def test_directory_without_keys_is_refused_with_the_remedy(tmp_path, words):
    done = run("login-key", *words, "--state-dir", str(tmp_path), folder=tmp_path)
    assert done.returncode == 2 and "act_as_caller" in done.stderr, done
