"""A user's spectrum from a file: units by hand-made formulas, what is missing, what is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy import units
from astropy.table import QTable, Table
from astropy.utils.masked import Masked

from skytract.loaders.errors import SkytractError
from skytract.loaders.read_sed import read_sed

WAVELENGTH = np.array([300.0, 700.0, 1100.0])
NJY = np.array([1e3, 3e3, 2e3])
C, H = 2.99792458e17, 6.62607015e-27
"""Speed of light [nm/s], and Planck's constant [erg s]."""
F_LAMBDA = NJY * 1e-32 * C / WAVELENGTH**2
"""erg / (s cm2 nm): 1 nJy is 1e-32 erg / (s cm2 Hz)."""
KINDS = {
    "flux density": (WAVELENGTH * units.nm, NJY / 1e9 * units.Jy),
    "per angstrom": (10 * WAVELENGTH * units.AA, F_LAMBDA / 10 * units.Unit("erg/(s cm2 AA)")),
    "per metre": (WAVELENGTH / 1e3 * units.um, F_LAMBDA * 1e6 * units.Unit("W/(m2 m)")),
    "photons": (
        WAVELENGTH * units.nm,
        F_LAMBDA / (H * C / WAVELENGTH) / 10 * units.Unit("ph/(s cm2 AA)"),
    ),
    "magnitudes": (WAVELENGTH * units.nm, (31.4 - 2.5 * np.log10(NJY)) * units.ABmag),
}


@pytest.mark.filterwarnings("ignore:The unit .* has been deprecated in the VOUnit")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["ecsv", "fits", "vot", "parquet"])
def test_units_are_those_of_the_file(tmp_path: Path, kind: str, suffix: str) -> None:
    wavelength, flux = KINDS[kind]
    path = tmp_path / f"star.{suffix}"
    if kind == "magnitudes" and suffix != "ecsv":
        pytest.skip("of these formats ECSV alone knows magnitudes")
    form = {"ecsv": "ascii.ecsv", "vot": "votable"}.get(suffix, suffix)
    QTable({"wavelength": wavelength, "flux": flux}).write(path, format=form)
    found = read_sed(path)
    assert found[0] == pytest.approx(WAVELENGTH, rel=1e-12)
    # 31.4 is the zero point of nJy to 4e-6 of a flux (8.9 of Jy: 3630.78 Jy, not 3631).
    assert found[1] == pytest.approx(NJY, rel=1e-4 if kind == "magnitudes" else 1e-9)


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "vot", "parquet"])
def test_what_the_file_lacks_is_no_number(tmp_path: Path, suffix: str) -> None:
    """Not whatever lies beneath the mask, which would be a spectrum that nobody measured."""
    table = Table({"wavelength": WAVELENGTH, "flux": np.ma.array(NJY, mask=[False, True, False])})
    table["wavelength"].unit, table["flux"].unit = "nm", "nJy"
    path = tmp_path / f"star.{suffix}"
    table.write(path, format={"ecsv": "ascii.ecsv", "vot": "votable"}.get(suffix, suffix))
    assert np.isnan(read_sed(path)[1]).tolist() == [False, True, False]


def test_what_a_masked_quantity_lacks_is_no_number(tmp_path: Path) -> None:
    masked = Masked(NJY * units.nJy, mask=[True, False, False])
    QTable({"wavelength": WAVELENGTH * units.nm, "flux": masked}).write(tmp_path / "star.ecsv")
    assert np.isnan(read_sed(tmp_path / "star.ecsv")[1]).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.fits", bytes(100)), ("a.ecsv", b"hello\n1 2\n"), ("a.dat", b"\1\2"), ("a.vot", b"<")],
    ids=["fits", "ecsv", "dat", "vot"],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SkytractError, match=r"cannot be read as a table .* give ECSV, FITS"):
        read_sed(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkytractError, match="cannot be read as a table"):
        read_sed(tmp_path)


@pytest.mark.parametrize("flux", [["a", "b", "c"], np.ones((3, 2))], ids=["words", "rows"])
def test_what_are_no_numbers_is_refused(tmp_path: Path, flux: Any) -> None:
    table = Table({"wavelength": WAVELENGTH, "flux": flux})
    table["wavelength"].unit, table["flux"].unit = "nm", "nJy"
    table.write(tmp_path / "star.ecsv")
    with pytest.raises(SkytractError, match=r"is no spectrum.*both are numbers"):
        read_sed(tmp_path / "star.ecsv")
