"""A landing folder: what arrives whole is loaded, once, parents first, whatever happens."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copy
from threading import Event, Thread
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders import watch as module
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.landing import Landing
from skytract.loaders.load import LoadResult, load_file
from skytract.loaders.load_files import MANIFEST
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.manifest import write_manifest
from skytract.loaders.session import Session
from skytract.loaders.undo import undo_load
from skytract.loaders.watch import Watch
from tests.fix_db import Connect
from tests.loaders.catalogs import (
    N,
    source_columns,
    write_catalog,
    write_sources,
    write_visit,
)


def arrive(folder: Path, path: Path, name: str = "") -> Path:
    """Let a file or folder arrive at once, as a rename does."""
    return path.rename(folder / (name or path.name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The landing folder; files are made beside it."""
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


def test_a_file_is_whole_when_it_has_not_changed_for_a_while(folder: Path) -> None:
    landing = Landing(folder, settle=5.0)
    path = folder / "a.parquet"
    path.write_bytes(b"half")
    assert landing.look(100.0) == []
    path.write_bytes(b"the whole")
    assert landing.look(104.0) == []
    assert landing.look(106.0) == [] and not landing.is_quiet()
    assert landing.look(109.0) == [path]
    landing.settle_one(path)
    assert landing.look(200.0) == [] and landing.is_quiet()
    path.write_bytes(b"another")
    assert landing.look(201.0) == [] and landing.look(206.0) == [path]


@pytest.mark.parametrize(
    "name", [".a.parquet", "_a.fits", "a.parquet.tmp", "a.fits.part", "notes.txt", "a.parquet~"]
)
def test_unfinished_and_other_names_are_not_looked_at(folder: Path, name: str) -> None:
    (folder / name).touch()
    (folder / "sub" / name).parent.mkdir()
    (folder / "sub" / "b.parquet").touch()
    landing = Landing(folder, settle=0.0)
    assert landing.look(1.0) == [] and landing.is_quiet()


def test_a_unit_is_whole_when_none_of_its_files_changes(folder: Path) -> None:
    unit = folder / "unit"
    unit.mkdir()
    (unit / MANIFEST).write_text("{}")
    (unit / "a.parquet").write_bytes(b"1")
    landing = Landing(folder, settle=5.0)
    assert landing.look(100.0) == []
    (unit / "b.parquet").write_bytes(b"2")
    assert landing.look(105.0) == [] and landing.look(110.0) == [unit]
    arrive(folder, unit, "unit.part")
    assert landing.look(120.0) == [] and landing.is_quiet()


def test_a_load_that_was_cut_off_is_put_off_ever_longer(folder: Path) -> None:
    landing = Landing(folder, settle=0.0)
    paths = [folder / name for name in ("a.parquet", "b.parquet")]
    for path in paths:
        path.touch()
    assert landing.look(100.0) == paths
    landing.put_off(paths[0], 100.0)
    assert landing.look(101.0) == paths[1:]
    assert landing.look(102.0) == paths[::-1], "it comes last"
    for _ in range(20):
        landing.put_off(paths[0], 200.0)
    assert landing.look(259.0) == paths[1:] and paths[0] in landing.look(260.0)


@pytest.mark.parametrize("names", [[MANIFEST], ["hats.properties", "dataset/_metadata"]])
def test_a_unit_or_hats_folder_itself_is_not_watched(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    with pytest.raises(SkytractError, match=r"HATS folder itself: load it with `skytract load "):
        Landing(folder, settle=0.0)


def write_cell(hats: Path, pixel: int) -> Path:
    """Write one of the two cells of a HATS folder: the even or the odd sources."""
    cell = hats / "dataset" / "Norder=0" / "Dir=0" / f"Npix={pixel}.parquet"
    cell.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: values[pixel::2] for name, values in source_columns().items()}
    return write_catalog(cell, "Source", columns)


def write_properties(hats: Path) -> Path:
    """Write what makes a folder a HATS folder."""
    path = hats / "hats.properties"
    path.write_text(f"dataproduct_type=object\nhats_nrows={N}\n")
    return path


