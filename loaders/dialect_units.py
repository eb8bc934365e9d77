"""Units of columns: converted by astropy.units or refused, never guessed."""

from functools import cache
from pathlib import Path

from skytract.loaders.dialect import ColumnRule
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import TargetColumn


def unit_factor(
    path: Path, name: str, stated: str | None, rule: ColumnRule, target: TargetColumn
) -> float:
    """Return what a column's values are multiplied with to be in the table's unit.

    The unit is the dialect's, which must agree with what the file states; or the file's, where the
    dialect says nothing. A file in our own dialect need not state the table's units.

    Raises
    ------
    RefusedError
        If the file states another unit than the dialect, or one that cannot be converted.
    """
    declared = rule.stated or rule.unit
    if declared is not None and stated is not None and not _same(declared, stated):
        raise RefusedError(
            path,
            f"The file states the unit {stated!r}, the dialect {declared!r}",
            "correct the file's unit, or write a dialect for such files",
            name,
        )
    unit = rule.unit or stated
    if unit is None or unit == target.unit:
        return 1.0
    factor = _factor(unit, target.unit)
    if factor is None or (factor != 1.0 and target.type not in ("real", "double precision")):
        raise RefusedError(
            path,
            f"Its unit {unit!r} cannot be converted to {target.unit or 'dimensionless'!r}, "
            f"the unit of {target.key}",
            f"convert the values and state {target.unit!r}, or correct the unit",
            name,
        )
    return factor


@cache
def _factor(unit: str, target: str) -> float | None:
    # Imported here: astropy.units takes half a second, and our own files need no conversion.
    import astropy.units as u

    try:
        return float(u.Unit(unit).to(u.Unit(target)))
    except (u.UnitConversionError, ValueError, TypeError):
        return None


@cache
def _same(unit: str, other: str) -> bool:
    import astropy.units as u

    try:
        return bool(u.Unit(unit) == u.Unit(other))
    except (ValueError, TypeError):
        return unit == other
