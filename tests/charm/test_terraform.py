"""The Terraform module: its names are those of the charm, and a real OpenTofu or Terraform accepts and evaluates it."""
import os
import re
import shutil
import subprocess

import pytest
from conftest import TREE
from test_files import CHARMCRAFT

MODULE = TREE / "charm" / "terraform"
# Arguments of the resource `juju_application` and of its block `charm`, from the reference of the provider juju/juju 1.4 and 2.2.
APPLICATION = {"name", "model_uuid", "config", "constraints", "resources", "storage_directives", "trust", "units"}
CHARM_BLOCK = {"name", "base", "channel", "revision"}
# A resource that Terraform has without a provider, in place of the one that needs the registry of providers.
BUILT_IN = '''resource "terraform_data" "juju_mcp" {
  input = { name = var.app_name, arguments = [var.model_uuid, var.config, var.constraints, var.resources, var.storage_directives, var.units] }
}
'''


def block(text, header):
    """The body of a block of HCL."""
    return text.split(f"{header} {{\n")[1].split("\n}")[0]


@pytest.fixture
def terraform():
    """Runs a command of OpenTofu or Terraform in a folder."""
    program = os.environ.get("JUJU_MCP_TEST_TERRAFORM") or shutil.which("tofu") or shutil.which("terraform")
    if not program:
        pytest.skip("neither `tofu` nor `terraform` is on the PATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")} | {"CHECKPOINT_DISABLE": "1"}

    def run(folder, *words):
        return subprocess.run([program, f"-chdir={folder}", *words], text=True, capture_output=True, env=environment)

    return run


def test_module_names_every_endpoint_and_option_of_the_charm():
    outputs, variables = ((MODULE / name).read_text() for name in ("outputs.tf", "variables.tf"))
    for role in ("provides", "requires"):
        pairs = re.findall(r'^ +(\w+) += "([a-z-]+)"$', block(outputs, f'output "{role}"'), re.MULTILINE)
        assert sorted(name for _, name in pairs) == sorted(CHARMCRAFT[role])
        assert [key for key, name in pairs if key != name.replace("-", "_")] == []
    options = re.findall(r'"([a-z-]+)"', variables.split("contains([")[1].split("], name)")[0])
    assert options == sorted(CHARMCRAFT["config"]["options"])
    assert re.search(r'"(ubuntu@[\d.]+)"', block(variables, 'variable "base"')).group(1) == CHARMCRAFT["base"]
    assert all(resource in variables for resource in CHARMCRAFT["resources"])
    assert all(f"{storage} =" in variables for storage in CHARMCRAFT["storage"])


def test_module_uses_only_arguments_that_the_provider_documents():
    main = (MODULE / "main.tf").read_text()
    body = block(main, 'resource "juju_application" "juju_mcp"')
    assert set(re.findall(r"^  (\w+) +=", body, re.MULTILINE)) == APPLICATION
    assert set(re.findall(r"^    (\w+) +=", body, re.MULTILINE)) == CHARM_BLOCK
    assert f'"{CHARMCRAFT["name"]}"' in main
    declared = set(re.findall(r'variable "(\w+)"', (MODULE / "variables.tf").read_text()))
    assert declared == set(re.findall(r"var\.(\w+)", main))


def test_example_of_the_readme_names_variables_and_outputs_of_the_module(terraform, tmp_path):
    (example,) = re.findall(r"```hcl\n(.*?)```", (MODULE / "README.md").read_text(), re.DOTALL)
    (tmp_path / "example.tf").write_text(example)
    done = terraform(tmp_path, "fmt", "-check", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr
    given = set(re.findall(r"^  (\w+) += ", block(example, 'module "juju_mcp"'), re.MULTILINE)) - {"source"}
    assert given <= set(re.findall(r'variable "(\w+)"', (MODULE / "variables.tf").read_text()))
    outputs = (MODULE / "outputs.tf").read_text()
    for output, _, key in re.findall(r"module\.juju_mcp\.(\w+)(\.(\w+))?", example):
        assert not key or re.search(rf"^ +{key} +=", block(outputs, f'output "{output}"'), re.MULTILINE), key
        assert f'output "{output}"' in outputs
    assert set(re.findall(r"([a-z-]+) = juju_secret", example)) <= set(CHARMCRAFT["config"]["options"])


def test_module_is_formatted(terraform):
    done = terraform(MODULE, "fmt", "-check", "-diff", "-recursive")
    assert done.returncode == 0, done.stdout + done.stderr


def test_variables_and_outputs_are_evaluated_by_the_real_program(terraform, tmp_path):
    for name in ("variables.tf", "outputs.tf"):
        text = (MODULE / name).read_text()
        (tmp_path / name).write_text(text.replace("juju_application.juju_mcp.name", "terraform_data.juju_mcp.input.name"))
    (tmp_path / "main.tf").write_text(BUILT_IN)
    assert (done := terraform(tmp_path, "init", "-input=false")).returncode == 0, done.stderr
    assert (done := terraform(tmp_path, "validate")).returncode == 0, done.stderr
    model = "-var=model_uuid=c2e9f4d5-dcb3-4870-8509-330eb9745ee8"
    assert (done := terraform(tmp_path, "plan", "-input=false", model, '-var=config={"log-level": "debug"}')).returncode == 0, done.stderr
    for wrong, message in (('config={"loglevel": "debug"}', "no such option"), ("units=2", "one unit")):
        done = terraform(tmp_path, "plan", "-input=false", model, f"-var={wrong}")
        assert done.returncode and message in done.stderr, done.stderr
    done = terraform(tmp_path, "plan", "-input=false")
    assert done.returncode and "model_uuid" in done.stderr
