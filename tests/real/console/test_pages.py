"""The approval page in a real browser: axe finds nothing and nothing is cut off, in light and dark, narrow and wide."""
import json
import os
import shutil
import subprocess

import pytest
from conftest import TEST_TIMEOUT, juju_mcp, required_path
from plain_mcp import call

TARGETS = {"removal": ("juju_remove_application", {"applications": ["mailer"]}),
           "rejected": ("juju_remove_application", {"applications": ["redis"]})}


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """What the browser reported of each page."""
    node, packages = required_path("JUJU_MCP_TEST_NODE"), required_path("JUJU_MCP_TEST_NPM")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no `chromium` on the PATH")
    folder = tmp_path_factory.mktemp("console")
    with juju_mcp(folder, "demo") as ready:
        url, tokens = ready["mcp_url"].removesuffix("/mcp"), ready["tokens"]
        pages = {"list": "/console", "unknown": "/console/approvals/0"}
        for name, (tool, arguments) in TARGETS.items():
            result = call(ready["mcp_url"], tool, arguments | {"model": "shop"}, tokens["admin"])
            pages[name] = "/console/approvals/" + result["_meta"]["juju-mcp/approval"]["id"]
        token = folder / "approver.token"
        token.write_text(tokens["approver"])
        rejected = pages["rejected"].rsplit("/", 1)[1]
        subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "approvals", "reject", rejected, "--yes", "--reason", "not before Monday",
                        "--url", url, "--token-file", token], check=True, capture_output=True)
        done = subprocess.run([node, os.path.join(os.path.dirname(__file__), "look.mjs"), packages, chromium, folder], text=True, capture_output=True,
                              input=json.dumps({"url": url, "token": tokens["approver"], "pages": pages}), timeout=TEST_TIMEOUT)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)


def test_every_page_has_no_violation_in_light_and_dark(looked):
    assert len(looked) == 4 * 5
    found = {page["name"]: page["violations"] for page in looked if page["violations"]}
    assert not found, json.dumps(found, indent=1)


def test_every_page_fits_its_width(looked):
    assert not [page["name"] for page in looked if page["overflow"] > 0]


def test_dark_pages_are_dark(looked):
    def luminance(page):
        return sum(int(part) for part in page["background"].strip("rgba()").split(",")[:3])

    assert all((luminance(page) < 200) == ("-dark-" in page["name"]) for page in looked), [(p["name"], p["background"]) for p in looked]
