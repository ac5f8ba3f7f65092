"""Callers act as themselves, with the real program: its keys, a real controller that fetches them, and `doctor`."""
import json
import pathlib
import socket
import urllib.request

import pytest
import yaml
from conftest import eventually, juju_mcp, real_controller
from test_program import run


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