def test_a_hats_folder_is_whole_when_it_has_properties_and_nothing_changes(folder: Path) -> None:
    hats = folder / "sources"
    write_cell(hats, 0)
    landing = Landing(folder, settle=5.0)
    assert landing.look(100.0) == [] and landing.is_quiet(), "without properties it may be anything"
    write_properties(hats)
    assert landing.look(200.0) == [] and not landing.is_quiet()
    write_cell(hats, 1)
    assert landing.look(205.0) == [] and landing.look(210.0) == [hats]


class Running:
    """A watch that runs in a thread, and what it has done so far."""

    def __init__(self, connect: Callable[[], Any], folder: Path, **options: Any) -> None:
        self.stop, self.results, self.said = Event(), list[LoadResult](), list[str]()
        session = Session(connect, self.stop, self.said.append)
        self.watch = Watch(session, Landing(folder, 0.0), **options)
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.results.extend(iter(self.watch.run()))

    def wait(self, count: int) -> list[tuple[str, str]]:
        """Return names and states once there are as many results, and the watch looked again."""
        deadline = time.monotonic() + 20
        while len(self.results) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)
        return [(result.path.name, result.state) for result in self.results]

    def end(self) -> None:
        """Stop it, as a signal does."""
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def notes(self) -> dict[str, str]:
        """Return what was said of what is loaded already, by name."""
        return {result.path.name: result.note for result in self.results if result.note}


Run = Callable[..., Running]


