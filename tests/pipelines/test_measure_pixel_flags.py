"""Pixel flags follow footprints and centres; the local background ignores what is not sky."""

import numpy as np
import pytest

from skytract.pipelines.exposure import MaskPlane
from skytract.pipelines.measure_pixel_flags import (
    FLAG_PLANES,
    measure_local_background,
    measure_pixel_flags,
)
from skytract.pipelines.stamps import cut_stamps
from tests.pipelines.sky import add_gaussians, make_exposure


@pytest.mark.parametrize(("name", "plane"), FLAG_PLANES.items())
def test_each_plane_reaches_its_column_alone(name: str, plane: MaskPlane) -> None:
    where = np.zeros((50, 50), bool)
    where[20, 24] = True
    exposure = make_exposure(np.zeros((50, 50))).with_mask(where, plane)
    segmentation = np.zeros((50, 50), np.int32)
    segmentation[20, 20:26], segmentation[40, 20:26] = 1, 2
    x, y = np.array([20.0, 22.0]), np.array([20.0, 40.0])
    columns = measure_pixel_flags(exposure, x, y, segmentation)
    assert columns[name].tolist() == [True, False]
    assert not any(columns[other].any() for other in FLAG_PLANES if other != name)


def test_the_central_square_counts_without_a_footprint() -> None:
    where = np.zeros((50, 50), bool)
    where[21, 21] = True
    exposure = make_exposure(np.zeros((50, 50))).with_mask(where, MaskPlane.CR)
    x, y = np.array([20.0, 23.0, 60.0]), np.array([20.0, 21.0, -9.0])
    assert measure_pixel_flags(exposure, x, y)["pixelFlags_cr"].tolist() == [True, False, False]


def test_every_plane_has_a_column() -> None:
    assert set(FLAG_PLANES.values()) == set(MaskPlane)


def test_local_background() -> None:
    rng = np.random.default_rng(1)
    image = 30 + rng.normal(0, 4, (201, 201))
    x, y = np.array([100.0]), np.array([100.0])
    add_gaussians(image, x, y, np.array([1e6]), 2.0)
    image[110:118, 110:118] = 1e5
    exposure = make_exposure(image).with_mask(image == 1e5, MaskPlane.BAD)
    stamps = cut_stamps(exposure, x, y, 30)
    # The median of about 2,200 pixels of noise 4.
    assert measure_local_background(stamps, x, y, 2.0)[0] == pytest.approx(30, abs=0.5)


def test_no_sky_no_background() -> None:
    exposure = make_exposure(np.zeros((8, 8)))
    where = np.array([4.0]), np.array([4.0])
    assert np.isnan(measure_local_background(cut_stamps(exposure, *where, 30), *where, 2.0)[0])
