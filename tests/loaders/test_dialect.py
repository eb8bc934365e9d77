"""Dialects: complete, unambiguous, and never guessing a unit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skytract.loaders.dialect import OWN, dialect_names, read_dialect
from skytract.loaders.dialect_find import find_match
from skytract.loaders.dialect_functions import (
    FUNCTIONS,
    BadRowError,
    counts_error_of_magnitude,
    counts_of_magnitude,
    ellipse_covariance,
    ellipse_x_error,
    ellipse_y_error,
    equals,
    extent,
    has_bit,
    is_positive,
    joined,
    source_id,
    square_root,
)
from skytract.loaders.dialect_match import make_plan
from skytract.loaders.errors import SkytractError
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import find_target, kinds
from skytract.loaders.read_catalog import open_catalog
from tests.loaders.catalogs import write_catalog

FOREIGN = [name for name in dialect_names() if name != OWN]
PUBLISHED = {
    "src_HSC_i_903986_31.fits.gz": ("hsc_src", {"visit": 1, "detector": 2}),
    "matchedCatalogTract_0_i.fits.gz": ("hsc_matched", {}),
    "matchedCatalog_0_70_i.fits.gz": ("hsc_matched", {}),
    "gaia_dr2_189584.fits.gz": ("lsst_refcat", {"catalog": b"gaia_dr2"}),
    "ps1_pv3_3pi_20170110_189584_refcats.fits.gz": ("lsst_refcat", {"catalog": b"ps1_pv3"}),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_every_rule_makes_a_column_of_the_table(name: str) -> None:
    dialect = read_dialect(name)
    assert dialect.kind in kinds() and dialect.origin and (dialect.has or dialect.table)
    columns = find_target(dialect.kind).columns
    assert dialect.columns.keys() <= columns.keys()
    for key, rules in dialect.columns.items():
        for rule in rules:
            assert rule.by is None or rule.by in FUNCTIONS
            assert rule.spectral is None or rule.spectral in dialect.columns
            assert rule.unit is None or columns[key].unit or rule.by
            # What a file lacks is NULL, or the default; else the caller has to give it.
            assert rule.optional <= (not columns[key].required or dialect.curve)


@pytest.mark.parametrize("file", PUBLISHED)
def test_published_files_are_told_apart(shared_data: Callable[..., Path], file: str) -> None:
    name, constants = PUBLISHED[file]
    with open_catalog(shared_data("hsc_s82_field", file)) as opened:
        match = find_match(opened)
        assert match.dialect.name == name
        _, plan = match.plan(constants)
        assert len(plan.steps) >= 10
        with pytest.raises(RefusedError, match=r"does not have it.*--set|to set|the file has it"):
            match.plan({} if constants else {"visit": 1})


def test_a_unit_other_than_the_declared_one_is_refused(tmp_path: Path) -> None:
    dialect = read_dialect("lsst_refcat")
    target = find_target("ReferenceStar")
    values = {"id": [1], "coord_ra": [1.0], "coord_dec": [0.1]}
    values |= {"epoch": [57000.0], "pm_ra": [0.0], "pm_dec": [0.0]}
    for units, words in (
        ({"coord_ra": "deg"}, "column coord_ra: The file states the unit 'deg', the dialect 'rad'"),
        ({"epoch": "yr"}, "column epoch: The file states the unit 'yr', the dialect 'day'"),
    ):
        path = write_catalog(tmp_path / "r.parquet", None, values, units)
        with open_catalog(path) as catalog, pytest.raises(RefusedError, match=words):
            make_plan(catalog, dialect, target, {"catalog": b"x"})


def test_an_unknown_dialect_names_the_known_ones() -> None:
    with pytest.raises(
        SkytractError, match="no dialect 'hcs': choose one of decam_throughput, hsc_matched"
    ):
        read_dialect("hcs")


def test_counts_of_magnitudes() -> None:
    magnitude = np.array([31.4, 28.9, 21.4, np.nan])
    np.testing.assert_allclose(counts_of_magnitude(magnitude, 31.4)[:3], [1, 10, 1e4], rtol=1e-14)
    error = counts_error_of_magnitude(magnitude, np.array([10.0, 5.0, 100.0, -1.0]), 31.4)
    np.testing.assert_allclose(error[:3], [0.1, 2.0, 100.0], rtol=1e-14)
    assert np.isnan(error[3])


def test_codes() -> None:
    assert equals(np.array([b"VARIABLE", b"CONSTANT"]), "VARIABLE").tolist() == [True, False]


def test_error_ellipses_are_rotated_covariances() -> None:
    rng = np.random.default_rng(5)
    major, minor, angle = rng.uniform(1, 2, 9), rng.uniform(0, 1, 9), rng.uniform(-90, 90, 9)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.moveaxis(np.array([[c, -s], [s, c]]), -1, 0)
    axes = np.zeros((9, 2, 2))
    axes[:, 0, 0], axes[:, 1, 1] = major**2, minor**2
    wanted = turn @ axes @ turn.transpose(0, 2, 1)
    ellipse = (major, minor, angle)
    np.testing.assert_allclose(ellipse_x_error(*ellipse) ** 2, wanted[:, 0, 0], rtol=1e-12)
    np.testing.assert_allclose(ellipse_y_error(*ellipse) ** 2, wanted[:, 1, 1], rtol=1e-12)
    np.testing.assert_allclose(ellipse_covariance(*ellipse), wanted[:, 0, 1], atol=1e-12)


def test_ids_say_visit_detector_and_number() -> None:
    ids = source_id(np.array([3, 3]), np.array([255, 0]), np.array([0, 2**18 - 1]))
    assert ids.tolist() == [(3 << 26) + (255 << 18), (3 << 26) + 2**18 - 1]
    with pytest.raises(BadRowError, match="number has no room") as caught:
        source_id(np.array([3, 3]), np.array([1, 1]), np.array([1, 2**18]))
    assert (caught.value.row, caught.value.value) == (1, 2**18)


def test_small_functions() -> None:
    np.testing.assert_array_equal(has_bit(np.array([0, 4, 5, 8]), 4), [0, 1, 1, 0])
    np.testing.assert_array_equal(is_positive(np.array([0.0, 1.2, np.nan])), [0, 1, 0])
    np.testing.assert_array_equal(extent(np.array([0, 5]), np.array([2047, 5])), [2048, 1])
    np.testing.assert_allclose(square_root(np.array([4.0, 2.25])), [2.0, 1.5])
    assert joined(np.array([b"a", b"b"]), np.array([b"x"] * 2), between="-").tolist() == [
        b"a-x",
        b"b-x",
    ]
