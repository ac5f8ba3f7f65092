"""The six-command workflow by MCP clients of other projects, over HTTP and over stdio; the real juju client confirms the result."""
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys

import pytest
from conftest import TEST_TIMEOUT, controller_from_files, eventually, juju, juju_mcp, real_controller, required_path

HERE = pathlib.Path(__file__).resolve().parent


def finished(argv, job=None, **more):
    """A client's answer: the JSON on its standard output."""
    done = subprocess.run([str(word) for word in argv], input=json.dumps(job) if job else "", text=True, capture_output=True, timeout=TEST_TIMEOUT, **more)
    assert done.returncode == 0, f"{argv[0]} ended with {done.returncode}: {done.stdout[-1500:]} {done.stderr[-1500:]}"
    return json.loads(done.stdout)


def typescript(sdk):
    """The TypeScript SDK: the newest split package, or the older one of the `initialize` era."""
    def call(job):
        return finished([required_path("JUJU_MCP_TEST_NODE"), HERE / "drive.mjs"], job | {"sdk": sdk, "packages": str(required_path("JUJU_MCP_TEST_NPM"))})

    return call


def python(job):
    """The Python `mcp` package."""
    return finished([sys.executable, HERE / "drive.py"], job)


def inspector(job):
    """The Inspector's command line: a process for each request."""
    program = required_path("JUJU_MCP_TEST_NPM") / "node_modules" / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
    words = [required_path("JUJU_MCP_TEST_NODE"), program, "--cli"]
    if job.get("url"):
        words += [job["url"], "--transport", "http", "--header", f"Authorization: Bearer {job['token']}"]
    else:
        words += [job["command"], *job["arguments"], *[w for name, value in job["environment"].items() for w in ("-e", f"{name}={value}")]]
    home = {"HOME": job["home"], "PATH": os.environ["PATH"], "MCP_CATALOG_PATH": f"{job['home']}/catalog.json"}

    def ask(*more):
        return finished([*words, *more], env=home)

    results = []
    for tool, arguments in job["calls"]:
        pairs = [w for name, value in arguments.items() for w in ("--tool-arg", f"{name}={value if isinstance(value, str) else json.dumps(value)}")]
        results.append(ask("--method", "tools/call", "--tool-name", tool, *pairs))
    return {"tools": [tool["name"] for tool in ask("--method", "tools/list")["tools"]], "results": results}


CLIENTS = {"typescript": typescript("client"), "typescript-sdk": typescript("sdk"), "python": python, "inspector": inspector}


@pytest.fixture(scope="module", params=["real", "demo"])
def served(request, tmp_path_factory):
    """Our server before the real controller, and then before the simulated one; each client works in a model of its own."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "demo":
        with juju_mcp(folder, "demo", "--scenario", "shop") as ready:
            yield ready
        return
    required_path("JUJU_MCP_TEST_PROGRAM")
    behind = tmp_path_factory.mktemp("controller")
    token = secrets.token_urlsafe(32)
    (folder / "admin.token").write_text(token)
    (folder / "admin.token").chmod(0o600)
    with real_controller(behind, SERVE_K8S="off") as controller:
        words = ["--juju-data-dir", controller["juju_data"], "--state-dir", folder / "state", "--token-file", f"admin={folder / 'admin.token'}"]
        with juju_mcp(folder, "serve", *words) as ready:
            yield ready | {"juju_data": controller["juju_data"], "tokens": {"admin": token}}


def worked(client, job):
    """The names of the tools and the results of a job, each of which must be good and have text."""
    answer = client(job)
    for (tool, arguments), result in zip(job["calls"], answer["results"], strict=True):
        assert not result.get("isError"), (tool, arguments, result)
        assert "".join(one["text"] for one in result["content"]).strip(), (tool, result)
        assert result.get("structuredContent") is None, (tool, result)
    return answer["tools"], answer["results"]


@pytest.mark.parametrize("transport", ["http", "stdio"])
@pytest.mark.parametrize("name", CLIENTS)
def test_six_commands(served, tmp_path, name, transport):
    ready = served
    files = tmp_path / "juju-data"
    shutil.copytree(ready["juju_data"], files)
    controller = controller_from_files("any", files)
    model = f"{name}-{transport}"
    at = {"controller": controller.name}
    inside = {"model": f"{controller.name}:{model}"}
    calls = [("juju_controllers", {}),
             ("juju_add_model", at | {"name": model}),
             ("juju_deploy", inside | {"charm": "postgresql", "channel": "14/stable"}),
             ("juju_deploy", inside | {"charm": "wordpress", "channel": "latest/stable"}),
             ("juju_integrate", inside | {"endpoints": ["wordpress:database", "postgresql:database"]}),
             ("juju_expose", inside | {"application": "wordpress"})]
    job = {"home": str(tmp_path), "calls": calls}
    if transport == "http":
        job |= {"url": ready["mcp_url"], "token": ready["tokens"]["admin"]}
    else:
        job |= {"command": str(required_path("JUJU_MCP_TEST_PROGRAM")), "arguments": ["stdio"],
                "environment": {"JUJU_DATA": str(files), "HOME": str(tmp_path), "PATH": os.environ["PATH"]}}
    tools = worked(CLIENTS[name], job)[0]
    assert "juju_status" in tools and "juju_find_command" in tools

    def as_the_client_sees_it():
        seen = json.loads(juju(controller, "status", "-m", f"{controller.name}:{model}", "--format", "json"))["applications"]
        return set(seen) == {"postgresql", "wordpress"} and seen["wordpress"]["exposed"] and any(
            relation["related-application"] == "postgresql" for relation in seen["wordpress"].get("relations", {}).get("database", [])
        ) and all(app["application-status"]["current"] == "active" for app in seen.values()) and seen

    seen = eventually("the real client sees both applications active, related and exposed", as_the_client_sees_it)
    assert seen["postgresql"]["charm-channel"] == "14/stable" and seen["wordpress"]["charm-channel"] == "latest/stable"
    status = json.dumps(worked(CLIENTS[name], job | {"calls": [("juju_status", inside)]})[1])
    assert "wordpress" in status and "postgresql" in status
