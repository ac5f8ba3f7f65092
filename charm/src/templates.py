"""Templates: YAML files in which `{name}` is replaced by a value."""

import pathlib
import re
from collections.abc import Mapping
from typing import Any

import yaml

_NAME = re.compile(r"\{(\w+)\}")


def read(name: str) -> Any:
    """The content of a YAML file beside the code."""
    return yaml.safe_load((pathlib.Path(__file__).parent / name).read_text())


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with every `{name}` replaced. A text that consists of one name takes the type of the value."""
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str):
        return template
    if alone := _NAME.fullmatch(template):
        return values[alone[1]]
    return _NAME.sub(lambda name: str(values[name[1]]), template)