@pytest.fixture
def run(connect_to: Connect, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Start to watch the landing folder; it is ended with the test."""
    monkeypatch.setattr(module, "POLL", 0.02)
    started: list[Running] = []

    def start(connect: Callable[[], Any] = lambda: connect_to("loader"), **options: Any) -> Running:
        started.append(Running(connect, folder, **options))
        return started[-1]

    yield start
    for one in started:
        one.end()


def test_parents_first_and_each_once(run: Run, folder: Path, tmp_path: Path) -> None:
    write_sources(folder, "A.parquet")
    write_visit(folder)
    running = run()
    assert running.wait(3) == [
        ("Visit_17.parquet", "loaded"),
        ("VisitDetector_17_4.parquet", "loaded"),
        ("A.parquet", "loaded"),
    ]
    arrive(folder, write_sources(tmp_path, "Again.parquet"))
    assert running.wait(4)[3:] == [("Again.parquet", "already loaded")]


def test_sources_wait_for_their_visit_whoever_loads_it(
    run: Run, folder: Path, tmp_path: Path, loader: psycopg.Connection
) -> None:
    running = run()
    arrive(folder, write_sources(tmp_path))
    assert running.wait(1) == [("Source.parquet", "refused")]
    assert running.wait(1) == [("Source.parquet", "refused")], "it is not tried again and again"
    for path in write_visit(tmp_path):
        load_file(loader, path)
    assert running.wait(2)[1:] == [("Source.parquet", "loaded")]


def test_a_refused_file_is_tried_again_when_it_has_changed(
    run: Run, folder: Path, tmp_path: Path, loader: psycopg.Connection
) -> None:
    running = run()
    for path in write_visit(tmp_path):
        load_file(loader, path)
    arrive(folder, write_sources(tmp_path, ra=np.full(N, 400.0)))
    assert running.wait(1) == [("Source.parquet", "refused")]
    os.replace(write_sources(tmp_path, "good.parquet"), folder / "Source.parquet")
    assert running.wait(2)[1:] == [("Source.parquet", "loaded")]


def test_a_unit_arrives(run: Run, folder: Path, tmp_path: Path) -> None:
    running = run()
    unit = tmp_path / "unit"
    unit.mkdir()
    write_visit(unit)
    write_sources(unit)
    write_manifest(unit, "one")
    arrive(folder, unit)
    assert running.wait(1) == [("unit", "loaded")]
    assert running.results[0].rows == N + 2


def test_a_hats_folder_arrives(
    run: Run, folder: Path, tmp_path: Path, loader: psycopg.Connection
) -> None:
    """Its properties first: it is refused, and tried again when the cell that lacks is there."""
    for path in write_visit(tmp_path):
        load_file(loader, path)
    hats = tmp_path / "sources"
    write_cell(hats, 0)
    write_properties(hats)
    running = run()
    arrive(folder, hats)
    assert running.wait(1) == [("sources", "refused")]
    assert f"have {N // 2} rows, and its properties state {N}" in str(running.results[0].error)
    write_cell(hats, 1).rename(folder / "sources" / "dataset/Norder=0/Dir=0/Npix=1.parquet")
    assert running.wait(2)[1:] == [("sources", "loaded")]
    assert (running.results[1].kind, running.results[1].rows) == ("Source", N)


def sources_of(connection: psycopg.Connection) -> list[int]:
    """List the loads that have rows in raw.Source."""
    with connection.transaction():
        query = "SELECT DISTINCT loadId FROM raw.Source ORDER BY 1"
        return [load_id for (load_id,) in connection.execute(query)]


def in_place_of(heir: int | None, path: Path) -> str:
    """Return what is said of a file, or unit, whose place another load has."""
    back = f"`skytract load {path} --replace`"
    return f"load {heir} has its place; to have it back, give it by itself: {back}"


@pytest.fixture
def versions(
    run: Run, folder: Path, tmp_path: Path, loader: psycopg.Connection
) -> tuple[int | None, ...]:
    """Three versions of one catalog that arrived one after the other, in a watch that has ended.

    By name the oldest one comes last. Returns their loads.
    """
    for path in write_visit(tmp_path):
        load_file(loader, path)
    running = run(replace=True)
    for count, name in enumerate(("c.parquet", "b.parquet", "a.parquet"), 1):
        arrive(folder, write_sources(tmp_path, name, x=np.full(N, float(count))))
        assert running.wait(count)[-1] == (name, "loaded")
    running.end()
    first, second, third = (result.load_id for result in running.results)
    assert [result.replaced for result in running.results] == [(), (first,), (second,)]
    return first, second, third


def test_older_versions_stay_replaced_when_it_is_started_again(
    run: Run, folder: Path, loader: psycopg.Connection, versions: tuple[int, ...]
) -> None:
    with pytest.raises(RefusedError, match=r"give --replace"):
        load_file(loader, folder / "c.parquet")
    for replace in (True, True, False):
        running = run(replace=replace)
        names = ("a.parquet", "b.parquet", "c.parquet")
        assert running.wait(3) == [(name, "already loaded") for name in names]
        running.end()
        assert running.notes() == {
            name: in_place_of(versions[2], folder / name) for name in names[1:]
        }
        assert {(r.load_id, r.rows) for r in running.results} == {
            (versions[0], 0),
            (versions[1], 0),
            (versions[2], N),
        }
        assert sources_of(loader) == [versions[2]]


def test_a_version_that_was_brought_back_by_hand_stays(
    run: Run, folder: Path, loader: psycopg.Connection, versions: tuple[int, ...]
) -> None:
    back = load_file(loader, folder / "b.parquet", replace=True)
    assert (back.state, back.replaced) == ("loaded", versions[2:])
    running = run(replace=True)
    assert {state for _, state in running.wait(3)} == {"already loaded"}
    assert running.notes() == {
        name: in_place_of(back.load_id, folder / name) for name in ("a.parquet", "c.parquet")
    }
    assert sources_of(loader) == [back.load_id]


def test_an_older_version_comes_back_when_what_replaced_it_is_undone(
    run: Run, folder: Path, loader: psycopg.Connection, versions: tuple[int, ...]
) -> None:
    undo_load(loader, versions[2])
    for name in ("a.parquet", "b.parquet"):
        os.remove(folder / name)
    running = run(replace=True)
    assert running.wait(1) == [("c.parquet", "loaded")]
    assert running.results[0].replaced == ()


def test_older_units_and_their_files_stay_replaced(
    run: Run, folder: Path, tmp_path: Path, loader: psycopg.Connection
) -> None:
    for path in write_visit(tmp_path):
        load_file(loader, path)
    running = run(replace=True)
    for count, name in enumerate(("old", "new"), 1):
        unit = tmp_path / name
        unit.mkdir()
        write_sources(unit, x=np.full(N, float(count)))
        write_manifest(unit, name)
        arrive(folder, unit)
        assert running.wait(count)[-1] == (name, "loaded")
    running.end()
    new = running.results[1].load_id
    copy(folder / "old" / "Source.parquet", folder / "Alone.parquet")
    again = run(replace=True)
    assert dict(again.wait(3)) == dict.fromkeys(("old", "new", "Alone.parquet"), "already loaded")
    assert again.notes() == {
        name: in_place_of(new, folder / name) for name in ("old", "Alone.parquet")
    }


def wait_for_a_lock(owner: psycopg.Connection) -> None:
    """Wait until somebody waits for a table."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
    deadline = time.monotonic() + 30
    while owner.execute(waiting).fetchone() == (0,) and time.monotonic() < deadline:
        time.sleep(0.02)


def terminate(owner: psycopg.Connection) -> None:
    """End the sessions of the loader as a restart of the server does."""
    owner.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE usename = 'skytract_loader' AND datname = current_database()"
    )
    owner.commit()


