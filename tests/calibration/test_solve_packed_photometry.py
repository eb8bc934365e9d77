"""Detections come packed in any order, of images that may have none; answers are the same bits."""

import numpy as np

from bench.joint_survey import make_survey
from skytract.udf.calibration.eliminate_stars import MAG
from skytract.udf.calibration.joint_photometry import fit_joint_photometry
from skytract.udf.calibration.solve_packed_photometry import (
    REFERENCE_FLOOR,
    solve_packed_photometry,
)
from skytract.udf.sky.array_bytes import read_array, write_array


def test_the_order_of_detections_and_images_without_any_do_not_matter() -> None:
    survey = make_survey(4_000, flat=0.004, camera=(2, 2))
    obs, anchors = survey.obs, survey.anchors
    flux = 10.0 ** (-0.4 * obs.magnitude)
    known = anchors.weight > 0.0
    reference = np.where(known, 10.0 ** (0.4 * (31.4 - anchors.magnitude)), np.nan)
    error = np.sqrt(0.015**2 - REFERENCE_FLOOR**2) / MAG * reference
    hidden = np.arange(len(known)) % 8 == 0

    def solve(rows: np.ndarray, gaps: int) -> list[bytes]:
        """Solve with images that are empty before every one that is not."""
        columns = (
            (obs.star, ">i4"), (obs.image * (1 + gaps) + gaps, ">i4"), (flux, ">f8"),
            (obs.error * flux / MAG, ">f4"), (obs.u, ">f4"), (obs.v, ">f4"),
        )  # fmt: skip
        packed = [values[rows].astype(kind).tobytes() for values, kind in columns]
        detector = np.repeat(obs.detector, 1 + gaps).astype(np.int64)
        stars = write_array(reference), write_array(error), write_array(hidden)
        (found,) = solve_packed_photometry(*packed, write_array(detector), *stars, True)
        return list(found)

    every = np.arange(len(flux))
    twice = np.concatenate([every, every[:5]])  # stars that are twice in an image
    assert solve(np.random.default_rng(1).permutation(twice), 0) == solve(twice, 0)
    whole, sparse = solve(every, 0), solve(every, 1)
    assert sparse[5:] == whole[5:]  # star flats and stars
    kinds = np.float64, np.float64, np.float64, np.int32, np.int32
    for few, many, kind in zip(whole[:5], sparse[:5], kinds, strict=True):
        dense, gappy = read_array(few, kind), read_array(many, kind)
        assert dense.tobytes() == gappy[1::2].tobytes()
        assert not np.nan_to_num(gappy[::2]).any()
    # What was packed is what is fitted: errors are packed to 6e-8 of themselves.
    fit = fit_joint_photometry(obs, anchors, hidden)
    zero = read_array(whole[0], np.float64)
    assert np.nanmax(np.abs(zero - fit.zero_point)) < 1e-7
