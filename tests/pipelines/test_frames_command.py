"""`skytract frames`: real frames of three cameras, and errors one can act on."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from skytract.pipelines.commands.frames import find_frames, frames
from tests.pipelines.frames import write_raw


def run(*arguments: object) -> Result:
    return CliRunner().invoke(frames, [str(argument) for argument in arguments])


def test_real_frames_of_three_cameras(shared_data: Any, tmp_path: Path) -> None:
    paths = (
        shared_data("sep_emmi", "image.fits"),
        shared_data("sdss_frame", "frame-r-001000-1-0100.fits.bz2"),
        shared_data("raw_ccd", "saao_a8280271.fits"),
    )
    result = run(*paths, "--out", tmp_path, "--jobs", 1, "--band", "r")
    assert result.exit_code == 0, result.output
    assert "of 3 frames" in result.output
    visits = pq.read_table(tmp_path / "Visit.parquet").to_pandas()
    assert visits.visit.tolist() == [24887, 8280271, 10000100]
    detectors = pq.read_table(tmp_path / "VisitDetector.parquet").to_pandas()
    assert 5.8 <= detectors.readNoise[1] <= 6.0
    for visit, detector in ((24887, 0), (8280271, 0), (10000100, 1)):
        table = pq.read_table(tmp_path / f"Source_{visit}_{detector}.parquet")
        assert table.num_rows > 5
        assert table["ra"].null_count == 0


def test_folders_and_a_second_run(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", 7, 3)
    (tmp_path / "raw" / "notes.txt").write_text("seeing was good")
    first = run(tmp_path / "raw", "--out", tmp_path / "out", "--jobs", 1)
    assert first.exit_code == 0, first.output
    second = run(tmp_path / "raw", "--out", tmp_path / "out", "--jobs", 1)
    assert second.exit_code == 0
    assert "done" in second.output


def test_failures_are_printed_and_counted(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", 7, 3)
    write_raw(tmp_path / "raw", 7, 4, GAIN="high")
    result = run(tmp_path / "raw", tmp_path / "none.fits", "--out", tmp_path / "out", "--jobs", 1)
    assert result.exit_code == 1
    assert "gain should be a number, the header has 'high'; correct it." in result.output
    assert "none.fits: there is no such file" in result.output
    assert "of 1 frames" in result.output


def test_nothing_found(tmp_path: Path) -> None:
    result = run(tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "There are no frames to process: give FITS files, or folders of them." in result.output


def test_each_frame_once(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "raw")
    assert find_frames((tmp_path / "raw", path)) == [path]
