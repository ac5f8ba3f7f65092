"""The MCP clients of other projects that sign in: each runs as a program of its own, with a job on its standard input."""
import json
import os
import pathlib
import subprocess
import sys

from conftest import TEST_TIMEOUT, required_path

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = {"typescript": "client", "typescript-sdk": "sdk", "python": None}


def started(name, job, python=sys.executable, **environment):
    """A running client, which got its job."""
    if CLIENTS[name]:
        argv = [required_path("JUJU_MCP_TEST_NODE"), HERE / "drive.mjs"]
        job = job | {"sdk": CLIENTS[name], "packages": str(required_path("JUJU_MCP_TEST_NPM"))}
    else:
        argv = [python, HERE / "drive.py"]
    client = subprocess.Popen([str(word) for word in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=os.environ | environment)
    client.stdin.write(json.dumps(job))
    client.stdin.close()
    client.stdin = None  # else `communicate` would write to it
    return client


def finished(client, timeout=TEST_TIMEOUT):
    """What a running client printed for its job."""
    try:
        out, err = client.communicate(timeout=timeout)
    finally:
        client.kill()
    assert client.returncode == 0, f"{client.args} ended with {client.returncode}: {out[-1500:]} {err[-2500:]}"
    return json.loads(out)


def driven(name, job, **more):
    """What a client printed for a job."""
    return finished(started(name, job, **more))