def test_a_server_that_goes_and_comes_is_waited_for(
    run: Run, folder: Path, tmp_path: Path, connect_to: Connect, owner: psycopg.Connection
) -> None:
    """Once between two loads, when for a while nothing can connect, and once within one."""
    down: list[str] = []

    def connect() -> Any:
        if down:
            raise SkytractError(down.pop())
        return connect_to("loader")

    running = run(connect)
    visit, detector = write_visit(tmp_path)
    down.append("The server does not run.")
    terminate(owner)
    arrive(folder, visit)
    assert running.wait(1) == [("Visit_17.parquet", "loaded")]
    assert running.said == ["The server does not run. Waiting for it.", "Connected again."]
    owner.execute("LOCK TABLE raw.VisitDetector")
    arrive(folder, detector)
    wait_for_a_lock(owner)
    terminate(owner)
    assert running.wait(3)[1:] == [(detector.name, "cut off"), (detector.name, "loaded")]
    assert "was cut off" in str(running.results[1].error)


def test_a_fault_of_the_program_keeps_no_other_file_out(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: psycopg.Connection, path: Path, **options: Any) -> LoadResult:
        if path.name.startswith("VisitD"):
            raise ZeroDivisionError("by zero")
        return load_file(connection, path, **options)

    monkeypatch.setattr(module, "load_path", fail)
    write_visit(folder)
    write_sources(folder)
    running = run()
    states = running.wait(3)
    assert states[:2] == [("Visit_17.parquet", "loaded"), ("VisitDetector_17_4.parquet", "cut off")]
    assert running.results[1].error == "ZeroDivisionError: by zero"
    assert states[2] == ("Source.parquet", "refused"), "its detector is unknown"


def test_once_does_not_wait_for_the_server(
    folder: Path, connect_to: Connect, owner: psycopg.Connection
) -> None:
    write_visit(folder)
    session = Session(lambda: connect_to("loader"), Event(), print)
    terminate(owner)
    results = list(Watch(session, Landing(folder, 0.0), once=True).run())
    assert [(result.path.name, result.state) for result in results] == [
        ("Visit_17.parquet", "cut off")
    ]


def test_a_folder_that_is_away_is_waited_for(run: Run, folder: Path) -> None:
    write_visit(folder)
    away = folder.rename(folder.with_name("away"))
    running = run()
    running.wait(0)
    away.rename(folder)
    assert len(running.wait(2)) == 2
    assert running.said == [f"{folder} cannot be read (No such file or directory): waiting."]


