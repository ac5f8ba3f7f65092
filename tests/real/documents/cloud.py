"""The cloud of the documents: a simulated controller `prod` with the charms that they name, the real `juju` client, and stand-ins for other programs."""
import contextlib
import os
import pathlib
import re
import shlex
import stat
import subprocess
import zipfile

import yaml
from blocks import TREE, shell_blocks
from conftest import TEST_TIMEOUT, juju_mcp, required_path

CHARM = yaml.safe_load((TREE / "charmcraft.yaml").read_text())
TEXT = {"type": "string"}


def charm(requires=(), provides=(), actions=None):
    """A charm of the simulated store. Endpoints have the name of their interface, or `name=interface`."""
    def endpoints(words):
        return {name: interface or name for name, _, interface in (word.partition("=") for word in words)}

    return {"summary": "-", "description": "-", "revision": 1, "version": "", "active-message": "ready",
            "channels": ["latest/stable", "latest/edge", "14/stable"], "requires": endpoints(requires), "provides": endpoints(provides),
            "actions": {name: {"description": "-", "params": dict.fromkeys(names, TEXT)} for name, names in (actions or {}).items()}}


# Endpoints and actions as in the public repositories of these charms.
CHARMS = {
    "hydra": charm(["public-route=traefik_route"], ["oauth"], {"create-oauth-client": [
        "name", "audience", "grant-types", "redirect-uris", "response-types", "scope", "client-secret", "token-endpoint-auth-method", "client-uri"]}),
    "kratos": charm(actions={"create-admin-account": ["username", "email", "password-secret-id", "name", "phone-number"],
                             "reset-password": ["identity-id", "email", "password-secret-id"]}),
    "traefik-k8s": charm(["certificates=tls-certificates", "receive-ca-cert=certificate_transfer"], ["ingress"]),
    "istio-ingress-k8s": charm(provides=["istio-ingress-route=istio_ingress_route"]),
    "self-signed-certificates": charm(provides=["certificates=tls-certificates", "send-ca-cert=certificate_transfer"], actions={"get-ca-certificate": []}),
    "loki-k8s": charm(provides=["logging=loki_push_api"]),
    "prometheus-k8s": charm(["metrics-endpoint=prometheus_scrape"]),
    "grafana-k8s": charm(["grafana-dashboard=grafana_dashboard"]),
    "tempo-coordinator-k8s": charm(provides=["tracing"]),
    "runbooks": charm(provides=["mcp"]),
    "postgresql-k8s": charm(),
}
# Applications that a page expects: those of the bundle `identity-platform`, and those that how-to guides integrate with.
IDENTITY_PLATFORM = {"hydra": "hydra", "kratos": "kratos", "traefik-public": "traefik-k8s", "self-signed-certificates": "self-signed-certificates"}
PARTNERS = {"hydra": "hydra", "traefik": "traefik-k8s", "istio-ingress-k8s": "istio-ingress-k8s", "self-signed-certificates": "self-signed-certificates",
            "loki": "loki-k8s", "prometheus": "prometheus-k8s", "grafana": "grafana-k8s", "tempo": "tempo-coordinator-k8s", "runbooks": "runbooks"}
# Commands of `juju` that a simulated controller has no counterpart of: a new controller, the end of an installation, a shell in a pod.
NOT_SIMULATED = {"bootstrap", "wait-for", "scp"}
# Programs that act outside of the controller. `test_cloud_commands` checks the flags of some of them by the real ones.
OTHER_PROGRAMS = ("sudo", "rockcraft", "rockcraft.skopeo", "charmcraft", "claude", "kubectl", "docker", "systemctl", "useradd", "install", "chown",
                  "chmod", "hydra", "curl")
FILES = {"password.txt": "a-password", "viewer.token": "a-token", "roles.yaml": "{}", "configuration.yaml": "{}", "new-password": "a-password"}


def scenario():
    """The estate: a Kubernetes cloud, the charms, and a model for assistants to operate."""
    own = {key: CHARM[key] for key in ("summary", "description", "requires", "provides")} | {
        "revision": 1, "version": "", "active-message": "ready", "channels": ["latest/stable"],
        "config": CHARM["config"]["options"],
        "actions": {name: {key: action[key] for key in ("description", "params", "required") if key in action}
                    for name, action in CHARM["actions"].items()}}
    for side in ("requires", "provides"):
        own[side] = {name: endpoint["interface"] for name, endpoint in own[side].items()}
    web = charm(provides=["website=http"])
    return {"cloud": {"name": "microk8s", "type": "kubernetes", "region": "localhost", "credential": "microk8s"},
            "charms": {**CHARMS, "juju-mcp": own, "web": web}, "models": {"first": {"applications": {"web": {"charm": "web", "units": 1}}}}}


