"""`juju-mcp doctor` and the backup of a stopped server: one line for each part, with the remedy."""
import base64
import contextlib
import email.utils
import http.server
import json
import pathlib
import sqlite3
import subprocess
import threading
import time

import pytest
import yaml
from conftest import TEST_TIMEOUT, juju_mcp, required_path
from cryptography.hazmat.primitives.asymmetric import ec
from test_program import run

KEY = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()


def base64url(number):
    """A coordinate of a key in a JWK."""
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


@contextlib.contextmanager
def identity_provider(keys=1, clock=0.0, issuer=None):
    """An HTTP server with the metadata and keys of an identity provider, which differs in what the test asks for."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def date_time_string(self, timestamp=None):
            return email.utils.formatdate(time.time() + clock, usegmt=True)

        def do_GET(self):
            own = f"http://127.0.0.1:{self.server.server_port}"
            jwk = {"kty": "EC", "crv": "P-256", "kid": "1", "use": "sig", "x": base64url(KEY.x), "y": base64url(KEY.y)}
            body = {"keys": [jwk] * keys} if self.path == "/jwks" else {
                "issuer": issuer or own, "jwks_uri": f"{own}/jwks", "authorization_endpoint": f"{own}/auth", "token_endpoint": f"{own}/token"}
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def files(tmp_path):
    """The folder of a configuration for a running simulator: valid, with one static token."""
    with juju_mcp(tmp_path / "sim", "sim") as ready:
        data = pathlib.Path(ready["juju_data"])
        name = yaml.safe_load((data / "controllers.yaml").read_text())["current-controller"]
        one = yaml.safe_load((data / "controllers.yaml").read_text())["controllers"][name]
        account = yaml.safe_load((data / "accounts.yaml").read_text())["controllers"][name]
        (tmp_path / "state").mkdir(mode=0o700)
        (tmp_path / "ca.pem").write_text(one["ca-cert"])
        (tmp_path / "password").write_text(account["password"])
        (tmp_path / "token").write_text("a-token-that-is-long-enough-for-the-program")
        configure(tmp_path, controllers=[{
            "name": "prod", "addresses": one["api-endpoints"], "ca_certificate_file": "ca.pem", "user": account["user"], "password_file": "password"}],
            tokens=[{"role": "viewer", "file": "token"}], state_dir=str(tmp_path / "state"))
        yield tmp_path


def configure(folder, **changes):
    """Changes sections of the configuration."""
    file = folder / "config.yaml"
    config = yaml.safe_load(file.read_text()) if file.exists() else {}
    file.write_text(yaml.safe_dump(config | changes))


def doctor(folder, code):
    """The lines by part."""
    done = run("doctor", "--config", "config.yaml", folder=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return {line[6:].split(": ")[0]: line for line in done.stdout.splitlines()}


def test_healthy_deployment_has_one_good_line_for_each_part(files):
    with identity_provider() as issuer:
        configure(files, oauth={"issuer": issuer, "public_url": "http://127.0.0.1:8080", "allow_static_tokens": True})
        lines = doctor(files, 0)
    assert list(lines) == ["configuration", "controller prod", "identity provider", "clock", "state directory", "disk"]
    assert all(line.startswith("ok    ") for line in lines.values()), lines
    assert "1 usable keys" in lines["identity provider"]


@pytest.mark.parametrize(("part", "words", "break_it"), [
    ("controller prod", "password", lambda files: (files / "password").write_text("wrong")),
    ("configuration", "cannot read", lambda files: (files / "token").unlink()),
    ("configuration", "config schema", lambda files: (files / "config.yaml").write_text("limit: {}")),
    ("configuration", "reed", lambda files: (files / "policy.yaml").write_text("roles: {dba: {effects: [reed]}}") and configure(
        files, policy={"files": ["policy.yaml"]})),
    ("state directory", "not a database", lambda files: (files / "state" / "juju-mcp.sqlite").write_text("no database")),
    ("state directory", "check the path", lambda files: (files / "state").rmdir()),
])
def test_broken_part_has_a_line_with_the_problem_and_the_remedy(files, part, words, break_it):
    break_it(files)
    line = doctor(files, 1)[part]
    assert line.startswith("FAIL  ") and words in line and "; " in line, line


@pytest.mark.parametrize(("part", "words", "provider"), [
    ("identity provider", "has no key for an algorithm", {"keys": 0}),
    ("identity provider", "another issuer", {"issuer": "https://other.example"}),
    ("clock", "synchronize the clocks", {"clock": 3600}),
    ("clock", "synchronize the clocks", {"clock": -90}),
])
def test_unusable_provider_has_a_line_with_the_reason(files, part, words, provider):
    with identity_provider(**provider) as issuer:
        configure(files, oauth={"issuer": issuer, "public_url": "http://127.0.0.1:8080", "allow_static_tokens": True})
        line = doctor(files, 1)[part]
    assert line.startswith("FAIL  ") and words in line, line


def test_unreachable_provider_and_controller_are_reported_both(files):
    configure(files, oauth={"issuer": "http://127.0.0.1:9", "public_url": "http://127.0.0.1:8080", "allow_static_tokens": True})
    config = yaml.safe_load((files / "config.yaml").read_text())
    configure(files, controllers=[config["controllers"][0] | {"addresses": ["127.0.0.1:9"]}])
    lines = doctor(files, 1)
    assert lines["controller prod"].startswith("FAIL") and lines["identity provider"].startswith("FAIL") and lines["clock"].startswith("skip")
    assert lines["disk"].startswith("ok")


def test_newer_store_and_missing_ledger_key_are_reported(files):
    state = files / "state"
    arguments = ("serve", "--config", "config.yaml")
    process = subprocess.Popen([required_path("JUJU_MCP_TEST_PROGRAM"), *arguments, "--listen", "127.0.0.1:0", "--ready-file", "ready.json"],
                               cwd=files, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + TEST_TIMEOUT
        while not (files / "ready.json").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        assert doctor(files, 0)["state directory"].startswith("ok"), "also while the server runs"
        backup = run("backup", "create", "copy.backup", "--state-dir", "state", folder=files)
        assert backup.returncode == 0, backup.stderr
    finally:
        process.terminate()
        process.wait(TEST_TIMEOUT)
    with contextlib.closing(sqlite3.connect(state / "juju-mcp.sqlite")) as store, store:
        store.execute("insert into _sqlx_migrations select 999, description, installed_on, success, checksum, execution_time "
                      "from _sqlx_migrations limit 1")
    line = doctor(files, 1)["state directory"]
    assert "newer program" in line, line
    restored = run("backup", "restore", "copy.backup", "--state-dir", "state", folder=files)
    assert restored.returncode == 2 and "--replace" in restored.stderr, restored.stderr
    restored = run("backup", "restore", "copy.backup", "--state-dir", "state", "--replace", folder=files)
    assert restored.returncode == 0 and "replaced-" in restored.stdout, restored.stderr
    assert doctor(files, 0)["state directory"].startswith("ok")
    assert oct(sum(path.stat().st_mode & 0o077 for path in state.rglob("*"))) == "0o0", "only the owner can read what was restored"
