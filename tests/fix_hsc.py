"""A published field of Hyper Suprime-Cam, loaded and taken through all stages of the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from astropy.io import fits

from skytract.loaders.home import Home
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.release import create_release
from tests.fix_db import Connect, clone, opener
from tests.loaders.catalogs import detector_columns, visit_columns, write_catalog

VISITS = (903986, 903988, 904010)
MATCHED = "matchedCatalogTract_0_i.fits.gz"
COUNTS = "src_HSC_i_903986_31.fits.gz"

Table = Any
Flags = dict[str, npt.NDArray[np.bool_]]


def read_afw(file: Path) -> tuple[Table, Flags]:
    """The first table of an LSST catalog by astropy, and its flags by name."""
    with fits.open(file) as hdus:
        table, header = hdus[1].data.copy(), hdus[1].header
    names = [header[f"TFLAG{i + 1}"] for i in range(len(header["TFLAG*"]))]
    return table, {name: table["flags"][:, i] for i, name in enumerate(names)}


@contextmanager
def field(cluster: Home, template: str, folder: Path, detector: int) -> Iterator[Connect]:
    """A database that knows the visits, and a release dr1."""
    for visit in VISITS:
        write_catalog(folder / f"v{visit}.parquet", "Visit", visit_columns(visit))
        columns = detector_columns(visit, detector)
        write_catalog(folder / f"d{visit}.parquet", "VisitDetector", columns)
    for database in clone(cluster, template):
        for open_as in opener(cluster, database):
            states = {result.state for result in load_paths(open_as("loader"), [folder])}
            assert states == {"loaded"}
            owner = open_as("owner")
            create_release(owner, "dr1")
            owner.commit()
            yield open_as


def fill_release(manager: psycopg.Connection[Any], solution: str) -> None:
    """Run all stages over dr1."""
    call = "SELECT {} FROM meta.Partition WHERE tessellation = 'dr1'"
    manager.execute("SELECT association.associate_sources('dr1')")
    manager.execute("SELECT calibration.use_solution('dr1', %s)", (solution,))
    manager.execute("SELECT calibration.describe_visits('dr1')")
    manager.execute(call.format("calibration.apply_calibrations('dr1', lo, hi)"))
    manager.execute(call.format("association.make_objects('dr1', lo, hi)"))
    manager.commit()


@pytest.fixture(scope="session")
def hsc_folder(shared_data: Callable[..., Path]) -> Path:
    """Folder of the published files."""
    return shared_data("hsc_s82_field")


@pytest.fixture(scope="session")
def hsc_matched(
    cluster: Home, template: str, hsc_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connect]:
    """The catalogs of three visits, whose magnitudes LSST calibrated: dr1 is filled from them."""
    with field(cluster, template, tmp_path_factory.mktemp("matched"), 0) as open_as:
        assert load_file(open_as("loader"), hsc_folder / MATCHED).rows == 4689
        manager = open_as("manager")
        manager.execute("SELECT calibration.state_zero_point('published', 31.4)")
        fill_release(manager, "published")
        yield open_as


@pytest.fixture(scope="session")
def hsc_counts(
    cluster: Home, template: str, hsc_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connect]:
    """The raw catalog of one detector, in counts and pixels, and the stars of Pan-STARRS there."""
    with field(cluster, template, tmp_path_factory.mktemp("counts"), 31) as open_as:
        loader, constants = open_as("loader"), {"visit": 903986, "detector": 31}
        assert load_file(loader, hsc_folder / COUNTS, constants=constants).rows == 771
        shards = hsc_folder.glob("ps1_pv3*")
        for result in load_paths(loader, shards, constants={"catalog": "ps1_pv3"}):
            assert result.state == "loaded"
        yield open_as