def write_charm(path):
    """A charm file with the interface of ours, as `charmcraft pack` writes it, and without code."""
    others = ("config", "actions", "parts", "platforms", "base", "type", "title", "links", "charm-user")
    metadata = {key: value for key, value in CHARM.items() if key not in others}
    base = {"name": "ubuntu", "channel": "24.04", "architectures": ["amd64"]}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"metadata": metadata, "config": CHARM["config"], "actions": CHARM["actions"], "manifest": {"bases": [base]}}.items():
            archive.writestr(f"{name}.yaml", yaml.safe_dump(content))
        archive.writestr("dispatch", "#!/bin/sh\n")


JUJU = '''#!/bin/bash
# the real client; ids of secrets in the documents are those of the secrets that were added before
set -eu -o pipefail
words=()
for word in "$@"; do
    while [[ $word =~ secret:(d0h4[a-z0-9]+) ]]; do word=${word/${BASH_REMATCH[0]}/$(cat last-secret)}; done
    words+=("$word")
done
printf '%%s\\n' "${words[*]}" >> juju-commands
case " %(skipped)s " in *" $1 "*) exit 0 ;; esac
case "$*" in
    "change-user-password "*) exec %(juju)s "${words[@]}" --no-prompt <<< 'a-password' ;;
    "remove-application "*) exec %(juju)s "${words[@]}" <<< 'y' ;;
    "deploy identity-platform "*) %(platform)s exit 0 ;;
    "add-secret "*) %(juju)s "${words[@]}" | tee last-secret ;;
    *) exec %(juju)s "${words[@]}" ;;
esac
'''


class Cloud:
    """A folder with the programs of the documents, for one page."""

    def __init__(self, folder, ready):
        self.folder, self.bin = folder, folder / "bin"
        self.bin.mkdir()
        data = folder / "data"
        data.mkdir()
        found = pathlib.Path(ready["juju_data"])
        for file in found.glob("*.yaml"):
            # the documents call the controller `prod`
            name = yaml.safe_load((found / "controllers.yaml").read_text())["current-controller"]
            (data / file.name).write_text(re.sub(rf"\b{re.escape(name)}\b(?=:|$)", "prod", file.read_text(), flags=re.MULTILINE))
        deploy = "".join(f"{self.juju} deploy {store} {name}; " for name, store in IDENTITY_PLATFORM.items())
        self.program("juju", JUJU % {"juju": shlex.quote(str(self.juju)), "skipped": " ".join(sorted(NOT_SIMULATED)), "platform": deploy})
        for name in OTHER_PROGRAMS:
            self.program(name, f'#!/bin/sh\necho "{name} $*" >> {folder}/other-commands\n')
        for name, text in FILES.items():
            (folder / name).write_text(text)
        write_charm(folder / "juju-mcp_amd64.charm")

    @property
    def juju(self):
        """The real client."""
        return required_path("JUJU_MCP_TEST_JUJU")

    def program(self, name, text):
        """Writes a program of the path."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(stat.S_IRWXU)

    def run(self, text):
        """Runs a script; returns the finished process."""
        path = f"{self.bin}:{required_path('JUJU_MCP_TEST_PROGRAM').parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "JUJU_DATA": str(self.folder / "data"), "HOME": str(self.folder)}
        return subprocess.run(["bash", "-eu", "-o", "pipefail", "-x", "-c", text], cwd=self.folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=4 * TEST_TIMEOUT)

    def prepare(self, page):
        """Deploys what a page expects to exist."""
        if any("juju add-model iam" in block.text for block in shell_blocks(page, "cloud")):
            return
        names = dict(PARTNERS)
        if not any(re.search(r"^juju deploy \S+ juju-mcp\b", block.text, re.MULTILINE) for block in shell_blocks(page, "cloud")):
            names["juju-mcp"] = "juju-mcp"
        users = [] if any("juju add-user mcp" in block.text for block in shell_blocks(page, "cloud")) else ["juju add-user mcp"]
        lines = [*users, "juju add-model shop", "juju add-model assistants", *(f"juju deploy {store} {name}" for name, store in names.items())]
        done = self.run("\n".join(lines))
        assert done.returncode == 0, done.stdout[-2000:]


@contextlib.contextmanager
def cloud(folder):
    """The cloud for the duration of a block."""
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario()))
    (folder / "sim").mkdir()
    with juju_mcp(folder / "sim", "sim", "--scenario", folder / "scenario.yaml") as ready:
        yield Cloud(folder, ready)
