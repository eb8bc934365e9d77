"""Reads the declared model: Felis YAML files, validated by Felis itself."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from felis.datamodel import Schema

SCHEMA_FOLDER = Path(__file__).resolve().parent / "schema"
SCHEMAS = ("meta", "raw", "association", "calibration", "release")


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@cache
def read_schema(name: str) -> Schema[Any]:
    """Read one schema: `schema/<name>.yaml`, and its tables in `schema/<name>/*.yaml` if split.

    Raises
    ------
    pydantic.ValidationError
        If Felis finds a wrong type, unit, UCD or reference, or a missing description.
    """
    declared = _yaml(SCHEMA_FOLDER / f"{name}.yaml")
    parts = sorted((SCHEMA_FOLDER / name).glob("*.yaml"))
    declared["tables"] = declared.get("tables", []) + [_yaml(part) for part in parts]
    context = {"id_generation": True, "check_description": True}
    return Schema.model_validate(declared, context=context)


@cache
def read_physical() -> dict[str, Any]:
    """Read what Felis cannot say: partition keys and storage (`schema/physical.yaml`)."""
    physical: dict[str, Any] = _yaml(SCHEMA_FOLDER / "physical.yaml")
    return physical
