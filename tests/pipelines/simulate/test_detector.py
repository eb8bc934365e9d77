from dataclasses import replace

import numpy as np
import pytest

from skytract.pipelines.simulate.detector import add_cosmic_rays, expose, header, hot_pixels
from skytract.pipelines.simulate.observing import plan_frame, plan_visit
from skytract.pipelines.simulate.plan import SurveyPlan

SHAPE = (200, 240)


def section(text):
    x, y = (part.split(":") for part in text.strip("[]").split(","))
    return slice(int(y[0]) - 1, int(y[1])), slice(int(x[0]) - 1, int(x[1]))


def test_overscan_has_the_declared_level_and_noise(plan, frame):
    cards = header(plan, frame)
    overscan = expose(plan, frame, np.full(SHAPE, 500.0))[section(cards["BIASSEC"])].astype(float)
    assert overscan.shape == (200, plan.overscan)
    noise = plan.readNoise / plan.gain
    assert overscan.mean() == pytest.approx(frame.biasLevel, abs=4 * noise / np.sqrt(overscan.size))
    # Rounding to integers adds a variance of 1/12.
    expected = np.hypot(noise, np.sqrt(1 / 12))
    assert overscan.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * overscan.size))


@pytest.mark.parametrize("level", [50.0, 2000.0, 40000.0])
def test_photon_transfer(plan, frame, level):
    """Mean and variance [ADU] of an even image: level / gain, level / gain^2 + read noise^2."""
    raw = expose(plan, frame, np.full(SHAPE, level))
    image = raw[section(header(plan, frame)["TRIMSEC"])].astype(float) - frame.biasLevel
    assert image.shape == SHAPE
    variance = (level + plan.readNoise**2) / plan.gain**2 + 1 / 12
    assert image.mean() == pytest.approx(level / plan.gain, abs=4 * np.sqrt(variance / image.size))
    assert image.var() == pytest.approx(variance, rel=5 * np.sqrt(2 / image.size))


def test_pixels_saturate_at_the_declared_value(plan, frame):
    raw = expose(plan, frame, np.full(SHAPE, 2e5))
    assert raw.dtype == np.uint16
    assert np.all(raw[:, : plan.width] == header(plan, frame)["SATURATE"])


def test_hot_pixels_stay_where_they_are(plan):
    hot = replace(plan, hotPixels=6)
    maps = [hot_pixels(hot, plan_frame(hot, plan_visit(hot, n), 1)) for n in (0, 1)]
    np.testing.assert_array_equal(*maps)
    assert np.count_nonzero(maps[0]) == 6
    other = hot_pixels(hot, plan_frame(hot, plan_visit(hot, 0), 0))
    assert not np.array_equal(maps[0], other)


def test_cosmic_rays_are_thin_tracks():
    rng = np.random.default_rng(4)
    touched = []
    for _ in range(200):
        image = np.zeros(SHAPE)
        add_cosmic_rays(rng, image, 5.0)
        touched.append(np.count_nonzero(image))
        assert image.min() >= 0.0
    # 5 tracks of 11 px on average; fewer as steps may share a pixel or leave the image.
    assert 30.0 < np.mean(touched) < 55.0


def test_noise_belongs_to_the_frame(plan):
    light = np.full(SHAPE, 300.0)
    frames = [plan_frame(plan, plan_visit(plan, n), d) for n in (0, 1) for d in (0, 1)]
    raw = [expose(plan, frame, light) - frame.biasLevel for frame in frames]
    for i in range(4):
        for j in range(i):
            inner = [r[:, : plan.width].ravel() for r in (raw[i], raw[j])]
            assert abs(np.corrcoef(*inner)[0, 1]) < 5 / np.sqrt(inner[0].size)
    again = expose(plan, frames[2], light) - frames[2].biasLevel
    np.testing.assert_array_equal(again, raw[2])
    another = replace(plan, seed=8)
    assert not np.array_equal(expose(another, frames[2], light) - frames[2].biasLevel, raw[2])


def test_header_is_complete(plan: SurveyPlan, frame):
    cards = header(plan, frame)
    visit = frame.visit
    expected = {
        "VISIT": visit.visit,
        "DETECTOR": 1,
        "BAND": visit.band,
        "MJDMID": visit.expMidptMJD,
        "EXPTIME": 30.0,
        "AIRMASS": visit.airmass,
        "GAIN": 1.6,
        "RDNOISE": 6.0,
        "RA_PNT": visit.ra,
        "DEC_PNT": visit.dec,
        "ROTANG": visit.skyRotation,
        "TRIMSEC": "[1:240,1:200]",
        "BIASSEC": "[241:272,1:200]",
        "RADESYS": "ICRS",
    }
    assert {key: cards[key] for key in expected} == expected
    assert cards["FILTER"]
