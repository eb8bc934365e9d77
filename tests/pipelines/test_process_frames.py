"""Frames in, catalogs out: parallel, restarted, repeated, and with bad frames among them."""

import os
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.spatial import cKDTree

from skytract.pipelines import process_frames as module
from skytract.pipelines.characterize_image import FrameSettings
from skytract.pipelines.exposure_files import read_exposure
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.process_frames import FramesReport, process_frames
from skytract.pipelines.process_visit_detector import FrameTask, process_visit_detector
from skytract.pipelines.write_catalog import read_metadata, source_ids
from tests.pipelines.frames import READ_NOISE, SKY, raw_pixels, stars, write_raw


def tasks_of(folder: Path, out: Path) -> list[FrameTask]:
    return [FrameTask(path, out) for path in sorted(folder.glob("*.fits"))]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FramesReport]:
    """Two visits of two detectors, processed by two processes."""
    folder = tmp_path_factory.mktemp("survey")
    for visit, mjd in ((7, 60000.25), (8, 60001.25)):
        for detector in (3, 4):
            write_raw(folder / "raw", visit, detector, MJDMID=mjd)
    done: list[Path] = []
    before = os.environ.get("OMP_NUM_THREADS")
    report = process_frames(tasks_of(folder / "raw", folder / "out"), 2, done.append)
    assert os.environ.get("OMP_NUM_THREADS") == before
    assert len(done) == 4
    assert not report.failures
    return folder, report


def files_of(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.rglob("*.*")) if path.is_file()}


def test_sources_are_the_true_stars(survey: tuple[Path, FramesReport]) -> None:
    _, report = survey
    for result in report.results:
        table = pq.read_table(result.source_path).to_pandas()
        truth = stars(result.visit * 10 + result.detector)
        tree = cKDTree(table[["x", "y"]].to_numpy())
        distance, row = tree.query(np.stack([truth["x"], truth["y"]], axis=1))
        assert (distance < 1).mean() > 0.95
        found = table.iloc[row[distance < 1]]
        ratio = found.psfInstFlux.to_numpy() / truth["flux"][distance < 1]
        assert np.median(ratio) == pytest.approx(1, abs=0.01)
        expected = source_ids(result.visit, result.detector, len(table))
        assert table.sourceId.tolist() == expected.tolist()
        sky = read_exposure(result.exposure_path).wcs.all_pix2world(table.x, table.y, 0)
        assert np.allclose([table.ra, table.dec], sky, atol=1e-9)


def test_visit_and_detector_catalogs(survey: tuple[Path, FramesReport]) -> None:
    _, report = survey
    visits = pq.read_table(report.visit_path).to_pandas()
    assert visits.visit.tolist() == [7, 8]
    assert visits.expMidptMJD.tolist() == [60000.25, 60001.25]
    # The stars are Gaussians of sigma 1.7 px of 0.2 arcsec.
    assert visits.seeing.to_numpy() == pytest.approx(1.7 * 2.3548 * 0.2, rel=0.02)
    detectors = pq.read_table(report.visit_detector_path).to_pandas()
    assert detectors[["visit", "detector"]].to_numpy().tolist() == [[7, 3], [7, 4], [8, 3], [8, 4]]
    assert detectors.skyBg.to_numpy() == pytest.approx(SKY, abs=3)
    assert detectors.readNoise.to_numpy() == pytest.approx(READ_NOISE, rel=0.05)
    assert detectors.skyNoise.to_numpy() == pytest.approx(np.sqrt(SKY + 36.3), rel=0.05)
    assert detectors.psfSigma.to_numpy() == pytest.approx(np.sqrt(1.7**2 + 1 / 12), rel=0.02)
    assert detectors.psfArea.to_numpy() == pytest.approx(4 * np.pi * (1.7**2 + 1 / 12), rel=0.03)
    assert (detectors.sipOrder == 0).all()
    assert detectors.sipA.isna().all()


