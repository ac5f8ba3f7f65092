"""The parts of the test run in the order in which they run: cheap ones first, those with the most requirements last."""
import atexit
import dataclasses
import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import typing

import document_programs as documented
import kubernetes_programs
import programs
from cache import Unavailable, locked, root

TREE = pathlib.Path(__file__).resolve().parents[2]
REAL = TREE / "tests" / "real"
# exit code of pack_charm.py on a machine that lacks what charmcraft needs
CANNOT_PACK = 3


@dataclasses.dataclass
class Part:
    """One part of the test run. `run` takes a tally, and a filter if `filtered`."""

    name: str
    description: str
    run: typing.Callable
    filtered: bool = False


def target():
    """Cargo's target folder: outside the tree, so that a fresh clone reuses the compiled dependencies."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or root() / "target")


def available(provide):
    """The result of `provide`, or None with a message on standard output if this machine cannot provide it."""
    start = time.monotonic()
    try:
        result = provide()
    except Unavailable as reason:
        print(f"unavailable, tests that need it are skipped: {reason}", flush=True)
        return None
    if time.monotonic() - start > 2:
        print(f"ready after {time.monotonic() - start:.0f} s", flush=True)
    return result


def cargo(tally, *words, minutes=90, **environment):
    """Runs a cargo command in the target folder of the tests."""
    return tally.command([programs.need("cargo", "which builds the product"), *words], minutes=minutes,
                         CARGO_TARGET_DIR=target(), CARGO_TERM_COLOR="never", **environment)


def build(*names):
    """Builds programs of the workspace without optimisation and returns their paths."""
    cargo_path = programs.need("cargo", "which builds the product")
    metadata = subprocess.run([cargo_path, "metadata", "--locked", "--no-deps", "--format-version", "1"], cwd=TREE, text=True,
                              check=True, capture_output=True).stdout
    existing = {t["name"] for p in json.loads(metadata)["packages"] for t in p["targets"] if "bin" in t["kind"]}
    for missing in set(names) - existing:
        raise Unavailable(f"the workspace has no program `{missing}`")
    words = [word for name in names for word in ("--bin", name)]
    with locked("build"):
        subprocess.run([cargo_path, "build", "--locked", "--quiet", *words], cwd=TREE, check=True,
                       env=os.environ | {"CARGO_TARGET_DIR": str(target())})
    return [target() / "debug" / name for name in names]


def fmt(tally):
    cargo(tally, "fmt", "--all", "--check")


def clippy(tally):
    cargo(tally, "clippy", "--locked", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings")


def house(tally):
    tally.command([TREE / "tests" / "lint_source.py"])


def rust(tally, selection=None):
    controller = available(programs.real_controller)
    environment = {"JUJU_MCP_TEST_CONTROLLER": controller} if controller else {}
    cargo(tally, "test", "--locked", "--workspace", "--no-fail-fast", *([selection] if selection else []),
          **environment)


def docs(tally):
    cargo(tally, "doc", "--locked", "--workspace", "--no-deps", "--quiet", RUSTDOCFLAGS="-D warnings")
    tally.command([TREE / "tests" / "lint_docs.py"])
    tally.command([programs.python(), TREE / "tests" / "docs_reference.py", build("juju-mcp")[0]])


def pytest(tally, folder, selection=None, python=None, minutes=45, prefix=(), **environment):
    """Runs a Python suite with the path of our program, and of the real controller and client, in its environment."""
    python, controller = python or programs.python(), programs.real_controller()
    built = available(lambda: build("juju-mcp")[0])
    environment |= {"JUJU_MCP_TEST_PROGRAM": built} if built else {}
    tally.command([*prefix, python, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "-rs", REAL / folder,
                   *(["-k", selection] if selection else [])], minutes=minutes,
                  JUJU_MCP_TEST_JUJU=controller / "juju", JUJU_MCP_TEST_CONTROLLER=controller, PYTHONDONTWRITEBYTECODE=1,
                  **environment)


def program(tally, selection=None):
    found = {"NODE": available(programs.node), "NPM": available(programs.npm), "REGISTRY_SCHEMAS": available(programs.registry_schemas),
             "JAEGER": available(programs.jaeger)}
    pytest(tally, "program", selection, **{f"JUJU_MCP_TEST_{name}": path for name, path in found.items() if path})


def documents(tally, selection=None):
    """The commands of the documents, in a namespace of mounts and networks in which the addresses of the documents exist."""
    programs.need("ip", "which adds the addresses of the documents")
    prefix = [programs.need("unshare", "which makes the namespace"), *(["--map-root-user"] if os.geteuid() else []), "--mount", "--net"]
    possible = subprocess.run([*prefix, "true"], capture_output=True, text=True)
    if possible.returncode:
        raise Unavailable(f"this machine permits no namespaces: {possible.stderr.strip()}")
    provided = {"NGINX": documented.nginx, "HAPROXY": documented.haproxy, "KUBECTL_VALIDATE": documented.kubectl_validate, "HYDRA": programs.hydra,
                "TRAEFIK": vars(programs).get("traefik")}
    found = {name: provide and available(provide) for name, provide in provided.items()}
    environment = {f"JUJU_MCP_TEST_{name}": path for name, path in found.items() if path}
    environment |= {f"JUJU_MCP_TEST_{name}_LIBRARIES": documented.libraries(found[name]) for name in ("NGINX", "HAPROXY") if found[name]}
    pytest(tally, "documents", selection, prefix=prefix, JUJU_MCP_TEST_NAMESPACE=1, **environment)


def suite(folder):
    """The part of a Python suite that needs nothing else."""
    return lambda tally, selection=None: pytest(tally, folder, selection)


def conformance(tally):
    python, node, packages = programs.python(), programs.node(), programs.npm()
    (server,) = build("conformance")
    tally.command([python, TREE / "tests" / "conformance" / "run", "--server", server, "--node", node, "--packages", packages])


def clients(tally, selection=None):
    pytest(tally, "clients", selection, JUJU_MCP_TEST_NODE=programs.node(), JUJU_MCP_TEST_NPM=programs.npm())


def console(tally, selection=None):
    pytest(tally, "console", selection, JUJU_MCP_TEST_NODE=programs.node(), JUJU_MCP_TEST_NPM=programs.npm())


def approvals(tally, selection=None):
    (server,) = build("approval_server")
    pytest(tally, "approvals", selection, JUJU_MCP_TEST_APPROVAL_SERVER=server, JUJU_MCP_TEST_NODE=programs.node(),
           JUJU_MCP_TEST_NPM=programs.npm())


def identity(tally, selection=None):
    pytest(tally, "identity", selection, JUJU_MCP_TEST_HYDRA=programs.hydra(), JUJU_MCP_TEST_NODE=programs.node(),
           JUJU_MCP_TEST_NPM=programs.npm())


# Programs of the part `backends`; a test that needs one that is missing is skipped.
BACKENDS = {"PROMETHEUS": programs.prometheus, "PROMTOOL": programs.promtool, "ALERTMANAGER": programs.alertmanager, "KUBERNETES": kubernetes_programs.kubernetes,
            "KWOK": kubernetes_programs.kwok, "ETCD": kubernetes_programs.etcd, "LOKI": programs.loki}


def backends(tally, selection=None):
    found = {name: available(provide) for name, provide in BACKENDS.items()}
    pytest(tally, "backends", selection, **{f"JUJU_MCP_TEST_{name}": path for name, path in found.items() if path})


@functools.cache
def packed_charm():
    """The environment with the folder of the packed charm, packed once for all parts, and why there is none: nothing, or what failed."""
    folder = tempfile.mkdtemp(prefix="juju-mcp-packed-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    words = [programs.charm_python(), TREE / "tests" / "checks" / "pack_charm.py", folder]
    packed = subprocess.run(words, text=True, stdout=subprocess.PIPE)
    if packed.returncode:
        return {}, packed.returncode, packed.stdout.strip()
    return {"JUJU_MCP_TEST_CHARM": pathlib.Path(folder) / "charm"}, 0, ""


def charm_environment(tally):
    """The environment with the folder of the packed charm; without one, the tests run the source of the charm, and the tally has the reason."""
    environment, code, reason = packed_charm()
    if code == CANNOT_PACK:
        tally.skip(reason)
    elif code:
        tally.fail(f"charmcraft pack ended with {code}")
    return environment


def deployment(tally, selection=None):
    pytest(tally, "deployment", selection, programs.charm_python(), **charm_environment(tally), JUJU_MCP_TEST_HYDRA=programs.hydra(), JUJU_MCP_TEST_TRAEFIK=programs.traefik(),
           JUJU_MCP_TEST_PEBBLE=programs.pebble(), JUJU_MCP_TEST_PYTHON=programs.python(), JUJU_MCP_TEST_NODE=programs.node(),
           JUJU_MCP_TEST_NPM=programs.npm())


def compare(tally):
    controller = programs.real_controller()
    (program,) = build("juju-mcp")
    tally.command([REAL / "compare" / "run"], minutes=45, JUJU_MCP_TEST_PROGRAM=program, JUJU_MCP_TEST_JUJU=controller / "juju",
                  JUJU_MCP_TEST_CONTROLLER=controller)


def charm(tally, selection=None):
    """The charm: its code against the style, its state transitions, and the generated layer in a real Pebble."""
    python = programs.charm_python()
    tally.command([python, "-m", "ruff", "check", "--no-cache", "--config", TREE / "charm" / "pyproject.toml", TREE / "charm" / "src"])
    if types := available(lambda: (programs.node(), programs.npm() / "node_modules" / "pyright" / "index.js")):
        tally.command([*types, "--pythonpath", python, "-p", TREE / "charm"])
    tally.command([python, TREE / "tests" / "checks" / "check_rock.py", TREE / "rockcraft.yaml"])
    tally.command([python, TREE / "tests" / "checks" / "check_charm.py", TREE / "charmcraft.yaml"])
    controller = available(programs.real_controller)
    found = {"JUJU_MCP_TEST_PEBBLE": available(programs.pebble), "JUJU_MCP_TEST_PROGRAM": available(lambda: build("juju-mcp")[0]),
             "JUJU_MCP_TEST_JUJU": controller and controller / "juju", "JUJU_MCP_TEST_PROMTOOL": available(programs.promtool),
             "JUJU_MCP_TEST_ROCK_TOOLS": available(programs.rock_tools)}
    environment = {name: path for name, path in found.items() if path} | charm_environment(tally)
    tally.command([python, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "-rs", TREE / "tests" / "charm",
                   *(["-k", selection] if selection else [])], minutes=20, PYTHONDONTWRITEBYTECODE=1, **environment)


def fuzz(tally, selection=None):
    programs.need("cargo", "which builds the targets")
    programs.need("c++", "which builds libFuzzer")
    tally.command([TREE / "tests" / "fuzz" / "run", "--minutes", "0.17", "--seed", "1", *([selection] if selection else [])],
                  minutes=90)


def bench_smoke(tally):
    build("juju-mcp", "load")
    tally.command([TREE / "tests" / "bench" / "run", "--quick"], CARGO_TARGET_DIR=target())


PARTS = [
    Part("fmt", "the formatting of the Rust code", fmt),
    Part("house", "tests/lint_source.py: lengths, words, test names, marks of unfinished work", house),
    Part("clippy", "the lints, warnings rejected", clippy),
    Part("rust", "all Rust tests: unit and integration tests, with the real client and controller if available", rust, True),
    Part("docs", "the documents: links, paths, generated pages, and the documentation of the code", docs),
    Part("conformance", "the official MCP conformance suite, for 2025-11-25 and 2026-07-28", conformance),
    Part("client", "the real juju 3.6.11 client against the simulator and against the real controller", suite("client"), True),
    Part("libjuju", "python-libjuju against the simulator and against the real controller", suite("libjuju"), True),
    Part("jubilant", "jubilant against the simulator and against the real controller", suite("jubilant"), True),
    Part("program", "our command line: mistakes, help, completion, pipes; the distribution files", program, True),
    Part("documents", "the commands of the documents as they are written, and their reverse proxies with a stream of events", documents, True),
    Part("clients", "the six-command workflow by three MCP clients, over HTTP and stdio", clients, True),
    Part("approvals", "approval and rejection through three MCP clients and our command line, with the server killed in between",
         approvals, True),
    Part("console", "the approval page in Chromium: axe, light and dark, narrow and wide", console, True),
    Part("policy", "a policy checked and explained on the command line, and reloaded by a running server", suite("policy"), True),
    Part("identity", "tokens of a real Ory Hydra, and the path from 401 to a call by three MCP clients", identity, True),
    Part("backends", "Prometheus, Alertmanager, Kubernetes and Loki as they are, asked through our tools", backends, True),
    Part("compare", "the answers of the simulator and of the real controller side by side", compare),
    Part("charm", "the charm and the rock: files, state transitions, relations, and the layer in a real Pebble", charm, True),
    Part("deployment", "the charm with real parts on one machine: Hydra, Traefik, Pebble, two controllers, three MCP clients", deployment, True),
    Part("fuzz", "ten seconds of coverage-guided fuzzing for each parser of untrusted input", fuzz, True),
    Part("bench-smoke", "the bench starts and prints its table, with tiny numbers", bench_smoke),
]
