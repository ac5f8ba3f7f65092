"""The two sides: Juju's own API server, and our simulator; both with the same estate, each started and ended here."""
import atexit
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from wire import TEST_TIMEOUT, Connection


def scratch():
    """A folder that goes when this program ends."""
    folder = tempfile.mkdtemp(prefix="compare-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class Side:
    """A running controller: how to connect, and the names that stand for its UUIDs."""

    def __init__(self, name, process, address, authority, accounts):
        self.name, self.process, self.address, self.authority, self.accounts = name, process, address, authority, accounts
        self.open, self.models = {}, {}
        self.learn()

    def learn(self):
        """Asks for the UUIDs of the models that there are now."""
        reply = self.connection("").call("ModelManager", "ListModels", {"tag": "user-admin"})
        for row in reply["response"].get("user-models") or []:
            self.models[row["model"]["name"]] = row["model"]["uuid"]

    def connection(self, model, user="admin"):
        """The connection to a model, or with "" to the controller; it stays open."""
        if (model, user) not in self.open:
            new = Connection(self.address, self.authority, self.models[model] if model else None)
            new.logged_in = new.log_in(user, self.accounts[user])
            self.open[model, user] = new
        return self.open[model, user]

    def end(self):
        """Closes the connections and ends the program."""
        for connection in self.open.values():
            connection.close()
        if self.process.stdin:
            self.process.stdin.close()
        else:
            self.process.terminate()
        try:
            self.process.wait(TEST_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.process.kill()


def real(folder):
    """Juju's own API server of `tests/real/controller`."""
    folder = pathlib.Path(folder).resolve()
    process = subprocess.Popen(
        [folder / "realcontroller", "-test.run", "Test", "-check.f", "TestServe", "-test.timeout", "0"],
        env=os.environ | {"JUJU_MONGOD": str(folder / "mongod"), "SERVE_DIR": scratch()},
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tempfile.gettempdir())
    for line in process.stderr:
        if line.startswith("READY "):
            ready = json.loads(line[6:])
            break
    else:
        raise SystemExit("the real controller ended before it was ready")
    accounts = {a["user"]: a["password"] for a in ready["accounts"]}
    return Side("real", process, ready["addresses"][0], ready["ca_cert"], accounts)


def simulated(program):
    """Our simulator with the real controller's estate."""
    scenario = pathlib.Path(__file__).resolve().parent / "estate.yaml"
    ready_file = pathlib.Path(scratch()) / "ready.json"
    process = subprocess.Popen([program, "sim", "--scenario", scenario, "--listen", "127.0.0.1:0", "--ready-file", ready_file],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + TEST_TIMEOUT
    while not ready_file.exists():
        if process.poll() is not None:
            raise SystemExit(f"the simulator ended before it was ready: {process.stderr.read()[-500:]}")
        if time.monotonic() > until:
            process.kill()
            raise SystemExit("the simulator was not ready in time")
        time.sleep(0.05)
    data = pathlib.Path(json.loads(ready_file.read_text())["juju_data"])
    controllers, accounts = (data / "controllers.yaml").read_text(), (data / "accounts.yaml").read_text()
    address = re.search(r"api-endpoints:\s*(?:\[|\n\s*- )['\"]?([^'\"\],\n]+)", controllers).group(1)
    password = re.search(r"password:\s*['\"]?([^'\"\n]+)", accounts).group(1)
    return Side("simulated", process, address, authority(controllers), {"admin": password, "reader": "reader-secret"})


def authority(text):
    """The certificate in a YAML file, however it is folded or quoted."""
    body = text[text.index("-----BEGIN CERTIFICATE-----"):]
    body = body[:body.index("-----END CERTIFICATE-----")].replace("\\n", "\n").replace("\\\n", "").split("-----BEGIN CERTIFICATE-----")[1]
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]) + "\n"
