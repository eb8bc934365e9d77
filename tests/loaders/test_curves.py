"""Passbands and spectra: one file is one curve; units are converted, bad nodes named."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from astropy.table import Column, Table
from hypothesis import given
from hypothesis import strategies as st

from skytract.loaders.load_refused import RefusedError
from tests.loaders.catalogs import write_catalog
from tests.loaders.planned import batches, column

LIGHT = 299792458.0  # m/s
PLANCK = 6.62607015e-34  # J s
LAMBDA = np.array([300.0, 500.0, 1000.0])  # nm
SED = {"name": "a", "kind": "star"}
PASSBAND = {"name": "a", "system": "s", "includesAtmosphere": False}


def write(path: Path, units: dict[str, str | None], meta: Any = None, **columns: Any) -> Path:
    """Write a curve as ECSV, FITS or Parquet, whatever the path ends with."""
    if path.suffix == ".parquet":
        stated = {name: unit for name, unit in units.items() if unit is not None}
        return write_catalog(path, None, columns, stated)
    made = {name: Column(values, unit=units.get(name)) for name, values in columns.items()}
    table = Table(made, meta=meta or {})
    if path.suffix == ".fits":
        fits.BinTableHDU(table).writeto(path)
    else:
        table.write(path, format="ascii.ecsv")
    return path


FLUXES = {
    # unit -> the flux density in nJy of 2 of it at each wavelength, by the definition of the unit
    "nJy": 2 + 0 * LAMBDA,
    "Jy": 2e9 + 0 * LAMBDA,
    "erg / (s cm2 Hz)": 2e32 + 0 * LAMBDA,
    "W / (m2 Hz)": 2e35 + 0 * LAMBDA,
    "erg / (s cm2 Angstrom)": 2e7 * (LAMBDA * 1e-9) ** 2 / LIGHT * 1e35,
    "W / (m2 um)": 2e6 * (LAMBDA * 1e-9) ** 2 / LIGHT * 1e35,
    "ph / (s cm2 Angstrom)": 2e14 * PLANCK * LAMBDA * 1e-9 * 1e35,
}


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "parquet"])
@pytest.mark.parametrize("unit", FLUXES)
@pytest.mark.parametrize("of_wavelength", ["nm", "Angstrom", "um"])
def test_spectra_become_flux_per_frequency(
    tmp_path: Path, unit: str, of_wavelength: str, suffix: str
) -> None:
    units: dict[str, str | None] = {"wavelength": of_wavelength, "flux": unit}
    given = (LAMBDA * u.nm).to_value(of_wavelength)
    path = write(tmp_path / f"a.{suffix}", units, wavelength=given, flux=2 + 0 * LAMBDA)
    [batch] = batches(path, constants=SED)
    assert batch.plan.target.kind == "Sed" and batch.rows == 1
    np.testing.assert_allclose(batch.columns["wavelength"].values[0], LAMBDA, rtol=1e-14)
    np.testing.assert_allclose(batch.columns["fNu"].values[0], FLUXES[unit], rtol=1e-12)
    original = batch.columns["originalUnit"].values[0].decode()
    assert u.Unit(original) == u.Unit(unit)


REFUSED: dict[str, tuple[dict[str, str | None], str]] = {
    "no unit of the wavelength": (
        {"wavelength": None, "flux": "Jy"},
        r"column wavelength: Neither the file nor the dialect says its unit.*state the unit",
    ),
    "no unit of the flux": (
        {"wavelength": "nm", "flux": None},
        r"column flux: Neither the file nor the dialect says its unit.*\(nJy\)",
    ),
    "flux in magnitudes": (
        {"wavelength": "nm", "flux": "mag"},
        r"column flux: Its unit 'mag' cannot be converted to 'nJy'.*state 'nJy'",
    ),
    "a luminosity": (
        {"wavelength": "nm", "flux": "solLum/nm"},
        r"column flux: Its unit 'solLum / nm' cannot be converted",
    ),
    "frequencies for wavelengths": (
        {"wavelength": "Hz", "flux": "Jy"},
        r"column wavelength: Its unit 'Hz' cannot be converted to 'nm'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_units_of_spectra_are_never_guessed(tmp_path: Path, name: str) -> None:
    units, words = REFUSED[name]
    path = write(tmp_path / "a.ecsv", units, wavelength=LAMBDA, flux=LAMBDA)
    with pytest.raises(RefusedError, match=words):
        batches(path, constants=SED)


def test_the_header_and_the_caller_describe_a_passband(tmp_path: Path) -> None:
    meta = {"name": "cam-r", "band": "r", "detector": 3, "includesAtmosphere": True, "airmass": 1.2}
    path = write(
        tmp_path / "a.ecsv", {"wavelength": "nm"}, meta, wavelength=LAMBDA, throughput=[0, 0.5, 0]
    )
    [batch] = batches(path, constants={"system": "cam", "licence": "CC0"})
    found = {key: values.values[0] for key, values in batch.columns.items()}
    assert found["name"] == b"cam-r" and found["detector"] == 3 and found["licence"] == b"CC0"
    assert found["includesAtmosphere"] and found["airmass"] == 1.2 and found["system"] == b"cam"
    with pytest.raises(RefusedError, match=r"Passband needs this column.*--set system="):
        batches(path)
    with pytest.raises(RefusedError, match=r"name is set to .*, but the file has it"):
        batches(path, constants={"system": "cam", "name": "b"})


BAD_NODES: dict[str, tuple[Any, Any, str]] = {
    "not increasing": (
        [300, 500, 500],
        [0, 1, 0],
        r"column wavelength, row 2 .* 500.0: It is not greater",
    ),
    "negative": ([-300, 500, 600], [0, 1, 0], r"column wavelength, row 0 .*is not positive"),
    "infinite": ([300, 500, np.inf], [0, 1, 0], r"column wavelength, row 2 .*no finite number"),
    "NaN": ([300, 500, 600], [0, np.nan, 0], r"column throughput, row 1 .*no finite number"),
    "percent": ([300, 500, 600], [0, 85, 0], r"throughput, row 1 .*85.*outside \[0, 1.2\]"),
    "below zero": ([300, 500, 600], [0, 1, -0.01], r"column throughput, row 2 .*outside"),
    "all zero": ([300, 500, 600], [0, 0, 0], r"column throughput: It is 0 at every wavelength"),
    "one node": ([300], [1], r"column wavelength: It has 1 nodes"),
}


@pytest.mark.parametrize("name", BAD_NODES)
def test_a_bad_node_is_named_by_its_row(tmp_path: Path, name: str) -> None:
    wavelength, throughput, words = BAD_NODES[name]
    columns = {"wavelength": np.array(wavelength, float), "throughput": np.array(throughput, float)}
    path = write(tmp_path / "a.parquet", {"wavelength": "nm"}, **columns)
    with pytest.raises(RefusedError, match=words):
        batches(path, constants=PASSBAND)


def test_a_node_without_a_value_is_refused(tmp_path: Path) -> None:
    columns = {"wavelength": LAMBDA, "throughput": pa.array([0.1, None, 0.2])}
    path = write(tmp_path / "a.parquet", {"wavelength": "nm"}, **columns)
    with pytest.raises(
        RefusedError, match=r"column throughput, row 1 .*It is NULL, and every node"
    ):
        batches(path, constants=PASSBAND)


ROW = {"name": ["a", "b"], "system": ["s", "s"], "includesAtmosphere": [True, False]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"throughput": [[0.1, 0.2], [0.1]]},
            r"row 1 .*throughput has 1 elements, wavelength has 2",
        ),
        ({"throughput": [[0.1, 0.2], [0.1, 9]]}, r"row 1 .*outside .*\(element 1 of its array"),
        ({"wavelength": [[300, 400], [400, 300]]}, r"row 1 .*not greater .*\(element 1 of its"),
        ({"airmass": [1.0, 1.0]}, r"row 1 .*has an airmass and does not include the atmosphere"),
        ({"wavelengthMedium": ["air", "ether"]}, r"row 1 .*ether: It is none of air, vacuum"),
    ],
)
def test_rows_that_are_curves_are_checked_as_well(tmp_path: Path, changes: Any, words: str) -> None:
    arrays = {"wavelength": [[300.0, 400.0]] * 2, "throughput": [[0.1, 0.2]] * 2}
    path = write_catalog(tmp_path / "p.parquet", "Passband", ROW | arrays)
    assert len(column(path, "wavelength")) == 2
    path = write_catalog(tmp_path / "q.parquet", "Passband", ROW | arrays | changes)
    with pytest.raises(RefusedError, match=words):
        batches(path)


@given(st.lists(st.floats(0.0, 1.2), min_size=2, max_size=40), st.integers(1, 7))
def test_a_curve_does_not_depend_on_how_its_rows_are_stored(
    tmp_path_factory: pytest.TempPathFactory, response: list[float], group: int
) -> None:
    """Row groups of Parquet are pieces of the file, not of the curve."""
    path = tmp_path_factory.mktemp("curve") / "a.parquet"
    nodes = 300.0 + np.arange(len(response))
    schema = pa.schema([pa.field("wavelength", pa.float64(), metadata={"unit": "nm"})])
    schema = schema.append(pa.field("throughput", pa.float64()))
    arrays = [pa.array(nodes), pa.array(response)]
    pa.parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), path, row_group_size=group)
    if any(response):
        assert column(path, "throughput", constants=PASSBAND) == [response]
        assert column(path, "wavelength", constants=PASSBAND) == [nodes.tolist()]


def filters() -> list[Path]:
    """Return the passbands that the package speclite ships; none where it is not installed."""
    found = find_spec("speclite")
    root = Path(found.origin).parent if found is not None and found.origin else Path("absent")
    return sorted((root / "data" / "filters").glob("*.ecsv"))


def test_the_passbands_of_speclite_are_read_as_it_reads_them() -> None:
    """All of them: nm, angstrom, micron; with and without a stated airmass."""
    speclite = pytest.importorskip("speclite.filters")
    paths = [
        path for path in filters() if path.stem.startswith(("lsst2023", "gaia", "wise", "hsc"))
    ]
    assert len(paths) > 20
    for path in paths:
        oracle = speclite.load_filter(str(path))
        stated = oracle.meta.get("airmass")
        constants = {} if stated is not None else {"includesAtmosphere": False}
        [batch] = batches(path, constants=constants)
        found = {key: c.values[0] for key, c in batch.columns.items()}
        assert found["name"].decode() == path.stem
        assert bool(found["includesAtmosphere"]) == bool(stated)
        # speclite leaves out zeros at the ends, and has 0 there.
        response = oracle(found["wavelength"] * 10)
        np.testing.assert_allclose(found["throughput"], response, rtol=1e-9, atol=1e-15)
        missing = batch.columns["band"].missing
        is_ours = path.stem.rpartition("-")[2] in "ugrizyY"
        assert (missing is None) == is_ours