def test_one_process_writes_the_same_bytes(
    survey: tuple[Path, FramesReport], tmp_path: Path
) -> None:
    folder, _ = survey
    process_frames(tasks_of(folder / "raw", tmp_path / "out"), 1)
    here, there = files_of(tmp_path / "out"), files_of(folder / "out")
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_second_run_does_nothing_and_mends_what_is_missing(
    survey: tuple[Path, FramesReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, report = survey
    before = files_of(folder / "out")
    worked: list[Path] = []

    def work(task: FrameTask) -> Any:
        worked.append(task.path)
        return process_visit_detector(task)

    monkeypatch.setattr(module, "process_visit_detector", work)
    again = process_frames(tasks_of(folder / "raw", folder / "out"), 1)
    assert worked == []
    assert all(result.skipped for result in again.results)
    assert [r.summary for r in again.results] == [r.summary for r in report.results]
    # A catalog cut short, an exposure lost: just these frames are done again.
    report.results[0].source_path.write_bytes(before[report.results[0].source_path.name][:500])
    report.results[2].exposure_path.unlink()
    process_frames(tasks_of(folder / "raw", folder / "out"), 1)
    assert worked == [folder / "raw" / f"visit_{v}_det_3.fits" for v in (7, 8)]
    assert files_of(folder / "out") == before


def test_other_settings_and_other_pixels_are_other_results(tmp_path: Path) -> None:
    task = FrameTask(write_raw(tmp_path / "raw"), tmp_path / "out")
    first = process_visit_detector(task)
    assert process_visit_detector(task).skipped
    deeper = replace(task, settings=FrameSettings(mesh=64))
    assert not process_visit_detector(deeper).skipped
    task.path.unlink()
    write_raw(tmp_path / "raw", pixels=raw_pixels(99))
    second = process_visit_detector(task)
    assert not second.skipped
    metadata = read_metadata(first.source_path)
    assert metadata is not None
    assert metadata["summary"] == second.summary


def test_bad_frames_stop_no_other(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    good = write_raw(raw, 7, 3)
    no_time = write_raw(raw, 7, 4, EXPTIME=None)
    half = write_raw(raw, 7, 5)
    half.write_bytes(half.read_bytes()[:50000])
    empty = write_raw(raw, 7, 6, pixels=np.full((190, 232), np.nan, np.float32))
    full = write_raw(raw, 7, 8, pixels=np.full((190, 232), 65535, np.uint16))
    report = process_frames(tasks_of(raw, tmp_path / "out"), 1)
    assert [result.detector for result in report.results if result.detector != 8] == [3]
    assert set(report.failures) - {full} == {no_time, half, empty}
    assert "EXPTIME" in report.failures[no_time]
    assert "not a whole FITS file" in report.failures[half]
    assert "no finite number" in report.failures[empty]
    assert pq.read_table(report.visit_path).num_rows == 1
    assert good.exists()


def test_saturated_stars_are_flagged(tmp_path: Path) -> None:
    truth = stars(11)
    bright = np.arange(len(truth["x"])) < 6
    truth["flux"][bright] = np.geomspace(2.5e6, 2e7, 6)
    write_raw(tmp_path / "raw", pixels=raw_pixels(11, truth))
    (result,) = process_frames(tasks_of(tmp_path / "raw", tmp_path / "out"), 1).results
    table = pq.read_table(result.source_path).to_pandas()
    tree = cKDTree(np.stack([truth["x"], truth["y"]], axis=1))
    distance, star = tree.query(table[["x", "y"]].to_numpy())
    of_bright = bright[star] & (distance < 3)
    assert of_bright.sum() >= 6
    flagged = table[of_bright]
    assert flagged.psfInstFlux_flag.all()
    assert flagged[["xErr", "yErr", "x_y_Cov"]].isna().all(axis=None)
    assert not table.psfInstFlux_flag[~bright[star] & (distance < 1)].any()


def test_without_a_good_frame_there_are_no_catalogs(tmp_path: Path) -> None:
    picture = tmp_path / "picture.fits"
    picture.write_bytes(b"\xff\xd8\xff\xe0")
    report = process_frames([FrameTask(picture, tmp_path / "out")], 1)
    assert "not a whole FITS file" in report.failures[picture]
    assert "ignore_missing_simple" not in report.failures[picture]
    assert not list((tmp_path / "out").iterdir())


def test_the_same_detector_twice_is_refused(tmp_path: Path) -> None:
    one = write_raw(tmp_path / "a")
    other = write_raw(tmp_path / "b")
    tasks = [FrameTask(path, tmp_path / "out") for path in (one, other)]
    with pytest.raises(FrameError, match="are both visit 7, detector 3; leave one of them out"):
        process_frames(tasks, 1)


def test_detectors_of_a_visit_must_agree(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", 7, 3)
    write_raw(tmp_path / "raw", 7, 4, BAND="g")
    with pytest.raises(FrameError, match=r"Visit 7: its detectors disagree on band: \['g', 'r'\]"):
        process_frames(tasks_of(tmp_path / "raw", tmp_path / "out"), 1)


def test_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="There are no frames to process"):
        process_frames([], 1)


def test_a_killed_process_is_a_sentence(tmp_path: Path) -> None:
    future: Future[Any] = Future()
    future.set_exception(BrokenProcessPool("gone"))
    message = module._outcome(future, FrameTask(tmp_path / "frame.fits", tmp_path))
    assert str(message).startswith(str(tmp_path / "frame.fits"))
    assert "finished frames are skipped; --jobs 1 needs least" in str(message)


def test_full_disk_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(task: FrameTask) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "process_visit_detector", full)
    report = process_frames([FrameTask(write_raw(tmp_path / "raw"), tmp_path / "out")], 1)
    (message,) = report.failures.values()
    assert "No space left on device" in message
    assert "Check the space and the permissions" in message
