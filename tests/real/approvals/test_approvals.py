"""Approvals by MCP clients of other projects, each with a scripted human; then by our own command line. The real juju client
verifies the result."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
from conftest import TEST_TIMEOUT, controller_from_files, eventually, juju, juju_mcp, required_path, start_program, stop

HERE = pathlib.Path(__file__).resolve().parent
ACT = {"tool": "juju_add_unit", "arguments": {"model": "shop", "application": "web", "num_units": 1}}
YES = {"action": "accept", "content": {"approve": True}}


def typescript(sdk):
    """A TypeScript SDK: the newest client, which speaks 2026-07-28, or the older one of the `initialize` era."""
    def words(job):
        return [required_path("JUJU_MCP_TEST_NODE"), HERE / "ask.mjs"], job | {"sdk": sdk, "packages": str(required_path("JUJU_MCP_TEST_NPM"))}

    return words


def python(mode):
    """The Python `mcp` package, with its preferred protocol version or in the `initialize` era."""
    def words(job):
        return [sys.executable, HERE / "ask.py"], job | {"mode": mode}

    return words


CLIENTS = {"typescript": typescript("client"), "typescript-sdk": typescript("sdk"), "python": python("auto"), "python-legacy": python("legacy")}


class Shop:
    """A simulated shop behind a server that requires approval for every change."""

    def __init__(self, folder, juju_data):
        self.folder, self.juju_data, self.second_approver, self.process = folder, juju_data, False, None

    def start(self):
        words = ["--juju-data-dir", self.juju_data, "--state-dir", self.folder / "state", *(["--requires-second-approver"] if self.second_approver else [])]
        self.process, ready = start_program([required_path("JUJU_MCP_TEST_APPROVAL_SERVER"), *words], self.folder, listen=None)
        self.url = ready["mcp_url"]

    def token_file(self, name):
        return self.folder / "state" / f"{name}.token"

    def call(self, client, answer=None, token="admin", act=ACT):
        """The result of a call, and the elicitations that the client showed to the human."""
        job = act | {"url": self.url, "token": self.token_file(token).read_text(), "answer": answer}
        words, job = CLIENTS[client](job)
        done = subprocess.run([str(word) for word in words], input=json.dumps(job), text=True, capture_output=True, timeout=TEST_TIMEOUT)
        assert done.returncode == 0, f"{client}: {done.stdout[-1500:]} {done.stderr[-1500:]}"
        return json.loads(done.stdout)

    def approvals(self, *words, token="approver"):
        """Our command line, finished."""
        argv = [required_path("JUJU_MCP_TEST_PROGRAM"), "approvals", *words, "--url", self.url.removesuffix("/mcp"), "--token-file", self.token_file(token)]
        return subprocess.run(argv, text=True, capture_output=True, timeout=TEST_TIMEOUT, stdin=subprocess.DEVNULL)

    def units(self):
        """How many units the real client sees."""
        controller = controller_from_files("sim", self.juju_data)
        seen = json.loads(juju(controller, "status", "-m", f"{controller.name}:shop", "--format", "json"))
        return len(seen["applications"]["web"]["units"])


@pytest.fixture(params=[False], ids=["confirm"])
def shop(request, tmp_path):
    with ours_sim(tmp_path) as files:
        shop = Shop(tmp_path, files)
        shop.second_approver = request.param
        shop.start()
        yield shop
        stop(shop.process)


@contextlib.contextmanager
def ours_sim(folder):
    """The simulated controller as a process of its own, so that our server can be killed beside it."""
    inner = folder / "sim"
    inner.mkdir()
    with juju_mcp(inner, "sim", "--scenario", "shop") as ready:
        yield pathlib.Path(ready["juju_data"])


def text_of(answer):
    """The text that an assistant reads."""
    return answer["result"]["content"][0]["text"]


def approval_of(answer):
    """The approval request of a refused call."""
    return answer["result"]["_meta"]["juju-mcp/approval"]


@pytest.mark.parametrize("client", CLIENTS)
def test_elicitation_by_client_grants_or_rejects_the_act(shop, client):
    before = shop.units()
    no = shop.call(client, {"action": "decline"})
    assert no["result"]["isError"] and "rejected" in text_of(no), no
    assert "juju add-unit" in no["elicitations"][0]["message"] and no["elicitations"][0]["requestedSchema"]["required"] == ["approve"]
    assert shop.call(client, YES)["result"]["isError"], "a rejection is not requested again"
    other = ACT | {"arguments": ACT["arguments"] | {"num_units": 2}}
    yes = shop.call(client, YES, act=other)
    assert not yes["result"].get("isError") and len(yes["elicitations"]) == 1, yes
    assert shop.units() == before + 2
    none = shop.call(client)
    assert none["result"]["isError"] and not none["elicitations"], "a client without elicitation is refused"


@pytest.mark.parametrize("shop", [True], indirect=True, ids=["second-approver"])
def test_command_line_of_second_approver_permits_the_act_once(shop):
    before = shop.units()
    asked = shop.call("typescript", YES)
    assert not asked["elicitations"], "no elicitation for the requester if a second approver has to decide"
    question = approval_of(asked)
    assert question["id"] in text_of(asked) and "juju-mcp approvals approve" in text_of(asked)
    listed = shop.approvals("list", "--status", "pending", "--format", "table")
    assert listed.returncode == 0 and question["id"] in listed.stdout and "juju add-unit" in listed.stdout, listed
    own = shop.approvals("approve", question["id"], "--yes", token="admin")
    assert own.returncode == 1 and "cannot approve" in own.stderr and shop.units() == before
    other = shop.approvals("approve", question["id"], "--digest", "0" * 64)
    assert other.returncode == 1 and "digest" in other.stderr
    unseen = shop.approvals("approve", question["id"])
    assert unseen.returncode == 2 and "terminal" in unseen.stderr, "without a terminal the person has not seen it"
    done = shop.approvals("approve", question["id"], "--reason", "seen", "--yes")
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "approved", done
    assert "juju add-unit" in done.stderr, "the request is shown first"
    assert not shop.call("python")["result"].get("isError")
    assert shop.units() == before + 1
    assert approval_of(shop.call("python"))["id"] != question["id"], "an approval permits one act"
    assert shop.approvals("approve", question["id"], "--yes").returncode == 1
    assert shop.approvals("list", "--status", "nonsense").returncode == 2


def test_demo_requires_approval_and_prints_how_to_approve(tmp_path):
    with juju_mcp(tmp_path, "demo", "--scenario", "shop", "--state-dir", tmp_path / "state") as ready:
        act = {"tool": "juju_remove_application", "arguments": {"model": "shop", "applications": ["cart"]}}
        job = act | {"url": ready["mcp_url"], "token": ready["tokens"]["admin"], "answer": None, "mode": "auto"}

        def call():
            done = subprocess.run([sys.executable, HERE / "ask.py"], input=json.dumps(job), text=True, capture_output=True, timeout=TEST_TIMEOUT)
            assert done.returncode == 0, done.stderr[-1500:]
            return json.loads(done.stdout)

        question = approval_of(call())

        def printed():
            lines = (tmp_path / "log.txt").read_text().splitlines()
            found = [line.split() for line in lines if re.match(r"\s+\S*juju-mcp approvals ", line)]
            return len(found) == 2 and found

        listing, approving = eventually("the demo prints how to list and to approve", printed)
        program = [required_path("JUJU_MCP_TEST_PROGRAM")]
        listed = subprocess.run(program + listing[1:], text=True, capture_output=True, timeout=TEST_TIMEOUT)
        assert listed.returncode == 0 and question["id"] in listed.stdout, listed
        words = [question["id"] if part == "ID" else part for part in approving[1:]]
        done = subprocess.run(program + [*words, "--yes"], text=True, capture_output=True, timeout=TEST_TIMEOUT)
        assert done.returncode == 0, done
        assert "approver.token" not in json.dumps(question), "the result does not contain the place of the token"
        assert not call()["result"].get("isError")


@pytest.mark.parametrize("shop", [True], indirect=True, ids=["second-approver"])
def test_approval_survives_a_kill_and_permits_the_act_once(shop):
    before = shop.units()
    question = approval_of(shop.call("python"))
    assert shop.approvals("approve", question["id"], "--yes").returncode == 0
    os.kill(shop.process.pid, signal.SIGKILL)
    shop.process.wait()
    shop.start()
    assert not shop.call("python")["result"].get("isError")
    os.kill(shop.process.pid, signal.SIGKILL)
    shop.process.wait()
    shop.start()
    assert approval_of(shop.call("python"))["id"] != question["id"]
    assert shop.units() == before + 1
