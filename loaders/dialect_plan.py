"""The plan of a load: which columns of a file become which columns of the table, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skytract.loaders.dialect import ColumnRule, Dialect
from skytract.loaders.dialect_functions import FUNCTIONS
from skytract.loaders.load_target import Target, TargetColumn
from skytract.loaders.read_catalog import Chunk, Values


@dataclass(frozen=True)
class Step:
    """One column of the table: its rule, and the factor from the file's unit to the table's."""

    target: TargetColumn
    rule: ColumnRule
    factor: float = 1.0

    def make(self, chunk: Chunk) -> Values:
        """Compute the column's values, in the table's unit, for the rows of a chunk."""
        values = [chunk.columns[name] for name in self.rule.sources]
        data = values[0].data
        if self.rule.by is not None:
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                function = FUNCTIONS[self.rule.by]
                data = function(*(v.data for v in values), **self.rule.parameters)
        if self.factor != 1.0:
            data = data * self.factor
        masks = [v.missing for v in values if v.missing is not None]
        for name, code in self.rule.missing_where.items():
            codes = chunk.columns[name].data
            masks.append(codes == (code.encode() if codes.dtype.kind == "S" else code))
        return Values(data, np.logical_or.reduce(masks) if masks else None)


@dataclass(frozen=True)
class Plan:
    """How a file becomes rows of a table: steps for its columns, and constants for others."""

    target: Target
    dialect: Dialect
    steps: tuple[Step, ...]
    constants: Mapping[str, Any]

    @property
    def reads(self) -> list[str]:
        """Columns of the file that are read, each once."""
        return list(dict.fromkeys(name for step in self.steps for name in step.rule.reads))

    @property
    def identity(self) -> list[str]:
        """Names in the file of the columns that tell rows apart."""
        return [self.source(key) for key in self.target.identity]

    def source(self, key: str) -> str:
        """Name in the file of a column of the table, for messages."""
        made = (step.rule.sources for step in self.steps if step.target.key == key)
        return " and ".join(next(made, (key,)))
