"""Detections come packed in any order, of images that may have none; answers are the same bits.

And reference fluxes become magnitudes that noise does not bias.
"""

import numpy as np

from bench.joint_survey import make_survey
from skytract.udf.calibration.eliminate_stars import MAG, Observations
from skytract.udf.calibration.joint_photometry import fit_joint_photometry
from skytract.udf.calibration.solve_packed_photometry import (
    NANOJANSKY,
    REFERENCE_FLOOR,
    read_anchors,
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
    fit = fit_joint_photometry(obs, read_anchors(reference, error), hidden)
    zero = read_array(whole[0], np.float64)
    assert np.nanmax(np.abs(zero - fit.zero_point)) < 1e-7


def test_noise_of_reference_fluxes_does_not_move_zero() -> None:
    """Errors are those of true fluxes, 1 to 15 per cent; zero points are known to 1 mmag.

    Weights by the noisy fluxes alone would make them 2.6 mmag too bright: 13 times the error of
    the tie, 0.34 mmag each time, of the mean of three.
    """
    stars = 20_000
    star, image = np.tile(np.arange(stars, dtype=np.int32), 2), np.repeat(np.arange(2), stars)
    zero_point, none = np.array([28.0, 28.1]), np.zeros(0)
    off, tie = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        flux, error = 10.0 ** rng.uniform(3.0, 5.0, stars), rng.uniform(0.01, 0.15, stars)
        seen = NANOJANSKY - 2.5 * np.log10(flux[star]) - zero_point[image]
        seen += 0.002 * rng.normal(size=len(star))
        obs = Observations(
            star, image.astype(np.int32), seen, np.full(len(star), 0.002), none, none,
            np.zeros(2, np.int32),
        )  # fmt: skip
        anchors = read_anchors(flux * (1.0 + error * rng.normal(size=stars)), error * flux)
        fit = fit_joint_photometry(obs, anchors, np.zeros(stars, bool), flats=False)
        off.append(np.mean(fit.zero_point - zero_point))
        tie.append(fit.tie[0])
    assert max(tie) < 4e-4
    assert abs(np.mean(off)) < 3.0 * np.mean(tie) / np.sqrt(3)