@pytest.fixture
def load(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `skytract load` on the database of this test."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    return lambda *arguments: CliRunner().invoke(main, ["load", *map(str, arguments)])


def test_once_takes_what_is_there(
    load: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL", 0.02)
    write_sources(folder, "A.parquet")
    bad = write_sources(folder, "B.parquet", ra=np.full(N, 400.0))
    write_visit(folder)
    answer = load("--watch", folder, "--once", "--settle", "0")
    assert answer.exit_code == 1, answer.output
    lines = answer.stdout.splitlines()
    stamp = datetime.strptime(" ".join(lines[0].split()[:2]), "%Y-%m-%d %H:%M:%S%z")
    assert abs(datetime.now(UTC) - stamp) < timedelta(minutes=5)
    assert [line.split()[2] for line in lines[:4]] == 2 * ["loaded"] + ["loaded", "refused"]
    assert f"refused  {bad.name}: column ra, row 0" in lines[3]
    assert str(bad) in answer.stderr and "Watching" in answer.stderr
    os.remove(bad)
    assert load("--watch", folder, "--once", "--settle", "0").exit_code == 0
    assert load("--watch", folder / "nowhere").exit_code == 2


def test_once_nothing_takes_the_place_of_what_lies_beside_it(
    load: Callable[..., Result], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL", 0.02)
    write_visit(folder)
    write_sources(folder, "old.parquet")
    assert load("--watch", folder, "--once", "--settle", "0").exit_code == 0
    for name, x in (("A.parquet", 1.0), ("B.parquet", 2.0)):
        write_sources(folder, name, x=np.full(N, x))
    answer = load("--watch", folder, "--once", "--settle", "0", "--replace")
    assert answer.exit_code == 1, answer.output
    [a] = [line for line in answer.stdout.splitlines() if "  A.parquet: " in line]
    [b] = [line for line in answer.stdout.splitlines() if "  B.parquet: " in line]
    assert " s, in the place of load 3 (load 4)" in a and "came since this command began" in b


def test_once_ends_the_same_however_often_it_runs(
    load: Callable[..., Result],
    folder: Path,
    loader: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "POLL", 0.02)
    write_visit(folder)
    old = write_sources(folder, "old.parquet")
    assert load("--watch", folder, "--once", "--settle", "0").exit_code == 0
    write_sources(folder, "A.parquet", x=np.full(N, 1.0))
    for state in ("loaded", "already loaded", "already loaded"):
        answer = load("--watch", folder, "--once", "--settle", "0", "--replace")
        assert answer.exit_code == 0, answer.output
        assert f"Z  {state}  A.parquet: Source, {N} rows" in answer.stdout
        said = f"Source, 0 rows; {in_place_of(4, old)} (load 3)"
        assert f"Z  already loaded  old.parquet: {said}\n" in answer.stdout
        assert f"old.parquet, already load 3: {in_place_of(4, old)}\n" in answer.stderr
        assert sources_of(loader) == [4]
    assert load(old, "--replace").exit_code == 0
    assert sources_of(loader) == [5]


def test_a_signal_ends_it_after_the_present_file(
    cluster: Home,
    database: str,
    owner: psycopg.Connection,
    folder: Path,
) -> None:
    """The signal comes while the first of two files waits for a lock."""
    write_visit(folder)
    owner.execute("LOCK TABLE raw.Visit")
    command = [sys.executable, "-m", "skytract", "load", "--watch", str(folder), "--settle", "0"]
    environment = {**os.environ, "SKYTRACT_HOME": str(cluster.path), "SKYTRACT_DATABASE": database}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for_a_lock(owner)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        owner.commit()
        printed, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "loaded  Visit_17.parquet" in printed and "VisitDetector" not in printed
    assert "Stopping after the present file" in said and said.endswith("Stopped.\n")


def test_a_signal_during_the_start_ends_it_as_well(
    cluster: Home, database: str, folder: Path
) -> None:
    """The signal comes while the modules of the loader are imported."""
    start = (
        "import os, signal, sys\n"
        "from skytract.__main__ import main\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'skytract.loaders.load':\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "main()\n"
    )
    command = [sys.executable, "-c", start, "load", "--watch", str(folder)]
    environment = {**os.environ, "SKYTRACT_HOME": str(cluster.path), "SKYTRACT_DATABASE": database}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Stopping after the present file" in done.stderr and done.stderr.endswith("Stopped.\n")
