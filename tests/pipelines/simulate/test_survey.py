import hashlib
import json
from dataclasses import asdict, replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.stats import chi2

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.detector import expose
from skytract.pipelines.simulate.objects import BANDS, empty
from skytract.pipelines.simulate.observing import plan_frame, plan_visit
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.render import expected_electrons
from skytract.pipelines.simulate.sky import objects_in_cone
from skytract.pipelines.simulate.survey import simulate, write_survey
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.variability.kinds import PULSATORS


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(path):
    return pq.read_table(path).to_pandas()


def test_the_same_seed_gives_the_same_bytes(plan, survey, tmp_path):
    again = write_survey(tmp_path / "again", plan)
    assert contents(again.folder) == contents(survey.folder)
    names = set(contents(survey.folder))
    assert len(survey.frames) == 8
    assert names == {
        "survey.json",
        "ReferenceStar.parquet",
        *(f"truth/Truth{name}.parquet" for name in ("Object", "Visit", "VisitDetector", "Source")),
        *(f"raw/{path.name}" for path in survey.frames),
    }


def test_another_seed_gives_other_bytes(plan, survey, tmp_path):
    other = write_survey(tmp_path / "other", replace(plan, seed=8, visits=1))
    mine, theirs = contents(survey.folder), contents(other.folder)
    assert not set(mine.values()) & set(theirs.values())


def test_a_frame_does_not_depend_on_the_rest_of_the_survey(plan, survey):
    """The third visit's second frame alone, from a larger piece of sky and a longer survey."""
    longer = replace(plan, visits=99)
    frame = plan_frame(longer, plan_visit(longer, 2), 1)
    sky = objects_in_cone(plan.seed, plan.ra, plan.dec + 0.01, 0.06, plan.limit, plan.boost)
    alone = expose(plan, frame, expected_electrons(frame, sky, (plan.height, plan.width)))
    np.testing.assert_array_equal(fits.getdata(survey.frames[5]), alone)


def test_truth_belongs_to_the_frames(plan, survey):
    sources, frames = table(survey.truthSource), table(survey.truthVisitDetector)
    objects, visits = table(survey.truthObject), table(survey.truthVisit)
    assert list(visits["visit"]) == sorted(set(frames["visit"]))
    for path in survey.frames:
        header = fits.getheader(path)
        assert path.name == f"visit_{header['VISIT']}_det_{header['DETECTOR']}.fits"
        here = (sources.visit == header["VISIT"]) & (sources.detector == header["DETECTOR"])
        shown = sources[here]
        assert len(shown) > 10
        x, y = WCS(header).all_world2pix(shown.ra, shown.dec, 0)
        np.testing.assert_allclose(np.stack([x, y]), [shown.x, shown.y], atol=1e-5)
        frame = frames[(frames.visit == header["VISIT"]) & (frames.detector == header["DETECTOR"])]
        np.testing.assert_allclose(shown.counts, shown.flux / frame.zMean.item(), rtol=1e-12)
        np.testing.assert_allclose(
            10 ** (0.4 * (31.4 - frame.zeroPoint.item())), frame.zMean.item(), rtol=1e-12
        )
    seen = sources.groupby("truthId").size().reindex(objects.truthId, fill_value=0)
    np.testing.assert_array_equal(seen.to_numpy(), objects.nFrames)
    constant = sources.merge(objects[~objects.isVariable], on="truthId")
    flux = np.where(constant.band == "g", constant.g_flux, constant.r_flux)
    np.testing.assert_allclose(constant.flux, flux, rtol=1e-12)
    assert objects.loc[~objects.isVariable, ["period", "epochOfMax"]].isna().all(axis=None)
    pulsating = objects.variability.isin(PULSATORS)
    assert pulsating.sum() > 2
    assert objects.loc[pulsating, ["period", "epochOfMax"]].notna().all(axis=None)
    assert objects.truthId.is_unique


