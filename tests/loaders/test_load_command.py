"""`skytract load`: what it prints, what it leaves in the ledger, and its exit codes."""

import io
import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.commands import load_run
from skytract.loaders.commands.load import load as command
from skytract.loaders.home import Home
from skytract.loaders.load import load_paths
from skytract.loaders.load_files import MANIFEST
from skytract.loaders.load_rows import DEFAULT_MEMORY
from skytract.loaders.manifest import write_manifest
from tests.loaders.catalogs import N, write_sources, write_visit

Load = Callable[..., Result]


def invoke(*arguments: object, stdin: bytes | str | None = None) -> Result:
    return CliRunner().invoke(main, ["load", *map(str, arguments)], input=stdin)


@pytest.fixture
def load(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Run `skytract load` on the database of this test."""
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    return invoke


@pytest.fixture
def load_nothing(cluster: Home, module_database: str, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Run `skytract load` on a database that these tests leave empty."""
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", module_database)
    return invoke


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The files of a visit: one of it, one of its detector, one of sources."""
    folder = tmp_path / "night"
    folder.mkdir()
    write_visit(folder)
    write_sources(folder)
    return folder


def objects(answer: Result) -> list[dict[str, Any]]:
    return [json.loads(text) for text in answer.stdout.splitlines()]


def test_a_folder(load: Load, night: Path) -> None:
    first = load(night)
    assert first.exit_code == 0, first.output
    for kind, rows in (("Visit", 1), ("VisitDetector", 1), ("Source", N)):
        [line] = [text for text in first.stdout.splitlines() if f" {kind} " in text]
        assert "loaded" in line and f" {rows} " in line
    again = load(night)
    assert again.exit_code == 0 and again.stdout.count("already loaded") == 3


def test_refusals_are_a_table_with_the_whole_reason(load: Load, night: Path) -> None:
    bad = write_sources(night, "B.parquet", ra=np.full(N, 400.0))
    (night / "c.fits").write_text("no FITS")
    answer = load(night)
    assert answer.exit_code == 1
    [line] = [text for text in answer.stderr.splitlines() if str(bad) in text]
    assert "column ra, row 0 (from 0), value 400.0: " in line and "; take it modulo 360" in line
    assert "c.fits" in answer.stderr and "It is no Parquet, FITS, ECSV or VOTable" in answer.stderr
    assert "VisitDetector" in answer.stdout and "refused" in answer.stdout


@pytest.mark.parametrize("separator", [b"\n", b"\0"])
def test_a_list_on_standard_input(load: Load, night: Path, separator: bytes) -> None:
    paths = sorted(night.iterdir())
    answer = load("-", stdin=separator.join(map(os.fsencode, paths)))
    assert answer.exit_code == 0, answer.output
    nothing = load("-", stdin=separator)
    assert nothing.exit_code == 0 and "names no path: nothing is loaded" in nothing.stderr


def test_a_quoted_pattern_and_a_path_named_like_a_command(
    load: Load, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(night.parent)
    assert [r["state"] for r in objects(load("**/V*.parquet", "--json"))] == ["loaded"] * 2
    os.rename(night / "Source.parquet", "list")
    [result] = objects(load("./list", "--json"))
    assert (result["kind"], result["path"]) == ("Source", "list")


def test_settings_context_and_json(load: Load, tmp_path: Path, reader: psycopg.Connection) -> None:
    visits = write_visit(tmp_path)
    path = write_sources(tmp_path, visit=None, detector=None)
    assert load(*visits).exit_code == 0
    settings = ("--set", "visit=17", "--set", "detector=4", "--kind", "source")
    answer = load(path, *settings, "--context", "run=w_2025_27", "--context", "by=me", "--json")
    assert answer.exit_code == 0, answer.output
    [result] = objects(answer)
    assert (result["kind"], result["state"], result["rows"]) == ("Source", "loaded", N)
    [shown] = objects(load("show", result["load_id"], "--json"))
    constants = {"visit": "17", "detector": "4"}
    assert shown["context"] == {"constants": constants, "run": "w_2025_27", "by": "me"}

    again = load(path, *settings, "--context", "by=me", "--context", "run=w_2025_27")
    assert again.exit_code == 0 and again.stderr == ""
    other = load(path, *settings, "--context", "run=w_2025_28")
    assert other.exit_code == 0
    said = " ".join(other.stderr.split())
    assert "already load 3: context and values set for all rows stay as they were" in said
    assert "w_2025_27" in said
    [result] = objects(load(path, "--set", "detector=5", "--json"))
    assert result["state"] == "already loaded" and "stay as they were" in result["note"]


@pytest.mark.parametrize(
    ("given", "expected"), [([], DEFAULT_MEMORY), (["1GiB"], 1 << 30), (["0.5 GB"], 500_000_000)]
)
def test_memory(given: list[str], expected: int) -> None:
    words = ["--memory", *given] if given else []
    assert command.make_context("load", ["a.parquet", *words]).params["memory"] == expected


def test_a_dialect_of_ones_own_is_given_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("kind: Source\norigin: A test.\ncolumns: {ra: {from: RA, unit: deg}}\n")
    context = command.make_context("load", ["a.parquet", "--dialect", str(path)])
    assert context.params["dialect"] == str(path)


def test_replace(load: Load, night: Path) -> None:
    load(night)
    changed = write_sources(night, x=np.full(N, 3.0))
    refused = load(changed)
    assert refused.exit_code == 1 and "give --replace to put this one" in refused.stderr
    [result] = objects(load(changed, "--replace", "--json"))
    assert result["state"] == "loaded" and result["replaced"] == [3]
    [shown] = objects(load("show", 3, "--json"))
    assert (shown["state"], shown["replaced_by"]) == ("replaced", result["load_id"])
    assert shown["replaced"] == []
    new = result["load_id"]
    [shown] = objects(load("show", new, "--json"))
    assert [old["load_id"] for old in shown["replaced"]] == [3]
    assert shown["replaced"][0]["state"] == "replaced" and shown["replaced_by"] is None
    for one, what, other in ((3, "replaced by", new), (new, "replaced", 3)):
        lines = [line for line in load("show", one).stdout.splitlines() if f"load {other}" in line]
        assert len(lines) == 1 and what in lines[0] and str(changed) in lines[0]
    again = load(write_sources(night, x=np.full(N, 4.0)), "--replace").stdout
    assert "\nReplaced: 1 load, `skytract load list --state replaced`.\n" in again


def test_an_interrupt_while_files_are_looked_for(
    load_nothing: Load, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(paths: Sequence[Path]) -> list[Path]:
        raise KeyboardInterrupt

    monkeypatch.setattr(load_run, "find_files", interrupt)
    answer = load_nothing(night)
    assert answer.exit_code == 3 and "Error: It was interrupted before anything" in answer.stderr


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_of_one_command_do_not_replace_each_other(load: Load, night: Path, jobs: int) -> None:
    """Both are of one visit and detector: one of them would be lost, and nobody told."""
    load(night)
    halves = [write_sources(night, f"{i}.parquet", x=np.full(N, float(i))) for i in range(2)]
    answer = load(*halves, "--replace", "--jobs", jobs, "--json")
    found = sorted(objects(answer), key=lambda result: str(result["state"]))
    assert answer.exit_code == 1 and [r["state"] for r in found] == ["loaded", "refused"]
    words = f"Load {found[0]['load_id']} from {found[0]['path']}, whose place it would take, came"
    assert words in found[1]["error"] and "; write one file or unit of both" in found[1]["error"]
    again = load(*halves, "--replace", "--jobs", jobs, "--json")
    states = {result["path"]: result["state"] for result in objects(again)}
    assert again.exit_code == 1
    assert states == {found[0]["path"]: "already loaded", found[1]["path"]: "refused"}
    words = f"that of {found[0]['path']}, which is given as well; write one file or unit of both"
    assert words in again.stdout
    [later] = objects(load(found[1]["path"], "--replace", "--json"))
    assert later["replaced"] == [found[0]["load_id"]]


def test_nor_does_a_file_replace_a_unit_beside_it(load: Load, night: Path) -> None:
    (night / "Source.parquet").unlink()
    load(night)
    (unit := night / "unit").mkdir()
    write_sources(unit)
    write_manifest(unit, "a unit")
    given = unit, write_sources(night, x=np.full(N, 3.0)), "--replace"
    assert "came since this command began" in load(*given).stderr
    answer = load(*given)
    assert answer.exit_code == 1 and f"that of {unit}/manifest.json, which is" in answer.stderr
    assert load(*given[1:]).exit_code == 0


def test_a_unit_is_made_loaded_shown_and_undone(load: Load, night: Path) -> None:
    made = load("manifest", night, "--name", "night one")
    assert made.exit_code == 0 and f"3 files, {N + 2} rows" in made.output
    [result] = objects(load(night / MANIFEST, "--json"))
    assert (result["kind"], result["state"], result["rows"]) == ("Manifest", "loaded", N + 2)
    shown = load("show", result["load_id"]).output
    assert "night one" in shown and "load 4: Source 17/4" in shown and "Visit 17" in shown
    asked = load("undo", 4, stdin="n\n")
    assert asked.exit_code == 1 and "Load 4 is part of unit night one, load 1." in asked.output
    assert f"Take out load 1, night one from {night / MANIFEST}, with {N + 2} rows?" in asked.output
    undone = load("undo", 4, stdin="y\n")
    assert undone.exit_code == 0, undone.output
    assert f"Load 1 is undone: {N} rows of Source, 1 row of VisitDetector, 1 row" in undone.output
    again = load("undo", 1, "--yes")
    assert again.exit_code == 1 and "is undone: nothing of it is in the tables" in again.output
    assert load(night).exit_code == 0


def test_what_others_need_is_not_undone(load: Load, night: Path) -> None:
    load(night)
    answer = load("undo", 1, "--yes")
    assert answer.exit_code == 1
    assert "Load 1 has visits or detectors that rows of another load need (2 from" in answer.stderr


def entry_time(load: Load) -> str:
    [newest] = objects(load("list", "--limit", "1", "--json"))
    return datetime.fromisoformat(newest["started"]).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def test_the_list_is_newest_first_and_filtered(load: Load, night: Path) -> None:
    assert "There is no such load" in load("list").output
    write_sources(night, "B.parquet", ra=np.full(N, 400.0))
    load(night)
    assert [entry["load_id"] for entry in objects(load("list", "--json"))] == [4, 3, 2, 1]
    [bad] = objects(load("list", "--state", "refused", "--json"))
    assert bad["path"].endswith("B.parquet") and "modulo 360" in bad["error"]
    assert bad["context"] == {"constants": {}} and bad["started"] < bad["finished"]
    assert len(objects(load("list", "--kind", "source", "--json"))) == 2
    shown = load("list", "--limit", "1")
    assert f" {entry_time(load)} " in shown.output and "began (UTC)" in shown.output
    assert "Source.parquet" in shown.output and "newest 1: --limit shows more" in shown.output
    assert "modulo 360" in load("show", bad["load_id"]).output
    missing = load("show", "77")
    assert (
        missing.exit_code == 1 and "There is no load 77: see `skytract load list`" in missing.output
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "There is no catalog at"),
        (["FILE", "--set", "visit"], "write it as column=value"),
        (["FILE", "--dialect", "klingon"], "There is no dialect 'klingon'"),
        (["FILE", "--kind", "Sauce"], "There is no kind 'Sauce'"),
        (["FILE", "--context", "path=x"], "the ledger has a path of its own"),
        (["FILE", "--memory", "lots"], "as in 512MiB"),
        (["FILE", "--memory", "512B"], "give 16MiB or more"),
        (["FILE", "--once"], "--once is for --watch"),
        (["FILE", "--watch", "."], "Give PATHS, or --watch DIR"),
        ([], "Usage: "),
    ],
)
def test_wrong_usage_is_2_and_leaves_no_trace(
    load_nothing: Load, tmp_path: Path, arguments: list[str], said: str
) -> None:
    path = write_sources(tmp_path)
    answer = load_nothing(*(path if word == "FILE" else word for word in arguments))
    assert answer.exit_code == 2 and said in " ".join(answer.stderr.split())
    assert "There is no such load" in load_nothing("list").output


def test_a_server_that_is_not_there_is_3(
    load_nothing: Load, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(night / "none"))
    answer = load_nothing(night)
    assert answer.exit_code == 3 and "There is no skytract server in" in answer.stderr


def test_a_load_that_is_cut_off_is_3(
    load: Load, night: Path, owner: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection ends after the first file, which stays; the next run does the rest."""

    def cut(*arguments: Any, **options: Any) -> Iterator[Any]:
        for done in load_paths(*arguments, **options):
            yield done
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s"
            owner.execute(query, ("skytract_loader",))

    with monkeypatch.context() as patched:
        patched.setattr(load_run, "load_paths", cut)
        answer = load(night, "--json")
        assert answer.exit_code == 3, answer.output
        assert [result["state"] for result in objects(answer)] == ["loaded", "cut off"]
        assert "Error: " in answer.stderr
    assert [r["state"] for r in objects(load(night, "--json"))] == ["already loaded"] + 2 * [
        "loaded"
    ]


def test_a_database_that_only_reads_is_3(
    load: Load, night: Path, owner: psycopg.Connection, database: str
) -> None:
    """As a standby does after the server has moved."""
    owner.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    owner.commit()
    answer = load(night)
    assert answer.exit_code == 3 and "Visit_17.parquet was cut off (cannot execute" in answer.stderr
    assert "in a read-only transaction" in answer.stderr


def test_a_dropped_partition_keeps_no_file_out(
    load: Load, night: Path, owner: psycopg.Connection
) -> None:
    for number in range(12):
        owner.execute(f"DROP TABLE raw.source_p0_{number}")
    owner.commit()
    assert load(night).exit_code == 0
    assert owner.execute("SELECT count(*) FROM raw.Source").fetchone() == (N,)


def test_an_oversized_partition_is_scheduled_and_said(
    load: Load, night: Path, owner: psycopg.Connection, database: str
) -> None:
    owner.execute(f"ALTER DATABASE {database} SET skytract.row_budget = {N // 2}")
    owner.commit()
    answer = load(night)
    assert answer.exit_code == 0
    assert "Raw partitions that have outgrown the row budget: 1." in answer.stderr
    assert "skytract partition split --scheduled" in answer.stderr
    row = owner.execute("SELECT rowCount, loadId FROM meta.PartitionSplit").fetchone()
    assert row == (N, 3)


def test_the_usage_of_a_subcommand_is_that_of_the_command_line() -> None:
    assert invoke("list", "--help").stdout.startswith("Usage: main load list [OPTIONS]\n")
    assert invoke("--help").stdout.startswith("Usage: main load [OPTIONS] [PATHS]...\n")


def test_a_pipe_is_no_file_to_wait_for(load_nothing: Load, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.parquet")
    answer = load_nothing(tmp_path / "pipe.parquet")
    assert answer.exit_code == 1 and "It is no file but a folder, a pipe" in answer.stderr
    assert load_nothing(tmp_path).exit_code == 2  # nothing else lies there


def test_help_teaches_with_examples() -> None:
    answer = invoke("--help")
    for text in (
        "skytract load src_HSC_i_903986_31.fits.gz --set visit=903986",
        "| skytract load -",
        "--watch /data/landing",
        "3  the server or the connection was lost",
        "undo",
    ):
        assert text in answer.stdout


def test_a_bar_says_rows_rate_and_time_left() -> None:
    """Two files of 100 bytes and 10 rows: half of one is a quarter of the work."""
    from rich.console import Console

    from skytract.loaders.load import LoadResult
    from skytract.loaders.load_report import LoadBar
    from skytract.loaders.load_size import Size

    a, b = Path("a"), Path("b")
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=120)
    with LoadBar({a: Size(10, 100), b: Size(10, 100)}, console) as bar:
        bar.count(a, 5)
        assert bar.progress.tasks[0].completed == 50
        bar.progress.refresh()
        assert "0/2 files, 5/20 rows" in drawn.getvalue() and "rows/s" in drawn.getvalue()
        bar.finish(LoadResult(a, "loaded", 1, rows=10))
        assert bar.progress.tasks[0].completed == 100
        bar.finish(LoadResult(b, "already loaded", 2, rows=10))
        task = bar.progress.tasks[0]
        assert (task.completed, task.total, bar.total, bar.rows) == (100, 100, 10, 10)
    with LoadBar({a: Size(None, 100)}, console) as bar:
        bar.count(a, 5)
        bar.progress.refresh()
        assert "0/1 files, 5 rows," in drawn.getvalue()


def test_a_bar_counts_rows_that_are_there() -> None:
    """Those of a file that is tried again once, those of a refused one not at all."""
    from skytract.loaders.load import LoadResult
    from skytract.loaders.load_report import LoadBar
    from skytract.loaders.load_size import Size

    known, gzipped, bad = Path("known"), Path("gzipped"), Path("bad")
    with LoadBar({known: Size(10, 100), gzipped: Size(None, 50), bad: Size(10, 100)}) as bar:
        for path, rows in ((known, 6), (known, 6), (gzipped, 6), (gzipped, 8), (bad, 7)):
            bar.count(path, rows)
        assert bar.rows == 10 + 14 + 7 and bar.progress.tasks[0].completed == 100 + 70
        bar.finish(LoadResult(known, "loaded", 1, rows=10))
        bar.finish(LoadResult(gzipped, "loaded", 2, rows=8))
        bar.finish(LoadResult(bad, "refused", 3))
        task = bar.progress.tasks[0]
        assert bar.rows == 18 and task.completed == task.total


def test_the_report_has_the_rate_of_the_command(
    load: Load, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the loaders take each: all rows by the time from beginning to end."""
    clock = iter([100.0, 104.0])
    monkeypatch.setattr(load_run, "monotonic", lambda: next(clock))
    answer = load(night)
    assert f"In all: {N + 2} rows in 4.0 s, {(N + 2) / 4:.0f} rows/s." in answer.stdout
    monkeypatch.setattr(load_run, "monotonic", lambda: 0.0)
    assert "In all" not in load(night).stdout


def test_there_are_never_more_jobs_than_files(load: Load, night: Path) -> None:
    """Nor is more memory asked for."""
    answer = load(night / "Visit_17.parquet", "--jobs", 64, "--memory", "16MiB")
    assert answer.exit_code == 0, answer.output
    less = load(night, "--jobs", 64, "--memory", "47MiB")
    assert less.exit_code == 2 and "Give --memory 48MiB or more for 3 jobs" in less.stderr


def test_refused_options_leave_signals_as_they_were(load_nothing: Load, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert load_nothing("--watch", tmp_path, "--no-such-option").exit_code == 2
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
