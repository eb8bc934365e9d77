"""A folder with a manifest becomes visible whole or not at all."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.ledger import list_loads, show_load
from skytract.loaders.load import load_file, load_paths
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_unit import load_unit
from skytract.loaders.manifest import read_manifest, write_manifest
from skytract.loaders.undo import undo_load
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    N,
    detector_columns,
    source_columns,
    visit_columns,
    write_catalog,
    write_patch,
    write_sources,
    write_stars,
    write_tract,
    write_visit,
)
from tests.loaders.invariants import check_invariants
from tests.loaders.paused import Paused, start, undo_all, wait_for_lock

Connection = psycopg.Connection[Any]

ROWS = 20
"""Rows of a patch in one band."""


@pytest.fixture(scope="module")
def loaders(module_connect: Connect) -> tuple[Connection, Connection]:
    """Two loaders of a database of this module."""
    return module_connect("loader"), module_connect("loader")


@pytest.fixture
def loader(loaders: tuple[Connection, Connection]) -> Iterator[Connection]:
    """One of the loaders; afterwards all is undone."""
    yield loaders[0]
    check_invariants(loaders[0])
    undo_all(loaders[0], ())
    assert count(loaders[0]) == 0


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """A tract of three patches in two bands."""
    write_tract(tmp_path / "tract")
    write_manifest(tmp_path / "tract", "tract 9813", tract=9813, patches=[0, 1, 2])
    return tmp_path / "tract"


def count(connection: Connection, table: str = "raw.CoaddSource") -> int:
    with connection.transaction():
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def refuse(connection: Connection, folder: Path, words: str, **options: Any) -> None:
    """Load a bad unit; check that nothing of it stays and what the ledger says."""
    before = count(connection)
    with pytest.raises(RefusedError, match=words) as caught:
        load_unit(connection, folder, **options)
    assert count(connection) == before
    [entry] = list_loads(connection, limit=1)
    assert (entry.state, entry.kind, entry.error) == ("refused", "Manifest", str(caught.value))
    assert show_load(connection, entry.load_id).files == []
    check_invariants(connection)


def test_a_unit_is_loaded_with_one_entry_for_each_file(loader: Connection, unit: Path) -> None:
    steps: list[int] = []
    result = load_unit(loader, unit, progress=steps.append, night="2025-06-30")
    assert (result.state, result.kind, result.rows) == ("loaded", "Manifest", 6 * ROWS)
    assert sum(steps) == count(loader) == 6 * ROWS
    shown = show_load(loader, result.load_id or 0)
    assert (shown.entry.identity, shown.entry.rows) == ("tract 9813", 6 * ROWS)
    assert json.loads(shown.entry.context)["night"] == "2025-06-30"
    assert shown.entry.bytes == sum(file.bytes for file in shown.files)
    assert [file.state for file in shown.files] == ["loaded"] * 6
    assert len(shown.places) == 6
    assert list_loads(loader, limit=1) == [shown.entry]


def test_a_unit_is_loaded_once(loader: Connection, unit: Path) -> None:
    first = load_unit(loader, unit)
    [again] = load_paths(loader, [unit / "manifest.json"])
    assert (again.state, again.load_id, again.rows) == ("already loaded", first.load_id, 6 * ROWS)
    assert load_file(loader, unit / "CoaddSource_0_g.parquet").state == "already loaded"
    assert count(loader) == 6 * ROWS


def test_tables_that_others_refer_to_come_first(loader: Connection, tmp_path: Path) -> None:
    write_sources(tmp_path, "a.parquet")
    write_visit(tmp_path)
    write_manifest(tmp_path, "night")
    assert load_unit(loader, tmp_path).rows == N + 2


def test_of_ten_files_one_is_bad(loader: Connection, tmp_path: Path) -> None:
    write_tract(tmp_path, patches=5)
    path = tmp_path / "CoaddSource_3_r.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SkytractError, match=r"CoaddSource_3_r.parquet"):
        write_manifest(tmp_path, "bad")
    write_patch(tmp_path, 3)
    write_manifest(tmp_path, "bad")
    path.write_bytes(path.read_bytes().replace(b"skytract", b"skytrack"))
    refuse(loader, tmp_path, r"CoaddSource_3_r.parquet, value \w{64}: .* another checksum; copy")
    write_patch(tmp_path, 3, flux=float("nan"))
    write_manifest(tmp_path, "bad")
    assert load_unit(loader, tmp_path).rows == 10 * ROWS  # a flux that was not measured is NULL


DETECTORS = range(8)
SEVENTH = 4
"""The detector whose sources are the seventh file of a night, after a visit and its detectors."""


def detector_sources(detector: int) -> dict[str, Any]:
    """Return the sources of one of the detectors."""
    columns = source_columns(detector=detector)
    columns["sourceId"] += 1000 * detector
    return columns


def write_night(folder: Path, **changes: Any) -> Path:
    """Write a unit of ten files: a visit, its detectors, and sources of each, the seventh changed.

    A change is a row and what its value is there; the manifest is that of the files as they are.
    """
    folder.mkdir(exist_ok=True)
    write_catalog(folder / "Visit.parquet", "Visit", visit_columns())
    parts = [detector_columns(detector=detector) for detector in DETECTORS]
    detectors = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    detectors["sipA"] = [part["sipA"].to_pylist()[0] for part in parts]
    write_catalog(folder / "VisitDetector.parquet", "VisitDetector", detectors)
    for detector in DETECTORS:
        columns = detector_sources(detector)
        if detector == SEVENTH:
            for name, (row, value) in changes.items():
                columns[name][row] = value
        write_catalog(folder / f"Source_{detector}.parquet", "Source", columns)
    write_manifest(folder, "night")
    return folder


EARLIER = {name: values[8] for name, values in detector_sources(1).items()}
"""A row of the fourth file."""

BAD_ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "NaN position": ({"ra": (30, np.nan)}, r"column ra, row 30 \(from 0\), value nan: It is NaN"),
    "an earlier id": (
        {"sourceId": (30, EARLIER["sourceId"])},
        rf"column sourceId, value {EARLIER['sourceId']}: Load \d+ brought a row with the same id",
    ),
    "an earlier row": (
        {name: (30, EARLIER[name]) for name in ("sourceId", "ra", "dec")},
        r"row 30 .* raw.Source has this row already, from .*Source_1.parquet of the same unit",
    ),
    "unknown visit": ({"visit": (30, 99)}, r"row 30 .* value 99, 4: raw.VisitDetector does not"),
    "unknown detector": ({"detector": (30, 8)}, r"row 30 .* value 17, 8: raw.VisitDetector does"),
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_of_ten_files_the_seventh_has_a_bad_row(
    loader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: str
) -> None:
    """In its second half, when six files and its first half are in their tables."""
    half = 8 * len(source_columns()) * N // 2
    monkeypatch.setattr("skytract.loaders.load_rows.CHUNK_BYTES", half)
    changes, words = BAD_ROWS[bad]
    folder, copied = write_night(tmp_path / "night", **changes), list[int]()
    refuse(loader, folder, rf"Source_{SEVENTH}.parquet, .*{words}", progress=copied.append)
    assert sum(copied) >= 1 + len(DETECTORS) + SEVENTH * N + N // 2
    result = load_unit(loader, write_night(folder))
    assert (result.state, result.rows) == ("loaded", 1 + len(DETECTORS) + len(DETECTORS) * N)
    files = show_load(loader, result.load_id or 0).files
    assert [file.state for file in files] == ["loaded"] * 10
    assert load_unit(loader, folder).state == "already loaded"


def edit(**changes: Any) -> Callable[[Path], None]:
    """Change members of a manifest; those of its first file under `first`."""

    def apply(folder: Path) -> None:
        path = folder / "manifest.json"
        content = json.loads(path.read_text())
        content["files"][0] |= changes.get("first", {})
        content |= {key: value for key, value in changes.items() if key != "first"}
        path.write_text(json.dumps({k: v for k, v in content.items() if v != "gone"}))

    return apply


def damage(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Write or remove a file of a unit."""

    def apply(folder: Path) -> None:
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)

    return apply


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a file is missing": (
        damage("CoaddSource_2_r.parquet", None),
        r"CoaddSource_2_r.parquet: It cannot be read \(No such file",
    ),
    "a file is not listed": (
        damage("more.parquet", b"PAR1"),
        r"more.parquet: .*manifest.json does not list it; write the manifest again",
    ),
    "another number of rows": (edit(first={"rows": 21}), "lists it with 21 rows, and it has 20"),
    "another kind": (edit(first={"kind": "Source"}), "It is of kind CoaddSource, not Source"),
    "another tract": (edit(tract=9814), "It has rows in tract 9813, and .* states tract 9814"),
    "another patch": (edit(patches=[0, 1]), "It has rows in patch 2, and .* states patches 0, 1"),
    "outside the folder": (edit(first={"path": "../a.parquet"}), "lists ../a.parquet, which may"),
    "an absolute path": (edit(first={"path": "/a.parquet"}), "lists /a.parquet, which may lie"),
    "no checksum": (edit(first={"sha256": "abc"}), "with the SHA-256 'abc'"),
    "no name": (edit(name="gone"), "It has no name in"),
    "an unknown member": (edit(tracts=[1]), r"It has tracts = \[1\]; write it with"),
    "a text for a number": (edit(tract="9813"), "It has tract = '9813'"),
    "no files": (edit(files=[]), "It lists no files"),
    "a file twice": (
        edit(first={"path": "CoaddSource_0_r.parquet"}),
        "It lists two files with the path CoaddSource_0_r.parquet",
    ),
    "a zero byte": (
        edit(first={"path": "a\0.parquet"}),
        "lists 'a.*x00.parquet', which is no name",
    ),
    "no text": (edit(first={"path": "\udce9"}), "udce9', which is no name of a file"),
    "a number": (edit(files=[1]), "It has 1 in the place of an object"),
    "a list": (damage("manifest.json", b"[]"), r"It has \[\] in the place of an object"),
    "half a manifest": (damage("manifest.json", b'{"name": "tr'), "It cannot be read as JSON"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_anything_wrong_refuses_the_unit(loader: Connection, unit: Path, fault: str) -> None:
    spoil, words = FAULTS[fault]
    sound = shutil.copytree(unit, unit.with_name("sound"))
    spoil(unit)
    refuse(loader, unit, words)
    assert [result.state for result in load_paths(loader, [unit])] == ["refused"]
    shutil.rmtree(unit)
    sound.rename(unit)
    assert load_unit(loader, unit).rows == 6 * ROWS


def test_a_place_is_in_one_file_of_a_unit(loader: Connection, unit: Path) -> None:
    (unit / "below").mkdir()
    write_patch(unit / "below", 1, "g", flux=2.0)
    write_manifest(unit, "twice")
    refuse(loader, unit, "CoaddSource 9813/1 g is in .* of the same unit; write one file of it")


def test_a_file_is_not_loaded_by_itself_and_with_a_unit(loader: Connection, unit: Path) -> None:
    alone = load_file(loader, unit / "CoaddSource_1_r.parquet").load_id
    words = rf"CoaddSource_1_r.parquet: It is loaded already as load {alone}, by itself; give --rep"
    refuse(loader, unit, words)
    assert load_unit(loader, unit, replace=True).replaced == (alone,)
    assert count(loader) == 6 * ROWS


def test_a_unit_is_replaced_whole(loader: Connection, unit: Path, tmp_path: Path) -> None:
    old = load_unit(loader, unit)
    files = [file.load_id for file in show_load(loader, old.load_id or 0).files]
    changed = tmp_path / "changed"
    write_tract(changed, flux=2.0)
    write_manifest(changed, "tract 9813 again")
    refuse(loader, changed, "CoaddSource 9813/0 g is loaded already as load")
    result = load_unit(loader, changed, replace=True)
    assert result.replaced == (files[0],)
    assert count(loader) == 6 * ROWS
    shown = show_load(loader, old.load_id or 0)
    entries = {(entry.state, entry.replaced_by) for entry in (shown.entry, *shown.files)}
    assert entries == {("replaced", result.load_id)}


def test_a_part_of_a_unit_is_not_replaced(loader: Connection, unit: Path, tmp_path: Path) -> None:
    load_unit(loader, unit)
    path = write_patch(tmp_path, 1, "g", flux=2.0)
    words = "holds CoaddSource 9813/0 g and 4 more as well; give a file or unit with all of it"
    with pytest.raises(RefusedError, match=words):
        load_file(loader, path, replace=True)
    assert count(loader) == 6 * ROWS


def test_rows_without_a_place_are_not_lost(loader: Connection, unit: Path, tmp_path: Path) -> None:
    write_stars(unit, range(10))
    write_manifest(unit, "with stars")
    load_unit(loader, unit)
    write_tract(tmp_path / "changed", flux=2.0)
    write_manifest(tmp_path / "changed", "without stars")
    refuse(loader, tmp_path / "changed", "holds ReferenceStar as well", replace=True)


def test_a_unit_is_undone_whole(loader: Connection, unit: Path) -> None:
    first = load_unit(loader, unit)
    files = show_load(loader, first.load_id or 0).files
    result = undo_load(loader, files[3].load_id)
    assert (result.load_id, result.rows) == (first.load_id, {"CoaddSource": 6 * ROWS})
    assert len(result.loads) == 7
    again = load_unit(loader, unit)
    assert again.state == "loaded" and again.load_id != first.load_id


def test_an_undone_night_takes_its_visits_along(loader: Connection, tmp_path: Path) -> None:
    """What the files of a unit need of each other keeps nothing."""
    write_visit(tmp_path)
    write_sources(tmp_path)
    write_manifest(tmp_path, "night")
    undo_load(loader, load_unit(loader, tmp_path).load_id or 0)
    assert count(loader, "raw.Visit") == 0


def test_readers_see_all_or_nothing(
    loader: Connection, module_connect: Connect, unit: Path
) -> None:
    reader = module_connect("reader")
    reader.execute("SET statement_timeout = '2s'")
    reader.commit()
    paused = Paused(loader, unit, 5, load_unit)
    assert count(reader) == 0
    assert list_loads(reader, limit=1)[0].state == "loading"
    paused.result()
    assert count(reader) == 6 * ROWS


def test_a_unit_twice_at_once_is_loaded_once(
    loader: Connection, loaders: tuple[Connection, Connection], module_connect: Connect, unit: Path
) -> None:
    first = Paused(loader, unit, 3, load_unit)
    second = start(load_unit, loaders[1], unit)
    wait_for_lock(loaders[1], second, module_connect("owner"))
    assert first.result().state == "loaded"
    assert second.result(30).state == "already loaded"
    assert count(loader) == 6 * ROWS


def test_a_file_by_itself_waits_for_its_unit(
    loader: Connection, loaders: tuple[Connection, Connection], module_connect: Connect, unit: Path
) -> None:
    first = Paused(loader, unit, 3, load_unit)
    second = start(load_file, loaders[1], unit / "CoaddSource_2_r.parquet")
    wait_for_lock(loaders[1], second, module_connect("owner"))
    first.result()
    assert second.result(30).state == "already loaded"


KILLED = """
import os, sys
from skytract.loaders.connect import connect
from skytract.loaders.load_unit import load_unit

home, database, folder, after = sys.argv[1:]
left = int(after)

def progress(rows):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), 9)

os.environ.update(SKYTRACT_HOME=home, SKYTRACT_DATABASE=database)
load_unit(connect("loader"), folder, progress=progress)
"""


def test_nothing_of_a_killed_unit_stays_and_the_next_run_takes_it_over(
    loader: Connection, cluster: Home, module_database: str, unit: Path
) -> None:
    arguments = [str(cluster.path), module_database, str(unit), "4"]
    environment = {key: value for key, value in os.environ.items() if key != "SKYTRACT_DSN"}
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], env=environment, timeout=60)
    assert done.returncode == -9
    assert count(loader) == 0
    [entry] = list_loads(loader, limit=1)
    assert (entry.state, show_load(loader, entry.load_id).files) == ("loading", [])
    check_invariants(loader)
    result = load_unit(loader, unit)
    assert (result.load_id, result.rows) == (entry.load_id, 6 * ROWS)


def test_the_manifest_lists_what_is_there(unit: Path) -> None:
    manifest = read_manifest(unit)
    assert (manifest.name, manifest.tract, manifest.patches) == ("tract 9813", 9813, (0, 1, 2))
    assert [(file.kind, file.rows) for file in manifest.files] == [("CoaddSource", ROWS)] * 6
    assert not [path for path in unit.iterdir() if path.name.startswith(".")]
    with pytest.raises(SkytractError, match="holds no catalog: write the files first"):
        write_manifest(unit.parent / "nothing", "nothing")


def test_a_kind_must_contradict_neither_the_manifest_nor_the_files(
    loader: Connection, unit: Path
) -> None:
    words = "lists it as CoaddSource, and it was given as Source; give no kind"
    refuse(loader, unit, words, kind="Source")
    manifest = json.loads((unit / "manifest.json").read_bytes())
    for file in manifest["files"]:
        del file["kind"]
    (unit / "manifest.json").write_text(json.dumps(manifest))
    refuse(loader, unit, "It is of kind CoaddSource, not Source", kind="Source")
    assert load_unit(loader, unit, kind="coaddsource").rows == 6 * ROWS