def test_tables_say_what_they_are(plan, survey):
    for path in (survey.reference, survey.truthObject, survey.truthSource):
        metadata = pq.read_schema(path).metadata
        assert metadata == {b"skytract.kind": path.stem.encode()}
    written = json.loads(survey.plan.read_text())
    assert SurveyPlan(**written) == plan and written == asdict(plan)


def test_photon_budget_and_centroids():
    """Sums and centroids of isolated stars in noisy frames, against counts and astropy's WCS."""
    plan = SurveyPlan(seed=3, width=600, height=480, cosmicRays=0.0, hotPixels=0)
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(40, 580, 60), np.arange(40, 460, 60)))
    pulls, offsets = [], []
    for number in range(4):
        frame = plan_frame(plan, plan_visit(plan, number), number % 2)
        rng = np.random.default_rng(number)
        left, up = x + rng.uniform(-0.5, 0.5, x.size), y + rng.uniform(-0.5, 0.5, x.size)
        header = fits.Header(list(frame.wcs.header().items()))
        stars = empty(x.size, "star")
        stars["ra"], stars["dec"] = WCS(header).all_pix2world(left, up, 0)
        counts = np.linspace(1e4, 3e5, x.size)
        ratio = templates().ratios[0, BANDS.index(frame.visit.band)]
        stars["flux"] = counts * frame.z_mean / ratio
        raw = expose(plan, frame, expected_electrons(frame, stars, (480, 600)))
        light = (raw[:, :600] - frame.biasLevel) * plan.gain - frame.skyBg
        pixel_variance = frame.skyBg + plan.readNoise**2 + plan.gain**2 / 12
        for k in range(x.size):
            stamp = light[y[k] - 25 : y[k] + 26, x[k] - 25 : x[k] + 26]
            # Light beyond the stamp's inscribed circle: (1 + r^2/alpha^2)^-2 = 2e-5 to 2e-4.
            pulls.append(
                (stamp.sum() - counts[k]) / np.sqrt(counts[k] + stamp.size * pixel_variance)
            )
        bright = counts > 1e5
        for k in np.flatnonzero(bright):
            core = light[y[k] - 6 : y[k] + 7, x[k] - 6 : x[k] + 7]
            offsets.append(windowed(core) + np.array([x[k] - left[k], y[k] - up[k]]))
    total = np.square(pulls).sum()
    assert 1e-3 < chi2.sf(total, len(pulls)) < 1 - 1e-3
    assert abs(np.mean(pulls)) < 4 / np.sqrt(len(pulls))
    assert np.abs(np.mean(offsets, axis=0)).max() < 0.002
    assert np.std(offsets) < 0.01 and np.abs(offsets).max() < 0.03


def windowed(core):
    """Centroid under a Gaussian window that follows it, as SExtractor's XWIN_IMAGE."""
    half = core.shape[0] // 2
    axis = np.arange(-half, half + 1)
    centre = np.zeros(2)
    for _ in range(30):
        dx, dy = axis - centre[0], axis - centre[1]
        weight = core * np.exp(-(dx**2)[None, :] / 6.0 - (dy**2)[:, None] / 6.0)
        step = np.array([np.sum(weight * dx), np.sum(weight * dy[:, None])]) / weight.sum()
        centre = centre + 2.0 * step
    return centre


def test_a_survey_needs_an_empty_folder(tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(SkytractError, match="is not empty, and a survey never mixes"):
        simulate(tmp_path, 1, visits=1)
    with pytest.raises(SkytractError, match="is a file, but a survey needs a folder"):
        simulate(tmp_path / "note.txt", 1, visits=1)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_progress_counts_frames(plan, tmp_path):
    calls = []
    small = replace(plan, visits=1, width=60, height=50)
    write_survey(tmp_path / "s", small, lambda done, total: calls.append((done, total)))
    assert calls == [(1, 2), (2, 2)]
