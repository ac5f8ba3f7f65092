"""The distribution files: consistent with the program and valid by the tools of their formats."""
import base64
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.parse
import zipfile

import jsonschema
import pytest

TREE = pathlib.Path(__file__).resolve().parents[3]
PACKAGING = TREE / "server" / "app" / "packaging"
VERSION = re.search(r'\[workspace.package\]\nversion = "([^"]+)"', (TREE / "Cargo.toml").read_text()).group(1)
SERVER = json.loads((PACKAGING / "server.json").read_text())
MANIFEST = json.loads((PACKAGING / "mcpb" / "manifest.json").read_text())
README = (TREE / "README.md").read_text()


@pytest.fixture(scope="module")
def program():
    """The path of the program."""
    path = os.environ.get("JUJU_MCP_TEST_PROGRAM")
    if not path:
        pytest.skip("JUJU_MCP_TEST_PROGRAM is not set; tests/run sets it")
    return pathlib.Path(path)


@pytest.fixture(scope="module")
def released(program, tmp_path_factory):
    """The files that a release publishes, for the program of the tests."""
    folder = tmp_path_factory.mktemp("release")
    done = subprocess.run([sys.executable, PACKAGING / "bundle", program, folder], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return folder


def help_of(program, *words):
    """The help of a sub-command."""
    return subprocess.run([program, *words, "--help"], text=True, capture_output=True, check=True).stdout


def test_files_have_the_version_of_the_workspace():
    assert SERVER["version"] == MANIFEST["version"] == VERSION
    assert SERVER["packages"][0]["identifier"].endswith(f":{VERSION}")


def test_registry_entry_keeps_the_limits_of_the_registry():
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", SERVER["name"]) and len(SERVER["description"]) <= 100
    for package in SERVER["packages"]:
        assert package["registryType"] == "oci" and "version" not in package and package["transport"] == {"type": "stdio"}
        for argument in [*package["runtimeArguments"], *package["packageArguments"]]:
            assert argument["type"] in ("named", "positional") and ("name" in argument) == (argument["type"] == "named")
            assert set(re.findall(r"\{(\w+)\}", argument["value"])) == set(argument.get("variables", {}))


def test_registry_entry_is_valid_by_the_schema_of_the_registry(released):
    schemas = os.environ.get("JUJU_MCP_TEST_REGISTRY_SCHEMAS")
    if not schemas:
        pytest.skip("JUJU_MCP_TEST_REGISTRY_SCHEMAS is not set; tests/run sets it")
    version = re.fullmatch(r"https://static\.modelcontextprotocol\.io/schemas/([\d-]+)/server\.schema\.json", SERVER["$schema"]).group(1)
    assert version == max(path.stem for path in pathlib.Path(schemas).glob("*.json")), "the newest schema of the registry"
    schema = json.loads((pathlib.Path(schemas) / f"{version}.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
    for entry in (SERVER, json.loads((released / "server.json").read_text())):
        validator.validate(entry)
    assert not validator.is_valid(SERVER | {"description": "x" * 101}), "the schema rejects what the registry rejects"


def test_options_in_the_files_exist_in_the_program(program):
    text = help_of(program, "stdio")
    named = [argument["name"] for argument in SERVER["packages"][0]["packageArguments"] if argument["type"] == "named"]
    flags = [*named, *(part for part in MANIFEST["server"]["mcp_config"]["args"] if part.startswith("--"))]
    assert flags and all(f"{flag} " in text for flag in flags)
    unit = (PACKAGING / "juju-mcp.service").read_text()
    for line in re.findall(r"^Exec\w+=/usr/bin/juju-mcp (.*)$", unit, re.MULTILINE):
        words = [part for part in line.split() if not part.startswith(("-", "/")) and "." not in part]
        assert all(flag in help_of(program, *words) for flag in re.findall(r"--[a-z-]+", line)), line


def test_bundle_contains_the_program_and_is_reproducible(released, program):
    (path,) = released.glob("*.mcpb")
    with zipfile.ZipFile(path) as archive:
        assert archive.read("server/juju-mcp") == program.read_bytes()
        assert archive.getinfo("server/juju-mcp").external_attr >> 16 & 0o777 == 0o755
        assert json.loads(archive.read("manifest.json")) == MANIFEST
    server = json.loads((released / "server.json").read_text())
    (bundle,) = [package for package in server["packages"] if package["registryType"] == "mcpb"]
    assert bundle["identifier"].endswith(f"/v{VERSION}/{path.name}") and re.fullmatch("[0-9a-f]{64}", bundle["fileSha256"])
    subprocess.run([sys.executable, PACKAGING / "bundle", program, released / "again"], check=True, capture_output=True)
    assert (released / "again" / path.name).read_bytes() == path.read_bytes()


def test_bundle_is_accepted_by_the_tool_of_the_format(released):
    node, packages = os.environ.get("JUJU_MCP_TEST_NODE"), os.environ.get("JUJU_MCP_TEST_NPM")
    if not node or not packages:
        pytest.skip("JUJU_MCP_TEST_NODE and JUJU_MCP_TEST_NPM are not set; tests/run sets them")
    tool = pathlib.Path(packages) / "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
    done = subprocess.run([node, tool, "validate", PACKAGING / "mcpb" / "manifest.json"], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (bundle,) = released.glob("*.mcpb")
    done = subprocess.run([node, tool, "unpack", bundle, released / "unpacked"], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    command = MANIFEST["server"]["mcp_config"]["command"].replace("${__dirname}", str(released / "unpacked"))
    done = subprocess.run([command, "--version"], text=True, capture_output=True)
    assert done.stdout == f"juju-mcp {VERSION}\n", done.stderr


def test_bill_of_materials_is_valid_and_reproducible(released):
    text = (released / "juju-mcp.cdx.json").read_text()
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    names = {part["name"] for part in bom["components"]}
    assert len(names) > 200 and {"rmcp", "axum", "rustls", "libsqlite3-sys", "audit"} <= names
    assert not names & {"tests", "wiremock", "tempfile", "trybuild"}, "crates of tests"
    outside = [part for part in bom["components"] if "hashes" in part]
    assert len(outside) > 200 and all(part["licenses"][0]["expression"] for part in outside)
    refs = {part["bom-ref"] for part in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
    assert refs == {entry["ref"] for entry in bom["dependencies"]} >= {ref for entry in bom["dependencies"] for ref in entry["dependsOn"]}
    subprocess.run([PACKAGING / "sbom", released / "again"], check=True)
    assert (released / "again" / "juju-mcp.cdx.json").read_text() == text


def test_licences_of_all_crates_are_allowed(released):
    loader = importlib.machinery.SourceFileLoader("sbom", str(PACKAGING / "sbom"))
    sbom = importlib.util.module_from_spec(importlib.util.spec_from_loader("sbom", loader))
    loader.exec_module(sbom)
    packages = sbom.metadata()["packages"]
    assert len(packages) > 300 and sbom.refused(packages) == []
    for text, allowed in [("MIT OR GPL-3.0", True), ("GPL-3.0", False), ("MIT AND GPL-3.0-only", False), ("(MIT OR GPL-2.0) AND ISC", True), ("", False),
                          ("Apache-2.0 WITH LLVM-exception", True), ("GPL-2.0 WITH Classpath-exception-2.0", False)]:
        assert sbom.is_allowed(text) == allowed, text
    used = " ".join(sbom.expression(package) for package in packages if package["source"])
    assert all(licence in used for licence in sbom.ALLOWED), "the list has only licences that a crate has"
    texts = (released / "THIRD-PARTY-LICENSES.txt").read_text()
    assert "Permission is hereby granted" in texts and "rustls " in texts
    assert len(texts.split("contain no text of it:")[1].splitlines()) < 12


def test_static_build_without_the_compiler_names_the_package(tmp_path):
    for name in ("dirname", "uname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    done = subprocess.run(["/bin/sh", PACKAGING / "build-static"], text=True, capture_output=True, env={"PATH": str(tmp_path)})
    assert done.returncode == 2 and "musl-tools" in done.stderr, done.stderr


def test_every_sub_command_has_a_manual_page_without_errors(released, program):
    pages = {path.stem for path in (released / "man").glob("*.1")}
    commands = re.findall(r"^  ([a-z]+)  ", help_of(program).split("Commands:")[1].split("Options:")[0], re.MULTILINE)
    assert {f"juju-mcp-{name}" for name in commands if name != "help"} <= pages and "juju-mcp" in pages
    if man := shutil.which("groff"):
        for page in (released / "man").glob("*.1"):
            done = subprocess.run([man, "-man", "-ww", "-z", "-Tutf8", page], text=True, capture_output=True)
            assert done.returncode == 0 and not done.stderr, f"{page.name}: {done.stderr}"


def test_completions_are_written_for_each_shell(released):
    scripts = {path.name: path.read_text() for path in (released / "completions").iterdir()}
    assert set(scripts) == {"juju-mcp.bash", "_juju-mcp", "juju-mcp.fish"}
    assert all("healthcheck" in script for script in scripts.values())
    subprocess.run(["bash", "-n", released / "completions" / "juju-mcp.bash"], check=True)


def test_service_unit_is_valid_and_confined(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("no `systemd-analyze` on the PATH")
    unit = tmp_path / "juju-mcp.service"
    # the program need not be installed, and the user need not exist
    unit.write_text((PACKAGING / "juju-mcp.service").read_text().replace("/usr/bin/juju-mcp", "/bin/true"))
    done = subprocess.run([analyze, "verify", unit], text=True, capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    done = subprocess.run([analyze, "security", "--offline=true", "--threshold=20", unit], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout


def test_install_links_of_the_readme_start_the_program(program):
    (code,) = re.findall(r"https://insiders\.vscode\.dev/redirect/mcp/install\?([^)\s]+)", README)
    query = urllib.parse.parse_qs(code)
    assert query["name"] == ["juju"]
    (cursor,) = re.findall(r"https://cursor\.com/en/install-mcp\?([^)\s]+)", README)
    for config in (query["config"][0], base64.b64decode(urllib.parse.parse_qs(cursor)["config"][0]).decode()):
        settings = json.loads(config)
        assert settings["command"] == "juju-mcp" and settings["args"] == ["stdio"]
    assert "Serve MCP over standard input" in help_of(program, *settings["args"])
