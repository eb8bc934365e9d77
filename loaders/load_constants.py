"""Values that the caller gives for all rows of a file: `--set visit=903986`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target


def _boolean(value: Any) -> bool:
    return {"true": True, "false": False}[str(value).lower()]


_PARSERS: dict[str, Callable[[Any], Any]] = {
    "bigint": int,
    "integer": int,
    "smallint": int,
    "real": float,
    "double precision": float,
    "boolean": _boolean,
    "text": lambda value: str(value).encode(),
}


def parse_constants(path: Path, target: Target, constants: Mapping[str, Any]) -> dict[str, Any]:
    """Convert given values, as text or as numbers, to the types of the table's columns.

    Columns that the table does not have are left as they are, for the plan to refuse.

    Raises
    ------
    RefusedError
        If a value is not of the column's type.
    """
    parsed = dict(constants)
    for key in constants.keys() & target.columns.keys():
        type_ = target.columns[key].type
        try:
            parsed[key] = _PARSERS[type_](constants[key])
        except (KeyError, ValueError, TypeError) as error:
            raise RefusedError(
                path,
                f"It cannot be set for all rows, being {type_}",
                "correct it",
                key,
                value=constants[key],
            ) from error
    return parsed
