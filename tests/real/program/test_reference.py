"""The generated reference: its OpenAPI document by an outside validator, and the page of errors by the program itself."""
import json
import pathlib
import subprocess

from conftest import required_path
from openapi_spec_validator import OpenAPIV31SpecValidator

TREE = pathlib.Path(__file__).resolve().parents[3]
REFERENCE = TREE / "docs" / "reference"


def test_openapi_document_is_valid_openapi_3_1():
    document = json.loads((REFERENCE / "openapi.json").read_text())
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_openapi_document_is_the_one_of_the_program():
    done = subprocess.run([required_path("JUJU_MCP_TEST_PROGRAM"), "reference", "openapi"], text=True, capture_output=True, check=True)
    assert json.loads(done.stdout) == json.loads((REFERENCE / "openapi.json").read_text())


def test_pages_of_the_reference_are_named_by_the_index():
    index = (TREE / "docs" / "README.md").read_text()
    assert all(f"reference/{path.name}" in index for path in REFERENCE.iterdir())
