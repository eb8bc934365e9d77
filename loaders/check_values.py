"""Checks of the values of a file, and their conversion to the types of the table.

Each check looks at whole columns; the first bad row is named in the refusal. A NaN stands for a
value that could not be measured: it becomes NULL where the table allows that, and is refused
elsewhere.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.check_columns import CHECKS, Mask, Refuse, check_error
from skytract.loaders.check_curves import CURVE_CHECKS
from skytract.loaders.check_together import refuse_contradictions
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.dialect_functions import BadRowError
from skytract.loaders.dialect_plan import Plan, Step
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import DTYPES, TargetColumn
from skytract.loaders.read_catalog import Chunk, Values

KINDS = dict.fromkeys(("bigint", "integer", "smallint"), "iu") | {
    "real": "fiu",
    "double precision": "fiu",
    "boolean": "b",
    "text": "S",
    "timestamptz": "M",
}
"""Kinds of numpy types that values may have before they are converted; arrays are objects."""


def make_batch(path: Path, plan: Plan, chunk: Chunk) -> Batch:
    """Compute, check and convert the columns of the table for the rows of a chunk.

    Returns
    -------
    Batch
        Its columns have exactly the types of the table.

    Raises
    ------
    RefusedError
        Naming file, row, column and value.
    """
    columns, path = {}, chunk.path or path
    for step in plan.steps:
        refuse = Refuse(path, plan.source(step.target.key), chunk.first, chunk.is_curve)
        columns[step.target.key] = _convert(step.target, _make(step, chunk, refuse), refuse)
    for key, value in plan.constants.items():
        refuse = Refuse(path, f"{key} (set for all rows)", chunk.first)
        values = Values(np.full(chunk.rows, value))
        columns[key] = _convert(plan.target.columns[key], values, refuse)
    refuse_contradictions(
        columns, lambda key: Refuse(path, plan.source(key), chunk.first, chunk.is_curve)
    )
    return Batch(path, plan, chunk.first, chunk.rows, columns)


def _make(step: Step, chunk: Chunk, refuse: Refuse) -> Values:
    try:
        values = step.make(chunk)
    except BadRowError as error:
        row = refuse.first + error.row
        raise RefusedError(
            refuse.path, error.reason, error.remedy, refuse.column, row, error.value
        ) from error
    except (TypeError, ValueError) as error:
        said = f"{step.target.key} cannot be made from it ({error})"
        raise RefusedError(refuse.path, said, "correct its type", refuse.column) from error
    if values.data.dtype.kind not in KINDS.get(step.target.type, "O"):
        made = f"It becomes {values.data.dtype.name}, and {step.target.key} is {step.target.type}"
        raise RefusedError(refuse.path, made, "correct its type", refuse.column)
    return values


def _convert(target: TargetColumn, values: Values, refuse: Refuse) -> CopyColumn:
    data, missing = values.data, values.missing
    if data.dtype.kind == "f":
        data, missing = _float(target, data, missing, refuse)
    elif data.dtype.kind in "iu" and target.type in ("bigint", "integer", "smallint"):
        data = _integer(target, data, missing, refuse)
    elif data.dtype.kind == "S":
        _refuse_zero_bytes(data, refuse)
    elif data.dtype.kind == "O":
        data = _arrays(target, data, missing, refuse)
    if not target.nullable and missing is not None:
        refuse.where(
            missing, data, "It is NULL, and every row needs a value", "fill it or drop the row"
        )
    data = data.astype(DTYPES[target.type], copy=False)
    if missing is not None and not missing.any():
        missing = None
    check = CHECKS.get(target.key) or (check_error if target.key.endswith("Err") else None)
    check = CURVE_CHECKS.get(target.key, check)
    if check is not None:
        present = np.ones(len(data), bool) if missing is None else ~missing
        check(data, present, refuse)
    return CopyColumn(target.name, target.type, data, missing)


def _float(
    target: TargetColumn, data: npt.NDArray[Any], missing: Mask | None, refuse: Refuse
) -> tuple[npt.NDArray[Any], Mask | None]:
    finite = np.isfinite(data)
    if finite.all():
        unmeasured: Mask | None = None
    else:
        unmeasured = np.isnan(data)
        present = ~unmeasured if missing is None else ~(unmeasured | missing)
        refuse.where(
            ~finite & present,
            data,
            "It is infinite",
            "write NULL (or NaN) where nothing was measured",
        )
    if target.type == "real" and data.dtype != np.float32:
        limit = float(np.finfo(np.float32).max)
        with np.errstate(invalid="ignore"):
            large = np.abs(data) > limit
        if missing is not None:
            large &= ~missing
        refuse.where(
            large, data, f"It does not fit a 4-byte real ({limit:.3g})", "correct the value"
        )
        with np.errstate(over="ignore", under="ignore"):
            data = data.astype(np.float32)
    if unmeasured is None:
        return data, missing
    if not target.nullable:
        refuse.where(
            unmeasured if missing is None else unmeasured & ~missing,
            data,
            "It is NaN, and every row needs a value",
            "drop the row or measure it",
        )
    return data, unmeasured if missing is None else unmeasured | missing


def _integer(
    target: TargetColumn, data: npt.NDArray[Any], missing: Mask | None, refuse: Refuse
) -> npt.NDArray[Any]:
    limits = np.iinfo(DTYPES[target.type])
    given = np.iinfo(data.dtype)
    if given.min >= limits.min and given.max <= limits.max:
        return data
    outside = data > limits.max
    if given.min < limits.min:
        outside |= data < limits.min
    if missing is not None:
        outside &= ~missing
    refuse.where(
        outside,
        data,
        f"It does not fit {target.type} [{limits.min}, {limits.max}]",
        "correct the value",
    )
    return data


def _refuse_zero_bytes(data: npt.NDArray[Any], refuse: Refuse) -> None:
    codes = np.ascontiguousarray(data).view(np.uint8).reshape(len(data), -1)
    if codes.shape[1] > 1:
        hidden = np.any((codes[:, :-1] == 0) & (codes[:, 1:] != 0), axis=1)
        refuse.where(hidden, data, "The text holds a zero byte", "remove it")


def _arrays(
    target: TargetColumn, data: npt.NDArray[Any], missing: Mask | None, refuse: Refuse
) -> npt.NDArray[Any]:
    """Convert one array per row; its elements are finite numbers."""
    dtype = np.float32 if target.type == "real[]" else np.float64
    converted = np.empty(len(data), object)
    for row, values in enumerate(data):
        converted[row] = np.asarray(values, dtype)
        if missing is None or not missing[row]:
            gaps = ~np.isfinite(converted[row])
            refuse.element(
                row, converted[row], gaps, "It is no finite number", "write numbers only"
            )
    return converted
