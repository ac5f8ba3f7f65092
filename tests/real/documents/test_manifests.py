"""The Kubernetes manifests of the documents, validated with the schemas and the code of the API server."""
import os
import shutil
import subprocess

import pytest
import yaml
from blocks import file_of
from conftest import required_path

MANIFESTS = [("docs/how-to-install.md", "juju-mcp.yaml"), ("docs/how-to-ingress.md", "ingress.yaml")]


def validate(folder, text):
    """The finished validation of a manifest."""
    tool = os.environ.get("JUJU_MCP_TEST_KUBECTL_VALIDATE")
    if not tool:
        pytest.skip("JUJU_MCP_TEST_KUBECTL_VALIDATE is not set; tests/run sets it")
    (folder / "manifest.yaml").write_text(text)
    return subprocess.run([tool, "manifest.yaml"], cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


@pytest.mark.parametrize("page, file", MANIFESTS)
def test_manifest_of_the_document_is_valid(page, file, tmp_path):
    done = validate(tmp_path, file_of(page, file))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("right, wrong", [("replicas: 1", "replicas: one"), ("livenessProbe:", "livenesProbe:"), ("apiVersion: apps/v1", "apiVersion: apps/v9")])
def test_manifest_with_a_mistake_is_refused(right, wrong, tmp_path):
    text = file_of(*MANIFESTS[0])
    assert right in text and validate(tmp_path, text.replace(right, wrong)).returncode != 0


def test_manifest_runs_the_program_with_flags_that_exist():
    (container,) = next(one for one in yaml.safe_load_all(file_of(*MANIFESTS[0])) if one["kind"] == "Deployment")["spec"]["template"]["spec"]["containers"]
    shown = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "serve", "--help"], text=True, capture_output=True, check=True).stdout
    assert all(word in shown for word in container["command"] if word.startswith("--"))
    assert {probe["httpGet"]["path"] for probe in (container["livenessProbe"], container["readinessProbe"])} == {"/healthz", "/readyz"}


def test_service_of_the_ingress_selects_the_pods_of_the_deployment():
    deployment = next(one for one in yaml.safe_load_all(file_of(*MANIFESTS[0])) if one["kind"] == "Deployment")
    service, ingress = yaml.safe_load_all(file_of(*MANIFESTS[1]))
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    (backend,) = [path["backend"]["service"] for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]]
    assert backend["name"] == service["metadata"]["name"] and backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}


def test_units_of_the_nightly_backup_are_valid(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("no `systemd-analyze` on the PATH")
    names = [f"juju-mcp-backup.{kind}" for kind in ("service", "timer")]
    for name in names:
        # the program need not be installed
        text = file_of("docs/how-to-back-up.md", f"/etc/systemd/system/{name}").replace("/usr/bin/juju-mcp", "/bin/true")
        (tmp_path / name).write_text(text)
    done = subprocess.run([analyze, "verify", *names], cwd=tmp_path, text=True, capture_output=True, env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert done.returncode == 0 and not done.stderr, done.stderr
