"""What paths, patterns and lists stand for, and in which order it is loaded."""

import io
import json
from pathlib import Path

import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.load_files import MANIFEST, find_files, read_list
from tests.loaders.catalogs import write_catalog, write_sources, write_visit


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Two files, a unit of one file, and things that are not meant."""
    touch(*(tmp_path / name for name in ("b.parquet", "a.fits.gz", "log.txt", "_x.fits", ".y.pq")))
    touch(tmp_path / "deep" / "c.ecsv", tmp_path / "tract" / "d.parquet")
    touch(tmp_path / "tract" / "below" / "e.parquet")
    listed = [{"path": "d.parquet"}, {"path": "below/e.parquet"}]
    (tmp_path / "tract" / MANIFEST).write_text(json.dumps({"files": listed}))
    return tmp_path


def names(paths: list[Path], folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in paths]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([""], ["a.fits.gz", "b.parquet", "tract"]),
        (["tract"], ["tract"]),
        (["tract/manifest.json"], ["tract"]),
        (["log.txt"], ["log.txt"]),
        (["*"], ["a.fits.gz", "b.parquet", "deep/c.ecsv", "tract"]),
        (["**"], ["a.fits.gz", "b.parquet", "deep/c.ecsv", "tract"]),
        (["**/c.*"], ["deep/c.ecsv"]),
        (["[ab].*"], ["a.fits.gz", "b.parquet"]),
        (["b.parquet", "*.parquet", "tract/*", "tract/below"], ["b.parquet", "tract"]),
    ],
)
def test_paths_and_patterns(night: Path, given: list[str], expected: list[str]) -> None:
    assert sorted(names(find_files(night / one for one in given), night)) == expected


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    touch(tmp_path / "x[1].parquet")
    assert names(find_files([tmp_path / "x[1].parquet"]), tmp_path) == ["x[1].parquet"]


@pytest.mark.parametrize("given", ["nowhere", "*.nothing", "empty", "log*"])
def test_nothing_there_is_said(night: Path, given: str) -> None:
    (night / "empty").mkdir()
    with pytest.raises(SkytractError, match=r"There is no catalog at .*: give files, folders"):
        find_files([night / given])


@pytest.mark.parametrize("given", ["**/d.parquet", "tract/below/e.parquet"])
def test_a_file_of_a_unit_is_not_loaded_alone(night: Path, given: str) -> None:
    with pytest.raises(SkytractError, match=r"[de]\.parquet is part of the load unit .*tract, "):
        find_files([night / given])


def test_a_manifest_of_something_else_keeps_no_file_out(tmp_path: Path) -> None:
    touch(tmp_path / "a.parquet")
    for text in ("of another program", '{"files": []}', '{"files": [1]}', "[]"):
        (tmp_path / MANIFEST).write_text(text)
        assert find_files([tmp_path / "a.parquet"]) == [tmp_path / "a.parquet"]


def test_one_file_by_two_names_is_one(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_files(["b.parquet", "./b.parquet", tmp_path / "b.parquet"]) == [Path("b.parquet")]


def test_referenced_tables_come_first(tmp_path: Path) -> None:
    """Sources are named to sort before the visits, alone and in a unit."""
    unit = tmp_path / "unit"
    unit.mkdir()
    write_sources(unit)
    (unit / MANIFEST).write_text(json.dumps({"files": [{"path": "Source.parquet"}]}))
    write_sources(tmp_path, "A.parquet")
    write_visit(tmp_path)
    write_catalog(tmp_path / "0.parquet", None, {"ra": [1.0]})
    broken = tmp_path / "broken"
    touch(broken / MANIFEST)
    assert names(find_files([tmp_path]), tmp_path) == [
        "Visit_17.parquet",
        "VisitDetector_17_4.parquet",
        "A.parquet",
        "unit",
        "0.parquet",
        "broken",
    ]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\0"])
def test_a_list_from_a_stream(between: bytes) -> None:
    content = between.join([b"a.parquet", b"b c.parquet", b"n\xc3\xa9e.parquet", b""])
    assert read_list(io.BytesIO(content)) == [
        Path("a.parquet"),
        Path("b c.parquet"),
        Path("née.parquet"),
    ]
