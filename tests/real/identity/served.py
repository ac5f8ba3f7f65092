"""Our server in front of a simulated controller, with an identity provider."""
import contextlib

import plain_mcp
import yaml
from conftest import juju_mcp
from provider import free_port

BINDINGS = [
    {"role": "viewer", "subjects": ["client:machine-jwt", "client:machine-opaque", "group:staff", "user:cat@example.com", "user:dan@example.com"]},
    {"role": "operator", "subjects": ["group:ops"]},
    {"role": "approver", "subjects": ["group:approvers"]},
]


class Served:
    """Our server and where it is."""

    def __init__(self, ready, provider, folder):
        self.mcp, self.provider, self.folder = ready["mcp_url"], provider, folder
        self.base = self.mcp.removesuffix("/mcp")

    def post(self, method, params, token=None, url=None):
        """The answer to one message, with a bearer token or without."""
        return plain_mcp.post(url or self.mcp, method, params, token)

    def call(self, token, tool, **arguments):
        """The result of an authenticated call."""
        return plain_mcp.call(self.mcp, tool, arguments, token)

    def status(self, token):
        """The HTTP status that a caller with this token gets for a read."""
        return self.post("tools/list", {}, token).status_code


@contextlib.contextmanager
def served(folder, provider, sim, host="127.0.0.1", **more):
    """Our server, which trusts `provider`, connects to the controller of `sim`, and has a public name of loopback."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    oauth = {"issuer": provider.issuer, "public_url": f"http://{host}:{port}", "token_cache_seconds": 2,
             "introspection": {"url": f"{provider.admin}/admin/oauth2/introspect"}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"oauth": oauth | more.pop("oauth", {}), "role_bindings": BINDINGS} | more))
    words = ["serve", "--config", folder / "config.yaml", "--juju-data-dir", sim["juju_data"], "--state-dir", folder / "state"]
    with juju_mcp(folder, *words, listen=f"127.0.0.1:{port}") as ready:
        ready["mcp_url"] = ready["mcp_url"].replace("127.0.0.1", host)
        yield Served(ready, provider, folder)
