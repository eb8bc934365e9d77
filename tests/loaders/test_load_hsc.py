"""Published catalogs of a Hyper Suprime-Cam field go in as they are.

The oracle is astropy, which reads the same files by other code; numbers of rows are published.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from astropy.io import fits

from skytract.loaders.load import load_file, load_paths
from tests.fix_db import Connect
from tests.loaders.catalogs import detector_columns, visit_columns, write_catalog

Connection = psycopg.Connection[Any]
Array = npt.NDArray[Any]

RAD_TO_MAS = np.degrees(1) * 3.6e6


@pytest.fixture(scope="module")
def hsc(
    module_connect: Connect,
    shared_data: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Connection, Path]]:
    """A loader of a database with the field's catalogs, and the folder of these."""
    data = shared_data("hsc_s82_field")
    folder = tmp_path_factory.mktemp("visits")
    for visit in (903986, 903988, 904010):
        write_catalog(folder / f"v{visit}.parquet", "Visit", visit_columns(visit))
        for detector in (0, 31):
            columns = detector_columns(visit, detector)
            write_catalog(folder / f"d{visit}_{detector}.parquet", "VisitDetector", columns)
    loader = module_connect("loader")
    assert {result.state for result in load_paths(loader, [folder])} == {"loaded"}
    source = data / "src_HSC_i_903986_31.fits.gz"
    constants = {"visit": 903986, "detector": 31}
    assert load_file(loader, source, constants=constants).rows == 771
    assert load_file(loader, data / "matchedCatalogTract_0_i.fits.gz").rows == 4689
    for survey, rows in (("ps1_pv3", 17827 + 17375), ("gaia_dr2", 2762 + 2977)):
        results = list(load_paths(loader, data.glob(f"{survey}*"), constants={"catalog": survey}))
        assert sum(result.rows for result in results) == rows
    yield loader, data


def read(data: Path, name: str) -> tuple[Any, dict[str, Array]]:
    """Read the first table of a file by astropy: its columns, and its flags by name."""
    with fits.open(data / name) as file:
        table = file[1].data.copy()
        names = [file[1].header[f"TFLAG{i + 1}"] for i in range(len(file[1].header["TFLAG*"]))]
        flags = {flag: table["flags"][:, i] for i, flag in enumerate(names)} if names else {}
    return table, flags


def select(connection: Connection, columns: str, rest: str) -> list[Array]:
    """Select columns as arrays of numbers, NULL being NaN; then end the transaction."""
    with connection.transaction():
        rows = connection.execute(f"SELECT {columns} FROM {rest}", binary=True).fetchall()
    return [
        np.array([np.nan if v is None else v for v in values]) for values in zip(*rows, strict=True)
    ]


