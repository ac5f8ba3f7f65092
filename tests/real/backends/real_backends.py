"""Real backends for a block of a test: Prometheus with back-filled series, Alertmanager; and our server with given backends."""
import collections
import contextlib
import json
import subprocess
import time

import pytest
import requests
import yaml
from conftest import TEST_TIMEOUT, eventually, juju_mcp, required_path, stop
from plain_mcp import call
from ports import free_port

# A token of a role, for `plain_mcp.call`; `tokens` of `server` has one for each role.
Served = collections.namedtuple("Served", "url base tokens folder")


@pytest.fixture(scope="module")
def sim(tmp_path_factory):
    """A simulated controller with the scenario `shop`: the content of its ready file. A test file imports this fixture."""
    with juju_mcp(tmp_path_factory.mktemp("sim"), "sim", "--scenario", "shop") as ready:
        yield ready


@contextlib.contextmanager
def running(folder, argv, ready_url, verify=True, **environment):
    """A program for the duration of a block, once `ready_url` answers with a status below 400. Without `verify`, with any certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "log.txt", "a") as log:
        process = subprocess.Popen([*map(str, argv)], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   env={"PATH": "/usr/bin:/bin", "HOME": str(folder)} | environment)

    def answers():
        assert process.poll() is None, (folder / "log.txt").read_text()[-2000:]
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(ready_url, timeout=TEST_TIMEOUT, verify=verify).ok

    try:
        eventually(f"{argv[0]} answers", answers, 0.05)
        yield process
    finally:
        stop(process)


def labels_text(labels):
    """Labels as OpenMetrics writes them."""
    def escape(value):
        return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in labels.items()) + "}" if labels else ""


class SeriesFile:
    """Series to back-fill: one value per step from `start` to `end` (seconds since 1970)."""

    def __init__(self, start, end, step=60):
        self.start, self.end, self.step, self.metrics = int(start), int(end), step, {}

    def add(self, name, labels, value):
        """A series; `value(seconds since the start)` is a number, or None for a gap."""
        lines = self.metrics.setdefault(name, [])
        for at in range(self.start, self.end + 1, self.step):
            number = value(at - self.start)
            if number is not None:
                lines.append(f"{name}{labels_text(labels)} {number!r} {at}")

    def write(self, path):
        """The file of OpenMetrics; the type is unknown, so that names keep their suffixes."""
        text = "".join(f"# TYPE {name} unknown\n" + "".join(line + "\n" for line in lines) for name, lines in self.metrics.items())
        path.write_text(text + "# EOF\n")


@contextlib.contextmanager
def prometheus(folder, series=None, rules=None, scrape=(), alertmanager=None, port=None):
    """Debian's Prometheus with back-filled series; yields its URL. `rules` are groups, `scrape` are scrape configurations. `reload` of this
    module replaces the rules."""
    folder.mkdir(parents=True, exist_ok=True)
    if series:
        series.write(folder / "series.txt")
        done = subprocess.run([required_path("JUJU_MCP_TEST_PROMTOOL"), "tsdb", "create-blocks-from", "openmetrics", "series.txt", "data"],
                              cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yml"], "scrape_configs": list(scrape)}
    if alertmanager:
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [alertmanager.removeprefix("http://")]}]}]}
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": rules or []}))
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = port or free_port()
    argv = [required_path("JUJU_MCP_TEST_PROMETHEUS"), "--config.file=prometheus.yml", "--storage.tsdb.path=data", "--web.enable-lifecycle",
            "--storage.tsdb.retention.time=10y", "--enable-feature=exemplar-storage", f"--web.listen-address=127.0.0.1:{port}"]
    with running(folder, argv, f"http://127.0.0.1:{port}/-/ready"):
        yield f"http://127.0.0.1:{port}"


def reload_rules(folder, url, rules):
    """Replaces the rules of a running Prometheus."""
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": rules}))
    assert requests.post(f"{url}/-/reload", timeout=TEST_TIMEOUT).ok


@contextlib.contextmanager
def alertmanager(folder):
    """Debian's Alertmanager; yields its URL."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "am.yml").write_text(yaml.safe_dump({"route": {"receiver": "none", "group_wait": "1s"}, "receivers": [{"name": "none"}]}))
    port = free_port()
    program = required_path("JUJU_MCP_TEST_ALERTMANAGER")
    # the program has the path of its templates below /usr/share, and the package is unpacked elsewhere
    namespace = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t overlay overlay -o "lowerdir=$0:/usr/share" /usr/share && exec "$@"', program.parents[1] / "share"]
    argv = [*namespace, program, "--config.file=am.yml", "--storage.path=data", "--cluster.listen-address=",
            f"--web.listen-address=127.0.0.1:{port}"]
    with running(folder, argv, f"http://127.0.0.1:{port}/-/ready"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def server(folder, backends, sim, policy=None, roles=("admin",), **more):
    """Our server with the sections `backends` in its configuration and a simulated controller (a ready file); yields a `Served` with a token
    for each role. `policy` is the content of a policy file."""
    folder.mkdir(parents=True, exist_ok=True)
    config = dict(backends) | more
    words = []
    if policy:
        (folder / "policy.yaml").write_text(yaml.safe_dump(policy))
        config["policy"] = {"files": [str(folder / "policy.yaml")]}
    tokens = {}
    for role in roles:
        tokens[role] = f"an-unguessable-token-of-{role}-0123456789"
        (folder / f"token-{role}").write_text(tokens[role])
        words += ["--token-file", f"{role}={folder / f'token-{role}'}"]
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    with juju_mcp(folder, "serve", "--config", folder / "config.yaml", "--juju-data-dir", sim["juju_data"], "--state-dir", folder / "state", *words) as ready:
        yield Served(ready["mcp_url"].removesuffix("/mcp") + "/mcp", ready["mcp_url"].removesuffix("/mcp"), tokens, folder)


def text_of(result):
    """The text of a result."""
    return "\n".join(part["text"] for part in result["content"] if part["type"] == "text")


def ask(served, tool, arguments=None, role="admin", fails=False):
    """The text of a tool's answer, called through the command tool that finds every tool. With `fails` it has to be an error."""
    result = call(served.url, "juju_run_command", {"command": tool, "arguments": arguments or {}}, served.tokens[role])
    assert bool(result.get("isError")) == fails, text_of(result)
    return text_of(result)


def ask_json(served, tool, arguments=None, role="admin"):
    """The answer of a tool as JSON."""
    return json.loads(ask(served, tool, (arguments or {}) | {"format": "json"}, role))


def now():
    """This moment in seconds since 1970."""
    return int(time.time())
