"""The parts of the test run, in the order in which they run: the cheap ones first, what needs the most last."""
import collections
import json
import os
import pathlib
import subprocess
import time

import programs
from cache import Unavailable, locked, root

TREE = pathlib.Path(__file__).resolve().parents[2]
REAL = TREE / "tests" / "real"
Part = collections.namedtuple("Part", "name what run")


def target():
    """Cargo's target folder: outside the tree, so that a fresh clone finds the dependencies already built."""
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or root() / "target")


def had(make):
    """What `make` gives, or None with a word on standard output where it cannot be had."""
    began = time.monotonic()
    try:
        got = make()
    except Unavailable as why:
        print(f"not had, so what needs it skips: {why}", flush=True)
        return None
    if time.monotonic() - began > 2:
        print(f"made ready in {time.monotonic() - began:.0f} s", flush=True)
    return got


def cargo(tally, *words, minutes=90, **environment):
    """A cargo command on the locked dependencies, in the target folder of the tests."""
    return tally.command([programs.need("cargo", "which builds the product"), *words], minutes=minutes,
                         CARGO_TARGET_DIR=target(), CARGO_TERM_COLOR="never", **environment)


def built(*names):
    """The paths of programs of ours, built for tests (not optimised)."""
    cargo_path = programs.need("cargo", "which builds the product")
    known = subprocess.run([cargo_path, "metadata", "--locked", "--no-deps", "--format-version", "1"], cwd=TREE, text=True,
                           check=True, capture_output=True).stdout
    there = {t["name"] for p in json.loads(known)["packages"] for t in p["targets"] if "bin" in t["kind"]}
    for missing in set(names) - there:
        raise Unavailable(f"the workspace has no program `{missing}` yet")
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


def rust(tally):
    controller = had(programs.real_controller)
    found = {"JUJU_MCP_TEST_JUJU": controller / "juju", "JUJU_MCP_TEST_CONTROLLER": controller} if controller else {}
    if not controller:
        tally.skip("journeys against the real client and controller: these could not be had")
    cargo(tally, "test", "--locked", "--workspace", "--no-fail-fast", INSTA_UPDATE="no", **found)


def docs(tally):
    cargo(tally, "doc", "--locked", "--workspace", "--no-deps", "--quiet", RUSTDOCFLAGS="-D warnings")
    tally.command([TREE / "tests" / "lint_docs.py"])


def pytest(tally, folder, minutes=45, **environment):
    """A suite in Python, with our program and the real controller and client at hand."""
    python, controller = programs.python(), programs.real_controller()
    program = had(lambda: built("juju-mcp")[0])  # without it, what needs it skips and says so
    environment |= {"JUJU_MCP_TEST_PROGRAM": program} if program else {}
    tally.command([python, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--tb=short", "-rs", REAL / folder], minutes=minutes,
                  JUJU_MCP_TEST_JUJU=controller / "juju", JUJU_MCP_TEST_CONTROLLER=controller, PYTHONDONTWRITEBYTECODE=1,
                  **environment)


def conformance(tally):
    python, node, packages = programs.python(), programs.node(), programs.npm()
    (server,) = built("conformance")
    tally.command([python, TREE / "tests" / "conformance" / "run", "--server", server, "--node", node, "--packages", packages])


def clients(tally):
    pytest(tally, "clients", JUJU_MCP_TEST_NODE=programs.node(), JUJU_MCP_TEST_NPM=programs.npm())


def approvals(tally):
    (server,) = built("approval_server")
    pytest(tally, "approvals", JUJU_MCP_TEST_APPROVAL_SERVER=server, JUJU_MCP_TEST_NODE=programs.node(), JUJU_MCP_TEST_NPM=programs.npm())


def identity(tally):
    pytest(tally, "identity", JUJU_MCP_TEST_HYDRA=programs.hydra(), JUJU_MCP_TEST_NODE=programs.node(), JUJU_MCP_TEST_NPM=programs.npm())


def compare(tally):
    runner = REAL / "compare" / "run"
    if not runner.exists():
        raise Unavailable("tests/real/compare/run is not there yet")
    controller = programs.real_controller()
    (program,) = built("juju-mcp")
    tally.command([runner], minutes=45, JUJU_MCP_TEST_PROGRAM=program, JUJU_MCP_TEST_JUJU=controller / "juju",
                  JUJU_MCP_TEST_CONTROLLER=controller)


def fuzz(tally):
    programs.need("cargo", "which builds the targets")
    programs.need("c++", "which builds libFuzzer")
    tally.command([TREE / "tests" / "fuzz" / "run", "--minutes", "0.17", "--seed", "1"], minutes=90)


def bench_smoke(tally):
    built("juju-mcp", "load")
    tally.command([TREE / "tests" / "bench" / "run", "--quick"], CARGO_TARGET_DIR=target())


PARTS = [
    Part("fmt", "the formatting of the Rust code", fmt),
    Part("house", "lengths of files and functions, documents, marks of unfinished work", house),
    Part("clippy", "the lints, warnings refused", clippy),
    Part("rust", "all Rust tests: units, journeys, layout, coverage; with the real client and controller where had", rust),
    Part("docs", "the documents: links, named paths, and what the code's own documentation says", docs),
    Part("conformance", "the official MCP conformance suite, for 2025-11-25 and 2026-07-28", conformance),
    Part("client", "the real juju 3.6.11 client against the simulator and against the real controller",
         lambda tally: pytest(tally, "client")),
    Part("libjuju", "python-libjuju against the simulator and against the real controller", lambda tally: pytest(tally, "libjuju")),
    Part("jubilant", "jubilant against the simulator and against the real controller", lambda tally: pytest(tally, "jubilant")),
    Part("program", "our command line: mistakes, help, completion, pipes", lambda tally: pytest(tally, "program")),
    Part("clients", "the six-command workflow by three MCP clients, over HTTP and stdio", clients),
    Part("approvals", "a human's yes and no through three MCP clients and our command line, and a server killed in between", approvals),
    Part("policy", "a policy checked and explained on the command line, and changed under a running server",
         lambda tally: pytest(tally, "policy")),
    Part("identity", "tokens of a real Ory Hydra, and the way in from 401 to a call by three MCP clients", identity),
    Part("compare", "the simulator's answers beside the real controller's", compare),
    Part("fuzz", "ten seconds of fuzzing guided by coverage for everything that reads what others wrote", fuzz),
    Part("bench-smoke", "the bench starts and prints its table, with tiny numbers", bench_smoke),
]
