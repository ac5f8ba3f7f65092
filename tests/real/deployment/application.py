"""The application `juju-mcp`: the charm under ops.testing in place of a Juju agent, with a real Pebble, which runs the real program."""
import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types

import ops
import yaml
from conftest import eventually, required_path, stop
from ops import testing
from provider import free_port

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(pathlib.Path(os.environ.get("JUJU_MCP_TEST_CHARM") or TREE / "charm") / "src"))

import charm  # noqa: E402
import configuration  # noqa: E402
import workload  # noqa: E402

UID = 584792
MODEL = testing.Model("prod", uuid="c2e9f4d5-dcb3-4870-8509-330eb9745ee8", type="kubernetes")
# what ops.Container needs from Juju: its version
BACKEND = types.SimpleNamespace(_juju_context=types.SimpleNamespace(version=ops.JujuVersion("3.6.11")))


class Application:
    """The application with its state in the model: options, secrets and relations."""

    def __init__(self, root, client):
        meta = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
        self.root, self.client = root, client
        self.context = testing.Context(charm.JujuMcpCharm, meta={key: value for key, value in meta.items() if key not in ("config", "parts")},
                                       config=meta["config"], app_name="juju-mcp")
        address = testing.BindAddress([testing.Address("127.0.0.1")])
        self.state = testing.State(leader=True, model=MODEL, containers={testing.Container("juju-mcp", can_connect=True)},
                                   networks={testing.Network("juju-info", [address])})

    def run(self, event=None):
        """Runs an event, `config-changed` by default, and returns the status of the unit."""
        self.state = self.context.run(event or self.context.on.config_changed(), self.state)
        return self.state.unit_status

    def configure(self, **options):
        """Sets options and returns the status."""
        changed = {name.replace("_", "-"): value for name, value in options.items()}
        self.state = dataclasses.replace(self.state, config=self.state.config | changed)
        return self.run()

    def add_secret(self, content):
        """Adds a secret that the application may read; returns its id."""
        secret = testing.Secret(content)
        self.state = dataclasses.replace(self.state, secrets={*self.state.secrets, secret})
        return secret.id

    def update_secret(self, uri, content):
        """Writes a new revision of a secret and returns the status after the event."""
        old = self.state.get_secret(id=uri)
        new = testing.Secret(old.tracked_content, latest_content=content, id=uri)
        self.state = dataclasses.replace(self.state, secrets={*(s for s in self.state.secrets if s.id != uri), new})
        return self.run(self.context.on.secret_changed(new))

    def relate(self, endpoint, respond):
        """Integrates an endpoint. `respond` returns the databag of the other application for our databags of application and unit."""
        relation = testing.Relation(endpoint)
        self.state = dataclasses.replace(self.state, relations={*self.state.relations, relation})
        self.run(self.context.on.relation_created(relation))
        return self.refresh(endpoint, respond)

    def refresh(self, endpoint, respond):
        """Lets the other application respond to our present databags."""
        (ours,) = self.state.get_relations(endpoint)
        theirs = respond(dict(ours.local_app_data), dict(ours.local_unit_data))
        new = dataclasses.replace(ours, remote_app_data=theirs)
        self.state = dataclasses.replace(self.state, relations={*(r for r in self.state.relations if r.id != ours.id), new})
        return self.run(self.context.on.relation_changed(new))

    def unrelate(self, endpoint):
        """Removes an integration and returns the status."""
        (ours,) = self.state.get_relations(endpoint)
        status = self.run(self.context.on.relation_broken(ours))
        self.state = dataclasses.replace(self.state, relations={r for r in self.state.relations if r.id != ours.id})
        return status

    def action(self, name, **parameters):
        """The results of an action."""
        self.run(self.context.on.action(name, params=parameters))
        return dict(self.context.action_results)

    def pid(self):
        """The process of the server, or None."""
        found = subprocess.run(["pgrep", "-f", f"^{workload.PROGRAM} serve"], text=True, capture_output=True).stdout.split()
        return int(found[0]) if found else None

    def wait_for_checks(self):
        """Waits until Pebble reports that both health checks are up."""
        def up():
            checks = self.client.get_checks()
            return len(checks) == 2 and all(check.status == ops.pebble.CheckStatus.UP and check.successes for check in checks)

        eventually("both checks are up", up, 0.1)

    def pebble(self, *words):
        """The output of a command of Pebble."""
        return subprocess.run([self.root / "bin" / "pebble", *words], text=True, capture_output=True, check=True,
                              env={"PEBBLE": str(self.root / "pebble")}).stdout

    def databags(self):
        """All databags of all relations, as text."""
        return json.dumps([[dict(r.local_app_data), dict(r.local_unit_data), dict(r.remote_app_data)] for r in self.state.relations])


def place(root, port):
    """Replaces the paths of the container by those below a folder, and the ports by free ones."""
    replaced = {
        "PORT": port, "METRICS_PORT": free_port(), "STATE_DIR": str(root / "state"), "PROGRAM": str(root / "bin/juju-mcp"),
        "ROOT": str(root / "etc"), "ACTIVE": str(root / "etc/active"), "CANDIDATE": str(root / "etc/candidate")}
    for module in (configuration, workload, charm):
        for name in replaced.keys() & vars(module).keys():
            setattr(module, name, replaced[name])


@contextlib.contextmanager
def application():
    """The application before its first event: Pebble runs, as the user of the container, and has no layer."""
    programs = {"pebble": required_path("JUJU_MCP_TEST_PEBBLE"), "juju-mcp": required_path("JUJU_MCP_TEST_PROGRAM")}
    root = pathlib.Path(tempfile.mkdtemp(prefix="juju-mcp-deployment-"))
    root.chmod(0o755)
    (root / "bin").mkdir()
    for name, source in programs.items():
        shutil.copy(source, root / "bin" / name)
    for folder in ("etc", "state", "pebble"):
        (root / folder).mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(root / folder, UID, UID)
    place(root, free_port())
    client = ops.pebble.Client(str(root / "pebble" / ".pebble.socket"))
    real = ops.Container("juju-mcp", backend=BACKEND, pebble_client=client)
    charm.Workload = lambda _: workload.Workload(real)
    identity = {"user": UID, "group": UID, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"PEBBLE": str(root / "pebble"), "PATH": os.environ["PATH"], "HOME": str(root / "state")}
    with (root / "pebble.log").open("w") as log:
        process = subprocess.Popen([root / "bin/pebble", "run", "--create-dirs", "--hold", "--verbose"], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, cwd=root, env=environment, **identity)
    try:
        eventually("Pebble listens", (root / "pebble/.pebble.socket").exists, 0.05)
        yield Application(root, client)
    finally:
        stop(process)
        charm.Workload = workload.Workload
        shutil.rmtree(root)
