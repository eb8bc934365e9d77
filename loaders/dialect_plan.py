"""How the columns of a file become those of a table: the steps, once names and units are known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.dialect import SET, ColumnRule, Dialect
from skytract.loaders.dialect_functions import FUNCTIONS
from skytract.loaders.load_target import DTYPES, Target, TargetColumn
from skytract.loaders.read_catalog import Chunk, Values

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Step:
    """One column of the table.

    Parameters
    ----------
    target : TargetColumn
        The column.
    rule : ColumnRule
        What it is made from.
    factor : float
        From the file's unit to the table's.
    at : Step, optional
        Makes the wavelengths at which flux densities are converted.
    to_density : callable, optional
        Converts flux densities at wavelengths to the table's unit.
    """

    target: TargetColumn
    rule: ColumnRule
    factor: float = 1.0
    at: "Step | None" = None
    to_density: Callable[[Array, Array], Array] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns of the file that the step looks at."""
        return self.rule.reads if self.at is None else (*self.rule.reads, *self.at.rule.reads)

    def make(self, chunk: Chunk) -> Values:
        """Compute the column's values, in the table's unit, for the rows of a chunk."""
        if not self.rule.sources:
            value = self.rule.constant
            return Values(np.full(chunk.rows, value.encode() if type(value) is str else value))
        values = [chunk.columns[name] for name in self.rule.sources]
        masks = [v.missing for v in values if v.missing is not None]
        for name, code in self.rule.missing_where.items():
            masks.append(_equal(chunk.columns[name].data, code))
        data = [_each(_add, v.data, self.rule.offset) for v in values]
        if self.rule.codes:
            data[0], unknown = self._decode(data[0])
            masks.append(unknown)
        return Values(self._convert(data, chunk), np.logical_or.reduce(masks) if masks else None)

    def _decode(self, data: Array) -> tuple[Array, Mask]:
        """Translate codes; those that the rule does not know are missing."""
        values = list(self.rule.codes.values())
        dtype = DTYPES[self.target.type]
        found = np.zeros(len(data), np.array(values).astype(dtype).dtype)
        unknown = np.ones(len(data), bool)
        for code, value in self.rule.codes.items():
            same = _equal(data, code)
            found[same], unknown[same] = value, False
        return found, unknown

    def _convert(self, data: list[Array], chunk: Chunk) -> Array:
        made = data[0]
        if self.rule.by is not None:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                made = FUNCTIONS[self.rule.by](*data, **self.rule.parameters)
        if self.to_density is not None and self.at is not None:
            return _each(self.to_density, made, self.at.make(chunk).data)
        return made if self.factor == 1.0 else _each(np.multiply, made, self.factor)


def _add(data: Array, offset: float) -> Array:
    return data + offset if offset else data


def _equal(data: Array, code: Any) -> Mask:
    code = str(code).encode() if data.dtype.kind == "S" else code
    # A code of another type equals none of them.
    return np.broadcast_to(np.asarray(data == code, bool), data.shape)


def _each(function: Callable[..., Array], data: Array, other: Any) -> Array:
    """Apply a function to a column, or to each of its arrays with the other's array or number."""
    if data.dtype.kind != "O":
        return function(data, other)
    arrays = np.empty(len(data), object)
    for row, values in enumerate(data):
        arrays[row] = function(np.asarray(values), other[row] if np.ndim(other) else other)
    return arrays


@dataclass(frozen=True)
class Plan:
    """How a file becomes rows of a table: steps for its columns, and constants for others."""

    target: Target
    dialect: Dialect
    steps: tuple[Step, ...]
    constants: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> list[str]:
        """Columns of the file that are read, each once."""
        return list(dict.fromkeys(name for step in self.steps for name in step.reads))

    @property
    def identity(self) -> list[str]:
        """Names in the file of the columns that tell rows apart."""
        return [self.source(key) for key in self.target.identity]

    def source(self, key: str) -> str:
        """Name in the file of a column of the table, for messages."""
        made = (step.rule.sources for step in self.steps if step.target.key == key)
        return " and ".join(name for name in next(made, ()) if not name.startswith(SET)) or key
