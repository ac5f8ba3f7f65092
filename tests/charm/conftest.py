"""Fixtures of the charm's tests: a state that leads to an active unit, and the events of ops.testing on it."""
import dataclasses
import os
import pathlib
import sys
import tempfile

import ops
import pytest
import yaml
from ops import testing

TREE = pathlib.Path(__file__).resolve().parents[2]
# the folder of a packed charm, or the source
CHARM = pathlib.Path(os.environ.get("JUJU_MCP_TEST_CHARM") or TREE / "charm")
sys.path[:0] = [str(CHARM / "src"), str(TREE / "tests" / "checks")]

from charm import JujuMcpCharm  # noqa: E402

CHARMCRAFT_DEFAULTS = {
    name: option["default"] for name, option in yaml.safe_load((TREE / "charmcraft.yaml").read_text())["config"]["options"].items()
    if "default" in option}
CHECK = ("/usr/bin/juju-mcp", "config", "check", "config.yaml")
PROBE = ("/usr/bin/juju-mcp", "config", "check", "--connect", "config.yaml")
DIFF = ("/usr/bin/juju-mcp", "config", "diff", "/etc/juju-mcp/active/config.yaml", "/etc/juju-mcp/candidate/config.yaml")
CREDENTIALS = {"addresses": "10.1.0.5:17070,10.1.0.6:17070", "ca-cert": "-- CA --", "username": "mcp", "password": "initial-password"}
PROVIDER = {
    "issuer_url": "https://iam.example",
    "authorization_endpoint": "https://iam.example/oauth2/auth",
    "token_endpoint": "https://iam.example/oauth2/token",
    "introspection_endpoint": "http://hydra.iam.svc.cluster.local:4445/admin/oauth2/introspect",
    "userinfo_endpoint": "https://iam.example/userinfo",
    "jwks_endpoint": "https://iam.example/.well-known/jwks.json",
    "scope": "openid profile email",
    "client_id": "client-1",
    "jwt_access_token": "True",
}


class Deployment:
    """The application in ops.testing: the state before the next event, with helpers to change and to read it."""

    def __init__(self, app="juju-mcp"):
        meta = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
        self.meta = meta
        self.context = testing.Context(JujuMcpCharm, meta={key: value for key, value in meta.items() if key not in ("config", "parts")},
                                       config=meta["config"], app_name=app)
        self.credentials = testing.Secret(CREDENTIALS)
        self.client_secret = testing.Secret({"secret": "oauth-client-password"})
        self.oauth = testing.Relation("oauth", remote_app_data=PROVIDER | {"client_secret_id": self.client_secret.id})
        self.folder = tempfile.TemporaryDirectory()
        self.container = testing.Container(
            "juju-mcp", can_connect=True, execs={testing.Exec(CHECK), testing.Exec(PROBE), testing.Exec(DIFF, stdout="controllers: reload\n")},
            mounts={"etc": testing.Mount(location="/etc/juju-mcp", source=self.folder.name)})
        self.state = testing.State(
            leader=True,
            containers={self.container},
            secrets={self.credentials, self.client_secret},
            relations={self.oauth},
            config={"controller-credentials": self.credentials.id},
            model=testing.Model("prod", uuid="c2e9f4d5-dcb3-4870-8509-330eb9745ee8", type="kubernetes"),
        )

    def change(self, **changes):
        """Replaces attributes of the state."""
        self.state = dataclasses.replace(self.state, **changes)

    def configure(self, **options):
        """Sets options: `log_level="debug"` sets `log-level`."""
        self.change(config={**self.state.config, **{name.replace("_", "-"): value for name, value in options.items()}})

    def relate(self, relation):
        """Adds or replaces a relation."""
        others = {other for other in self.state.relations if other.id != relation.id}
        self.change(relations=others | {relation})
        return relation

    def unrelate(self, endpoint):
        """Removes the relations of an endpoint from the state, without an event."""
        self.change(relations={relation for relation in self.state.relations if relation.endpoint != endpoint})

    def set_execs(self, *execs):
        """Replaces the results of the program: `testing.Exec`."""
        container = self.state.get_container("juju-mcp")
        names = {execution.command_prefix for execution in execs}
        others = {execution for execution in container.execs if execution.command_prefix not in names}
        self.change(containers={dataclasses.replace(container, execs=others | set(execs))})

    def reject(self, command, message):
        """The program exits with 2 and this message."""
        self.set_execs(testing.Exec(command, return_code=2, stderr=f"juju-mcp: {message}\nsome remedy\n"))

    def run(self, event=None):
        """Runs an event, `config-changed` by default, and returns the status of the unit."""
        self.context.exec_history.clear()
        self.state = self.context.run(event or self.context.on.config_changed(), self.state)
        return self.state.unit_status

    def run_relation(self, kind, relation):
        """Runs a relation event, for example `changed`."""
        current = next(other for other in self.state.relations if other.id == relation.id)
        return self.run(getattr(self.context.on, f"relation_{kind}")(current))

    def etc(self):
        """The folder /etc/juju-mcp of the container."""
        return pathlib.Path(self.folder.name)

    def files(self):
        """The active files by name."""
        folder = self.etc() / "active"
        return {path.name: path.read_text() for path in folder.iterdir()} if folder.is_dir() else {}

    def config(self):
        """The active configuration."""
        return yaml.safe_load(self.files()["config.yaml"])

    def plan(self):
        """Pebble's plan as a mapping."""
        return self.state.get_container("juju-mcp").plan.to_dict()

    def databag(self, endpoint):
        """Our application databag."""
        (relation,) = self.state.get_relations(endpoint)
        return relation.local_app_data

    def commands(self):
        """The commands of the last event."""
        return [execution.command for execution in self.context.exec_history.get("juju-mcp", [])]


@pytest.fixture
def deployment():
    """The application after its first events, active."""
    deployed = Deployment()
    assert deployed.run(deployed.context.on.pebble_ready(deployed.state.get_container("juju-mcp"))) == ops.ActiveStatus()
    return deployed
