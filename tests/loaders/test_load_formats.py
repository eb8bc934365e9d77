"""Published files of other people's programs, and files without rows, into the database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import ascii, fits
from astropy.table import Table

from skytract.loaders.load import load_file
from skytract.loaders.load_refused import RefusedError
from tests.fix_db import Connect
from tests.loaders.catalogs import visit_columns, write_catalog, write_visit
from tests.loaders.test_curves import filters
from tests.loaders.test_dialect_find import WHERE, ldac, write_tables

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def visit(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory) -> Connection:
    """A connection of the loader to a database that has visit 17 with detector 4."""
    loader = module_connect("loader")
    for path in write_visit(tmp_path_factory.mktemp("visit")):
        load_file(loader, path)
    return loader


def select(connection: Connection, query: str, *values: Any) -> list[Any]:
    """Return rows, or of single columns the values, NULL being None."""
    with connection.transaction():
        rows = connection.execute(query, values, binary=True).fetchall()
    return [row[0] if len(row) == 1 else row for row in rows]


def test_sextractor(visit: Connection, shared_data: Callable[..., Path], tmp_path: Path) -> None:
    """A published catalog of 65 sources, laid out as LDAC, with positions added."""
    table = ascii.read(shared_data("sep_emmi", "image.cat"), format="sextractor")
    table["ALPHA_J2000"] = 10 + table["X_IMAGE"].value / 3600
    table["DELTA_J2000"] = table["Y_IMAGE"].value / 3600
    table["ALPHA_J2000"].unit = table["DELTA_J2000"].unit = "deg"
    result = load_file(visit, write_tables(tmp_path / "image.ldac", *ldac(table)), constants=WHERE)
    assert (result.kind, result.rows) == ("Source", 65)
    rows = select(
        visit,
        "SELECT x, y, xErr, yErr, ra, kronInstFlux, kronInstFluxErr, psfInstFlux_flag"
        " FROM raw.Source WHERE loadId = %s ORDER BY sourceId",
        result.load_id,
    )
    x, y, _, _, ra, flux, flux_error, flag = (np.array(v) for v in zip(*rows, strict=True))
    np.testing.assert_allclose(x, table["XWIN_IMAGE"] - 1, rtol=1e-14)
    np.testing.assert_allclose(y, table["YWIN_IMAGE"] - 1, rtol=1e-14)
    np.testing.assert_allclose(ra, 10 + table["X_IMAGE"] / 3600, rtol=1e-14)
    np.testing.assert_array_equal(flux, table["FLUX_AUTO"].astype(np.float32))
    np.testing.assert_array_equal(flux_error, table["FLUXERR_AUTO"].astype(np.float32))
    # Its errors are those of the isophotal positions, and its only fluxes are not of the PSF.
    assert all(row[2] is None and row[3] is None for row in rows) and flag.all()


def test_visit_summaries(
    visit: Connection, shared_data: Callable[..., Path], tmp_path: Path
) -> None:
    """824 detectors of 8 visits in Parquet; one visit also in FITS, among tables of objects."""
    parquet = shared_data("hsc_visit_summary", "visit_summary_8visits.parquet")
    summary = pq.read_table(parquet)
    visits = sorted(set(summary["visit"].to_pylist()))
    columns = {key: np.repeat(value, len(visits)) for key, value in visit_columns().items()}
    load_file(visit, write_catalog(tmp_path / "v.parquet", "Visit", columns | {"visit": visits}))
    result = load_file(visit, parquet)
    assert (result.kind, result.rows) == ("VisitDetector", 824)
    rows = select(
        visit,
        "SELECT visit, detector, band, nx, ny, psfSigma, psfArea, skyBg, skyNoise, crval1"
        " FROM raw.VisitDetector WHERE loadId = %s ORDER BY visit, detector",
        result.load_id,
    )
    names = ["visit", "id", "band", "psfSigma", "psfArea", "skyBg", "skyNoise"]
    wanted = sorted(zip(*(summary[name].to_pylist() for name in names), strict=True))
    assert [(row[:3] + row[5:9]) for row in rows] == [
        tuple(None if v != v else v for v in row) for row in wanted
    ]
    assert {row[3:5] for row in rows} == {(2048, 4176)} and {row[9] for row in rows} == {None}
    with pytest.raises(RefusedError, match=r"loaded already|has this row already"):
        load_file(visit, shared_data("hsc_visit_summary", "visitSummary_1176.fits.gz"))


def test_throughput_of_decam(visit: Connection, shared_data: Callable[..., Path]) -> None:
    for band in "grizY":
        path = shared_data("decam_throughput", f"{band}.fits")
        constants = {"name": f"decam-{band}", "band": band.lower(), "includesAtmosphere": False}
        load_file(visit, path, constants=constants)
        [(nodes, response, system)] = select(
            visit,
            "SELECT wavelength, throughput, system FROM calibration.Passband WHERE name = %s",
            f"decam-{band}",
        )
        with fits.open(path) as file:
            table = file[1].data.copy()
        np.testing.assert_allclose(nodes, table["lambda"] / 10, rtol=1e-7)
        np.testing.assert_array_equal(response, table["throughput_avg"].astype(float))
        assert system == "decam"


# Effective wavelengths [nm] that Rubin's project publishes for its bands, mean of lambda.
RUBIN = {"u": 372, "g": 480, "r": 622, "i": 756, "z": 868, "y": 973}


def test_passbands_of_rubin(visit: Connection) -> None:
    """A mix-up of units would move the effective wavelength by much more than a few nm."""
    paths = [path for path in filters() if path.stem.startswith("lsst2023")]
    if not paths:
        pytest.skip("the package speclite, which ships the passbands, is not installed")
    for path in paths:
        load_file(visit, path)
    found = select(
        visit,
        "SELECT band, includesAtmosphere, airmass, sum(w * t) / sum(t) FROM calibration.Passband,"
        " unnest(wavelength, throughput) AS node (w, t) WHERE system = 'lsst2023' GROUP BY 1, 2, 3",
    )
    assert {row[1:3] for row in found} == {(True, 1.2)}
    assert {row[0]: row[3] for row in found} == pytest.approx(RUBIN, abs=6)


def test_names_of_curves_are_unique(visit: Connection, tmp_path: Path) -> None:
    table = Table({"wavelength": [300.0, 400.0], "flux": [1.0, 2.0]}, units=("nm", "Jy"))
    table.meta = {"name": "twice", "kind": "galaxy"}
    table.write(tmp_path / "a.ecsv", format="ascii.ecsv")
    assert load_file(visit, tmp_path / "a.ecsv").rows == 1
    table["flux"][:] = [3.0, 4.0]
    table.write(tmp_path / "b.ecsv", format="ascii.ecsv")
    words = r"column header.name, row 0 .* twice: calibration.Sed has this row already"
    with pytest.raises(RefusedError, match=words):
        load_file(visit, tmp_path / "b.ecsv")
    [found] = select(visit, "SELECT fNu FROM calibration.Sed")
    assert found == pytest.approx([1e9, 2e9])


def test_a_column_without_any_value_is_null(visit: Connection, tmp_path: Path) -> None:
    columns = {**visit_columns(visit=18), "airmass": pa.nulls(1), "physical_filter": pa.nulls(1)}
    load_file(visit, write_catalog(tmp_path / "a.parquet", "Visit", columns))
    query = "SELECT airmass, physical_filter FROM raw.Visit WHERE visit = 18"
    assert select(visit, query) == [(None, None)]
    columns = {**visit_columns(visit=19), "band": pa.nulls(1)}
    with pytest.raises(RefusedError, match=r"column band: It has the type null"):
        load_file(visit, write_catalog(tmp_path / "b.parquet", "Visit", columns))


EMPTY: dict[str, Callable[[Path], Any]] = {
    "fits": lambda path: fits.BinTableHDU(Table(visit_columns())[:0]).writeto(path),
    "ecsv": lambda path: Table(visit_columns())[:0].write(path, format="ascii.ecsv"),
    "vot": lambda path: Table(visit_columns())[:0].write(path, format="votable"),
    "curve.ecsv": lambda path: Table(
        {"wavelength": np.empty(0), "flux": np.empty(0)}, units=("nm", "Jy")
    ).write(path, format="ascii.ecsv"),
}


@pytest.mark.parametrize("suffix", EMPTY)
def test_files_without_rows_are_refused(visit: Connection, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty.{suffix}"
    EMPTY[suffix](path)
    constants = {"name": "none", "kind": "star"} if "curve" in suffix else {}
    with pytest.raises(RefusedError, match=r"It has no rows; leave it out"):
        load_file(visit, path, constants=constants)


def test_curves_are_read_by_all_and_changed_by_none(
    visit: Connection, module_connect: Connect
) -> None:
    reader = module_connect("reader")
    assert reader.execute("SELECT count(*) FROM calibration.Passband").fetchone()
    with pytest.raises(psycopg.errors.InsufficientPrivilege), visit.transaction():
        visit.execute("UPDATE calibration.Passband SET airmass = 1")
