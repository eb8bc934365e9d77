"""Units of columns: converted by astropy.units or refused, never guessed."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.loaders.dialect import ColumnRule
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import TargetColumn

FLOATS = ("real", "double precision")


def refuse_other_unit(path: Path, name: str, stated: str | None, declared: str | None) -> None:
    """Refuse a column whose unit in the file is not the one that the dialect declares."""
    if declared is not None and stated is not None and not _same(declared, stated):
        raise RefusedError(
            path,
            f"The file states the unit {stated!r}, the dialect {declared!r}",
            "correct the file's unit, or write a dialect for such files",
            name,
        )


def find_unit(
    path: Path, name: str, stated: str | None, rule: ColumnRule, target: TargetColumn
) -> str:
    """Return the unit of a column that a dialect makes a column of the table from.

    It is the dialect's, which must agree with what the file states; or the file's, where the
    dialect says nothing.

    Raises
    ------
    RefusedError
        If file and dialect contradict each other, or neither says the unit of what has one.
    """
    refuse_other_unit(path, name, stated, rule.stated or rule.unit)
    unit = rule.unit or stated
    if unit is None and target.unit:
        raise RefusedError(
            path,
            f"Neither the file nor the dialect says its unit, and {target.key} has one "
            f"({target.unit})",
            "state the unit in the file, or write a dialect that declares it",
            name,
        )
    return unit or ""


def unit_factor(path: Path, name: str, unit: str, target: TargetColumn) -> float:
    """Return what a column's values are multiplied with to be in the table's unit.

    Raises
    ------
    RefusedError
        If the unit cannot be converted.
    """
    factor = 1.0 if unit == target.unit else _factor(unit, target.unit)
    if factor is None or (factor != 1.0 and target.type.removesuffix("[]") not in FLOATS):
        raise _not_converted(path, name, unit, target)
    return factor


def density_converter(
    path: Path, name: str, unit: str, target: TargetColumn
) -> Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.float64]]:
    """Return what converts flux densities, per wavelength or frequency, to the table's unit.

    Returns
    -------
    callable
        Takes flux densities in `unit` and the wavelengths [nm], of the same shape.

    Raises
    ------
    RefusedError
        If the unit is none of a flux density.
    """
    convert = partial(_to_density, unit=unit, target=target.unit)
    try:
        convert(np.ones(1), np.full(1, 500.0))
    except (ValueError, TypeError) as error:
        raise _not_converted(path, name, unit, target) from error
    return convert


def _to_density(
    flux: npt.NDArray[Any], wavelength: npt.NDArray[Any], unit: str, target: str
) -> npt.NDArray[np.float64]:
    import astropy.units as u

    # NaN and wavelengths that are not positive are refused later, by the checks of values.
    with np.errstate(all="ignore"):
        at = u.spectral_density(wavelength * u.nm)
        return np.asarray(u.Unit(unit).to(u.Unit(target), np.asarray(flux, np.float64), at))


def _not_converted(path: Path, name: str, unit: str, target: TargetColumn) -> RefusedError:
    return RefusedError(
        path,
        f"Its unit {unit or 'dimensionless'!r} cannot be converted to "
        f"{target.unit or 'dimensionless'!r}, the unit of {target.key}",
        f"convert the values and state {target.unit or 'dimensionless'!r}, or correct the unit",
        name,
    )


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