def test_raw_counts_and_pixels(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    table, _ = read(data, "src_HSC_i_903986_31.fits.gz")
    found = select(
        loader,
        "sourceId, x, y, psfInstFlux, psfInstFluxErr, extendedness, footprintArea, deblend_nChild",
        "raw.Source WHERE visit = 903986 AND detector = 31 ORDER BY sourceId",
    )
    wanted = [
        *("id", "base_SdssCentroid_x", "base_SdssCentroid_y", "base_PsfFlux_instFlux"),
        *("base_PsfFlux_instFluxErr", "base_ClassificationExtendedness_value"),
        *("base_FootprintArea_value", "deblend_nChild"),
    ]
    assert np.all(np.diff(table["id"]) > 0)
    for got, name in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(got, table[name], err_msg=name)


def test_aperture_counts_and_moments_are_rounded_to_reals(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    table, _ = read(data, "src_HSC_i_903986_31.fits.gz")
    names = {
        "ap03InstFlux": "base_CircularApertureFlux_3_0_instFlux",
        "ap70InstFluxErr": "base_CircularApertureFlux_70_0_instFluxErr",
        "kronRad": "ext_photometryKron_KronFlux_radius",
        "ixy": "ext_shapeHSM_HsmSourceMoments_xy",
        "iyyPSF": "ext_shapeHSM_HsmPsfMoments_yy",
        "apCorr": "base_PsfFlux_apCorr",
        "localBackground": "base_LocalBackground_instFlux",
    }
    rest = "raw.Source WHERE visit = 903986 AND detector = 31 ORDER BY sourceId"
    for got, name in zip(select(loader, ", ".join(names), rest), names.values(), strict=True):
        np.testing.assert_array_equal(got, table[name].astype(np.float32), err_msg=name)


def test_positions_are_degrees(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    table, _ = read(data, "src_HSC_i_903986_31.fits.gz")
    rest = "raw.Source WHERE visit = 903986 AND detector = 31 ORDER BY sourceId"
    ra, dec = select(loader, "ra, dec", rest)
    np.testing.assert_allclose(ra, np.degrees(table["coord_ra"]), rtol=2.3e-16)
    np.testing.assert_allclose(dec, np.degrees(table["coord_dec"]), rtol=2.3e-16)


def test_flags_and_parents(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    table, flags = read(data, "src_HSC_i_903986_31.fits.gz")
    names = {
        "psfInstFlux_flag": "base_PsfFlux_flag",
        "centroid_flag": "base_SdssCentroid_flag",
        "shape_flag": "ext_shapeHSM_HsmSourceMoments_flag",
        "pixelFlags_edge": "base_PixelFlags_flag_edge",
        "pixelFlags_suspect": "base_PixelFlags_flag_suspect",
        "detect_isPrimary": "detect_isPrimary",
        "apFlux_flag": "base_CircularApertureFlux_12_0_flag",
    }
    rest = "raw.Source WHERE visit = 903986 AND detector = 31 ORDER BY sourceId"
    found = select(loader, ", ".join([*names, "parentSourceId"]), rest)
    for got, name in zip(found, names.values(), strict=False):
        np.testing.assert_array_equal(got, flags[name], err_msg=name)
    assert any(flags[name].any() and not flags[name].all() for name in names.values())
    with_parent = table["parent"] != 0
    assert np.isnan(found[-1][~with_parent]).all() and with_parent.sum() == 144


def test_matched_magnitudes_are_nanojanskys(hsc: tuple[Connection, Path]) -> None:
    """Counts have the zero point 31.4: the published magnitudes come back to 1e-14 mag."""
    loader, data = hsc
    table, flags = read(data, "matchedCatalogTract_0_i.fits.gz")
    found = select(
        loader,
        "31.4 - 2.5 * log(psfInstFlux::numeric)::float8, psfInstFlux / psfInstFluxErr,"
        " extendedness, psfInstFlux_flag, visit, ra, dec, x",
        "raw.Source WHERE detector = 0 ORDER BY sourceId",
    )
    table, order = table[np.argsort(table["id"])], np.argsort(table["id"])
    magnitude, snr = table["base_PsfFlux_mag"], table["base_PsfFlux_snr"]
    np.testing.assert_allclose(found[0], magnitude, rtol=0, atol=1.5e-14)
    np.testing.assert_allclose(found[1], np.where(snr > 0, snr, np.nan), rtol=1e-15)
    np.testing.assert_array_equal(found[2], table["base_ClassificationExtendedness_value"])
    np.testing.assert_array_equal(found[3], flags["base_PsfFlux_flag"][order])
    np.testing.assert_array_equal(found[4], table["visit"])
    np.testing.assert_allclose(found[5], np.degrees(table["coord_ra"]), rtol=2.3e-16)
    assert np.isnan(found[7]).all()


def test_sources_matched_already_are_refused(hsc: tuple[Connection, Path]) -> None:
    """The catalog of one patch has 1745 of the tract's sources."""
    loader, data = hsc
    [result] = load_paths(loader, [data / "matchedCatalog_0_70_i.fits.gz"])
    assert result.state == "refused" and result.error is not None
    assert "Source 903986/" in result.error and "is loaded already as load" in result.error


def test_gaia_motions_are_milliarcseconds(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    names = ("gaia_dr2_189584.fits.gz", "gaia_dr2_189648.fits.gz")
    table = np.concatenate([np.asarray(read(data, name)[0]) for name in names])
    table = table[np.argsort(table["id"])]
    ra, pm, pm_err, parallax, epoch, ra_err, r_flux, variable = select(
        loader,
        "ra, pmRa, pmDecErr, parallax, epoch, raErr, r_flux, isVariable",
        "raw.ReferenceStar WHERE catalog = 'gaia_dr2' ORDER BY refStarId",
    )
    solved = table["pm_raErr"] > 0
    assert (~solved).sum() == 330 + 380
    np.testing.assert_allclose(ra, np.degrees(table["coord_ra"]), rtol=2.3e-16)
    np.testing.assert_allclose(pm[solved], table["pm_ra"][solved] * RAD_TO_MAS, rtol=1e-7)
    np.testing.assert_allclose(pm_err[solved], table["pm_decErr"][solved] * RAD_TO_MAS, rtol=1e-6)
    np.testing.assert_allclose(parallax[solved], table["parallax"][solved] * RAD_TO_MAS, rtol=1e-7)
    assert np.isnan(pm[~solved]).all() and np.isnan(parallax[~solved]).all()
    np.testing.assert_array_equal(epoch, table["epoch"])
    np.testing.assert_allclose(ra_err, np.degrees(table["coord_raErr"]), rtol=1e-6)
    assert np.isnan(r_flux).all() and np.nansum(variable) == 1
    # Parallaxes of real stars are of the order of a milliarcsecond.
    assert 0.1 < np.nanmedian(parallax) < 2


def test_pan_starrs_columns_without_a_unit_are_left_out(hsc: tuple[Connection, Path]) -> None:
    loader, data = hsc
    names = [f"ps1_pv3_3pi_20170110_{shard}_refcats.fits.gz" for shard in (189584, 189648)]
    table = np.concatenate([np.asarray(read(data, name)[0]) for name in names])
    table = table[np.argsort(table["id"])]
    pm, epoch, ra_err, u_flux, *fluxes = select(
        loader,
        "pmRa, epoch, raErr, u_flux, g_flux, r_flux, i_flux, z_flux, y_flux",
        "raw.ReferenceStar WHERE catalog = 'ps1_pv3' ORDER BY refStarId",
    )
    assert all(np.isnan(values).all() for values in (pm, epoch, ra_err, u_flux))
    for band, flux in zip("grizy", fluxes, strict=True):
        np.testing.assert_array_equal(flux, table[f"{band}_flux"], err_msg=band)


def test_the_ledger_names_dialects_and_identities(hsc: tuple[Connection, Path]) -> None:
    loader, _ = hsc
    query = (
        "SELECT dialect, identity, kind, count(*) FROM meta.Load"
        " WHERE dialect <> 'skytract' AND state = 'loaded' GROUP BY 1, 2, 3 ORDER BY 1"
    )
    with loader.transaction():
        assert loader.execute(query).fetchall() == [
            ("hsc_matched", None, "Source", 1),
            ("hsc_src", "Source 903986/31", "Source", 1),
            ("lsst_refcat", None, "ReferenceStar", 4),
        ]
