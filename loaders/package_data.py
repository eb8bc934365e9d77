"""Data files that installed packages ship, found without importing the packages."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from astropy import units
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError


def package_file(package: str, name: str) -> Path:
    """Return the path of a file that a package of PyPI ships.

    Parameters
    ----------
    package : str
        Name of the package, as `pip install` takes it.
    name : str
        Path of the file inside it, e.g. ``speclite/data/filters/lsst2023-r.ecsv``.

    Raises
    ------
    SkytractError
        If the package is not installed, or does not have the file.
    """
    try:
        path = Path(str(distribution(package).locate_file(name)))
    except PackageNotFoundError:
        raise SkytractError(
            f"the package {package}, whose data are needed ({name}), is not installed: "
            f"run ./install.sh again, or `.venv/bin/pip install --no-deps {package}`."
        ) from None
    if not path.exists():
        raise SkytractError(
            f"the installed package {package} has no file {name}: install the version that "
            "install.sh names."
        )
    return path


def read_filter(group: str, band: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return wavelengths [nm] and photon response of one filter of speclite, as it is sampled.

    The file is ECSV of two columns, read as text: astropy takes twenty times as long.

    Raises
    ------
    SkytractError
        If the package speclite is not installed.
    """
    path = package_file("speclite", f"speclite/data/filters/{group}-{band}.ecsv")
    header, _, values = path.read_text().partition("\nwavelength response\n")
    unit = re.search(r"name: wavelength, unit: (\w+)", header)
    if unit is None or not values:
        raise SkytractError(f"{path} is not a filter as speclite 1.0 writes it: install that one.")
    table = np.fromstring(values, sep=" ").reshape(-1, 2)
    return table[:, 0] * units.Unit(unit[1]).to("nm"), table[:, 1]
